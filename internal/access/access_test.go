package access_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/access"
	"plumbline/internal/app"
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
	"plumbline/policies"
)

var update = flag.Bool("update", false, "rewrite golden files")

func table(t testing.TB) *access.Table {
	t.Helper()
	tb, err := access.New(policies.Model, policies.Policy, desk.Pairs(app.Routes))
	if err != nil {
		t.Fatal(err)
	}
	return tb
}

func TestMatrixIsAPromise(t *testing.T) {
	got := table(t).Matrix()
	const file = "testdata/matrix.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Fatalf("who may do what has changed; look at it, then run the test with -update\n%s", lineDiff(string(want), got))
	}
}

func lineDiff(want, got string) string {
	var b strings.Builder
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for _, l := range w {
		if !slices.Contains(g, l) {
			b.WriteString("- " + l + "\n")
		}
	}
	for _, l := range g {
		if !slices.Contains(w, l) {
			b.WriteString("+ " + l + "\n")
		}
	}
	return b.String()
}

// The tree of the relations test.
const (
	authority, bureau, mine, below, sibling, other = "u0", "u1", "east", "east1", "west", "west1"
)

func tree() *roster.Tree {
	unit := func(id, parent string, tier int) roster.Unit {
		u := roster.Unit{Code: id, ParentID: parent, Tier: tier, State: roster.UnitActive}
		u.ID = id
		return u
	}
	return roster.NewTree([]roster.Unit{
		unit(authority, "", 0), unit(bureau, authority, 1), unit(mine, bureau, 2), unit(below, mine, 3), unit(sibling, bureau,
			2), unit(other, sibling, 3),
	})
}

// relation is how a thing stands to the actor, who holds his role at the
// sub-bureau "east" and is posted there.
type relation struct {
	name   string
	target roster.Target
	// by the rules: where it lies, and what bars it
	own, unit, subtree bool
	barred             bool
	assigned           bool
}

var relations = []relation{
	{name: "self", target: roster.Target{ID: "x", Unit: mine, Branch: mine, Person: "me", EventOn: "2026-01-01"}, own: true, unit: true,
		subtree: true, barred: true},
	{name: "own unit", target: roster.Target{ID: "x", Unit: mine, Branch: mine, Person: "colleague", EventOn: "2026-01-01"}, unit: true,
		subtree: true},
	{name: "subtree", target: roster.Target{ID: "x", Unit: below, Branch: mine, Person: "someone", EventOn: "2026-01-01"}, subtree: true},
	{name: "other unit", target: roster.Target{ID: "x", Unit: other, Branch: sibling, Person: "stranger", EventOn: "2026-01-01"}},
	{name: "the bureau itself", target: roster.Target{ID: "x", Unit: bureau, Person: "chief", EventOn: "2026-01-01"}},
	{name: "above the bureau", target: roster.Target{ID: "x", Unit: authority, Person: "boss", EventOn: "2026-01-01"}},
	{name: "his superior's, in his own unit", target: roster.Target{ID: "x", Unit: mine, Branch: mine, Person: "superior",
		EventOn: "2026-01-01"}, unit: true, subtree: true, barred: true},
	{name: "a former superior's, of that time", target: roster.Target{ID: "x", Unit: below, Branch: mine, Person: "former",
		EventOn: "2024-06-01"}, subtree: true, barred: true},
	{name: "a former superior's, of later", target: roster.Target{ID: "x", Unit: below, Branch: mine, Person: "former",
		EventOn: "2025-06-01"}, subtree: true},
	{name: "a relative's", target: roster.Target{ID: "x", Unit: below, Branch: mine, Person: "cousin", EventOn: "2026-01-01"},
		subtree: true, barred: true},
	{name: "he is a party", target: roster.Target{ID: "party", Unit: below, Branch: mine, Person: "someone", EventOn: "2026-01-01"},
		subtree: true, barred: true},
	{name: "assigned, in another unit", target: roster.Target{ID: "mine", Unit: other, Branch: sibling, Person: "stranger",
		EventOn: "2026-01-01"}, assigned: true},
	{name: "assigned, but he is a party", target: roster.Target{ID: "party-mine", Unit: other, Branch: sibling, Person: "stranger",
		EventOn: "2026-01-01"}, assigned: true, barred: true},
	{name: "a unit's thing, in his unit", target: roster.Target{ID: "x", Unit: mine, Branch: mine, EventOn: "2026-01-01"}, unit: true,
		subtree: true},
}

func actor(roles ...roster.Role) *roster.Actor {
	a := &roster.Actor{
		Account: "acc", Person: "me", Unit: mine, Units: []string{mine}, Superiors: []string{"superior", "chief"},
		Dated:     []roster.DatedBar{{Person: "former", From: "2024-01-01", To: "2024-12-31"}},
		Relatives: []string{"cousin"}, PartyTo: []string{"party", "party-mine"}, Assigned: []string{"mine", "party-mine"},
		Held: []roster.Held{{Role: roster.RoleOfficer, Unit: mine}},
	}
	for _, r := range roles {
		if r != roster.RoleOfficer {
			a.Held = append(a.Held, roster.Held{Role: r, Unit: mine})
		}
	}
	return a
}

// bars says of which kinds the rules speak of subject, party and superior:
// matters about conduct, and the logs and alarms that tell of them. Roster facts
// and completion are none.
func bars(kind roster.Kind) bool {
	tells := []roster.Kind{roster.KindProposal, roster.KindLedger, roster.KindReadLog, roster.KindAlarm}
	return slices.Contains(content, kind) && kind != roster.KindBatch || slices.Contains(tells, kind)
}

