package insider

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/app/desk"
)

// self is one account that a walker acts through: his own, or one that he has
// opened on the way.
type self struct {
	*who
	token    string
	password string
	own      bool
}

// step is one request of a walk.
type step struct {
	self   int
	op     string
	method string
	path   string
	body   any
	wait   int // days that pass before it
	status int
	answer []byte
}

func (s step) String() string {
	body := ""
	if s.body != nil {
		raw, _ := json.Marshal(s.body)
		body = " " + string(raw)
	}
	wait := ""
	if s.wait > 0 {
		wait = fmt.Sprintf("(%d days later) ", s.wait)
	}
	return fmt.Sprintf("%s%s %s%s → %d", wait, s.method, s.path, body, s.status)
}

// code is the reason of a refusal.
func (s step) code() string {
	var p struct{ Code, Field string }
	if json.Unmarshal(s.answer, &p) != nil {
		return fmt.Sprint(s.status)
	}
	return p.Code + ":" + p.Field
}

// walker is one walk over one copy of the world.
type walker struct {
	s      *site
	rng    *rand.Rand
	selves []*self
	mem    *memory
	steps  []step
	worth  map[string]float64 // of an operation, as it has gone on this walk
	wait   int
	stay   int    // steps before he looks at something else
	about  string // path of the thing that he looks into
	found  []finding
	reach  map[string]int // operations that succeeded
	fresh  int
	acting *self // whose request is being made
	secret map[string]bool
	full   bool // forms are filled in whole
	seed   uint64
	draw   func(part int) // has what is random from now on follow from the seed and the step alone
}

func newWalker(s *site, seed uint64, who ...*who) *walker {
	w := &walker{s: s, seed: seed, draw: func(int) {}, rng: rand.New(rand.NewPCG(seed, 0x706c756d62)), mem: newMemory(),
		worth: map[string]float64{}, reach: map[string]int{}}
	for _, p := range who {
		w.selves = append(w.selves, &self{who: p, token: p.token, password: p.password, own: true})
	}
	w.mem = who[0].seen.clone()
	for _, p := range who[1:] {
		w.mem.join(p.seen)
	}
	for _, e := range s.w.book {
		w.mem.name[e.number] = e.name
		w.mem.pools["number"] = once(w.mem.pools["number"], e.number)
		w.mem.pools["login"] = once(w.mem.pools["login"], e.login)
	}
	for _, p := range who {
		w.mem.name[p.number], w.mem.number[p.person] = p.name, p.number
		w.mem.pools["number"] = once(w.mem.pools["number"], p.number)
	}
	w.secret = s.hiddenFrom(who)
	return w
}

func (w *walker) n(n int) int            { return w.rng.IntN(max(n, 1)) }
func (w *walker) chance(p float64) bool  { return w.rng.Float64() < p }
func (w *walker) one(l ...string) string { return pickOf(w, l) }

func pickOf[T any](w *walker, l []T) (v T) {
	if len(l) == 0 {
		return v
	}
	return l[w.n(len(l))]
}

// id takes one of a pool, of what he looks into most often.
func (w *walker) id(pool string) string {
	if f := w.mem.focus[pool]; len(f) > 0 && w.chance(0.75) {
		return pickOf(w, f)
	}
	return pickOf(w, w.mem.pools[pool])
}

// aim takes an id for an operation: of a few that he knows the one whose state
// has least often been in the way of that operation.
func (w *walker) aim(op, pool string) (id string) {
	best := -1.0
	for range 4 {
		c := w.id(pool)
		x, ok := w.worth[op+" "+w.mem.state[c]]
		if !ok {
			x = 1
		}
		if c != "" && x > best {
			id, best = c, x
		}
	}
	return id
}

// run walks some steps.
func (w *walker) run(steps int) {
	for len(w.steps) < steps {
		w.stay--
		before := len(w.steps)
		switch d := w.n(100); {
		case w.stay <= 0 || w.about == "":
			w.stay = 5 + w.n(30)
			w.lookInto()
		case d < 8:
			w.lookOver()
		case d < 9:
			w.wait += 1 + w.n(16)
		case d < 12 && w.last() != nil:
			w.again()
		default:
			w.act()
		}
		if len(w.steps) == before && w.wait == 0 {
			w.lookOver()
		}
		if len(w.steps) == before && w.wait == 0 && w.n(50) == 0 {
			return // nobody lets him do anything
		}
	}
}

