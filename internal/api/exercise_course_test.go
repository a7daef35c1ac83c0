package api

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// drill is one of the exercises that CONTRIBUTING.md promises.
type drill string

const (
	noSession    drill = "no_session"
	noGrant      drill = "no_grant"
	outOfScope   drill = "out_of_scope"
	barredOut    drill = "barred"
	staleVersion drill = "stale_version"
	unknown      drill = "unknown_id"
	repeatedKey  drill = "repeated_key"
	brokenDB     drill = "broken_database"
)

var drills = []drill{noSession, noGrant, outOfScope, barredOut, staleVersion, unknown, repeatedKey, brokenDB}

// exercised says how a route is exercised.
type exercised struct {
	kind    string         // of the object in its path
	own     bool           // reaches only what is the actor's own: he is ben
	as      string         // who may; the first official of the east who may, if ""
	body    map[string]any // one that is accepted
	entries int            // that the act adds; 1 if 0, -1 for none
	reach   roster.Kind    // whose scope the act asks for, where it is not the route's
}

// course runs the exercises of every route on one site.
type course struct {
	*world
	golden listed
	left   listed // what did not run
	tried  map[string]bool
	ran    int
	last   []func(t *testing.T) // what is asked when the database is gone

	versioned map[string]bool // operations that say they take a version
}

func TestExercises(t *testing.T) {
	c := &course{world: newWorld(t), golden: readListed(t), left: listed{}, tried: map[string]bool{}}
	c.versioned = versionedOps(t, c.face)
	rows := c.rows()
	routes := 0
	for _, r := range app.Routes {
		if !r.One() {
			continue
		}
		routes++
		e, has := rows[r.Op]
		if !has {
			t.Errorf("%s names an object and nobody says of what kind", r.Op)
			continue
		}
		delete(rows, r.Op)
		t.Run(r.Op, func(t *testing.T) { c.in(t, func() { c.route(t, r, e) }) })
	}
	for op := range rows {
		t.Errorf("%s is no operation on an object", op)
	}
	c.lists()
	c.plansAreSound(t)
	c.close()
	for _, ask := range c.last {
		ask(t)
	}
	n := c.compare(t, len(c.tried) == routes*len(drills))
	t.Logf("%d routes name an object: %d exercises ran, %d are listed with a reason", routes, c.ran, n)
}

// compare holds what did not run against the list, of which it gives the
// length. Where all was tried, the list holds nothing else.
func (c *course) compare(t *testing.T, all bool) (n int) {
	t.Helper()
	for op, lacks := range c.golden {
		for d := range lacks {
			n++
			if _, out := c.left[op][d]; !out && (all || c.tried[op+" "+string(d)]) {
				t.Errorf("%s lists %s %s, which runs", exercisesGolden, op, d)
			}
		}
	}
	if *update && !all {
		t.Error("only the whole of the exercises can be written down")
	} else if *update {
		c.left.write(t)
	}
	return n
}

// run runs one exercise. It gives the reasons that would do where the route
// cannot have it.
func (c *course) run(t *testing.T, r desk.Route, d drill, do func(t *testing.T) []why) {
	name := string(d)
	if d == brokenDB { // all of them come after the rest
		name += "/" + r.Op
	}
	t.Run(name, func(t *testing.T) { c.in(t, func() { c.judge(t, r, d, do(t)) }) })
}

func (c *course) judge(t *testing.T, r desk.Route, d drill, cannot []why) {
	t.Helper()
	c.tried[r.Op+" "+string(d)] = true
	if cannot == nil {
		c.ran++
		return
	}
	y := c.golden[r.Op][d]
	if !slices.Contains(cannot, y) {
		t.Errorf("does not run; %s gives the reason %q, not one of %v", exercisesGolden, y, cannot)
		y = ""
	}
	c.left.put(r.Op, d, y)
}

// able is who may do the operation in the east.
func (c *course) able(r desk.Route, e exercised) string {
	c.Helper()
	switch {
	case e.own:
		return here.person
	case e.as != "":
		return e.as
	}
	for _, role := range roster.Roles {
		if c.App.May(c.actor(official(role)), r.Op) {
			return official(role)
		}
	}
	c.Fatalf("nobody may %s", r.Op)
	return ""
}

