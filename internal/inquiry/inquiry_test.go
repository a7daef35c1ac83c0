package inquiry

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

func TestTriggers(t *testing.T) {
	pack := rules.Current().Triggers
	base := TriggerFacts{EventOn: "2026-06-15", PersonID: "p", Severity: 0}
	with := func(change func(*TriggerFacts)) TriggerFacts { f := base; change(&f); return f }
	for _, c := range []struct {
		name  string
		facts TriggerFacts
		want  []Trigger
	}{
		{"nothing", base, nil},
		{"S2 alone", with(func(f *TriggerFacts) { f.Severity = 2 }), nil},
		{"S3", with(func(f *TriggerFacts) { f.Severity = 3 }), []Trigger{TriggerSeverity}},
		{"S5", with(func(f *TriggerFacts) { f.Severity = 5 }), []Trigger{TriggerSeverity}},
		{"repeat on the first day of the window", with(func(f *TriggerFacts) {
			f.Severity, f.Prior = 2, []roster.Date{"2025-06-15"}
		}), []Trigger{TriggerRepeat}},
		{"repeat a day too early", with(func(f *TriggerFacts) {
			f.Severity, f.Prior = 2, []roster.Date{"2025-06-14"}
		}), nil},
		{"a later event is no earlier one", with(func(f *TriggerFacts) {
			f.Severity, f.Prior = 2, []roster.Date{"2026-06-16"}
		}), nil},
		{"S1 does not repeat", with(func(f *TriggerFacts) {
			f.Severity, f.Prior = 1, []roster.Date{"2026-06-01"}
		}), nil},
		{"concealment", with(func(f *TriggerFacts) { f.Concealment = true }), []Trigger{TriggerConcealment}},
		{"three people in 90 days", with(func(f *TriggerFacts) {
			f.Severity, f.Cluster = 2, []PersonEvent{{"q", "2026-06-01"}, {"r", "2026-03-17"}}
		}), []Trigger{TriggerCluster}},
		{"the same person three times", with(func(f *TriggerFacts) {
			f.Severity, f.Cluster = 2, []PersonEvent{{"q", "2026-06-01"}, {"q", "2026-06-02"}, {"p", "2026-06-03"}}
		}), nil},
		{"the third is too old", with(func(f *TriggerFacts) {
			f.Severity, f.Cluster = 2, []PersonEvent{{"q", "2026-06-01"}, {"r", "2026-03-16"}}
		}), nil},
		{"overdue", with(func(f *TriggerFacts) { f.Overdue = true }), []Trigger{TriggerOverdue}},
		{"named", with(func(f *TriggerFacts) { f.LeaderNamed = true }), []Trigger{TriggerNamed}},
		{"several", with(func(f *TriggerFacts) { f.Severity, f.LeaderNamed = 4, true }), []Trigger{TriggerSeverity, TriggerNamed}},
	} {
		if diff := cmp.Diff(c.want, Triggers(pack, c.facts)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestRaiseAsksEveryHolderOnce(t *testing.T) {
	holders := []Holder{
		{PersonID: "point", UnitID: "bureau", Tier: 1, LinkKind: "point_leader", LinkID: "l1"},
		{PersonID: "head", UnitID: "station", Tier: 3, LinkKind: "head", LinkID: "l2"},
		{PersonID: "charge", UnitID: "sub", Tier: 2, LinkKind: "in_charge", LinkID: "l3"},
		{PersonID: "head", UnitID: "station", Tier: 3, LinkKind: "in_charge", LinkID: "l4"},
		{PersonID: "subject", UnitID: "station", Tier: 3, LinkKind: "in_charge", LinkID: "l5"},
		{PersonID: "asked", UnitID: "sub", Tier: 2, LinkKind: "in_charge", LinkID: "l6"},
	}
	qs := Raise(rules.Current(), "i", "", "subject", "2026-05-01", "2026-06-01", []Trigger{TriggerSeverity, TriggerRepeat}, holders,
		[]string{"asked"})
	type line struct {
		Person, Link string
		Tier         int
	}
	var got []line
	for _, q := range qs {
		got = append(got, line{q.PersonID, q.LinkKind, q.DecideTier})
		if q.Triggers != "severity repeat" || q.DueOn != "2026-07-01" || q.State != QuestionRaised {
			t.Errorf("question %+v", q)
		}
	}
	want := []line{{"head", "head", 2}, {"charge", "in_charge", 1}, {"point", "point_leader", 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if Raise(rules.Current(), "i", "", "subject", "2026-05-01", "2026-06-01", nil, holders, nil) != nil {
		t.Error("questions without a trigger")
	}
}

func forbidden(t *testing.T, err error, code string) {
	t.Helper()
	if f := fault.As(err); err == nil || f.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestQuestionIsRefusedOnlyAboveTheLeader(t *testing.T) {
	q := Question{PersonID: "leader", IssueID: "i", DecideTier: 1, State: QuestionRaised}
	sub := Standing{PersonID: "sub", Tier: 2}
	if err := q.ProposeRefusal(sub); err != nil {
		t.Fatal(err)
	}
	forbidden(t, q.ApproveRefusal(sub), "guard_same_person")
	forbidden(t, q.ApproveRefusal(Standing{PersonID: "peer", Tier: 2}), "guard_tier")
	forbidden(t, q.ApproveRefusal(Standing{PersonID: "leader", Tier: 0}), "guard_subject")
	forbidden(t, q.ApproveRefusal(Standing{PersonID: "under", Tier: 1, Superiors: []string{"leader"}}), "guard_subordinate")
	forbidden(t, q.ApproveRefusal(Standing{PersonID: "kin", Tier: 1, PartyTo: []string{"i"}}), "guard_party")
	if q.State.Answered() {
		t.Fatal("answered by nobody")
	}
	if err := q.ApproveRefusal(Standing{PersonID: "bureau", Tier: 1}); err != nil || !q.State.Answered() {
		t.Fatalf("%v, %s", err, q.State)
	}
	if !q.Withdraw() || q.Withdraw() {
		t.Error("withdrawn once and not twice")
	}
}

// bench is a case with a complete officer track and one allegation.
func bench(t *testing.T) (*Case, *Track, *Allegation, []TrackMember) {
	t.Helper()
	pack := rules.Current()
	c, err := OpenCase(pack, Standing{PersonID: "body"}, "triager", Case{IssueID: "i", PersonID: "subject", EventOn: "2026-01-01"},
		"2026-03-01")
	if err != nil {
		t.Fatal(err)
	}
	c.ID = "c"
	tr, err := c.NewTrack(SideOfficer, "", "subject", "u", DecideTier(3, false), "2026-03-01")
	if err != nil {
		t.Fatal(err)
	}
	tr.ID = "t"
	var members []TrackMember
	for _, m := range []struct {
		who  string
		duty MemberDuty
	}{{"inv1", DutyInvestigator}, {"inv2", DutyInvestigator}, {"adj", DutyAdjudicator}} {
		x, err := tr.Assign(pack, Standing{PersonID: m.who, Tier: 2}, m.duty, "body", members, "2026-03-01")
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, *x)
	}
	if !tr.FollowFindings(pack, nil, members) || tr.State != TrackAssigned {
		t.Fatalf("track %s", tr.State)
	}
	a, err := tr.NewAllegation("interview", "art. 7")
	if err != nil {
		t.Fatal(err)
	}
	a.ID = "a"
	return c, tr, a, members
}

func TestAssignKeepsApart(t *testing.T) {
	pack := rules.Current()
	c, tr, _, members := bench(t)
	leader, err := c.NewTrack(SideLeader, "q", "leader", "sub", 1, "2026-03-02")
	if err != nil {
		t.Fatal(err)
	}
	leader.ID = "t2"
	put := func(t2 *Track, who Standing, duty MemberDuty) error {
		_, err := t2.Assign(pack, who, duty, "body", members, "2026-03-02")
		return err
	}
	forbidden(t, put(leader, Standing{PersonID: "inv1", Tier: 1}, DutyInvestigator), "guard_separate_teams")
	forbidden(t, put(leader, Standing{PersonID: "inv1", Tier: 1}, DutyAdjudicator), "guard_separate_teams")
	forbidden(t, put(leader, Standing{PersonID: "adj", Tier: 1}, DutyInvestigator), "guard_separate_teams")
	forbidden(t, put(leader, Standing{PersonID: "low", Tier: 2}, DutyInvestigator), "guard_tier")
	forbidden(t, put(leader, Standing{PersonID: "leader", Tier: 1}, DutyInvestigator), "guard_subject")
	forbidden(t, put(leader, Standing{PersonID: "under", Tier: 1, Superiors: []string{"leader"}}, DutyInvestigator), "guard_subordinate")
	forbidden(t, put(leader, Standing{PersonID: "body", Tier: 1}, DutyInvestigator), "guard_assigns_himself")
	forbidden(t, put(tr, Standing{PersonID: "third", Tier: 2}, DutyInvestigator), "team_full")
	forbidden(t, put(tr, Standing{PersonID: "second", Tier: 2}, DutyAdjudicator), "adjudicator_already")
	if err := put(leader, Standing{PersonID: "high", Tier: 1}, DutyInvestigator); err != nil {
		t.Error(err)
	}
}

func TestFindingLife(t *testing.T) {
	pack := rules.Current()
	_, tr, a, members := bench(t)
	if _, err := tr.Recommend(pack, a, "adj", Sustained, ClearConvincing, members, nil); err == nil {
		t.Fatal("the adjudicator recommended")
	}
	f, err := tr.Recommend(pack, a, "inv1", Sustained, ClearConvincing, members, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.ID = "f"
	forbidden(t, f.Serve(pack, tr, "inv1", members, "2026-03-02"), "guard_same_person")
	if err := f.Serve(pack, tr, "inv2", members, "2026-03-02"); err != nil {
		t.Fatal(err)
	}
	if f.ReplyDueOn != "2026-03-16" {
		t.Errorf("reply until %s", f.ReplyDueOn)
	}
	forbidden(t, f.Confirm(tr, a, nil, "adj", Sustained, members, "2026-03-16"), "reply_window_open")
	_, err = f.Receive("other", false, "2026-03-03")
	forbidden(t, err, "guard_only_subject")
	r, err := f.Receive("subject", false, "2026-03-03")
	if err != nil {
		t.Fatal(err)
	}
	forbidden(t, f.Confirm(tr, a, r, "adj", Sustained, members, "2026-04-01"), "reply_unanswered")
	if err := r.Answer(tr, "inv1", members, "2026-03-04"); err != nil {
		t.Fatal(err)
	}
	forbidden(t, f.Confirm(tr, a, r, "inv2", Sustained, members, "2026-03-05"), "guard_not_adjudicator")
	if err := f.Confirm(tr, a, r, "adj", NotSustained, members, "2026-03-05"); err != nil {
		t.Fatal(err)
	}
	if f.Final != NotSustained || f.Recommended != Sustained || a.State != AllegationFound {
		t.Errorf("finding %+v", f)
	}
	if !tr.FollowFindings(pack, []Allegation{*a}, members) || tr.State != TrackFound {
		t.Errorf("track %s", tr.State)
	}
	_, err = tr.Propose(pack, Standing{PersonID: "p"}, 2, "warning", []Finding{*f})
	forbidden(t, err, "form_without_finding")
}

func TestProofs(t *testing.T) {
	pack := rules.Current()
	_, tr, a, members := bench(t)
	tr.Side = SideLeader
	p := Proofs{ProofProved, ProofProved, ProofNotProved, ProofProved, ClassMain, ResultNotFulfilled}
	forbidden(t, tr.Prove("inv1", p, members), "proofs_missing")
	p.Conduct, p.Class = ProofProved, ClassNone
	forbidden(t, tr.Prove("inv1", p, members), "required")
	p.Result = ResultNotInPost
	forbidden(t, tr.Prove("inv1", p, members), "proofs_in_post")
	p.Result = ResultFulfilled
	if err := tr.Prove("inv1", p, members); err != nil {
		t.Fatal(err)
	}
	f, err := tr.Recommend(pack, a, "inv1", Exonerated, Preponderance, members, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.State = FindingReplied
	// A leader who fulfilled his duties is never found at fault because his officer was.
	forbidden(t, f.Confirm(tr, a, &Reply{Waived: true}, "adj", Sustained, members, "2026-04-01"), "proofs_contradict")
	if err := f.Confirm(tr, a, &Reply{Waived: true}, "adj", Exonerated, members, "2026-04-01"); err != nil {
		t.Fatal(err)
	}
}

func TestDecide(t *testing.T) {
	pack := rules.Current()
	_, tr, _, members := bench(t)
	tr.State, tr.DecideTier = TrackFound, 1
	final := []Finding{{TrackID: "t", State: FindingFinal, Final: Sustained}}
	if _, err := tr.Propose(pack, Standing{PersonID: "p"}, 2, "demotion", final); err == nil {
		t.Error("a heavy sanction under form 2")
	}
	d, err := tr.Propose(pack, Standing{PersonID: "p"}, 2, "demerit", final)
	if err != nil || d.Months != 12 {
		t.Fatalf("%v, %+v", err, d)
	}
	by := Standing{PersonID: "chair", Tier: 1}
	body := []Standing{by, {PersonID: "m2"}, {PersonID: "m3"}}
	forbidden(t, d.Decide(pack, tr, Standing{PersonID: "p", Tier: 1}, body, members, "2026-05-01"), "guard_same_person")
	forbidden(t, d.Decide(pack, tr, Standing{PersonID: "low", Tier: 2}, body, members, "2026-05-01"), "guard_tier")
	forbidden(t, d.Decide(pack, tr, by, body[:2], members, "2026-05-01"), "body_quorum")
	forbidden(t, d.Decide(pack, tr, by, []Standing{by, by, body[1]}, members, "2026-05-01"), "body_quorum")
	forbidden(t, d.Decide(pack, tr, by, []Standing{by, body[1], {PersonID: "inv1"}}, members, "2026-05-01"), "guard_body_investigated")
	forbidden(t, d.Decide(pack, tr, by, []Standing{by, body[1], {PersonID: "subject"}}, members, "2026-05-01"), "guard_subject")
	if err := d.Decide(pack, tr, by, body, members, "2026-05-01"); err != nil {
		t.Fatal(err)
	}
	var key string
	d.Deltas(func(_, _, month, k string, _ int64) { key = month + " " + k })
	if key != "2026-05 2" || tr.State != TrackDecided {
		t.Errorf("delta %q, track %s", key, tr.State)
	}
}

func TestCloseSaysWhatIsMissing(t *testing.T) {
	c, tr, a, _ := bench(t)
	w := Work{
		Tracks:         []Track{*tr},
		Questions:      []Question{{State: QuestionRaised}, {State: QuestionRefused}},
		Allegations:    []Allegation{*a},
		Rectifications: []RectificationState{{ID: "r"}},
	}
	codes := func() []string {
		var out []string
		for _, m := range w.Missing() {
			out = append(out, m.Code)
		}
		return out
	}
	want := []string{MissingTrack, MissingAllegation, MissingQuestion, MissingRectification}
	if diff := cmp.Diff(want, codes()); diff != "" {
		t.Fatal(diff)
	}
	by := Standing{PersonID: "body"}
	err := c.Close(by, nil, w, "2026-06-01")
	if f := fault.As(err); f.Code != "case_incomplete" || len(f.More) != 4 || c.State != CaseOpen {
		t.Fatalf("%v, %s", err, c.State)
	}
	w.Tracks[0].State = TrackDecided
	if !c.FollowTracks(w.Tracks) || c.State != CaseDecidedPending {
		t.Errorf("state %s", c.State)
	}
	w.Allegations[0].State = AllegationFound
	w.Questions[0].State = QuestionTrackOpened
	w.Rectifications[0].Verified = true
	if diff := cmp.Diff([]string{MissingAllegation}, codes()); diff != "" {
		t.Errorf("a found allegation without its finding: %s", diff)
	}
	w.Findings = []Finding{{AllegationID: "a", State: FindingFinal}}
	if err := c.Close(by, nil, w, "2026-06-01"); err != nil || c.State != CaseClosed || c.ClosedOn != "2026-06-01" {
		t.Errorf("%v, %+v", err, c)
	}
	if (Work{}).Missing()[0].Code != MissingOfficerTrack {
		t.Error("a case without tracks may not close")
	}
}

func TestOpenCaseNeedsAnother(t *testing.T) {
	_, err := OpenCase(rules.Current(), Standing{PersonID: "x"}, "x", Case{}, "2026-03-01")
	forbidden(t, err, "guard_same_person")
	_, err = OpenCase(rules.Current(), Standing{PersonID: "x"}, "y", Case{PersonID: "x"}, "2026-03-01")
	forbidden(t, err, "guard_subject")
}
