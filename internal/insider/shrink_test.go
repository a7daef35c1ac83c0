package insider

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app"
)

// open makes an account that a sign-in has opened one of the walker's.
func (s *site) open(login string, answer []byte) *self {
	var got struct{ Token string }
	if json.Unmarshal(answer, &got) != nil || got.Token == "" {
		return nil
	}
	if p := s.w.byLogin[login]; p != nil {
		return &self{who: p, token: got.Token}
	}
	// An account that the world does not know: a newcomer's, or a second one.
	a := s.send(got.Token, "GET", "/session", nil)
	var me struct{ Account, Person string }
	if json.Unmarshal(a.body, &me) != nil {
		return nil
	}
	may := map[string]bool{}
	for _, p := range s.w.people {
		if p.login == "demo-officer" {
			may = p.may
		}
		if p.person == me.Person {
			may = p.may
			break
		}
	}
	return &self{who: &who{login: login, account: me.Account, person: me.Person, may: may}, token: got.Token}
}

// replay does some of the steps again on a fresh copy and says what ends they
// reach. What the first walk was given along the way, ids, codes and tokens, is
// replaced by what this one is given.
func replay(t testing.TB, w *world, seed uint64, who []*who, steps []step) (*walker, []finding) {
	t.Helper()
	s := w.copy(t)
	defer s.close()
	k := newWalker(s, seed, who...)
	given := map[string]string{}
	for _, st := range steps {
		if st.self >= len(k.selves) {
			continue
		}
		r, _ := app.RouteOf(st.op)
		path, body := renew(st.path, given), st.body
		if b, ok := st.body.(map[string]any); ok {
			raw, _ := json.Marshal(b)
			var fresh map[string]any
			if json.Unmarshal([]byte(renew(string(raw), given)), &fresh) == nil {
				body = fresh
			}
		}
		k.wait = st.wait
		k.pass()
		a := s.send(k.selves[st.self].token, st.method, path, body)
		var p struct{ Args struct{ Current int64 } }
		if b, ok := body.(map[string]any); ok && a.status == 409 && json.Unmarshal(a.body, &p) == nil && p.Args.Current > 0 {
			b["version"] = p.Args.Current
			a = s.send(k.selves[st.self].token, st.method, path, b)
		}
		k.steps = append(k.steps, step{self: st.self, op: st.op, method: st.method, path: path, body: body, wait: k.wait, status: a.status,
			answer: a.body})
		k.wait = 0
		k.found = append(k.found, k.judgeAnswer(st.self, r, path, body, a)...)
		if a.status >= 300 {
			continue
		}
		compare(st.answer, a.body, given)
		switch st.op {
		case "session.create":
			login, _ := body.(map[string]any)["login"].(string)
			if me := s.open(login, a.body); me != nil {
				me.password, _ = body.(map[string]any)["password"].(string)
				at := slices.IndexFunc(k.selves, func(had *self) bool { return had.login == login })
				if at >= 0 {
					me.own = k.selves[at].own
					k.selves[at] = me
				} else {
					k.selves = append(k.selves, me)
				}
			}
		case "password.set":
			k.selves[st.self].password, _ = body.(map[string]any)["new"].(string)
		}
	}
	found, err := k.judgeSite()
	if err != nil {
		t.Fatal(err)
	}
	return k, append(k.found, found...)
}

func renew(s string, given map[string]string) string {
	if len(given) == 0 {
		return s
	}
	var pairs []string
	for from, to := range given {
		pairs = append(pairs, from, to)
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// compare notes the texts that differ between two answers to the same request.
func compare(old, fresh []byte, given map[string]string) {
	var a, b any
	if json.Unmarshal(old, &a) == nil && json.Unmarshal(fresh, &b) == nil {
		pairUp(a, b, given)
	}
}

func pairUp(a, b any, given map[string]string) {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			for k, v := range a {
				pairUp(v, b[k], given)
			}
		}
	case []any:
		if b, ok := b.([]any); ok {
			for i := range min(len(a), len(b)) {
				pairUp(a[i], b[i], given)
			}
		}
	case string:
		if b, ok := b.(string); ok && a != b && len(a) > 10 && !bytes.ContainsAny([]byte(a), " \n") {
			given[a] = b
		}
	}
}

// shrinkReplays is how often a walk is done again to find its shortest part:
// by number and not by the clock, so that a seed always gives the same.
const shrinkReplays = 30

// shrink drops steps as long as the end is still reached: halves first, because
// most ends are one act away, then ever smaller parts.
func shrink(t testing.TB, w *world, seed uint64, who []*who, steps []step, f finding) []step {
	t.Helper()
	left := shrinkReplays
	reaches := func(part []step) ([]step, bool) {
		left--
		k, found := replay(t, w, seed, who, part)
		return k.steps, slices.ContainsFunc(found, func(g finding) bool { return g.end == f.end && kindOf(g) == kindOf(f) })
	}
	var part []step
	for _, s := range steps {
		if s.status < 300 && (s.method != "GET" || f.end == "learned" || f.end == "named" || f.end == "cell") || s.wait > 0 {
			part = append(part, s)
		}
	}
	short, ok := reaches(part)
	if !ok {
		if short, ok = reaches(steps); !ok {
			return steps
		}
	}
	part = short
	for len(part) > 1 && left > 1 {
		if got, ok := reaches(part[len(part)/2:]); ok {
			part = got
		} else if got, ok := reaches(part[:len(part)/2]); ok {
			part = got
		} else {
			break
		}
	}
	for size := max(len(part)/4, 1); left > 0 && len(part) > 1; size = max(size/2, 1) {
		smaller := false
		for at := len(part) - size; at >= 0 && left > 0; at -= size {
			if got, ok := reaches(slices.Concat(part[:at], part[at+size:])); ok {
				part, smaller = got, true
			}
			at = min(at, len(part))
		}
		if size == 1 && !smaller {
			break
		}
	}
	return part
}
