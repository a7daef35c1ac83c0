package engine

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"plumbline/internal/fault"
)

// A temporary failure is "unavailable", never "internal": a job that meets it
// resumes later, while a job that meets anything else has failed.
func TestWhatPassesIsUnavailable(t *testing.T) {
	for code, want := range map[string]fault.Kind{
		"25006": fault.UnavailableKind, // a standby was reached, which does not write
		"40001": fault.UnavailableKind, // serialization failure
		"08006": fault.UnavailableKind, // connection failure
		"57P01": fault.UnavailableKind, // shut down by its administrator
		"53100": fault.UnavailableKind, // disk full
		"53300": fault.UnavailableKind, // too many connections
		"58030": fault.UnavailableKind, // I/O error
		"42P01": fault.Internal,        // no such table
		"23505": fault.ConflictKind,    // a unique key is taken
	} {
		if err := Translate(t.Context(), fmt.Errorf("insert: %w", &pgconn.PgError{Code: code})); fault.KindOf(err) != want {
			t.Errorf("%s is %v, want %v", code, fault.KindOf(err), want)
		}
	}
}
