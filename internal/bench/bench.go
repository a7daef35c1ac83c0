// Package bench measures the program on the machine it runs on, each figure
// beside a raw baseline of the same run. It works in a folder of its own, which
// it removes; it keeps nothing and touches no site.
package bench

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"plumbline/internal/access"
	"plumbline/internal/app"
	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/demo"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/signer"
	"plumbline/internal/store"
	"plumbline/policies"
)

// Figure is one line of the table.
type Figure struct {
	Name     string `json:"name"`
	Measured string `json:"measured"`
	Baseline string `json:"baseline"` // raw, in the same run
	Ratio    string `json:"ratio"`
	Goal     string `json:"goal"`
	Note     string `json:"note"`
}

// Options of Run.
type Options struct {
	Only     []string // names of parts; empty for all
	Postgres string   // URL of an empty database, "" takes a server of its own
	Size     demo.Size
	Handler  func(a *app.App) (http.Handler, error)
	Tell     func(format string, args ...any)
}

// Parts lists the parts in the order in which they run.
var Parts = []string{"authority", "selfcheck", "selfcheck-postgres", "signing-postgres", "proof-postgres", "verify-postgres", "signing",
	"proof", "verify", "roster", "linkage", "import", "home", "list", "count", "report", "backup", "start", "report-large", "flood"}

// Run measures the parts asked for.
func Run(ctx context.Context, o Options) (figures []Figure, err error) {
	for _, p := range o.Only {
		if !slices.Contains(Parts, p) {
			return nil, fmt.Errorf("there is no part %q; the parts are %v", p, Parts)
		}
	}
	want := func(p string) bool { return len(o.Only) == 0 || slices.Contains(o.Only, p) }
	folder, err := os.MkdirTemp("", "plumbline-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	keyFolder = folder
	if want("authority") {
		f, err := authority()
		if err != nil {
			return figures, err
		}
		figures = append(figures, f...)
	}
	if want("selfcheck") {
		f, err := selfChecks(ctx, o, filepath.Join(folder, "filing.db"), filepath.Join(folder, "bare.db"))
		if err != nil {
			return figures, err
		}
		figures = append(figures, f...)
	}
	f, err := onPostgres(ctx, o, want)
	if figures = append(figures, f...); err != nil {
		return figures, err
	}
	if want("signing") {
		f, err := signing(ctx, o, filepath.Join(folder, "signing.db"))
		if err != nil {
			return figures, err
		}
		figures = append(figures, f...)
	}
	if want("proof") || want("verify") {
		f, err := proving(ctx, o, filepath.Join(folder, "proving.db"), want)
		if err != nil {
			return figures, err
		}
		figures = append(figures, f...)
	}
	if want("roster") {
		f, err := rosterImport(ctx, o, filepath.Join(folder, "roster.db"))
		if err != nil {
			return figures, err
		}
		figures = append(figures, f)
	}
	if want("linkage") {
		f, err := linked(ctx, o)
		if figures = append(figures, f...); err != nil {
			return figures, err
		}
	}
	if slices.ContainsFunc([]string{"import", "home", "list", "count", "report", "backup", "start", "report-large"}, want) {
		f, err := fullSite(ctx, o, filepath.Join(folder, "full.db"), want)
		if err != nil {
			return figures, err
		}
		figures = append(figures, f...)
	}
	if want("flood") {
		f, err := flood(ctx, o, filepath.Join(folder, "flood.db"))
		if figures = append(figures, f...); err != nil {
			return figures, err
		}
	}
	return figures, nil
}

// site is an app over a fresh database.
type site struct {
	store *store.Store
	app   *app.App
	maker *demo.Maker
	dsn   string
}

// secret is that of every site of a bench.
var secret = []byte("the secret of a bench, 32 bytes!!")

// benchKeys is where the key store of a bench lies: beside the database, or in
// a temporary folder of its own.
func benchKeys(dsn string) string {
	if store.DialectOf(dsn) == store.SQLite {
		return ""
	}
	sum := sha256.Sum256([]byte(dsn))
	return filepath.Join(keyFolder, fmt.Sprintf("%x.keys", sum[:8]))
}

// keyFolder is the folder of the run that is under way.
var keyFolder string

func open(ctx context.Context, dsn string, size demo.Size, bare bool) (*site, error) {
	clock := demo.NewClock(time.Now, demo.Days)
	st, err := store.Open(ctx, dsn, store.Options{Clock: clock.Now, Keys: benchKeys(dsn)})
	if err != nil {
		return nil, err
	}
	s := &site{store: st, dsn: dsn}
	if _, err := st.Migrate(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	key := dsn + ".sign"
	if store.DialectOf(dsn) == store.Postgres {
		key = filepath.Join(keyFolder, "postgres.sign")
	}
	signs, _, err := signer.OpenOrMake(key, "", st.Origin())
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	if s.app, err = app.New(app.Config{Store: st, Secret: secret, Signer: signs}); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	s.maker = &demo.Maker{App: s.app, Clock: clock, Size: size, Bare: bare}
	return s, nil
}

// authority measures one decision: role table and scope over one row.
func authority() ([]Figure, error) {
	table, err := access.New(policies.Model, policies.Policy, desk.Pairs(app.Routes))
	if err != nil {
		return nil, err
	}
	units := []roster.Unit{{Tier: 1}, {Tier: 2}, {Tier: 3}}
	for i, id := range []string{"b", "e", "e1"} {
		units[i].ID = id
	}
	units[1].ParentID, units[2].ParentID = "b", "e"
	tree := roster.NewTree(units)
	who := &roster.Actor{Account: "a", Person: "p", Unit: "e1", Superiors: []string{"h"},
		Held: []roster.Held{{Role: roster.RoleOfficer, Unit: "e1"}, {Role: roster.RoleInspector, Unit: "e"}}}
	sc := table.Scope(who, roster.ActTriage, roster.KindIssue, tree)
	row := roster.Target{ID: "i", Unit: "e1", Branch: "e", Person: "x", EventOn: "2026-01-01"}
	yes := 0
	r := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if table.May(who, roster.ActTriage, roster.KindIssue) && sc.Admits(row) {
				yes++
			}
		}
	})
	if yes == 0 {
		return nil, errors.New("the decision measured was a refusal")
	}
	return []Figure{{Name: "authorisation decision, table and scope", Measured: fmt.Sprintf("%d ns, %d allocations", r.NsPerOp(),
		r.AllocsPerOp()), Goal: "under 1 µs, none"}}, nil
}

