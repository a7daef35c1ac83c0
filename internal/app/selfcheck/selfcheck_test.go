package selfcheck_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"plumbline/internal/app/desk"
	apprecusal "plumbline/internal/app/recusal"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

var ctx = context.Background()

func want(t *testing.T, err error, kind fault.Kind, code string) *fault.Error {
	t.Helper()
	f := fault.As(err)
	if err == nil || f.Kind != kind || f.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
	return f
}

// A list from the snapshot to the receipt, with what a head may and may not do.
func TestSelfCheckFromSnapshotToAcceptance(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		id := story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		if len(l.Items) != 50 || l.State != selfcheck.Assigned || l.ReviewUnitID != s.Units["east1"] {
			t.Fatalf("%d items, state %s, review at %s", len(l.Items), l.State, l.ReviewUnitID)
		}
		r := story.Submit(t, s, "anna", l, story.Says(1, "报案后当天没有登记", "第二起也没有登记"), story.Says(43, "值班离岗二十分钟"))
		if r.Seq <= 0 || r.ResultID != l.ID {
			t.Errorf("receipt %+v", r)
		}
		receipts, err := s.App.ListReceipts(ctx, s.Actor("anna"), l.ID)
		if err != nil || len(receipts) != 1 || receipts[0].Seq != r.Seq || string(receipts[0].Leaf) != string(r.Leaf[:]) {
			t.Errorf("receipts %+v, %v", receipts, err)
		}
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		if l.State != selfcheck.Submitted || l.NilItems != 48 || l.DeclaredIssues != 3 || len(l.Issues) != 3 || len(l.Answers) != 50 {
			t.Errorf("filed as %s: %d nil, %d issues, %d shown, %d answers", l.State, l.NilItems, l.DeclaredIssues, len(l.Issues),
				len(l.Answers))
		}
		if got := selfcheck.AnswersDigest(l.Answers); string(got) != string(l.AnswersDigest) {
			t.Error("the stored digest does not cover the stored answers")
		}

		head := s.Actor("east1head")
		rows, total, _, err := s.App.Reviews(ctx, head,
			appselfcheck.ReviewQuery{ReviewFilter: selfcheck.ReviewFilter{State: selfcheck.Submitted}})
		if err != nil || total != 1 || rows[0].Name != "林甲" {
			t.Fatalf("to review: %d, %v", total, err)
		}
		v, err := s.App.Review(ctx, head, l.ID)
		if err != nil || len(v.Answers) != 50 || len(v.Issues) != 3 || v.Issues[0].Text != "报案后当天没有登记" {
			t.Fatalf("review: %v, %d answers, issues %v", err, len(v.Answers), v.Issues)
		}
		for _, who := range []string{"anna", "ben", "east2head", "easthead", "chief", "manager", "inspector", "system", "reader"} {
			if _, err := s.App.Review(ctx, s.Actor(who), l.ID); !fault.Is(err, fault.NotFoundKind) {
				t.Errorf("%s opens somebody else's list for review: %v", who, err)
			}
			if _, err := s.App.AcceptList(ctx, s.Actor(who), appselfcheck.AcceptInput{ID: l.ID, Version: l.Version}); !fault.Is(err,
				fault.NotFoundKind) {
				t.Errorf("%s accepts it: %v", who, err)
			}
		}
		if _, err := s.App.List(ctx, s.Actor("ben"), l.ID); !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("a colleague opens the list: %v", err)
		}
		_, err = s.App.AcceptList(ctx, head, appselfcheck.AcceptInput{ID: l.ID, Version: l.Version - 1})
		want(t, err, fault.ConflictKind, "stale_version")
		if _, err := s.App.AcceptList(ctx, head, appselfcheck.AcceptInput{ID: l.ID, Version: l.Version}); err != nil {
			t.Fatal(err)
		}
		_, err = s.App.ReturnList(ctx, head, appselfcheck.ReturnInput{ID: l.ID, Version: l.Version + 1, Reason: "再补充"})
		want(t, err, fault.ConflictKind, "submission_state")
		done, err := s.App.Completion(ctx, head, id)
		if err != nil || len(done.Units) != 1 || done.Units[0].Own.Accepted != 1 {
			t.Errorf("live completion of the head's unit: %+v, %v", done.Units, err)
		}
	})
}

