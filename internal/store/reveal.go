package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/seal"
	"plumbline/internal/store/engine"
)

// CustodySet reads one set in scope.
func (v *View) CustodySet(ctx context.Context, id string, sc roster.Scope) (*custody.Set, error) {
	s := new(custody.Set)
	return s, scoped(v.db.NewSelect().Model(s).Where("id = ?", id), sc, ScopeColumns{ID: "id", Unit: "unit_id"}).Scan(ctx)
}

// CustodySets lists the sets, newest first.
func (v *View) CustodySets(ctx context.Context, sc roster.Scope) ([]custody.Set, error) {
	var rows []custody.Set
	return rows, scoped(v.db.NewSelect().Model(&rows), sc, ScopeColumns{ID: "id", Unit: "unit_id"}).Order("id DESC").Limit(100).Scan(ctx)
}

// ActiveSet returns the set in office with its custodians, or nil if there is
// none.
func (v *View) ActiveSet(ctx context.Context) (*custody.Set, []custody.Custodian, error) {
	s, err := engine.One[custody.Set](ctx, v.db.NewSelect().Where("state = ?", custody.SetActive).Order("id DESC"))
	if err != nil || s == nil {
		return nil, nil, err
	}
	list, err := v.Custodians(ctx, s.ID)
	return s, list, err
}

// SetCount counts the sets in a state.
func (v *View) SetCount(ctx context.Context, state custody.SetState, sc roster.Scope) (int64, error) {
	return scoped(v.db.NewSelect().Model((*custody.Set)(nil)).Where("state = ?", state), sc,
		ScopeColumns{ID: "id", Unit: "unit_id"}).Count(ctx)
}

// SetsInState reads sets for rules. It applies no scope.
func (v *View) SetsInState(ctx context.Context, states ...custody.SetState) ([]custody.Set, error) {
	var rows []custody.Set
	return rows, v.db.NewSelect().Model(&rows).Where("state IN (?)", bun.List(states)).Order("id").Scan(ctx)
}

// Custodians lists the custodians of the sets in order of creation.
func (v *View) Custodians(ctx context.Context, sets ...string) ([]custody.Custodian, error) {
	var rows []custody.Custodian
	if len(sets) == 0 {
		return nil, nil
	}
	return rows, v.db.NewSelect().Model(&rows).Where("set_id IN (?)", bun.List(sets)).Order("id").Scan(ctx)
}

// SealedOf returns the sealed field of a record, or nil if it has none.
func (v *View) SealedOf(ctx context.Context, record, field string) (*custody.SealedField, error) {
	return engine.One[custody.SealedField](ctx, v.db.NewSelect().Where("record_id = ? AND field = ?", record, field))
}

// SealedByID reads one sealed field, for the steps that follow a reveal.
func (v *View) SealedByID(ctx context.Context, id string) (*custody.SealedField, error) {
	s := new(custody.SealedField)
	return s, v.db.NewSelect().Model(s).Where("id = ?", id).Scan(ctx)
}

// SealedInSet lists a set's unexpunged sealed fields after an id.
func (v *View) SealedInSet(ctx context.Context, set, after string, limit int) ([]*custody.SealedField, error) {
	var rows []*custody.SealedField
	return rows, v.db.NewSelect().Model(&rows).Where("set_id = ? AND id > ?", set, after).
		Where("NOT EXISTS (SELECT 1 FROM tombstones AS t WHERE t.record_id = sealed_field.id)").Order("id").Limit(int64(limit)).Scan(ctx)
}

// SealedCount counts the sealed fields of a set. Set "" counts those not sealed
// yet.
func (v *View) SealedCount(ctx context.Context, set string) (int64, error) {
	return v.db.NewSelect().Model((*custody.SealedField)(nil)).Where("set_id = ?", set).Count(ctx)
}

// PlaceOf is what a sealed field's ciphertext is bound to.
func PlaceOf(s *custody.SealedField) seal.Place {
	return seal.Place{Table: s.Table, Column: s.Field, Record: s.RecordID}
}

