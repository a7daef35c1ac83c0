package casework_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/rectify"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

func TestTriageRaisesAQuestionForEveryHolder(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		story.Triage(t, s, i.ID, 3, issue.ActRefer)
		var got []string
		for _, q := range story.QuestionsOn(t, s, i.ID) {
			got = append(got, fmt.Sprint(q.Leader.Name, " ", q.LinkKind, " ", q.DecideTier, " ", q.Triggers))
		}
		slices.Sort(got)
		want := []string{"东二 head 2 [severity]", "准三 point_leader 1 [severity]"}
		if !slices.Equal(got, want) {
			t.Errorf("questions %q, want %q", got, want)
		}
		// Nobody led the station before 2024, and a slight issue asks nobody.
		old := story.Audited(t, s, "ben", "east1", 3, "2023-12-31")
		story.Triage(t, s, old.ID, 3, issue.ActRefer)
		slight := story.Audited(t, s, "cara", "east2", 3, "2026-01-10")
		story.Triage(t, s, slight.ID, 1, "")
		if n := len(story.QuestionsOn(t, s, old.ID)) + len(story.QuestionsOn(t, s, slight.ID)); n != 0 {
			t.Errorf("%d questions without a holder or a trigger", n)
		}
		// The head's own issue asks the head above him.
		own := story.Audited(t, s, "west1head", "west1", 3, "2026-01-10")
		story.Triage(t, s, own.ID, 4, issue.ActRefer)
		if qs := story.QuestionsOn(t, s, own.ID); len(qs) != 1 || qs[0].Leader.Name != "西一" || qs[0].DecideTier != 1 {
			t.Errorf("questions on a head: %+v", qs)
		}
		// A repeat S2 in the same unit and category asks as well.
		second := story.Audited(t, s, "ben", "east1", 3, "2026-02-01")
		story.Triage(t, s, second.ID, 2, "")
		if qs := story.QuestionsOn(t, s, second.ID); len(qs) != 2 || !slices.Contains(qs[0].Triggers, inquiry.TriggerRepeat) {
			t.Errorf("repeat: %+v", qs)
		}
		// What is taken back by two takes its questions with it, and not before.
		ctx, st := context.Background(), story.New(t, s)
		_, _, err := s.App.WithdrawIssue(ctx, s.Actor("inspector"), casework.WithdrawIssueInput{Step: casework.Step{ID: second.ID,
			Version: 2, Reason: "wrong match"}})
		st.Must(err)
		for _, q := range story.QuestionsOn(t, s, second.ID) {
			if q.State == inquiry.QuestionWithdrawn {
				t.Errorf("one person took question %s back", q.Ref)
			}
		}
		list, err := s.App.Proposals(ctx, s.Actor("inspector2"), approval.ProposalFilter{Waits: true}, "")
		st.Must(err)
		for _, p := range list.Rows {
			st.Must(st.Approve("inspector2", p.ID))
		}
		for _, q := range story.QuestionsOn(t, s, second.ID) {
			if q.State != inquiry.QuestionWithdrawn {
				t.Errorf("question %s stays %s", q.Ref, q.State)
			}
		}
	})
}

