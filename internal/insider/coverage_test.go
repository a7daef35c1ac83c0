package insider

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/roster"
)

// beyond are the operations that no lone account brings about, and why. The run
// of CI fails when an operation that is not here never succeeded, and when one
// that is here did.
var beyond = map[string]string{}

// coverage is what the walks of a run have tried.
type coverage struct {
	w        *world
	all      []string // every operation that a request can name
	ok       map[string]int
	refused  map[string]map[string]int // by operation and reason
	tried    map[string]map[string]int // by role and operation: 1 refused, 2 succeeded
	may      map[string]map[string]bool
	requests int
}

func newCoverage(w *world) *coverage {
	c := &coverage{w: w, ok: map[string]int{}, refused: map[string]map[string]int{}, tried: map[string]map[string]int{},
		may: map[string]map[string]bool{}}
	for _, r := range app.Routes {
		if r.Path != "" {
			c.all = append(c.all, r.Op)
		}
	}
	for _, p := range w.people {
		role := roleOf(p)
		if c.may[role] == nil {
			c.may[role], c.tried[role] = map[string]bool{}, map[string]int{}
		}
		for op, may := range p.may {
			c.may[role][op] = c.may[role][op] || may
		}
	}
	return c
}

// roleOf names what an account holds beside what everybody is.
func roleOf(p *who) string {
	roles := slices.DeleteFunc(slices.Clone(p.roles), func(r string) bool { return r == string(roster.RoleOfficer) })
	if len(roles) == 0 {
		return string(roster.RoleOfficer)
	}
	slices.Sort(roles)
	return strings.Join(slices.Compact(roles), "+")
}

func (c *coverage) add(k *walker) {
	c.requests += len(k.steps)
	for _, st := range k.steps {
		role := ""
		if st.self < len(k.selves) && c.w.byLogin[k.selves[st.self].login] != nil {
			role = roleOf(c.w.byLogin[k.selves[st.self].login])
		}
		if st.status < 300 {
			c.ok[st.op]++
		} else {
			if c.refused[st.op] == nil {
				c.refused[st.op] = map[string]int{}
			}
			c.refused[st.op][st.code()]++
		}
		if c.tried[role] != nil {
			c.tried[role][st.op] = max(c.tried[role][st.op], map[bool]int{true: 2, false: 1}[st.status < 300])
		}
	}
}

func (c *coverage) missed() (out []string) {
	for _, op := range c.all {
		if c.ok[op] == 0 && !slices.Contains(c.w.read, op) {
			out = append(out, op)
		}
	}
	return out
}

func (c *coverage) reasons() (out []string) {
	for _, op := range c.missed() {
		out = append(out, "  "+op+" "+often(c.refused[op]))
	}
	return out
}

// often lists the commonest reasons of a refusal.
func often(n map[string]int) string {
	codes := slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(n[b]-n[a], strings.Compare(a, b)) })
	var out []string
	for _, c := range codes[:min(len(codes), 5)] {
		out = append(out, fmt.Sprintf("%s×%d", c, n[c]))
	}
	return strings.Join(out, " ")
}

// table says for each role how many of the operations that it may do have
// succeeded, have only been refused, and were never tried, and names the last
// two.
func (c *coverage) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s %5s %9s %8s %11s\n", "role", "may", "succeeded", "refused", "never tried")
	for _, role := range slices.Sorted(maps.Keys(c.may)) {
		var refused, never []string
		may, ok := 0, 0
		for _, op := range c.all {
			if !c.may[role][op] {
				continue
			}
			may++
			switch c.tried[role][op] {
			case 2:
				ok++
			case 1:
				refused = append(refused, op)
			default:
				never = append(never, op)
			}
		}
		fmt.Fprintf(&b, "%-28s %5d %9d %8d %11d\n", role, may, ok, len(refused), len(never))
		if len(refused) > 0 {
			fmt.Fprintf(&b, "    refused: %s\n", strings.Join(refused, " "))
		}
		if len(never) > 0 {
			fmt.Fprintf(&b, "    never tried: %s\n", strings.Join(never, " "))
		}
	}
	return b.String()
}

// complete fails when an operation never succeeded that is not beyond a lone
// account, or the other way round.
func (c *coverage) complete(t *testing.T) {
	t.Helper()
	missed := c.missed()
	for _, op := range missed {
		if beyond[op] == "" {
			t.Errorf("%s never succeeded (%s): plant a thing at its stage, or say in beyond why nobody can do it alone", op,
				often(c.refused[op]))
		}
	}
	for _, op := range slices.Sorted(maps.Keys(beyond)) {
		if !slices.Contains(missed, op) {
			t.Errorf("%s succeeded: it is not beyond a lone account", op)
		}
	}
}