// A double tap, a retry with the same key, a second submit, a stale version.
func TestSubmitHappensOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		l := story.List(t, s, "ben", selfcheck.Officers, false)
		ben := s.Actor("ben")
		in := appselfcheck.SubmitInput{ID: l.ID, Version: l.Version, Answers: story.Answers(story.Says(2, "超时录入")), Key: "tap-1"}
		type result struct {
			r   desk.Receipt
			err error
		}
		taps := make(chan result, 4)
		for range 4 {
			go func() {
				r, err := s.App.Submit(ctx, ben, in)
				taps <- result{r, err}
			}()
		}
		first := <-taps
		for range 3 {
			if again := <-taps; again.err != nil || again.r.Seq != first.r.Seq {
				t.Errorf("a second tap with the same key: %+v, %v; first %+v, %v", again.r, again.err, first.r, first.err)
			}
		}
		after := story.List(t, s, "ben", selfcheck.Officers, false)
		if after.Round != 1 || len(after.Issues) != 1 {
			t.Errorf("round %d, %d issues after four taps", after.Round, len(after.Issues))
		}
		in.Key = "tap-2"
		_, err := s.App.Submit(ctx, ben, in)
		f := want(t, err, fault.ConflictKind, "already_submitted")
		if f.Args["State"] != "submitted" {
			t.Errorf("the conflict does not say what is current: %v", f.Args)
		}
		in.Key = "tap-1"
		in.Answers = story.Answers()
		_, err = s.App.Submit(ctx, ben, in)
		want(t, err, fault.ConflictKind, "key_reused")
	})
}

func TestMissingAnswerNamesTheItemAndStoresNothing(t *testing.T) {
	s := apptest.SQLite(t)
	story.Campaign(t, s)
	l := story.List(t, s, "anna", selfcheck.Officers, false)
	given := story.Answers(story.Says(3, "未立案"))
	given = append(given[:16], given[17:]...)
	_, err := s.App.Submit(ctx, s.Actor("anna"), appselfcheck.SubmitInput{ID: l.ID, Version: l.Version, Answers: given})
	if f := want(t, err, fault.InvalidKind, "answer_missing"); f.Field != "items.17" {
		t.Errorf("the fault names %q, want items.17", f.Field)
	}
	_, err = s.App.Submit(ctx, s.Actor("anna"), appselfcheck.SubmitInput{ID: l.ID, Version: l.Version + 5, Answers: story.Answers()})
	want(t, err, fault.ConflictKind, "stale_version")
	l = story.List(t, s, "anna", selfcheck.Officers, false)
	if l.State != selfcheck.Assigned || len(l.Answers)+len(l.Issues) != 0 {
		t.Errorf("state %s, %d answers, %d issues after a refused submit", l.State, len(l.Answers), len(l.Issues))
	}
}

// Drafts are saved item by item, resumed elsewhere, and filed from there.
func TestDraftsAreResumedOnAnotherDevice(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		anna := s.Actor("anna")
		save := func(seq int64, a selfcheck.ItemAnswer) error {
			_, err := s.App.SaveDraft(ctx, anna, appselfcheck.SaveDraftInput{ID: l.ID,
				Saves: []appselfcheck.DraftSave{{Seq: seq, ItemAnswer: a}}})
			return err
		}
		for i, a := range story.Answers(story.Says(5, "监控录像未及时调取")) {
			if i == 30 {
				continue
			}
			if err := save(1, a); err != nil {
				t.Fatal(err)
			}
		}
		if err := save(1, story.Says(5, "监控录像未及时调取")); err != nil {
			t.Errorf("the same save again: %v", err)
		}
		if err := save(2, story.Says(5, "监控录像未及时调取，已补救")); err != nil {
			t.Errorf("the next save: %v", err)
		}
		f := want(t, save(2, story.Says(5, "另一台设备的旧内容")), fault.ConflictKind, "draft_moved")
		if f.Args["Seq"] != int64(2) {
			t.Errorf("the conflict says seq %v, want 2", f.Args["Seq"])
		}
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		if l.Drafted != 49 || l.Seq[5] != 2 || l.Draft[4].Issues[0].Text != "监控录像未及时调取，已补救" {
			t.Errorf("resumed with %d answers, seq %d, %v", l.Drafted, l.Seq[5], l.Draft[4])
		}
		_, err := s.App.Submit(ctx, anna, appselfcheck.SubmitInput{ID: l.ID, Version: l.Version})
		if f := want(t, err, fault.InvalidKind, "answer_missing"); f.Field != "items.31" {
			t.Errorf("names %q", f.Field)
		}
		if err := save(1, selfcheck.ItemAnswer{ItemNo: 31, Nil: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.Submit(ctx, anna, appselfcheck.SubmitInput{ID: l.ID, Version: l.Version}); err != nil {
			t.Fatal(err)
		}
		want(t, save(3, story.Says(5, "太晚了")), fault.ConflictKind, "already_submitted")
		if _, err := s.App.SaveDraft(ctx, s.Actor("ben"), appselfcheck.SaveDraftInput{ID: l.ID}); !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("somebody else saves a draft: %v", err)
		}
	})
}

