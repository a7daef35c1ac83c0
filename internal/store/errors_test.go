package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// TestErrorsSayWhere: an error names what was being done and to which object,
// keeps its kind, and a success allocates nothing for it.
func TestErrorsSayWhere(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		err := s.View(context.Background(), func(ctx context.Context, v *View) error {
			_, err := v.ActorFacts(ctx, "nobody")
			if err == nil || !errors.Is(err, sql.ErrNoRows) {
				t.Errorf("the driver's error is lost: %v", err)
			}
			return err
		})
		if !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("not a not-found fault: %v", err)
		}
		if f := fault.As(err); f.Cause == nil || !strings.Contains(f.Cause.Error(), "read the authority of account nobody: ") {
			t.Errorf("the cause does not say where: %v", f.Cause)
		}
	})
	object := string(roster.RoleUnitHead)
	if n := testing.AllocsPerRun(100, func() {
		var err error
		defer engine.Doing(&err, "read", object)
	}); n != 0 {
		t.Errorf("%v allocations without an error", n)
	}
}
