package insider

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/app/casework"
	apprecusal "plumbline/internal/app/recusal"
)

// A twin is a matter that somebody is barred from. It lies in one of two copies
// of the world that are the same otherwise; he makes the same walk in both, and
// whatever differs in what he is shown is what he has learned.
type twin struct {
	name string
	// both prepares either copy, and names whom the matter is about; "" where
	// there is no such matter for this account.
	both func(p *planter, who *who) (person string)
	// then puts the walker into the matter, in the copy that has it, and reports
	// whether he is barred by it.
	then func(p *planter, who *who, matter *planted) (barred bool)
}

// planted names what was put into one copy.
type planted struct{ issue, case_ string }

var twins = []twin{
	{"about himself", func(_ *planter, w *who) string { return w.person }, nil},
	{"about his superior", func(p *planter, w *who) string {
		rows := p.all(fmt.Sprintf(`SELECT l.person_id FROM command_links l JOIN units u ON u.id = l.over_unit_id LEFT JOIN units own ON own.id = '%s'
			WHERE l.kind = 'head' AND COALESCE(l.to_on, '') = '' AND l.person_id <> '%s' AND u.tier > 0 AND (u.id = own.id OR u.id = own.parent_id) ORDER BY u.tier LIMIT 1`, w.unit, w.person), 1)
		if len(rows) == 0 {
			return ""
		}
		return rows[0][0]
	}, nil},
	{"of his relative", func(p *planter, w *who) string {
		other := p.idle(3)
		_, _, err := p.s.app.Declare(context.Background(), p.as(w.login), apprecusal.RelationInput{Number: other[1], Name: other[2],
			Kind: "relative"})
		p.must(err)
		return other[0]
	}, nil},
	{"of his complaint", func(p *planter, _ *who) string { return p.idle(5)[0] }, func(p *planter, w *who, m *planted) bool {
		_, _, err := p.s.app.AddIssueParty(context.Background(), p.as(p.w.above.login),
			casework.IssuePartyInput{IssueID: m.issue, Person: w.number, Interest: "complainant"})
		p.must(err)
		// Who works on such matters himself is challenged first, and barred by nothing yet.
		return len(p.all("SELECT id FROM parties WHERE object_id = '"+m.issue+"' AND person_id = '"+w.person+"'", 1)) > 0
	}},
}

// idle is the id, number and name of somebody who holds nothing.
func (p *planter) idle(n int) []string {
	return p.one(fmt.Sprintf(`SELECT p.id, p.personnel_no, p.name FROM people p JOIN accounts a ON a.person_id = p.id JOIN units u ON u.id = p.unit_id
		WHERE u.tier = 3 AND a.state = 'new' AND NOT EXISTS (SELECT 1 FROM command_links l WHERE l.person_id = p.id) ORDER BY p.personnel_no DESC LIMIT 1 OFFSET %d`, n), 3)
}

// hide plants a matter that somebody is barred from: an issue of an audit, with
// a case and its leader questions where people of the superior authority who are
// not barred themselves can take it up.
func (p *planter) hide(person string) *planted {
	p.t.Helper()
	ctx := context.Background()
	m := &planted{issue: p.register(person, 4)}
	above := p.w.above
	if _, err := p.s.app.Issue(ctx, p.as(above.login), casework.IssueInput{ID: m.issue}); err != nil {
		return m
	}
	p.refer(above, m.issue)
	d, err := p.s.app.Issue(ctx, p.as(above.login), casework.IssueInput{ID: m.issue})
	p.must(err)
	for _, login := range []string{p.w.bodyAbove.login, "demo-authority"} {
		m.case_, _, err = p.s.app.OpenCase(ctx, p.as(login), casework.OpenCaseInput{IssueID: m.issue, Version: d.Version,
			Rule: "内部纪律规定第七条（虚构）", Facts: "来信反映的情况"})
		if err == nil {
			break
		}
	}
	p.must(err)
	return m
}

// twinned walks one account through both copies and says what he was shown in
// the one and not in the other.
func twinned(t *testing.T, w *world, seed uint64, p *who, kind twin) (requests int, differs string) {
	t.Helper()
	w.know(t, p)
	var walks [2]*walker
	var hidden *planted
	for i := range walks {
		s := w.copy(t)
		defer s.close()
		db, err := openDB(w.dialect, s.dsn)
		if err != nil {
			t.Fatal(err)
		}
		s.clock.add(-time.Minute)
		pl := &planter{t, s, w, db}
		person := kind.both(pl, p)
		if person == "" {
			_ = db.Close()
			return 0, ""
		}
		if i == 0 {
			hidden = pl.hide(person)
			if kind.then != nil && !kind.then(pl, p, hidden) {
				_ = db.Close()
				return 0, ""
			}
		}
		_ = db.Close()
		s.clock.add(time.Minute)
		k := newWalker(s, seed, p)
		k.draws(t)
		k.tour(true)
		k.run(len(k.steps) + stepsAfter/2)
		k.probe(hidden, i == 0)
		walks[i] = k
	}
	a, b := walks[0], walks[1]
	var same [2]alikeness
	for i, ids := range [2][2]string{{hidden.issue, hidden.case_}} {
		same[i].names = map[string]string{ids[0]: "#asked", ids[1]: "#asked", nowhere: "#asked"} // by probe
	}
	for i := range min(len(a.steps), len(b.steps)) {
		x, y := a.steps[i], b.steps[i]
		at := fmt.Sprintf("step %d, %s", i+1, x)
		if same[0].text(x.path) != same[1].text(y.path) || x.op != y.op {
			return len(a.steps), at + " is not what he did in the other: " + y.String()
		}
		if one, two := same[0].answer(x), same[1].answer(y); x.status != y.status || one != two {
			return len(a.steps), at + ": " + difference(one, two)
		}
	}
	if len(a.steps) != len(b.steps) {
		return len(a.steps), fmt.Sprintf("%d steps in one, %d in the other", len(a.steps), len(b.steps))
	}
	return len(a.steps), ""
}