// A returned list shows its reason; what is dropped on resubmission is
// withdrawn and keeps its first date.
func TestReturnedListIsFiledAgain(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		story.Submit(t, s, "anna", l, story.Says(1, "甲事", "乙事"))
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		kept, dropped := l.Issues[0], l.Issues[1]
		if _, err := s.App.ReturnList(ctx, s.Actor("east1head"), appselfcheck.ReturnInput{ID: l.ID, Version: l.Version,
			Reason: "请写清日期"}); err != nil {
			t.Fatal(err)
		}
		todo, err := s.App.ToDo(ctx, s.Actor("anna"))
		if err != nil || todo.Lists[0].State != selfcheck.Returned || todo.Lists[0].Reason != "请写清日期" {
			t.Fatalf("to-do home %+v, %v", todo, err)
		}
		s.Clock.Add(48 * time.Hour)
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		if l.Drafted != 50 || l.Draft[0].Issues[0].IssueID != kept.IssueID {
			t.Errorf("a returned list starts with %d answers", l.Drafted)
		}
		again := selfcheck.ItemAnswer{ItemNo: 1, Issues: []selfcheck.Declared{{IssueID: kept.IssueID, EventOn: "2025-07-01",
			Text: "甲事，发生在七月"}}}
		story.Submit(t, s, "anna", l, again, story.Says(9, "新的一事"))
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		if l.Round != 2 || !l.FirstFiledAt.Before(*l.FiledAt) || len(l.Issues) != 3 {
			t.Fatalf("round %d, first %v, filed %v, %d issues", l.Round, l.FirstFiledAt, l.FiledAt, len(l.Issues))
		}
		err = s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			rows, err := v.IssuesOfSubmission(ctx, l.ID)
			for _, i := range rows {
				switch i.ID {
				case kept.IssueID:
					if i.State != issue.Registered || i.EventOn != "2025-07-01" || i.Received != "2026-03-02" {
						t.Errorf("kept: %s, event %s, received %s", i.State, i.EventOn, i.Received)
					}
				case dropped.IssueID:
					if i.State != issue.Withdrawn || i.Received != "2026-03-02" {
						t.Errorf("dropped: %s, received %s", i.State, i.Received)
					}
				default:
					if i.Received != "2026-03-04" || i.State != issue.Registered {
						t.Errorf("new: %s, received %s", i.State, i.Received)
					}
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range l.Issues {
			if i.IssueID == kept.IssueID && i.Text != "甲事，发生在七月" {
				t.Errorf("the kept issue says %q", i.Text)
			}
		}
	})
}

// Filed from drafts, returned, and filed again unchanged: the issues stay the
// same ones with their first date, and nothing is withdrawn.
func TestDraftsOfAnEarlierRoundDoNotCount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		in := appselfcheck.SaveDraftInput{ID: l.ID}
		for _, a := range story.Answers(story.Says(5, "录像过期")) {
			in.Saves = append(in.Saves, appselfcheck.DraftSave{Seq: 1, ItemAnswer: a})
		}
		if _, err := s.App.SaveDraft(ctx, s.Actor("anna"), in); err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.Submit(ctx, s.Actor("anna"), appselfcheck.SubmitInput{ID: l.ID, Version: l.Version}); err != nil {
			t.Fatal(err)
		}
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		first := l.Issues[0].IssueID
		if _, err := s.App.ReturnList(ctx, s.Actor("east1head"), appselfcheck.ReturnInput{ID: l.ID, Version: l.Version,
			Reason: "请核对"}); err != nil {
			t.Fatal(err)
		}
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		if l.Drafted != 50 || len(l.Seq) != 0 || l.Draft[4].Issues[0].IssueID != first {
			t.Fatalf("after the return: %d answers, %d saved, %+v", l.Drafted, len(l.Seq), l.Draft[4])
		}
		one := []appselfcheck.DraftSave{{Seq: 1, ItemAnswer: selfcheck.ItemAnswer{ItemNo: 9, Nil: true}}}
		if _, err := s.App.SaveDraft(ctx, s.Actor("anna"), appselfcheck.SaveDraftInput{ID: l.ID, Saves: one}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.Submit(ctx, s.Actor("anna"), appselfcheck.SubmitInput{ID: l.ID, Version: l.Version}); err != nil {
			t.Fatal(err)
		}
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		if len(l.Issues) != 1 || l.Issues[0].IssueID != first || l.Issues[0].State != issue.Registered || l.Round != 2 {
			t.Errorf("after filing again: round %d, %+v", l.Round, l.Issues)
		}
	})
}

