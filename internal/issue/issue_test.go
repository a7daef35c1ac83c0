package issue

import (
	"os"
	"strings"
	"testing"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

var (
	noon   = time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC)
	review = rules.Review{BulkCorrectMaxSeverity: 1, SpotCorrectMaxSeverity: 1, ClueMinSeverity: 3}
	alone  = Ending{Limit: 3, By: "acc"}
	timing = Timing{WindowDays: 90, FirstContact: []string{"triaged", "noticed"}}
)

// The table in the package doc is what the code does, for every pair.
func TestLifeIsTheTableInTheDoc(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	printed := make(map[State]map[Act]State)
	for line := range strings.Lines(string(doc)) {
		f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "//"))
		if strings.HasPrefix(line, "//\t") && len(f) == 3 && f[0] != "from" {
			if printed[State(f[0])] == nil {
				printed[State(f[0])] = make(map[Act]State)
			}
			printed[State(f[0])][Act(f[1])] = State(f[2])
		}
	}
	if len(printed) != len(States)-1 { // withdrawn has no way out
		t.Fatalf("the doc prints %d states with ways out, want %d", len(printed), len(States)-1)
	}
	for _, s := range States {
		for _, a := range Acts {
			if got, want := s.Next(a), printed[s][a]; got != want {
				t.Errorf("%s %s: code %q, doc %q", s, a, got, want)
			}
		}
	}
}

func declared(id, event, on string) *Issue {
	i := NewDeclared(Declared{ID: id, Person: "p", Unit: "u", Tier: 3, Category: "interview", Severity: 1,
		EventOn: roster.Date(event), On: roster.Date(on), At: roster.Date(on).Time().Add(4 * time.Hour), List: OfficersList})
	return i
}

func audit(id, event, received string) *Issue {
	return NewAudit(Found{ID: id, SourceCode: "petition", Person: "p", Unit: "u", Tier: 3, Category: "interview", Severity: 2,
		EventOn: roster.Date(event), ReceivedOn: roster.Date(received), At: noon, Record: "r" + id})
}

func TestDisclosureTiming(t *testing.T) {
	at := func(d string) *time.Time { x := roster.Date(d).Time().Add(5 * time.Hour); return &x }
	cases := []struct {
		name             string
		event, on        string
		received         string
		triaged, noticed *time.Time
		want             Disclosure
		paired           bool
	}{
		{"declared before the source had it", "2025-11-02", "2026-01-05", "2026-01-06", nil, nil, BeforeRecord, true},
		{"declared on the day of receipt", "2025-11-02", "2026-01-06", "2026-01-06", nil, nil, BeforeContact, true},
		{"declared after receipt, nobody spoke to him", "2025-11-02", "2026-02-01", "2026-01-06", nil, nil, BeforeContact, true},
		{"declared before triage", "2025-11-02", "2026-02-01", "2026-01-06", at("2026-02-02"), nil, BeforeContact, true},
		{"declared after triage", "2025-11-02", "2026-02-03", "2026-01-06", at("2026-02-02"), nil, AfterContact, true},
		{"notice came before triage", "2025-11-02", "2026-02-03", "2026-01-06", at("2026-02-09"), at("2026-02-02"), AfterContact, true},
		{"ninety days earlier is the same matter", "2025-08-04", "2026-01-05", "2026-01-06", nil, nil, BeforeRecord, true},
		{"ninety days later is the same matter", "2026-01-31", "2026-02-05", "2026-03-06", nil, nil, BeforeRecord, true},
		{"ninety-one days is another", "2025-08-03", "2026-01-05", "2026-01-06", nil, nil, NotDisclosed, false},
	}
	for _, c := range cases {
		d, a := declared("d", c.event, c.on), audit("a", "2025-11-02", c.received)
		a.TriagedAt, a.NoticedAt = c.triaged, c.noticed
		// Either may be there first: the facts come out the same.
		for _, order := range []string{"declared last", "found last"} {
			stored, fresh := []*Issue{clone(a)}, []*Issue{clone(d)}
			if order == "found last" {
				stored, fresh = fresh, stored
			}
			Compare(stored, fresh, timing) // as the store does it: changes saved, fresh inserted
			all := append(apply(stored, Compare(stored, fresh, timing)), fresh...)
			for _, i := range all {
				if i.Source == Audit && i.Disclosure != c.want {
					t.Errorf("%s, %s: %s, want %s", c.name, order, i.Disclosure, c.want)
				}
				if i.Source == Audit && (i.Concealment == ConcealmentQuestion) != (c.want == NotDisclosed) {
					t.Errorf("%s, %s: concealment %q", c.name, order, i.Concealment)
				}
				if i.Source == Self && i.Paired != c.paired {
					t.Errorf("%s, %s: paired %v", c.name, order, i.Paired)
				}
			}
		}
	}
}