func (c *course) route(t *testing.T, r desk.Route, e exercised) {
	key := c.able(r, e)
	o := c.plant(e.kind, here)
	none := c.unknownLike(o)
	ask := func(t *testing.T, o object, headers ...string) answer {
		t.Helper()
		return c.send(key, r, o, e.body, append(headers, o.matched()...)...)
	}
	// nothing is the answer to what is not there; nothing may be recorded.
	nothing := func(t *testing.T, o object) {
		t.Helper()
		before := head(t, c.Site)
		got, want := ask(t, o), ask(t, none[len(none)-1])
		if got.bare() != want.bare() || got.status != 404 {
			t.Errorf("%s can tell it from what is not there:\n%s\n%s", key, got.bare(), want.bare())
		}
		if after := head(t, c.Site); after != before {
			t.Errorf("the ledger grew from %d to %d", before, after)
		}
	}
	isCode := strings.Contains(r.Path, "{table}")

	c.run(t, r, noSession, func(t *testing.T) []why {
		for _, token := range []string{"", "nobody"} {
			if a := c.send(token, r, o, e.body, o.matched()...); a.status != 401 || !strings.Contains(a.body, `"unauthenticated"`) {
				t.Errorf("token %q: %d %s", token, a.status, a.body)
			}
		}
		return nil
	})
	c.run(t, r, noGrant, func(t *testing.T) []why { return c.withoutGrant(t, r, e, o, none[0]) })
	c.run(t, r, unknown, func(t *testing.T) []why {
		if isCode {
			return []why{code}
		}
		for _, o := range none {
			if a := ask(t, o); a.status != 404 || !strings.Contains(a.body, `"not_found"`) {
				t.Errorf("%v: %d %s", o.ids, a.status, a.body)
			}
		}
		return nil
	})
	c.run(t, r, outOfScope, func(t *testing.T) []why {
		if isCode {
			return []why{code}
		}
		there := c.plant(e.kind, west)
		if a := ask(t, there); a.status < 400 {
			return []why{public}
		}
		nothing(t, there)
		c.isThere(t, r, e, key, west, there)
		return nil
	})
	c.run(t, r, barredOut, func(t *testing.T) []why {
		if isCode {
			return []why{code}
		}
		if e.own {
			return []why{own}
		}
		of := r
		if e.reach != "" {
			of.Kind = e.reach
		}
		related := c.plant(e.kind, barred)
		if a := ask(t, related); a.status < 400 && len(c.scope(key, of).BarPeople) == 0 {
			return []why{unbarred}
		}
		nothing(t, related)
		c.isThere(t, r, e, key, barred, related)
		nothing(t, c.plant(e.kind, about(key)))
		nothing(t, c.plant(e.kind, superior))
		if len(o.matters) > 0 { // of the event's date
			nothing(t, c.plant(e.kind, former))
		}
		for n := range o.matters { // a party to the issue is one to its case; the other way there is no saying
			o := c.plant(e.kind, here)
			if a := ask(t, c.plant(e.kind, here)); a.status == 404 {
				t.Errorf("%s sees nothing even without a bar: %s", key, a.body)
			}
			for _, m := range o.matters[n:] {
				c.party(m[0], m[1], key)
			}
			nothing(t, o)
		}
		return nil
	})
	if r.Method == "GET" {
		c.reading(t, r, e, key, o)
	} else {
		c.run(t, r, staleVersion, func(t *testing.T) []why { return c.stale(t, r, e, key) })
		c.run(t, r, repeatedKey, func(t *testing.T) []why { return c.repeated(t, r, e, key) })
	}
	fresh := c.plant(e.kind, here)
	c.last = append(c.last, func(t *testing.T) {
		c.run(t, r, brokenDB, func(t *testing.T) []why {
			a := ask(t, fresh)
			for _, leak := range []string{"sql", "database is closed", "SELECT", ".db", "goroutine"} {
				if strings.Contains(a.bare(), leak) { // the request's id is random
					t.Errorf("the answer speaks of %q: %s", leak, a.body)
				}
			}
			if a.status < 300 {
				return []why{fixed}
			}
			if a.status < 500 {
				t.Errorf("%d %s", a.status, a.body)
			}
			return nil
		})
	})
}

// isThere: what the official could not tell from nothing is seen by somebody else.
func (c *course) isThere(t *testing.T, r desk.Route, e exercised, key string, at place, o object) {
	t.Helper()
	other := at.person
	if !e.own {
		if other = whoSees(roster.Role(strings.TrimPrefix(key, official(""))), at); other == "" {
			return
		}
	}
	if a := c.send(other, r, o, e.body, o.matched()...); a.status == 404 || a.status >= 500 {
		t.Errorf("%s does not see it either: %d %s", other, a.status, a.body)
	}
}

// unknownLike are the addresses in which one id of the object stands for
// nothing, one for each parameter.
func (c *course) unknownLike(o object) []object {
	var out []object
	for n, id := range o.ids {
		other := o
		other.ids = slices.Clone(o.ids)
		switch {
		case len(id) == 64: // a session
			other.ids[n] = strings.Repeat("f", 64)
		case len(id) < 16: // the number of an entry
			other.ids[n] = "999999"
		default:
			known := min(len(id), len(unknownID))
			other.ids[n] = unknownID[:known] + id[known:]
		}
		out = append(out, other)
	}
	return out
}

