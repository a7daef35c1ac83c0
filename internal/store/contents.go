package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/seal"
	"plumbline/internal/store/keys"
)

// Content is one erasable text. Salt and value lie encrypted together under a
// key of their record, which the key store holds: who destroys the key destroys
// both, here, in the write-ahead log, in dead tuples and in every backup. The
// salt must go with the text, or a short text could be guessed from its
// commitment, which stays.
type Content struct {
	RecordID string `bun:"record_id,pk"`
	Field    string `bun:"field,pk"`
	KeyID    int64  `bun:"key_id"`
	Sealed   []byte `bun:"sealed"`

	Salt  []byte `bun:"-"`
	Value string `bun:"-"`
	Alone bool   `bun:"-"` // under a key that it shares with no other text of its record
}

// contentsTable is the table that ciphertexts are bound to.
const contentsTable = "contents"

// saltSize is the length of a commitment's salt in bytes.
const saltSize = 32

// NewText draws the salt of a text that PutTexts will write.
func NewText(recordID, field, value string) Content {
	return Content{RecordID: recordID, Field: field, Salt: ledger.NewSalt(), Value: value}
}

// Commitment is what the record's row keeps of the text.
func (c *Content) Commitment() ledger.Commitment { return ledger.Commit(c.Field, c.Salt, c.Value) }

func (c *Content) place() seal.Place {
	return seal.Place{Table: contentsTable, Column: c.Field, Record: c.RecordID}
}

func (c *Content) encrypt(key *keys.Key) {
	plain := make([]byte, 0, saltSize+len(c.Value))
	plain = append(append(plain, c.Salt...), c.Value...)
	c.KeyID, c.Sealed = key.ID, seal.Encrypt(&key.Secret, c.place(), plain)
}

// decrypt fills Salt and Value.
func (c *Content) decrypt(secret *[keys.Size]byte) error {
	plain, err := seal.Decrypt(secret, c.place(), c.Sealed)
	if err != nil || len(plain) < saltSize {
		return seal.ErrOpen
	}
	c.Salt, c.Value = plain[:saltSize], string(plain[saltSize:])
	return nil
}

// PutText stores erasable text of a record and returns the commitment that
// the record's row keeps. Each field of a record is written once.
func (tx *Tx) PutText(ctx context.Context, recordID, field, value string) (ledger.Commitment, error) {
	texts := []Content{NewText(recordID, field, value)}
	if err := errors.Join(tx.s.encrypt(ctx, texts), tx.seenKeys(ctx)); err != nil {
		return nil, fmt.Errorf("put text %s: %w", field, err)
	}
	if err := insertAll(ctx, tx.s, *tx.raw, texts); err != nil {
		return nil, fmt.Errorf("put text %s: %w", field, err)
	}
	return texts[0].Commitment(), nil
}

// PutTexts stores many texts in few statements.
func (tx *Tx) PutTexts(ctx context.Context, texts []Content) error {
	if err := errors.Join(tx.s.encrypt(ctx, texts), tx.seenKeys(ctx)); err != nil {
		return fmt.Errorf("put texts: %w", err)
	}
	return insertAll(ctx, tx.s, *tx.raw, texts)
}

// encrypt gives each record of the texts a key of its own. The keys are durable
// already, so the rows may be committed at once.
func (s *Store) encrypt(ctx context.Context, texts []Content) error {
	if len(texts) == 0 {
		return nil
	}
	store, err := s.keyStore()
	if err != nil {
		return err
	}
	apart := func(i int) bool {
		return i > 0 && (texts[i].RecordID != texts[i-1].RecordID || texts[i].Alone || texts[i-1].Alone)
	}
	records := 1
	for i := range texts {
		if apart(i) {
			records++
		}
	}
	fresh, err := store.Take(ctx, records)
	if err != nil {
		return err
	}
	defer clear(fresh)
	next := 0
	for i := range texts {
		if apart(i) {
			next++
		}
		texts[i].encrypt(&fresh[next])
	}
	return nil
}