func TestQuestionIsRefusedOneTierAbove(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		i := story.Audited(t, s, "west1head", "west1", 3, "2026-01-10")
		story.Triage(t, s, i.ID, 3, issue.ActRefer)
		q := story.QuestionsOn(t, s, i.ID)[0] // about the head of west
		in := casework.QuestionInput{ID: q.ID, Version: q.Version, Reason: "on leave, deputised in writing"}
		_, err := s.App.RefuseQuestion(ctx, s.Actor("inspector"), in)
		story.WantCode(t, "an inspector answers", err, "not_allowed")
		_, err = s.App.RefuseQuestion(ctx, s.Actor("westhead"), in)
		if !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("the leader himself: %v", err)
		}
		_, err = s.App.RefuseQuestion(ctx, s.Actor("body"), casework.QuestionInput{ID: q.ID, Version: q.Version})
		story.WantCode(t, "no reason", err, "required")
		if _, err = s.App.RefuseQuestion(ctx, s.Actor("body"), in); err != nil {
			t.Fatal(err)
		}
		for who, may := range map[string]bool{"body": false, "body2": true} {
			if v, err := s.App.Question(ctx, s.Actor(who), q.ID); err != nil || v.Can["question.approve"] != may {
				t.Errorf("%s may approve: %v (%v)", who, v.Can, err)
			}
		}
		_, err = s.App.RefuseQuestion(ctx, s.Actor("body"), in)
		story.WantCode(t, "stale", err, "stale_version")
		in = casework.QuestionInput{ID: q.ID, Version: q.Version + 1}
		_, err = s.App.ApproveRefusal(ctx, s.Actor("body"), in)
		story.WantCode(t, "the proposer approves", err, "guard_same_person")
		if _, err = s.App.RejectRefusal(ctx, s.Actor("body2"), in); err != nil {
			t.Fatal(err)
		}
		in.Version++
		in.Reason = "the posting order is attached"
		if _, err = s.App.RefuseQuestion(ctx, s.Actor("body"), in); err != nil {
			t.Fatal(err)
		}
		for who, may := range map[string]bool{"body": false, "body2": true} {
			if v, err := s.App.Question(ctx, s.Actor(who), q.ID); err != nil || v.Can["question.approve"] != may {
				t.Errorf("%s may approve: %v (%v)", who, v.Can, err)
			}
		}
		in.Version++
		if _, err = s.App.ApproveRefusal(ctx, s.Actor("body2"), in); err != nil {
			t.Fatal(err)
		}
		got, err := s.App.Question(ctx, s.Actor("body"), q.ID)
		if err != nil || got.State != inquiry.QuestionRefused || got.Reason != "the posting order is attached" ||
			got.Approver.Name != "集体乙" {
			t.Errorf("question %+v, %v", got, err)
		}
	})
}

