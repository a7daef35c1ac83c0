package insider

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/internal/api"
	"plumbline/internal/app"
	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/demo"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/signer"
	"plumbline/internal/store"
)

// today is when every walk begins: 10:00 on Monday, 15 June 2026, in Shanghai.
var today = time.Date(2026, 6, 15, 2, 0, 0, 0, time.UTC)

var siteSecret = []byte("the secret of the insider's site, 32")

// clock stands still unless a walk lets days pass.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// who is one account that walks.
type who struct {
	login, account, person, name, number string
	password, token                      string
	roles                                []string
	may                                  map[string]bool
	seen                                 *memory // what his lists showed him when the world was made
}

func (w *who) has(role roster.Role) bool { return slices.Contains(w.roles, string(role)) }

// entry is a line of the telephone book: everybody in a bureau knows who holds
// which office.
type entry struct{ number, name, login string }

// world is a made bureau, closed and ready to be copied.
type world struct {
	dialect  store.Dialect
	folder   string // of the database or, on PostgreSQL, of its keys
	dsn      string // PostgreSQL: the template database
	admin    string // PostgreSQL: another database, for the statements that copy
	copies   int
	people   []*who
	byLogin  map[string]*who
	book     []entry
	base     *state
	shapes   map[string]*shape
	read     []string            // lists that somebody could read
	handlers map[string][]string // object id to the accounts that can act on it
}

const keyName = "site.keys"

func (w *world) dsnIn(folder string) string { return filepath.Join(folder, "site.db") }

// site is one opened copy of a world.
type site struct {
	w      *world
	app    *app.App
	store  *store.Store
	face   *api.Face
	clock  *clock
	dsn    string
	folder string
	drop   func()
}

func (s *site) close() {
	_ = s.store.Close()
	if s.drop != nil {
		s.drop()
	}
}

// db opens the site's database beside the program, for looking at the rows.
func openDB(d store.Dialect, dsn string) (*sql.DB, error) {
	if d == store.Postgres {
		return sql.Open("pgx", dsn)
	}
	return sql.Open("sqlite", "file:"+dsn+"?mode=ro")
}

func openSite(dsn, keys string, c *clock) (*site, error) {
	st, err := store.Open(context.Background(), dsn, store.Options{Clock: c.Now, Origin: "plumbline/insider", Keys: keys})
	if err != nil {
		return nil, err
	}
	s := &site{store: st, clock: c, dsn: dsn}
	if _, err := st.Migrate(context.Background()); err != nil {
		return nil, err
	}
	signs, _, err := signer.OpenOrMake(filepath.Join(filepath.Dir(keys), "site.sign"), "", st.Origin())
	if err != nil {
		return nil, err
	}
	if s.app, err = app.New(app.Config{Store: st, Secret: siteSecret, Signer: signs}); err != nil {
		return nil, err
	}
	s.face, err = api.New(api.Options{App: s.app, SessionCookie: "plumbline", Who: s.app.Authenticate})
	return s, err
}