// act chooses a writing operation and tries it.
func (w *walker) act() {
	i := w.n(len(w.selves))
	me := w.selves[i]
	if len(w.mem.code) > 0 && w.chance(0.5) { // a code is for using
		w.try(i, "session.create")
		return
	}
	if !me.own && me.who.may == nil {
		return
	}
	var ops []desk.Route
	var weight []float64
	total := 0.0
	for _, r := range app.Routes {
		if r.Method == "GET" || r.Path == "" || !me.may[r.Op] || r.Op == "session.end_all" || r.Op == "session.create" {
			continue
		}
		x := 1.0
		if r.One() {
			pool := poolFor(r)
			switch {
			case len(w.mem.focus[pool]) > 0:
				x = 6
			case len(w.mem.pools[pool]) > 0:
				x = 1
			default:
				x = 0
			}
		}
		if v, ok := w.worth[r.Op]; ok {
			x *= v
		}
		if !r.Write {
			x *= 0.3
		}
		if x > 0 {
			ops, weight = append(ops, r), append(weight, x)
			total += x
		}
	}
	at := w.rng.Float64() * total
	for k, x := range weight {
		if at -= x; at <= 0 {
			w.try(i, ops[k].Op)
			return
		}
	}
}

// try makes one request of an operation with inputs of the moment.
func (w *walker) try(i int, op string) bool {
	r, _ := app.RouteOf(op)
	id := ""
	if r.One() {
		if id = w.aim(op, poolFor(r)); id == "" {
			return false
		}
	}
	return w.attempt(i, r, id)
}

// draws has every request draw its ids, codes and keys from the seed and its
// place in the walk, whatever was drawn before it.
func (w *walker) draws(t *testing.T) {
	w.draw = func(part int) { cryptotest.SetGlobalRandom(t, w.seed<<20+uint64(2*len(w.steps)+part)) }
}

// the parts of a request: what is written into the form, and what comes of it.
const (
	form = iota
	sent
)

// attempt makes one request of an operation on a thing.
func (w *walker) attempt(i int, r desk.Route, id string) bool {
	op, path := r.Op, r.Path
	w.acting = w.selves[i]
	w.draw(form)
	if r.One() {
		path = strings.Replace(path, "{id}", id, 1)
		path = strings.Replace(path, "{unit}", w.unit(), 1)
		path = strings.Replace(path, "{seq}", id, 1)
		path = strings.Replace(path, "{table}", w.one("units", "people", "postings", "links"), 1)
	}
	sh := w.s.w.shapes[op]
	var body any
	switch {
	case sh.form:
		body = w.file(op)
	case sh.body != nil:
		b, _ := w.value(op, "", sh.body, id).(map[string]any)
		body = b
	}
	if r.Method == "GET" {
		path += w.filter(r, sh)
	}
	a := w.do(i, r, id, path, body)
	if a.status == 409 && strings.Contains(string(a.body), `"stale_version"`) {
		var p struct{ Args struct{ Current *int64 } }
		if b, ok := body.(map[string]any); ok && json.Unmarshal(a.body, &p) == nil && p.Args.Current != nil {
			again := maps.Clone(b)
			again["version"] = *p.Args.Current
			a = w.do(i, r, id, path, again)
		}
	}
	v, ok := w.worth[op]
	if !ok {
		v = 1
	}
	switch {
	case a.status < 300:
		v = min(v*1.1, 3) * 0.9
		w.reach[op]++
		if starts[op] && w.chance(0.7) {
			w.drain()
		}
		if r.Write && w.about != "" && w.chance(0.7) {
			w.read(i, w.about)
		}
	case a.status == 403 || a.status == 404:
		v *= 0.7
	default:
		v *= 0.9
		if st := w.mem.state[id]; st != "" && a.status == 409 {
			w.worth[op+" "+st] = 0.1
		}
	}
	w.worth[op] = max(v, 0.05)
	return a.status < 300
}

// starts are the operations that leave work to a job. The server gets round to
// it soon, but not always before the next request.
var starts = map[string]bool{"audit.import": true, "batch.resume": true, "batch.withdraw": true, "campaign.open": true,
	"campaign.lock": true, "campaign.close": true,
	"custody.approve": true, "person.import": true, "posting.import": true, "unit.import": true, "command_link.import": true, "proposal.approve": true}

// drain lets the server do the work that waits for it.
func (w *walker) drain() {
	if err := w.s.app.DrainJobs(context.Background()); err != nil {
		w.found = append(w.found, finding{"job", err.Error()})
	}
}

