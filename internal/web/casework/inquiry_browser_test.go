package casework_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/chrome"
	"plumbline/internal/inquiry"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// halfWay is a case half way: the officer's finding replied to, a leader track
// with its proofs, one question open, and a task submitted.
func halfWay(t *testing.T, s *apptest.Site) (caseID, questionID, taskID string) {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	issueID := clue(t, s)
	caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: issueID, Version: 2, Rule: "《人民警察法》第七条",
		Facts: "询问时推搡当事人。"})
	must(err)
	c, err := s.App.Case(ctx, s.Actor("body"), caseID)
	must(err)
	officer, leader := c.Tracks[0], ""
	for _, q := range c.Questions {
		if q.LinkKind == "head" {
			leader, _, err = s.App.OpenLeaderTrack(ctx, s.Actor("body"), casework.QuestionInput{ID: q.ID, Version: q.Version})
			must(err)
		} else {
			questionID = q.ID
			_, err = s.App.RefuseQuestion(ctx, s.Actor("body"), casework.QuestionInput{ID: q.ID, Version: q.Version, Reason: "当月没有走访任务。"})
			must(err)
		}
	}
	for who, on := range map[string]string{"investigator1": officer.ID, "investigator2": officer.ID, "adjudicator": officer.ID,
		"investigator3": leader, "investigator4": leader, "adjudicator2": leader} {
		duty := inquiry.DutyInvestigator
		if who == "adjudicator" || who == "adjudicator2" {
			duty = inquiry.DutyAdjudicator
		}
		_, _, err := s.App.AssignMember(ctx, s.Actor("body"), casework.AssignInput{TrackID: on, Person: personnelNo(t, s, who), Duty: duty})
		must(err)
	}
	f, _, err := s.App.Recommend(ctx, s.Actor("investigator1"), casework.RecommendInput{AllegationID: officer.Allegations[0].ID,
		Verdict: inquiry.Sustained, Standard: inquiry.ClearConvincing, Reason: "录像与证言一致。"})
	must(err)
	_, err = s.App.ServeFinding(ctx, s.Actor("investigator2"), casework.FindingInput{ID: f, Version: 1})
	must(err)
	_, err = s.App.ProveTrack(ctx, s.Actor("investigator3"), casework.ProveInput{TrackID: leader, Version: 2, Duty: "proved",
		Knowledge: "proved", Conduct: "proved", Link: "not_proved", Result: "fulfilled", Grounds: "值班表、巡查记录。"})
	must(err)
	taskID, _, err = s.App.Dispatch(ctx, s.Actor("inspector"), casework.DispatchInput{IssueID: issueID, Lead: "office", Task: "重新培训询问规范。"})
	must(err)
	_, err = s.App.AcceptTask(ctx, s.Actor("lead"), casework.TaskInput{ID: taskID, Version: 1})
	must(err)
	_, err = s.App.SubmitTask(ctx, s.Actor("lead"), casework.TaskInput{ID: taskID, Version: 2, Note: "已培训，附签到表。"})
	must(err)
	return caseID, questionID, taskID
}

// TestInquiryInABrowser looks at the pages of a case half way as each of those
// who work on it, on a phone and on a desk, in both languages.
func TestInquiryInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are looked at without -short")
	}
	b := chrome.Start(t)
	s := apptest.SQLite(t)
	caseID, questionID, taskID := halfWay(t, s)
	site := httptest.NewServer(webtest.Visit(t, s, "").Face)
	defer site.Close()
	for _, lang := range words.Langs {
		for _, width := range []int{360, 1440} {
			tab, err := b.Tab(width, string(lang))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range []struct{ who, path, name string }{
				{"body", "/cases/" + caseID, "case"}, {"investigator3", "/cases/" + caseID, "case-leader"}, {"body", "/cases", "cases"},
				{"body2", "/questions/" + questionID, "question"}, {"body", "/questions", "questions"}, {"anna", "/my/findings",
					"findings"},
				{"inspector", "/rectifications/" + taskID, "task"}, {"inspector", "/rectifications", "tasks"},
			} {
				if err := tab.Cookie(site.URL, page.SessionCookie, p.who); err != nil {
					t.Fatal(err)
				}
				webtest.Look(t, tab, webtest.Judged(width, lang), site.URL, p.path, fmt.Sprintf("inquiry-%s-%s-%d", p.name, lang, width))
			}
		}
	}
}
