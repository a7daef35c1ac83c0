package intake_test

import (
	"context"
	"slices"
	"testing"

	"plumbline/internal/app/casework"
	appintake "plumbline/internal/app/intake"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/store"
)

const severeHead = "姓名,警号,单位,问题类别,发生时间,受理日期,问题描述,严重程度\n"

// matchStates are the states of a batch's matches in the order of the file.
func matchStates(t *testing.T, s *apptest.Site, batch string) []string {
	t.Helper()
	rows, _, _, err := s.App.Matches(context.Background(), s.Actor("inspector"), appintake.MatchFilter{Batch: batch}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b appintake.MatchRow) int { return a.Row - b.Row })
	var out []string
	for _, r := range rows {
		out = append(out, r.State)
	}
	return out
}

// TestOneAccountWithdrawsNoSevereRecord: a record that is no issue yet is as
// well guarded as one that is, whatever its match says.
func TestOneAccountWithdrawsNoSevereRecord(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		for state, row := range map[string]string{
			"probable":  "林乙,,单位east1,态度生硬,2026-02-02,2026-02-10,推诿,涉嫌犯罪\n",
			"ambiguous": "林丙,100014,单位east2,态度生硬,2026-02-03,2026-02-10,警号不符,严重\n",
			"unmatched": "无此人,,单位west1,态度生硬,2026-02-04,2026-02-10,查无此人,较重\n",
		} {
			id := story.ImportFile(t, s, story.PetitionFile(severeHead+row))
			if got := matchStates(t, s, id); len(got) != 1 || got[0] != state {
				t.Fatalf("imported as %v, want %s", got, state)
			}
			in := appintake.BatchInput{ID: id, Reason: "误导入", Key: "withdraw " + state}
			for range 2 { // the second is the same request again
				b, _, err := s.App.WithdrawBatch(ctx, s.Actor("inspector"), in)
				s.Jobs()
				if err != nil || b.State != "imported" || !b.Pending || b.Proposal == "" {
					t.Fatalf("%s: one inspector: %+v %v", state, b, err)
				}
			}
			if got := matchStates(t, s, id); got[0] != state {
				t.Fatalf("%s: one inspector withdrew it: %v", state, got)
			}
			agreed(t, s, "batch.withdraw")
			s.Jobs()
			if got := matchStates(t, s, id); got[0] != "withdrawn" {
				t.Errorf("%s: two agreed, and it is %v", state, got)
			}
			if b, err := s.App.Batch(ctx, s.Actor("inspector"), id); err != nil || b.Pending || b.Proposal != "" {
				t.Errorf("%s: after they agreed: %+v %v", state, b, err)
			}
		}
		id := story.ImportFile(t, s, story.PetitionFile(severeHead+"无此人,,单位west1,态度生硬,2026-02-04,2026-02-10,查无此人,一般\n"))
		if b, _, err := s.App.WithdrawBatch(ctx, s.Actor("inspector"), appintake.BatchInput{ID: id, Reason: "误导入"}); err != nil ||
			b.State != "withdrawing" || b.Pending {
			t.Errorf("what is not severe: %+v %v", b, err)
		}
	})
}