// TestMatrixAgainstTheRules tries every role × every row of the route table ×
// every relation against the oracle.
func TestMatrixAgainstTheRules(t *testing.T) {
	tb, tr := table(t), tree()
	asked := 0
	for _, role := range roster.Roles {
		roles := []roster.Role{roster.RoleOfficer, role}
		who := actor(role)
		for _, row := range app.Routes {
			if row.Public {
				continue
			}
			may := oracleMay(roles, row.Act, row.Kind)
			if got := tb.May(who, row.Act, row.Kind); got != may {
				t.Errorf("%s %s (%s %s): policy says %v, the rules say %v", role, row.Op, row.Act, row.Kind, got, may)
				continue
			}
			sc := tb.Scope(who, row.Act, row.Kind, tr)
			for _, rel := range relations {
				want := false
				for _, r := range roles {
					if !may || !oracleMay([]roster.Role{r}, row.Act, row.Kind) {
						continue
					}
					free := !bars(row.Kind) || !rel.barred
					switch {
					case r == roster.RoleOfficer:
						want = want || rel.own
					case r == roster.RoleInvestigator || r == roster.RoleAdjudicator || r == roster.RoleAppealsReviewer:
						want = want || rel.assigned && free
					case r == roster.RoleUnitHead || r == roster.RoleLeadDepartment:
						want = want || rel.unit && free
					default:
						want = want || rel.subtree && free
					}
				}
				asked++
				if got := sc.Admits(rel.target); got != want {
					t.Errorf("%s %s, %s: scope says %v, the rules say %v", role, row.Op, rel.name, got, want)
				}
			}
		}
	}
	if asked < 10000 {
		t.Fatalf("only %d questions were asked", asked)
	}
}

func TestDenyByAnyRoleWins(t *testing.T) {
	tb := table(t)
	if !tb.May(actor(roster.RoleInspector), roster.ActTriage, roster.KindIssue) {
		t.Fatal("an inspector may triage")
	}
	for _, admin := range []roster.Role{roster.RoleSystemAdmin, roster.RoleSecurityAdmin, roster.RoleAuditAdmin} {
		who := actor(roster.RoleInspector, admin)
		if tb.May(who, roster.ActTriage, roster.KindIssue) {
			t.Errorf("%s beside inspector may triage", admin)
		}
		if !tb.May(who, roster.ActSubmit, roster.KindOwnSubmission) {
			t.Errorf("%s may not file his own self-check", admin)
		}
	}
}

func TestOneSignedInByACodeMayOnlySetAPassword(t *testing.T) {
	tb := table(t)
	who := actor(roster.RoleInspector)
	who.MustRenew = true
	if tb.May(who, roster.ActList, roster.KindIssue) || !tb.May(who, roster.ActEdit, roster.KindSelf) {
		t.Fatal("a session that began with a code reaches further than the password")
	}
}

func TestReachOverTiers(t *testing.T) {
	tb, tr := table(t), tree()
	at := func(unit string) roster.Scope {
		a := &roster.Actor{Account: "a", Person: "me", Held: []roster.Held{{Role: roster.RoleInspector, Unit: unit}}}
		return tb.Scope(a, roster.ActList, roster.KindIssue, tr)
	}
	cases := []struct {
		holder string
		sees   []string
	}{
		{authority, []string{authority, bureau, mine, below, sibling, other}},
		{bureau, []string{bureau, mine, below, sibling, other}},
		{mine, []string{mine, below}},
		{below, []string{below}},
		{"unknown", nil},
	}
	for _, c := range cases {
		sc := at(c.holder)
		for _, u := range []string{authority, bureau, mine, below, sibling, other} {
			target := roster.Target{ID: "x", Unit: u, Branch: tr.Branch(u), Person: "p"}
			if got, want := sc.Admits(target), slices.Contains(c.sees, u); got != want {
				t.Errorf("held at %s: sees %s is %v, want %v", c.holder, u, got, want)
			}
		}
	}
}

func TestPolicyFileIsReadStrictly(t *testing.T) {
	good := "p, inspector, read, issue, allow\n"
	if _, err := access.ParsePolicy(good); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty":             "",
		"too few fields":    "p, inspector, read, issue\n",
		"unknown role":      "p, inspektor, read, issue, allow\n",
		"unknown act":       "p, inspector, reed, issue, allow\n",
		"unknown kind":      "p, inspector, read, isue, allow\n",
		"star in allow":     "p, inspector, *, issue, allow\n",
		"third effect":      "p, inspector, read, issue, maybe\n",
		"repeated":          good + good,
		"contradiction":     good + "p, inspector, read, issue, deny\n",
		"not a policy line": "g, inspector, read, issue, allow\n",
	} {
		if _, err := access.ParsePolicy(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestADecisionAllocatesNothing(t *testing.T) {
	tb, tr := table(t), tree()
	who := actor(roster.RoleInspector)
	sc := tb.Scope(who, roster.ActRead, roster.KindIssue, tr)
	target := roster.Target{ID: "x", Unit: below, Branch: mine, Person: "someone", EventOn: "2026-01-01"}
	if n := testing.AllocsPerRun(1000, func() {
		if !tb.May(who, roster.ActRead, roster.KindIssue) || !sc.Admits(target) {
			panic("refused")
		}
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkDecision(b *testing.B) {
	tb, tr := table(b), tree()
	who := actor(roster.RoleInspector)
	sc := tb.Scope(who, roster.ActRead, roster.KindIssue, tr)
	target := roster.Target{ID: "x", Unit: below, Branch: mine, Person: "someone", EventOn: "2026-01-01"}
	for b.Loop() {
		if !tb.May(who, roster.ActRead, roster.KindIssue) || !sc.Admits(target) {
			b.Fatal("refused")
		}
	}
}