// Texts reads the erasable texts of records: record id → field → value. An
// erased text is absent.
func (v *View) Texts(ctx context.Context, recordIDs ...string) (map[string]map[string]string, error) {
	out := make(map[string]map[string]string, len(recordIDs))
	for chunk := range slices.Chunk(recordIDs, 500) {
		var rows []Content
		if err := v.db.NewSelect().Model(&rows).Where("record_id IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		readable, err := v.s.decrypt(ctx, rows)
		if err != nil {
			return nil, err
		}
		for i, r := range rows {
			if !readable[i] {
				continue
			}
			if out[r.RecordID] == nil {
				out[r.RecordID] = make(map[string]string)
			}
			out[r.RecordID][r.Field] = r.Value
		}
	}
	return out, nil
}

// decrypt opens the texts and says which of them could be read: not those whose
// key was destroyed, nor those that were changed.
func (s *Store) decrypt(ctx context.Context, rows []Content) (readable []bool, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	store, err := s.keyStore()
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].KeyID
	}
	secrets, err := store.Get(ctx, ids...)
	if err != nil {
		return nil, err
	}
	readable = make([]bool, len(rows))
	for i := range rows {
		if secret := secrets[rows[i].KeyID]; secret != nil {
			readable[i] = rows[i].decrypt(secret) == nil
		}
	}
	return readable, nil
}

// openKeys opens the key store of the site. make lets it be made where the site
// never had one.
func (s *Store) openKeys(ctx context.Context, make bool) error {
	if s.keys.Load() != nil || s.keyPath == "" {
		return nil
	}
	k, err := keys.Open(ctx, s.keyPath, make)
	if errors.Is(err, keys.ErrMissing) {
		return nil // everything but the texts can be read; KeysMissing says so
	} else if err != nil {
		return err
	}
	if err := s.keysAreNewest(ctx, k, s.olderKeys); err != nil {
		return errors.Join(err, k.Close())
	}
	s.keys.Store(k)
	return nil
}

func (s *Store) keyStore() (*keys.Store, error) {
	if k := s.keys.Load(); k != nil {
		return k, nil
	}
	return nil, fault.Unavailable("keys_missing").WithCause(keys.ErrMissing)
}

// KeyPath is the file of the key store.
func (s *Store) KeyPath() string { return s.keyPath }

// KeysMissing reports whether the site's key store is not where it should be:
// no text can then be read or written.
func (s *Store) KeysMissing() bool { return s.keys.Load() == nil }

// keysFact is the fact about the site that it has had a key store. From then on
// a missing one is a loss, never a reason to make a new one.
const keysFact = "keys"

// sealed ends a migration: the site gets its key store, once.
func (s *Store) sealed(ctx context.Context) error {
	if s.keyPath == "" {
		return nil
	}
	had, err := s.writer.NewSelect().Model((*Site)(nil)).Where("name = ?", keysFact).Count(ctx)
	if err != nil {
		return err
	}
	if err := s.openKeys(ctx, had == 0); err != nil || s.KeysMissing() {
		return err
	}
	if had == 0 {
		_, err = s.writer.NewInsert().Model(&Site{Name: keysFact, Value: "1"}).Exec(ctx)
	}
	return err
}

// BackupKeys copies the key store into a folder and removes copies older than
// keep; see keys.Store.Backup.
func (s *Store) BackupKeys(ctx context.Context, folder string, keep time.Duration) (file string, removed int, err error) {
	k, err := s.keyStore()
	if err != nil {
		return "", 0, err
	}
	return k.Backup(ctx, folder, s.Now(), keep)
}

// RotateMaster makes a new master key and encrypts the key store anew under it;
// see keys.Store.Rotate.
func (s *Store) RotateMaster(ctx context.Context, progress func(done, total int)) (pages int, err error) {
	k, err := s.keyStore()
	if err != nil {
		return 0, err
	}
	return k.Rotate(ctx, progress)
}
