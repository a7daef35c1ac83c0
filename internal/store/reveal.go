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
)

// CustodySet reads one set under the scope.
func (v *View) CustodySet(ctx context.Context, id string, sc roster.Scope) (*custody.Set, error) {
	s := new(custody.Set)
	return s, scoped(v.db.NewSelect().Model(s).Where("id = ?", id), sc, ScopeColumns{ID: "id", Unit: "unit_id"}).Scan(ctx)
}

// CustodySets lists the sets, the newest first.
func (v *View) CustodySets(ctx context.Context, sc roster.Scope) ([]custody.Set, error) {
	var rows []custody.Set
	return rows, scoped(v.db.NewSelect().Model(&rows), sc, ScopeColumns{ID: "id", Unit: "unit_id"}).Order("id DESC").Limit(100).Scan(ctx)
}

// ActiveSet is the set in office with its custodians; nil while there is none.
func (v *View) ActiveSet(ctx context.Context) (*custody.Set, []custody.Custodian, error) {
	s, err := one[custody.Set](ctx, v.db.NewSelect().Where("state = ?", custody.SetActive).Order("id DESC"))
	if err != nil || s == nil {
		return nil, nil, err
	}
	list, err := v.Custodians(ctx, s.ID)
	return s, list, err
}

// SetCount counts the sets of a state.
func (v *View) SetCount(ctx context.Context, state custody.SetState, sc roster.Scope) (int64, error) {
	return scoped(v.db.NewSelect().Model((*custody.Set)(nil)).Where("state = ?", state), sc, ScopeColumns{ID: "id", Unit: "unit_id"}).Count(ctx)
}

// SetsInState reads sets for rules; it knows no scope.
func (v *View) SetsInState(ctx context.Context, states ...custody.SetState) ([]custody.Set, error) {
	var rows []custody.Set
	return rows, v.db.NewSelect().Model(&rows).Where("state IN (?)", bun.List(states)).Order("id").Scan(ctx)
}

// Custodians lists those of the sets, in the order of their making.
func (v *View) Custodians(ctx context.Context, sets ...string) ([]custody.Custodian, error) {
	var rows []custody.Custodian
	if len(sets) == 0 {
		return nil, nil
	}
	return rows, v.db.NewSelect().Model(&rows).Where("set_id IN (?)", bun.List(sets)).Order("id").Scan(ctx)
}

// SealedOf is the sealed field of a record; nil if it has none.
func (v *View) SealedOf(ctx context.Context, record, field string) (*custody.SealedField, error) {
	return one[custody.SealedField](ctx, v.db.NewSelect().Where("record_id = ? AND field = ?", record, field))
}

// SealedByID reads one sealed field, for what follows from a reveal.
func (v *View) SealedByID(ctx context.Context, id string) (*custody.SealedField, error) {
	s := new(custody.SealedField)
	return s, v.db.NewSelect().Model(s).Where("id = ?", id).Scan(ctx)
}

// SealedInSet lists sealed fields of a set that were not expunged, after an id.
func (v *View) SealedInSet(ctx context.Context, set, after string, limit int) ([]*custody.SealedField, error) {
	var rows []*custody.SealedField
	return rows, v.db.NewSelect().Model(&rows).Where("set_id = ? AND id > ?", set, after).
		Where("NOT EXISTS (SELECT 1 FROM tombstones AS t WHERE t.record_id = sealed_field.id)").Order("id").Limit(int64(limit)).Scan(ctx)
}

// SealedCount counts the sealed fields of a set; set "" are those not sealed yet.
func (v *View) SealedCount(ctx context.Context, set string) (int64, error) {
	return v.db.NewSelect().Model((*custody.SealedField)(nil)).Where("set_id = ?", set).Count(ctx)
}

// PlaceOf is what the ciphertext of a sealed field is bound to.
func PlaceOf(s *custody.SealedField) seal.Place {
	return seal.Place{Table: s.Table, Column: s.Field, Record: s.RecordID}
}

// sealedTexts are the fields of the texts that a sealed field keeps under its
// own id: the ciphertext, or the text before it is sealed, and the wrapped key.
func sealedText(s *custody.SealedField) string {
	if s.SetID == "" {
		return "plain"
	}
	return "cipher"
}

// SharesField names the text of a field's wrapped key.
func SharesField(s *custody.SealedField) string { return fmt.Sprintf("shares.%d", s.Wraps) }

