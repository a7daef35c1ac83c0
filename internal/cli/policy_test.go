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

func TestPolicyMatrixPrintsRows(t *testing.T) {
	for output, want := range map[string]string{
		"csv":   "case,export,",
		"json":  `"kind": "issue"`,
		"table": "KIND",
	} {
		status, out, errOut := run(t, "policy", "matrix", "--output", output)
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: %d %.200q %q", output, status, out, errOut)
		}
	}
	_, out, _ := run(t, "policy", "matrix", "--output", "csv")
	for line := range strings.Lines(out) {
		if rest, is := strings.CutPrefix(line, "issue,read,"); is {
			allowed, denied, _ := strings.Cut(rest, ",")
			if !strings.Contains(allowed, "inspector") || strings.Contains(allowed, "admin") || !strings.Contains(denied, "system_admin") {
				t.Errorf("who may read issues: %q", line)
			}
			return
		}
	}
	t.Error("nobody may read issues")
}