func clone(i *Issue) *Issue { c := *i; return &c }

func apply(stored []*Issue, changes []Change) []*Issue {
	out := make([]*Issue, len(stored))
	for n, i := range stored {
		out[n] = clone(i)
		for _, c := range changes {
			if c.Before == i {
				out[n] = clone(c.After)
			}
		}
	}
	return out
}

func TestTimingByNoticeAlone(t *testing.T) {
	triaged := noon
	a := audit("a", "2025-11-02", "2026-01-01")
	a.TriagedAt = &triaged
	if a.Contact(Timing{FirstContact: []string{"noticed"}}) != nil {
		t.Error("triage counted as first contact under a pack that names only notice")
	}
}

// Withdrawing an audit issue takes back what followed from it.
func TestWithdrawalTakesBackTheComparison(t *testing.T) {
	d, a := declared("d", "2025-11-02", "2026-01-05"), audit("a", "2025-12-01", "2026-01-06")
	other := audit("b", "2025-05-01", "2026-01-06")
	Compare(nil, []*Issue{d, a, other}, timing)
	if !d.Paired || a.Disclosure != BeforeRecord || other.Concealment != ConcealmentQuestion || !other.FirstOfKey {
		t.Fatalf("before: %+v %+v %+v", d, a, other)
	}
	a2, other2 := clone(a), clone(other)
	for _, i := range []*Issue{a2, other2} {
		if err := i.Withdraw(alone, noon); err != nil {
			t.Fatal(err)
		}
	}
	changes := Compare([]*Issue{d}, []*Issue{a2, other2}, timing)
	if len(changes) != 1 || changes[0].After.Paired || !changes[0].After.FirstOfKey {
		t.Errorf("declared issue after withdrawal: %+v", changes)
	}
	if other2.Concealment != ConcealmentNone || other2.FirstOfKey {
		t.Errorf("withdrawn issue still asks: %+v", other2)
	}
}

// Other keys are other matters, and a unit's issue is compared with its own.
func TestSettleKeepsKeysApart(t *testing.T) {
	d, a := declared("d", "2025-11-02", "2026-01-05"), audit("a", "2025-11-02", "2026-01-06")
	d.Category = "supervision"
	Compare(nil, []*Issue{d, a}, timing)
	if d.Paired || a.Disclosure != NotDisclosed {
		t.Error("compared across categories")
	}
	d, a = declared("d", "2025-11-02", "2026-01-05"), audit("a", "2025-11-02", "2026-01-06")
	a.PersonID, d.PersonID = "", ""
	a.UnitID = "v"
	Compare(nil, []*Issue{d, a}, timing)
	if d.Paired || a.Concealment != ConcealmentNone {
		t.Error("two units' issues were compared, or a unit was asked about concealment")
	}
}

func TestSeverityDecidesTheWay(t *testing.T) {
	for sev := 0; sev <= MaxSeverity; sev++ {
		for _, act := range []Act{"", ActCorrect, ActRectify, ActRefer, ActReject} {
			i := declared("d", "2025-11-02", "2026-01-05")
			err := i.Triage(sev, "interview", act, "acc", alone, review, noon)
			refused := (act == ActCorrect && sev > 1) || (act == ActRectify && sev >= 3)
			if (err != nil) != refused {
				t.Errorf("S%d %q: %v", sev, act, err)
			}
			if err == nil && act == ActReject && (i.State == Rejected) != (sev < 3) {
				t.Errorf("S%d rejected by one person: %s", sev, i.State)
			}
		}
	}
}

func TestSevereRejectionNeedsTwo(t *testing.T) {
	i := audit("a", "2025-11-02", "2026-01-06")
	i.Severity = 4
	if err := i.Reject("one", alone, noon); err != nil || i.State != Registered || i.RejectBy != "one" {
		t.Fatalf("proposal: %v %+v", err, i)
	}
	if err := i.Reject("one", alone, noon); !fault.Is(err, fault.ForbiddenKind) {
		t.Errorf("the same person twice: %v", err)
	}
	if err := i.Reject("two", Ending{Limit: 3, By: "two", First: "acc"}, noon); err != nil || i.State != Rejected {
		t.Errorf("second person: %v %s", err, i.State)
	}
}