func TestBureauLeaderIsAnsweredAboveTheBureau(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	i := story.Audited(t, s, "easthead", "east", 2, "2026-01-10")
	story.Triage(t, s, i.ID, 3, issue.ActRefer)
	var about casework.QuestionRow
	p, err := s.App.Questions(ctx, s.Actor("authority"), inquiry.QuestionFilter{IssueID: i.ID}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range p.Rows {
		if q.Leader.Name == "准二" { // in charge of east, posted at the bureau
			about = q
		}
	}
	if about.ID == "" || about.DecideTier != 0 {
		t.Fatalf("questions %+v", p.Rows)
	}
	if _, err := s.App.RefuseQuestion(ctx, s.Actor("body"), casework.QuestionInput{ID: about.ID, Version: 1,
		Reason: "why not"}); err != nil {
		t.Fatal(err)
	}
	_, err = s.App.ApproveRefusal(ctx, s.Actor("body2"), casework.QuestionInput{ID: about.ID, Version: 2})
	story.WantCode(t, "his own bureau approves", err, "guard_tier")
	if _, err := s.App.ApproveRefusal(ctx, s.Actor("authority"), casework.QuestionInput{ID: about.ID, Version: 2}); err != nil {
		t.Error(err)
	}
}

func TestCaseFromIssueToClose(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story.New(t, s)
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		in := casework.OpenCaseInput{IssueID: i.ID, Version: 1, Rule: "art. 7", Facts: "struck a detainee"}
		_, _, err := s.App.OpenCase(ctx, s.Actor("body"), in)
		story.WantCode(t, "not a clue yet", err, "case_needs_clue")
		in.Version = story.Triage(t, s, i.ID, 3, issue.ActRefer).Version
		caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), in)
		st.Must(err)
		in.Version++
		_, _, err = s.App.OpenCase(ctx, s.Actor("clue"), in)
		story.WantCode(t, "twice", err, "case_exists")
		for _, who := range []string{"anna", "dong"} { // the subject, a stranger
			if _, err := s.App.Case(ctx, s.Actor(who), caseID); err == nil {
				t.Errorf("%s sees the case", who)
			}
		}

		c := st.See("body", caseID)
		if len(c.Tracks) != 1 || len(c.Questions) != 2 || c.State != inquiry.CaseOpen || len(c.Missing) != 4 {
			t.Fatalf("case %+v", c)
		}
		officer := c.Tracks[0].ID
		_, _, err = s.App.CloseCase(ctx, s.Actor("body"), casework.CloseCaseInput{ID: caseID, Version: c.Version})
		story.WantCode(t, "incomplete", err, "case_incomplete")

		// One leader gets a track, the other a refusal.
		var leader string
		for _, q := range c.Questions {
			if q.LinkKind == "head" {
				leader, _, err = s.App.OpenLeaderTrack(ctx, s.Actor("body"), casework.QuestionInput{ID: q.ID, Version: q.Version})
				st.Must(err)
				continue
			}
			_, err = s.App.RefuseQuestion(ctx, s.Actor("body"), casework.QuestionInput{ID: q.ID, Version: q.Version,
				Reason: "no visit was due"})
			st.Must(err)
			_, err = s.App.ApproveRefusal(ctx, s.Actor("body2"), casework.QuestionInput{ID: q.ID, Version: q.Version + 1})
			st.Must(err)
		}

		// Teams: two sides, no one on both, nobody without the role.
		st.Must(st.Assign(officer, "investigator1", inquiry.DutyInvestigator))
		story.WantCode(t, "already there", st.Assign(officer, "investigator1", inquiry.DutyInvestigator), "member_already")
		st.Must(st.Assign(officer, "investigator2", inquiry.DutyInvestigator))
		st.Must(st.Assign(officer, "adjudicator", inquiry.DutyAdjudicator))
		story.WantCode(t, "both sides", st.Assign(leader, "investigator1", inquiry.DutyInvestigator), "guard_separate_teams")
		story.WantCode(t, "no role", st.Assign(leader, "ben", inquiry.DutyInvestigator), "member_without_role")
		st.Must(st.Assign(leader, "investigator3", inquiry.DutyInvestigator))
		st.Must(st.Assign(leader, "investigator4", inquiry.DutyInvestigator))
		st.Must(st.Assign(leader, "adjudicator2", inquiry.DutyAdjudicator))

		// Each side sees its own track only.
		if c := st.See("investigator1", caseID); len(c.Tracks) != 1 || c.Tracks[0].ID != officer ||
			c.Tracks[0].Mine != inquiry.DutyInvestigator {
			t.Errorf("the officer's investigator sees %+v", c.Tracks)
		}
		_, _, err = s.App.AddAllegation(ctx, s.Actor("investigator1"), casework.AllegationInput{TrackID: leader, Category: "supervision",
			Rule: "art. 3", Facts: "x"})
		if !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("the other side's track: %v", err)
		}

		st.Find(caseID, officer, "investigator1", "investigator2", "adjudicator", "anna", inquiry.Sustained)
		st.Decide(officer, 2, "demerit")

		_, _, err = s.App.AddAllegation(ctx, s.Actor("investigator3"), casework.AllegationInput{TrackID: leader, Category: "supervision",
			Rule: "art. 3", Facts: "no night checks"})
		st.Must(err)
		version := st.See("investigator3", caseID).Tracks[0].Version
		_, err = s.App.ProveTrack(ctx, s.Actor("investigator3"), casework.ProveInput{TrackID: leader, Version: version, Duty: "proved",
			Knowledge: "proved", Conduct: "not_proved", Link: "proved",
			Class: "main", Result: "not_fulfilled", Grounds: "rosters"})
		story.WantCode(t, "three proofs", err, "proofs_missing")
		_, err = s.App.ProveTrack(ctx, s.Actor("investigator3"), casework.ProveInput{TrackID: leader, Version: version, Duty: "proved",
			Knowledge: "not_proved", Conduct: "not_proved", Link: "not_proved",
			Result: "fulfilled", Grounds: "rosters"})
		st.Must(err)
		st.Find(caseID, leader, "investigator3", "investigator4", "adjudicator2", "east1head", inquiry.Exonerated)
		st.Decide(leader, 0, "")

		// A rectification that is not verified keeps the case pending.
		task, _, err := s.App.Dispatch(ctx, s.Actor("inspector"), casework.DispatchInput{IssueID: i.ID, Lead: "office", Task: "retrain"})
		st.Must(err)
		c = st.See("body", caseID)
		if c.State != inquiry.CaseDecidedPending || len(c.Missing) != 1 || c.Missing[0].Code != inquiry.MissingRectification ||
			c.Missing[0].ID != task {
			t.Fatalf("state %s, missing %+v", c.State, c.Missing)
		}
		_, _, err = s.App.CloseCase(ctx, s.Actor("body"), casework.CloseCaseInput{ID: caseID, Version: c.Version})
		story.WantCode(t, "unverified", err, "case_incomplete")
		_, err = s.App.AcceptTask(ctx, s.Actor("east1head"), casework.TaskInput{ID: task, Version: 1})
		if !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("a leader who is a subject of the case sees its task: %v", err)
		}
		_, err = s.App.AcceptTask(ctx, s.Actor("lead"), casework.TaskInput{ID: task, Version: 1})
		st.Must(err)
		_, err = s.App.SubmitTask(ctx, s.Actor("lead"), casework.TaskInput{ID: task, Version: 2, Note: "done"})
		st.Must(err)
		_, err = s.App.VerifyTask(ctx, s.Actor("inspector"), casework.TaskInput{ID: task, Version: 3})
		st.Must(err)
		_, _, err = s.App.CloseCase(ctx, s.Actor("body"), casework.CloseCaseInput{ID: caseID, Version: c.Version})
		st.Must(err)
		if c = st.See("body", caseID); c.State != inquiry.CaseClosed || len(c.Missing) != 0 {
			t.Errorf("state %s, missing %+v", c.State, c.Missing)
		}
		_, _, err = s.App.AddAllegation(ctx, s.Actor("investigator1"), casework.AllegationInput{TrackID: officer, Category: "interview",
			Rule: "r", Facts: "x"})
		story.WantCode(t, "closed", err, "case_closed")

		st.NumbersOpenLists("inspector")
		st.NumbersOpenLists("reader")
		st.NumbersOpenLists("easthead") // the leader's superior, whose own part is not barred
		if p, err := s.App.Tracks(ctx, s.Actor("inspector"), inquiry.TrackFilter{Form: 2}, ""); err != nil || p.Total != 1 ||
			p.Rows[0].Form != 2 || p.Rows[0].CaseID != caseID {
			t.Errorf("dealt with by form 2: %+v, %v", p, err)
		}

		// The four facts stay apart on the issue.
		must := func(v *store.View) *issue.Issue {
			got, err := v.Issue(ctx, i.ID, roster.Scope{All: true})
			st.Must(err)
			return got
		}
		st.Must(s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			got := must(v)
			if got.State != issue.Closed || got.Severity != 3 || got.Disclosure != issue.NotDisclosed || got.Finding != "sustained" ||
				got.Form != 2 || got.NoticedAt == nil {
				t.Errorf("issue %+v", got)
			}
			return nil
		}))
	})
}