// An item that names a leader goes to the tier above that leader.
func TestItemNamingALeaderPassesTheOrdinaryReviewer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		id := story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		named := story.Says(49, "所长要求不予登记")
		named.LeaderID = s.People["east1head"]
		story.Submit(t, s, "anna", l, named, story.Says(1, "未登记"))
		v, err := s.App.Review(ctx, s.Actor("east1head"), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Answers) != 49 || len(v.Issues) != 1 || v.DeclaredIssues != 1 {
			t.Errorf("the leader named sees %d answers and %d issues, counts %d", len(v.Answers), len(v.Issues), v.DeclaredIssues)
		}
		for _, who := range []string{"east1head", "east2head", "ben", "westhead"} {
			if page, err := s.App.NamedItems(ctx, s.Actor(who), appselfcheck.NamedQuery{}); err == nil && len(page.Rows) > 0 {
				t.Errorf("%s sees the item: %v", who, page.Rows)
			}
		}
		page, err := s.App.NamedItems(ctx, s.Actor("easthead"), appselfcheck.NamedQuery{})
		items := page.Rows
		if err != nil || len(items) != 1 || items[0].ItemNo != 49 || items[0].Leader != "东二" || len(items[0].Issues) != 1 ||
			items[0].Issues[0].Text != "所长要求不予登记" {
			t.Errorf("the tier above sees %+v, %v", items, err)
		}
		decideNamed(t, s, l.ID+".49", l.ID)
		todo, err := s.App.ToDo(ctx, s.Actor("easthead"))
		if err != nil || todo.Named != 1 {
			t.Errorf("to-do of the tier above: %+v, %v", todo, err)
		}
		err = s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			rows, err := v.IssuesOfSubmission(ctx, l.ID)
			if len(rows) != 2 || rows[1].UnitID != s.Units["east"] || rows[0].UnitID != s.Units["east1"] {
				t.Errorf("issues %+v", rows)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		u, err := s.App.UnitCompletion(ctx, s.Actor("east1head"), id, s.Units["east1"])
		if err != nil || u.Own.Declared != 1 || u.Own.Issues != 1 || u.Own.Nil != 48 {
			t.Errorf("the unit's figures still hold it: %+v, %v", u, err)
		}
		stranger := story.Says(49, "某人")
		stranger.LeaderID = s.People["dong"]
		b := story.List(t, s, "ben", selfcheck.Officers, false)
		_, err = s.App.Submit(ctx, s.Actor("ben"), appselfcheck.SubmitInput{ID: b.ID, Version: b.Version, Answers: story.Answers(stranger)})
		want(t, err, fault.InvalidKind, "leader_unknown")
	})
}

// decideNamed returns the item, has the respondent reply, and leaves it waiting
// for the tier above again. The list keeps its state all along.
func decideNamed(t *testing.T, s *apptest.Site, id, listID string) {
	t.Helper()
	head, anna := s.Actor("easthead"), s.Actor("anna")
	for _, who := range []string{"east1head", "east2head", "westhead", "chief"} {
		_, err := s.App.AcceptNamed(ctx, s.Actor(who), appselfcheck.NamedDecision{ID: id})
		if !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("%s decides on the item: %v", who, err)
		}
	}
	_, err := s.App.ReturnNamed(ctx, head, appselfcheck.NamedDecision{ID: id})
	if !fault.Is(err, fault.InvalidKind) {
		t.Errorf("returned without a reason: %v", err)
	}
	_, err = s.App.ReplyNamed(ctx, anna, appselfcheck.NamedReplyInput{ID: listID, ItemNo: 49, Text: "还没有人问"})
	want(t, err, fault.InvalidKind, "named_not_asked")
	if _, err := s.App.ReturnNamed(ctx, head, appselfcheck.NamedDecision{ID: id, Reason: "请说明时间和在场人员"}); err != nil {
		t.Fatal(err)
	}
	_, err = s.App.AcceptNamed(ctx, head, appselfcheck.NamedDecision{ID: id})
	want(t, err, fault.ConflictKind, "stale_version")
	_, err = s.App.AcceptNamed(ctx, head, appselfcheck.NamedDecision{ID: id, Version: 1})
	want(t, err, fault.ConflictKind, "named_state")
	todo, err := s.App.ToDo(ctx, anna)
	if err != nil || len(todo.Asked) != 1 || todo.Asked[0].Reason != "请说明时间和在场人员" || todo.Lists[0].State != selfcheck.Submitted {
		t.Errorf("the respondent is asked %+v, %v", todo, err)
	}
	if todo, err = s.App.ToDo(ctx, head); err != nil || todo.Named != 0 {
		t.Errorf("still waiting for the tier above: %d, %v", todo.Named, err)
	}
	if _, err := s.App.ReplyNamed(ctx, s.Actor("ben"), appselfcheck.NamedReplyInput{ID: listID, ItemNo: 49, Text: "不是我的"}); !fault.Is(err,
		fault.NotFoundKind) {
		t.Errorf("somebody else replies: %v", err)
	}
	if _, err := s.App.ReplyNamed(ctx, anna, appselfcheck.NamedReplyInput{ID: listID, ItemNo: 49, Text: "去年六月十五日，值班室"}); err != nil {
		t.Fatal(err)
	}
	n, err := s.App.NamedItem(ctx, head, id)
	if err != nil || n.State != selfcheck.NamedReplied || n.Reply != "去年六月十五日，值班室" || !n.MayDecide {
		t.Errorf("after the reply %+v, %v", n, err)
	}
}

