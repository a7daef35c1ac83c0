package engine

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"plumbline/internal/selfcheck"
)

// TestAKeyIsDestroyedAfterAKill kills a process between deleting drafts and
// destroying their key. The next process destroys that key and no other.
func TestAKeyIsDestroyedAfterAKill(t *testing.T) {
	for name, dsn := range testDSNs(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			at, path := dsn(t), filepath.Join(t.TempDir(), "site.keys")
			open := func() *Store {
				t.Helper()
				s, err := Open(ctx, at, Options{Origin: "test", Keys: path})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Migrate(ctx); err != nil {
					t.Fatal(err)
				}
				return s
			}
			s := open()
			var keyOf = map[string]int64{}
			for _, list := range []string{"filed", "open"} {
				err := s.Scratch(ctx, func(ctx context.Context, sx *ScratchTx) error {
					if err := sx.SaveDrafts(ctx, []selfcheck.Draft{{SubmissionID: list, ItemNo: 1, Seq: 1, Body: "text",
						SavedAt: time.Now()}}); err != nil {
						return err
					}
					ids, err := sx.draftKeys(ctx, list)
					keyOf[list] = ids[0]
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			has := func(list string) bool {
				t.Helper()
				got, err := s.keys.Load().Get(ctx, keyOf[list])
				if err != nil {
					t.Fatal(err)
				}
				return got[keyOf[list]] != nil
			}
			if _, err := s.deleteDrafts(ctx, "filed"); err != nil {
				t.Fatal(err)
			}
			if !has("filed") {
				t.Fatal("the key went with the drafts, so that there is nothing to see here")
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open()
			s.keyDestruction.work.Wait()
			if has("filed") || !has("open") {
				t.Errorf("filed: %t, open: %t", has("filed"), has("open"))
			}
			if n, err := s.reader.NewSelect().Model((*DoomedKey)(nil)).Count(ctx); err != nil || n != 0 {
				t.Errorf("%d keys are still to be destroyed: %v", n, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