func TestPartyAndSubordinateSeeNothing(t *testing.T) {
	s := apptest.SQLite(t)
	ctx, st := context.Background(), story.New(t, s)
	i := story.Audited(t, s, "west1head", "west1", 3, "2026-01-10")
	v := story.Triage(t, s, i.ID, 3, issue.ActRefer).Version
	caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Version: v, Rule: "r", Facts: "f"})
	st.Must(err)
	st.See("inspector2", caseID)
	asked, _, err := s.App.AddParty(ctx, s.Actor("body"), casework.PartyInput{CaseID: caseID, Person: story.Number(t, s, "inspector2"),
		Interest: inquiry.InterestWitness})
	st.Must(err)
	story.Uphold(t, s, asked)
	_, err = s.App.Case(ctx, s.Actor("inspector2"), caseID)
	_, unknown := s.App.Case(ctx, s.Actor("inspector2"), store.NewID())
	if !fault.Is(err, fault.NotFoundKind) || fault.As(err).Code != fault.As(unknown).Code {
		t.Errorf("a witness reads the case: %v; unknown id: %v", err, unknown)
	}
	p, err := s.App.Cases(ctx, s.Actor("inspector2"), inquiry.CaseFilter{}, "")
	if err != nil || len(p.Rows) != 0 || p.Total != 0 {
		t.Errorf("a witness lists %+v, %v", p, err)
	}
	if qs, err := s.App.Questions(ctx, s.Actor("inspector2"), inquiry.QuestionFilter{}, ""); err != nil || len(qs.Rows) != 0 {
		t.Errorf("a witness lists questions %+v, %v", qs, err)
	}
	// Where the leader is a subject of the case, he is barred from it too.
	q := story.QuestionsOn(t, s, i.ID)[0]
	in := casework.QuestionInput{ID: q.ID, Version: q.Version, Key: "once"}
	track, _, err := s.App.OpenLeaderTrack(ctx, s.Actor("body"), in)
	st.Must(err)
	if again, r, err := s.App.OpenLeaderTrack(ctx, s.Actor("body"), in); err != nil || !r.Replayed || again != track || track == "" {
		t.Errorf("the same request gives track %q, then %q: %v", track, again, err)
	}
	if who := s.Actor("westhead"); !slices.Contains(who.PartyTo, caseID) {
		t.Errorf("the leader is no party: %v", who.PartyTo)
	}
}

