package verify

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/ledger"
	"plumbline/internal/store/engine"
)

var tamperResults = []struct {
	name string
	do   func(h *thief)
	want string // codes, entries and ids
}{
	{"answer with a thing of another write", func(h *thief) { h.do("UPDATE requests SET result_id = 'u2' WHERE seq = 0") },
		"request_result 0 a/two"},
	{"answer with a thing of nobody's", func(h *thief) { h.do("UPDATE requests SET result_id = 'elsewhere' WHERE seq = 3") },
		"request_result 3 a/last"},
	// it is his, and the write made both
	{"answer with the other thing of the write", func(h *thief) { h.do("UPDATE requests SET result_id = 'u1' WHERE seq = 0") }, ""},
	{"answer a request that was never made", func(h *thief) {
		h.do("INSERT INTO requests SELECT account, 'other', key_hash, body_hash, 'u1', seq FROM requests WHERE seq = 3")
	}, "request_result 3 a/other"},
}

// TestTamperResults replaces the stored answers to repeated requests.
func TestTamperResults(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		ctx := context.Background()
		b := newBureau(t, s)
		write := func(op, result string, objects ...string) {
			t.Helper()
			_, err := s.Update(ctx, engine.Call{Account: "a", Op: op, Key: []byte(op), Body: []byte("b"), RequestID: op},
				func(ctx context.Context, tx *engine.Tx) (facts []ledger.Fact, _ string, err error) {
					for _, o := range objects {
						facts = append(facts, ledger.Fact{Verb: "unit.edit", Kind: "unit", ID: o})
					}
					return facts, result, nil
				})
			if err != nil {
				t.Fatal(err)
			}
		}
		write("two", "u0", "u1", "u0") // entries 0 and 1: the second names the id
		write("none", "", "u2")        // 2
		write("last", "u3", "u3")      // 3
		if v, err := Run(ctx, s, Evidence{}, nil); err != nil || !v.OK() {
			t.Fatalf("before the night: %+v %v", v, err)
		}
		b.disarm()
		for _, c := range tamperResults {
			t.Run(c.name, func(t *testing.T) {
				tx, err := engine.Writer(s).BeginTx(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback()
				b.t = t
				c.do(&thief{bureau: b, tx: tx})
				v, err := verifyIn(ctx, s, []*engine.View{engine.On(s, tx)}, b.bySite(), nil)
				if err != nil {
					t.Fatal(err)
				}
				var found []string
				for _, f := range v.Findings {
					if f.Kind != "schema" { // the triggers that are away
						found = append(found, fmt.Sprint(f.What, " ", f.Seq, " ", f.ID))
					}
				}
				if got := strings.Join(found, "\n"); got != c.want {
					t.Errorf("found:\n%s\nwant:\n%s", got, c.want)
				}
			})
		}
	})
}

// TestAnAnswerIsNamedByItsWrite rejects an operation whose answer verify could
// not check.
func TestAnAnswerIsNamedByItsWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		ctx := context.Background()
		fn := func(context.Context, *engine.Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: "unit.edit", Kind: "unit", ID: "u1"}}, "elsewhere", nil
		}
		if _, err := s.Update(ctx, engine.Call{Account: "a", Op: "x", Key: []byte("k"), Body: []byte("b")}, fn); err == nil ||
			!strings.Contains(err.Error(), "none of its facts") {
			t.Errorf("%v", err)
		}
		if _, err := s.Update(ctx, engine.Call{Account: "a", Op: "x"}, fn); err != nil {
			t.Errorf("a write that nobody can repeat: %v", err)
		}
	})
}
