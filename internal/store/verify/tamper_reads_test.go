package verify

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

func anybody(context.Context, *engine.View) error { return nil }

// read logs that an account opened a person's file.
func (b *bureau) read(account, person string) {
	b.t.Helper()
	if err := b.s.LogReading(context.Background(), engine.ReadLog{Account: account, Kind: "file", ObjectID: person, PersonID: person,
		Purpose: "supervision"}, anybody); err != nil {
		b.t.Fatal(err)
	}
}

// fold folds the lines about a person into an entry, as the program does.
func (b *bureau) fold(account, person string) {
	b.t.Helper()
	ctx := context.Background()
	r, err := b.s.FoldReading(ctx, engine.Call{Account: account, Op: "file.fold"},
		ledger.Fact{Verb: engine.VerbRead, Kind: "person", ID: person})
	if err != nil {
		b.t.Fatal(err)
	}
	err = b.s.Scratch(ctx, func(ctx context.Context, sx *engine.ScratchTx) error {
		rows, err := sx.Readings(ctx, person, 100)
		if err != nil {
			return err
		}
		var ids []string
		for _, l := range rows {
			ids = append(ids, l.ID)
		}
		return sx.FoldReadings(ctx, ids, r.Seq)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// readings is the initial log of TestTamperReads: six lines, of which entry 0
// names the third and entry 1 the fifth.
func (b *bureau) readings() {
	for range 3 {
		b.read("reader", "p1")
	}
	b.fold("reader", "p1")
	b.read("other", "p2")
	b.read("other", "p2")
	b.fold("other", "p2")
	b.read("other", "p3")
}

// rechain renumbers the lines without gaps and recomputes each chain value.
func (h *thief) rechain() {
	h.t.Helper()
	ctx := context.Background()
	var rows []engine.ReadLog
	if err := h.tx.NewSelect().Model(&rows).Order("no").Scan(ctx); err != nil {
		h.t.Fatal(err)
	}
	var before engine.ReadHead
	for i := range rows {
		rows[i].No = before.No + 1
		before = engine.ReadHead{No: rows[i].No, Chain: rows[i].Link(before.Chain)}
		if _, err := h.tx.NewUpdate().Model((*engine.ReadLog)(nil)).Set("no = ?, chain = ?", before.No, before.Chain[:]).
			Where("id = ?", rows[i].ID).Exec(ctx); err != nil {
			h.t.Fatal(err)
		}
	}
}

var tamperReads = []struct {
	name string
	do   func(h *thief)
	want string // code, number of the entry, and what the reason says
}{
	{"hide why a file was opened", func(h *thief) { h.do("UPDATE read_logs SET purpose = 'appointment' WHERE no = 2") },
		"read_log_changed 0 map[No:2]"},
	{"put a reading on somebody else", func(h *thief) { h.do("UPDATE read_logs SET account = 'innocent' WHERE no = 6") },
		"read_log_changed -1 map[No:6]"},
	{"move a reading to another day",
		func(h *thief) { h.do("UPDATE read_logs SET at = (SELECT at FROM read_logs WHERE no = 1) WHERE no = 6") },
		"read_log_changed -1 map[No:6]"},
	{"change a line and its chain", func(h *thief) {
		var rows []engine.ReadLog
		if err := h.tx.NewSelect().Model(&rows).Where("no IN (3, 4)").Order("no").Scan(context.Background()); err != nil {
			h.t.Fatal(err)
		}
		rows[1].Purpose = "appointment"
		chain := rows[1].Link(rows[0].Head().Chain)
		if _, err := h.tx.NewRaw("UPDATE read_logs SET purpose = 'appointment', chain = ? WHERE no = 4", chain[:]).
			Exec(context.Background()); err != nil {
			h.t.Fatal(err)
		}
	}, "read_log_changed 1 map[No:5]"},
	{"change a line and every chain after it", func(h *thief) {
		h.do("UPDATE read_logs SET purpose = 'appointment' WHERE no = 2")
		h.rechain()
	}, "read_log_rewritten 0 map[No:3]"},
	{"take a line out of the middle", func(h *thief) { h.do("DELETE FROM read_logs WHERE no = 4") },
		"read_log_missing 1 map[First:4 Last:4]"},
	{"take the first lines", func(h *thief) { h.do("DELETE FROM read_logs WHERE no < 3") }, "read_log_missing 0 map[First:1 Last:2]"},
	{"take a line out, number and chain the rest anew", func(h *thief) {
		h.do("DELETE FROM read_logs WHERE no = 4")
		h.rechain()
	}, "read_log_rewritten 1 map[No:5]"},
	{"cut the end off", func(h *thief) { h.do("DELETE FROM read_logs WHERE no > 4") }, "read_log_cut 1 map[Last:4 No:5]"},
	{"empty the log", func(h *thief) { h.do("DELETE FROM read_logs") }, "read_log_cut 0 map[Last:0 No:3]"},
	{"slip a line in before the first", func(h *thief) {
		h.do("INSERT INTO read_logs (id, at, account, kind, object_id, person_id, purpose, entry_seq, no, chain) SELECT 'x', at, " +
			"'innocent', kind, object_id, person_id, purpose, -1, 0, chain FROM read_logs WHERE no = 1")
	}, "read_log_unknown -1 map[]"},
	{"give a line a number below the first", func(h *thief) { h.do("UPDATE read_logs SET no = -6 WHERE no = 6") },
		"read_log_unknown -1 map[]"},
	{"keep a line from being folded", func(h *thief) { h.do("UPDATE read_logs SET entry_seq = 1 WHERE no = 6") },
		"read_log_entry -1 map[Seq:1]"},
	{"keep a line from being folded by an entry that is none",
		func(h *thief) { h.do("UPDATE read_logs SET entry_seq = 99 WHERE no = 6") }, "read_log_entry -1 map[Seq:99]"},
	// see TestAProcessRemembersItsReadings
	{"cut off what no entry names yet", func(h *thief) { h.do("DELETE FROM read_logs WHERE no > 5") }, ""},
}

// TestTamperReads tampers with the read log in every way the owner of the
// database can, and checks that exactly the tampered line is named.
func TestTamperReads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		ctx := context.Background()
		b := newBureau(t, s)
		b.readings()
		if v, err := Run(ctx, s, Evidence{}, nil); err != nil || !v.OK() || v.Rows[engine.ReadLogKind] != 6 {
			t.Fatalf("before the night: %+v %v", v, err)
		}
		for _, c := range tamperReads {
			t.Run(c.name, func(t *testing.T) {
				tx, err := engine.Writer(s).BeginTx(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback()
				b.t = t
				h := &thief{bureau: b, tx: tx}
				c.do(h)
				v, err := verifyIn(ctx, s, []*engine.View{engine.On(s, tx)}, Evidence{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				var found []string
				for _, f := range v.Findings {
					found = append(found, fmt.Sprint(f.What, " ", f.Seq, " ", f.Args))
				}
				if got := strings.Join(found, "\n"); got != c.want {
					t.Errorf("found:\n%s\nwant:\n%s", got, c.want)
				}
			})
		}
	})
}

func whats(t *testing.T, s *engine.Store) (codes []string) {
	t.Helper()
	v, err := Run(context.Background(), s, Evidence{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Findings {
		codes = append(codes, f.What)
	}
	return codes
}

// TestAProcessRemembersItsReadings deletes or replaces lines that no entry
// names yet while the program runs.
func TestAProcessRemembersItsReadings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		ctx := context.Background()
		b := newBureau(t, s)
		b.readings()
		missed := func() int {
			t.Helper()
			n, err := s.MissedReadings(ctx, engine.Call{Account: "program:ledger"})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		cut := func() {
			t.Helper()
			if _, err := engine.Writer(s).Exec("DELETE FROM read_logs WHERE no = (SELECT MAX(no) FROM read_logs)"); err != nil {
				t.Fatal(err)
			}
		}
		size := func() (n int64) {
			storetest.View(t, s, func(ctx context.Context, v *engine.View) (err error) { n, err = v.Size(ctx); return err })
			return n
		}
		before := size()
		if n := missed(); n != 0 || size() != before {
			t.Errorf("%d lines are missed of a log that is whole; %d entries more", n, size()-before)
		}
		cut()
		if n := missed(); n != 1 {
			t.Errorf("%d lines are missed after one was cut off", n)
		}
		if n := missed(); n != 0 {
			t.Errorf("%d lines are missed once more", n)
		}
		if got := whats(t, s); !slices.Equal(got, []string{"read_log_cut"}) {
			t.Errorf("cut off: %v", got)
		}
		b.read("other", "p4") // takes the number of the one that was cut off
		if got := whats(t, s); !slices.Equal(got, []string{"read_log_rewritten"}) {
			t.Errorf("its number is another's: %v", got)
		}
	})
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		b := newBureau(t, s)
		b.read("other", "p1")
		if _, err := engine.Writer(s).Exec("DELETE FROM read_logs"); err != nil {
			t.Fatal(err)
		}
		b.read("other", "p2") // the same number, before anybody asked
		b.fold("other", "p2")
		if got := whats(t, s); !slices.Equal(got, []string{"read_log_rewritten"}) {
			t.Errorf("exchanged before it was folded: %v", got)
		}
		b.read("other", "p3")
		if _, err := engine.Writer(s).Exec("DELETE FROM read_logs WHERE no = 2"); err != nil {
			t.Fatal(err)
		}
		s.Thaw()
		if n, err := s.MissedReadings(context.Background(), engine.Call{Account: "program:ledger"}); err != nil || n != 0 {
			t.Errorf("after somebody decided to take the database as it is, %d lines are missed: %v", n, err)
		}
	})
}

// TestReadersTogetherKeepOneChain has two processes log readings at once.
func TestReadersTogetherKeepOneChain(t *testing.T) {
	for name, dsn := range storetest.DSNs() {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			address := dsn(t)
			one := storetest.Open(t, address)
			two, err := engine.Open(ctx, address, engine.Options{Keys: filepath.Join(t.TempDir(), "other.keys")})
			if err != nil {
				t.Fatal(err)
			}
			defer two.Close()
			const each = 10
			var readers sync.WaitGroup
			for i := range 8 {
				s := one
				if i%2 == 1 {
					s = two
				}
				readers.Add(1)
				go func() {
					defer readers.Done()
					for range each {
						if err := s.LogReading(ctx, engine.ReadLog{Account: fmt.Sprint("a", i), Kind: "file", ObjectID: "o", PersonID: "p"},
							anybody); err != nil {
							t.Error(err)
						}
					}
				}()
			}
			readers.Wait()
			for _, s := range []*engine.Store{one, two} {
				if n, err := s.MissedReadings(ctx, engine.Call{Account: "program:ledger"}); err != nil || n != 0 {
					t.Errorf("%d lines missed: %v", n, err)
				}
			}
			v, err := Run(ctx, one, Evidence{}, nil)
			if err != nil || !v.OK() || v.Rows[engine.ReadLogKind] != 8*each {
				t.Errorf("%+v %v", v, err)
			}
			storetest.View(t, one, func(ctx context.Context, v *engine.View) error {
				now, err := v.ReadHead(ctx)
				if now.No != 8*each {
					t.Errorf("%d lines end with number %d", 8*each, now.No)
				}
				return err
			})
		})
	}
}