func TestRectificationLife(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story.New(t, s)
		i := story.Audited(t, s, "ben", "east1", 3, "2026-02-01")
		graver := story.Triage(t, s, i.ID, 3, "")
		_, _, err := s.App.TriageIssue(ctx, s.Actor("inspector"), casework.TriageIssueInput{Step: casework.Step{ID: i.ID,
			Version: graver.Version, Reason: "no one was hurt"}, Severity: 2, Category: "interview"})
		st.Must(err)
		id, _, err := s.App.Dispatch(ctx, s.Actor("inspector"), casework.DispatchInput{IssueID: i.ID, Lead: "office",
			Owner: story.Number(t, s, "lead"), DueOn: "2026-03-10", Task: "rewrite the log", Key: "k"})
		st.Must(err)
		again, _, err := s.App.Dispatch(ctx, s.Actor("inspector"), casework.DispatchInput{IssueID: i.ID, Lead: "office",
			Owner: story.Number(t, s, "lead"), DueOn: "2026-03-10", Task: "rewrite the log", Key: "k"})
		if err != nil || again != id {
			t.Errorf("a repetition made %s, %v; want %s", again, err, id)
		}
		_, _, err = s.App.Dispatch(ctx, s.Actor("inspector"), casework.DispatchInput{IssueID: i.ID, Lead: "nowhere", Task: "x"})
		story.WantCode(t, "unknown unit", err, "unit_unknown")

		list := func(who string, f rectify.Filter) casework.RectificationPage {
			p, err := s.App.Rectifications(ctx, s.Actor(who), f, "")
			st.Must(err)
			if int64(len(p.Rows)) != p.Total {
				t.Errorf("%s: %d rows, total %d", who, len(p.Rows), p.Total)
			}
			return p
		}
		if n := list("lead", rectify.Filter{}).Total; n != 1 {
			t.Errorf("the lead department sees %d tasks", n)
		}
		if n := list("west1head", rectify.Filter{}).Total; n != 0 {
			t.Errorf("another unit sees %d tasks", n)
		}
		for _, who := range []string{"inspector", "inspector2", "lead"} { // who ends it sees that it was graver
			v, err := s.App.Rectification(ctx, s.Actor(who), id, "")
			st.Must(err)
			want := [2]int{2, 3}
			if !v.Can["issue.read"] {
				want = [2]int{}
			}
			if got := [2]int{v.Severity, v.Peak}; got != want || who != "lead" && got[1] != 3 {
				t.Errorf("%s sees the severities %v", who, got)
			}
		}
		step := func(who string, version int64, note string, f func(context.Context, *roster.Actor, casework.TaskInput) (desk.Receipt, error)) error {
			_, err := f(ctx, s.Actor(who), casework.TaskInput{ID: id, Version: version, Note: note})
			return err
		}
		st.Must(step("lead", 1, "", s.App.AcceptTask))
		story.WantCode(t, "stale", step("lead", 1, "", s.App.ProgressTask), "stale_version")
		st.Must(step("lead", 2, "", s.App.ProgressTask))
		story.WantCode(t, "no evidence", step("lead", 3, "", s.App.SubmitTask), "required")
		if n := list("inspector", rectify.Filter{Overdue: true}).Total; n != 0 {
			t.Errorf("%d overdue before the day", n)
		}
		s.Clock.Add(9 * 24 * time.Hour)
		if p := list("inspector", rectify.Filter{Overdue: true}); p.Total != 1 || !p.Rows[0].Overdue {
			t.Errorf("overdue after the day: %+v", p)
		}
		st.Must(step("lead", 3, "first log", s.App.SubmitTask))
		story.WantCode(t, "his own work", step("lead", 4, "", s.App.VerifyTask), "not_allowed")
		st.Must(step("inspector", 4, "a page is missing", s.App.ReturnTask))
		st.Must(step("lead", 5, "second log", s.App.SubmitTask))
		got, err := s.App.Rectification(ctx, s.Actor("inspector"), id)
		if err != nil || got.Evidence != "second log" || got.Note != "a page is missing" || got.Round != 2 ||
			!got.Can["rectification.verify"] || got.Can["rectification.accept"] {
			t.Errorf("task %+v, %v", got, err)
		}
		st.Must(step("inspector", 6, "", s.App.VerifyTask))
		story.WantCode(t, "the verifier strikes it off", step("inspector", 7, "", s.App.StrikeOffTask), "guard_same_person")
		st.Must(step("inspector2", 7, "", s.App.StrikeOffTask))
		if n := list("inspector", rectify.Filter{State: rectify.StruckOff}).Total; n != 1 {
			t.Errorf("%d struck off", n)
		}
		st.Must(s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			got, err := v.Issue(ctx, i.ID, roster.Scope{All: true})
			if err != nil || got.State != issue.Closed {
				t.Errorf("issue %+v, %v", got, err)
			}
			return nil
		}))
		st.Must(step("inspector", 8, "again in May", s.App.RecurTask))
	})
}

