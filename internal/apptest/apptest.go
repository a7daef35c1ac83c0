// Package apptest is the test harness: a fresh site on each dialect, a clock
// that tests set, and named actors on a small bureau. It tests through the
// same store and app that the program runs.
package apptest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/signer"
	"plumbline/internal/store"
	"plumbline/internal/words"
)

// Clock is a clock that tests set. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now reads the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Set puts the clock to an instant.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}

// Start is when every test site begins: 09:00 on Monday, 2 March 2026, in
// Shanghai.
var Start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// Site is a fresh installation with the small bureau of Bureau.
type Site struct {
	App     *app.App
	Store   *store.Store
	Clock   *Clock
	DSN     string
	Units   map[string]string // key → unit id
	People  map[string]string // key → person id
	Account map[string]string // key → account id

	Signer   *signer.Signer
	HeadFile string // where the acknowledged head is written down
	keyFile  string
	t        testing.TB
}

// Each runs the test on SQLite and on PostgreSQL.
func Each(t *testing.T, fn func(t *testing.T, s *Site)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, New(t, filepath.Join(t.TempDir(), "site.db"))) })
	t.Run("postgres", func(t *testing.T) { fn(t, New(t, Postgres(t))) })
}

// Postgres gives a migrated database without a site.
func Postgres(t testing.TB) string {
	t.Helper()
	return pgtest.Like(t, "migrated", func(dsn string) error {
		ctx := context.Background()
		st, err := store.Open(ctx, dsn, store.Options{Origin: origin}) // without a key store, which each site makes
		if err != nil {
			return err
		}
		_, err = st.Migrate(ctx)
		return errors.Join(err, st.Close())
	})
}

// origin names the ledger of every test site.
const origin = "plumbline/test"

// SQLite runs the test on SQLite only: for stories whose SQL other tests try on
// both.
func SQLite(t *testing.T) *Site {
	t.Helper()
	return New(t, filepath.Join(t.TempDir(), "site.db"))
}

// Secret is the site secret of test sites.
var Secret = []byte("a secret of tests, 32 bytes long!")

// Empty makes a migrated site without any unit.
func Empty(t testing.TB, dsn string) *Site {
	t.Helper()
	return empty(t, dsn, true, nil)
}

