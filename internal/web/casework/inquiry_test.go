package casework_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// clue plants an audit issue of anna's and has it triaged as a clue.
func clue(t *testing.T, s *apptest.Site) string {
	t.Helper()
	ctx := context.Background()
	i := issue.NewAudit(issue.Found{ID: store.NewID(), SourceCode: "petition", Person: s.People["anna"], Unit: s.Units["east1"], Tier: 3,
		Category: "interview", Severity: 3, EventOn: "2026-01-10", ReceivedOn: "2026-01-10", At: s.Clock.Now()})
	_, err := s.Store.Update(ctx, store.Call{Account: "program:test", Op: "test.issue"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		return []ledger.Fact{{Verb: "test.issue", Kind: "issue", ID: i.ID}}, "", tx.AddIssues(ctx, []*issue.Issue{i},
			issue.TimingOf(s.App.Pack()))
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = s.App.TriageIssue(ctx, s.Actor("inspector"), casework.TriageIssueInput{Step: casework.Step{ID: i.ID, Version: 1},
		Severity: 3, Category: "interview", Decision: issue.ActRefer})
	if err != nil {
		t.Fatal(err)
	}
	return i.ID
}

func personnelNo(t *testing.T, s *apptest.Site, key string) string {
	t.Helper()
	var no string
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		names, err := v.NamesOf(ctx, []string{s.People[key]})
		no = names[s.People[key]].PersonnelNo
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return no
}

func TestCasePages(t *testing.T) {
	s := apptest.SQLite(t)
	id := clue(t, s)
	body := webtest.Visit(t, s, "body")
	webtest.Holds(t, body.Get("/issues/"+id+"/case/new", 200), "Provision allegedly breached")
	page := body.Post("/issues/"+id+"/case", url.Values{"version": {"2"}, webtest.FormField: {"open"}, "rule": {"art. 7"}}, 422)
	webtest.Holds(t, page, "art. 7", "This is required.")
	body.Post("/issues/"+id+"/case", url.Values{"version": {"2"}, "rule": {"art. 7"}, "facts": {"struck a detainee"}}, 303)
	at := body.To()
	caseID := strings.TrimPrefix(at, "/cases/")

	page = body.Get(at, 200)
	webtest.Holds(t, page, "A track is not completed (Officer track · 林甲)", "A leader question is not answered (准三)", "struck a detainee",
		"Officer track", "Close the case", "东二")
	webtest.Holds(t, body.In(words.ZH).Get(at, 200), "结案还缺什么", "调查未终结（当事人调查 · 林甲）", "事项没有最终认定（当事人调查 · 林甲）", "当事人调查", "一案双查")
	webtest.Holds(t, body.Get("/cases", 200), at, "林甲")
	webtest.Holds(t, body.Get("/questions?open=1", 200), "准三", "Point leader")
	if page := body.Get("/questions?state=refused", 200); strings.Contains(page, "准三") {
		t.Error("the filter shows a question of another state")
	}
	body.Get("/cases?state=nope", 422)

	page = body.Post("/cases/"+caseID+"/close", url.Values{"case": {caseID}, "version": {"1"}, webtest.FormField: {"close"}}, 422)
	webtest.Holds(t, page, "4 items are missing")
	c, err := s.App.Case(context.Background(), s.Actor("body"), caseID)
	if err != nil {
		t.Fatal(err)
	}
	track := c.Tracks[0].ID
	assign := func(who, duty string, status int) string {
		return body.Post("/tracks/"+track+"/members", url.Values{"case": {caseID}, webtest.FormField: {"assign-" + track},
			"person": {personnelNo(t, s, who)}, "duty": {duty}}, status)
	}
	assign("investigator1", "investigator", 303)
	webtest.Holds(t, assign("investigator1", "adjudicator", 422), "no account with the role")
	assign("investigator2", "investigator", 303)
	assign("adjudicator", "adjudicator", 303)

	one := body.As("investigator1")
	webtest.Holds(t, one.Get(at, 200), "Recommend a finding", "Add an allegation")
	one.Post("/allegations/"+c.Tracks[0].Allegations[0].ID+"/findings", url.Values{"case": {caseID}, "verdict": {"sustained"},
		"standard": {"clear_convincing"}, "reason": {"statements agree"}}, 303)
	c, err = s.App.Case(context.Background(), s.Actor("investigator1"), caseID)
	if err != nil {
		t.Fatal(err)
	}
	finding := c.Tracks[0].Allegations[0].Findings[0].ID
	webtest.Holds(t, one.Post("/findings/"+finding+"/serve", url.Values{"case": {caseID}, "version": {"1"},
		webtest.FormField: {"serve-" + finding}}, 403), "One person may not take both")
	body.As("investigator2").Post("/findings/"+finding+"/serve", url.Values{"case": {caseID}, "version": {"1"}}, 303)

	anna := body.As("anna")
	webtest.Holds(t, anna.Get("/my/findings", 200), "statements agree", "Waive the reply")
	anna.Get(at, 404)
	webtest.Holds(t, anna.Post("/my/findings/"+finding+"/reply", url.Values{"version": {"2"}, webtest.FormField: {"reply-" + finding}},
		422), "This is required.")
	anna.Post("/my/findings/"+finding+"/reply", url.Values{"version": {"2"}, "text": {"I was elsewhere"}}, 303)
	page = one.Get(at, 200)
	webtest.Holds(t, page, "I was elsewhere", "Answer the reply")
	one.Get("/issues/"+id, 404)
	if strings.Contains(page, `"/issues/`+id+`"`) {
		t.Error("an investigator is sent to an issue that does not open to him")
	}
	webtest.Holds(t, body.Get(at, 200), `"/issues/`+id+`"`)
	body.Get("/issues/"+id, 200)

	q := c.IssueID
	list, err := s.App.Case(context.Background(), s.Actor("body"), caseID)
	if err != nil || len(list.Questions) != 2 || q == "" {
		t.Fatalf("%v, %+v", err, list.Questions)
	}
	question := list.Questions[0]
	webtest.Holds(t, body.Get("/questions/"+question.ID, 200), "Open a leader track", "Propose no track, with reasons")
	body.Post("/questions/"+question.ID+"/refusal", url.Values{"version": {"2"}, "reason": {"not in post"}}, 303)
	webtest.Holds(t, body.Post("/questions/"+question.ID+"/refusal/approve", url.Values{"version": {"3"}, webtest.FormField: {"approve"}},
		403), "not in post", "One person may not take both")
	other := list.Questions[1]
	body.Post("/questions/"+other.ID+"/track", url.Values{"version": {"2"}}, 303)
	webtest.Holds(t, body.Get(at, 200), "Leader track", "Four elements", "Duty: post and period")
}

func TestRectificationPages(t *testing.T) {
	s := apptest.SQLite(t)
	id := clue(t, s)
	inspector := webtest.Visit(t, s, "inspector")
	webtest.Holds(t, inspector.Get("/issues/"+id+"/rectifications/new", 200), "What must be put right")
	webtest.Holds(t, inspector.Post("/issues/"+id+"/rectifications", url.Values{webtest.FormField: {"dispatch"}, "task": {"retrain"},
		"lead_unit": {"nowhere"}}, 422), "retrain", "No unit has this code")
	inspector.Post("/issues/"+id+"/rectifications", url.Values{"task": {"retrain"}, "lead_unit": {"office"}}, 303)
	at := inspector.To()
	webtest.Holds(t, inspector.Get("/rectifications", 200), at, "Dispatched")
	webtest.Holds(t, inspector.In(words.ZH).Get("/rectifications?overdue=1", 200), "没有整改任务")
	lead := inspector.As("lead")
	page := lead.Get(at, 200)
	webtest.Holds(t, page, "Accept the task", "retrain")
	lead.Get("/issues/"+id, 404)
	if strings.Contains(page, `"/issues/`+id+`"`) {
		t.Error("a lead department is sent to an issue that does not open to it")
	}
	webtest.Holds(t, inspector.Get(at, 200), `"/issues/`+id+`"`)
	lead.Post(at+"/accept", url.Values{"version": {"1"}}, 303)
	webtest.Holds(t, lead.Post(at+"/submit", url.Values{"version": {"2"}, webtest.FormField: {"submit"}}, 422), "This is required.")
	lead.Post(at+"/submit", url.Values{"version": {"2"}, "note": {"all retrained"}}, 303)
	webtest.Holds(t, inspector.Get(at, 200), "all retrained", "Verify")
	inspector.Post(at+"/return", url.Values{"version": {"3"}, "note": {"who was there"}}, 303)
	lead.Post(at+"/submit", url.Values{"version": {"4"}, "note": {"list attached"}}, 303)
	inspector.Post(at+"/verify", url.Values{"version": {"5"}}, 303)
	webtest.Holds(t, inspector.Post(at+"/strike-off", url.Values{"version": {"6"}, webtest.FormField: {"strike-off"}}, 403),
		"One person may not take both")
	inspector.As("inspector2").Post(at+"/strike-off", url.Values{"version": {"6"}}, 303)
	// Every round stays to be read, in its order.
	page = webtest.PlainText(inspector.Get(at, 200))
	rest := page
	for _, want := range []string{"retrain", "all retrained", "who was there", "list attached",
		words.T(words.EN, "verb.rectification.verify"), words.T(words.EN, "verb.rectification.strike_off")} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q is not told in its place: %s", want, page)
		}
		rest = after
	}
	inspector.As("west1head").Get(at, 404)
}
