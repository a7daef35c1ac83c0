package selfcheck

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

var (
	now   = time.Date(2020, 9, 16, 2, 0, 0, 0, time.UTC)
	today = roster.Date("2020-09-16")
)

func openCampaign() *Campaign {
	return &Campaign{Title: "T", State: CampaignOpen, OpensOn: "2020-09-01", ClosesOn: "2020-09-30",
		PeriodFrom: "2018-01-01", PeriodTo: "2020-08-31", OfficersID: "co", LeadersID: "cl", RosterDone: true}
}

func fifty() []ChecklistItem {
	items := make([]ChecklistItem, ItemCount)
	for i := range items {
		items[i] = ChecklistItem{No: int64(i + 1), Category: "interview", Severity: 1, TextZH: "问", TextEN: "q"}
	}
	return items
}

// nils answers every item nil but those given.
func nils(given ...ItemAnswer) []ItemAnswer {
	out := make([]ItemAnswer, ItemCount)
	for i := range out {
		out[i] = ItemAnswer{ItemNo: int64(i + 1), Nil: true}
	}
	for _, g := range given {
		out[g.ItemNo-1] = g
	}
	return out
}

func said(item int64, texts ...string) ItemAnswer {
	a := ItemAnswer{ItemNo: item}
	for _, t := range texts {
		a.Issues = append(a.Issues, Declared{EventOn: "2020-03-04", Text: t})
	}
	return a
}

func assigned() Submission {
	s := NewSubmission(openCampaign(), Owed{Officers, "p1", "u1", "u1"}, "2020-09-01")
	s.ID = "s1"
	return *s
}

func submitting(answers []ItemAnswer) Submitting {
	return Submitting{Campaign: openCampaign(), Items: fifty(), Answers: answers, By: "p1", Now: now, Today: today,
		Leaders: []Leader{{PersonID: "boss", UnitID: "u1", Parent: "u0"}}}
}

func wantFault(t *testing.T, err error, kind fault.Kind, code, field string) {
	t.Helper()
	f := fault.As(err)
	if err == nil || f.Kind != kind || f.Code != code || f.Field != field {
		t.Errorf("got %v, want %s at %q", err, code, field)
	}
}

func TestSubmit(t *testing.T) {
	s, f, err := assigned().Submit(submitting(nils(said(3, "没有登记报案", "漏登"), said(7, "清单不符"))))
	if err != nil {
		t.Fatal(err)
	}
	if s.State != Submitted || s.Round != 1 || s.NilItems != 48 || s.DeclaredItems != 2 || s.DeclaredIssues != 3 || s.FiledBy != "p1" ||
		!s.FirstFiledAt.Equal(now) {
		t.Errorf("submission %+v", s)
	}
	if len(f.Answers) != 50 || len(f.Added) != 3 || len(f.Kept)+len(f.Withdrawn) != 0 {
		t.Errorf("filing: %d answers, %d added", len(f.Answers), len(f.Added))
	}
	if f.Added[2].ItemNo != 7 || f.Added[2].Category != "interview" || f.Added[2].Severity != 1 || f.Added[2].ReviewUnitID != "u1" {
		t.Errorf("declaration %+v", f.Added[2])
	}
	if !bytes.Equal(s.AnswersDigest, AnswersDigest(f.Answers)) {
		t.Error("the digest is not over the answers")
	}
	if _, _, err := s.Submit(submitting(nils())); !fault.Is(err, fault.ConflictKind) || fault.As(err).Code != "already_submitted" {
		t.Errorf("second submit: %v", err)
	}
}

