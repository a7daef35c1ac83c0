package engine

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
)

// slipOf writes a list, n issues and a statement, with a slip.
func slipOf(t *testing.T, n int) (Slip, []ledger.Row) {
	t.Helper()
	at := time.Date(2026, 3, 2, 1, 2, 3, 456000, time.UTC)
	j := &Journal{}
	var rows []ledger.Row
	add := func(r ledger.Row) {
		s := r.RowStamp()
		s.ID, s.Version, s.CreatedAt, s.ChangedAt = NewID(), int64(1+len(rows)%2), at, at
		s.Salt = j.salt(s.ID, s.Version)
		if err := j.wrote(nil, r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	for i := range n {
		add(&issue.Issue{
			Ref: fmt.Sprint("R", i), Source: issue.Self, PersonID: "p", UnitID: "u", EventOn: "2026-01-01", Month: "2026-01", State: issue.Registered,
			NarrativeC: ledger.Commit("narrative", ledger.NewSalt(), "说过的事"), TriagedAt: map[bool]*time.Time{true: &at}[i%3 == 0],
		})
	}
	add(&selfcheck.Submission{PersonID: "p", State: selfcheck.Submitted, Round: 1, AnswersDigest: []byte{1}, Fingerprint: -1 << 62})
	add(&issue.Statement{IssueID: "i", PersonID: "p"})
	body, err := j.packAhead()()
	if err != nil {
		t.Fatal(err)
	}
	return Slip{Seq: 7, Body: body}, rows
}

// TestASlipKeepsItsRows: each row comes back as it was, with its own salt, though the
// slip holds the seed alone.
func TestASlipKeepsItsRows(t *testing.T) {
	for _, n := range []int{0, 1, 2, 40} {
		s, rows := slipOf(t, n)
		got, err := s.Unpack()
		if err != nil || len(got) != len(rows) {
			t.Fatalf("%d rows of %d: %v", len(got), len(rows), err)
		}
		for i, r := range rows {
			encoding, err := ledger.EncodingOf(r)
			if err != nil {
				t.Fatal(err)
			}
			want, err := ledger.Columns(r, encoding)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got[i].Columns); diff != "" || got[i].ID != r.RowID() || got[i].Kind != kindOf(r) {
				t.Errorf("%s %s (-want +got):\n%s", got[i].Kind, got[i].ID, diff)
			}
			plain, err := s.inflate()
			if err != nil || bytes.Contains(plain, r.RowStamp().Salt) {
				t.Errorf("the slip holds the salt of row %d (%v)", i, err)
			}
		}
	}
	if s, _ := slipOf(t, 19); len(s.Body) > 2500 {
		t.Errorf("a slip of 21 rows takes %d bytes", len(s.Body))
	}
}

// TestADamagedSlipIsRefused: cut or changed, its rows are refused or digest to
// something else; a slip that inflates without end is not read to its end.
func TestADamagedSlipIsRefused(t *testing.T) {
	s, rows := slipOf(t, 3)
	honest := func(body []byte) bool {
		got, err := (&Slip{Seq: 7, Body: body}).Unpack()
		if err != nil || len(got) != len(rows) {
			return false
		}
		for i, r := range rows {
			want, err := ledger.Digest(kindOf(r), r)
			if err != nil {
				t.Fatal(err)
			}
			if digest, err := ledger.DigestColumns(got[i].Kind, got[i].Columns); err != nil || digest != want {
				return false
			}
		}
		return true
	}
	if !honest(s.Body) {
		t.Fatal("the slip itself is not honest")
	}
	plain, err := s.inflate()
	if err != nil {
		t.Fatal(err)
	}
	for n := range plain {
		if honest(deflated(t, plain[:n])) {
			t.Errorf("%d of %d bytes are the whole slip", n, len(plain))
		}
		other := bytes.Clone(plain)
		other[n] ^= 0x11
		if honest(deflated(t, other)) {
			t.Errorf("byte %d of %d: a change is not noticed", n, len(plain))
		}
	}
	if _, err := (&Slip{Body: s.Body[:len(s.Body)/2]}).Unpack(); err == nil {
		t.Error("half a slip is read")
	}
	if _, err := (&Slip{Body: deflated(t, make([]byte, slipLimit+1))}).Unpack(); err == nil {
		t.Error("a slip beyond the limit is read")
	}
}

func deflated(t *testing.T, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&b)
	if _, err := io.Copy(w, bytes.NewReader(plain)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