// Items that name a leader come page by page, and leave the waiting when they
// are accepted.
func TestNamedItemsPageByPage(t *testing.T) {
	s := apptest.SQLite(t)
	story.Campaign(t, s)
	for _, p := range []string{"anna", "ben"} {
		var said []selfcheck.ItemAnswer
		for _, no := range []int64{3, 7, 49} {
			a := story.Says(no, "所长要求不予登记")
			a.LeaderID = s.People["east1head"]
			said = append(said, a)
		}
		story.Submit(t, s, p, story.List(t, s, p, selfcheck.Officers, false), said...)
	}
	head := s.Actor("easthead")
	var all []appselfcheck.NamedItem
	in := appselfcheck.NamedQuery{State: selfcheck.NamedWaiting, Limit: 4}
	for {
		page, err := s.App.NamedItems(ctx, head, in)
		if err != nil || page.Total != 6 {
			t.Fatalf("total %d, %v", page.Total, err)
		}
		all = append(all, page.Rows...)
		if in.Cursor = page.Next; in.Cursor == "" {
			break
		}
	}
	if len(all) != 6 {
		t.Fatalf("%d items over the pages", len(all))
	}
	if _, err := s.App.AcceptNamed(ctx, head, appselfcheck.NamedDecision{ID: selfcheck.NamedID(all[0].SubmissionID,
		all[0].ItemNo)}); err != nil {
		t.Fatal(err)
	}
	page, err := s.App.NamedItems(ctx, head, appselfcheck.NamedQuery{State: selfcheck.NamedAccepted})
	if err != nil || page.Total != 1 || len(page.Rows) != 1 {
		t.Errorf("accepted: %+v, %v", page, err)
	}
	page, err = s.App.NamedItems(ctx, head, appselfcheck.NamedQuery{State: selfcheck.NamedWaiting})
	if err != nil || page.Total != 5 {
		t.Errorf("waiting: %d, %v", page.Total, err)
	}
	// What a relative declared is not the head's to read or to decide.
	if _, _, err := s.App.Declare(ctx, head, apprecusal.RelationInput{Number: story.Number(t, s, "anna"), Name: "林甲",
		Kind: "relative"}); err != nil {
		t.Fatal(err)
	}
	if page, err := s.App.NamedItems(ctx, s.Actor("easthead"), appselfcheck.NamedQuery{}); err != nil || page.Total != 3 {
		t.Errorf("he sees %d of 6, %v", page.Total, err)
	}
	for _, i := range all {
		if i.Respondent == "林甲" && i.SubmissionID != all[0].SubmissionID {
			_, err := s.App.AcceptNamed(ctx, s.Actor("easthead"),
				appselfcheck.NamedDecision{ID: selfcheck.NamedID(i.SubmissionID, i.ItemNo)})
			story.WantFault(t, "a relative's item", err, fault.NotFoundKind, "")
		}
	}
}