// sealedText names the text that a sealed field stores under its own id: the
// ciphertext, or the plain text before sealing. Its wrapped key is a text of
// its own.
func sealedText(s *custody.SealedField) string {
	if s.SetID == "" {
		return "plain"
	}
	return "cipher"
}

// SharesField names the text holding a field's wrapped key.
func SharesField(s *custody.SealedField) string { return fmt.Sprintf("shares.%d", s.Wraps) }

// RewrapParts returns the text of a rewrapped key. The ciphertext stays as it
// is.
func RewrapParts(s *custody.SealedField, w *seal.Wrapping) []engine.Content {
	text := alone(s.ID, SharesField(s), w.JSON())
	s.SharesC = text.Commitment()
	return []engine.Content{text}
}

// alone is a text that can be destroyed without the others of its record.
func alone(record, field, value string) engine.Content {
	text := engine.NewText(record, field, value)
	text.Alone = true
	return text
}

// SealedParts returns the texts of a sealed field, to be stored with PutTexts.
// If w is not nil, text is a ciphertext.
func SealedParts(s *custody.SealedField, text []byte, w *seal.Wrapping) []engine.Content {
	value := string(text)
	if w != nil {
		value = base64.StdEncoding.EncodeToString(text)
	}
	out := []engine.Content{alone(s.ID, sealedText(s), value)}
	s.TextC, s.SharesC = out[0].Commitment(), ledger.Commitment{}
	if w != nil {
		out = append(out, alone(s.ID, SharesField(s), w.JSON()))
		s.SharesC = out[1].Commitment()
	}
	return out
}

// ReadSealed reads the ciphertext and wrapped key. w is nil if the field is not
// sealed yet, in which case text is plain. An erased field is not found.
func (v *View) ReadSealed(ctx context.Context, s *custody.SealedField) (text []byte, w *seal.Wrapping, err error) {
	defer engine.Doing(&err, "read sealed field", s.ID)
	texts, err := v.Texts(ctx, s.ID)
	if err != nil {
		return nil, nil, err
	}
	value, ok := texts[s.ID][sealedText(s)]
	if !ok {
		return nil, nil, fault.NotFound()
	}
	if s.SetID == "" {
		return []byte(value), nil, nil
	}
	if text, err = base64.StdEncoding.DecodeString(value); err != nil {
		return nil, nil, err
	}
	w, err = seal.ParseWrapping(texts[s.ID][SharesField(s)])
	return text, w, err
}

// DropTexts deletes texts of a record to which no row holds a commitment any
// longer, and returns their key numbers: pass them to Forget after the commit.
func (tx *Tx) DropTexts(ctx context.Context, record string, fields ...string) (_ []int64, err error) {
	defer engine.Doing(&err, "delete texts of record", record)
	var rows []engine.Content
	q := tx.db.NewSelect().Model(&rows).Column("record_id", "field", "key_id").Where("record_id = ?", record)
	d := tx.db.NewDelete().Model((*engine.Content)(nil)).Where("record_id = ?", record)
	if len(fields) > 0 {
		q, d = q.Where("field IN (?)", bun.List(fields)), d.Where("field IN (?)", bun.List(fields))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.KeyID)
	}
	if _, err := d.Exec(ctx); err != nil || len(ids) == 0 {
		return nil, err
	}
	var used []int64 // by texts that stay
	if err := tx.db.NewSelect().Model((*engine.Content)(nil)).Column("key_id").
		Where("record_id = ? AND key_id IN (?)", record, bun.List(ids)).Scan(ctx, &used); err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { return slices.Contains(used, id) })
	return ids, tx.NoteDoomedKeys(ctx, ids)
}

// PutSecret stores a text without a commitment in any row. It serves a reveal
// and is dropped afterwards.
func (tx *Tx) PutSecret(ctx context.Context, record, field string, value []byte) error {
	_, err := tx.PutText(ctx, record, field, base64.StdEncoding.EncodeToString(value))
	return err
}

