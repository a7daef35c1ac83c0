package heads_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/signer"
	"plumbline/internal/store"
)

// add writes something that makes an entry, and gives its number.
func add(t *testing.T, s *apptest.Site, title string) int64 {
	t.Helper()
	if err := s.App.EnsureChecklists(context.Background(), desk.Program("test")); err != nil {
		t.Fatal(err)
	}
	_, r, err := s.App.CreateCampaign(context.Background(), s.Actor("manager"), campaignInput(title))
	if err != nil {
		t.Fatal(err)
	}
	return r.Seq
}

func campaignInput(title string) appselfcheck.CampaignInput {
	return appselfcheck.CampaignInput{Title: title, OpensOn: "2027-01-01", ClosesOn: "2027-02-01", PeriodFrom: "2026-01-01",
		PeriodTo: "2026-12-31"}
}

func last(t *testing.T, s *apptest.Site) *store.LedgerCheckpoint {
	t.Helper()
	var c *store.LedgerCheckpoint
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) (err error) {
		c, err = v.LastCheckpoint(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func trusted(t *testing.T, s *apptest.Site) ledger.Trust {
	t.Helper()
	keys, err := s.App.SignerKeys(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	v, err := signer.NewVerifier(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Trust{Log: []ledger.Verifier{v}}
}

func TestEveryEntryComesUnderASignedCheckpoint(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		first := add(t, s, "甲")
		if err := s.App.WaitCheckpoint(ctx, first); err != nil {
			t.Fatal(err)
		}
		one := last(t, s)
		second := add(t, s, "乙")
		if err := s.App.WaitCheckpoint(ctx, second); err != nil {
			t.Fatal(err)
		}
		two := last(t, s)
		if one.Size != first+1 || two.Size != second+1 {
			t.Fatalf("checkpoints of %d and %d", one.Size, two.Size)
		}
		o, err := ledger.OpenCheckpoint([]byte(two.Note), trusted(t, s))
		if err != nil || o.Size != two.Size {
			t.Fatalf("%v %v", o, err)
		}
		if err := s.App.WaitCheckpoint(ctx, second+1); err == nil {
			t.Error("an entry that is not there is signed")
		}
		state, err := s.App.LedgerState(ctx, s.Actor("anna"))
		if err != nil || state.Mode != heads.SignerTrial || state.Unsigned != 0 || state.Signed == nil ||
			state.Signed.Digits != o.Digits() || len(state.Keys) != 1 || !state.Keys[0].Now {
			t.Errorf("%+v %v", state, err)
		}
		note, err := s.App.CheckpointNote(ctx)
		if err != nil || string(note) != two.Note {
			t.Errorf("%q %v", note, err)
		}
	})
}

func TestACheckpointCoversManyEntries(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		add(t, s, "甲")
		ctx, stop := context.WithCancel(context.Background())
		var signing sync.WaitGroup
		signing.Go(func() { s.App.RunCheckpoints(ctx) })
		const writers, each = 8, 20
		var wg sync.WaitGroup
		for w := range writers {
			who := s.Actor("manager")
			wg.Go(func() {
				for n := range each {
					_, r, err := s.App.CreateCampaign(ctx, who, campaignInput(fmt.Sprintf("%d-%d", w, n)))
					if err != nil {
						t.Error(err)
						return
					}
					if n == each-1 {
						patience, cancel := context.WithTimeout(ctx, time.Minute)
						if err := s.App.WaitCheckpoint(patience, r.Seq); err != nil {
							t.Error(err)
						}
						cancel()
					}
				}
			})
		}
		wg.Wait()
		stop()
		signing.Wait()
		var points []store.LedgerCheckpoint
		var size int64
		err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) (err error) {
			if size, _, err = v.Head(ctx); err != nil {
				return err
			}
			points, err = v.Checkpoints(ctx, 0, 1000)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(points); n == 0 || points[n-1].Size != size || n >= writers*each/2 {
			t.Errorf("%d checkpoints over %d entries", n, size)
		}
		checkAll(t, s, points)
	})
}