// do sends a request, keeps it, and learns from the answer.
func (w *walker) do(i int, r desk.Route, id, path string, body any) answer {
	w.pass()
	w.draw(sent)
	a := w.s.send(w.selves[i].token, r.Method, path, body)
	w.steps = append(w.steps, step{self: i, op: r.Op, method: r.Method, path: path, body: body, wait: w.wait, status: a.status,
		answer: a.body})
	w.wait = 0
	if a.status == 401 && w.selves[i].own {
		w.s.signIn(w.selves[i : i+1])
	}
	if a.status < 300 {
		w.mem.take(r, id, a.body)
		w.entered(i, r, body, a)
	}
	w.found = append(w.found, w.judgeAnswer(i, r, path, body, a)...)
	return a
}

// pass lets the days go by that he has waited, and signs him in again.
func (w *walker) pass() {
	if w.wait == 0 {
		return
	}
	w.s.clock.add(time.Duration(w.wait) * 24 * time.Hour)
	if err := w.s.keep(); err != nil {
		w.found = append(w.found, finding{"job", err.Error()})
	}
	w.s.signIn(w.selves)
}

// keep is what the server does by itself every day.
func (s *site) keep() error {
	ctx := context.Background()
	if err := s.app.DrainJobs(ctx); err != nil {
		return err
	}
	if _, err := s.app.PlacePeople(ctx); err != nil {
		return err
	}
	if _, err := s.app.FoldReadings(ctx); err != nil {
		return err
	}
	if _, err := s.app.WatchMatters(ctx); err != nil {
		return err
	}
	return s.app.LapseReveals(ctx)
}

func (s *site) signIn(selves []*self) {
	for _, me := range selves {
		a := s.send("", "POST", "/sessions", map[string]any{"login": me.login, "password": me.password})
		var got struct{ Token string }
		if a.status == 200 && json.Unmarshal(a.body, &got) == nil {
			me.token = got.Token
		}
	}
}

// entered notes an account that he has opened, or its new password.
func (w *walker) entered(i int, r desk.Route, body any, a answer) {
	b, _ := body.(map[string]any)
	switch r.Op {
	case "password.set":
		w.selves[i].password, _ = b["new"].(string)
	case "account.code_confirm": // his old password opens nothing any more
		var got struct{ Code string }
		if json.Unmarshal(a.body, &got) == nil {
			route, _ := app.RouteOf("session.create")
			w.do(i, route, "", route.Path, map[string]any{"login": w.selves[i].login, "password": got.Code})
			route, _ = app.RouteOf("password.set")
			w.do(i, route, "", route.Path, map[string]any{"new": w.password()})
		}
	case "session.create":
		login, _ := b["login"].(string)
		if me := w.s.open(login, a.body); me != nil {
			me.password, _ = b["password"].(string)
			for k, had := range w.selves {
				if had.login == login {
					me.own = had.own
					w.selves[k] = me
					delete(w.mem.code, login)
					return
				}
			}
			w.selves = append(w.selves, me)
			delete(w.mem.code, login)
			// What opened with a code asks for a password first.
			route, _ := app.RouteOf("password.set")
			w.do(len(w.selves)-1, route, "", route.Path, map[string]any{"new": w.password()})
			if me.seen != nil {
				w.mem.join(me.seen)
			}
		}
	}
}

func (w *walker) password() string {
	w.fresh++
	return fmt.Sprintf("Zhunsheng-%d-kestrel", 7000+w.fresh)
}

// lookInto opens a thing that he has seen: what is in it is what he thinks of
// for a while.
func (w *walker) lookInto() {
	i := w.n(len(w.selves))
	var paths []string
	for _, r := range app.Routes {
		if r.Method == "GET" && strings.HasSuffix(r.Path, "/{id}") && w.selves[i].may[r.Op] && len(w.mem.pools[poolOf(r.Path)]) > 0 {
			paths = append(paths, r.Op)
			switch poolOf(r.Path) {
			case "/issues", "/cases", "/questions", "/matches", "/proposals":
				paths = append(paths, r.Op, r.Op, r.Op)
			}
		}
	}
	if len(paths) == 0 {
		w.about = "none"
		return
	}
	r, _ := app.RouteOf(pickOf(w, paths))
	w.mem.focus = map[string][]string{}
	id := w.aim(r.Op, poolOf(r.Path))
	if r.Op == "person.read" && w.selves[i].may["person.search"] && w.chance(0.6) {
		search, _ := app.RouteOf("person.search")
		w.do(i, search, "", search.Path, map[string]any{"query": w.person()})
		if f := w.mem.focus["/people"]; len(f) > 0 {
			id = pickOf(w, f)
		}
	}
	w.mem.focus = map[string][]string{}
	w.mem.add(poolOf(r.Path), id)
	w.about = strings.Replace(r.Path, "{id}", id, 1) + w.filter(r, w.s.w.shapes[r.Op])
	w.read(i, w.about)
	for _, sub := range app.Routes {
		if sub.Method == "GET" && strings.HasPrefix(sub.Path, r.Path+"/") && w.selves[i].may[sub.Op] && w.chance(0.5) {
			w.do(i, sub, id, strings.Replace(strings.Replace(sub.Path, "{id}", id, 1), "{unit}", w.id("/units"), 1), nil)
		}
	}
	if case_ := w.mem.focus["/cases"]; poolOf(r.Path) == "/issues" && len(case_) > 0 && w.selves[i].may["case.get"] {
		w.about = "/cases/" + case_[0]
		w.read(i, w.about)
	}
}