func TestConfirmedConcealmentAsks(t *testing.T) {
	s := apptest.SQLite(t)
	ctx, st := context.Background(), story.New(t, s)
	i := story.Audited(t, s, "cara", "east2", 3, "2026-01-10")
	story.Triage(t, s, i.ID, 1, "")
	if qs := story.QuestionsOn(t, s, i.ID); len(qs) != 0 {
		t.Fatalf("an open question of concealment asks nobody yet: %+v", qs)
	}
	for n, who := range []string{"inspector", "inspector2"} {
		_, _, err := s.App.ConcealIssue(ctx, s.Actor(who), casework.ConcealIssueInput{Step: casework.Step{ID: i.ID, Version: int64(n + 2),
			Reason: "kept back twice"}, Answer: issue.ConcealmentConfirmed})
		st.Must(err)
	}
	if qs := story.QuestionsOn(t, s, i.ID); len(qs) != 1 || qs[0].Leader.Name != "东三" ||
		!slices.Equal(qs[0].Triggers, []inquiry.Trigger{inquiry.TriggerConcealment}) {
		t.Errorf("questions %+v", qs)
	}
}

func TestLeadershipReaderSeesNoNamesWithoutAPurpose(t *testing.T) {
	s := apptest.SQLite(t)
	ctx, st := context.Background(), story.New(t, s)
	i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
	v := story.Triage(t, s, i.ID, 3, issue.ActRefer).Version
	caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Version: v, Rule: "r", Facts: "f"})
	st.Must(err)
	task, _, err := s.App.Dispatch(ctx, s.Actor("inspector"), casework.DispatchInput{IssueID: i.ID, Task: "x"})
	st.Must(err)
	reader := s.Actor("reader")
	cases, err := s.App.Cases(ctx, reader, inquiry.CaseFilter{}, "")
	if err != nil || len(cases.Rows) != 1 || cases.Rows[0].Person != (desk.Ref{}) {
		t.Errorf("cases %+v, %v", cases, err)
	}
	tasks, err := s.App.Rectifications(ctx, reader, rectify.Filter{}, "")
	if err != nil || len(tasks.Rows) != 1 || tasks.Rows[0].Person != (desk.Ref{}) {
		t.Errorf("tasks %+v, %v", tasks, err)
	}
	qs, err := s.App.Questions(ctx, reader, inquiry.QuestionFilter{}, "")
	if err != nil || len(qs.Rows) != 2 || qs.Rows[0].Leader != (desk.Ref{}) || qs.Rows[0].LinkKind != "" {
		t.Errorf("questions %+v, %v", qs, err)
	}
	_, err = s.App.Case(ctx, reader, caseID)
	story.WantCode(t, "case without a purpose", err, "purpose_required")
	_, err = s.App.Rectification(ctx, reader, task)
	story.WantCode(t, "task without a purpose", err, "purpose_required")
	_, err = s.App.Question(ctx, reader, qs.Rows[0].ID, "curiosity")
	story.WantCode(t, "no such purpose", err, "purpose_required")
	c, err := s.App.Case(ctx, reader, caseID, "supervision")
	if err != nil || c.Person.Name != "林甲" || len(c.Tracks) != 0 {
		t.Errorf("case %+v, %v", c, err)
	}
	n := 0
	st.Must(s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		lines, err := v.UnfoldedReadings(ctx, s.Clock.Now().Add(time.Hour), 10)
		for _, l := range lines {
			if l.ObjectID == caseID && l.Purpose == "supervision" && l.PersonID == s.People["anna"] {
				n++
			}
		}
		return err
	}))
	if n != 1 {
		t.Errorf("%d lines in the read log", n)
	}
	if c := st.See("body", caseID); c.Person.Name != "林甲" {
		t.Errorf("the body sees %+v", c.Person)
	}
}

