package rectify

import (
	"net/url"
	"testing"

	"plumbline/internal/fault"
	"plumbline/internal/rules"
)

func dispatched(t *testing.T) *Rectification {
	t.Helper()
	r, err := Dispatch(rules.Current(), Rectification{UnitID: "u", PersonID: "subject", LeadUnitID: "u", OwnerID: "owner"}, "inspector",
		"2026-03-01")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLife(t *testing.T) {
	r := dispatched(t)
	if r.DueOn != "2026-03-31" {
		t.Fatalf("due %s", r.DueOn)
	}
	if r.Overdue("2026-03-31") || !r.Overdue("2026-04-01") {
		t.Error("overdue begins on the day after the due day")
	}
	step := func(name string, err error, want State) {
		t.Helper()
		if err != nil || r.State != want {
			t.Fatalf("%s: %v, state %s", name, err, r.State)
		}
	}
	step("accept", r.Accept("worker"), Accepted)
	step("progress", r.Progress(), InProgress)
	step("submit", r.Submit("worker", "2026-03-05"), Submitted)
	for _, by := range []string{"worker", "owner", "subject", ""} {
		if err := r.Verify(by, "2026-03-06"); !fault.Is(err, fault.ForbiddenKind) {
			t.Errorf("%q verified: %v", by, err)
		}
	}
	step("return", r.Return("inspector"), Returned)
	if r.Round != 2 {
		t.Errorf("round %d", r.Round)
	}
	step("submit again", r.Submit("worker", "2026-03-08"), Submitted)
	step("verify", r.Verify("inspector", "2026-03-09"), Verified)
	if err := r.StrikeOff("inspector", "2026-03-10"); !fault.Is(err, fault.ForbiddenKind) {
		t.Errorf("the verifier struck it off: %v", err)
	}
	step("strike off", r.StrikeOff("second", "2026-03-10"), StruckOff)
	if r.Overdue("2027-01-01") {
		t.Error("what is struck off is not overdue")
	}
	step("recur", r.Recur(rules.Current(), "inspector", "2026-06-01"), Recurred)
	if r.DueOn != "2026-07-01" || r.VerifiedBy != "" || r.StruckBy != "" {
		t.Errorf("recurred with %+v", r)
	}
}

func TestEveryStepNotInTheTableIsRefused(t *testing.T) {
	acts := map[State]func(*Rectification) error{
		Accepted:   func(r *Rectification) error { return r.Accept("worker") },
		InProgress: func(r *Rectification) error { return r.Progress() },
		Submitted:  func(r *Rectification) error { return r.Submit("worker", "2026-03-02") },
		Verified:   func(r *Rectification) error { return r.Verify("inspector", "2026-03-02") },
		Returned:   func(r *Rectification) error { return r.Return("inspector") },
		StruckOff:  func(r *Rectification) error { return r.StrikeOff("second", "2026-03-02") },
		Recurred:   func(r *Rectification) error { return r.Recur(rules.Current(), "inspector", "2026-03-02") },
	}
	for _, from := range States {
		for to, act := range acts {
			r := dispatched(t)
			r.State = from
			err := act(r)
			if from.Can(to) != (err == nil) {
				t.Errorf("%s → %s: %v", from, to, err)
			}
			if err != nil && (r.State != from || !fault.Is(err, fault.ConflictKind)) {
				t.Errorf("%s → %s refused with %v, state %s", from, to, err, r.State)
			}
		}
	}
}

func TestDispatchRefuses(t *testing.T) {
	if _, err := Dispatch(rules.Current(), Rectification{}, "i", "2026-03-01"); !fault.Is(err, fault.InvalidKind) {
		t.Errorf("no lead department: %v", err)
	}
	if _, err := Dispatch(rules.Current(), Rectification{LeadUnitID: "u", DueOn: "2026-02-01"}, "i", "2026-03-01"); !fault.Is(err,
		fault.InvalidKind) {
		t.Errorf("due in the past: %v", err)
	}
}

func TestDeltasFollowTheState(t *testing.T) {
	r := dispatched(t)
	var got []string
	r.Deltas(func(section, unit, month, key string, n int64) { got = append(got, section, unit, month, key) })
	if len(got) != 4 || got[0] != Section || got[1] != "u" || got[2] != "2026-03" || got[3] != "dispatched" {
		t.Errorf("deltas %v", got)
	}
}

func TestFilterReadsBackAndRefuses(t *testing.T) {
	f := Filter{State: Submitted, Category: "interview", UnitID: "u-1", From: "2026-01", To: "2026-03", Open: true, Overdue: true}
	got, err := ParseFilter(f.Values())
	if err != nil || got != f {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{"state=nope", "from=2026-13", "unit=a%20b", "overdue=yes", "category=%27"} {
		q, err := url.ParseQuery(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseFilter(q); !fault.Is(err, fault.InvalidKind) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
