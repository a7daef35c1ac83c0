package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/store/dialect"
)

func grow(t *testing.T, s *Store, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, err := s.Update(context.Background(), Call{}, addWidget(id)); err != nil {
			t.Fatal(err)
		}
	}
}

func view(t *testing.T, s *Store, fn func(ctx context.Context, v *View) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func savePoint(t *testing.T, s *Store) LedgerCheckpoint {
	t.Helper()
	var c LedgerCheckpoint
	view(t, s, func(ctx context.Context, v *View) error {
		size, root, err := v.Head(ctx)
		c = LedgerCheckpoint{Size: size, Root: root[:], At: s.Now(), Note: "note\n"}
		return err
	})
	if err := s.SaveCheckpoint(context.Background(), c, "log+key"); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCheckpointsAreKeptOnceAndFound(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		view(t, s, func(ctx context.Context, v *View) error {
			if _, err := v.LastCheckpoint(ctx); err == nil {
				t.Error("a checkpoint before the first")
			}
			return nil
		})
		grow(t, s, "a", "b")
		two := savePoint(t, s)
		grow(t, s, "c", "d", "e")
		five := savePoint(t, s)
		if err := s.SaveCheckpoint(ctx, five, "log+key"); err != nil {
			t.Errorf("again: %v", err)
		}
		other := sha256.Sum256([]byte("other"))
		if err := s.SaveCheckpoint(ctx, LedgerCheckpoint{Size: 5, Root: other[:], At: s.Now(), Note: "x"}); !fault.Is(err,
			fault.ConflictKind) {
			t.Errorf("another root at the same size: %v", err)
		}
		for range 2 {
			if err := s.SaveCosignature(ctx, LedgerCosignature{Size: 5, Witness: "w1", At: s.Now(), Line: "— w1 x\n"}); err != nil {
				t.Fatal(err)
			}
		}
		view(t, s, func(ctx context.Context, v *View) error {
			if size, _, err := v.Head(ctx); err != nil || size != 5 {
				t.Errorf("checkpoints added entries: %d, %v", size, err)
			}
			for seq, want := range map[int64]int64{0: 2, 1: 2, 2: 5, 4: 5} {
				if c, err := v.CheckpointFor(ctx, seq); err != nil || c.Size != want {
					t.Errorf("entry %d stands under %d, %v; want %d", seq, c.Size, err, want)
				}
			}
			if _, err := v.CheckpointFor(ctx, 5); err == nil {
				t.Error("an entry that is not there stands under a checkpoint")
			}
			if c, err := v.WitnessedFor(ctx, 0, 1); err != nil || c.Size != 5 {
				t.Errorf("witnessed: %v, %v", c, err)
			}
			if _, err := v.WitnessedFor(ctx, 0, 2); err == nil {
				t.Error("one witness is counted as two")
			}
			last, err := v.LastCheckpoint(ctx)
			if err != nil || last.Size != 5 {
				t.Fatalf("%v, %v", last, err)
			}
			if n, err := v.SignedNote(ctx, last); err != nil || string(n) != "note\n— w1 x\n" {
				t.Errorf("%q, %v", n, err)
			}
			keys, err := v.LedgerKeys(ctx)
			if err != nil || len(keys) != 1 {
				t.Errorf("%v, %v", keys, err)
			}
			proof, err := v.Consistency(ctx, 2, 5)
			if err != nil {
				return err
			}
			older := ledger.Checkpoint{Origin: "o", Size: 2, Root: ledger.Hash(two.Root)}
			newer := ledger.Checkpoint{Origin: "o", Size: 5, Root: ledger.Hash(five.Root)}
			if err := ledger.CheckConsistency(proof, older, newer); err != nil {
				t.Error(err)
			}
			if root, err := v.RootAt(ctx, 2); err != nil || root != older.Root {
				t.Errorf("root at 2: %x, %v", root, err)
			}
			e, err := v.EntryAt(ctx, 3)
			if err != nil {
				return err
			}
			path, err := v.Proof(ctx, 5, 3)
			if err != nil {
				return err
			}
			return ledger.CheckInclusion(path, 5, newer.Root, 3, ledger.Hash(e.Leaf))
		})
	})
}

