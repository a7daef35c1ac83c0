package accounts

import (
	"slices"
	"strings"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// A token for a script. Whoever asks for one names the operations that it may
// do, and it lasts for days; without, it is a session like a browser's, may do
// what its holder may, and ends with the day. An administrator's never lasts
// longer than a day, nor two hours unused.
const (
	tokenLasts     = 30 * 24 * time.Hour // at most, and when nothing else is said
	tokenIdle      = 7 * 24 * time.Hour
	adminLasts     = 24 * time.Hour
	tokenScopeMost = 60 // operations
)

// tokenScope reads what a token shall be allowed to do.
func (a *Logins) tokenScope(in SignInInput) (scope string, err error) {
	if len(in.Scope) == 0 {
		if in.Days != 0 {
			return "", fault.Invalid("token_days_scope", "scope")
		}
		return "", nil
	}
	if f := Missing(in.Label, "label"); f != nil {
		return "", f
	}
	if in.Days < 0 || in.Days > int(tokenLasts/(24*time.Hour)) {
		return "", fault.Invalid("token_days", "days", "Max", int(tokenLasts/(24*time.Hour)))
	}
	if len(in.Scope) > tokenScopeMost {
		return "", fault.Invalid("token_scope_long", "scope", "Max", tokenScopeMost)
	}
	ops := slices.Clone(in.Scope)
	slices.Sort(ops)
	for _, op := range ops {
		if r, ok := a.Route(op); op != desk.ScopeRead && (!ok || r.Path == "" || slices.Contains(desk.NeverToken, op)) {
			return "", fault.Invalid("token_scope_unknown", "scope", "Op", label(op))
		}
	}
	return strings.Join(slices.Compact(ops), " "), nil
}

// lasting gives how long a session lasts, and how long unused.
func lasting(in SignInInput, byCode, scoped bool) (most, idle time.Duration) {
	switch {
	case byCode:
		return renewLasts, sessionIdle
	case scoped && in.Days > 0:
		return time.Duration(in.Days) * 24 * time.Hour, tokenIdle
	case scoped:
		return tokenLasts, tokenIdle
	}
	return sessionLasts, sessionIdle
}

// administers reports whether any of the grants, which none revoked, is an
// administrator's.
func administers(grants []roster.Grant) bool {
	return slices.ContainsFunc(grants, func(g roster.Grant) bool { return g.Role.Administrator() && g.State != roster.GrantRevoked })
}

// outlived reports whether a token is too old for an administrator's: its holder
// may have become one since.
func outlived(who *roster.Actor, s *roster.Session, now time.Time) bool {
	return s.Bearer && now.Sub(s.CreatedAt) >= adminLasts &&
		slices.ContainsFunc(who.Held, func(h roster.Held) bool { return h.Role.Administrator() })
}