// checkAll verifies every checkpoint's signature, and that each extends the one
// before it.
func checkAll(t *testing.T, s *apptest.Site, points []store.LedgerCheckpoint) {
	t.Helper()
	trust := trusted(t, s)
	var before *ledger.Opened
	for _, p := range points {
		o, err := ledger.OpenCheckpoint([]byte(p.Note), trust)
		if err != nil {
			t.Fatalf("checkpoint %d: %v", p.Size, err)
		}
		if before != nil {
			err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
				proof, err := v.Consistency(ctx, before.Size, o.Size)
				if err != nil {
					return err
				}
				return ledger.CheckConsistency(proof, before.Checkpoint, o.Checkpoint)
			})
			if err != nil {
				t.Errorf("%d to %d: %v", before.Size, o.Size, err)
			}
		}
		before = o
	}
}

func TestWhileTheSignerIsAwayWritingGoesOn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		add(t, s, "甲")
		socket := filepath.Join(t.TempDir(), "s")
		a, err := app.New(app.Config{Store: s.Store, Secret: apptest.Secret, Signer: signer.Dial(socket), HeadFile: s.HeadFile})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		_, r, err := a.CreateCampaign(ctx, s.Actor("manager"), campaignInput("甲"))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.SignHead(ctx); err == nil || a.Frozen() != nil {
			t.Fatalf("signed by nobody: %v, frozen %v", err, a.Frozen())
		}
		running, stop := context.WithCancel(ctx)
		var signing sync.WaitGroup
		signing.Go(func() { a.RunCheckpoints(running) })
		defer func() { stop(); signing.Wait() }()
		var f *fault.Error
		short, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if err := a.WaitCheckpoint(short, r.Seq); !errors.As(err, &f) || f.Code != "signer_absent" {
			t.Errorf("%v", err)
		}
		// It comes, and what was written meanwhile is signed.
		l, err := signer.Listen(socket, false)
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: s.Signer.Handler(nil)}
		var served sync.WaitGroup
		served.Go(func() { _ = server.Serve(l) })
		defer func() { _ = server.Close(); served.Wait() }()
		for { // the one who asks may find it absent until the next attempt
			if err := a.SignHead(ctx); err != nil {
				t.Fatal(err)
			}
			if c := last(t, s); c.Size == r.Seq+1 {
				break
			}
		}
		state, err := a.LedgerState(ctx, s.Actor("anna"))
		if err != nil || state.Mode != heads.SignerApart || state.Unsigned != 0 {
			t.Errorf("%+v %v", state, err)
		}
	})
}

func TestTheHeadIsWrittenDownBesideTheSite(t *testing.T) {
	s := apptest.SQLite(t)
	seq := add(t, s, "甲")
	if err := s.App.SignHead(context.Background()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(s.HeadFile)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := ledger.ParseCheckpoint(string(raw)); err != nil || c.Size != seq+1 {
		t.Errorf("%q %v", raw, err)
	}
}

// A second key, of SM2, is told from the first one, and is not said to have been
// used before it has signed something.
func TestTheSecondKeyIsToldApart(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	add(t, s, "甲")
	if err := s.App.SignHead(ctx); err != nil {
		t.Fatal(err)
	}
	both, err := signer.Open(filepath.Join(filepath.Dir(s.HeadFile), "site.sign"), filepath.Join(t.TempDir(), "sm2.pem"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(app.Config{Store: s.Store, Secret: apptest.Secret, Signer: both, HeadFile: s.HeadFile})
	if err != nil {
		t.Fatal(err)
	}
	keys := func() []heads.KeyView {
		t.Helper()
		if _, err := a.SignerKeys(ctx); err != nil {
			t.Fatal(err)
		}
		state, err := a.LedgerState(ctx, s.Actor("anna"))
		if err != nil || len(state.Keys) != 2 {
			t.Fatalf("%+v %v", state.Keys, err)
		}
		return state.Keys
	}
	if k := keys(); k[0].Algorithm != "Ed25519" || k[0].Since.IsZero() || k[1].Algorithm != "SM2" || !k[1].Since.IsZero() || !k[1].Now {
		t.Errorf("before it signs: %+v", k)
	}
	add(t, s, "乙")
	if err := a.SignHead(ctx); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys() {
		if k.Since.IsZero() {
			t.Errorf("after it signed: %+v", k)
		}
	}
}