func TestSubmitNamesTheItem(t *testing.T) {
	without := func(no int) []ItemAnswer { a := nils(); return append(a[:no-1], a[no:]...) }
	for name, c := range map[string]struct {
		answers []ItemAnswer
		code    string
		field   string
	}{
		"missing": {without(17), "answer_missing", "items.17"},
		"silent":  {nils(ItemAnswer{ItemNo: 9}), "answer_missing", "items.9"},
		"both":    {nils(ItemAnswer{ItemNo: 9, Nil: true, Issues: said(9, "x").Issues}), "answer_nil_and_issues", "items.9"},
		"twice":   {append(nils(), ItemAnswer{ItemNo: 4, Nil: true}), "answer_twice", "items.4"},
		"unknown": {append(nils(), ItemAnswer{ItemNo: 51, Nil: true}), "answer_unknown_item", "items.51"},
		"no text": {nils(said(2, " ")), "issue_text_missing", "items.2.issues.1.text"},
		"long":    {nils(said(2, strings.Repeat("长", 2001))), "too_long", "items.2.issues.1.text"},
		"NUL":     {nils(said(2, "a\x00b")), "control_character", "items.2.issues.1.text"},
		"no date": {nils(ItemAnswer{ItemNo: 2, Issues: []Declared{{Text: "x"}}}), "issue_date_missing", "items.2.issues.1.event_on"},
		"bad date": {nils(ItemAnswer{ItemNo: 2, Issues: []Declared{{Text: "x", EventOn: "2020-2-3"}}}), "bad_date",
			"items.2.issues.1.event_on"},
		"future": {nils(ItemAnswer{ItemNo: 2, Issues: []Declared{{Text: "x", EventOn: "2020-09-17"}}}), "issue_date_future",
			"items.2.issues.1.event_on"},
		"outside": {nils(ItemAnswer{ItemNo: 2, Issues: []Declared{{Text: "x", EventOn: "2017-12-31"}}}), "issue_date_outside",
			"items.2.issues.1.event_on"},
		"not mine": {nils(ItemAnswer{ItemNo: 2, Issues: []Declared{{IssueID: "other", Text: "x", EventOn: "2020-01-01"}}}),
			"issue_not_yours", "items.2"},
		"not a leader":  {nils(ItemAnswer{ItemNo: 5, Nil: true, LeaderID: "stranger"}), "leader_unknown", "items.5"},
		"too many said": {nils(said(6, make([]string, 21)...)), "answer_too_many_issues", "items.6"},
	} {
		t.Run(name, func(t *testing.T) {
			s, f, err := assigned().Submit(submitting(c.answers))
			wantFault(t, err, fault.InvalidKind, c.code, c.field)
			if s.State != Assigned || len(f.Answers) != 0 {
				t.Error("something was made in spite of the fault")
			}
		})
	}
	_, _, err := assigned().Submit(submitting(nil))
	if f := fault.As(err); len(f.More) != 49 {
		t.Errorf("an empty list names %d items, want all 50", len(f.More)+1)
	}
}

func TestSubmitOutsideTheWindow(t *testing.T) {
	in := submitting(nils())
	in.Campaign.State = CampaignLocked
	_, _, err := assigned().Submit(in)
	wantFault(t, err, fault.ConflictKind, "campaign_not_open", "")
	in = submitting(nils())
	in.Today = "2020-10-01"
	_, _, err = assigned().Submit(in)
	wantFault(t, err, fault.ConflictKind, "campaign_outside_window", "")
}

// An item that names a leader goes above that leader and leaves the counts.
func TestItemNamingALeader(t *testing.T) {
	named := said(49, "所长要求不予登记")
	named.LeaderID = "boss"
	s, f, err := assigned().Submit(submitting(nils(named, said(1, "未登记"))))
	if err != nil {
		t.Fatal(err)
	}
	if s.NilItems != 48 || s.DeclaredItems != 1 || s.DeclaredIssues != 1 {
		t.Errorf("the routed item is still counted: %d nil, %d declared, %d issues", s.NilItems, s.DeclaredItems, s.DeclaredIssues)
	}
	if d := f.Added[1]; d.ReviewUnitID != "u0" || d.LeaderID != "boss" {
		t.Errorf("routed issue %+v", d)
	}
	if s.Fingerprint != Fingerprint("未登记") {
		t.Error("the routed text entered the unit's similarity")
	}
	head := VisibleTo(f.Answers, []string{"u1"})
	if len(head) != 49 {
		t.Errorf("the ordinary reviewer sees %d items, want 49", len(head))
	}
	for _, a := range head {
		if a.ItemNo == 49 {
			t.Error("the ordinary reviewer sees the item that names a leader")
		}
	}
	if above := VisibleTo(f.Answers, []string{"u0"}); len(above) != 1 || above[0].ItemNo != 49 {
		t.Errorf("the unit above sees %v, want item 49 alone", above)
	}
}

