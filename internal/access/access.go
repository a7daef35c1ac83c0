// Package access answers one small question, whether this role may do this
// act to that kind, and turns the roles that somebody holds into a Scope over
// units. It is the only importer of casbin.
//
// Casbin is asked once, when the embedded policy is loaded, for every role and
// every (act, kind) of the route table; its answers are an immutable table.
// Deny by any held role wins. Who holds which role where is data, given in
// with the Actor; access never reads a database.
package access

import (
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"plumbline/internal/roster"
)

// Pair is a question of the route table.
type Pair struct {
	Act  roster.Act
	Kind roster.Kind
}

// Verdict is what one role says to a pair.
type Verdict uint8

// The verdicts. Silence counts as no; Deny also silences the other roles.
const (
	Silent Verdict = iota
	Allow
	Deny
)

// String names the verdict.
func (v Verdict) String() string { return [...]string{"-", "allow", "deny"}[v] }

// Table holds every answer. It is immutable and safe for concurrent use.
type Table struct {
	verdicts map[Pair]*[roleCount]Verdict
	hash     [sha256.Size]byte
}

const roleCount = 15

// Rule is one line of the policy.
type Rule struct {
	Line int
	Role roster.Role
	Act  roster.Act // "*" for every act, in deny lines only
	Kind roster.Kind
	Deny bool
}

// ParsePolicy reads the policy file. Unlike casbin's own adapter it accepts no
// malformed line, unknown word, or repeated rule.
func ParsePolicy(text string) ([]Rule, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	r.TrimLeadingSpace = true
	r.FieldsPerRecord = 5
	var rules []Rule
	var errs []error
	seen := make(map[string]int)
	for {
		f, err := r.Read()
		if err != nil {
			if len(f) == 0 && err.Error() == "EOF" {
				break
			}
			return nil, fmt.Errorf("policy: %w", err)
		}
		line, _ := r.FieldPos(0)
		rule := Rule{Line: line, Role: roster.Role(f[1]), Act: roster.Act(f[2]), Kind: roster.Kind(f[3]), Deny: f[4] == "deny"}
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("policy line %d: %s", line, fmt.Sprintf(format, args...)))
		}
		if f[0] != "p" {
			bad("starts with %q, not p", f[0])
		}
		if !slices.Contains(roster.Roles, rule.Role) {
			bad("unknown role %q", f[1])
		}
		if !slices.Contains(roster.Acts, rule.Act) && !(rule.Act == "*" && rule.Deny) {
			bad("unknown act %q", f[2])
		}
		if !slices.Contains(roster.Kinds, rule.Kind) {
			bad("unknown kind %q", f[3])
		}
		if f[4] != "allow" && f[4] != "deny" {
			bad("effect %q is neither allow nor deny", f[4])
		}
		key := strings.Join(f[1:4], ",")
		if first, ok := seen[key]; ok {
			bad("repeats line %d", first)
		}
		seen[key] = line
		rules = append(rules, rule)
	}
	if len(rules) == 0 {
		errs = append(errs, errors.New("policy: no rules; it would refuse everybody"))
	}
	return rules, errors.Join(errs...)
}

// New loads model and policy and asks casbin for every role and pair.
func New(modelText, policyText string, pairs []Pair) (*Table, error) {
	rules, err := ParsePolicy(policyText)
	if err != nil {
		return nil, err
	}
	t := &Table{verdicts: make(map[Pair]*[roleCount]Verdict), hash: sha256.Sum256([]byte(modelText + "\x00" + policyText))}
	for _, p := range pairs {
		t.verdicts[p] = &[roleCount]Verdict{}
	}
	for i, role := range roster.Roles {
		var mine []Rule
		for _, r := range rules {
			if r.Role == role {
				mine = append(mine, r)
			}
		}
		allows, err := enforcer(modelText, mine)
		if err != nil {
			return nil, err
		}
		denies, err := enforcer(strings.Replace(modelText, allowEffect, denyEffect, 1), mine)
		if err != nil {
			return nil, err
		}
		for p, verdicts := range t.verdicts {
			free, err := denies.Enforce(string(role), string(p.Act), string(p.Kind))
			if err != nil {
				return nil, fmt.Errorf("ask policy about %s %s %s: %w", role, p.Act, p.Kind, err)
			}
			if !free {
				verdicts[i] = Deny
				continue
			}
			ok, err := allows.Enforce(string(role), string(p.Act), string(p.Kind))
			if err != nil {
				return nil, fmt.Errorf("ask policy about %s %s %s: %w", role, p.Act, p.Kind, err)
			}
			if ok {
				verdicts[i] = Allow
			}
		}
	}
	return t, nil
}

const (
	allowEffect = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
	denyEffect  = "!some(where (p.eft == deny))"
)

