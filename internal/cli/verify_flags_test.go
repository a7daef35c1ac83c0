package cli

import (
	"strings"
	"testing"
)

// Evidence that would be ignored is rejected: nobody should read "ok" and
// believe that it was compared.
func TestEvidenceIsNotPassedOver(t *testing.T) {
	h := takeHome(t)
	for name, args := range map[string][]string{
		"a history for a site":    {"verify", "--db", "site.db", "--history", h.text},
		"a slip for a site":       {"verify", "--db", "site.db", "--slip", h.slip},
		"a history for a restore": {"restore", "site.backup", "--db", "site.db", "--history", h.text, "--identity", h.key},
		"a receipt for a file":    {"verify", h.text, "--key", h.key, "--receipt", h.text},
		"a checkpoint for a file": {"verify", h.text, "--key", h.key, "--checkpoint", h.text},
	} {
		status, out := alone(t, nil, args...)
		if status == 0 || !strings.Contains(out, "FILE") {
			t.Errorf("%s: status %d:\n%s", name, status, out)
		}
	}
}
