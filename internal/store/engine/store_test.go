package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
)

// Widget stands for any ledgered row in the tests of the writer.
type Widget struct {
	ledger.Stamp
	UnitID   string `bun:"unit_id"`
	BranchID string `bun:"branch_id" ledger:"-"`
	State    string `bun:"state"`
}

func (w *Widget) PlaceUnit() string    { return w.UnitID }
func (w *Widget) PlaceBranch(b string) { w.BranchID = b }
func (w *Widget) Deltas(emit func(section, unit, month, key string, n int64)) {
	emit("widgets", w.UnitID, "", w.State, 1)
}

func init() {
	KindByType[reflect.TypeFor[Widget]()] = "widget"
}

// each runs a test on every dialect available on the machine.
func each(t *testing.T, fn func(t *testing.T, s *Store)) {
	for name, dsn := range migratedDSNs(t) {
		t.Run(name, func(t *testing.T) {
			s := openTest(t, dsn(t))
			fn(t, s)
		})
	}
}

func openTest(t testing.TB, dsn string) *Store {
	t.Helper()
	ctx := context.Background()
	s, err := Open(ctx, dsn, Options{Origin: "test", Keys: filepath.Join(t.TempDir(), "site.keys")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	for _, stmt := range s.dialect.Statements("CREATE TABLE IF NOT EXISTS widgets ($STAMP, unit_id TEXT NOT NULL, branch_id " +
		"TEXT NOT NULL, state TEXT NOT NULL) $STRICT") {
		if _, err := s.writer.Exec(stmt); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func addWidget(id string) Writing {
	return func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
		w := &Widget{Stamp: ledger.Stamp{ID: id}, State: "new"}
		if err := tx.Insert(ctx, w); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "widget.add", Kind: "widget", ID: id}}, id, nil
	}
}

func count(t *testing.T, s *Store, table string) int {
	t.Helper()
	var n int
	if err := s.reader.NewRaw("SELECT count(*) FROM "+table).Scan(context.Background(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// write runs one write closure.
func write(t *testing.T, s *Store, fn Writing) Receipt {
	t.Helper()
	r, err := s.Update(context.Background(), Call{Account: "a", Op: "test", RequestID: "r"}, fn)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWritersShareACommitAndNoneHurtsTheOthers(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		const n = 200
		var wg sync.WaitGroup
		errs := make([]error, n)
		for i := range n {
			wg.Add(1)
			go func() {
				defer wg.Done()
				fn := addWidget(fmt.Sprintf("w%03d", i))
				switch i % 5 {
				case 1: // a fault after a write
					add := fn
					fn = func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
						add(ctx, tx)
						return nil, "", fault.Invalid("no_such_thing", "x")
					}
				case 2: // a broken statement
					fn = func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
						_, err := tx.db.ExecContext(ctx, "SELECT * FROM nowhere")
						return nil, "", err
					}
				case 3: // a panic
					fn = func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) { panic("boom") }
				case 4: // no fact
					fn = func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
						return nil, "", tx.Insert(ctx, &Widget{State: "new"})
					}
				}
				_, errs[i] = s.Update(ctx, Call{Account: "a", Op: "widget.add", RequestID: fmt.Sprint(i)}, fn)
			}()
		}
		wg.Wait()
		for i, err := range errs {
			if (i%5 == 0) != (err == nil) {
				t.Fatalf("member %d: %v", i, err)
			}
		}
		if got := count(t, s, "widgets"); got != n/5 {
			t.Fatalf("%d widgets, want %d", got, n/5)
		}
		if got := count(t, s, "ledger_entries"); got != n/5 {
			t.Fatalf("%d entries, want %d", got, n/5)
		}
		var c int64
		if err := s.reader.NewRaw("SELECT n FROM counters WHERE section='widgets' AND key='new'").Scan(ctx, &c); err != nil || c != n/5 {
			t.Fatalf("counter %d %v", c, err)
		}
	})
}

func TestReplayGivesTheFirstAnswer(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		call := Call{Account: "a", Op: "widget.add", Key: []byte("key"), Body: []byte("body"), RequestID: "r1"}
		first, err := s.Update(ctx, call, addWidget("w"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Update(ctx, call, addWidget("w"))
		if err != nil {
			t.Fatal(err)
		}
		if !again.Replayed || again.Seq != first.Seq || again.Leaf != first.Leaf || again.ResultID != "w" || !again.At.Equal(first.At) {
			t.Fatalf("first %+v, again %+v", first, again)
		}
		call.Body = []byte("another")
		if _, err := s.Update(ctx, call, addWidget("w2")); !fault.Is(err, fault.ConflictKind) {
			t.Fatalf("another body under the same key: %v", err)
		}
		call.Key, call.Account = []byte("key"), "b"
		if _, err := s.Update(ctx, call, addWidget("w3")); err != nil {
			t.Fatalf("the same key of somebody else: %v", err)
		}
	})
}

