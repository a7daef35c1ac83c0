package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"plumbline/internal/custody"
	"plumbline/internal/ledger"
	"plumbline/internal/store/keys"
)

// generationKeys is the newest state of the key store that the site has seen.
// It is written with the first text under keys that were made since, and after
// a destruction; so a key store that says less is an older copy.
const generationKeys = "keys"

// ErrKeysOlder says that the key store is an older copy than the one the site
// last wrote with: keys that were destroyed may be in it again, and keys of
// texts may be missing.
var ErrKeysOlder = errors.New("the key store is an older copy than the one this site last used")

// seenKeys notes the state of the key store in the transaction that uses it, if
// it is not noted yet. What is remembered was read from outside the transaction:
// what this one wrote may yet be rolled back.
func (v *View) seenKeys(ctx context.Context) error {
	k := v.s.keys.Load()
	if k == nil || k.Change() <= v.s.keysSeen.Load() {
		return nil
	}
	change := k.Change()
	n, err := (&View{db: v.s.reader, s: v.s}).Generation(ctx, generationKeys)
	if err != nil {
		return err
	}
	if v.s.keysSeen.Store(n); n >= change {
		return nil
	}
	return noteKeys(ctx, v.db, change)
}

func noteKeys(ctx context.Context, db bun.IDB, change int64) error {
	_, err := db.NewInsert().Model(&Generation{Name: generationKeys, N: change}).On("CONFLICT (name) DO UPDATE").
		Set("n = CASE WHEN EXCLUDED.n > generation.n THEN EXCLUDED.n ELSE generation.n END").Exec(ctx)
	return err
}

// keysAreNewest compares the key store with what the site has seen. goOn takes
// an older one nevertheless; then no number that a text may name is given again.
func (s *Store) keysAreNewest(ctx context.Context, k *keys.Store, goOn bool) error {
	seen, err := (&View{db: s.writer, s: s}).Generation(ctx, generationKeys)
	if err != nil || k.Change() >= seen {
		return err
	}
	if !goOn {
		return fmt.Errorf("%w (%s is at %d, the site has seen %d)", ErrKeysOlder, s.keyPath, k.Change(), seen)
	}
	var most int64
	if err := s.writer.NewSelect().Model((*Content)(nil)).ColumnExpr("COALESCE(MAX(key_id), 0)").Scan(ctx, &most); err != nil {
		return err
	}
	var stones []custody.Tombstone
	if err := s.writer.NewSelect().Model(&stones).Column("keys").Scan(ctx); err != nil {
		return err
	}
	for _, stone := range stones {
		for _, id := range KeyNumbers(stone.Keys) {
			most = max(most, id)
		}
	}
	s.keysBack = true
	return k.GoOn(ctx, seen, most+keysAhead)
}

// AcceptedKeys reports whether this opening went on with an older key store, and
// writes it into the ledger.
func (s *Store) AcceptedKeys(ctx context.Context) (bool, error) {
	if !s.keysBack {
		return false, nil
	}
	_, err := s.Update(ctx, Call{Account: "program:keys", Role: "program", Op: "ledger.keys_back"}, func(context.Context, *Tx) ([]ledger.Fact, string, error) {
		return []ledger.Fact{{Verb: "ledger.keys_back", Kind: "ledger", ID: s.origin}}, "", nil
	})
	return true, err
}

// keysAhead is beyond what drafts and files that wait can have used since: keys
// are made at most 64 pages of 64 at a time, and numbers are not scarce.
const keysAhead = 1 << 20