// Units certify bottom-up at 100 %, filed and excused.
func TestUnitsCertifyBottomUp(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		id := story.Campaign(t, s)
		certify := func(who, unit string) error {
			_, err := s.App.Certify(ctx, s.Actor(who), appselfcheck.CertifyInput{CampaignID: id, UnitID: s.Units[unit]})
			return err
		}
		fileAll := func(people ...string) {
			t.Helper()
			for _, p := range people {
				lists, err := s.App.MyLists(ctx, s.Actor(p))
				if err != nil {
					t.Fatal(err)
				}
				for i := range lists {
					if lists[i].State == selfcheck.Assigned {
						story.Submit(t, s, p, &appselfcheck.SubmissionView{OwnSubmission: lists[i]})
					}
				}
			}
		}
		want(t, certify("east1head", "east1"), fault.InvalidKind, "certify_incomplete")
		fileAll("anna", "east1head")
		u, err := s.App.UnitCompletion(ctx, s.Actor("east1head"), id, s.Units["east1"])
		if err != nil || len(u.Missing) != 1 || u.Missing[0].Name != "林乙" || u.Own.Owed != 5 {
			t.Fatalf("not filed: %+v, %v", u, err)
		}
		want(t, certify("east1head", "east1"), fault.InvalidKind, "certify_incomplete")
		ben := u.Missing[0]
		_, err = s.App.Excuse(ctx, s.Actor("east1head"), appselfcheck.ExcuseInput{ID: ben.ID, Version: ben.Version, Reason: "长期病假"})
		if err == nil {
			t.Error("a head excuses his own staff")
		}
		if _, err := s.App.Excuse(ctx, s.Actor("manager"), appselfcheck.ExcuseInput{ID: ben.ID, Version: ben.Version,
			Reason: "长期病假"}); err != nil {
			t.Fatal(err)
		}
		for _, who := range []string{"east2head", "easthead", "chief", "anna", "manager"} {
			if err := certify(who, "east1"); err == nil {
				t.Errorf("%s certifies another's unit", who)
			}
		}
		if err := certify("east1head", "east1"); err != nil {
			t.Fatal(err)
		}
		want(t, certify("east1head", "east1"), fault.ConflictKind, "already_certified")
		fileAll("easthead", "eastinspector")
		want(t, certify("easthead", "east"), fault.InvalidKind, "certify_children")
		fileAll("cara", "east2head")
		if err := certify("east2head", "east2"); err != nil {
			t.Fatal(err)
		}
		if err := certify("easthead", "east"); err != nil {
			t.Fatal(err)
		}
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		_, err = s.App.ReturnList(ctx, s.Actor("east1head"), appselfcheck.ReturnInput{ID: l.ID, Version: l.Version, Reason: "已经晚了"})
		want(t, err, fault.ConflictKind, "unit_certified")
		c, err := s.App.Campaign(ctx, s.Actor("manager"), id)
		if err != nil || len(c.Amendments) != 1 || c.Amendments[0].Person != "林乙" || c.Amendments[0].Reason != "长期病假" {
			t.Errorf("amendments %+v, %v", c, err)
		}
	})
}

// After lock only dated supplements are added.
func TestLockAndSupplement(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		id := story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		story.Submit(t, s, "anna", l, story.Says(1, "未登记"))
		in := appselfcheck.SupplementInput{ID: l.ID, ItemNo: 12, Declared: selfcheck.Declared{EventOn: "2025-05-01", Text: "想起来还有一次"}}
		_, err := s.App.Supplement(ctx, s.Actor("anna"), in)
		want(t, err, fault.ConflictKind, "submission_state")
		story.Step(t, s, id, "lock")
		b := story.List(t, s, "ben", selfcheck.Officers, false)
		_, err = s.App.Submit(ctx, s.Actor("ben"), appselfcheck.SubmitInput{ID: b.ID, Version: b.Version, Answers: story.Answers()})
		want(t, err, fault.ConflictKind, "campaign_not_open")
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		if l.State != selfcheck.Locked {
			t.Fatalf("state %s after lock", l.State)
		}
		if _, err := s.App.Supplement(ctx, s.Actor("anna"), in); err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.Supplement(ctx, s.Actor("ben"), in); !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("somebody else supplements: %v", err)
		}
		l = story.List(t, s, "anna", selfcheck.Officers, false)
		if len(l.Issues) != 2 || l.Issues[1].Added != "2026-03-02" || l.DeclaredIssues != 1 {
			t.Errorf("after the supplement: %+v, counts %d", l.Issues, l.DeclaredIssues)
		}
		for _, next := range []string{"inspect", "rectify", "close"} {
			story.Step(t, s, id, next)
		}
	})
}

// The snapshot goes on where it stopped and writes nobody twice.
func TestRosterSnapshot(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		id := story.Campaign(t, s)
		v, err := s.App.Completion(ctx, s.Actor("manager"), id)
		if err != nil {
			t.Fatal(err)
		}
		units := len(v.Units)
		people := len(s.People) - 1 // all but the superior authority
		const team = 9              // chief, deputy, seven heads
		if got, want := v.Total.Owed, int64(people+team+units); got != want || units != 8 {
			t.Errorf("%d lists owed, want %d: %d people, %d team members, %d units", got, want, people, team, units)
		}
		unit := story.List(t, s, "east1head", selfcheck.Leaders, true)
		if unit.ReviewUnitID != s.Units["east"] {
			t.Error("a unit's list is not reviewed by the head of the unit above")
		}
		story.Submit(t, s, "east1head", unit)
		if _, err := s.App.Review(ctx, s.Actor("easthead"), unit.ID); err != nil {
			t.Errorf("the head above cannot review the unit's list: %v", err)
		}
		bureau := story.List(t, s, "chief", selfcheck.Leaders, false)
		story.Submit(t, s, "chief", bureau)
		if _, err := s.App.Review(ctx, s.Actor("authority"), bureau.ID); err != nil {
			t.Errorf("the superior authority cannot review the bureau's leader: %v", err)
		}
		if _, err := s.App.Review(ctx, s.Actor("chief"), bureau.ID); !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("the chief reviews himself: %v", err)
		}
	})
}

