package verify

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

// filler writes rows fast, because the test is about reading them back.
type filler struct {
	t       *testing.T
	s       *engine.Store
	tx      bun.Tx
	waiting map[reflect.Type]reflect.Value
}

func (f *filler) add(row any) {
	v := reflect.ValueOf(row)
	w, ok := f.waiting[v.Type()]
	if !ok {
		w = reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 2000)
	}
	w = reflect.Append(w, v)
	if w.Len() == 2000 {
		f.flush(w)
		w = w.Slice(0, 0)
	}
	f.waiting[v.Type()] = w
}

func (f *filler) flush(w reflect.Value) {
	if w.Len() == 0 {
		return
	}
	if err := f.s.InsertRows(f.t.Context(), f.tx, w, ""); err != nil {
		f.t.Fatal(err)
	}
}

// fill writes a ledger of n entries: three of five raise an issue with its
// narrative, two change an existing one.
func fill(t *testing.T, s *engine.Store, n int) {
	t.Helper()
	ctx := context.Background()
	tx, err := engine.Writer(s).BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := &filler{t: t, s: s, tx: tx, waiting: map[reflect.Type]reflect.Value{}}
	edge, _ := ledger.NewEdge(0, nil)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	sums := make(map[engine.CounterKey]int64)
	tree := &engine.Placement{}
	type raised struct {
		id     string
		seq    int64
		digest ledger.Hash
	}
	var all []raised
	var texts []engine.Content
	encrypted := func() {
		if err := s.Encrypt(ctx, texts); err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			f.add(text)
		}
		texts = texts[:0]
	}
	for i := range n {
		if len(texts) == 2000 {
			encrypted()
		}
		at = at.Add(31_007 * time.Microsecond)
		e := &ledger.Entry{Version: ledger.EntryVersion, Origin: s.Origin(), Seq: int64(i), Time: at,
			Actor: "0195a1b2-0000-7000-8000-0123456789ab", Role: "inspector", Unit: "0195a1b2-0000-7000-8000-00000000abcd",
			Kind: "issue", Prev: -1, Policy: make([]byte, 32), Request: make([]byte, 32)}
		if i%5 < 3 {
			id := fmt.Sprintf("0195a1b2-0000-7000-8000-%012x", i)
			text := engine.NewText(id, "narrative", strings.Repeat("事情经过。", 12))
			x := issue.Issue{Stamp: ledger.Stamp{ID: id, Version: 1, Salt: ledger.NewSalt(), CreatedAt: at, ChangedAt: at},
				Ref: fmt.Sprintf("ISS-%08d", i), Category: "case_filing", Source: "self",
				Severity: 1, UnitID: "u" + fmt.Sprint(i%50), EventOn: "2026-01-01", Month: "2026-01", State: issue.State("triage"),
				RaisedAt: at, NarrativeC: text.Commitment()}
			digest, err := ledger.DigestAt("issue", &x, 1)
			if err != nil {
				t.Fatal(err)
			}
			j := engine.Journal{}
			j.Count(&x, 1)
			j.AddTo(sums, tree)
			f.add(x)
			texts = append(texts, text)
			e.Verb, e.Object = "issue.raise", id
			e.After = []ledger.After{{Kind: "issue", ID: id, Encoding: 1, Digest: digest}}
			all = append(all, raised{id, int64(i), digest})
		} else {
			r := &all[(i*7919)%len(all)]
			e.Verb, e.Object, e.Prev = "issue.edit", r.id, r.seq
			e.After = []ledger.After{{Kind: "issue", ID: r.id, Encoding: 1, Digest: r.digest}}
			r.seq = int64(i)
		}
		body, err := e.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		leaf, nodes, err := edge.Append(body)
		if err != nil {
			t.Fatal(err)
		}
		f.add(engine.LedgerEntry{Seq: e.Seq, At: at, Account: e.Actor, Verb: e.Verb, Kind: e.Kind, ObjectID: e.Object, Body: body,
			Leaf: leaf[:]})
		for _, h := range nodes {
			f.add(engine.LedgerHash{Idx: h.Index, Hash: h.Hash[:]})
		}
	}
	encrypted()
	for _, w := range f.waiting {
		f.flush(w)
	}
	if err := s.UpsertCounters(ctx, tx, sums); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestVerifySpeed: a million entries in under a minute on two cores. CI reads
// fewer, with the same time per entry.
func TestVerifySpeed(t *testing.T) {
	n, limit := 20_000, 20*time.Second // CI shares its processors with other tests
	if os.Getenv("PLUMBLINE_NIGHTLY") == "1" {
		n, limit = 1_000_000, time.Minute
	}
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		fill(t, s, n)
		runtime.GC()
		start := time.Now()
		v, err := Run(context.Background(), s, Evidence{}, nil)
		if err != nil || !v.OK() || v.Entries != int64(n) || v.Rows["issue"] != n/5*3 {
			t.Fatalf("%+v %v", v, err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		took := time.Since(start)
		t.Logf("%s: %d entries and %d rows in %v (%.1f µs an entry); %d MB from the system", s.Dialect(), n, v.Rows["issue"],
			took.Round(time.Millisecond), float64(took.Microseconds())/float64(n), m.Sys>>20)
		if took > limit {
			t.Errorf("took %v, more than %v", took, limit)
		}
	})
}
