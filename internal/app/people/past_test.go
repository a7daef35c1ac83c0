package people_test

import (
	"context"
	"testing"

	"plumbline/internal/app/people"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
)

// link asks, as records officer, for a command link.
func link(t *testing.T, s *apptest.Site, who string, cells map[string]string) *people.RosterResult {
	t.Helper()
	r, err := s.App.SaveRosterRow(context.Background(), s.Actor(who), people.RosterRow{Table: people.LinkTable, Cells: cells})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func questionsAbout(t *testing.T, s *apptest.Site, issueID, key string) (n int) {
	t.Helper()
	for _, q := range story.QuestionsOn(t, s, issueID) {
		if q.Leader.ID == s.People[key] {
			n++
		}
	}
	return n
}

// TestThePastOfCommandTakesTwo: a link that lies in the past decides who is
// asked about what his people did.
func TestThePastOfCommandTakesTwo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		st := story.New(t, s)
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		story.Triage(t, s, i.ID, 3, issue.ActRefer)
		asked := len(story.QuestionsOn(t, s, i.ID))
		if asked == 0 {
			t.Fatal("nobody was asked to begin with")
		}

		// The head of east1 on the day of the event is written out of it.
		r := link(t, s, "records", map[string]string{"personnel_no": story.Number(t, s, "east1head"), "link": "head", "unit_code": "east1",
			"from": "2024-01-01", "to": "2025-12-31"})
		if r.Proposed != 1 || r.Proposal == "" || r.Updated != 0 {
			t.Fatalf("one person rewrote who was in command: %+v", r)
		}
		held := func() bool { return questionsAbout(t, s, i.ID, "east1head") == 1 }
		if !held() {
			t.Fatal("a question is gone before anybody agreed")
		}
		story.WantCode(t, "the proposer agrees", st.Approve("records", r.Proposal), "guard_same_person")
		st.Must(st.Approve("body", r.Proposal))
		if got := len(story.QuestionsOn(t, s, i.ID)); got < asked || !held() {
			t.Errorf("%d questions after the past was rewritten, %d before", got, asked)
		}

		// The corrected record calls for another: whoever led the station then is asked.
		r = link(t, s, "records", map[string]string{"personnel_no": story.Number(t, s, "ben"), "link": "in_charge", "unit_code": "east1",
			"from": "2026-01-01", "to": "2026-02-01"})
		if r.Proposed != 1 || questionsAbout(t, s, i.ID, "ben") != 0 {
			t.Fatalf("one person made somebody a leader of then: %+v", r)
		}
		v, err := s.App.Proposal(context.Background(), s.Actor("body"), r.Proposal)
		st.Must(err)
		lines := map[string]string{}
		for _, l := range v.Lines {
			lines[l.Key] = l.Text + l.TextKey
		}
		if lines["issues"] != "1" || lines["bars"] == "0" {
			t.Errorf("the approver is shown %v", lines)
		}
		if v, err = s.App.Proposal(context.Background(), s.Actor("records"), r.Proposal); err != nil {
			t.Fatal(err)
		}
		for _, l := range v.Lines {
			if l.Key == "issues" || l.Key == "cases" {
				t.Errorf("the records officer learns of %s: %s", l.Key, l.Text)
			}
		}
		st.Must(st.Approve("body", r.Proposal))
		if questionsAbout(t, s, i.ID, "ben") != 1 {
			t.Error("the corrected record raised no question")
		}
	})
}

// What begins today needs nobody else.
func TestTodaysCommandNeedsOne(t *testing.T) {
	s := apptest.SQLite(t)
	today := string(roster.DateOf(s.Clock.Now(), s.App.Zone()))
	r := link(t, s, "records", map[string]string{"personnel_no": story.Number(t, s, "ben"), "link": "in_charge", "unit_code": "east1",
		"from": today})
	if r.Proposed != 0 || r.Created != 1 {
		t.Errorf("a link from today on: %+v", r)
	}
	r = link(t, s, "records", map[string]string{"personnel_no": story.Number(t, s, "ben"), "link": "in_charge", "unit_code": "east1",
		"from": today, "to": today})
	if r.Proposed != 0 || r.Updated != 1 {
		t.Errorf("a link ends today: %+v", r)
	}
}

// Whose past it is has no say in it, nor has anybody of the unit.
func TestNobodyApprovesHisOwnPast(t *testing.T) {
	s := apptest.SQLite(t)
	st := story.New(t, s)
	r := link(t, s, "records", map[string]string{"personnel_no": story.Number(t, s, "body"), "link": "in_charge", "unit_code": "east1",
		"from": "2025-01-01", "to": "2025-06-01"})
	if err := st.Approve("body", r.Proposal); err == nil {
		t.Error("he approved his own past")
	}
	st.Must(st.Approve("body2", r.Proposal))
}

// Another row of the same unit is another matter, and may wait beside the first.
func TestOnlyTheSameRowIsProposedOnce(t *testing.T) {
	s := apptest.SQLite(t)
	story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
	ask := func(key string) error {
		_, err := s.App.SaveRosterRow(context.Background(), s.Actor("records"), people.RosterRow{Table: people.LinkTable,
			Cells: map[string]string{"personnel_no": story.Number(t, s, key), "link": "in_charge", "unit_code": "east1",
				"from": "2025-01-01", "to": "2025-06-01"}})
		return err
	}
	for _, key := range []string{"ben", "cara"} {
		if err := ask(key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	story.WantCode(t, "the same row again", ask("ben"), "proposal_pending")
}
