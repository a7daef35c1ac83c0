package casework_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/bundle"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/slip"
)

// takeOut exports a case and reads the file.
func takeOut(t *testing.T, s *apptest.Site, who, id string) (*bundle.Bundle, []byte) {
	t.Helper()
	e, r, err := s.App.ExportCase(context.Background(), s.Actor(who), casework.CaseExportInput{ID: id})
	if err != nil {
		t.Fatalf("%s: %v", who, err)
	}
	defer e.Close()
	var raw bytes.Buffer
	if _, err := e.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(raw.Bytes(), []byte(bundle.Head)) {
		t.Fatalf("the file begins with %q", raw.Bytes()[:40])
	}
	b, err := bundle.Parse(raw.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if b.Export != r.Seq {
		t.Errorf("says entry %d, its receipt %d", b.Export, r.Seq)
	}
	return b, raw.Bytes()
}

// TestACaseLeavesWithItsProofs takes a case out as the deciding body and as one
// side's investigator and checks the files alone, honest and changed.
func TestACaseLeavesWithItsProofs(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story.New(t, s)
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		in := casework.OpenCaseInput{IssueID: i.ID, Rule: "art. 7", Facts: "struck a detainee",
			Version: story.Triage(t, s, i.ID, 3, issue.ActRefer).Version}
		id, _, err := s.App.OpenCase(ctx, s.Actor("body"), in)
		st.Must(err)
		c := st.See("body", id)
		officer := c.Tracks[0].ID
		for _, q := range c.Questions {
			if q.LinkKind == "head" {
				leader, _, err := s.App.OpenLeaderTrack(ctx, s.Actor("body"), casework.QuestionInput{ID: q.ID, Version: q.Version})
				st.Must(err)
				st.Must(st.Assign(leader, "investigator3", inquiry.DutyInvestigator))
			}
		}
		st.Must(st.Assign(officer, "investigator1", inquiry.DutyInvestigator))
		st.Must(st.Assign(officer, "adjudicator", inquiry.DutyAdjudicator))

		st.Must(s.App.SignHead(ctx))
		keys, err := s.App.KeyText(ctx)
		st.Must(err)
		trust, err := ledger.ParseTrust(string(keys))
		st.Must(err)
		whole, raw := takeOut(t, s, "body", id)
		v, err := whole.Check(trust)
		if err != nil || v.Closed != 0 || !strings.Contains(string(raw), "struck a detainee") {
			t.Fatalf("%+v %v", v, err)
		}
		if n := len(v.Stated.Records); n != len(whole.Rows)-1 || v.Stated.Ref != c.Ref ||
			!strings.Contains(string(v.Stated.File), "struck a detainee") {
			t.Errorf("%d of %d rows are stated, of %s", n, len(whole.Rows), v.Stated.Ref)
		}
		part, partRaw := takeOut(t, s, "adjudicator", id)
		if v, err := part.Check(trust); err != nil || v.Rows >= len(whole.Rows) {
			t.Errorf("the officer's side: %+v of %d rows, %v", v, len(whole.Rows), err)
		}
		for _, track := range st.See("body", id).Tracks {
			if track.ID != officer && strings.Contains(string(partRaw), `"id": "`+track.ID) {
				t.Error("the other side's track is in the file")
			}
		}
		for _, who := range []string{"anna", "dong", "investigator1"} { // subject, stranger, reader without the right
			if _, _, err := s.App.ExportCase(ctx, s.Actor(who), casework.CaseExportInput{ID: id}); !fault.Is(err, fault.NotFoundKind) &&
				!fault.Is(err, fault.ForbiddenKind) {
				t.Errorf("%s takes the case out: %v", who, err)
			}
		}
		liarBundles(t, whole, raw, trust)
		if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
			t.Errorf("%+v %v", v, err)
		}
	})
}

