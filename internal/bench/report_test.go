package bench

import (
	"context"
	"path/filepath"
	"testing"

	"plumbline/internal/demo"
	"plumbline/internal/store/rawbench"
)

// TestLargeSiteCountsItsIssues: the report over the rows of the bench reads
// what a recount finds, so that its time is the time of a true report.
func TestLargeSiteCountsItsIssues(t *testing.T) {
	ctx := context.Background()
	s, err := open(ctx, filepath.Join(t.TempDir(), "site.db"), demo.Small, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
	if err := s.maker.Make(ctx); err != nil {
		t.Fatal(err)
	}
	const total = 9000
	have, err := countIssues(ctx, s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	if err := rawbench.Issues(ctx, s.store, total, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	if n, err := countIssues(ctx, s.dsn); err != nil || n != total {
		t.Fatalf("%d issues of %d: %v", n, total, err)
	}
	v, err := s.store.Verify(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Each row past the ledger is one finding; a wrong counter would be one more.
	if v.Total != total-have {
		t.Errorf("%d findings over %d rows past the ledger; the last: %v", v.Total, total-have, v.Findings[len(v.Findings)-1])
	}
}
