package app

import (
	"testing"

	"plumbline/internal/roster"
)

// provedBy lists the acts by which somebody puts his name to what then stands:
// filing, waiving, answering, confirming, deciding, approving, closing,
// granting. A route that writes by one of them asks for a fresh proof.
var provedBy = map[roster.Act]bool{
	roster.ActSubmit: true, roster.ActSupplement: true, roster.ActReply: true, roster.ActAnswer: true,
	roster.ActCertify: true, roster.ActConfirm: true, roster.ActDecide: true, roster.ActApprove: true,
	roster.ActVerify: true, roster.ActStrikeOff: true, roster.ActClose: true, roster.ActGrant: true,
}

// TestGraveActsAskForAProof holds the column of the route table: who files,
// waives, answers, confirms, decides, approves, closes or grants is asked for
// his password, and so is who accepts a list, rejects an issue or opens an account to somebody. A new operation of
// these acts cannot leave the column empty.
func TestGraveActsAskForAProof(t *testing.T) {
	more := map[string]bool{"account.code": true, "account.enable": true, "issue.reject": true,
		"review.accept": true, "review.accept_many": true, "named.accept": true}
	seen := 0
	for _, r := range Routes {
		grave := r.Write && provedBy[r.Act] || more[r.Op]
		if grave != r.Proof {
			t.Errorf("%s (%s): asks for a proof: %t, want %t", r.Op, r.Act, r.Proof, grave)
		}
		if r.Proof && r.Method == "GET" {
			t.Errorf("%s asks for a proof to read", r.Op)
		}
		if r.Proof {
			seen++
		}
	}
	if seen < 30 {
		t.Errorf("only %d operations ask for a proof", seen)
	}
}