// TestADoubleTapInOneGroupIsOneWrite sends the repetition before the first has
// committed, when its request record is not in the table yet.
func TestADoubleTapInOneGroupIsOneWrite(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		started, release := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := s.Update(ctx, Call{Account: "a"}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
				close(started)
				<-release
				return addWidget("slow")(ctx, tx)
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-started
		const taps = 4
		receipts, errs := make([]Receipt, taps), make([]error, taps)
		for i := range taps {
			wg.Go(func() {
				body := []byte("body")
				if i == taps-1 {
					body = []byte("another")
				}
				receipts[i], errs[i] = s.Update(ctx, Call{Account: "a", Op: "widget.add", Key: []byte("key"), Body: body},
					addWidget(fmt.Sprintf("tap-%s", body)))
			})
		}
		for len(s.queue) < taps { // all wait behind the slow one
			runtime.Gosched()
		}
		close(release)
		wg.Wait()
		if got := count(t, s, "widgets"); got != 2 {
			t.Fatalf("%d widgets, want the slow one and one of the taps", got)
		}
		conflicts, fresh := 0, 0
		for i := range taps {
			switch {
			case fault.Is(errs[i], fault.ConflictKind):
				conflicts++
			case errs[i] != nil:
				t.Fatal(errs[i])
			case !receipts[i].Replayed:
				fresh++
			}
		}
		// Whichever body came first was written; the other is a conflict.
		if fresh != 1 || conflicts != 1 && conflicts != 3 {
			t.Fatalf("%d fresh answers, %d conflicts: %+v %v", fresh, conflicts, receipts, errs)
		}
	})
}

func TestSaveNeedsTheVersionItRead(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		if _, err := s.Update(ctx, Call{Account: "a"}, addWidget("w")); err != nil {
			t.Fatal(err)
		}
		edit := func(version int64, state string) error {
			_, err := s.Update(ctx, Call{Account: "a"}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
				w := &Widget{}
				if err := tx.db.NewSelect().Model(w).Where("id = 'w'").Scan(ctx); err != nil {
					return nil, "", err
				}
				w.Version = version
				after := *w
				after.State = state
				return []ledger.Fact{{Verb: "widget.edit", Kind: "widget", ID: "w"}}, "w", tx.Save(ctx, w, &after)
			})
			return err
		}
		if err := edit(1, "done"); err != nil {
			t.Fatal(err)
		}
		if err := edit(1, "again"); !fault.Is(err, fault.ConflictKind) {
			t.Fatalf("a stale version was saved: %v", err)
		}
		e, err := func() (e []LedgerEntry, err error) {
			err = s.View(ctx, func(ctx context.Context, v *View) error { e, err = v.EntriesOf(ctx, "w"); return err })
			return
		}()
		if err != nil || len(e) != 2 {
			t.Fatalf("%d entries, %v", len(e), err)
		}
		p, err := ledger.ParseEntry(e[1].Body)
		if err != nil || p.Prev != 0 || len(p.After) != 1 {
			t.Fatalf("%+v %v", p, err)
		}
		rows := map[string]int64{}
		var cs []Counter
		if err := s.reader.NewSelect().Model(&cs).Scan(ctx); err != nil {
			t.Fatal(err)
		}
		for _, c := range cs {
			rows[c.Key] = c.N
		}
		if rows["new"] != 0 || rows["done"] != 1 {
			t.Fatalf("counters %v", rows)
		}
	})
}

func TestACancelledClientDoesNotStopTheGroup(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		started, release := make(chan struct{}), make(chan struct{})
		ctx, cancel := context.WithCancel(context.Background())
		slow := make(chan error, 1)
		go func() {
			_, err := s.Update(ctx, Call{Account: "a"}, func(c context.Context, tx *Tx) ([]ledger.Fact, string, error) {
				close(started)
				<-release
				return addWidget("slow")(c, tx)
			})
			slow <- err
		}()
		<-started
		gone, leave := context.WithCancel(context.Background())
		leave()
		if _, err := s.Update(gone, Call{Account: "a"}, addWidget("gone")); !fault.Is(err, fault.UnavailableKind) {
			t.Fatalf("%v", err)
		}
		cancel()
		if err := <-slow; !fault.Is(err, fault.UnavailableKind) {
			t.Fatalf("the client that left: %v", err)
		}
		close(release)
		if _, err := s.Update(context.Background(), Call{Account: "a"}, addWidget("next")); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, "widgets"); n < 2 || n > 3 {
			t.Fatalf("%d widgets", n)
		}
		if n, m := count(t, s, "widgets"), count(t, s, "ledger_entries"); n != m {
			t.Fatalf("%d rows, %d entries", n, m)
		}
	})
}

