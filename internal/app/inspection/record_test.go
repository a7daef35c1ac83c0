package inspection_test

import (
	"context"
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/inspection"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
)

var ctx = context.Background()

// What an inspector finds becomes an issue of source inspection, save where all
// agrees; nobody inspects where he served within the pack's months.
func TestInspectionFindings(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		who := s.Actor("inspector")
		about := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		record := func(in inspection.InspectInput) error {
			if in.Text == "" {
				in.Text = "checked on site"
			}
			_, _, err := s.App.RecordInspection(ctx, who, in)
			return err
		}
		in := inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.UnderReported, Category: "interview", Severity: 2,
			EventOn: "2026-02-01", Person: story.Number(t, s, "ben")}
		if err := record(in); err != nil {
			t.Fatal(err)
		}
		if err := record(inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.NotRectified, About: about.Ref,
			Severity: 1}); err != nil {
			t.Fatal(err)
		}
		if err := record(inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.Agrees}); err != nil {
			t.Fatal(err)
		}
		bad := in
		bad.Result = issue.OverReported
		story.WantCode(t, "what was over-reported?", record(bad), "inspect_about_needed")
		bad = in
		bad.About = about.Ref
		story.WantCode(t, "under-reported and known", record(bad), "inspect_about_new")
		bad = in
		bad.UnitID = s.Units["office"]
		story.WantCode(t, "his own unit", record(bad), "inspect_own_unit")
		bad = in
		bad.EventOn = "2030-01-01"
		story.WantCode(t, "the future", record(bad), "inspect_event")
		bad = in
		bad.Text = " "
		story.WantCode(t, "no words", record(bad), "required")
		for _, key := range []string{"reader", "easthead", "anna"} {
			if _, _, err := s.App.RecordInspection(ctx, s.Actor(key), in); err == nil {
				t.Errorf("%s records an inspection", key)
			}
		}
		page, err := s.App.Inspections(ctx, who, s.Units["east"], "")
		if err != nil || len(page.Rows) != 3 || page.Rows[0].Result != issue.Agrees || page.Rows[0].IssueID != "" ||
			page.Rows[1].Person.Name != "林甲" || page.Rows[2].Person.Name != "林乙" {
			t.Fatalf("list %+v, %v", page, err)
		}
		d, err := s.App.Issue(ctx, who, casework.IssueInput{ID: page.Rows[2].IssueID})
		if err != nil || d.Source != issue.Inspection || d.Narrative != "checked on site" || d.UnitID != s.Units["east1"] {
			t.Errorf("issue %+v, %v", d, err)
		}
		if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
			t.Errorf("verify: %+v, %v", v, err)
		}
	})
}

// TestWhatAnInspectorMayNotName: a unit out of his reach, a person from whom he is
// barred or whom nobody knows, and an issue that he may not see are alike unknown, and
// nothing is kept of the attempt.
func TestWhatAnInspectorMayNotName(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		west := story.Audited(t, s, "dong", "west1", 3, "2026-01-10")
		own := story.Audited(t, s, "inspector", "east1", 3, "2026-01-11")
		for name, c := range map[string]struct {
			actor string
			in    inspection.InspectInput
			code  string
		}{
			"another sub-bureau":        {"eastinspector", inspection.InspectInput{UnitID: s.Units["west1"], Result: issue.Agrees}, "unit_unknown"},
			"no unit":                   {"inspector", inspection.InspectInput{UnitID: "nowhere", Result: issue.Agrees}, "unit_unknown"},
			"no such person":            {"inspector", inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.Agrees, Person: "P9999"}, "person_unknown"},
			"himself":                   {"inspector", inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.Agrees, Person: story.Number(t, s, "inspector")}, "person_unknown"},
			"an issue of another's":     {"eastinspector", inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.NotRectified, About: west.Ref}, "issue_ref"},
			"an issue about himself":    {"inspector", inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.NotRectified, About: own.Ref}, "issue_ref"},
			"no such issue":             {"inspector", inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.NotRectified, About: "NOSUCH"}, "issue_ref"},
			"no category of a new one":  {"inspector", inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.UnderReported}, "issue_category"},
			"an unknown category":       {"inspector", inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.Agrees, Category: "weather"}, "issue_category"},
			"a date that is none":       {"inspector", inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.Agrees, EventOn: "2026-02-30"}, "date_unreadable"},
			"a result that is none":     {"inspector", inspection.InspectInput{UnitID: s.Units["east1"], Result: "fine", Category: "interview"}, "choice_unknown"},
			"a severity beyond the top": {"inspector", inspection.InspectInput{UnitID: s.Units["east1"], Result: issue.UnderReported, Category: "interview", Severity: 6}, "choice_unknown"},
		} {
			c.in.Text = "checked on site"
			_, _, err := s.App.RecordInspection(ctx, s.Actor(c.actor), c.in)
			if story.CodeOf(err) != c.code {
				t.Errorf("%s: got %v, want %s", name, err, c.code)
			}
		}
		page, err := s.App.Inspections(ctx, s.Actor("inspector"), "", "")
		if err != nil || len(page.Rows) != 0 {
			t.Errorf("something was kept: %+v, %v", page.Rows, err)
		}
	})
}