// TestOneAccountWithdrawsNoUnreadRow: stopping an import first is no way to make
// the rest of the file vanish.
func TestOneAccountWithdrawsNoUnreadRow(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	out, _, err := s.App.ImportAudit(ctx, s.Actor("inspector"), appintake.ImportInput{AuditFile: long(150)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.CancelImport(ctx, s.Actor("inspector"), appintake.BatchInput{ID: out.BatchID}); err != nil {
		t.Fatal(err)
	}
	b, _, err := s.App.WithdrawBatch(ctx, s.Actor("inspector"), appintake.BatchInput{ID: out.BatchID, Reason: "误导入"})
	if err != nil || b.State != "stopped" || !b.Pending {
		t.Fatalf("one inspector: %+v %v", b, err)
	}
	agreed(t, s, "batch.withdraw")
	s.Jobs()
	if b, err = s.App.Batch(ctx, s.Actor("inspector"), out.BatchID); err != nil || b.State != "withdrawn" {
		t.Errorf("two agreed: %+v %v", b, err)
	}
}

// TestASevereRecordIsNobodysByTwo: one reviewer confirms a probable match, and
// two set it aside; what once was severe stays so.
func TestASevereRecordIsNobodysByTwo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		id := story.ImportFile(t, s, story.PetitionFile(severeHead+
			"林乙,,单位east1,态度生硬,2026-02-02,2026-02-10,推诿,涉嫌犯罪\n"+
			"林丁,,单位west1,态度生硬,2026-02-03,2026-02-10,敷衍,轻微\n"))
		m := story.MatchNamed(t, s, "inspector", "林乙")
		nobody := func(actor string, version int64) (appintake.MatchView, error) {
			v, _, err := s.App.DecideMatch(ctx, s.Actor(actor), appintake.DecideInput{ID: m.ID, Version: version, Nobody: true,
				Reason: "查无此人"})
			return v, err
		}
		v, err := s.App.Match(ctx, s.Actor("inspector"), m.ID)
		if err != nil || v.State != "probable" || v.Reviewers != 1 || v.ForNobody != 2 {
			t.Fatalf("%+v %v", v, err)
		}
		if v, err = nobody("inspector", m.Version); err != nil || v.State != "probable" || !v.Proposed || !v.ProposedNone || v.MayDecide {
			t.Fatalf("one reviewer, who imported it too: %+v %v", v, err)
		}
		if _, err = nobody("inspector", v.Version); story.CodeOf(err) != "match_second_reviewer" {
			t.Errorf("the same reviewer again: %v", err)
		}
		twin := *s.Actor("inspector2")
		twin.Person = s.Actor("inspector").Person
		if _, _, err := s.App.DecideMatch(ctx, &twin, appintake.DecideInput{ID: m.ID, Version: v.Version,
			Nobody: true}); story.CodeOf(err) != "match_second_reviewer" {
			t.Errorf("another account of the same person: %v", err)
		}
		if v, err = nobody("inspector2", v.Version); err != nil || v.State != "unmatched" {
			t.Errorf("a second reviewer: %+v %v", v, err)
		}

		// Slight as it came, severe as an issue, and then taken back by two.
		m = story.MatchNamed(t, s, "inspector", "林丁")
		if v, _, err = s.App.DecideMatch(ctx, s.Actor("inspector"), appintake.DecideInput{ID: m.ID, Version: m.Version,
			Person: s.People["dong"]}); err != nil || v.IssueID == "" {
			t.Fatalf("%+v %v", v, err)
		}
		for severity, version := 4, int64(1); severity >= 0; severity, version = severity-4, version+1 {
			in := casework.TriageIssueInput{Step: casework.Step{ID: v.IssueID, Version: version}, Severity: severity,
				Category: "public_conduct"}
			if _, _, err := s.App.TriageIssue(ctx, s.Actor("inspector"), in); err != nil {
				t.Fatal(err)
			}
		}
		undo := appintake.UndoInput{ID: m.ID, Version: v.Version, Reason: "认错人", Key: "undo"}
		for range 2 { // the second is the same request again
			if v, _, err = s.App.UndoMatch(ctx, s.Actor("inspector"), undo); err != nil || v.State != "matched" || !v.Pending ||
				v.Proposal == "" || v.MayUndo {
				t.Fatalf("one inspector undoes it: %+v %v", v, err)
			}
		}
		agreed(t, s, "match.undo")
		if v, err = s.App.Match(ctx, s.Actor("inspector"), m.ID); err != nil || v.State != "probable" || v.Pending || v.Proposal != "" {
			t.Fatalf("undone by two: %+v %v", v, err)
		}
		if v, err = nobody("inspector", v.Version); err != nil || v.State != "probable" {
			t.Errorf("once severe, by one reviewer: %+v %v", v, err)
		}
		if b, _, err := s.App.WithdrawBatch(ctx, s.Actor("inspector"), appintake.BatchInput{ID: id, Reason: "误导入"}); err != nil ||
			b.State != "imported" || !b.Pending {
			t.Errorf("once severe, its batch: %+v %v", b, err)
		}
	})
}

// TestASevereRowRepeatsNothingSlight: a slight record that says the same does not
// swallow it, wherever it stands. A row that is less severe is linked.
func TestASevereRowRepeatsNothingSlight(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		row := func(severity string) string {
			return "林乙,,单位east1,态度生硬,2026-02-02,2026-02-10,推诿," + severity + "\n"
		}
		first := story.ImportFile(t, s, story.PetitionFile(severeHead+row("轻微")+row("瑕疵")))
		if got := matchStates(t, s, first); !slices.Equal(got, []string{"probable", "duplicate"}) {
			t.Fatalf("slight ones: %v", got)
		}
		f := story.PetitionFile(severeHead + row("涉嫌犯罪") + row("严重") + row("一般"))
		p, err := s.App.PreviewAudit(ctx, s.Actor("inspector"), f)
		if err != nil || p.Counts.Duplicates != 2 {
			t.Errorf("dry run: %+v %v", p.Counts, err)
		}
		second := story.ImportFile(t, s, f)
		if got := matchStates(t, s, second); !slices.Equal(got, []string{"probable", "duplicate", "duplicate"}) {
			t.Errorf("a severe one that a slight one came before: %v", got)
		}
		var original string
		if err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			rows, err := v.MatchesOfBatch(ctx, second, 0, 10)
			if err == nil && rows[1].Original != rows[0].ID {
				original = rows[1].Original
			}
			return err
		}); err != nil || original != "" {
			t.Errorf("the second severe one is linked to %q, %v", original, err)
		}
		third := story.ImportFile(t, s, story.PetitionFile(severeHead+row("较重")))
		if got := matchStates(t, s, third); !slices.Equal(got, []string{"duplicate"}) {
			t.Errorf("severe after severe: %v", got)
		}
	})
}
