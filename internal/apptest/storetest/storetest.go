// Package storetest opens migrated databases for the tests of the packages on top of
// the engine, on every dialect that the machine has.
package storetest

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/store/engine"
)

// Each runs a test on every dialect.
func Each(t *testing.T, fn func(t *testing.T, s *engine.Store)) {
	t.Helper()
	for name, dsn := range migrated() {
		t.Run(name, func(t *testing.T) { fn(t, Open(t, dsn(t))) })
	}
}

// Open opens a database that is closed with the test, migrated, with a key store of
// its own.
func Open(t testing.TB, dsn string) *engine.Store {
	t.Helper()
	s, err := engine.Open(context.Background(), dsn, engine.Options{Origin: "test", Keys: filepath.Join(t.TempDir(), "site.keys")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// DSNs name an empty database of each dialect, by its name.
func DSNs() map[string]func(t *testing.T) string {
	return map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "test.db") },
		"postgres": func(t *testing.T) string { return pgtest.DSN(t) },
	}
}

// migrated are databases that Open need not migrate, where that saves time.
func migrated() map[string]func(t *testing.T) string {
	out := DSNs()
	out["postgres"] = func(t *testing.T) string {
		return pgtest.Like(t, "migrated", func(dsn string) error {
			s, err := engine.Open(context.Background(), dsn, engine.Options{Origin: "test"}) // without a key store, which Open makes
			if err != nil {
				return err
			}
			_, err = s.Migrate(context.Background())
			return errors.Join(err, s.Close())
		})
	}
	return out
}

// Write runs one write operation that has to succeed.
func Write(t testing.TB, s *engine.Store, fn engine.Writing) engine.Receipt {
	t.Helper()
	r, err := s.Update(context.Background(), engine.Call{Account: "a", Op: "test", RequestID: "r"}, fn)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// View reads what has to be readable.
func View(t testing.TB, s *engine.Store, fn func(ctx context.Context, v *engine.View) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}
