package store

import (
	"testing"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/store/engine"
)

// each runs a test on every dialect, on a site that the test owns.
func each(t *testing.T, fn func(t *testing.T, s *Store)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *engine.Store) { fn(t, &Store{s}) })
}

// write runs one write operation that has to succeed.
func write(t *testing.T, s *Store, fn Writing) {
	t.Helper()
	if _, err := s.Update(t.Context(), Call{Account: "a", Op: "test", RequestID: "r"}, fn); err != nil {
		t.Fatal(err)
	}
}
