package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// TestAnOlderKeyStoreIsRefused restores a copy of the key store after new
// texts, and after a key was destroyed. The site refuses to open with it until
// somebody accepts it, and then reuses no key number.
func TestAnOlderKeyStoreIsRefused(t *testing.T) {
	for name, dsn := range testDSNs(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			folder := t.TempDir()
			file, address := filepath.Join(folder, "site.keys"), dsn(t)
			opened := func(older bool) (*Store, error) {
				return Open(ctx, address, Options{Origin: "test", Keys: file, OlderKeys: older})
			}
			open := func(older bool) *Store {
				t.Helper()
				s, err := opened(older)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			put := func(s *Store, id string) {
				t.Helper()
				write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
					if _, err := tx.PutText(ctx, id, "note", "text"); err != nil {
						return nil, "", err
					}
					return []ledger.Fact{{Verb: "unit.create", Kind: "unit", ID: id}}, id,
						tx.Insert(ctx, &roster.Unit{Stamp: ledger.Stamp{ID: id}, Code: id, State: roster.UnitActive})
				})
			}
			back := func(copied string) {
				t.Helper()
				raw, err := os.ReadFile(copied)
				if err := errors.Join(err, os.RemoveAll(file+"-wal"), os.RemoveAll(file+"-shm"),
					os.WriteFile(file, raw, 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			closed := func(s *Store) {
				t.Helper()
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			s := open(false)
			if _, err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			put(s, "a")
			first := filepath.Join(folder, "first")
			if err := s.CopyKeys(ctx, first); err != nil {
				t.Fatal(err)
			}
			closed(s)
			back(first) // a copy of today's state is no older copy
			s = open(false)
			put(s, "b") // under keys that are not in the copy
			var key int64
			if err := s.reader.NewSelect().Model((*Content)(nil)).Column("key_id").Where("record_id = 'b'").Scan(ctx, &key); err != nil {
				t.Fatal(err)
			}
			second := filepath.Join(folder, "second")
			if err := s.CopyKeys(ctx, second); err != nil {
				t.Fatal(err)
			}
			closed(s)
			back(first)
			if s, err := opened(false); !errors.Is(err, ErrKeysOlder) {
				t.Fatalf("the key store lacks the key of b, and the site opens: %v %v", s, err)
			}
			back(second)
			s = open(false)
			if err := s.Forget(ctx, []int64{key}); err != nil {
				t.Fatal(err)
			}
			closed(s)
			back(second)
			if s, err := opened(false); !errors.Is(err, ErrKeysOlder) {
				t.Fatalf("a destroyed key is back, and the site opens: %v %v", s, err)
			}
			s = open(true)
			if older, err := s.AcceptedKeys(ctx); err != nil || !older {
				t.Errorf("nothing says that an older store was taken: %v", err)
			}
			closed(s)
			s = open(false) // it is the site's own again
			defer s.Close()
			if older, err := s.AcceptedKeys(ctx); err != nil || older {
				t.Errorf("it is said of the newest store too: %v", err)
			}
			put(s, "c")
			var next int64
			if err := s.reader.NewSelect().Model((*Content)(nil)).Column("key_id").Where("record_id = 'c'").
				Scan(ctx, &next); err != nil || next <= key {
				t.Errorf("key %d after %d: %v", next, key, err)
			}
		})
	}
}