// withoutGrant: who may not read the kind at all is answered as if it was not
// there, without a look at the id; who may read it is told that he may not.
func (c *course) withoutGrant(t *testing.T, r desk.Route, e exercised, o, none object) []why {
	keys := []string{stranger}
	for _, role := range roster.Roles {
		keys = append(keys, official(role))
	}
	tried := 0
	for _, key := range keys {
		if c.App.May(c.actor(key), r.Op) {
			continue
		}
		tried++
		want := 404
		if c.App.Table().May(c.actor(key), roster.ActRead, r.Kind) {
			want = 403
		}
		a, b := c.send(key, r, o, e.body, o.matched()...), c.send(key, r, none, e.body, none.matched()...)
		if a.status != want || a.bare() != b.bare() {
			t.Errorf("%s: want %d, got\n%s\nand for an unknown id\n%s", key, want, a.bare(), b.bare())
		}
	}
	if tried == 0 {
		t.Error("nobody is without the grant")
	}
	return nil
}

func (c *course) reading(t *testing.T, r desk.Route, e exercised, key string, o object) {
	t.Run("accepted", func(t *testing.T) {
		if a := c.send(key, r, o, e.body); a.status != 200 {
			t.Errorf("%s: %d %s", key, a.status, a.body)
		}
	})
	for _, d := range []drill{staleVersion, repeatedKey} {
		c.run(t, r, d, func(*testing.T) []why { return []why{reads} })
	}
}

func (c *course) stale(t *testing.T, r desk.Route, e exercised, key string) []why {
	o := c.plant(e.kind, here)
	before := head(t, c.Site)
	a := c.send(key, r, o, e.body, "If-Match", "999")
	switch {
	case a.status < 300 && c.versioned[r.Op]:
		return []why{ignored}
	case a.status < 300:
		return []why{versionless}
	case a.status != 409 || !strings.Contains(a.body, `"stale_version"`):
		t.Errorf("%s: %d %s", key, a.status, a.body)
	case !c.versioned[r.Op]:
		t.Error("it looks at a version, and the document does not say so")
	}
	if after := head(t, c.Site); after != before {
		t.Errorf("the ledger grew from %d to %d", before, after)
	}
	return nil
}

// versionedOps are the operations of which the document says that they take a
// version, in the body or by If-Match.
func versionedOps(t *testing.T, f *Face) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, path := range f.huma.OpenAPI().Paths {
		op := path.Post
		if op == nil {
			continue
		}
		for _, p := range op.Parameters {
			out[op.OperationID] = out[op.OperationID] || p.Name == "If-Match"
		}
		if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
			continue
		}
		s := op.RequestBody.Content["application/json"].Schema
		if s.Ref != "" {
			s = f.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
		}
		if _, has := s.Properties["version"]; has {
			out[op.OperationID] = true
		}
	}
	return out
}

// repeated: the act is accepted, the second time is answered like the first and
// adds nothing, and the same key on another object is a conflict.
func (c *course) repeated(t *testing.T, r desk.Route, e exercised, key string) []why {
	o, other := c.plant(e.kind, here), c.plant(e.kind, here)
	if slices.Equal(o.ids, other.ids) {
		other = c.plant(e.kind, west)
	}
	send := func(o object) (answer, int64) {
		t.Helper()
		before := head(t, c.Site)
		a := c.send(key, r, o, e.body, append(o.matched(), "Idempotency-Key", "key of "+r.Op)...)
		return a, head(t, c.Site) - before
	}
	first, added := send(o)
	if first.status != 200 && first.status != 201 {
		t.Fatalf("%s is not accepted: %d %s", key, first.status, first.body)
	}
	want := int64(max(e.entries, 1))
	if e.entries < 0 {
		want = 0
	}
	if added != want {
		t.Errorf("%d entries, want %d", added, want)
	}
	second, more := send(o)
	third, added := send(other)
	if second.bare() != first.bare() || more != 0 {
		return c.notRepeated(t, r, second, third)
	}
	if third.status != 409 || !strings.Contains(third.body, `"key_reused"`) || added != 0 {
		if !r.Create && third.status < 300 { // idle the second time by what it is, and not by the key
			return []why{keyless}
		}
		t.Errorf("the key on another object: %d %s, %d entries", third.status, third.body, added)
	}
	return nil
}

func (c *course) notRepeated(t *testing.T, r desk.Route, second, third answer) []why {
	t.Helper()
	switch {
	case strings.Contains(second.body, `"reveal_shown"`):
		return []why{once}
	case second.status < 300 && r.Act == roster.ActExport:
		return []why{again}
	case !r.Create && third.status < 300:
		return []why{keyless}
	}
	t.Errorf("the second time: %d %s\non another object: %d %s", second.status, second.body, third.status, third.body)
	return nil
}

func jsonOf(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