func TestResubmit(t *testing.T) {
	first, f, err := assigned().Submit(submitting(nils(said(3, "甲", "乙"))))
	if err != nil {
		t.Fatal(err)
	}
	back, err := first.Return("head", "第三项请写明日期", false, now)
	if err != nil {
		t.Fatal(err)
	}
	if back.State.Filed() {
		t.Error("a returned list counts as filed")
	}
	later := now.Add(time.Hour)
	in := submitting(nils(ItemAnswer{ItemNo: 3, Issues: []Declared{{IssueID: "i1", EventOn: "2020-03-05", Text: "甲改"}}}, said(8, "新")))
	in.Prior, in.Now = []PriorIssue{{"i1", 3}, {"i2", 3}}, later
	again, g, err := back.Submit(in)
	if err != nil {
		t.Fatal(err)
	}
	if !again.FirstFiledAt.Equal(now) || !again.FiledAt.Equal(later) || again.Round != 2 {
		t.Errorf("dates of the second round: first %v, filed %v", again.FirstFiledAt, again.FiledAt)
	}
	if diff := cmp.Diff([]string{"i2"}, g.Withdrawn); diff != "" {
		t.Errorf("withdrawn (-want +got):\n%s", diff)
	}
	if len(g.Kept) != 1 || g.Kept[0].Text != "甲改" || len(g.Added) != 1 || g.Added[0].Text != "新" {
		t.Errorf("kept %v, added %v", g.Kept, g.Added)
	}
	if bytes.Equal(AnswersDigest(f.Answers), again.AnswersDigest) {
		t.Error("the second round has the digest of the first")
	}
	in.Answers = nils(ItemAnswer{ItemNo: 4, Issues: []Declared{{IssueID: "i1", EventOn: "2020-03-05", Text: "甲"}}})
	_, _, err = back.Submit(in)
	wantFault(t, err, fault.InvalidKind, "issue_not_yours", "items.4")
}

// Every pair of state and act: what the table does not name is a conflict.
func TestSubmissionTable(t *testing.T) {
	legal := map[string]State{
		"assigned submit": Submitted, "assigned excuse": Excused,
		"submitted return": Returned, "submitted accept": Accepted, "submitted lock": Locked,
		"accepted lock": Locked, "returned submit": Submitted, "returned excuse": Excused,
	}
	for _, st := range States {
		for _, act := range []string{"submit", "excuse", "return", "accept", "lock"} {
			got, err := Submission{State: st}.Move(act)
			want, ok := legal[fmt.Sprintf("%s %s", st, act)]
			if ok != (err == nil) || (ok && got.State != want) || (!ok && got.State != st) {
				t.Errorf("%s %s gives %s, %v", st, act, got.State, err)
			}
			if err != nil && !fault.Is(err, fault.ConflictKind) {
				t.Errorf("%s %s: %v is no conflict", st, act, err)
			}
		}
	}
}

