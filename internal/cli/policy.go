package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plumbline/internal/access"
	"plumbline/internal/app"
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
	"plumbline/policies"
)

func init() { makers = append(makers, policyCommand) }

func policyCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "Query and check the authority policy",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	can := &cobra.Command{
		Use:   "can ROLE ACT KIND",
		Short: "Show whether a role may perform an act on a kind, and within what reach",
		Args:  cobra.ExactArgs(3),
		RunE: func(_ *cobra.Command, args []string) error {
			role, act, kind := roster.Role(args[0]), roster.Act(args[1]), roster.Kind(args[2])
			switch {
			case !slices.Contains(roster.Roles, role):
				return fmt.Errorf("there is no role %q; the roles are %v", role, roster.Roles)
			case !slices.Contains(roster.Acts, act):
				return fmt.Errorf("there is no act %q; the acts are %v", act, roster.Acts)
			case !slices.Contains(roster.Kinds, kind):
				return fmt.Errorf("there is no kind %q; the kinds are %v", kind, roster.Kinds)
			}
			t, err := access.New(policies.Model, policies.Policy, []access.Pair{{Act: act, Kind: kind}})
			if err != nil {
				return err
			}
			v := t.Verdict(role, act, kind)
			out := &table{columns: []string{"role", "act", "kind", "verdict", "reach"}}
			out.add(role, act, kind, verdictWord(v), reachWord(role.Reach()))
			return e.print(out)
		},
	}
	e.outputFlag(can)
	check := &cobra.Command{
		Use:   "check",
		Short: "Validate the built-in policy and summarize it",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			rules, err := access.ParsePolicy(policies.Policy)
			if err != nil {
				return err
			}
			t, err := access.New(policies.Model, policies.Policy, desk.Pairs(app.Routes))
			if err != nil {
				return err
			}
			var unasked []string
			for _, r := range rules {
				if r.Act != "*" && !slices.Contains(desk.Pairs(app.Routes), access.Pair{Act: r.Act, Kind: r.Kind}) {
					unasked = append(unasked, fmt.Sprintf("line %d: no operation asks for %s %s", r.Line, r.Act, r.Kind))
				}
			}
			fmt.Fprintf(e.out, "rules    %d\npairs    %d\nhash     %x\n", len(rules), len(desk.Pairs(app.Routes)), t.Hash())
			for _, u := range unasked {
				fmt.Fprintln(e.out, u)
			}
			if len(unasked) > 0 {
				return fmt.Errorf("%d rules are dead; take them out of policies/policy.csv or give them an operation", len(unasked))
			}
			fmt.Fprintln(e.out, "ok")
			return nil
		},
	}
	list := &cobra.Command{
		Use:   "matrix",
		Short: "Print the whole table: role by act and kind",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			t, err := access.New(policies.Model, policies.Policy, desk.Pairs(app.Routes))
			if err != nil {
				return err
			}
			return e.print(matrixTable(t.Matrix()))
		},
	}
	e.outputFlag(list)
	c.AddCommand(can, check, list)
	return c
}

// matrixTable parses the lines of a matrix: kind, act and roles, with denied
// roles after an exclamation mark.
func matrixTable(text string) *table {
	t := &table{columns: []string{"kind", "act", "allowed", "denied"}}
	for line := range strings.Lines(text) {
		pair, roles, _ := strings.Cut(line, ":")
		kind, act, _ := strings.Cut(pair, " ")
		var allowed, denied []string
		for _, role := range strings.Fields(roles) {
			if name, no := strings.CutPrefix(role, "!"); no {
				denied = append(denied, name)
			} else {
				allowed = append(allowed, role)
			}
		}
		t.add(kind, act, strings.Join(allowed, " "), strings.Join(denied, " "))
	}
	return t
}

func verdictWord(v access.Verdict) string {
	if v == access.Allow {
		return "yes"
	}
	if v == access.Deny {
		return "no (denied)"
	}
	return "no"
}

func reachWord(r roster.Reach) string {
	return [...]string{"none", "self", "assigned", "unit", "subtree"}[r]
}