// TestWhatIsSaidOfAnIssueFollowsIt: what an inspector says of an issue lies where the
// issue lies, whatever unit he names, and takes from it what he leaves out.
func TestWhatIsSaidOfAnIssueFollowsIt(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		who := s.Actor("inspector")
		about := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		id, r, err := s.App.RecordInspection(ctx, who, inspection.InspectInput{UnitID: s.Units["west1"], Result: issue.Misclassified,
			About: about.Ref, Severity: 4, Text: "misjudged", Key: "once"})
		if err != nil {
			t.Fatal(err)
		}
		again, same, err := s.App.RecordInspection(ctx, who, inspection.InspectInput{UnitID: s.Units["west1"], Result: issue.Misclassified,
			About: about.Ref, Severity: 4, Text: "misjudged", Key: "once"})
		if err != nil || again != id || !same.Replayed || same.Seq != r.Seq {
			t.Errorf("a second tap: %q %+v, %v", again, same, err)
		}
		page, err := s.App.Inspections(ctx, who, "", "")
		if err != nil || len(page.Rows) != 1 {
			t.Fatalf("%d lines, %v", len(page.Rows), err)
		}
		row := page.Rows[0]
		if row.ID != id || row.AboutID != about.ID || row.Unit.ID != s.Units["east1"] || row.Person.Name != "林甲" || row.Category != "interview" ||
			row.Text != "misjudged" || row.Inspector.Name != "督察甲" {
			t.Errorf("the line: %+v", row)
		}
		d, err := s.App.Issue(ctx, who, casework.IssueInput{ID: row.IssueID})
		if err != nil || d.Severity != 4 || d.EventOn != about.EventOn || d.PersonID != s.People["anna"] {
			t.Errorf("the issue: %+v, %v", d, err)
		}
	})
}

// TestInspectionsAreListedInReach: newest first, page by page, each once, and only
// those of the reader's units.
func TestInspectionsAreListedInReach(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		who := s.Actor("inspector")
		const n = 60
		for i := range n {
			unit := s.Units[[]string{"east1", "west1"}[i%2]]
			if _, _, err := s.App.RecordInspection(ctx, who, inspection.InspectInput{UnitID: unit, Result: issue.Agrees, Text: "as filed"}); err != nil {
				t.Fatal(err)
			}
		}
		walk := func(actor, unit string) (ids []string) {
			t.Helper()
			for cursor := ""; ; {
				page, err := s.App.Inspections(ctx, s.Actor(actor), unit, cursor)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page.Rows {
					ids = append(ids, r.ID)
				}
				if cursor = page.Next; cursor == "" {
					return ids
				}
			}
		}
		all := walk("inspector", "")
		for i, id := range all {
			if i > 0 && id >= all[i-1] {
				t.Fatalf("line %d is not older than the one before", i)
			}
		}
		if len(all) != n || len(walk("inspector", s.Units["west"])) != n/2 || len(walk("eastinspector", "")) != n/2 {
			t.Errorf("%d, %d below west, %d for the east; want %d and half of it", len(all), len(walk("inspector", s.Units["west"])),
				len(walk("eastinspector", "")), n)
		}
		if out := walk("eastinspector", s.Units["west"]); len(out) != 0 {
			t.Errorf("the east's inspector sees %d of the west", len(out))
		}
		if _, err := s.App.Inspections(ctx, who, "", "not a cursor"); story.CodeOf(err) != "cursor_unreadable" {
			t.Errorf("a broken cursor: %v", err)
		}
		if _, err := s.App.Inspections(ctx, s.Actor("anna"), "", ""); !fault.Is(err, fault.ForbiddenKind) {
			t.Errorf("an officer's list: %v", err)
		}
	})
}
