package api

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app/desk"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// place is where an object lies, as those see it who work in the east.
type place struct {
	name   string
	unit   string // a station, by its key in the small bureau
	branch string // the sub-bureau above it
	person string // whom the object is about or whose it is
	leader string // the leader whom it asks or names, where it does
}

// The three places. Every official of the exercises is a declared relative of
// anna, so what is about her lies in his scope and is barred to him.
var (
	here   = place{"in scope", "east1", "east", "ben", "east2head"}
	west   = place{"out of scope", "west1", "west", "dong", "west2head"}
	barred = place{"barred", "east1", "east", "anna", "anna"}
)

// Who leads the officials now, and who led them at the time of the event: they
// served under west2head until shortly after it.
var (
	superior = place{"about a superior", "east1", "east", "easthead", "easthead"}
	former   = place{"about a former superior", "east1", "east", "west2head", "west2head"}
)

// about is what lies in scope and is about the account's holder himself.
func about(key string) place { return place{"about himself", "east1", "east", key, key} }

// object is something that was planted: the values of the parameters in the
// route's path, and what a body says about it.
type object struct {
	ids     []string
	said    map[string]string // "$other" in a body → what it stands for
	version string            // "" sends no If-Match
	matters [][2]string       // issue or case, and its id: who is a party to one sees nothing of the object
}

// world is a site with an official for every role in the east and somebody
// without any.
type world struct {
	testing.TB
	*apptest.Site
	plans      *apptest.Plans
	face       *Face
	actors     map[string]*roster.Actor // kept for when the database is gone
	closed     bool
	made       int // numbers what is planted
	checklists map[selfcheck.Audience]string
}

// official is the key of the account that holds the role in the east: at the
// station where the role reaches one unit, else at the sub-bureau.
func official(r roster.Role) string { return "east " + string(r) }

// whoSees is somebody who reaches the place by the same role as the official of
// the east, and is not barred there; "" where nobody is.
func whoSees(r roster.Role, at place) string {
	switch {
	case r == roster.RoleUnitHead && at == west:
		return "west1head"
	case r == roster.RoleUnitHead:
		return "east1head"
	case r == roster.RoleInvestigator && at == west:
		return "investigator3"
	case r == roster.RoleInvestigator:
		return "investigator2"
	case r == roster.RoleAdjudicator && at == west:
		return "adjudicator2"
	}
	return map[roster.Role]string{roster.RoleCampaignManager: "manager", roster.RoleInspector: "inspector", roster.RoleClueManager: "clue",
		roster.RoleDecidingBody:   "body",
		roster.RoleRecordsOfficer: "records", roster.RoleSystemAdmin: "system", roster.RoleSecurityAdmin: "security"}[r]
}

// stranger is an account that holds no role at all: its holder is posted nowhere.
const stranger = "stranger"

func newWorld(t *testing.T) *world {
	t.Helper()
	site, plans := apptest.Watched(t)
	w := &world{TB: t, Site: site, plans: plans, actors: map[string]*roster.Actor{}, checklists: map[selfcheck.Audience]string{}}
	f, err := New(Options{App: w.App, SessionCookie: "plumbline", Who: func(_ context.Context, token string) (*roster.Actor, error) {
		if _, ok := w.Account[token]; !ok {
			return nil, fault.Unauthenticated()
		}
		return w.actor(token), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.face = f
	w.write(func(ctx context.Context, tx *store.Tx) error {
		for _, r := range roster.Roles {
			at := w.Units["east"]
			if r.Reach() == roster.ReachUnit {
				at = w.Units["east1"]
			}
			person, account, err := w.staff(ctx, tx, official(r), "east")
			if err != nil {
				return err
			}
			if r != roster.RoleOfficer {
				if err := tx.Insert(ctx, &roster.Grant{AccountID: account, Role: r, UnitID: at, FromOn: "2024-01-01",
					State: roster.GrantLive, GrantedBy: "program:test"}); err != nil {
					return err
				}
			}
			served := &roster.Posting{PersonID: person, UnitID: w.Units["west2"], Post: "岗位", FromOn: "2025-06-01", ToOn: "2026-01-20"}
			if err := tx.Insert(ctx, served, &roster.Relation{PersonID: person, OtherID: w.People["anna"], Kind: "relative",
				FromOn: "2024-01-01"}); err != nil {
				return err
			}
		}
		_, _, err := w.staff(ctx, tx, stranger, "")
		return err
	})
	for _, a := range []selfcheck.Audience{selfcheck.Officers, selfcheck.Leaders} {
		id, _, err := w.App.PublishChecklist(context.Background(), w.Actor("manager"), appselfcheck.SeedChecklist(a))
		if err != nil {
			t.Fatal(err)
		}
		w.checklists[a] = id
	}
	return w
}

// in makes the world fail the subtest until it ends.
func (w *world) in(t testing.TB, do func()) {
	outer := w.TB
	w.TB = t
	defer func() { w.TB = outer }()
	do()
}

// actor is somebody who signed in a moment ago.
func (w *world) actor(key string) *roster.Actor {
	if w.closed {
		return w.actors[key]
	}
	who := *w.Actor(key)
	who.Session, who.ProvedAt = "session of "+key, w.App.Now()
	return &who
}

// close breaks the database; who acts is known from before.
func (w *world) close() {
	w.Helper()
	for key := range w.Account {
		w.actors[key] = w.actor(key)
	}
	if err := w.Store.Close(); err != nil {
		w.Fatal(err)
	}
	w.closed = true
}

// write plants rows under an entry of their own.
func (w *world) write(fn func(ctx context.Context, tx *store.Tx) error) store.Receipt {
	return w.writeAs("program:test", fn)
}

func (w *world) writeAs(account string, fn func(ctx context.Context, tx *store.Tx) error) store.Receipt {
	w.Helper()
	got, err := w.Store.Update(context.Background(), store.Call{Account: account, Op: "test.plant"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		if err := fn(ctx, tx); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "test.plant", Kind: "unit", ID: w.Units["bureau"]}}, "", tx.Bump(ctx, store.GenerationAuthority)
	})
	if err != nil {
		w.Fatal(err)
	}
	return got
}

// insert plants rows as they are.
func (w *world) insert(rows ...any) {
	w.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) error { return tx.Insert(ctx, rows...) })
}

