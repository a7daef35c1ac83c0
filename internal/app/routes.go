package app

import (
	"slices"
	"strings"

	"plumbline/internal/access"
	"plumbline/internal/roster"
)

// Route is one operation: where the API has it, and what it asks of access.
type Route struct {
	Op     string // "submission.submit"
	Method string
	Path   string // under /api/v1, "{id}" marks parameters; "" where only pages or the command line have it
	Act    roster.Act
	Kind   roster.Kind
	Write  bool // returns a ledger fact
	Create bool // takes an Idempotency-Key
	Public bool // needs no session
	Proof  bool // asks for the password again when the last proof is old; needs Write
	Status int  // of success; 0 means 200
}

// One reports whether the operation is about one thing named by id.
func (r Route) One() bool { return strings.Contains(r.Path, "{") }

// Routes is the table of every operation.
var Routes = slices.Concat(
	coreRoutes, rosterRoutes, accountRoutes, selfcheckRoutes, intakeRoutes, issueRoutes, inquiryRoutes, rectifyRoutes, reportRoutes, receiptRoutes, witnessRoutes,
	custodyRoutes, recusalRoutes, proposalRoutes,
)

var routeByOp = func() map[string]Route {
	m := make(map[string]Route, len(Routes))
	for _, r := range Routes {
		if _, twice := m[r.Op]; twice {
			panic("app: operation " + r.Op + " stands twice in the route table")
		}
		m[r.Op] = r
	}
	return m
}()

// RouteOf finds an operation.
func RouteOf(op string) (Route, bool) {
	r, ok := routeByOp[op]
	return r, ok
}

// Pairs lists every question that the route table asks of the policy, and
// reading and listing for every kind, by which scopes are made.
func Pairs() []access.Pair {
	var pairs []access.Pair
	add := func(p access.Pair) {
		if !slices.Contains(pairs, p) {
			pairs = append(pairs, p)
		}
	}
	for _, r := range Routes {
		if !r.Public {
			add(access.Pair{Act: r.Act, Kind: r.Kind})
		}
	}
	for _, k := range roster.Kinds {
		add(access.Pair{Act: roster.ActRead, Kind: k})
		add(access.Pair{Act: roster.ActList, Kind: k})
	}
	return pairs
}
