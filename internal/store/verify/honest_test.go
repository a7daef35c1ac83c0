package verify

import (
	"context"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// honestRuns is how many honest sites CI kills. Nightly runs kill a thousand.
const (
	honestRuns    = 40
	honestNightly = 1000
)

func honestCount(ci int) int {
	if os.Getenv("PLUMBLINE_NIGHTLY") == "1" {
		return honestNightly * ci / honestRuns
	}
	return ci
}

// work writes from several goroutines at once, with signing in between, until
// stop. It counts every acknowledged write in acked.
func (b *bureau) work(run int64, acked *atomic.Int64, stop <-chan struct{}) {
	var all sync.WaitGroup
	for side := range 3 {
		rng := rand.New(rand.NewSource(run*31 + int64(side)))
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				r, err := b.s.Update(context.Background(), engine.Call{Account: "a", Op: "x"},
					b.something(rng, fmt.Sprintf("r%d-%d-%d", run, side, n)))
				if err != nil {
					return // the connection was cut, or the site closes
				}
				for seen := acked.Load(); seen < r.Seq+1 && !acked.CompareAndSwap(seen, r.Seq+1); seen = acked.Load() {
				}
			}
		})
	}
	all.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if b.trySign() != nil {
				return
			}
			if _, err := b.s.AnchorCheckpoints(context.Background(), engine.Call{Account: "a"}, 4); err != nil {
				return
			}
		}
	})
	all.Wait()
}

// something performs one ordinary write.
func (b *bureau) something(rng *rand.Rand, id string) engine.Writing {
	pick := rng.Intn(4)
	return func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
		fact := []ledger.Fact{{Verb: "honest.write", Kind: "unit", ID: id}}
		switch pick {
		case 0:
			var u roster.Unit
			if err := engine.DB(&tx.View).NewSelect().Model(&u).OrderExpr("changed_at, id").Limit(1).Scan(ctx); err == nil {
				after := u
				after.Name = id
				fact[0].ID = u.ID
				return fact, u.ID, tx.Save(ctx, &u, &after)
			}
			fallthrough
		case 1:
			return fact, id, tx.Insert(ctx, &roster.Unit{Stamp: ledger.Stamp{ID: id}, Code: id, Name: "单位", Tier: 3,
				State: roster.UnitActive})
		case 2:
			c, err := tx.PutText(ctx, id, "text", "what was said "+id)
			if err != nil {
				return nil, "", err
			}
			return fact, id, tx.Insert(ctx, &issue.Statement{Stamp: ledger.Stamp{ID: id}, IssueID: "i", TextC: c,
				AnswerC: ledger.Commitment{}})
		}
		units := []*roster.Unit{{Stamp: ledger.Stamp{ID: id + "a"}, Code: id + "a", Tier: 2, State: roster.UnitActive},
			{Stamp: ledger.Stamp{ID: id + "b"}, Code: id + "b", Tier: 3, ParentID: id + "a", State: roster.UnitActive}}
		if err := tx.Insert(ctx, units); err != nil {
			return nil, "", err
		}
		return append(fact, ledger.Fact{Verb: "honest.second", Kind: "unit", ID: id + "b", Rows: []ledger.After{}}), id,
			tx.Bump(ctx, engine.GenerationTree)
	}
}

// trySign stores a checkpoint of the head, as the server's checkpointer does.
func (b *bureau) trySign() error {
	ctx := context.Background()
	var c ledger.Checkpoint
	err := b.s.View(ctx, func(ctx context.Context, v *engine.View) (err error) {
		c.Origin = b.s.Origin()
		c.Size, c.Root, err = v.Head(ctx)
		return err
	})
	if err != nil || c.Size == 0 {
		return err
	}
	note, err := ledger.SignCheckpoint(c, b.log)
	if err != nil {
		return err
	}
	return b.s.SaveCheckpoint(ctx, engine.LedgerCheckpoint{Size: c.Size, At: b.s.Now(), Root: c.Root[:], Note: string(note)}, b.log.vkey())
}