// liarBundles changes a bundle in every part of it.
func liarBundles(t *testing.T, honest *bundle.Bundle, raw []byte, trust ledger.Trust) {
	t.Helper()
	for name, lie := range map[string]func(b *bundle.Bundle){
		"a text":            func(b *bundle.Bundle) { b.Texts[0].Value += "." },
		"a salt":            func(b *bundle.Bundle) { b.Texts[0].Salt[3] ^= 1 },
		"a text of another": func(b *bundle.Bundle) { b.Texts[0].Record = b.Rows[0].ID },
		"a column":          func(b *bundle.Bundle) { b.Rows[0].Columns[6].Value += "1" },
		"a column less":     func(b *bundle.Bundle) { b.Rows[0].Columns = b.Rows[0].Columns[1:] },
		"a row twice":       func(b *bundle.Bundle) { b.Rows = append(b.Rows, b.Rows[0]) },
		"a row's id":        func(b *bundle.Bundle) { b.Rows[0].ID = b.Rows[1].ID },
		"an entry less":     func(b *bundle.Bundle) { b.Entries = b.Entries[1:] },
		"an entry's bytes": func(b *bundle.Bundle) {
			b.Entries[0].Body = strings.Replace(b.Entries[0].Body, "time: 2", "time: 1", 1)
		},
		"an entry's number": func(b *bundle.Bundle) { b.Entries[0].Seq++ },
		"a proof":           func(b *bundle.Bundle) { b.Entries[0].Path[0][0] ^= 1 },
		"a shorter proof":   func(b *bundle.Bundle) { b.Entries[0].Path = b.Entries[0].Path[1:] },
		"a cut hash":        func(b *bundle.Bundle) { b.Entries[0].Path[0] = b.Entries[0].Path[0][:31] },
		"swapped entries":   func(b *bundle.Bundle) { b.Entries[0], b.Entries[1] = b.Entries[1], b.Entries[0] },
		"the checkpoint":    func(b *bundle.Bundle) { b.Checkpoint = strings.Replace(b.Checkpoint, "— ", "—  ", 1) },
		"the reference":     func(b *bundle.Bundle) { b.Ref = "OTHER" },
		"whose it is":       func(b *bundle.Bundle) { b.ID = b.Rows[2].ID },
		"the time":          func(b *bundle.Bundle) { b.At = b.At.Add(1e9) },
		"a record less": func(b *bundle.Bundle) {
			b.Rows = slices.DeleteFunc(b.Rows, func(r slip.OpenRow) bool { return r.Kind == "question" })
		},
		"a record of its own less": func(b *bundle.Bundle) {
			b.Rows, b.Texts = slices.DeleteFunc(b.Rows, func(r slip.OpenRow) bool { return r.Kind == "case" }), nil
		},
		"the page":           func(b *bundle.Bundle) { b.Stated = strings.Replace(b.Stated, "ref", "Ref", 1) },
		"the list":           func(b *bundle.Bundle) { b.Stated = strings.Replace(b.Stated, `"question `, `"track `, 1) },
		"another kind":       func(b *bundle.Bundle) { b.Kind = bundle.KindPerson },
		"no entry taking it": func(b *bundle.Bundle) { b.Entries = b.Entries[:len(b.Entries)-1] },
	} {
		b, err := bundle.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		lie(b)
		if _, err := b.Check(trust); err == nil {
			t.Errorf("%s changed: accepted", name)
		}
	}
	flippedBits(t, honest, raw, trust)
	if _, err := honest.Check(ledger.Trust{}); err == nil {
		t.Error("accepted without a key")
	}
}

// flippedBits changes single bits of the file: what is still accepted must say
// the same.
func flippedBits(t *testing.T, honest *bundle.Bundle, raw []byte, trust ledger.Trust) {
	t.Helper()
	want, err := json.Marshal(honest)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewSource(1))
	for range 1000 {
		bad, at := bytes.Clone(raw), rng.Intn(len(raw))
		bad[at] ^= 1 << rng.Intn(7)
		b, err := bundle.Parse(bad)
		if err != nil {
			continue
		}
		if _, err := b.Check(trust); err != nil {
			continue
		}
		if got, _ := json.Marshal(b); !bytes.Equal(got, want) { // JSON forgives case in names, not in what they hold
			t.Fatalf("a flipped bit was accepted in %q", bad[max(at-40, 0):min(at+40, len(bad))])
		}
	}
}

// Whoever is offered to give a task out from a case can open the issue that it
// is given out from.
func TestATaskIsOfferedWhereItsIssueOpens(t *testing.T) {
	s := apptest.SQLite(t)
	ctx, st := context.Background(), story.New(t, s)
	i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
	id, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Rule: "art. 7", Facts: "struck a detainee",
		Version: story.Triage(t, s, i.ID, 3, issue.ActRefer).Version})
	st.Must(err)
	st.Must(st.Assign(st.See("body", id).Tracks[0].ID, "investigator1", inquiry.DutyInvestigator))
	sees := 0
	for key := range s.Account {
		who := s.Actor(key)
		c, err := s.App.Case(ctx, who, id, "supervision")
		if err != nil {
			continue
		}
		sees++
		_, err = s.App.Issue(ctx, who, casework.IssueInput{ID: c.IssueID, Purpose: "supervision"})
		if opens := err == nil; c.Can["issue.read"] != opens || c.Can["rectification.create"] && !opens {
			t.Errorf("%s: %v, offered %v", key, err, c.Can)
		}
	}
	if sees < 3 {
		t.Errorf("%d people see the case", sees)
	}
}