// nowhere is the id of nothing.
const nowhere = "01900000000000000000000000"

// probe asks for the hidden things by their ids, or in the other copy for
// things that do not exist: the answers must be the same.
func (w *walker) probe(m *planted, there bool) {
	id := func(real string) string {
		if there && real != "" {
			return real
		}
		return nowhere
	}
	me := w.selves[0]
	for _, r := range app.Routes {
		if !r.One() || !me.may[r.Op] {
			continue
		}
		real := ""
		switch poolOf(r.Path) {
		case "/issues", "/my-file/issues":
			real = m.issue
		case "/cases":
			real = m.case_
		default:
			continue
		}
		w.mem.version[id(real)] = 1
		w.full = true
		w.attempt(0, r, id(real))
	}
}

// opaque are the operations whose answers hold the size or the roots of the
// whole ledger, and so differ by any entry. Nobody is kept from knowing that
// something was recorded.
var opaque = []string{"ledger.head", "ledger.checkpoint", "ledger.checkpoints", "ledger.history", "ledger.request", "ledger.witnesses",
	"receipt.slip", "submission.receipt", "case.export", "file.take", "file.export", "file.bundle"}

// alikeness tells what is the same in two copies: ids, references, digests and
// numbers of entries are named by the order in which they were first shown.
type alikeness struct {
	names map[string]string
	n     int
}

var (
	tokenShape = regexp.MustCompile(`\b0[0-9a-v]{25}\b|\b0[0-9a-v]{15}\b|[0-9a-f]{64}|\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b`)
	seqShape   = regexp.MustCompile(`("seq":|/receipts/|"from":|"to":)\d+`)
	sealShape  = regexp.MustCompile(`"(next|token|request|response|root)":"[^"]+"|"(text)":"c2sp[^"]*"|"(checkpoint)":\{[^}]*\}|"(code)":\["PLUMBLINE:[^\]]*\]|"(code)":"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}"`)
)

func (a *alikeness) text(s string) string {
	s = sealShape.ReplaceAllString(s, `"$1$2$3$4$5":"…"`)
	name := func(v string) string {
		if a.names == nil {
			a.names = map[string]string{}
		}
		if a.names[v] == "" {
			a.names[v] = fmt.Sprintf("#%d", a.n)
			a.n++
		}
		return a.names[v]
	}
	s = tokenShape.ReplaceAllStringFunc(s, name)
	return seqShape.ReplaceAllStringFunc(s, func(v string) string {
		cut := strings.LastIndexAny(v, ":/") + 1
		return v[:cut] + name("seq "+v[cut:])
	})
}

func (a *alikeness) answer(s step) string {
	if slices.Contains(opaque, s.op) {
		return ""
	}
	return a.text(unpacked(s.answer))
}

// unpacked is a workbook as its sheets.
func unpacked(raw []byte) string {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return string(raw)
	}
	var b strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(r) // what is left unread shows as a difference
		_ = r.Close()
		fmt.Fprintf(&b, "%s\n%s\n", f.Name, text)
	}
	return b.String()
}

// difference shows where two answers part.
func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	cut := func(s string) string {
		return strings.ToValidUTF8(s[max(0, min(i, len(s))-120):min(len(s), i+160)], "")
	}
	return fmt.Sprintf("with it …%s…\n    without it …%s…", cut(a), cut(b))
}

// twinWalks says how many accounts of the world are walked twice, and with how
// many kinds of matter each.
func twinWalks(t testing.TB, people int) (accounts, kinds int) {
	switch n := walks(t); {
	case os.Getenv("PLUMBLINE_NIGHTLY") != "":
		return people, len(twins)
	case n >= laps*people:
		return people / 2, 1
	default:
		return 2, 1
	}
}

// learnNothing walks barred accounts through twin worlds.
func learnNothing(t *testing.T, w *world) {
	accounts, kinds := twinWalks(t, len(w.people))
	pairs, requests := 0, 0
	for n := range accounts {
		p := w.people[n*len(w.people)/accounts]
		for k := range kinds {
			kind := twins[(n+k)%len(twins)] // another for each account
			got, differs := twinned(t, w, uint64(n), p, kind)
			if got > 0 {
				pairs++
			}
			requests += got
			if differs != "" {
				t.Errorf("seed %d, %s (%s) learns of a matter %s: %s", n, p.login, roleOf(p), kind.name, differs)
			}
		}
	}
	t.Logf("%d twin walks, %d requests in each copy", pairs, requests)
}