// A reader whose connection ends learns that the database went away, not that
// the program is at fault: from the query that meets it, from the next one, and
// from the end of the transaction.
func TestAConnectionThatEnds(t *testing.T) {
	dsn := pgtest.DSN(t)
	s := openTest(t, dsn)
	for asked := range 3 {
		err := s.View(context.Background(), func(ctx context.Context, v *View) (err error) {
			if _, _, err := v.Head(ctx); err != nil {
				t.Fatal(err)
			}
			pgtest.Exec(t, dsn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid "+
				"<> pg_backend_pid()")
			for range asked {
				_, _, err = v.Head(ctx)
			}
			return err
		})
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != "outcome_unknown" {
			t.Errorf("%d questions after the end: %v", asked, err)
		}
	}
	err := s.View(context.Background(), func(ctx context.Context, v *View) error {
		pgtest.Exec(t, dsn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "+
			"pg_backend_pid()")
		if _, _, err := v.Head(ctx); err == nil {
			t.Error("a connection that ended answers")
		}
		return nil
	})
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "outcome_unknown" {
		t.Errorf("the end of the transaction: %v", err)
	}
}

// The file and its log hold names and accusations, so nobody else on the
// machine may read them.
func TestADatabasesFileIsItsOwners(t *testing.T) {
	file := filepath.Join(t.TempDir(), "site.db")
	openTest(t, file)
	for _, name := range []string{file, file + "-wal"} {
		st, err := os.Stat(name)
		if err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", filepath.Base(name), st.Mode(), err)
		}
	}
}

func TestTimeNeverRunsBackwards(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		s.clock = func() time.Time { return at }
		a, err := s.Update(ctx, Call{}, addWidget("a"))
		if err != nil {
			t.Fatal(err)
		}
		s.clock = func() time.Time { return at.Add(-time.Hour) }
		b, err := s.Update(ctx, Call{}, addWidget("b"))
		if err != nil || b.At.Before(a.At) {
			t.Fatalf("%v then %v, %v", a.At, b.At, err)
		}
	})
}

func TestTheDatabaseRefusesToForget(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		if _, err := s.Update(ctx, Call{Account: "a"}, addWidget("w")); err != nil {
			t.Fatal(err)
		}
		for _, stmt := range []string{
			"UPDATE ledger_entries SET verb = 'x'", "DELETE FROM ledger_entries", "DELETE FROM ledger_hashes",
			"UPDATE requests SET seq = 0", "DELETE FROM requests",
		} {
			if strings.Contains(stmt, "requests") {
				if _, err := s.Update(ctx, Call{Account: "a", Key: []byte(stmt)}, addWidget(stmt)); err != nil &&
					!strings.Contains(err.Error(), "space") {
					t.Fatal(err)
				}
				continue
			}
			if _, err := s.writer.Exec(stmt); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", stmt, err)
			}
		}
		err := s.View(ctx, func(ctx context.Context, v *View) error {
			_, err := v.db.ExecContext(ctx, "DELETE FROM widgets")
			return err
		})
		if err == nil {
			t.Error("a View deleted rows")
		}
		err = s.Scratch(ctx, func(ctx context.Context, sx *ScratchTx) error {
			_, err := sx.Delete(ctx, (*LedgerEntry)(nil), "1 = 1")
			return err
		})
		if err == nil {
			t.Error("Scratch deleted ledger entries")
		}
	})
}

func TestAnOlderDatabaseFreezesWriting(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		if _, err := s.Update(ctx, Call{}, addWidget("a")); err != nil {
			t.Fatal(err)
		}
		s.acked.Store(2)
		if _, err := s.Update(ctx, Call{}, addWidget("b")); !fault.Is(err, fault.UnavailableKind) {
			t.Fatalf("%v", err)
		}
		var f *fault.Error
		if _, err := s.Update(ctx, Call{}, addWidget("c")); !errors.As(err, &f) || f.Code != "ledger_frozen" {
			t.Fatalf("%v", err)
		}
	})
}

func testDSNs(t *testing.T) map[string]func(t *testing.T) string {
	return map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "test.db") },
		"postgres": func(t *testing.T) string { return pgtest.DSN(t) },
	}
}

// migratedDSNs are databases that openTest need not migrate.
func migratedDSNs(t *testing.T) map[string]func(t *testing.T) string {
	out := testDSNs(t)
	out["postgres"] = func(t *testing.T) string {
		return pgtest.Like(t, "migrated", func(dsn string) error {
			s, err := Open(context.Background(), dsn, Options{Origin: "test"}) // without a key store, which each makes
			if err != nil {
				return err
			}
			_, err = s.Migrate(context.Background())
			return errors.Join(err, s.Close())
		})
	}
	return out
}
