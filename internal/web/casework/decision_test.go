package casework_test

import (
	"context"
	"database/sql"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/inquiry"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// foundTrack takes a case about anna to a sustained finding and gives the case
// and its officer track.
func foundTrack(t *testing.T, s *apptest.Site) (caseID, track string) {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: clue(t, s), Version: 2, Rule: "art. 7",
		Facts: "struck a detainee"})
	must(err)
	c, err := s.App.Case(ctx, s.Actor("body"), caseID)
	must(err)
	track = c.Tracks[0].ID
	for _, m := range []struct {
		who  string
		duty inquiry.MemberDuty
	}{{"investigator1", inquiry.DutyInvestigator}, {"investigator2", inquiry.DutyInvestigator}, {"adjudicator", inquiry.DutyAdjudicator}} {
		_, _, err := s.App.AssignMember(ctx, s.Actor("body"), casework.AssignInput{TrackID: track, Person: personnelNo(t, s, m.who),
			Duty: m.duty})
		must(err)
	}
	id, _, err := s.App.Recommend(ctx, s.Actor("investigator1"), casework.RecommendInput{AllegationID: c.Tracks[0].Allegations[0].ID,
		Verdict: inquiry.Sustained, Standard: inquiry.ClearConvincing, Reason: "statements agree"})
	must(err)
	_, err = s.App.ServeFinding(ctx, s.Actor("investigator2"), casework.FindingInput{ID: id, Version: 1})
	must(err)
	_, _, err = s.App.Reply(ctx, s.Actor("anna"), casework.ReplyInput{ID: id, Version: 2, Waive: true})
	must(err)
	_, err = s.App.ConfirmFinding(ctx, s.Actor("adjudicator"), casework.ConfirmInput{ID: id, Version: 3, Verdict: inquiry.Sustained,
		Reason: "agreed"})
	must(err)
	return caseID, track
}

// decisionOf is the decision on the track.
func decisionOf(t *testing.T, s *apptest.Site, caseID, track string) *casework.DecisionView {
	t.Helper()
	c, err := s.App.Case(context.Background(), s.Actor("body"), caseID)
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range c.Tracks {
		if tr.ID == track {
			return tr.Decision
		}
	}
	return nil
}

// TestDecisionFormRecordsWhatWasChosen sends the form of the page with all its
// fields, as a browser does, and then the page that asks for confirmation: what
// was chosen is shown, in both languages, and is what is recorded.
func TestDecisionFormRecordsWhatWasChosen(t *testing.T) {
	for _, x := range []struct {
		form, sanction string
		status         int
		en, zh         []string
	}{
		{"1", "", 200, []string{"No sanction", "facts and grounds"}, []string{"拟办"}},
		{"2", "demerit", 200, []string{"Demerit", ">12<", "facts and grounds"}, []string{"记过", ">12<"}},
		{"0", "", 200, []string{"No action", "although a finding"}, []string{"不作处理", "已有认定属实"}},
		{"", "", 422, nil, nil}, {"two", "", 422, nil, nil},
	} {
		t.Run(x.form+x.sanction, func(t *testing.T) {
			s := apptest.SQLite(t)
			caseID, track := foundTrack(t, s)
			body := webtest.Visit(t, s, "body")
			action := "/tracks/" + track + "/decisions"
			form := webtest.FieldsOf(t, body.Get("/cases/"+caseID, 200), action)
			form.Add("form", x.form)
			form.Add("sanction", x.sanction)
			form.Add("reason", "facts and grounds")
			page := body.Post(action, form, x.status)
			d := decisionOf(t, s, caseID, track)
			if d != nil {
				t.Fatalf("recorded without confirmation: %+v", d)
			}
			if x.status == 200 {
				webtest.Holds(t, page, x.en...)
				webtest.Holds(t, body.In(words.ZH).Post(action, form, 200), x.zh...)
				body.Post(action, webtest.FieldsOf(t, page, action), 303)
				d = decisionOf(t, s, caseID, track)
				webtest.Holds(t, body.As("body2").Get("/cases/"+caseID, 200), "To be decided:")
			}
			switch {
			case x.status == 200 && (d == nil || strconv.Itoa(d.Form) != x.form || d.Sanction != x.sanction):
				t.Errorf("chosen form %s %s, recorded %+v", x.form, x.sanction, d)
			}
		})
	}
}

// TestAFieldSentTwiceIsRefused: nobody can tell which of two values was meant.
func TestAFieldSentTwiceIsRefused(t *testing.T) {
	s := apptest.SQLite(t)
	caseID, track := foundTrack(t, s)
	page := webtest.Visit(t, s, "body").Post("/tracks/"+track+"/decisions",
		url.Values{"case": {caseID}, "form": {"0", "1"}, "reason": {"x"}}, 400)
	webtest.Holds(t, page, "sent two values for one field")
	if d := decisionOf(t, s, caseID, track); d != nil {
		t.Errorf("recorded %+v", d)
	}
}

// TestDoubtfulDecisionsAreShown: a decision of no handling on a sustained finding
// that no member of the body confirmed waits on the body's home until it is
// revoked; a proposed one, or one with a form, does not.
func TestDoubtfulDecisionsAreShown(t *testing.T) {
	for _, x := range []struct {
		form    int
		decided bool
		want    bool
	}{{0, true, true}, {0, false, false}, {1, true, false}} {
		s := apptest.SQLite(t)
		caseID, track := foundTrack(t, s)
		ctx := context.Background()
		_, _, err := s.App.ProposeDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: track, Form: x.form,
			Reason: "facts and grounds"})
		if err != nil {
			t.Fatal(err)
		}
		if x.decided { // as a version did in which one member was enough
			db, err := sql.Open("sqlite", s.DSN)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec("UPDATE decisions SET state = 'decided'"); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		body := webtest.Visit(t, s, "body")
		shown := func() bool { return strings.Contains(body.Get("/", 200), "recorded: please check") }
		if list := body.Get("/tracks?check=1", 200); strings.Contains(list, "/cases/"+caseID) != x.want || shown() != x.want {
			t.Errorf("%+v: on the home %t, in the list %s", x, shown(), webtest.PlainText(list))
		}
	}
}