// Several lists are accepted at once, all or none.
func TestAcceptSeveral(t *testing.T) {
	s := apptest.SQLite(t)
	story.Campaign(t, s)
	var in appselfcheck.AcceptManyInput
	for _, p := range []string{"anna", "ben"} {
		l := story.List(t, s, p, selfcheck.Officers, false)
		story.Submit(t, s, p, l)
		in.Lists = append(in.Lists, appselfcheck.AcceptInput{ID: l.ID, Version: l.Version + 1})
	}
	cara := story.List(t, s, "cara", selfcheck.Officers, false)
	story.Submit(t, s, "cara", cara)
	bad := appselfcheck.AcceptManyInput{Lists: append([]appselfcheck.AcceptInput{{ID: cara.ID, Version: cara.Version + 1}}, in.Lists...)}
	if _, err := s.App.AcceptLists(ctx, s.Actor("east1head"), bad); !fault.Is(err, fault.NotFoundKind) {
		t.Errorf("another unit's list among them: %v", err)
	}
	if l := story.List(t, s, "anna", selfcheck.Officers, false); l.State != selfcheck.Submitted {
		t.Errorf("part of a refused act was stored: %s", l.State)
	}
	if _, err := s.App.AcceptLists(ctx, s.Actor("east1head"), in); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"anna", "ben"} {
		if l := story.List(t, s, p, selfcheck.Officers, false); l.State != selfcheck.Accepted {
			t.Errorf("%s: %s", p, l.State)
		}
	}
}

// An excuse and a certification are taken back, from the top down, and the
// list is owed again.
func TestExcuseAndCertificationAreTakenBack(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		id := story.Campaign(t, s)
		owed := func() (appselfcheck.ReviewRow, selfcheck.Completion) {
			t.Helper()
			u, err := s.App.UnitCompletion(ctx, s.Actor("manager"), id, s.Units["east1"])
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range append(u.Missing, u.Done...) {
				if r.Name == "林乙" {
					return r, u.Own
				}
			}
			t.Fatal("ben is not on the roster")
			return appselfcheck.ReviewRow{}, u.Own
		}
		ben, _ := owed()
		in := appselfcheck.ExcuseInput{ID: ben.ID, Version: ben.Version, Reason: "长期病假"}
		_, err := s.App.Restore(ctx, s.Actor("manager"), in)
		want(t, err, fault.ConflictKind, "submission_state")
		if _, err := s.App.Excuse(ctx, s.Actor("manager"), in); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{"anna", "east1head"} {
			lists, err := s.App.MyLists(ctx, s.Actor(p))
			if err != nil {
				t.Fatal(err)
			}
			for i := range lists {
				story.Submit(t, s, p, &appselfcheck.SubmissionView{OwnSubmission: lists[i]})
			}
		}
		if _, err := s.App.Certify(ctx, s.Actor("east1head"), appselfcheck.CertifyInput{CampaignID: id,
			UnitID: s.Units["east1"]}); err != nil {
			t.Fatal(err)
		}
		ben, _ = owed()
		in = appselfcheck.ExcuseInput{ID: ben.ID, Version: ben.Version, Reason: "病愈返岗"}
		_, err = s.App.Restore(ctx, s.Actor("manager"), in)
		want(t, err, fault.ConflictKind, "unit_certified")
		undo := appselfcheck.UndoCertifyInput{CampaignID: id, UnitID: s.Units["east1"]}
		_, err = s.App.UndoCertify(ctx, s.Actor("east1head"), undo)
		want(t, err, fault.InvalidKind, "reason_required")
		undo.Reason = "有人返岗，需补填"
		for _, who := range []string{"easthead", "east2head", "anna"} {
			if _, err := s.App.UndoCertify(ctx, s.Actor(who), undo); err == nil {
				t.Errorf("%s takes another unit's certification back", who)
			}
		}
		if _, err := s.App.UndoCertify(ctx, s.Actor("east1head"), undo); err != nil {
			t.Fatal(err)
		}
		_, err = s.App.UndoCertify(ctx, s.Actor("east1head"), undo)
		want(t, err, fault.ConflictKind, "not_certified")
		if _, err := s.App.Restore(ctx, s.Actor("manager"), in); err != nil {
			t.Fatal(err)
		}
		ben, own := owed()
		if ben.State != selfcheck.Assigned || own.Excused != 0 || own.Missing() != 1 {
			t.Errorf("after it was taken back: %s, %+v", ben.State, own)
		}
		_, err = s.App.Certify(ctx, s.Actor("east1head"), appselfcheck.CertifyInput{CampaignID: id, UnitID: s.Units["east1"]})
		want(t, err, fault.InvalidKind, "certify_incomplete")
		story.Submit(t, s, "ben", story.List(t, s, "ben", selfcheck.Officers, false))
		if _, err := s.App.Certify(ctx, s.Actor("east1head"), appselfcheck.CertifyInput{CampaignID: id,
			UnitID: s.Units["east1"]}); err != nil {
			t.Fatal(err)
		}
		c, err := s.App.Campaign(ctx, s.Actor("manager"), id)
		if err != nil || len(c.Amendments) != 2 || c.Amendments[0].Change != selfcheck.WasRestored || c.Amendments[0].Reason != "病愈返岗" {
			t.Errorf("amendments %+v, %v", c.Amendments, err)
		}
		v, err := s.Store.Verify(ctx, nil)
		if err != nil || !v.OK() {
			t.Errorf("verify: %+v, %v", v, err)
		}
	})
}

