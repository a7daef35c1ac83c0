package jobs

import "testing"

// TestPace: a long job takes more at a time while it is alone, and gives way as
// soon as somebody else writes.
func TestPace(t *testing.T) {
	var p Pace
	for i, step := range []struct {
		seq  int64
		want int
	}{{40, 1}, {41, 2}, {42, 4}, {43, 8}, {44, 8}, {46, 1}, {47, 2}, {90, 1}, {91, 2}} {
		if p.Wrote(step.seq); p.Chunks != step.want {
			t.Errorf("write %d at entry %d: the next takes %d chunks, want %d", i, step.seq, p.Chunks, step.want)
		}
	}
}
