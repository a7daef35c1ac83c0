package casework

import (
	"encoding/json"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/bundle"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
)

// taken is what is being exported: what its reader was shown, and the records behind
// that.
type taken struct {
	ref     string
	own     bool     // taken out by the person himself
	taking  string   // id of the row that records it
	records []string // kind and id, without the taking's own
	stated  string
	salt    []byte
}

// state fixes what was shown and returns the digest stored in the export's row.
func (t *taken) state(page any) (digest []byte, err error) {
	raw, err := json.Marshal(page)
	if err != nil {
		return nil, err
	}
	said := bundle.Stated{Ref: t.ref, Own: t.own, Records: t.records, File: raw}
	t.stated, t.salt, digest, err = said.Marshal()
	return digest, err
}

// bundle begins the file.
func (t *taken) bundle(kind, id string, r desk.Receipt) *bundle.Bundle {
	return &bundle.Bundle{Version: bundle.Version, Kind: kind, ID: id, Ref: t.ref, At: r.At.UTC(), Export: r.Seq, Stated: t.stated,
		StatedSalt: t.salt}
}

// pick returns the export's row, followed by the exported rows as they stand now. If
// one has gone since, it is a conflict, and the export has to be repeated.
func (t *taken) pick(taking ledger.Row, all []ledger.Row) ([]ledger.Row, error) {
	rows := []ledger.Row{taking}
	for _, r := range all {
		if slices.Contains(t.records, recordName(r)) {
			rows = append(rows, r)
		}
	}
	if len(rows) != len(t.records)+1 {
		return nil, fault.Conflict("stale_version", "Current", int64(len(rows)-1))
	}
	return rows, nil
}

// recordName names a row as bundle.Stated does.
func recordName(r ledger.Row) string { return store.KindOf(r) + " " + r.RowID() }