// Below a unit that has certified nothing is taken back before its own.
func TestCertificationsAreTakenBackFromTheTop(t *testing.T) {
	row := selfcheck.Certification{UnitID: "u"}
	_, err := row.Undo(&selfcheck.Campaign{State: selfcheck.CampaignOpen}, true, "p", "原因说明")
	want(t, err, fault.ConflictKind, "certified_above")
	_, err = row.Undo(&selfcheck.Campaign{State: selfcheck.CampaignClosed}, false, "p", "原因说明")
	want(t, err, fault.ConflictKind, "campaign_not_open")
}

// A unit adds details under an item; its own people and those below it read
// them, nobody else, and no item is changed.
func TestAUnitRefinesAnItem(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Campaign(t, s)
		l := story.List(t, s, "anna", selfcheck.Officers, false)
		in := appselfcheck.RefineInput{ChecklistID: l.ChecklistID, UnitID: s.Units["east"], ItemNo: 3, TextZH: "含电话报案",
			TextEN: "Telephone reports too"}
		_, _, err := s.App.Refine(ctx, s.Actor("anna"), in)
		if !fault.Is(err, fault.ForbiddenKind) {
			t.Errorf("an officer refines: %v", err)
		}
		_, _, err = s.App.Refine(ctx, s.Actor("westhead"), in)
		want(t, err, fault.InvalidKind, "unit_unknown")
		if _, _, err = s.App.Refine(ctx, s.Actor("easthead"), in); err != nil {
			t.Fatal(err)
		}
		_, _, err = s.App.Refine(ctx, s.Actor("easthead"), in)
		want(t, err, fault.ConflictKind, "detail_exists")
		in.ItemNo = 99
		_, _, err = s.App.Refine(ctx, s.Actor("easthead"), in)
		want(t, err, fault.InvalidKind, "answer_unknown_item")
		for key, n := range map[string]int{"anna": 1, "cara": 1, "dong": 0} {
			l := story.List(t, s, key, selfcheck.Officers, false)
			if len(l.Items) != selfcheck.ItemCount || len(l.Details[3]) != n {
				t.Errorf("%s reads %d items and %v under the third", key, len(l.Items), l.Details[3])
			}
		}
		if rows, err := s.App.ChecklistDetails(ctx, s.Actor("ben"), l.ChecklistID); err != nil || len(rows) != 1 ||
			rows[0].TextZH != "含电话报案" {
			t.Errorf("details %+v, %v", rows, err)
		}
	})
}

// A campaign over another branch is none of one's business: it stands neither
// in the list nor among the tabs of completion. Who manages below reads of the
// campaign above as well.
func TestOneSeesTheCampaignsThatConcernHim(t *testing.T) {
	s := apptest.SQLite(t)
	whole := story.Campaign(t, s)
	east, _, err := s.App.CreateCampaign(ctx, s.Actor("manager"), appselfcheck.CampaignInput{UnitID: s.Units["east"], Title: "东区自查",
		OpensOn: "2026-03-02", ClosesOn: "2026-03-31", PeriodFrom: "2024-01-01", PeriodTo: "2026-02-28"})
	if err != nil {
		t.Fatal(err)
	}
	story.Step(t, s, east, "open")
	for who, want := range map[string][]string{
		"anna": {east, whole}, "east1head": {east, whole}, "easthead": {east, whole}, "inspector": {east, whole}, "manager": {east,
			whole}, "authority": {east, whole},
		"dong": {whole}, "west1head": {whole},
	} {
		rows, err := s.App.Campaigns(ctx, s.Actor(who))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range rows {
			got = append(got, c.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s sees %d campaigns, want %d", who, len(got), len(want))
		}
	}
}