// makeWorld makes the small demonstration, adds what it lacks, signs everybody
// in, and lets each look at all his lists.
func makeWorld(t testing.TB, d store.Dialect) *world {
	t.Helper()
	w := &world{dialect: d, folder: scratch(t), byLogin: map[string]*who{}}
	w.dsn = w.dsnIn(w.folder)
	if d == store.Postgres {
		w.dsn, w.admin = pgtest.DSN(t), pgtest.DSN(t)
	}
	dc := demo.NewClock(func() time.Time { return today.Add(-time.Minute) }, demo.Days)
	st, err := store.Open(context.Background(), w.dsn, store.Options{Clock: dc.Now, Origin: "plumbline/insider", Keys: filepath.Join(w.folder, keyName)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(app.Config{Store: st, Secret: siteSecret})
	if err != nil {
		t.Fatal(err)
	}
	if err := (&demo.Maker{App: a, Clock: dc, Size: demo.Small}).Make(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := openSite(w.dsn, filepath.Join(w.folder, keyName), &clock{at: today.Add(-time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	s.w = w
	db, err := openDB(d, w.dsn)
	if err != nil {
		t.Fatal(err)
	}
	w.plant(t, s, db)
	w.shapes = shapesOf(t, s.face)
	for _, p := range w.people {
		w.enter(t, s, p)
	}
	if w.base, err = loadState(db, time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.handlers = s.handlers()
	_ = db.Close()
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// scratch is a folder in memory where there is one: a walk syncs often.
func scratch(t testing.TB) string {
	if dir, err := os.MkdirTemp("/dev/shm", "insider-"); err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

// copy opens a fresh copy of the world.
func (w *world) copy(t testing.TB) *site {
	t.Helper()
	w.copies++
	folder := filepath.Join(w.folder, fmt.Sprintf("walk%d", w.copies))
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(w.folder, "site.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, filepath.Base(f)), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	dsn, drop := w.dsnIn(folder), func() { _ = os.RemoveAll(folder) }
	if w.dialect == store.Postgres {
		u, err := url.Parse(w.dsn)
		if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(u.Path, "/")
		name := fmt.Sprintf("%s_w%d", from, w.copies)
		pgtest.Exec(t, w.admin, "CREATE DATABASE "+name+" TEMPLATE "+from)
		u.Path = "/" + name
		dsn = u.String()
		remove := drop
		drop = func() { remove(); pgtest.Exec(t, w.admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") }
	}
	s, err := openSite(dsn, filepath.Join(folder, keyName), &clock{at: today})
	if err != nil {
		t.Fatal(err)
	}
	s.w, s.folder, s.drop = w, folder, drop
	return s
}

// enter signs somebody in and lets him look at every list that he may read.
func (w *world) enter(t testing.TB, s *site, p *who) {
	t.Helper()
	a := s.send("", "POST", "/sessions", map[string]any{"login": p.login, "password": p.password})
	if a.status != 200 {
		t.Fatalf("%s cannot sign in: %d %s", p.login, a.status, a.body)
	}
	var got struct{ Token string }
	if err := json.Unmarshal(a.body, &got); err != nil {
		t.Fatal(err)
	}
	p.token = got.Token
	actor, err := s.app.ActorNamed(context.Background(), p.account)
	if err != nil {
		t.Fatal(err)
	}
	p.may = map[string]bool{}
	for _, r := range app.Routes {
		p.may[r.Op] = r.Path != "" && s.app.May(actor, r.Op)
	}
	for _, h := range actor.Held {
		p.roles = append(p.roles, string(h.Role))
	}
	p.seen = newMemory()
	for _, r := range app.Routes {
		if r.Method == http.MethodGet && !r.One() && p.may[r.Op] && !strings.HasPrefix(r.Op, "ledger.") {
			if slices.Contains(w.shapes[r.Op].query, "min_severity") { // what is grave first
				p.seen.take(r, "", s.send(p.token, "GET", r.Path+"?live=1&limit=90&min_severity=3", nil).body)
			}
			if a := s.send(p.token, "GET", r.Path, nil); a.status == 200 {
				p.seen.take(r, "", a.body)
				w.read = once(w.read, r.Op)
			}
		}
	}
}

type answer struct {
	status int
	body   []byte
}

// send is one request to the API.
func (s *site) send(token, method, path string, body any) answer {
	var raw []byte
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case upload:
		kind, raw = b.kind, b.raw
	default:
		raw, _ = json.Marshal(b) // made of maps and strings
	}
	r := httptest.NewRequest(method, api.Prefix+path, bytes.NewReader(raw))
	if raw != nil {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Accept-Language", "zh-CN")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	s.face.ServeHTTP(rec, r)
	return answer{rec.Code, rec.Body.Bytes()}
}

type upload struct {
	kind string
	raw  []byte
}

func (u upload) MarshalJSON() ([]byte, error) { return json.Marshal("file: " + string(u.raw)) }

// planter adds to the demonstration.
type planter struct {
	t  testing.TB
	s  *site
	w  *world
	db *sql.DB
}

// one reads one line of texts.
func (p *planter) one(query string, n int) []string {
	p.t.Helper()
	rows := p.all(query, n)
	if len(rows) == 0 {
		p.t.Fatalf("nothing for %s", query)
	}
	return rows[0]
}

func (p *planter) all(query string, n int) (out [][]string) {
	p.t.Helper()
	rows, err := p.db.Query(query)
	if err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		line, into := make([]string, n), make([]any, n)
		for i := range line {
			into[i] = &line[i]
		}
		if err := rows.Scan(into...); err != nil {
			p.t.Fatal(err)
		}
		out = append(out, line)
	}
	if err := rows.Err(); err != nil {
		p.t.Fatal(err)
	}
	return out
}

const whoQuery = `SELECT a.login, a.id, p.id, p.name, p.personnel_no FROM accounts a JOIN people p ON p.id = a.person_id `

// walker makes an account one that walks, with the roles granted to it first.
func (p *planter) walker(where string, grants ...app.GrantInput) *who {
	p.t.Helper()
	f := p.one(whoQuery+where, 5)
	if had := p.w.byLogin[f[0]]; had != nil {
		return had
	}
	v := &who{login: f[0], account: f[1], person: f[2], name: f[3], number: f[4], password: demo.Password}
	for _, g := range grants {
		g.ID, g.FromOn = v.account, "2026-05-01"
		if _, _, err := p.s.app.Grant(context.Background(), app.Program("demo"), g); err != nil {
			p.t.Fatal(err)
		}
	}
	actor, err := p.s.app.ActorNamed(context.Background(), v.account)
	if err != nil {
		p.t.Fatal(err)
	}
	if !strings.HasPrefix(v.login, "demo-") {
		mine := *actor
		mine.MustRenew = true // as after a one-time code
		if _, err := p.s.app.SetPassword(context.Background(), &mine, app.PasswordInput{New: v.password}); err != nil {
			p.t.Fatal(err)
		}
	}
	p.w.people = append(p.w.people, v)
	p.w.byLogin[v.login] = v
	return v
}

// plant gives the demonstration accused leaders and officials, a complainant,
// officials at the superior authority, and inspectors who serve under those
// who are accused.
func (w *world) plant(t testing.TB, s *site, db *sql.DB) {
	p := &planter{t, s, w, db}
	for _, a := range demo.Accounts() {
		p.walker("WHERE a.login = '" + a.Login + "'")
	}
	unit := func(code string) string { return p.one("SELECT id FROM units WHERE code = '"+code+"'", 1)[0] }
	at := func(code string, n int) string {
		return fmt.Sprintf("WHERE p.unit_id = '%s' AND a.state = 'new' AND NOT EXISTS (SELECT 1 FROM postings o WHERE o.person_id = p.id AND o.team %s) ORDER BY p.personnel_no LIMIT 1 OFFSET %d",
			unit(code), map[bool]string{true: "", false: "= 1"}[w.dialect == store.Postgres], n)
	}
	head := func(code string) string {
		return "JOIN command_links l ON l.person_id = p.id AND l.kind = 'head' AND l.over_unit_id = '" + unit(code) + "'"
	}
	top, sub := unit("A00"), unit("C01")
	above := p.walker(at("A00", 0), app.GrantInput{Role: roster.RoleInspector, UnitID: top})
	p.walker(at("A00", 0), app.GrantInput{Role: roster.RoleDecidingBody, UnitID: top})
	chief := p.walker(head("B00"))
	subhead := p.walker(head("C01"))
	p.walker(at("C01", 0), app.GrantInput{Role: roster.RoleInspector, UnitID: sub})
	p.walker(at("B00", 2), app.GrantInput{Role: roster.RoleLeadershipReader, UnitID: unit("B00")})
	complainant := p.walker(at("C0102", 3))
	subject := p.walker("WHERE p.id = (SELECT min(person_id) FROM findings WHERE state = 'served') ")

	accused := map[string]*who{"chief": chief, "subhead": subhead}
	for _, login := range []string{"demo-head", "demo-records", "demo-officer", "demo-inspector-2"} {
		accused[login] = w.byLogin[login]
	}
	ids := p.accuse(accused)
	p.complain(ids["demo-head"], complainant)
	p.refer(above, ids["chief"])
	p.refer(above, ids["subhead"])
	_ = subject
	for _, v := range p.all("SELECT DISTINCT p.personnel_no, p.name, a.login FROM grants g JOIN accounts a ON a.id = g.account_id JOIN people p ON p.id = a.person_id WHERE g.state = 'live' ORDER BY 1", 3) {
		w.book = append(w.book, entry{v[0], v[1], v[2]})
	}
}

// accuse registers a severe finding of an audit about each, one by one.
func (p *planter) accuse(whom map[string]*who) map[string]string {
	ids := map[string]string{}
	for n, key := range slices.Sorted(maps.Keys(whom)) {
		unit := p.one("SELECT u.id, u.tier FROM people p JOIN units u ON u.id = p.unit_id WHERE p.id = '"+whom[key].person+"'", 2)
		ids[key] = store.NewID()
		_, err := p.s.store.Update(context.Background(), store.Call{Account: "program:test", Op: "test.issues"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			c, err := tx.PutText(ctx, ids[key], "narrative", "来信反映的情况")
			if err != nil {
				return nil, "", err
			}
			fresh := issue.NewAudit(issue.Found{ID: ids[key], SourceCode: "petition", Person: whom[key].person, Unit: unit[0], Tier: int(unit[1][0] - '0'),
				Category: "duty_discipline", Severity: 3 + n%2, EventOn: "2026-05-20", ReceivedOn: "2026-06-10", At: tx.Now(), Record: tx.NewID(), NarrativeC: c})
			return []ledger.Fact{{Verb: "test.issues", Kind: "issue", ID: fresh.ID}}, "", tx.AddIssues(ctx, []*issue.Issue{fresh}, issue.TimingOf(p.s.app.Pack()))
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return ids
}

// complain makes somebody the complainant of a matter.
func (p *planter) complain(id string, by *who) {
	inspector, err := p.s.app.ActorNamed(context.Background(), p.w.byLogin["demo-inspector"].account)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, _, err := p.s.app.AddIssueParty(context.Background(), inspector, app.IssuePartyInput{IssueID: id, Person: by.number, Interest: "complainant"}); err != nil {
		p.t.Fatal(err)
	}
}

// refer makes a matter a clue, as an inspector of the superior authority.
func (p *planter) refer(by *who, id string) {
	ctx := context.Background()
	who, err := p.s.app.ActorNamed(ctx, by.account)
	if err != nil {
		p.t.Fatal(err)
	}
	d, err := p.s.app.Issue(ctx, who, app.IssueInput{ID: id})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, _, err := p.s.app.TriageIssue(ctx, who, app.TriageIssueInput{Step: app.Step{ID: id, Version: d.Version, Reason: "移送"}, Severity: d.Severity, Category: d.Category, Decision: issue.ActRefer}); err != nil {
		p.t.Fatal(err)
	}
}
