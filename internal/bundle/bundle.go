// Package bundle owns the file in which one case, or one person's file, leaves
// the site and still proves itself: the records as their last entry left them,
// those entries with their proofs, the signed checkpoint, and the texts that
// the reader was entitled to. What he was not entitled to stays a commitment.
//
// The package checks a bundle without a database. It cannot tell whether a
// record changed after the checkpoint. Whether records are missing it tells,
// because the taking out lists them.
package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/slip"
)

// Version is the version of the file's form.
const Version = 1

// Head is how the file begins, by which it is told from others.
const Head = "{\n \"plumbline_bundle\": "

// The kinds of bundle.
const (
	KindCase   = "case"
	KindPerson = "person"
)

// Bundle is the file.
type Bundle struct {
	Version    int             `json:"plumbline_bundle"`
	Kind       string          `json:"kind"` // case or person
	ID         string          `json:"id"`
	Ref        string          `json:"ref"`
	At         time.Time       `json:"at"`          // when it was taken out
	Export     int64           `json:"export"`      // number of the entry that says so
	Checkpoint string          `json:"checkpoint"`  // signed note
	Stated     string          `json:"stated"`      // exact bytes of Stated
	StatedSalt []byte          `json:"stated_salt"` // opens the taking's digest of them
	Entries    []Entry         `json:"entries"`
	Rows       []slip.OpenRow  `json:"rows"`
	Texts      []slip.OpenText `json:"texts"`
}

// Entry is a ledger entry with its inclusion proof.
type Entry struct {
	Seq  int64    `json:"seq"`
	Body string   `json:"body"` // the exact bytes that were hashed
	Path [][]byte `json:"path"` // from the leaf's sibling upwards
}

// Most is the largest file that is read.
const Most = 256 << 20

// Marshal writes the file.
func (b *Bundle) Marshal() ([]byte, error) {
	raw, err := json.MarshalIndent(b, "", " ")
	return append(raw, '\n'), err
}

// Parse reads the file.
func Parse(data []byte) (*Bundle, error) {
	b := &Bundle{}
	if len(data) > Most {
		return nil, errors.New("bundle: the file is too large")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(b); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	if b.Version != Version {
		return nil, fmt.Errorf("bundle: version %d is unknown", b.Version)
	}
	return b, nil
}

// Verdict is what a bundle proves.
type Verdict struct {
	Opened  *ledger.Opened
	Entries int
	Rows    int
	Texts   int
	Closed  int     // commitments to texts that are not in the bundle: sealed, erased, or not for this reader
	Stated  *Stated // what the site said that it holds
}

// Check verifies everything in the bundle against the keys: the checkpoint,
// the proof of each entry, each row against the last entry here that names it,
// each text against a commitment of its row, that the taking out itself is in
// the ledger, and that all is here that was taken out.
func (b *Bundle) Check(trust ledger.Trust) (*Verdict, error) {
	o, err := ledger.OpenCheckpoint([]byte(b.Checkpoint), trust)
	if err != nil {
		return nil, err
	}
	last, err := b.entries(o)
	if err != nil {
		return nil, err
	}
	v := &Verdict{Opened: o, Entries: len(b.Entries), Rows: len(b.Rows), Texts: len(b.Texts)}
	if _, known := takings[b.Kind]; !known {
		return nil, fmt.Errorf("it is neither a case nor a person's file but %.40q", b.Kind)
	}
	commitments := make(map[string]bool)
	seen := make(map[string]bool, len(b.Rows))
	for i := range b.Rows {
		r := &b.Rows[i]
		name := r.Kind + " " + r.ID
		want, named := last[name]
		digest, err := ledger.DigestColumns(r.Kind, r.Columns)
		if err != nil || !named || digest != want || r.Value("id") != r.ID || seen[name] {
			return nil, fmt.Errorf("the row %s is not as the ledger says", name)
		}
		seen[name] = true
		if ref := r.Value("ref"); r.Kind == b.Kind && r.ID == b.ID && ref != b.Ref {
			return nil, fmt.Errorf("the file says that it is %.40q, its record %.40q", b.Ref, ref)
		}
		for _, c := range r.Commitments() {
			commitments[c] = false
		}
	}
	for _, t := range b.Texts {
		key := t.Commitment()
		if _, named := commitments[key]; !named {
			return nil, fmt.Errorf("the text %s of %s is not the one that was recorded", t.Field, t.Record)
		}
		commitments[key] = true
	}
	for _, opened := range commitments {
		if !opened {
			v.Closed++
		}
	}
	return v, b.checkStated(v)
}

// entries checks the entries and gives the digest that the last of them gives
// each row.
func (b *Bundle) entries(o *ledger.Opened) (map[string]ledger.Hash, error) {
	last := make(map[string]ledger.Hash)
	before, taken := int64(-1), false
	for _, e := range b.Entries {
		path := make([]ledger.Hash, len(e.Path))
		for i, p := range e.Path {
			if len(p) != len(path[i]) {
				return nil, fmt.Errorf("the proof of entry %d is damaged", e.Seq)
			}
			path[i] = ledger.Hash(p)
		}
		parsed, err := ledger.ParseEntry([]byte(e.Body))
		if err != nil || parsed.Seq != e.Seq || parsed.Origin != o.Origin || e.Seq <= before ||
			ledger.CheckInclusion(path, o.Size, o.Root, e.Seq, ledger.LeafHash([]byte(e.Body))) != nil {
			return nil, fmt.Errorf("entry %d is not in the ledger as it stands here", e.Seq)
		}
		before = e.Seq
		for _, a := range parsed.After {
			last[a.Kind+" "+a.ID] = a.Digest
		}
		if e.Seq == b.Export && parsed.Object == b.ID && parsed.Kind == b.Kind && parsed.Verb == b.Kind+".export" &&
			parsed.Time.Equal(b.At) {
			taken = true
		}
	}
	if !taken {
		return nil, errors.New("no entry here says that it was taken out of the ledger")
	}
	return last, nil
}
