package insider

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/app/desk"
)

const (
	opened   = 24 // things of each kind that a walker opens before he begins
	attempts = 7  // of one operation on the tour
)

// know lets an account open what its lists have shown, on a copy that nobody
// walks on: a case tells the tracks, allegations and findings in it.
func (w *world) know(t testing.TB, p *who) {
	if p.knows {
		return
	}
	s := w.copy(t)
	defer s.close()
	k := newWalker(s, 0, p)
	for _, r := range app.Routes {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.Path, "/{id}") || !p.may[r.Op] {
			continue
		}
		pool := poolOf(r.Path)
		ids := k.mem.pools[pool]
		for _, id := range ids[:min(len(ids), opened)] {
			if slices.Contains(w.ripe["open "+pool], id) {
				continue
			}
			k.do(0, r, id, strings.Replace(r.Path, "{id}", id, 1), nil)
		}
		for _, id := range w.ripe["open "+pool] {
			if slices.Contains(ids, id) {
				k.do(0, r, id, strings.Replace(r.Path, "{id}", id, 1), nil)
			}
		}
	}
	k.pages(p)
	k.mem.focus = map[string][]string{}
	p.seen, p.knows = k.mem, true
	for _, f := range k.found {
		t.Errorf("%s, who only opens what his lists show, reached %s: %s", p.login, f.end, f.what)
	}
}

// pages opens what lies under a thing at an address of its own, and searches for
// those of whom there is news.
func (w *walker) pages(p *who) {
	if p.may["person.search"] {
		search, _ := app.RouteOf("person.search")
		for _, number := range append([]string{p.number, w.s.w.byLogin["demo-officer"].number}, w.s.w.news...) {
			w.do(0, search, "", search.Path, map[string]any{"query": number})
		}
	}
	if list, _ := app.RouteOf("account.list"); p.may[list.Op] {
		w.do(0, list, "", list.Path+"?state=disabled", nil)
	}
	for _, op := range []string{"completion.list", "completion.lists", "relation.list"} {
		r, _ := app.RouteOf(op)
		if !p.may[op] {
			continue
		}
		ids := w.mem.pools[poolOf(r.Path)]
		for _, id := range append(slices.Clone(w.mem.focus[poolOf(r.Path)]), ids[:min(len(ids), 8)]...) {
			w.do(0, r, id, strings.Replace(r.Path, "{id}", id, 1), nil)
			if op == "completion.lists" && w.mem.state[id] == "open" {
				w.do(0, r, id, strings.Replace(r.Path, "{id}", id, 1)+"?state=assigned", nil)
			}
		}
	}
}

// tour tries every operation that the walker's accounts may do, in any order,
// until each has succeeded once or has been refused several times. Where the
// world holds a thing at the stage that an operation asks for, and he has been
// shown it, he begins with that. A gentle tour keeps for the end what puts an
// end to things.
func (w *walker) tour(gentle bool) {
	type turn struct {
		self int
		op   string
	}
	var turns []turn
	for i, me := range w.selves {
		for _, r := range app.Routes {
			if r.Path != "" && (me.may[r.Op] || r.Public) {
				turns = append(turns, turn{i, r.Op})
			}
		}
	}
	w.rng.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	last := func(op string) bool { return enders[op[strings.LastIndex(op, ".")+1:]] }
	if gentle {
		slices.SortStableFunc(turns, func(a, b turn) int { return order(last(a.op)) - order(last(b.op)) })
	}
	for _, t := range turns {
		w.visit(t.self, t.op)
	}
	for _, t := range turns { // what stood in the way may be gone
		if r, _ := app.RouteOf(t.op); r.Write && w.reach[t.op] == 0 {
			w.visit(t.self, t.op)
		}
	}
	w.mem.focus, w.full = map[string][]string{}, false
}

// enders are the acts after which a thing is of no more use.
var enders = map[string]bool{"refuse": true, "reject": true, "withdraw": true, "undo": true, "end": true, "end_all": true,
	"code_refuse": true, "disable": true, "close": true,
	"revoke": true, "quash": true, "cancel": true, "merge": true, "party_void": true, "void": true}

func order(late bool) int {
	if late {
		return 1
	}
	return 0
}

// visit tries one operation on the things that it may be for.
func (w *walker) visit(i int, op string) {
	r, _ := app.RouteOf(op)
	if !r.One() {
		w.mem.focus = map[string][]string{}
		for n := range 3 {
			w.full = n == 0
			if r.Op == "issue.bulk_correct" {
				w.preview(i)
			}
			if w.attempt(i, r, "") {
				return
			}
		}
		return
	}
	for n, id := range w.candidates(r) {
		tries := 1
		if slices.Contains(w.s.w.ripe[op], id) {
			tries = 3
		}
		w.look(i, r, id)
		for k := range tries {
			w.full = k == 0 && n%3 != 2
			if op == "issue.party_void" && len(w.mem.focus["party"]) == 0 { // no page shows it: it must be his own
				party, _ := app.RouteOf("issue.party")
				if !w.selves[i].may[party.Op] || !w.attempt(i, party, id) {
					break
				}
			}
			if w.attempt(i, r, id) {
				return
			}
		}
	}
}

// candidates are a few of the things that an operation is for: the ripe ones
// first, then some in every state that he has seen.
func (w *walker) candidates(r desk.Route) (out []string) {
	pool := slices.Clone(w.mem.pools[poolFor(r)])
	w.rng.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	ripe := w.s.w.ripe[r.Op]
	byState := map[string][]string{}
	var states []string
	for _, id := range pool {
		if slices.Contains(ripe, id) {
			if len(out) < 3 {
				out = append(out, id)
			}
			continue
		}
		st := w.mem.state[id]
		if byState[st] == nil {
			states = append(states, st)
		}
		byState[st] = append(byState[st], id)
	}
	if strings.HasPrefix(r.Path, "/roster-templates") {
		return []string{"units"}
	}
	for n := 0; len(out) < attempts && n < attempts; n++ {
		for _, st := range states {
			if n < len(byState[st]) {
				out = append(out, byState[st][n])
			}
		}
	}
	return out[:min(len(out), attempts)]
}

// preview asks what a bulk correction would correct: it is done by the count
// that was shown.
func (w *walker) preview(i int) {
	r, _ := app.RouteOf("issue.bulk_preview")
	w.do(i, r, "", r.Path+"?max_severity=1", nil)
}

// look opens the page on which a thing stands, so that what he puts into a form
// is what stands beside it.
func (w *walker) look(i int, r desk.Route, id string) {
	w.mem.focus = map[string][]string{}
	path := w.mem.within[id]
	if path == "" {
		path = poolOf(r.Path) + "/" + id
	}
	if r.Method == http.MethodGet {
		return
	}
	for _, page := range app.Routes {
		if page.Method == http.MethodGet && strings.HasSuffix(page.Path, "/{id}") &&
			poolOf(page.Path) == path[:strings.LastIndex(path, "/")] && w.selves[i].may[page.Op] {
			w.do(i, page, path[strings.LastIndex(path, "/")+1:], path, nil)
			return
		}
	}
}