// median runs do n times and gives the middle time.
func median(n int, do func() error) (time.Duration, error) {
	times := make([]time.Duration, n)
	for i := range times {
		began := time.Now()
		if err := do(); err != nil {
			return 0, err
		}
		times[i] = time.Since(began)
	}
	slices.Sort(times)
	return times[n/2], nil
}

// fullSite makes the case at its real size and measures on it.
func fullSite(ctx context.Context, o Options, file string, want func(string) bool) (figures []Figure, err error) {
	s, err := open(ctx, file, o.Size, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	began, auditFrom, audit, previous := time.Now(), time.Time{}, time.Duration(0), ""
	var before, after tally
	var failed error
	s.maker.Progress = func(step string, done, total int) {
		if step != previous {
			o.Tell("full site: %s after %.0f s\n", step, time.Since(began).Seconds())
			previous = step
		}
		if step == "audit" && done == 0 {
			before, failed = tallyOf(ctx, file)
			auditFrom = time.Now()
		}
		if step == "audit" && done == total {
			audit = time.Since(auditFrom)
			var err error
			after, err = tallyOf(ctx, file)
			failed = errors.Join(failed, err)
		}
	}
	if err := s.maker.Make(ctx); err != nil {
		return nil, err
	}
	figures = append(figures, Figure{Name: "full site made through app methods",
		Measured: fmt.Sprintf("%.0f s", time.Since(began).Seconds()), Goal: "40 s"})
	if want("import") {
		bare, err := bareImport(ctx, file+".bare", before, after)
		if err = errors.Join(failed, err); err != nil {
			return figures, err
		}
		figures = append(figures, Figure{Name: "audit import, 22,000 rows against 14,000 people, ledger included",
			Measured: fmt.Sprintf("%.1f s", audit.Seconds()),
			Baseline: fmt.Sprintf("%.1f s", bare.Seconds()), Ratio: fmt.Sprintf("%.1f x", float64(audit)/float64(bare)), Goal: "5 s, 1.8 x",
			Note: "eight files one after the other; baseline: as many rows in as many groups, written only"})
	}
	one := func(f Figure, err error) ([]Figure, error) { return []Figure{f}, err }
	for _, part := range []struct {
		name    string
		measure func() ([]Figure, error)
	}{
		{"home", func() ([]Figure, error) { return one(s.home(ctx)) }},
		{"list", func() ([]Figure, error) { return one(s.list(ctx)) }},
		{"count", func() ([]Figure, error) { return one(s.count(ctx)) }},
		{"report", func() ([]Figure, error) { return one(s.report(ctx)) }},
		{"backup", func() ([]Figure, error) { return one(s.backup(ctx, o)) }},
		{"start", func() ([]Figure, error) { return s.start(ctx, o) }},
		{"report-large", func() ([]Figure, error) { return one(s.large(ctx, o)) }},
	} {
		if !want(part.name) {
			continue
		}
		f, err := part.measure()
		if err != nil {
			return figures, err
		}
		figures = append(figures, f...)
	}
	return figures, nil
}

// count asks for the exact number of all issues that the inspector sees.
func (s *site) count(ctx context.Context) (Figure, error) {
	who, err := s.app.ActorNamed(ctx, s.maker.Reader("demo-inspector"))
	if err != nil {
		return Figure{}, err
	}
	ask := func(limit int, count bool) (took time.Duration, total int64, err error) {
		took, err = median(20, func() error {
			l, err := s.app.Issues(ctx, who, casework.IssueListInput{Filter: issue.All(), Limit: limit, Count: count})
			total = l.Total
			return err
		})
		return took, total, err
	}
	with, total, err := ask(1, true)
	if err != nil {
		return Figure{}, err
	}
	without, _, err := ask(1, false)
	if err != nil {
		return Figure{}, err
	}
	began := time.Now()
	rows, err := countIssues(ctx, s.dsn)
	if err != nil {
		return Figure{}, err
	}
	bare := time.Since(began)
	return Figure{Name: "exact count over the whole bureau, as an inspector", Measured: millis(with - without), Baseline: millis(bare),
		Ratio: fmt.Sprintf("%.2f x", float64(with-without)/float64(bare)), Note: fmt.Sprintf("%d issues of %d; the list of one row itself %s; baseline: COUNT(*)", total, rows, millis(without))}, nil
}

// home gathers what waits for an inspector of the bureau.
func (s *site) home(ctx context.Context) (Figure, error) {
	who, err := s.app.ActorNamed(ctx, s.maker.Reader("demo-inspector"))
	if err != nil {
		return Figure{}, err
	}
	queues := 0
	took, err := median(50, func() error {
		t, err := s.app.ToDo(ctx, who)
		if err == nil {
			queues = len(t.Work)
		}
		return err
	})
	if err == nil && queues == 0 {
		err = errors.New("nothing waits for the inspector of the full site")
	}
	return Figure{Name: "to-do home of an inspector of the bureau, full site", Measured: millis(took), Goal: "15 ms",
		Note: fmt.Sprintf("%d queues", queues)}, err
}

func (s *site) list(ctx context.Context) (Figure, error) {
	who, err := s.app.ActorNamed(ctx, s.maker.Reader("demo-inspector"))
	if err != nil {
		return Figure{}, err
	}
	f := issue.All()
	f.Unit, f.Category, f.Live = s.maker.UnitID("C03"), "public_conduct", true
	n := 0
	took, err := median(200, func() error {
		l, err := s.app.Issues(ctx, who, casework.IssueListInput{Filter: f, Limit: 50})
		n = len(l.Rows)
		return err
	})
	if err != nil || n != 50 {
		return Figure{}, errors.Join(err, fmt.Errorf("a page of %d rows", n))
	}
	bare, err := bareList(ctx, s.dsn, f.Unit, f.Category)
	if err != nil {
		return Figure{}, err
	}
	return Figure{Name: "issue list, 50 of 290,000, one sub-bureau, filtered, sorted, as an inspector", Measured: took.String(),
		Baseline: bare.String(),
		Ratio:    fmt.Sprintf("%.1f x", float64(took)/float64(bare)), Goal: "within 3 x"}, nil
}