func TestTheDatabaseRefusesToForgetCheckpoints(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		grow(t, s, "a")
		c := savePoint(t, s)
		if err := s.SaveCosignature(context.Background(), LedgerCosignature{Size: c.Size, Witness: "w", At: s.Now(),
			Line: "x"}); err != nil {
			t.Fatal(err)
		}
		refused := []string{
			"UPDATE ledger_checkpoints SET note = 'x'", "DELETE FROM ledger_checkpoints", "UPDATE ledger_cosignatures SET line = 'x'",
			"DELETE FROM ledger_cosignatures", "DELETE FROM ledger_keys", "UPDATE ledger_keys SET vkey = 'x'", "UPDATE sites SET value = 'x'",
		}
		if s.dialect == dialect.SQLite { // a connection without our settings
			refused = append(refused,
				"PRAGMA recursive_triggers=0; INSERT OR REPLACE INTO ledger_checkpoints SELECT size, at, root, 'x' FROM ledger_checkpoints",
				"INSERT OR REPLACE INTO ledger_cosignatures SELECT size, witness, at, 'x' FROM ledger_cosignatures",
				"INSERT OR REPLACE INTO ledger_entries SELECT seq, at, account, 'x', kind, object_id, body, leaf FROM ledger_entries",
				"INSERT OR REPLACE INTO ledger_hashes SELECT idx, hash FROM ledger_hashes",
				"INSERT OR REPLACE INTO sites SELECT name, 'x' FROM sites")
		} else {
			refused = append(refused, "TRUNCATE ledger_checkpoints", "TRUNCATE ledger_cosignatures", "TRUNCATE ledger_entries",
				"TRUNCATE ledger_hashes",
				"SET session_replication_role = replica; DELETE FROM ledger_checkpoints",
				"SET session_replication_role = replica; DELETE FROM ledger_entries")
		}
		for _, stmt := range refused {
			if _, err := s.writer.Exec(stmt); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", stmt, err)
			}
		}
		if s.dialect == dialect.SQLite {
			for pragma, want := range map[string]int{"recursive_triggers": 1, "trusted_schema": 0, "secure_delete": 1} {
				var got int
				if err := s.reader.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s is %d, %v", pragma, got, err)
				}
			}
		}
	})
}

func TestCommitsLeaveATokenAndAHead(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		if _, ok := s.Acknowledged(); ok {
			t.Error("a head before the first write")
		}
		grow(t, s, "a", "b")
		select {
		case <-s.Committed():
		default:
			t.Error("no token after a commit")
		}
		c, ok := s.Acknowledged()
		if !ok || c.Size != 2 {
			t.Fatalf("%v %v", c, ok)
		}
		savePoint(t, s)
		select {
		case <-s.Committed():
			t.Error("a checkpoint gave a token: it would never end")
		default:
		}
		disk, err := s.OnDisk(context.Background())
		if err != nil || disk != c {
			t.Errorf("on disk %v, %v; acknowledged %v", disk, err, c)
		}
	})
}

// asOwner bypasses the triggers, as the owner of the database can.
func asOwner(t *testing.T, s *Store, stmts ...string) {
	t.Helper()
	if s.dialect == dialect.SQLite {
		var drop []string
		if err := s.writer.NewRaw("SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'").
			Scan(context.Background(), &drop); err != nil {
			t.Fatal(err)
		}
		stmts = append(drop, stmts...)
	} else {
		stmts = append([]string{"ALTER TABLE ledger_entries DISABLE TRIGGER ALL",
			"ALTER TABLE ledger_hashes DISABLE TRIGGER ALL"}, stmts...)
	}
	for _, stmt := range stmts {
		if _, err := s.writer.Exec(stmt); err != nil {
			t.Fatalf("%s: %v", stmt, err)
		}
	}
}

