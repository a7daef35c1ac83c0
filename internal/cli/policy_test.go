package cli

import (
	"strings"
	"testing"
)

func TestPolicyAnswers(t *testing.T) {
	for _, c := range []struct{ role, act, kind, want string }{
		{"inspector", "triage", "issue", "yes"},
		{"unit_head", "edit", "submission", "no"},
		{"system_admin", "read", "issue", "no (denied)"},
		{"officer", "submit", "own_submission", "yes"},
	} {
		status, out, errOut := run(t, "policy", "can", c.role, c.act, c.kind, "--output", "csv")
		if status != 0 || !strings.Contains(out, c.role+","+c.act+","+c.kind+","+c.want+",") {
			t.Errorf("%v: %d %q %q", c, status, out, errOut)
		}
	}
	if status, _, errOut := run(t, "policy", "can", "inspektor", "triage", "issue"); status == 0 || !strings.Contains(errOut, "inspector") {
		t.Errorf("an unknown role: %d %q", status, errOut)
	}
}

func TestPolicyHasNoDeadRules(t *testing.T) {
	if status, out, errOut := run(t, "policy", "check"); status != 0 {
		t.Errorf("%s %s", out, errOut)
	}
}