func empty(t testing.TB, dsn string, signed bool, watch func(text string)) *Site {
	t.Helper()
	ctx := context.Background()
	clock := &Clock{at: Start}
	keyFile := "" // beside the database
	if store.DialectOf(dsn) == store.Postgres {
		keyFile = filepath.Join(t.TempDir(), "site.keys")
	}
	st, err := store.Open(ctx, dsn, store.Options{Clock: clock.Now, Origin: origin, Keys: keyFile, Watch: watch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		actsAreNamed(t, st)
		if err := st.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	if _, err := st.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	head := filepath.Join(folder, "site.head")
	cfg := app.Config{Store: st, Secret: Secret, HeadFile: head}
	var signs *signer.Signer
	if signed {
		if signs, _, err = signer.OpenOrMake(filepath.Join(folder, "site.sign"), "", st.Origin()); err != nil {
			t.Fatal(err)
		}
		cfg.Signer = signs
	}
	a, err := app.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &Site{App: a, Store: st, Clock: clock, DSN: dsn, Signer: signs, HeadFile: head, keyFile: keyFile, t: t,
		Units: map[string]string{}, People: map[string]string{}, Account: map[string]string{}}
}

// actsAreNamed looks at what a test did: each act in the ledger is shown to its
// readers by a name in both languages. A test that broke its ledger is let be.
func actsAreNamed(t testing.TB, st *store.Store) {
	var acts []store.LedgerEntry
	err := st.View(context.Background(), func(ctx context.Context, v *store.View) (err error) {
		acts, err = v.Entries(ctx, 0, 10_000)
		return err
	})
	if err != nil {
		return
	}
	for _, e := range acts {
		if !strings.HasPrefix(e.Verb, "test.") && !words.Has("verb."+e.Verb) {
			t.Errorf("the act %s has no name", e.Verb)
			return
		}
	}
}

// Again opens the site's database a second time, as the next start of the
// program does, with the signer and what it remembers. The first one must be
// closed before, or share the database with it.
func (s *Site) Again(t testing.TB) *Site {
	t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, s.DSN, store.Options{Clock: s.Clock.Now, Keys: s.keyFile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	cfg := app.Config{Store: st, Secret: Secret, HeadFile: s.HeadFile}
	if s.Signer != nil {
		cfg.Signer = s.Signer
	}
	a, err := app.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	again := *s
	again.App, again.Store, again.t = a, st, t
	return &again
}

// unitSeed, personSeed and grantSeed describe the small bureau.
type unitSeed struct {
	key, parent string
	tier        int
}

type personSeed struct {
	key, name, unit string
	team            bool
	links           []roster.CommandLink // OverUnitID holds a unit key
	grants          []roster.Held        // Unit holds a unit key
}

// The small bureau: an authority above it, two sub-bureaus and an office, four
// stations; every role is held by somebody.
var (
	unitSeeds = []unitSeed{
		{"authority", "", 0}, {"bureau", "authority", 1},
		{"east", "bureau", 2}, {"west", "bureau", 2}, {"office", "bureau", 2},
		{"east1", "east", 3}, {"east2", "east", 3}, {"west1", "west", 3}, {"west2", "west", 3},
	}
	personSeeds = []personSeed{
		{key: "authority", name: "上级甲", unit: "authority", grants: at("authority", roster.RoleUnitHead, roster.RoleDecidingBody,
			roster.RoleInspector)},
		{key: "chief", name: "准一", unit: "bureau", team: true, links: over("bureau", roster.LinkHead),
			grants: at("bureau", roster.RoleUnitHead, roster.RoleLeadershipReader)},
		{key: "deputy", name: "准二", unit: "bureau", team: true, links: over("east", roster.LinkInCharge),
			grants: at("bureau", roster.RoleLeadershipReader)},
		{key: "point", name: "准三", unit: "office", links: over("east1", roster.LinkPointLeader)},
		{key: "easthead", name: "东一", unit: "east", team: true, links: over("east", roster.LinkHead),
			grants: at("east", roster.RoleUnitHead)},
		{key: "east1head", name: "东二", unit: "east1", team: true, links: over("east1", roster.LinkHead),
			grants: at("east1", roster.RoleUnitHead)},
		{key: "east2head", name: "东三", unit: "east2", team: true, links: over("east2", roster.LinkHead),
			grants: at("east2", roster.RoleUnitHead)},
		{key: "westhead", name: "西一", unit: "west", team: true, links: over("west", roster.LinkHead),
			grants: at("west", roster.RoleUnitHead)},
		{key: "west1head", name: "西二", unit: "west1", team: true, links: over("west1", roster.LinkHead),
			grants: at("west1", roster.RoleUnitHead)},
		{key: "west2head", name: "西三", unit: "west2", team: true, links: over("west2", roster.LinkHead),
			grants: at("west2", roster.RoleUnitHead)},
		{key: "officehead", name: "室一", unit: "office", team: true, links: over("office", roster.LinkHead),
			grants: at("office", roster.RoleUnitHead)},
		{key: "anna", name: "林甲", unit: "east1"},
		{key: "ben", name: "林乙", unit: "east1"},
		{key: "cara", name: "林丙", unit: "east2"},
		{key: "dong", name: "林丁", unit: "west1"},
		{key: "erin", name: "林戊", unit: "west2"},
		{key: "manager", name: "专项甲", unit: "office", grants: at("bureau", roster.RoleCampaignManager)},
		{key: "inspector", name: "督察甲", unit: "office", grants: at("bureau", roster.RoleInspector)},
		{key: "inspector2", name: "督察乙", unit: "office", grants: at("bureau", roster.RoleInspector)},
		{key: "eastinspector", name: "督察丙", unit: "east", grants: at("east", roster.RoleInspector)},
		{key: "clue", name: "线索甲", unit: "office", grants: at("bureau", roster.RoleClueManager)},
		{key: "investigator1", name: "承办甲", unit: "office", grants: at("bureau", roster.RoleInvestigator)},
		{key: "investigator2", name: "承办乙", unit: "office", grants: at("bureau", roster.RoleInvestigator)},
		{key: "investigator3", name: "承办丙", unit: "bureau", grants: at("bureau", roster.RoleInvestigator)},
		{key: "investigator4", name: "承办丁", unit: "bureau", grants: at("bureau", roster.RoleInvestigator)},
		{key: "adjudicator", name: "审理甲", unit: "office", grants: at("bureau", roster.RoleAdjudicator)},
		{key: "adjudicator2", name: "审理乙", unit: "bureau", grants: at("bureau", roster.RoleAdjudicator)},
		{key: "body", name: "集体甲", unit: "office", grants: at("bureau", roster.RoleDecidingBody)},
		{key: "body2", name: "集体乙", unit: "office", grants: at("bureau", roster.RoleDecidingBody)},
		{key: "appeals", name: "复核甲", unit: "office", grants: at("bureau", roster.RoleAppealsReviewer)},
		{key: "lead", name: "牵头甲", unit: "office", grants: at("office", roster.RoleLeadDepartment)},
		{key: "reader", name: "领导甲", unit: "bureau", grants: at("bureau", roster.RoleLeadershipReader)},
		{key: "records", name: "档案甲", unit: "office", grants: at("bureau", roster.RoleRecordsOfficer)},
		{key: "system", name: "系统甲", unit: "office", grants: at("bureau", roster.RoleSystemAdmin)},
		{key: "security", name: "安全甲", unit: "office", grants: at("bureau", roster.RoleSecurityAdmin)},
		{key: "security2", name: "安全乙", unit: "office", grants: at("bureau", roster.RoleSecurityAdmin)},
		{key: "audit", name: "审计甲", unit: "office", grants: at("bureau", roster.RoleAuditAdmin)},
	}
)

func at(unit string, roles ...roster.Role) []roster.Held {
	var out []roster.Held
	for _, r := range roles {
		out = append(out, roster.Held{Role: r, Unit: unit})
	}
	return out
}

func over(unit string, kinds ...roster.LinkKind) []roster.CommandLink {
	var out []roster.CommandLink
	for _, k := range kinds {
		out = append(out, roster.CommandLink{Kind: k, OverUnitID: unit})
	}
	return out
}

// New makes a site with the small bureau. All its dates begin on 2024-01-01.
func New(t testing.TB, dsn string) *Site {
	t.Helper()
	return peopled(t, Empty(t, dsn))
}

// Unsigned is a site on SQLite whose ledger nobody signs.
func Unsigned(t testing.TB) *Site {
	t.Helper()
	return peopled(t, empty(t, filepath.Join(t.TempDir(), "site.db"), false, nil))
}

func peopled(t testing.TB, s *Site) *Site {
	t.Helper()
	const from = roster.Date("2024-01-01")
	_, err := s.Store.Update(context.Background(), store.Call{Account: "program:test", Role: "program", Op: "test.seed"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		for i, u := range unitSeeds {
			id := tx.NewID()
			s.Units[u.key] = id
			row := &roster.Unit{Stamp: ledger.Stamp{ID: id}, Code: u.key, Name: "单位" + u.key, NameEN: u.key,
				SortKey: fmt.Sprintf("%03d", i),
				Tier:    u.tier, ParentID: s.Units[u.parent], State: roster.UnitActive, FromOn: from}
			link := &roster.UnitLink{UnitID: id, ParentID: s.Units[u.parent], FromOn: from}
			if err := tx.Insert(ctx, row, link); err != nil {
				return nil, "", err
			}
		}
		return []ledger.Fact{{Verb: "test.units", Kind: "unit", ID: s.Units["bureau"]}}, "", tx.Bump(ctx, store.GenerationTree)
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Store.Update(context.Background(), store.Call{Account: "program:test", Role: "program", Op: "test.seed"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		for i, p := range personSeeds {
			id, account := tx.NewID(), tx.NewID()
			s.People[p.key], s.Account[p.key] = id, account
			number := fmt.Sprintf("P%04d", i+1)
			rows := []any{
				&roster.Person{Stamp: ledger.Stamp{ID: id}, PersonnelNo: number, Name: p.name, NameFolded: p.name, Pinyin: p.key,
					Initials: p.key[:1],
					SortKey:  p.key, Kind: roster.Officer, State: roster.Serving, UnitID: s.Units[p.unit]},
				&roster.Identifier{PersonID: id, Kind: roster.PoliceNo, Value: fmt.Sprintf("%06d", 100000+i),
					Folded: fmt.Sprintf("%06d", 100000+i), FromOn: from},
				&roster.Posting{PersonID: id, UnitID: s.Units[p.unit], Post: "岗位", Team: p.team, Main: true, FromOn: from},
				&roster.Account{Stamp: ledger.Stamp{ID: account}, Login: p.key, LoginFolded: p.key, PersonID: id,
					State: roster.AccountActive},
			}
			for _, l := range p.links {
				rows = append(rows, &roster.CommandLink{PersonID: id, Kind: l.Kind, OverUnitID: s.Units[l.OverUnitID], FromOn: from})
			}
			for _, g := range p.grants {
				rows = append(rows, &roster.Grant{AccountID: account, Role: g.Role, UnitID: s.Units[g.Unit], FromOn: from,
					State: roster.GrantLive, GrantedBy: "program:test"})
			}
			if err := tx.Insert(ctx, rows...); err != nil {
				return nil, "", err
			}
		}
		return []ledger.Fact{{Verb: "test.people", Kind: "unit", ID: s.Units["bureau"]}}, "", tx.Bump(ctx, store.GenerationAuthority)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Actor loads one of the named people as he stands now.
func (s *Site) Actor(key string) *roster.Actor {
	s.t.Helper()
	id, ok := s.Account[key]
	if !ok {
		s.t.Fatalf("no actor %q in the small bureau", key)
	}
	var who *roster.Actor
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		var err error
		who, err = s.App.ActorOf(ctx, v, id)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return who
}

// Jobs works until no job waits.
func (s *Site) Jobs() {
	s.t.Helper()
	if err := s.App.DrainJobs(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}
