package bundle

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"plumbline/internal/ledger"
)

// takings are the kinds of the rows that a taking out leaves in the ledger, by
// kind of bundle, and their columns that say what was taken out.
var takings = map[string]struct{ kind, subject string }{
	KindPerson: {"taking", "person_id"},
	KindCase:   {"case_taking", "case_id"},
}

// statedField labels the digest of what was stated.
const statedField = "stated"

// Stated is what the site said of a case or a file when it was taken out. The
// ledger holds a salted digest of these bytes: the site cannot take back what it
// showed, although nobody learns it from the ledger. It lists every record of
// the bundle, so that none can be left out or put in. It is the only proof of a
// record whose row would tell its reader more than his page does.
type Stated struct {
	Ref     string          `json:"ref"`     // the case's, or whose file it is: name and personnel number
	Own     bool            `json:"own"`     // a file, taken out by the person himself
	Records []string        `json:"records"` // kind and id
	File    json.RawMessage `json:"file"`    // the page, as its reader saw it
}

// Marshal gives the exact bytes, with the salt and the digest that binds them.
func (s *Stated) Marshal() (text string, salt, digest []byte, err error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return "", nil, nil, err
	}
	salt = ledger.NewSalt()
	return string(raw), salt, ledger.Commit(statedField, salt, string(raw)), nil
}

// checkStated compares the bundle with what its taking out recorded: the page,
// whose it is, and that no record is missing or was put in.
func (b *Bundle) checkStated(v *Verdict) error {
	digest := base64.StdEncoding.EncodeToString(ledger.Commit(statedField, b.StatedSalt, b.Stated))
	want, taking := takings[b.Kind], ""
	have := make(map[string]bool, len(b.Rows))
	for i := range b.Rows {
		r := &b.Rows[i]
		have[r.Kind+" "+r.ID] = true
		if r.Kind == want.kind && r.Value(want.subject) == b.ID && r.Value(statedField) == digest && b.took(want.kind, r.ID) {
			taking = r.Kind + " " + r.ID
		}
	}
	if taking == "" {
		return errors.New("what it says was shown is not what the taking out recorded")
	}
	s := &Stated{}
	d := json.NewDecoder(bytes.NewReader([]byte(b.Stated)))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return fmt.Errorf("what it says was shown cannot be read: %w", err)
	}
	if s.Ref != b.Ref {
		return fmt.Errorf("the file says that it is of %.80q, its taking out says %.80q", b.Ref, s.Ref)
	}
	delete(have, taking)
	for _, name := range s.Records {
		if !have[name] {
			return fmt.Errorf("the record %s is missing", name)
		}
		delete(have, name)
	}
	for i := range b.Rows {
		if name := b.Rows[i].Kind + " " + b.Rows[i].ID; have[name] {
			return fmt.Errorf("the record %s was put in: it was not taken out with the others", name)
		}
	}
	v.Stated = s
	return nil
}

// took reports whether the entry of the taking out names the row. The entries
// were checked before.
func (b *Bundle) took(kind, id string) bool {
	for _, e := range b.Entries {
		if e.Seq != b.Export {
			continue
		}
		parsed, err := ledger.ParseEntry([]byte(e.Body))
		if err != nil {
			return false
		}
		for _, a := range parsed.After {
			if a.Kind == kind && a.ID == id {
				return true
			}
		}
	}
	return false
}
