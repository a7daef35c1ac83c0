package engine

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/store/dialect"
)

// inOneGroup queues the closures behind a slow write, so that they share one commit,
// and returns their errors and how often each ran.
func inOneGroup(t *testing.T, s *Store, fns []Writing) (errs []error, runs []int) {
	t.Helper()
	ctx := context.Background()
	started, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := s.Update(ctx, Call{Account: "a"}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			close(started)
			<-release
			return addWidget(NewID())(ctx, tx)
		}); err != nil {
			t.Error(err)
		}
	})
	<-started
	errs, runs = make([]error, len(fns)), make([]int, len(fns))
	counts := make([]atomic.Int32, len(fns))
	for i, fn := range fns {
		wg.Go(func() {
			_, errs[i] = s.Update(ctx, Call{Account: "a"}, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
				counts[i].Add(1)
				return fn(ctx, tx)
			})
		})
	}
	for len(s.queue) < len(fns) {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	for i := range counts {
		runs[i] = int(counts[i].Load())
	}
	return errs, runs
}

// TestAGroupRunsAgainWhereAMemberFailedHalfway: a member that fails before it writes
// costs the others nothing. One that fails after it has written leaves nothing, and
// SQLite, which gave nobody a savepoint, runs the group a second time.
func TestAGroupRunsAgainWhereAMemberFailedHalfway(t *testing.T) {
	refused := func(context.Context, *Tx) ([]ledger.Fact, string, error) { return nil, "", fault.Invalid("no", "x") }
	idle := func(context.Context, *Tx) ([]ledger.Fact, string, error) { return nil, "", ErrUnchanged }
	for name, c := range map[string]struct {
		fails  Writing
		sqlite int // runs of each
	}{
		"refused": {refused, 1},
		"idle":    {idle, 1},
		"halfway": {func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			if _, _, err := addWidget("half")(ctx, tx); err != nil {
				return nil, "", err
			}
			return refused(ctx, tx)
		}, 2},
		"two of three rows": {func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			rows := []*Widget{{State: "half"}, {State: "half"}, {Stamp: ledger.Stamp{ID: "taken"}}}
			return nil, "", tx.Insert(ctx, rows)
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *Store) {
				write(t, s, addWidget("taken"))
				fns := []Writing{addWidget("one"), addWidget("two"), c.fails, addWidget("three"), addWidget("four")}
				errs, runs := inOneGroup(t, s, fns)
				for i, err := range errs {
					if (i == 2) != (err != nil) {
						t.Errorf("member %d: %v", i, err)
					}
				}
				want := 1
				if s.dialect == dialect.SQLite {
					want = c.sqlite
				}
				if runs[2] != want || want == 1 && slices.Max(runs) > 1 {
					t.Errorf("the members ran %v times, the third must %d times", runs, want)
				}
				// the four, the slow one and the one there before
				if rows, entries := count(t, s, "widgets"), count(t, s, "ledger_entries"); rows != 6 || entries != 6 {
					t.Errorf("%d rows and %d entries, want 6", rows, entries)
				}
				if half := count(t, s, "widgets WHERE state = 'half' OR id = 'half'"); half != 0 {
					t.Errorf("%d rows of the failed member", half)
				}
			})
		})
	}
}

// TestASaveWritesWhatChanged: columns that are as they were are not written, those
// that became empty are.
func TestASaveWritesWhatChanged(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		write(t, s, addWidget("w"))
		if _, err := s.writer.Exec("UPDATE widgets SET unit_id = 'elsewhere' WHERE id = 'w'"); err != nil {
			t.Fatal(err)
		}
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			var before Widget
			if err := tx.db.NewSelect().Model(&before).Where("id = 'w'").Scan(ctx); err != nil {
				return nil, "", err
			}
			before.UnitID = "" // as if read before it moved
			after := before
			after.State = ""
			return []ledger.Fact{{Verb: "widget.save", Kind: "widget", ID: "w"}}, "", tx.Save(ctx, &before, &after)
		})
		var got Widget
		if err := s.reader.NewSelect().Model(&got).Where("id = 'w'").Scan(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got.UnitID != "elsewhere" || got.State != "" || got.Version != 2 {
			t.Errorf("unit %q, state %q, version %d", got.UnitID, got.State, got.Version)
		}
	})
}

// TestInsertsOfManyShapes: whatever columns are empty in whatever rows, each row comes
// back as it went in, also beyond the sets of columns that have statements.
func TestInsertsOfManyShapes(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		type pair struct{ UnitID, State string }
		want := map[string]pair{}
		for round := range 2 { // the second by prepared statements
			for shape := range 16 {
				var rows []*Widget
				for i := range 1 + shape%5 {
					w := &Widget{Stamp: ledger.Stamp{ID: fmt.Sprintf("%d-%d-%d", round, shape, i)}}
					if shape&1 == 0 || i == 2 {
						w.State = "s"
					}
					if shape&2 == 0 || i == 1 {
						w.UnitID = "u"
					}
					rows, want[w.ID] = append(rows, w), pair{w.UnitID, w.State}
				}
				write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
					return []ledger.Fact{{Verb: "widget.add", Kind: "widget", ID: rows[0].ID}}, "", tx.Insert(ctx, rows)
				})
			}
		}
		var stored []Widget
		if err := s.reader.NewSelect().Model(&stored).Scan(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := map[string]pair{}
		for _, w := range stored {
			got[w.ID] = pair{w.UnitID, w.State}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		shape := s.shapeOf(&Widget{}, "")
		for range insertTexts + 3 { // sets are never dropped, and none is made beyond their number
			empty := make([]byte, len(shape.table.Fields))
			for c := range empty {
				empty[c] = byte(len(shape.texts) >> c & 1)
			}
			if s.dialect == dialect.SQLite {
				shape.insert(1, empty)
			}
		}
		if len(shape.texts) > insertTexts+1 {
			t.Errorf("statements for %d sets of columns", len(shape.texts))
		}
	})
}

// TestPatiently: groups are long only while somebody asks for it.
func TestPatiently(t *testing.T) {
	s := &Store{}
	check := func(want int) {
		t.Helper()
		if most, _ := s.limits(); most != want {
			t.Errorf("%d members, want %d", most, want)
		}
	}
	check(groupMax)
	end := s.Patiently()
	check(patientMax)
	end()
	check(groupMax)
}
