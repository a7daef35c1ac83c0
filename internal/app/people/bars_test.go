package people_test

import (
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/people"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
)

// accused makes an open case on anna's severe issue.
func accused(t *testing.T, s *apptest.Site) (issueID, caseID string) {
	t.Helper()
	i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
	r := story.Triage(t, s, i.ID, 3, issue.ActRefer)
	caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Version: r.Version, Rule: "r", Facts: "f"})
	if err != nil {
		t.Fatal(err)
	}
	return i.ID, caseID
}

func seesCase(s *apptest.Site, key, id string) bool {
	_, err := s.App.Case(ctx, s.Actor(key), id)
	return err == nil
}

// One records officer who makes the accused a leader of the bureau would take
// the case from everybody who handles it.
func TestNobodyIsBarredFromAnOpenCaseByOne(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		st := story.New(t, s)
		_, caseID := accused(t, s)
		today := string(roster.DateOf(s.Clock.Now(), s.App.Zone()))
		if !seesCase(s, "body2", caseID) {
			t.Fatal("the body does not see the case to begin with")
		}
		link := []string{"personnel_no", story.Number(t, s, "anna"), "link", "in_charge", "unit_code", "bureau", "from", today}
		r, err := row(s, people.LinkTable, link...)
		if err != nil || r.Proposed != 1 || r.Proposal == "" || r.Created != 0 || !seesCase(s, "body2", caseID) {
			t.Fatalf("one person took the case from its handlers: %+v, %v", r, err)
		}
		v, err := s.App.Proposal(ctx, s.Actor("authority"), r.Proposal)
		st.Must(err)
		lines := map[string]string{}
		for _, l := range v.Lines {
			lines[l.Key] = l.Text
		}
		if lines["barred"] == "0" || lines["barred"] == "" || lines["open_issues"] != "1" || lines["open_cases"] != "1" ||
			lines["open_tracks"] == "0" {
			t.Errorf("the approver is shown %v", lines)
		}
		if v, err = s.App.Proposal(ctx, s.Actor("records"), r.Proposal); err != nil {
			t.Fatal(err)
		}
		for _, l := range v.Lines {
			if l.Key == "barred" || l.Key == "open_cases" {
				t.Errorf("the records officer learns of %s: %s", l.Key, l.Text)
			}
		}
		if st.Approve("body", r.Proposal) == nil {
			t.Error("somebody of the bureau agrees to it")
		}
		file := bring(t, s, s.Actor("records"), people.LinkTable, "personnel_no,link,unit_code,from\n"+story.Number(t, s,
			"officehead")+",head,office,2024-01-01\n"+story.Number(t, s, "anna")+",in_charge,office,"+today+"\n", "")
		if file.Proposed == 0 || !seesCase(s, "body2", caseID) {
			t.Errorf("a file took the case from its handlers: %s", said(file))
		}
		// Whoever nothing is open about, and who leads nobody with a role, needs one.
		if r, err = row(s, people.LinkTable, "personnel_no", story.Number(t, s, "dong"), "link", "in_charge", "unit_code", "bureau", "from",
			today); err != nil || r.Created != 1 {
			t.Errorf("a leader without a matter: %+v, %v", r, err)
		}
		if r, err = row(s, people.LinkTable, "personnel_no", story.Number(t, s, "anna"), "link", "in_charge", "over_personnel_no",
			story.Number(t, s, "ben"), "from", today); err != nil || r.Created != 1 {
			t.Errorf("over somebody without a role: %+v, %v", r, err)
		}
		if r, err = row(s, people.LinkTable, "personnel_no", story.Number(t, s, "anna"), "link", "point_leader", "unit_code", "bureau",
			"from", today); err != nil || r.Created != 1 {
			t.Errorf("a point leader is nobody's superior: %+v, %v", r, err)
		}
		_, err = row(s, people.LinkTable, link...)
		story.WantCode(t, "the same again", err, "proposal_pending")
		st.Must(st.Approve("authority", v.ID))
		if seesCase(s, "body2", caseID) || !seesCase(s, "authority", caseID) {
			t.Error("what was approved does not count")
		}
	})
}

// The same by postings: who handles the matter is put under the accused; and by
// the place of a unit.
func TestNobodyIsPostedAwayFromAnOpenCaseByOne(t *testing.T) {
	s := apptest.SQLite(t)
	i := story.Audited(t, s, "west1head", "west1", 3, "2026-01-10")
	story.Triage(t, s, i.ID, 3, issue.ActRefer)
	today := string(roster.DateOf(s.Clock.Now(), s.App.Zone()))
	sees := func() bool {
		_, err := s.App.Issue(ctx, s.Actor("inspector2"), casework.IssueInput{ID: i.ID})
		return err == nil
	}
	side := func(key string) (*people.RosterResult, error) {
		return row(s, people.PostingTable, "personnel_no", story.Number(t, s, key), "unit_code", "west1", "post", "挂职", "main", "no",
			"from", today)
	}
	r, err := side("inspector2")
	if err != nil || r.Proposed != 1 || r.Created != 0 || !sees() {
		t.Fatalf("by a posting: %+v, %v", r, err)
	}
	if (story.New(t, s)).Approve("west1head", r.Proposal) == nil {
		t.Error("the accused agrees")
	}
	f := bring(t, s, s.Actor("records"), people.PostingTable, "personnel_no,unit_code,main,from\n"+story.Number(t, s,
		"inspector2")+",office,yes,2024-01-01\n"+story.Number(t, s, "inspector2")+",west1,no,"+today+"\n", "")
	if f.Proposed == 0 || !sees() {
		t.Errorf("by a file of postings: %s", said(f))
	}
	if r, err = side("dong"); err != nil || r.Created != 1 {
		t.Errorf("somebody without a role: %+v, %v", r, err)
	}
	if r, err = row(s, people.PostingTable, "personnel_no", story.Number(t, s, "inspector2"), "unit_code", "east1", "main", "no", "from",
		today); err != nil || r.Created != 1 {
		t.Errorf("under leaders without a matter: %+v, %v", r, err)
	}
	// The office moves under the sub-bureau that the accused leads.
	j := story.Audited(t, s, "westhead", "west", 2, "2026-01-12")
	story.Triage(t, s, j.ID, 3, issue.ActRefer)
	r, err = row(s, people.UnitTable, "code", "office", "name", "单位office", "tier", "3", "parent_code", "west")
	if err != nil || r.Proposed != 1 || r.Updated != 0 {
		t.Errorf("by the place of a unit: %+v, %v", r, err)
	}
}