func TestReviewNeedsAReasonAndAnother(t *testing.T) {
	s, _, err := assigned().Submit(submitting(nils()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Return("head", " ", false, now)
	wantFault(t, err, fault.InvalidKind, "reason_required", "reason")
	_, err = s.Return("p1", "自己退回", false, now)
	wantFault(t, err, fault.ForbiddenKind, "own_list", "")
	_, err = s.Accept("p1", now)
	wantFault(t, err, fault.ForbiddenKind, "own_list", "")
	_, err = s.Return("head", "请补充", true, now)
	wantFault(t, err, fault.ConflictKind, "unit_certified", "")
	if a, err := s.Accept("head", now); err != nil || a.State != Accepted || a.ReviewedBy != "head" {
		t.Errorf("accept: %+v, %v", a, err)
	}
}

func TestSupplementOnlyAfterLock(t *testing.T) {
	s, _, err := assigned().Submit(submitting(nils()))
	if err != nil {
		t.Fatal(err)
	}
	c := openCampaign()
	err = s.CheckSupplement(c, fifty(), said(5, "补充"), today)
	wantFault(t, err, fault.ConflictKind, "submission_state", "")
	if s, err = s.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckSupplement(c, fifty(), said(5, "补充"), today); err != nil {
		t.Error(err)
	}
	wantFault(t, s.CheckSupplement(c, fifty(), ItemAnswer{ItemNo: 5, Nil: true}, today), fault.InvalidKind,
		"supplement_one_issue", "issues")
	wantFault(t, s.CheckSupplement(c, fifty(), said(51, "补充"), today), fault.InvalidKind, "answer_unknown_item", "items.51")
}

func TestWhoOwesWhatAndWhoReviews(t *testing.T) {
	for name, c := range map[string]struct {
		r    Respondent
		want []Owed
	}{
		"staff": {Respondent{"p", "station", 3, false}, []Owed{{Officers, "p", "station", "station"}}},
		"head or team member": {Respondent{"p", "station", 3, true}, []Owed{{Officers, "p", "station", "above"},
			{Leaders, "p", "station", "above"}}},
		"unit": {Respondent{"", "station", 3, false}, []Owed{{Leaders, "", "station", "above"}}},
		"bureau leader": {Respondent{"p", "bureau", 1, true}, []Owed{{Officers, "p", "bureau", "above"},
			{Leaders, "p", "bureau", "above"}}},
		"superior authority": {Respondent{"p", "ministry", 0, false}, nil},
	} {
		if diff := cmp.Diff(c.want, c.r.Owes("above")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestCertify(t *testing.T) {
	c := openCampaign()
	full := Completion{UnitID: "u", Owed: 10, Submitted: 3, Accepted: 4, Locked: 1, Excused: 2}
	if cert, err := Certify(c, full, 0, false, "head", now); err != nil || cert.Filed != 8 || cert.Excused != 2 || cert.Owed != 10 {
		t.Errorf("%+v, %v", cert, err)
	}
	short := full
	short.Submitted, short.Returned = 2, 1
	_, err := Certify(c, short, 0, false, "head", now)
	wantFault(t, err, fault.InvalidKind, "certify_incomplete", "unit")
	if short.PerMille() == 1000 {
		t.Error("a returned list made up the 100 %")
	}
	_, err = Certify(c, full, 1, false, "head", now)
	wantFault(t, err, fault.InvalidKind, "certify_children", "unit")
	_, err = Certify(c, full, 0, true, "head", now)
	wantFault(t, err, fault.ConflictKind, "already_certified", "")
	c.RosterDone = false
	_, err = Certify(c, full, 0, false, "head", now)
	wantFault(t, err, fault.ConflictKind, "campaign_roster_running", "")
}

func TestCampaignLife(t *testing.T) {
	c := *openCampaign()
	c.State, c.RosterDone = CampaignDraft, false
	if _, err := c.Lock(now); !fault.Is(err, fault.ConflictKind) {
		t.Errorf("a draft was locked: %v", err)
	}
	c, err := c.Open(now, today)
	if err != nil || c.State != CampaignOpen || c.RosterOn != today {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := c.Lock(now); fault.As(err).Code != "campaign_roster_running" {
		t.Errorf("locked while the roster was being written: %v", err)
	}
	c.RosterDone = true
	if c, err = c.Lock(now); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Inspect(); fault.As(err).Code != "campaign_lock_running" {
		t.Errorf("inspecting while lists are being locked: %v", err)
	}
	c.LockDone = true
	for _, step := range []func() (Campaign, error){
		func() (Campaign, error) { return c.Inspect() },
		func() (Campaign, error) { return c.Rectify() },
		func() (Campaign, error) { return c.Close(now) },
	} {
		if c, err = step(); err != nil {
			t.Fatal(err)
		}
	}
	if c.State != CampaignClosed || c.Running() {
		t.Errorf("state %s at the end", c.State)
	}
	bad := Campaign{Title: "", OpensOn: "2020-09-02", ClosesOn: "2020-09-01"}
	if f := fault.As(bad.Check()); f.Field != "title" || len(f.More) != 2 {
		t.Errorf("a bad draft: %v", f)
	}
}

func TestDraftSequence(t *testing.T) {
	save := func(seq int64, nil_ bool) Draft {
		d, err := NewDraft(&Submission{}, seq, ItemAnswer{ItemNo: 3, Nil: nil_}, now)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	stored := save(4, true)
	for name, c := range map[string]struct {
		next   Draft
		stored *Draft
		save   bool
		ok     bool
	}{
		"first":                          {save(1, true), nil, true, true},
		"next":                           {save(5, false), &stored, true, true},
		"again":                          {save(4, true), &stored, false, true},
		"late and the same":              {save(2, true), &stored, false, true},
		"another device, same number":    {save(4, false), &stored, false, false},
		"another device, earlier":        {save(3, false), &stored, false, false},
		"after a gap (others were lost)": {save(9, false), &stored, true, true},
	} {
		got, err := c.next.Over(c.stored)
		if got != c.save || (err == nil) != c.ok {
			t.Errorf("%s: save %v, %v", name, got, err)
		}
		if err != nil && fault.As(err).Args["Seq"] != int64(4) {
			t.Errorf("%s: the conflict does not say what is current: %v", name, fault.As(err).Args)
		}
	}
	if _, err := NewDraft(&Submission{}, 0, ItemAnswer{ItemNo: 1}, now); err == nil {
		t.Error("sequence number 0 was taken")
	}
	if _, err := NewDraft(&Submission{}, 1, said(1, "a\x00"), now); fault.As(err).Code != "control_character" {
		t.Errorf("NUL in a draft: %v", err)
	}
	a, err := save(4, true).Answer()
	if err != nil || !a.Nil || a.ItemNo != 3 {
		t.Errorf("decoded %+v, %v", a, err)
	}
}

// The digest is a promise to whoever verifies: order does not matter, any
// changed field does.
func TestAnswersDigest(t *testing.T) {
	a := []Answer{{SubmissionID: "s", Round: 1, ItemNo: 1, Nil: true, ReviewUnitID: "u"},
		{SubmissionID: "s", Round: 1, ItemNo: 2, Declared: 3, LeaderID: "l", ReviewUnitID: "v"}}
	want := AnswersDigest(a)
	if got := fmt.Sprintf("%x", want); got != "82a44d4fe90d61588cf911caba284061b618b827a9c6e23873de5e485ed5e792" {
		t.Errorf("the frozen digest changed: %s", got)
	}
	if !bytes.Equal(want, AnswersDigest([]Answer{a[1], a[0]})) {
		t.Error("order matters")
	}
	for i, change := range []func(*Answer){
		func(x *Answer) { x.SubmissionID = "t" }, func(x *Answer) { x.Round++ }, func(x *Answer) { x.ItemNo = 3 }, func(x *Answer) { x.Nil = true },
		func(x *Answer) { x.Declared++ }, func(x *Answer) { x.LeaderID = "" }, func(x *Answer) { x.ReviewUnitID = "u" },
	} {
		b := []Answer{a[0], a[1]}
		change(&b[1])
		if bytes.Equal(want, AnswersDigest(b)) {
			t.Errorf("change %d leaves the digest as it was", i)
		}
	}
}

func TestSimilarityIsOfTheUnit(t *testing.T) {
	same := Fingerprint("值班期间离开岗位约二十分钟，未报告值班领导")
	near := Fingerprint("值班期间，离开岗位约二十分钟；未报告值班领导。")
	other := Fingerprint("扣押物品清单漏写一部手机，次日补开并由当事人签字确认")
	if same == 0 || same != near {
		t.Error("punctuation alone makes texts differ")
	}
	if got := Similarity([]int64{same, near, other, 0, 0}); got != 666 {
		t.Errorf("similarity %d per mille, want 666", got)
	}
	if Similarity([]int64{same, 0, 0}) != 0 {
		t.Error("a single list is similar to itself")
	}
	if Median([]int64{9, 1, 4}) != 8 || Median([]int64{3, 4}) != 7 || Median(nil) != 0 {
		t.Error("median")
	}
}

func TestCheckItems(t *testing.T) {
	known := func(c string) bool { return c == "interview" }
	if err := CheckItems(fifty(), known); err != nil {
		t.Error(err)
	}
	if err := CheckItems(fifty()[:49], known); fault.As(err).Code != "checklist_too_short" {
		t.Errorf("a dropped item: %v", err)
	}
	bad := fifty()
	bad[12].Category = "gossip"
	wantFault(t, CheckItems(bad, known), fault.InvalidKind, "checklist_item_invalid", "items.13")
}

func BenchmarkSubmit(b *testing.B) {
	var given []ItemAnswer
	for i := range 19 {
		given = append(given, said(int64(i+1), "值班期间离开岗位约二十分钟，未报告值班领导，事后补登记"))
	}
	in := submitting(nils(given...))
	s := assigned()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.Submit(in); err != nil {
			b.Fatal(err)
		}
	}
}