func TestATreeChangedUnderTheServerFreezesIt(t *testing.T) {
	for _, c := range []struct{ name, code, stmt string }{
		{"tail cut off", FreezeShrunk, "DELETE FROM ledger_entries WHERE seq = 2"},
		{"last entry changed", FreezeRewritten, "UPDATE ledger_entries SET leaf = (SELECT leaf FROM ledger_entries WHERE seq = 0) WHERE seq = 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *Store) {
				grow(t, s, "a", "b", "c")
				asOwner(t, s, c.stmt)
				var f *fault.Error
				if _, err := s.Update(context.Background(), Call{}, addWidget("d")); !errors.As(err, &f) || f.Code != "ledger_frozen" {
					t.Fatalf("%v", err)
				}
				if got := s.Frozen(); got == nil || got.Code != c.code || got.Remembered.Size != 3 {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

func TestAFilePutInPlaceOfTheDatabaseFreezes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "site.db")
	s := openTest(t, file)
	grow(t, s, "a")
	old := file + ".old"
	if _, err := s.writer.ExecContext(context.Background(), "VACUUM INTO ?", old); err != nil {
		t.Fatal(err)
	}
	grow(t, s, "b")
	if err := os.Rename(old, file); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(context.Background(), Call{}, addWidget("c")); !fault.Is(err, fault.UnavailableKind) {
		t.Fatalf("%v", err)
	}
	if f := s.Frozen(); f == nil || f.Code != FreezeReplaced {
		t.Errorf("%+v", f)
	}
}

func TestAnotherProcessMayWrite(t *testing.T) {
	for name, dsn := range testDSNs(t) {
		t.Run(name, func(t *testing.T) {
			address := dsn(t)
			one := openTest(t, address)
			two := openTest(t, address)
			one.clock = func() time.Time { return time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC) }
			grow(t, one, "a")
			grow(t, two, "b", "c")
			grow(t, one, "d")
			if c, _ := one.Acknowledged(); c.Size != 4 {
				t.Errorf("%d entries", c.Size)
			}
		})
	}
}

// TestALongGroupIsCut: slow members do not keep a checkpoint waiting behind all
// of them, and none is lost or executed twice.
func TestALongGroupIsCut(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		var mu sync.Mutex
		at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		s.clock = func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
		begun, hold := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := s.Update(ctx, Call{}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
				close(begun)
				<-hold
				return addWidget("first")(ctx, tx)
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-begun
		const n = 12
		var order []string // in which members ran
		for i := range n {
			wg.Go(func() {
				id := fmt.Sprintf("w%d", i)
				_, err := s.Update(ctx, Call{}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
					mu.Lock()
					at = at.Add(25 * time.Millisecond) // so long does each of them take
					order = append(order, "member")
					mu.Unlock()
					return addWidget(id)(ctx, tx)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		for len(s.queue) < n {
			runtime.Gosched()
		}
		wg.Go(func() {
			err := s.quietly(ctx, "test", func(context.Context, *Tx) error {
				mu.Lock()
				order = append(order, "quiet")
				mu.Unlock()
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		for len(s.quiet) < 1 {
			runtime.Gosched()
		}
		close(hold)
		wg.Wait()
		if i := slices.Index(order, "quiet"); i < 0 || i > 3 || len(order) != n+1 {
			t.Errorf("the order was %v", order)
		}
		if got := count(t, s, "ledger_entries"); got != n+1 {
			t.Errorf("%d entries", got)
		}
		var commits int
		if err := s.reader.NewRaw("SELECT count(DISTINCT at) FROM ledger_entries").Scan(ctx, &commits); err != nil || commits < n/3 {
			t.Errorf("%d commits, %v", commits, err)
		}
	})
}

// TestAFailedGroupDoesNotFreezeTheSite: a group that fails after building its
// entries, for example because its connection is cut, must leave nothing that
// the next group could mistake for a rewritten ledger.
func TestAFailedGroupDoesNotFreezeTheSite(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		grow(t, s, "a")
		rename := func(from, to string) {
			if _, err := s.writer.Exec("ALTER TABLE " + from + " RENAME TO " + to); err != nil {
				t.Fatal(err)
			}
		}
		rename("counters", "counters_away") // the last thing that a group writes
		if _, err := s.Update(ctx, Call{}, addWidget("b")); err == nil {
			t.Fatal("written without counters")
		}
		rename("counters_away", "counters")
		if _, err := s.Update(ctx, Call{}, addWidget("b")); err != nil {
			t.Fatalf("%v; frozen: %+v", err, s.Frozen())
		}
	})
}
