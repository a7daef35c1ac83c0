package casework_test

import (
	"context"
	"testing"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
)

// TestAKnownMatterIsNotSetAsideByOne: what has a question or a served notice
// stays until two people agree, and a merge loses neither severity nor question.
func TestAKnownMatterIsNotSetAsideByOne(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story.New(t, s)
		step := func(id string) casework.Step {
			d, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: id})
			st.Must(err)
			return casework.Step{ID: id, Version: d.Version, Reason: "a duplicate"}
		}
		told := story.Audited(t, s, "ben", "east1", 1, "2026-01-10")
		in := step(told.ID)
		in.Reason = "what is alleged"
		_, _, err := s.App.NotifyIssue(ctx, s.Actor("inspector"), casework.NotifyIssueInput{Step: in})
		st.Must(err)
		in = step(told.ID)
		in.Key = "from a form"
		var got casework.IssueResult
		for range 2 { // the second is the same request again
			got, _, err = s.App.WithdrawIssue(ctx, s.Actor("inspector"), casework.WithdrawIssueInput{Step: in})
			st.Must(err)
			if got.State == issue.Withdrawn || !got.Pending || got.Proposal == "" {
				t.Fatalf("one person withdrew an issue whose subject was told: %+v", got)
			}
		}

		// Two issues about the same event; the graver one, with its question, goes.
		grave := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		story.Triage(t, s, grave.ID, 3, issue.ActRefer)
		slight := story.Audited(t, s, "anna", "east1", 0, "2026-01-11")
		asked := len(story.QuestionsOn(t, s, grave.ID))
		if asked == 0 {
			t.Fatal("no question was raised")
		}
		got, _, err = s.App.MergeIssue(ctx, s.Actor("inspector"), casework.MergeIssueInput{Step: step(grave.ID), Into: slight.ID})
		st.Must(err)
		if got.State == issue.Merged {
			t.Fatalf("one person merged a clue with a question away: %+v", got)
		}
		list, err := s.App.Proposals(ctx, s.Actor("inspector2"), approval.ProposalFilter{Waits: true}, "")
		st.Must(err)
		for _, p := range list.Rows {
			if p.Op == "issue.merge" {
				st.Must(st.Approve("inspector2", p.ID))
			}
		}
		kept, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: slight.ID})
		st.Must(err)
		if kept.Severity != 3 {
			t.Errorf("the issue that stays has severity %d, the duplicate had 3", kept.Severity)
		}
		live := 0
		for _, q := range story.QuestionsOn(t, s, slight.ID) {
			if q.State != inquiry.QuestionWithdrawn {
				live++
			}
		}
		if live < asked {
			t.Errorf("%d questions live on, %d were raised", live, asked)
		}
	})
}

// What has a case is not merged away, not even by two.
func TestACaseIsNotMergedAway(t *testing.T) {
	s := apptest.SQLite(t)
	st := story.New(t, s)
	caseID := st.Opened("clue")
	c := st.See("body", caseID)
	other := story.Audited(t, s, "anna", "east1", 3, "2026-01-12")
	d, err := s.App.Issue(context.Background(), s.Actor("inspector"), casework.IssueInput{ID: c.IssueID})
	st.Must(err)
	_, _, err = s.App.MergeIssue(context.Background(), s.Actor("inspector"),
		casework.MergeIssueInput{Step: casework.Step{ID: d.ID, Version: d.Version}, Into: other.ID})
	story.WantCode(t, "a case merged away", err, "issue_merge_case")
}
