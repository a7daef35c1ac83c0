package story

import (
	"testing"
	"time"

	"plumbline/internal/app/heads"
	"plumbline/internal/apptest"
	"plumbline/internal/ledger"
	"plumbline/internal/slip"
)

// ReceiptOf waits for the receipt and checks that it holds.
func ReceiptOf(t *testing.T, s *apptest.Site, who string, ask heads.ReceiptAsk) heads.ReceiptView {
	t.Helper()
	ask.Wait = time.Minute
	v, err := s.App.Receipt(ctx, s.Actor(who), ask)
	if err != nil || v.Signed == nil {
		t.Fatalf("receipt %d of %s: %+v, %v", ask.Seq, who, v.Signed, err)
	}
	if j := ledger.Judge(v.Signed.Marshal(), Trust(t, s)); j.Problem != ledger.Holds || j.Receipt.Leaf != v.Leaf ||
		j.Opened.Digits() != v.Opened.Digits() {
		t.Fatalf("receipt %d of %s: %q", ask.Seq, who, j.Problem)
	}
	return v
}

// SlipOf reads the slip as its holder's file and checks it against the receipt.
func SlipOf(t *testing.T, s *apptest.Site, who string, r heads.ReceiptView) (*slip.Slip, *slip.Verdict) {
	t.Helper()
	made, _, err := s.App.Slip(ctx, s.Actor(who), r.Seq)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := made.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	read, err := slip.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := read.Check(r.Signed.Seq, r.Signed.Leaf)
	if err != nil {
		t.Fatalf("slip of %s: %v", r.Verb, err)
	}
	if verdict.Missing != 0 {
		t.Errorf("slip of %s: %d rows are missing", r.Verb, verdict.Missing)
	}
	return read, verdict
}

// Trust is whom a holder of the site's keys believes.
func Trust(t *testing.T, s *apptest.Site) ledger.Trust {
	t.Helper()
	keys, err := s.App.VerifierKeys(ctx)
	if err != nil {
		t.Fatal(err)
	}
	out, err := ledger.ParseTrust(keys)
	if err != nil || len(out.Log) == 0 {
		t.Fatalf("%q: %v", keys, err)
	}
	return out
}