// read opens a thing by its address.
func (w *walker) read(i int, path string) {
	bare, _, _ := strings.Cut(path, "?")
	for _, r := range app.Routes {
		if r.Method == "GET" && strings.HasSuffix(r.Path, "/{id}") && poolOf(r.Path) == bare[:max(strings.LastIndex(bare, "/"), 0)] &&
			w.selves[i].may[r.Op] {
			id := bare[strings.LastIndex(bare, "/")+1:]
			if a := w.do(i, r, id, path, nil); a.status < 300 {
				w.reach[r.Op]++
				if v := w.mem.ref[id]; v != "" {
					w.mem.add(poolOf(r.Path), id)
				}
			}
			return
		}
	}
}

// lookOver reads a list, a report or a page under some filter.
func (w *walker) lookOver() {
	i := w.n(len(w.selves))
	var ops []string
	for _, r := range app.Routes {
		if r.Method == "GET" && r.Path != "" && w.selves[i].may[r.Op] && !r.Public && !(r.One() && len(w.mem.pools[poolFor(r)]) == 0) &&
			!strings.HasSuffix(r.Path, "/{id}") {
			ops = append(ops, r.Op)
			if r.Op == "report.read" || r.Op == "ledger.entries" {
				ops = append(ops, r.Op, r.Op, r.Op)
			}
		}
	}
	if w.selves[i].may["person.search"] {
		ops = append(ops, "person.search", "person.search")
	}
	if len(ops) > 0 {
		keep := w.mem.focus
		w.mem.focus = maps.Clone(keep)
		w.try(i, pickOf(w, ops))
		w.mem.focus = keep
	}
}

func (w *walker) last() *step {
	for k := len(w.steps) - 1; k >= 0 && k > len(w.steps)-8; k-- {
		if r, _ := app.RouteOf(w.steps[k].op); r.Write && w.steps[k].status < 300 && r.Op != "password.set" {
			return &w.steps[k]
		}
	}
	return nil
}

// again repeats what has just gone well with other inputs: what is harmless
// once may not be many times.
func (w *walker) again() {
	last := *w.last()
	for k, misses := 2+w.n(24), 0; k > 0 && misses < 6; k-- {
		if !w.try(last.self, last.op) {
			misses++
		}
	}
}

func (w *walker) filter(r desk.Route, sh *shape) string {
	q := url.Values{}
	for _, name := range sh.query {
		if name == "purpose" {
			if w.selves[0].has("leadership_reader") {
				q.Set(name, w.one("case_review", "complaint", "supervision"))
			}
			continue
		}
		if !w.chance(0.3) && name != "category" && r.Op != "ledger.entries" {
			continue
		}
		v := ""
		switch name {
		case "unit", "unit_id":
			v = w.id("/units")
		case "from", "to":
			v = w.one("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
			if r.Op == "ledger.entries" {
				v = fmt.Sprint(w.n(int(w.s.w.base.size)))
			}
		case "campaign":
			v = w.id("/campaigns")
		case "person":
			v = w.id("/people")
		case "limit":
			v = "200"
		case "category":
			if r.Op == "reconciliation.untouched" {
				v = w.category()
			}
		case "severity":
			v = w.one("", "3", "4")
		case "state":
			v = w.one("", "registered", "clue", "open", "raised", "probable", "ambiguous", "submitted")
		}
		if v != "" {
			q.Set(name, v)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (w *walker) category() string {
	return w.one("duty_discipline", "interview", "supervision", "window_service")
}

// actors are the accounts and the people whose acts are the walker's.
func (w *walker) actors() (accounts, people []string) {
	for _, me := range w.selves {
		if me.own {
			accounts, people = append(accounts, me.account), append(people, me.person)
		}
	}
	return accounts, people
}

func (w *walker) names() string {
	var out []string
	for _, me := range w.selves {
		if me.own {
			roles := strings.Join(slices.Compact(slices.Sorted(slices.Values(me.roles))), "+")
			out = append(out, me.login+" ("+roles+")")
		}
	}
	return strings.Join(out, " and ")
}