// A member who is taken off is replaced, and keeps out of the other duties.
func TestAMemberIsTakenOffATrack(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		st := story.New(t, s)
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Version: story.Triage(t, s, i.ID, 3,
			issue.ActRefer).Version, Rule: "art. 7", Facts: "f"})
		st.Must(err)
		officer := st.See("body", caseID).Tracks[0].ID
		st.Must(st.Assign(officer, "investigator1", inquiry.DutyInvestigator))
		st.Must(st.Assign(officer, "investigator2", inquiry.DutyInvestigator))
		st.Must(st.Assign(officer, "adjudicator", inquiry.DutyAdjudicator))
		c := st.See("body", caseID)
		if c.Tracks[0].State != inquiry.TrackAssigned || len(c.Tracks[0].Members) != 3 {
			t.Fatalf("track %+v", c.Tracks[0])
		}
		m := c.Tracks[0].Members[0]
		in := casework.BackInput{ID: m.ID, Version: m.Version, Reason: "moved to another bureau"}
		_, err = s.App.ReleaseMember(ctx, s.Actor("investigator2"), in)
		if err == nil {
			t.Error("one of the team takes another off")
		}
		_, err = s.App.ReleaseMember(ctx, s.Actor("body"), casework.BackInput{ID: m.ID, Version: m.Version})
		story.WantCode(t, "no reason", err, "required")
		_, err = s.App.ReleaseMember(ctx, s.Actor("body"), in)
		st.Must(err)
		if _, err := s.App.Case(ctx, s.Actor("investigator1"), caseID); !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("who was taken off still sees the case: %v", err)
		}
		c = st.See("body", caseID)
		if c.Tracks[0].State != inquiry.TrackOpen || len(c.Tracks[0].Members) != 2 || len(c.Notes) != 1 || c.Notes[0].Text != in.Reason {
			t.Errorf("after the release: %+v, notes %+v", c.Tracks[0], c.Notes)
		}
		in.Version++
		_, err = s.App.ReleaseMember(ctx, s.Actor("body"), in)
		story.WantCode(t, "twice", err, "member_ended")
		st.Must(st.Assign(officer, "investigator3", inquiry.DutyInvestigator))
		if c = st.See("body", caseID); c.Tracks[0].State != inquiry.TrackAssigned {
			t.Errorf("the team is whole again, the track is %s", c.Tracks[0].State)
		}
	})
}

