package engine

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

// Content is one erasable text. Its salt and value are encrypted together under
// a key of their record, held in the key store: destroying the key destroys
// both in the table, the write-ahead log, dead tuples and every backup. The
// salt must go with the text, or a short text could be guessed from its
// commitment, which stays.
type Content struct {
	RecordID string `bun:"record_id,pk"`
	Field    string `bun:"field,pk"`
	KeyID    int64  `bun:"key_id"`
	Sealed   []byte `bun:"sealed"`

	Salt  []byte `bun:"-"`
	Value string `bun:"-"`
	Alone bool   `bun:"-"` // under a key that no other text of its record shares
}

// contentsTable is the table name that ciphertexts are bound to.
const contentsTable = "contents"

// saltSize is the length of a commitment's salt in bytes.
const saltSize = 32

// NewText draws the salt of a text to be written by PutTexts.
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

// PutText stores an erasable text of a record and returns the commitment for
// the record's row. Each field of a record is written once.
func (tx *Tx) PutText(ctx context.Context, recordID, field, value string) (ledger.Commitment, error) {
	texts := []Content{NewText(recordID, field, value)}
	if err := errors.Join(tx.s.Encrypt(ctx, texts), tx.seenKeys(ctx)); err != nil {
		return nil, fmt.Errorf("put text %s: %w", field, err)
	}
	if err := InsertAll(ctx, tx.s, *tx.raw, texts); err != nil {
		return nil, fmt.Errorf("put text %s: %w", field, err)
	}
	return texts[0].Commitment(), nil
}

// PutTexts stores many texts in a few statements.
func (tx *Tx) PutTexts(ctx context.Context, texts []Content) (err error) {
	defer Doing(&err, "store texts", "")
	if err := errors.Join(tx.s.Encrypt(ctx, texts), tx.seenKeys(ctx)); err != nil {
		return fmt.Errorf("put texts: %w", err)
	}
	return InsertAll(ctx, tx.s, *tx.raw, texts)
}

// Encrypt gives each record of the texts its own key. The keys are already
// durable, so the rows may commit at once.
func (s *Store) Encrypt(ctx context.Context, texts []Content) error {
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

// Texts reads the erasable texts of records as record id → field → value.
// Erased texts are absent.
func (v *View) Texts(ctx context.Context, recordIDs ...string) (_ map[string]map[string]string, err error) {
	defer Doing(&err, "read texts", "")
	out := make(map[string]map[string]string, len(recordIDs))
	for chunk := range slices.Chunk(recordIDs, 500) {
		var rows []Content
		if err := v.db.NewSelect().Model(&rows).Where("record_id IN (?)", bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		readable, err := v.s.Decrypt(ctx, rows)
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

// Decrypt decrypts the texts in place and reports which are readable. Texts
// whose key was destroyed or whose ciphertext was tampered with are not.
func (s *Store) Decrypt(ctx context.Context, rows []Content) (readable []bool, err error) {
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

// openKeys opens the site's key store. make allows creating one if the site
// never had one.
func (s *Store) openKeys(ctx context.Context, make bool) error {
	if s.keys.Load() != nil || s.keyPath == "" {
		return nil
	}
	k, err := keys.Open(ctx, s.keyPath, make)
	if errors.Is(err, keys.ErrMissing) {
		return nil // everything except texts stays readable; KeysMissing reports it
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

// KeyPath is the path of the key store file.
func (s *Store) KeyPath() string { return s.keyPath }

// KeysMissing reports whether the site's key store is missing. Texts can then
// be neither read nor written.
func (s *Store) KeysMissing() bool { return s.keys.Load() == nil }

// keysFact is the site fact recording that a key store exists. From then on a
// missing one is a loss and is never replaced by a new one.
const keysFact = "keys"

// sealed finishes a migration by creating the site's key store, once.
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
// keep. See keys.Store.Backup.
func (s *Store) BackupKeys(ctx context.Context, folder string, keep time.Duration) (file string, removed int, err error) {
	k, err := s.keyStore()
	if err != nil {
		return "", 0, err
	}
	return k.Backup(ctx, folder, s.Now(), keep)
}

// RotateMaster creates a new master key and re-encrypts the key store under it.
// See keys.Store.Rotate.
func (s *Store) RotateMaster(ctx context.Context, progress func(done, total int)) (pages int, err error) {
	k, err := s.keyStore()
	if err != nil {
		return 0, err
	}
	return k.Rotate(ctx, progress)
}
