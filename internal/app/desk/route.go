package desk

import (
	"slices"
	"strings"

	"plumbline/internal/access"
	"plumbline/internal/roster"
)

// Route is one operation: its place in the API, and what it asks of access.
type Route struct {
	Op     string // "submission.submit"
	Method string
	Path   string // under /api/v1, "{id}" marks parameters; "" where only pages or the command line have it
	Act    roster.Act
	Kind   roster.Kind
	Write  bool // returns a ledger fact
	Slip   bool // keeps what its author needs to prove later what was filed; needs Write
	Create bool // takes an Idempotency-Key
	Public bool // needs no session
	Proof  bool // asks for the password again when the last proof is old; needs Write
	Status int  // of success; 0 means 200
}

// One reports whether the operation is about a single object named by id.
func (r Route) One() bool { return strings.Contains(r.Path, "{") }

// Pairs lists every question that the route table asks of the policy, plus reading
// and listing for every kind, from which scopes are made.
func Pairs(routes []Route) []access.Pair {
	var pairs []access.Pair
	add := func(p access.Pair) {
		if !slices.Contains(pairs, p) {
			pairs = append(pairs, p)
		}
	}
	for _, r := range routes {
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

// ScopeRead in a token's scope stands for every operation that only reads.
const ScopeRead = "read"

// NeverToken are the operations that no token may perform: with them a stolen token
// would outlive itself or gain rights.
var NeverToken = []string{"session.create", "password.set"}

// tokenMay reports whether the session's scope, if it has one, includes the
// operation. A session opened with a one-time code must first set a password.
func tokenMay(who *roster.Actor, r Route) bool {
	switch {
	case who == nil || len(who.Scope) == 0:
		return true
	case slices.Contains(NeverToken, r.Op):
		return r.Op == "password.set" && who.MustRenew
	}
	return slices.Contains(who.Scope, r.Op) || r.Method == "GET" && slices.Contains(who.Scope, ScopeRead)
}