func TestConcealmentNeedsTwo(t *testing.T) {
	i := audit("a", "2025-11-02", "2026-01-06")
	Compare(nil, []*Issue{i}, timing)
	step := func(answer Concealment, by string, want Concealment, kind fault.Kind) {
		t.Helper()
		err := i.AnswerConcealment(answer, by)
		if (kind != 0 && !fault.Is(err, kind)) || (kind == 0 && err != nil) || i.Concealment != want {
			t.Errorf("%s by %s: %v, now %q", answer, by, err, i.Concealment)
		}
	}
	step("question", "one", ConcealmentQuestion, fault.InvalidKind)
	step(ConcealmentConfirmed, "one", ConcealmentQuestion, 0)
	step(ConcealmentConfirmed, "one", ConcealmentQuestion, fault.ForbiddenKind)
	step(ConcealmentDismissed, "two", ConcealmentQuestion, 0)
	step(ConcealmentDismissed, "one", ConcealmentDismissed, 0)
	step(ConcealmentConfirmed, "two", ConcealmentDismissed, fault.ConflictKind)
}

func TestWhoMayDecide(t *testing.T) {
	i := audit("a", "2025-11-02", "2026-01-06")
	cases := []struct {
		name string
		who  roster.Actor
		want fault.Kind
	}{
		{"a stranger", roster.Actor{Person: "q"}, 0},
		{"the subject", roster.Actor{Person: "p"}, fault.ForbiddenKind},
		{"a subordinate", roster.Actor{Person: "q", Superiors: []string{"p"}}, fault.NotFoundKind},
		{"a subordinate at the time", roster.Actor{Person: "q", Dated: []roster.DatedBar{{Person: "p", From: "2025-01-01",
			To: "2025-12-31"}}}, fault.NotFoundKind},
		{"a subordinate at another time", roster.Actor{Person: "q", Dated: []roster.DatedBar{{Person: "p", From: "2024-01-01",
			To: "2024-12-31"}}}, 0},
		{"a relative", roster.Actor{Person: "q", Relatives: []string{"p"}}, fault.NotFoundKind},
		{"a party", roster.Actor{Person: "q", PartyTo: []string{"a"}}, fault.NotFoundKind},
	}
	for _, c := range cases {
		if err := i.MayDecide(&c.who); (c.want == 0) != (err == nil) || (err != nil && !fault.Is(err, c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestMergeKeepsTheEarliestReceipt(t *testing.T) {
	dup, keep := audit("a", "2025-11-02", "2026-01-01"), audit("b", "2025-11-03", "2026-01-06")
	changed, err := dup.Merge(keep, alone, noon)
	if err != nil || !changed || keep.Received != "2026-01-01" || dup.DuplicateOf != "b" || dup.State != Merged {
		t.Errorf("%v %v %+v", changed, err, keep)
	}
	if _, err := keep.Merge(dup, alone, noon); err == nil {
		t.Error("merged into a merged issue")
	}
	other := audit("c", "2025-11-02", "2026-01-01")
	other.PersonID = "q"
	if _, err := other.Merge(keep, alone, noon); err == nil {
		t.Error("merged two people's issues")
	}
}

func TestNoticeShowsTheIssueToTheSubject(t *testing.T) {
	i := audit("a", "2025-11-02", "2026-01-06")
	if i.VisibleToSubject() {
		t.Error("an unnotified issue tips the subject off")
	}
	if err := i.Notice(noon); err != nil || !i.VisibleToSubject() {
		t.Errorf("notice: %v", err)
	}
	if err := i.Notice(noon); !fault.Is(err, fault.ConflictKind) {
		t.Errorf("second notice: %v", err)
	}
}

func TestReopenNeedsEvidence(t *testing.T) {
	i := declared("d", "2025-11-02", "2026-01-05")
	if err := i.CorrectOnSpot(true, alone, review, noon); err != nil {
		t.Fatal(err)
	}
	if err := i.Reopen("", noon); !fault.Is(err, fault.InvalidKind) {
		t.Errorf("reopened without evidence: %v", err)
	}
	if err := i.Reopen("a witness came forward", noon); err != nil || i.State != Reopened || i.SettledAt != nil {
		t.Errorf("reopen: %v %+v", err, i)
	}
}