// image copies the disk state that a killed process leaves. The log is copied
// after the database and the key store after both: each is durable before
// anything that depends on it, and so few writes trigger no checkpoint of the
// log.
func image(t *testing.T, from, to string) {
	t.Helper()
	for _, pattern := range []string{"site.db", "site.db-wal", "site.keys*"} {
		files, err := filepath.Glob(filepath.Join(from, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if filepath.Ext(file) == ".keys-shm" {
				continue // memory, not disk
			}
			copyFile(t, file, filepath.Join(to, filepath.Base(file)))
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
}

func openSite(t *testing.T, dir string) *engine.Store {
	t.Helper()
	s, err := engine.Open(context.Background(), filepath.Join(dir, "site.db"),
		engine.Options{Origin: "test", Keys: filepath.Join(dir, "site.keys")})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestHonestSitesRaiseNoAlarm kills honest sites at work, opens what is left
// and verifies it: no findings, no acknowledged write lost, writing continues,
// and a witness that knew the site before sees one ledger.
func TestHonestSitesRaiseNoAlarm(t *testing.T) {
	fresh := t.TempDir()
	s := openSite(t, fresh)
	if _, err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var entries int64
	for run := range honestCount(honestRuns) {
		live, dead := t.TempDir(), t.TempDir()
		image(t, fresh, live)
		s := openSite(t, live)
		b := newBureau(t, s)
		engine.SetClock(s, time.Now)
		var acked atomic.Int64
		stop, done := make(chan struct{}), make(chan struct{})
		go func() { defer close(done); b.work(int64(run), &acked, stop) }()
		after := int64(1 + rand.New(rand.NewSource(int64(run))).Intn(24))
		for acked.Load() < after {
			select {
			case <-done:
				t.Fatal("the work ended by itself")
			default:
				runtime.Gosched()
			}
		}
		promised := acked.Load()
		k := b.newTower(t)
		k.hears(t)
		image(t, live, dead)
		close(stop)
		<-done
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		entries += b.reopened(t, openSite(t, dead), k, promised)
		k.close()
	}
	t.Logf("%d sites, %d entries", honestCount(honestRuns), entries)
}

// reopened verifies what a killed process left, writes more and verifies again.
func (b *bureau) reopened(t *testing.T, s *engine.Store, k *tower, promised int64) int64 {
	t.Helper()
	defer s.Close()
	b.s = s
	k.hears(t) // what it heard of the one that died must be there
	for range 2 {
		v, err := Run(context.Background(), s, b.bySite(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !v.OK() {
			t.Fatalf("a false alarm after %d acknowledged entries:\n%s", promised, lines(v.Findings))
		}
		if v.Entries < promised {
			t.Fatalf("%d entries were acknowledged, %d are there", promised, v.Entries)
		}
		promised = v.Entries + 1
		b.unit(fmt.Sprintf("later-%d", promised))
		if err := b.trySign(); err != nil {
			t.Fatal(err)
		}
		k.hears(t)
	}
	return promised - 1
}

// inTime retries as often as the 16 readers may return a cut connection.
func inTime(ask func() error) (err error) {
	for range 16 + 1 {
		if err = ask(); err == nil {
			break
		}
	}
	return err
}

// TestCutConnectionsRaiseNoAlarm does the same on PostgreSQL, where the server
// survives and the connections are cut.
func TestCutConnectionsRaiseNoAlarm(t *testing.T) {
	s := storetest.Open(t, storetest.DSNs()["postgres"](t))
	b := newBureau(t, s)
	engine.SetClock(s, time.Now)
	k := b.newTower(t)
	for run := range honestCount(12) {
		var acked atomic.Int64
		stop, done := make(chan struct{}), make(chan struct{})
		go func() { defer close(done); b.work(int64(run), &acked, stop) }()
		base := acked.Load()
		for acked.Load() < base+int64(1+run%7) {
			select {
			case <-done:
				t.Fatal("the work ended by itself")
			default:
				runtime.Gosched()
			}
		}
		promised := acked.Load()
		if err := inTime(func() error {
			_, err := engine.Reader(s).Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND " +
				"pid <> pg_backend_pid()")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		close(stop)
		<-done
		var v *Verdict
		err := inTime(func() (err error) {
			v, err = Run(context.Background(), s, b.bySite(), nil)
			return err
		})
		if err != nil || !v.OK() || v.Entries < promised {
			t.Fatalf("run %d: %d of %d acknowledged entries, %v\n%s", run, v.Entries, promised, err, lines(v.Findings))
		}
		k.hears(t)
	}
}