// TestReadLogIsNoScratch keeps other code from writing lines that bypass the
// chain.
func TestReadLogIsNoScratch(t *testing.T) {
	s := storetest.Open(t, filepath.Join(t.TempDir(), "test.db"))
	err := s.Scratch(context.Background(), func(ctx context.Context, sx *engine.ScratchTx) error {
		if err := sx.Insert(ctx, &engine.ReadLog{ID: "x"}); err == nil {
			t.Error("a line was inserted past the chain")
		}
		if _, err := sx.Delete(ctx, (*engine.ReadLog)(nil), "id = ?", bun.Safe("'x'")); err == nil {
			t.Error("a line was deleted")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestReadingsGoThroughABackup restores the log into the other database, where
// its chain still holds and continues.
func TestReadingsGoThroughABackup(t *testing.T) {
	dsns := storetest.DSNs()
	for from, to := range map[string]string{"sqlite": "postgres", "postgres": "sqlite"} {
		t.Run(from+" to "+to, func(t *testing.T) {
			ctx := context.Background()
			s, err := engine.Open(ctx, dsns[from](t), engine.Options{Origin: "test", Keys: filepath.Join(t.TempDir(), "site.keys")})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			newBureau(t, s).readings()
			other, err := engine.Open(ctx, dsns[to](t), engine.Options{Origin: "test", Keys: filepath.Join(t.TempDir(), "other.keys")})
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			err = s.Snapshot(ctx, func(ctx context.Context, snap *engine.Snapshot) error {
				return other.Refill(ctx, snap.Migrations, func(ctx context.Context, r *engine.Refill) error {
					for _, table := range snap.Tables {
						if err := snap.Rows(ctx, table, func(values []any) error { return r.Row(ctx, table.Name, table.Columns, values) }); err != nil {
							return err
						}
					}
					return nil
				})
			})
			if err == nil {
				err = other.Refilled(ctx)
			}
			if err != nil {
				t.Fatal(err)
			}
			b := newBureau(t, other)
			b.read("other", "p4")
			b.fold("other", "p4")
			if v, err := Run(ctx, other, Evidence{}, nil); err != nil || !v.OK() || v.Rows[engine.ReadLogKind] != 7 {
				t.Errorf("%+v %v", v, err)
			}
		})
	}
}
