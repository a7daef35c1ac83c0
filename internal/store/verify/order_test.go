package verify

import (
	"context"
	"fmt"
	"testing"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/store/engine"
)

// TestTheFirstFalseEntryIsNamedFirst edits more rows than the report lists, and
// after them one written by an earlier entry: that one is named first, even if
// counters, which belong to no entry, disagree too.
func TestTheFirstFalseEntryIsNamedFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		ctx := context.Background()
		b := newBureau(t, s)
		b.unit("u0")
		for i := range findingsMax + 20 {
			b.statement(fmt.Sprintf("s%03d", i), "what was said")
		}
		b.disarm()
		for _, edit := range []string{
			"UPDATE statements SET issue_id = 'j'",
			"UPDATE units SET name = 'x'",
		} {
			if _, err := engine.Writer(s).ExecContext(ctx, edit); err != nil {
				t.Fatal(err)
			}
		}
		v, err := Run(ctx, s, Evidence{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if v.Total <= findingsMax+20 || len(v.Findings) != findingsMax {
			t.Fatalf("%d findings, %d listed", v.Total, len(v.Findings))
		}
		for i, f := range v.Findings {
			if f.Seq != int64(i) {
				t.Fatalf("finding %d: %s", i, f)
			}
		}
		if f := v.Findings[0]; f.ID != "u0" || f.What != "row_changed" {
			t.Errorf("first: %s", f)
		}
		if earlier(Finding{Seq: -1, What: "counter"}, Finding{Seq: 7}) <= 0 || earlier(Finding{Seq: -1}, Finding{Seq: -1}) != 0 {
			t.Error("what belongs to no entry does not come last")
		}
	})
}
