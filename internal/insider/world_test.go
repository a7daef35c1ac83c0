package insider

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/cryptotest"
	"time"

	"plumbline/internal/api"
	"plumbline/internal/app"
	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/demo"
	"plumbline/internal/roster"
	"plumbline/internal/seal"
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
	unit                                 string // where he is posted
	password, token                      string
	roles                                []string
	may                                  map[string]bool
	seen                                 *memory // what his lists showed him when the world was made
	knows                                bool    // and what stands behind them
}

func (w *who) has(role roster.Role) bool { return slices.Contains(w.roles, string(role)) }

// entry is a line of the telephone book: everybody in a bureau knows who holds
// which office.
type entry struct{ number, name, login, role string }

// world is a made bureau, closed and ready to be copied.
type world struct {
	dialect          store.Dialect
	folder           string // of the database or, on PostgreSQL, of its keys
	dsn              string // PostgreSQL: the template database
	admin            string // PostgreSQL: another database, for the statements that copy
	copies           int
	people           []*who
	byLogin          map[string]*who
	above, bodyAbove *who // an inspector and a member of the body of the superior authority
	book             []entry
	base             *state
	shapes           map[string]*shape
	read             []string                    // lists that somebody could read
	staff            map[string][]string         // numbers of the people posted in a unit
	handlers         map[string][]string         // object id to the accounts that can act on it
	ripe             map[string][]string         // operation to things that lie at the stage it asks for
	news             []string                    // numbers of people who have just joined
	keys             map[string]*seal.PrivateKey // of the custodians, by login
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
func makeWorld(t *testing.T, d store.Dialect) *world {
	t.Helper()
	cryptotest.SetGlobalRandom(t, 2026)
	w := &world{dialect: d, folder: scratch(t), byLogin: map[string]*who{}, ripe: map[string][]string{}}
	w.dsn = w.dsnIn(w.folder)
	if d == store.Postgres {
		w.dsn, w.admin = pgtest.DSN(t), pgtest.DSN(t)
	}
	dc := demo.NewClock(func() time.Time { return today.Add(-time.Minute) }, demo.Days)
	st, err := store.Open(context.Background(), w.dsn, store.Options{Clock: dc.Now, Origin: "plumbline/insider",
		Keys: filepath.Join(w.folder, keyName)})
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
	if err := (&demo.Maker{App: a, Clock: dc, Size: demo.Small, Alone: d == store.SQLite}).Make(context.Background()); err != nil {
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
