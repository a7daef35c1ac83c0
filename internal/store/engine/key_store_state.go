package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"plumbline/internal/custody"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/store/keys"
	"plumbline/internal/verbs"
)

// generationKeys is the newest state of the key store that the site has seen.
// It is written with the first text encrypted under new keys, and after a
// destruction; a key store with a lower number is therefore an older copy.
const generationKeys = "keys"

// ErrKeysOlder means that the key store is an older copy than the one the site
// last used: destroyed keys may be back in it, and keys of texts may be
// missing.
var ErrKeysOlder = errors.New("the key store is an older copy than the one this site last used")

// seenKeys records the state of the key store in the transaction that uses it,
// unless already recorded. The cached value is read outside the transaction,
// because what the transaction writes may yet be rolled back.
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

// keysAreNewest compares the key store with the newest state that the site has
// seen. goOn accepts an older one anyway, and then ensures that no key number a
// text may refer to is reused.
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

// AcceptedKeys reports whether this opening accepted an older key store, and
// records that in the ledger.
func (s *Store) AcceptedKeys(ctx context.Context) (bool, error) {
	if !s.keysBack {
		return false, nil
	}
	_, err := s.Update(ctx, Call{Account: "program:keys", Role: "program", Op: "ledger.keys_back"},
		func(context.Context, *Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: verbs.LedgerKeysBack, Kind: kinds.Ledger, ID: s.origin}}, "", nil
		})
	return true, err
}

// keysAhead exceeds what pending drafts and uploads can have used in the
// meantime: keys are made at most 64 pages of 64 at a time, and numbers are
// plentiful.
const keysAhead = 1 << 20
