package verify

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
	"plumbline/internal/witness"
)

// tower is a real witness behind HTTP that has cosigned what the site signed.
type tower struct {
	b      *bureau
	w      *witness.Witness
	client *witness.Client
	target witness.Target
	clock  func() time.Time
	close  func() // ends the server; the test's end does it too
}

// newTower makes a witness that has followed the honest site up to its last
// checkpoint.
func (b *bureau) newTower(t *testing.T) *tower {
	t.Helper()
	// Advance one second for each look at the clock, because the witness
	// rate-limits requests.
	var looks atomic.Int64
	from := b.s.Now()
	clock := func() time.Time { return from.Add(time.Duration(looks.Add(1)) * time.Second) }
	w, err := witness.New(witness.Options{Dir: t.TempDir(), Name: "tower.example/w1", Clock: clock, Settle: -1,
		Logs: []witness.Log{{Origin: b.s.Origin(), Keys: []string{b.log.vkey()}}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.Handler())
	t.Cleanup(server.Close)
	target, err := witness.ParseTarget(w.Public() + "@" + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	k := &tower{b: b, w: w, target: target, client: witness.NewClient(target), clock: clock, close: server.Close}
	storetest.View(t, b.s, func(_ context.Context, v *engine.View) error {
		for _, size := range b.points {
			if s := k.hear(t, v, size); s.Trouble != witness.Fine || s.Size != size {
				t.Fatalf("the honest site at %d: %+v", size, s)
			}
		}
		return nil
	})
	if found := k.alarms(t); found != "" {
		t.Fatalf("an alarm about the honest site: %s", found)
	}
	return k
}

// hear sends the newest checkpoint up to a size from the site, as its server
// does, and returns the state of the two afterwards.
func (k *tower) hear(t *testing.T, v *engine.View, upTo int64) witness.Standing {
	t.Helper()
	newest := func(ctx context.Context) (*engine.LedgerCheckpoint, error) {
		list, err := v.CheckpointsBefore(ctx, upTo+1, 1)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return &list[0], nil
	}
	f, err := witness.NewFeeder(k.target, witness.Source{
		Trust: func(context.Context) (ledger.Trust, error) { return k.b.logOnly(), nil },
		Newest: func(ctx context.Context) (int64, error) {
			if p, err := newest(ctx); err != nil || p == nil {
				return -1, err
			} else {
				return p.Size, nil
			}
		},
		Request: func(ctx context.Context, old int64) (*witness.Request, error) {
			p, err := newest(ctx)
			if err != nil {
				return nil, err
			}
			note, err := v.SignedNote(ctx, p)
			if err != nil {
				return nil, err
			}
			proof, err := v.Consistency(ctx, old, p.Size)
			if err != nil {
				return nil, err
			}
			return witness.ParseRequest((&witness.Request{Old: old, Proof: proof, Note: note}).Marshal())
		},
		Known: func(context.Context, string) (int64, time.Time, error) { return 0, time.Time{}, nil },
		Save:  func(context.Context, int64, ledger.Cosignature) error { return nil },
	}, witness.Pace{}, k.clock, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.Step(t.Context())
	return f.Standing()
}

// hears sends the honest site's newest checkpoint: no alarm, and no gap between
// the two.
func (k *tower) hears(t *testing.T) {
	t.Helper()
	var stands witness.Standing
	for range 3 { // the pool may hand out connections that were cut
		err := k.b.s.View(context.Background(), func(_ context.Context, v *engine.View) error {
			stands = k.hear(t, v, ledger.SizeMax-1)
			return nil
		})
		if err == nil && stands.Trouble != witness.Local {
			break
		}
	}
	if found := k.alarms(t); found != "" || stands.Trouble != witness.Fine {
		t.Fatalf("a false alarm of the witness: %s %+v", found, stands)
	}
}

// alarms lists the open alarms.
func (k *tower) alarms(t *testing.T) string {
	t.Helper()
	list, err := k.w.Status()
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, a := range list[0].Alarms {
		if a.Open() {
			kinds = append(kinds, string(a.Kind))
		}
	}
	return strings.Join(kinds, " ")
}

// evidence is what the witness itself publishes: its newest note.
func (k *tower) evidence(t *testing.T) Evidence {
	t.Helper()
	held, err := k.client.Newest(t.Context(), k.b.s.Origin())
	if err != nil {
		t.Fatal(err)
	}
	trust, err := ledger.ParseTrust(k.b.log.vkey() + "\n" + k.w.Public())
	if err != nil {
		t.Fatal(err)
	}
	o, err := ledger.OpenCheckpoint(held, trust)
	if err != nil {
		t.Fatal(err)
	}
	return Evidence{Trust: k.b.logOnly(), Notes: []KeptNote{{From: "witness", Checkpoint: o.Checkpoint}}}
}

// finders lists who finds an act: the site's own verify, the witness (through
// its alarm, or verify with its note), and a receipt checked against the
// database.
func (k *tower) finders(t *testing.T, views []*engine.View) string {
	t.Helper()
	ctx := t.Context()
	total := func(ev Evidence) int {
		v, err := verifyIn(ctx, k.b.s, views, ev, nil)
		if err != nil {
			t.Fatal(err)
		}
		return v.Total
	}
	alone := total(k.b.bySite())
	var by []string
	if alone > k.b.armless {
		by = append(by, "site")
	}
	stands := k.hear(t, views[0], ledger.SizeMax-1)
	if alarm := k.alarms(t); alarm != "" {
		by = append(by, "witness:"+alarm)
	} else if total(k.evidence(t)) > alone {
		by = append(by, "witness:note")
	}
	if stands.Trouble == witness.Diverged && !slices.ContainsFunc(by, func(s string) bool { return strings.HasPrefix(s, "witness") }) {
		t.Errorf("the site sees that they diverge, the witness does not: %+v", stands)
	}
	if total(k.b.byReceipt()) > alone {
		by = append(by, "receipt")
	}
	return strings.Join(by, " ")
}

// signHead signs the present head with the stolen key.
func (h *thief) signHead() {
	h.t.Helper()
	ctx := context.Background()
	v := engine.On(h.s, h.tx)
	size, root, err := v.Head(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	note, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: h.s.Origin(), Size: size, Root: root}, h.log)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.tx.NewInsert().Model(&engine.LedgerCheckpoint{Size: size, At: h.s.Now(), Root: root[:], Note: string(note)}).
		Exec(ctx); err != nil {
		h.t.Fatal(err)
	}
}

// TestWhoFindsWhat runs every act of TestTamperNight with a real witness over
// HTTP and the holders of real receipts beside the site, and fixes who finds
// each. An act that nobody finds would be a hole in the design.
func TestWhoFindsWhat(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		b := newBureau(t, s)
		b.live()
		towers := make([]*tower, len(tamperNight))
		for i := range towers {
			towers[i] = b.newTower(t)
		}
		b.disarm()
		var table strings.Builder
		for i, c := range tamperNight {
			t.Run(c.name, func(t *testing.T) {
				ctx := context.Background()
				tx, err := engine.Writer(s).BeginTx(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback()
				b.t = t
				defer delete(b.kept, 12)
				c.do(&thief{bureau: b, tx: tx})
				got := towers[i].finders(t, []*engine.View{engine.On(s, tx)})
				fmt.Fprintf(&table, "%-70s %s\n", c.name, got)
				if got != c.found {
					t.Errorf("found by %q, want %q", got, c.found)
				}
			})
		}
		t.Logf("who finds what:\n%s", table.String())
	})
}