// enforcer makes a casbin enforcer with the rules of one role. It is used by
// one goroutine and thrown away.
func enforcer(modelText string, rules []Rule) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, fmt.Errorf("policy model: %w", err)
	}
	for _, r := range rules {
		effect := "allow"
		if r.Deny {
			effect = "deny"
		}
		if err := m.AddPolicy("p", "p", []string{string(r.Role), string(r.Act), string(r.Kind), effect}); err != nil {
			return nil, fmt.Errorf("policy line %d: %w", r.Line, err)
		}
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("policy model: %w", err)
	}
	return e, nil
}

// Hash identifies model and policy; ledger entries carry it.
func (t *Table) Hash() []byte { return t.hash[:] }

// Verdict is what one role says to one pair.
func (t *Table) Verdict(role roster.Role, act roster.Act, kind roster.Kind) Verdict {
	row := t.verdicts[Pair{act, kind}]
	i := slices.Index(roster.Roles, role)
	if row == nil || i < 0 {
		return Silent
	}
	return row[i]
}

// May reports whether some role that the actor holds allows the act on the
// kind and none denies it. It allocates nothing.
func (t *Table) May(a *roster.Actor, act roster.Act, kind roster.Kind) bool {
	if a == nil || a.MustRenew && kind != roster.KindSelf {
		return false
	}
	if a.Program {
		return true
	}
	row := t.verdicts[Pair{act, kind}]
	if row == nil {
		return false
	}
	ok := false
	for i := range a.Held {
		r := slices.Index(roster.Roles, a.Held[i].Role)
		if r < 0 {
			continue
		}
		switch row[r] {
		case Deny:
			return false
		case Allow:
			ok = true
		}
	}
	return ok
}

// barredKinds are the things in which the subject, his subordinates, relatives
// and parties are barred. Roster facts and completion are not among them.
var barredKinds = map[roster.Kind]bool{
	roster.KindSubmission: true, roster.KindAuditRecord: true, roster.KindMatch: true, roster.KindIssue: true,
	roster.KindConcealment: true, roster.KindFile: true, roster.KindReconciliation: true, roster.KindCase: true,
	roster.KindTrack: true, roster.KindAllegation: true, roster.KindFinding: true, roster.KindQuestion: true,
	roster.KindDecision: true, roster.KindRectification: true, roster.KindReport: true,
	roster.KindExpungement: true, roster.KindHold: true, roster.KindReveal: true,
	roster.KindAlarm: true, roster.KindChallenge: true, roster.KindLedger: true, roster.KindProposal: true, roster.KindReadLog: true,
}

// Scope says over which rows the actor may do the act to the kind: the reach
// of every role that allows it, minus the bars. Reach follows today's tree.
func (t *Table) Scope(a *roster.Actor, act roster.Act, kind roster.Kind, tree *roster.Tree) roster.Scope {
	var sc roster.Scope
	if !t.May(a, act, kind) {
		return sc
	}
	if a.Program {
		sc.All = true
		return sc
	}
	for _, h := range a.Held {
		if t.Verdict(h.Role, act, kind) != Allow {
			continue
		}
		switch h.Role.Reach() {
		case roster.ReachSelf:
			sc.Own = a.Person
		case roster.ReachAssigned:
			sc.Objects = append(sc.Objects, a.Assigned...)
		case roster.ReachUnit:
			sc.Units = append(sc.Units, h.Unit)
		case roster.ReachSubtree:
			reachSubtree(&sc, h.Unit, tree)
		}
	}
	if barredKinds[kind] {
		if a.Person != "" {
			sc.BarPeople = append(sc.BarPeople, a.Person)
		}
		sc.BarPeople = append(append(sc.BarPeople, a.Superiors...), a.Relatives...)
		sc.BarDated = a.Dated
		sc.BarObjects = a.PartyTo
	}
	return sc
}

// reachSubtree adds a unit and all below it: as the whole bureau, as whole
// branches, or unit by unit.
func reachSubtree(sc *roster.Scope, unit string, tree *roster.Tree) {
	switch tree.Tier(unit) {
	case -1:
		return
	case 0:
		sc.All, sc.Except = true, nil
	case 1:
		if !sc.All {
			sc.All, sc.Except = true, tree.Tier0()
		}
	case 2:
		if tree.Branch(unit) == unit {
			sc.Branches = append(sc.Branches, unit)
			return
		}
		sc.Units = append(sc.Units, tree.Subtree(unit)...)
	default:
		sc.Units = append(sc.Units, tree.Subtree(unit)...)
	}
}

// Matrix prints the whole table, a line for each kind and act, with the roles
// that are allowed and those that are denied. It is a golden file.
func (t *Table) Matrix() string {
	pairs := slices.Collect(maps.Keys(t.verdicts))
	slices.SortFunc(pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Act, b.Act))
	})
	var b strings.Builder
	for _, p := range pairs {
		fmt.Fprintf(&b, "%s %s:", p.Kind, p.Act)
		for i, role := range roster.Roles {
			switch t.verdicts[p][i] {
			case Allow:
				fmt.Fprintf(&b, " %s", role)
			case Deny:
				fmt.Fprintf(&b, " !%s", role)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
