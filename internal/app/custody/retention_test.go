package custody_test

import (
	"context"
	"slices"
	"testing"

	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/custody"
	"plumbline/internal/issue"
)

// dueIDs lists the ids that retention has made due, in the order of the list.
func dueIDs(t *testing.T, s *apptest.Site, in appcustody.DueInput) (ids []string, rows map[string]appcustody.DueRow) {
	t.Helper()
	page, err := s.App.Due(context.Background(), s.Actor("records"), in)
	if err != nil {
		t.Fatal(err)
	}
	rows = make(map[string]appcustody.DueRow)
	for _, r := range page.Rows {
		ids, rows[r.ID] = append(ids, r.ID), r
	}
	if page.Total != int64(len(ids)) {
		t.Errorf("%d in all, %d listed", page.Total, len(ids))
	}
	return ids, rows
}

// TestRetentionListsWhatIsDue goes through the years: nothing is due before the
// day that the rule gives, each class has its own, what is open is never due,
// and holds, proposals and tombstones each take a record out of what is free.
func TestRetentionListsWhatIsDue(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		of := s.Issues(
			apptest.IssueSeed{Name: "open", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
				Event: "2026-02-01"},
			apptest.IssueSeed{Name: "withdrawn", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
				Event: "2026-02-02"},
			apptest.IssueSeed{Name: "held", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
				Event: "2026-02-03"},
			apptest.IssueSeed{Name: "declared", Source: issue.Self, Person: "anna", Unit: "east1", Category: "gifts_business", Severity: 0,
				Event: "2026-02-04"},
		)
		for _, name := range []string{"withdrawn", "held"} {
			i, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: of[name]})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.App.WithdrawIssue(ctx, s.Actor("inspector"), casework.WithdrawIssueInput{Step: casework.Step{ID: i.ID,
				Version: i.Version, Reason: "not him"}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := s.App.BulkCorrect(ctx, s.Actor("east1head"), casework.BulkCorrectInput{Unit: s.Units["east1"], MaxSeverity: 1,
			Count: 1, Key: "once"}); err != nil {
			t.Fatal(err)
		}
		settled := s.Clock.Now()
		if ids, _ := dueIDs(t, s, appcustody.DueInput{}); len(ids) != 0 {
			t.Fatalf("due on the day: %v", ids)
		}
		s.Clock.Set(settled.AddDate(0, 12, -1))
		if ids, _ := dueIDs(t, s, appcustody.DueInput{}); len(ids) != 0 {
			t.Errorf("due a day early: %v", ids)
		}
		s.Clock.Set(settled.AddDate(0, 12, 0))
		ids, rows := dueIDs(t, s, appcustody.DueInput{})
		want := []string{of["withdrawn"], of["held"]}
		slices.Sort(want)
		if !slices.Equal(ids, want) || rows[of["withdrawn"]].Outcome != "withdrawn" || rows[of["withdrawn"]].Months != 12 {
			t.Errorf("after a year: %+v", rows)
		}
		for _, r := range rows {
			if string(r.DueOn) > string(s.App.Today()) {
				t.Errorf("%+v is listed before its day", r)
			}
		}
		if _, _, err := s.App.PlaceHold(ctx, s.Actor("body"),
			appcustody.HoldInput{RecordInput: appcustody.RecordInput{Kind: custody.IssueRecord, Record: of["held"]},
				Reason: "诉讼"}); err != nil {
			t.Fatal(err)
		}
		if _, rows := dueIDs(t, s, appcustody.DueInput{}); !rows[of["held"]].Held {
			t.Error("the hold is not shown")
		}
		if ids, _ := dueIDs(t, s, appcustody.DueInput{Ready: true}); !slices.Equal(ids, []string{of["withdrawn"]}) {
			t.Errorf("free: %v", ids)
		}
		e, err := story.ProposeExpungement(s, "records", of["withdrawn"], custody.GroundRetention)
		if err != nil {
			t.Fatal(err)
		}
		if _, rows := dueIDs(t, s, appcustody.DueInput{}); !rows[of["withdrawn"]].Pending {
			t.Error("the proposal is not shown")
		}
		if ids, _ := dueIDs(t, s, appcustody.DueInput{Ready: true}); len(ids) != 0 {
			t.Errorf("free: %v", ids)
		}
		for _, who := range []string{"body", "body2"} {
			if _, err := s.App.ApproveExpungement(ctx, s.Actor(who), appcustody.ExpungementInput{ID: e, Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if ids, _ := dueIDs(t, s, appcustody.DueInput{}); !slices.Equal(ids, []string{of["held"]}) {
			t.Errorf("with a tombstone: %v", ids)
		}
		s.Clock.Set(settled.AddDate(0, 60, 0))
		if ids, rows := dueIDs(t, s, appcustody.DueInput{Ready: true}); !slices.Equal(ids, []string{of["declared"]}) ||
			rows[of["declared"]].Outcome != "declared" {
			t.Errorf("after five years: %v", ids)
		}
		s.Clock.Set(settled.AddDate(100, 0, 0))
		if ids, _ := dueIDs(t, s, appcustody.DueInput{}); slices.Contains(ids, of["open"]) || len(ids) != 2 {
			t.Errorf("what is open is due: %v", ids)
		}
		if _, err := s.App.Due(ctx, s.Actor("records"), appcustody.DueInput{Kind: "person"}); story.CodeOf(err) != "filter_value" {
			t.Error(err)
		}
	})
}

// TestAuditRecordsBecomeDue: those that became no issue, by their own period.
func TestAuditRecordsBecomeDue(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		f := story.PetitionFile("姓名,警号,问题类别,发生时间,受理日期,问题描述\n查无此人,999999,态度生硬,2026.2.1,2026年2月28日,窗口推诿\n")
		f.Classes = map[string]string{"态度生硬": "public_conduct"}
		story.ImportFile(t, s, f)
		made := s.Clock.Now()
		in := appcustody.DueInput{Kind: custody.AuditRecord, Ready: true}
		if ids, _ := dueIDs(t, s, in); len(ids) != 0 {
			t.Errorf("due at once: %v", ids)
		}
		s.Clock.Set(made.AddDate(1, 0, 1))
		ids, rows := dueIDs(t, s, in)
		if len(ids) != 1 || rows[ids[0]].Outcome != "unmatched" {
			t.Fatalf("%+v", rows)
		}
		if _, _, err := s.App.ProposeExpungement(context.Background(), s.Actor("records"), appcustody.ProposeExpungementInput{
			RecordInput: appcustody.RecordInput{Kind: custody.AuditRecord,
				Record: ids[0]}, Ground: custody.GroundRetention, Reason: "到期"}); err != nil {
			t.Errorf("what the list calls due is refused: %v", err)
		}
		if ids, _ := dueIDs(t, s, in); len(ids) != 0 {
			t.Errorf("proposed, and still free: %v", ids)
		}
	})
}