// number makes texts that have to differ.
func (w *world) number() int {
	w.made++
	return w.made
}

// staff adds somebody to the roster, posted in the unit unless it is "", with
// an account.
func (w *world) staff(ctx context.Context, tx *store.Tx, key, unit string) (person, account string, err error) {
	n := w.number()
	person, account = tx.NewID(), tx.NewID()
	login := fmt.Sprintf("planted%d", n)
	rows := []any{
		&roster.Person{Stamp: ledger.Stamp{ID: person}, PersonnelNo: fmt.Sprintf("X%04d", n), Name: "添人", NameFolded: "添人",
			Pinyin: "tianren", Initials: "tr",
			SortKey: login, Kind: roster.Officer, State: roster.Serving, UnitID: w.Units[unit]},
		&roster.Account{Stamp: ledger.Stamp{ID: account}, Login: login, LoginFolded: login, PersonID: person, State: roster.AccountActive},
	}
	if unit != "" {
		rows = append(rows, &roster.Posting{PersonID: person, UnitID: w.Units[unit], Post: "岗位", Main: true, FromOn: "2024-01-01"})
	}
	if key != "" {
		w.People[key], w.Account[key] = person, account
	}
	return person, account, tx.Insert(ctx, rows...)
}

// personnelNo is the number by which a body names somebody.
func (w *world) personnelNo(key string) string {
	w.Helper()
	var no string
	err := w.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		names, err := v.NamesOf(ctx, []string{w.People[key]})
		no = names[w.People[key]].PersonnelNo
		return err
	})
	if err != nil || no == "" {
		w.Fatalf("%s has no personnel number: %v", key, err)
	}
	return no
}

// scope is what the actor reaches by the route's act on its kind.
func (w *world) scope(key string, r desk.Route) roster.Scope {
	w.Helper()
	var sc roster.Scope
	err := w.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		units, err := v.Units(ctx)
		sc = w.App.Table().Scope(w.actor(key), r.Act, r.Kind, roster.NewTree(units))
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return sc
}

// send asks for the route with the object's ids in its path.
func (w *world) send(key string, r desk.Route, o object, body map[string]any, headers ...string) answer {
	return send(w.face, key, r.Method, w.path(r, o.ids), w.text(body, o), headers...)
}

func (w *world) path(r desk.Route, ids []string) string {
	w.Helper()
	path := r.Path
	for _, id := range ids {
		p := parameter.FindStringIndex(path)
		if p == nil {
			w.Fatalf("%s has more ids than %s has parameters", r.Op, r.Path)
		}
		path = path[:p[0]] + id + path[p[1]:]
	}
	if parameter.MatchString(path) {
		w.Fatalf("%s has fewer ids than %s has parameters", r.Op, r.Path)
	}
	return Prefix + path
}

// text is the body as JSON, with what it says about the object filled in.
func (w *world) text(body map[string]any, o object) string {
	if body == nil {
		return ""
	}
	full := maps.Clone(body)
	for k, v := range full {
		name, ok := strings.CutPrefix(fmt.Sprint(v), "$")
		if !ok {
			continue
		}
		if full[k] = o.said[name]; o.said[name] == "" {
			w.Fatalf("the object says nothing of %s", name)
		}
	}
	return jsonOf(w, full)
}

// matched is the header that names the version, where there is one.
func (o object) matched() []string {
	if o.version == "" {
		return nil
	}
	return []string{"If-Match", o.version}
}

// planters plant one object of each kind that an address can name. A kind that
// a step asks for in a certain state is named with that state.
var planters = func() map[string]func(w *world, at place) object {
	all := map[string]func(w *world, at place) object{}
	for _, some := range []map[string]func(w *world, at place) object{issuePlanters, inquiryPlanters, listPlanters, intakePlanters, custodyPlanters, officePlanters} {
		for kind, plant := range some {
			if all[kind] != nil {
				panic("api: " + kind + " is planted twice")
			}
			all[kind] = plant
		}
	}
	return all
}()

// plant plants one and says what it is called, version 1 unless the planter
// says otherwise.
func (w *world) plant(kind string, at place) object {
	w.Helper()
	plant := planters[kind]
	if plant == nil {
		w.Fatalf("nobody plants %q", kind)
	}
	return plant(w, at)
}

// of says which issue the object is about, and which case if there is one.
func (o object) of(issue, kase string) object {
	o.matters = append(o.matters, [2]string{"issue", issue})
	if kase != "" {
		o.matters = append(o.matters, [2]string{"case", kase})
	}
	return o
}

func one(id string, said ...string) object {
	o := object{ids: []string{id}, version: "1", said: map[string]string{}}
	for pair := range slices.Chunk(said, 2) {
		o.said[pair[0]] = pair[1]
	}
	return o
}

// noText is what a row keeps of a text that nobody wrote.
var noText = ledger.Commitment{}