// A closed case whose finding is quashed, or whose allegation is reopened, is
// open again and can be found, decided and closed anew.
func TestAClosedCaseIsTakenUpAgain(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		st := story.New(t, s)
		i := story.Audited(t, s, "cara", "east2", 3, "2023-05-10") // nobody led her then: no leader questions
		caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Version: story.Triage(t, s, i.ID, 3,
			issue.ActRefer).Version, Rule: "art. 7", Facts: "f"})
		st.Must(err)
		officer := st.See("body", caseID).Tracks[0].ID
		st.Must(st.Assign(officer, "investigator1", inquiry.DutyInvestigator))
		st.Must(st.Assign(officer, "investigator2", inquiry.DutyInvestigator))
		st.Must(st.Assign(officer, "adjudicator", inquiry.DutyAdjudicator))
		st.Find(caseID, officer, "investigator1", "investigator2", "adjudicator", "cara", inquiry.Sustained)
		st.Decide(officer, 2, "demerit")
		closeCase := func() {
			t.Helper()
			_, _, err := s.App.CloseCase(ctx, s.Actor("body"), casework.CloseCaseInput{ID: caseID, Version: st.See("body", caseID).Version})
			st.Must(err)
		}
		closeCase()
		x := st.See("body", caseID).Tracks[0].Allegations[0].Findings[0]
		_, _, err = s.App.QuashFinding(ctx, s.Actor("adjudicator"), casework.BackInput{ID: x.ID, Version: x.Version, Reason: "r"})
		if err == nil {
			t.Error("the adjudicator quashes his own finding")
		}
		quash, _, err := s.App.QuashFinding(ctx, s.Actor("body2"), casework.BackInput{ID: x.ID, Version: x.Version,
			Reason: "the log was another day's"})
		st.Must(err)
		if tr := st.See("body", caseID).Tracks[0]; tr.Decision.State == inquiry.DecisionRevoked {
			t.Fatal("one member took a decision back")
		}
		st.Must(st.Approve("body", quash))
		c := st.See("body", caseID)
		tr := c.Tracks[0]
		if c.State != inquiry.CaseOpen || tr.State != inquiry.TrackAssigned || tr.Allegations[0].State != inquiry.AllegationReopened ||
			tr.Allegations[0].Findings[0].State != inquiry.FindingQuashed || tr.Decision.State != inquiry.DecisionRevoked ||
			len(c.Notes) != 1 {
			t.Fatalf("after the quashing: case %s, track %+v", c.State, tr)
		}
		d, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: i.ID})
		st.Must(err)
		if d.State != issue.Clue || d.Finding != "" || d.Form != 0 {
			t.Errorf("the issue still says %s, finding %q, form %d", d.State, d.Finding, d.Form)
		}
		st.NumbersOpenLists("body")
		// Found anew, another way; then reopened on new evidence.
		st.Refind(caseID, officer, inquiry.Unfounded)
		st.Decide(officer, 0, "")
		closeCase()
		al := st.See("body", caseID).Tracks[0].Allegations[0]
		again, _, err := s.App.ReopenAllegation(ctx, s.Actor("body"), casework.BackInput{ID: al.ID, Version: al.Version,
			Reason: "a recording has come to light"})
		st.Must(err)
		st.Must(st.Approve("body2", again))
		_, _, err = s.App.ReopenAllegation(ctx, s.Actor("body"), casework.BackInput{ID: al.ID, Version: al.Version + 1,
			Reason: "once more"})
		story.WantCode(t, "twice", err, "inquiry_state")
		st.Refind(caseID, officer, inquiry.Sustained)
		if d, err = s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: i.ID}); err != nil ||
			d.Finding != string(inquiry.Sustained) {
			t.Errorf("the newest finding does not show: %q, %v", d.Finding, err)
		}
		st.Decide(officer, 2, "demerit")
		closeCase()
	})
}

// Whoever referred an issue as a clue does not open the case on it.
func TestWhoReferredOpensNoCase(t *testing.T) {
	s := apptest.SQLite(t)
	grantRole(t, s, "inspector", roster.RoleClueManager, "bureau")
	i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
	in := casework.OpenCaseInput{IssueID: i.ID, Version: story.Triage(t, s, i.ID, 3, issue.ActRefer).Version, Rule: "art. 7", Facts: "f"}
	_, _, err := s.App.OpenCase(ctx, s.Actor("inspector"), in)
	story.WantCode(t, "the one who referred it", err, "guard_same_person")
	if _, _, err := s.App.OpenCase(ctx, s.Actor("clue"), in); err != nil {
		t.Error(err)
	}
}

// grantRole gives a named person one more role.
func grantRole(t *testing.T, s *apptest.Site, key string, role roster.Role, unit string) {
	t.Helper()
	_, err := s.Store.Update(ctx, store.Call{Account: "program:test", Op: "test.grant"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		g := &roster.Grant{AccountID: s.Account[key], Role: role, UnitID: s.Units[unit], State: roster.GrantLive, FromOn: "2024-01-01"}
		if err := tx.Insert(ctx, g); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "test.grant", Kind: "grant", ID: g.ID}}, "", tx.Bump(ctx, store.GenerationAuthority)
	})
	if err != nil {
		t.Fatal(err)
	}
}
