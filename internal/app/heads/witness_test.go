package heads_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/app"
	"plumbline/internal/app/heads"
	"plumbline/internal/apptest"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
	"plumbline/internal/witness"
)

// watched is a site with a key and a witness beside it.
type watched struct {
	*apptest.Site
	t       *testing.T
	signer  note.Signer
	vkey    string
	witness *witness.Witness
	server  *httptest.Server
	app     *app.App
}

func watch(t *testing.T, s *apptest.Site) *watched {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, s.Store.Origin())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{Site: s, t: t, signer: signer, vkey: vkey}
	w.witness, err = witness.New(witness.Options{Dir: t.TempDir(), Name: "audit.example/w1", Clock: s.Clock.Now,
		Logs: []witness.Log{{Origin: s.Store.Origin(), Keys: []string{vkey}, Silence: 15 * time.Minute}}})
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(w.witness.Handler())
	t.Cleanup(w.server.Close)
	w.restart()
	return w
}

// restart makes the application anew: nothing is remembered but the database.
func (w *watched) restart() {
	w.t.Helper()
	target, err := witness.ParseTarget(w.witness.Public() + "@" + w.server.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	w.app, err = app.New(app.Config{Store: w.Store, Secret: apptest.Secret, Witnesses: []witness.Target{target}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// grow writes n entries and signs the head.
func (w *watched) grow(n int) (size int64) {
	w.t.Helper()
	ctx := context.Background()
	for range n {
		_, err := w.Store.Update(ctx, store.Call{Account: "program:test", Role: "program", Op: "test.seed"}, func(context.Context, *store.Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: "test.units", Kind: "unit", ID: w.Units["bureau"]}}, "", nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	c := ledger.Checkpoint{Origin: w.Store.Origin()}
	err := w.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
		c.Size, c.Root, err = v.Head(ctx)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.save(c)
	return c.Size
}

func (w *watched) save(c ledger.Checkpoint) {
	w.t.Helper()
	signed, err := ledger.SignCheckpoint(c, w.signer)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.Store.SaveCheckpoint(context.Background(), store.LedgerCheckpoint{Size: c.Size, At: w.Clock.Now(), Root: c.Root[:],
		Note: string(signed)}, w.vkey); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) standing() heads.Standing {
	w.t.Helper()
	list, err := w.app.Witnesses(context.Background(), w.Actor("anna"))
	if err != nil || len(list) != 1 {
		w.t.Fatalf("%v %v", list, err)
	}
	return list[0]
}

func (w *watched) alarms() (open []string) {
	w.t.Helper()
	list, err := w.witness.Status()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range list[0].Alarms {
		if a.Open() {
			open = append(open, string(a.Kind))
		}
	}
	return open
}

// TestALedgerGrowsUnderItsWitness is the honest life on both databases: growth,
// a restart of either side, a witness that is away, and no alarm at any time.
func TestALedgerGrowsUnderItsWitness(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		w := watch(t, s)
		w.app.StepWitnesses(ctx) // nothing is signed yet
		if st := w.standing(); st.Trouble != witness.Fine || st.Size != 0 {
			t.Fatalf("before the first checkpoint: %+v", st)
		}
		for round := range 12 {
			size := w.grow(1 + round*3%7)
			if round%5 == 4 {
				w.restart()
			}
			w.app.StepWitnesses(ctx)
			if st := w.standing(); st.Trouble != witness.Fine || st.Size != size || !st.At.Equal(s.Clock.Now()) {
				t.Fatalf("round %d: %+v, want %d", round, st, size)
			}
			if got, err := w.app.WitnessedSize(ctx); err != nil || got != size {
				t.Fatalf("witnessed %d %v, want %d", got, err, size)
			}
			s.Clock.Add(time.Minute)
		}
		// What was stored verifies by the two public keys alone.
		log, _ := ledger.NewVerifier(w.vkey)
		key, _ := ledger.NewVerifier(w.witness.Public())
		err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			c, err := v.LastWitnessed(ctx, 1)
			if err != nil {
				return err
			}
			signed, err := v.SignedNote(ctx, c)
			if err != nil {
				return err
			}
			o, err := ledger.OpenCheckpoint(signed, ledger.Trust{Log: []note.Verifier{log}, Witnesses: []note.Verifier{key}, Quorum: 1})
			if err == nil && o.Size != w.standing().Size {
				err = fmt.Errorf("it covers %d", o.Size)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		s.Clock.Add(20 * time.Minute)
		if err := w.witness.Tick(); err != nil {
			t.Fatal(err)
		}
		if got := w.alarms(); len(got) != 1 || got[0] != "silence" {
			t.Errorf("after 20 silent minutes: %v", got)
		}
		w.app.StepWitnesses(ctx) // a heartbeat: nothing was written
		if got := w.alarms(); len(got) > 0 {
			t.Errorf("after the heartbeat: %v", got)
		}
		w.server.Close()
		before := w.standing().Size
		w.grow(3) // nothing waits for a witness
		w.app.StepWitnesses(ctx)
		if st := w.standing(); st.Trouble != witness.Down || st.Size != before {
			t.Errorf("a witness that is away: %+v", st)
		}
	})
}

// TestTheWitnessFindsARebuild: a thief of the key writes another history into
// a fresh database and signs it.
func TestTheWitnessFindsARebuild(t *testing.T) {
	apptest.Each(t, theWitnessFindsARebuild)
}

func theWitnessFindsARebuild(t *testing.T, s *apptest.Site) {
	ctx := context.Background()
	honest := watch(t, s)
	honest.grow(4)
	honest.app.StepWitnesses(ctx)
	forged := *honest
	forged.Site = apptest.SQLite(t) // same origin, fresh salts: another tree
	forged.restart()
	for _, grown := range []int{0, 1, 9} { // shorter, as long at some point, longer
		forged.grow(grown)
		forged.app.StepWitnesses(ctx)
		if st := forged.standing(); st.Trouble != witness.Diverged || st.Proof == nil {
			t.Fatalf("after %d more: %+v", grown, st)
		}
		if got := forged.alarms(); len(got) == 0 {
			t.Fatalf("after %d more the witness says nothing", grown)
		}
	}
	todo, err := forged.app.ToDo(ctx, forged.Actor("audit"))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, q := range todo.Work {
		found = found || q.What == "witness" && q.N == 1
	}
	if !found {
		t.Errorf("the audit administrator is not told: %+v", todo.Work)
	}
	if size, err := forged.app.WitnessedSize(ctx); err != nil || size != 0 {
		t.Errorf("a cosignature over the forged tree: %d %v", size, err)
	}
	honest.grow(2)
	honest.app.StepWitnesses(ctx)
	if st := honest.standing(); st.Trouble != witness.Fine {
		t.Errorf("the true ledger: %+v", st)
	}
}

func TestWitnessingByStick(t *testing.T) {
	ctx := context.Background()
	w := watch(t, apptest.SQLite(t))
	if _, err := w.app.CheckpointRequest(ctx, 0); err == nil {
		t.Error("a request before the first checkpoint")
	}
	size := w.grow(5)
	carry := func(old int64) []byte {
		t.Helper()
		body, err := w.app.CheckpointRequest(ctx, old)
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.witness.Add(ctx, body)
		if err != nil || a.Status != 200 {
			t.Fatalf("%+v %v", a, err)
		}
		_, signed, _ := bytes.Cut(body, []byte("\n\n"))
		return append(signed, a.Body...)
	}
	back := carry(0)
	c, lines, err := w.app.ImportCosigned(ctx, back)
	if err != nil || c.Size != size || len(lines) != 1 {
		t.Fatalf("%+v %v %v", c, lines, err)
	}
	if got, _ := w.app.WitnessedUpTo(ctx, "audit.example/w1"); got != size {
		t.Errorf("witnessed up to %d", got)
	}
	if _, _, err := w.app.ImportCosigned(ctx, back); err != nil {
		t.Errorf("the same stick again: %v", err)
	}
	w.grow(2)
	second := carry(size)
	for name, bad := range map[string]string{
		"nothing":              "",
		"without the witness":  strings.SplitAfter(string(second), "\n— audit")[0][:len(second)/2],
		"another size":         strings.Replace(string(second), fmt.Sprint("\n", size+2, "\n"), fmt.Sprint("\n", size+3, "\n"), 1),
		"signature of another": strings.Replace(string(second), "audit.example/w1", "audit.example/w2", 1),
	} {
		if _, _, err := w.app.ImportCosigned(ctx, []byte(bad)); err == nil {
			t.Errorf("%s: taken in", name)
		}
	}
	if _, err := w.app.CheckpointRequest(ctx, size+3); err == nil {
		t.Error("a proof from a tree that is not there")
	}
	if _, err := w.app.CheckpointRequest(ctx, -1); err == nil {
		t.Error("a proof from below nothing")
	}
	if _, err := app.New(app.Config{Store: w.Store, Secret: apptest.Secret,
		Witnesses: []witness.Target{{Name: "a", Key: "x"}, {Name: "a", Key: "x"}}}); err == nil {
		t.Error("a witness was named twice")
	}
}