// Secret reads what PutSecret stored.
func (v *View) Secret(ctx context.Context, record, field string) ([]byte, error) {
	texts, err := v.Texts(ctx, record)
	if err != nil {
		return nil, err
	}
	value, ok := texts[record][field]
	if !ok {
		return nil, fault.NotFound()
	}
	return base64.StdEncoding.DecodeString(value)
}

// Reveal reads one reveal in scope.
func (v *View) Reveal(ctx context.Context, id string, sc roster.Scope) (*custody.Reveal, error) {
	r := new(custody.Reveal)
	return r, onRecord(v.db.NewSelect().Model(r).Where("id = ?", id), sc).Scan(ctx)
}

// Reveals lists reveals, newest first. unnoted narrows to those that no records
// officer has acknowledged.
func (v *View) Reveals(ctx context.Context, unnoted bool, sc roster.Scope, after string, limit int) ([]custody.Reveal, error) {
	var rows []custody.Reveal
	q := onRecord(v.db.NewSelect().Model(&rows), sc)
	if unnoted {
		q = q.Where("noted_by = ''")
	}
	if after != "" {
		q = q.Where("id < ?", after)
	}
	return rows, q.Order("id DESC").Limit(int64(limit)).Scan(ctx)
}

// RevealCount counts the rows that Reveals lists.
func (v *View) RevealCount(ctx context.Context, unnoted bool, sc roster.Scope) (int64, error) {
	q := onRecord(v.db.NewSelect().Model((*custody.Reveal)(nil)), sc)
	if unnoted {
		q = q.Where("noted_by = ''")
	}
	return q.Count(ctx)
}

// RevealsFor lists the open reveals waiting for a custodian: of a set that the
// account belongs to, requested by somebody else and not yet released by this
// account.
func (v *View) RevealsFor(ctx context.Context, account string, now time.Time, limit int) ([]custody.Reveal, error) {
	var rows []custody.Reveal
	err := v.db.NewSelect().Model(&rows).
		Where("state IN (?) AND expires_at > ?", bun.List([]custody.RevealState{custody.RevealAsked, custody.RevealReleased}), now).
		Where("asked_by <> ?", account).
		Where("EXISTS (SELECT 1 FROM custodians AS c WHERE c.set_id = reveal.set_id AND c.account_id = ?)", account).
		Where("NOT EXISTS (SELECT 1 FROM releases AS r WHERE r.reveal_id = reveal.id AND r.account_id = ?)", account).
		Order("id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// RevealFor reads one reveal as a custodian of its set. For anybody else it is
// not found.
func (v *View) RevealFor(ctx context.Context, account, id string) (*custody.Reveal, *custody.Custodian, error) {
	r, err := engine.One[custody.Reveal](ctx, v.db.NewSelect().Where("id = ?", id))
	if err != nil {
		return nil, nil, err
	}
	if r == nil {
		return nil, nil, fault.NotFound()
	}
	c, err := engine.One[custody.Custodian](ctx, v.db.NewSelect().Where("set_id = ? AND account_id = ?", r.SetID, account))
	if err == nil && c == nil {
		err = fault.NotFound()
	}
	return r, c, err
}

// Releases returns the releases of a reveal, oldest first.
func (v *View) Releases(ctx context.Context, reveal string) ([]custody.Release, error) {
	var rows []custody.Release
	return rows, v.db.NewSelect().Model(&rows).Where("reveal_id = ?", reveal).Order("id").Scan(ctx)
}

// LapsedReveals returns the reveals that have expired but whose secrets are
// still stored.
func (v *View) LapsedReveals(ctx context.Context, now time.Time, limit int) ([]custody.Reveal, error) {
	var rows []custody.Reveal
	err := v.db.NewSelect().Model(&rows).
		Where("state IN (?) AND expires_at <= ?", bun.List([]custody.RevealState{custody.RevealAsked, custody.RevealReleased}), now).
		Order("id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}