// RewrapParts is the text of a key that was wrapped again; the ciphertext stays.
func RewrapParts(s *custody.SealedField, w *seal.Wrapping) []Content {
	text := alone(s.ID, SharesField(s), w.JSON())
	s.SharesC = text.Commitment()
	return []Content{text}
}

// alone is a text that can be forgotten without the others of its record.
func alone(record, field, value string) Content {
	text := NewText(record, field, value)
	text.Alone = true
	return text
}

// SealedParts are the texts of a sealed field to be stored with PutTexts. With a
// wrapping, text is a ciphertext.
func SealedParts(s *custody.SealedField, text []byte, w *seal.Wrapping) []Content {
	value := string(text)
	if w != nil {
		value = base64.StdEncoding.EncodeToString(text)
	}
	out := []Content{alone(s.ID, sealedText(s), value)}
	s.TextC, s.SharesC = out[0].Commitment(), ledger.Commitment{}
	if w != nil {
		out = append(out, alone(s.ID, SharesField(s), w.JSON()))
		s.SharesC = out[1].Commitment()
	}
	return out
}

// ReadSealed reads ciphertext and wrapped key; w is nil while it is not sealed,
// and text then the text itself. An erased one is not found.
func (v *View) ReadSealed(ctx context.Context, s *custody.SealedField) (text []byte, w *seal.Wrapping, err error) {
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

// DropTexts deletes texts of a record, of which no row keeps a commitment any
// more, and gives the numbers of their keys: forget them after the commit.
func (tx *Tx) DropTexts(ctx context.Context, record string, fields ...string) ([]int64, error) {
	var rows []Content
	q := tx.db.NewSelect().Model(&rows).Column("record_id", "field", "key_id").Where("record_id = ?", record)
	d := tx.db.NewDelete().Model((*Content)(nil)).Where("record_id = ?", record)
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
	if err := tx.db.NewSelect().Model((*Content)(nil)).Column("key_id").Where("record_id = ? AND key_id IN (?)", record, bun.List(ids)).Scan(ctx, &used); err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { return slices.Contains(used, id) })
	return ids, tx.noteDoomedKeys(ctx, ids)
}

// PutSecret stores a text that no row commits to: it serves a reveal and is
// dropped when that is over.
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

// Reveal reads one under the scope.
func (v *View) Reveal(ctx context.Context, id string, sc roster.Scope) (*custody.Reveal, error) {
	r := new(custody.Reveal)
	return r, onRecord(v.db.NewSelect().Model(r).Where("id = ?", id), sc).Scan(ctx)
}

// Reveals lists reveals, the newest first. unnoted narrows to those that no
// records officer took note of.
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

// RevealCount counts what Reveals lists.
func (v *View) RevealCount(ctx context.Context, unnoted bool, sc roster.Scope) (int64, error) {
	q := onRecord(v.db.NewSelect().Model((*custody.Reveal)(nil)), sc)
	if unnoted {
		q = q.Where("noted_by = ''")
	}
	return q.Count(ctx)
}

// RevealsFor lists the open reveals that wait for a custodian: of sets in which
// the account is one, not asked by himself, and not released by him yet.
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

// RevealFor reads one reveal as a custodian of its set; others find nothing.
func (v *View) RevealFor(ctx context.Context, account, id string) (*custody.Reveal, *custody.Custodian, error) {
	r, err := one[custody.Reveal](ctx, v.db.NewSelect().Where("id = ?", id))
	if err != nil {
		return nil, nil, err
	}
	if r == nil {
		return nil, nil, fault.NotFound()
	}
	c, err := one[custody.Custodian](ctx, v.db.NewSelect().Where("set_id = ? AND account_id = ?", r.SetID, account))
	if err == nil && c == nil {
		err = fault.NotFound()
	}
	return r, c, err
}

// Releases are those of a reveal, oldest first.
func (v *View) Releases(ctx context.Context, reveal string) ([]custody.Release, error) {
	var rows []custody.Release
	return rows, v.db.NewSelect().Model(&rows).Where("reveal_id = ?", reveal).Order("id").Scan(ctx)
}

// LapsedReveals are those whose time is over but whose secrets still lie there.
func (v *View) LapsedReveals(ctx context.Context, now time.Time, limit int) ([]custody.Reveal, error) {
	var rows []custody.Reveal
	err := v.db.NewSelect().Model(&rows).Where("state IN (?) AND expires_at <= ?", bun.List([]custody.RevealState{custody.RevealAsked, custody.RevealReleased}), now).
		Order("id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}
