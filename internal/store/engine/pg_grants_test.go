package engine

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// TestTheServingRoleCannotForget runs the program as a role that does not own
// the tables: it can do its work and nothing else.
func TestTheServingRoleCannotForget(t *testing.T) {
	ctx := context.Background()
	dsn := pgtest.DSN(t)
	keyFile := filepath.Join(t.TempDir(), "site.keys")
	owner, err := Open(ctx, dsn, Options{Origin: "test", Keys: keyFile})
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if _, err := owner.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := owner.GrantTo(ctx, "serve; drop"); err == nil {
		t.Fatal("a name that is none was accepted")
	}
	const role = "plumbline_serve_test"
	if _, err := owner.writer.Exec("DROP ROLE IF EXISTS " + role); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.writer.Exec("CREATE ROLE " + role + " LOGIN"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		for _, stmt := range []string{"DROP OWNED BY " + role, "DROP ROLE " + role} {
			if _, err := owner.writer.Exec(stmt); err != nil {
				t.Error(err)
			}
		}
	}()
	if err := owner.GrantTo(ctx, role); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, strings.Replace(dsn, "user=plumbline", "user="+role, 1), Options{Keys: keyFile})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Origin() != "test" {
		t.Errorf("origin %q", s.Origin())
	}
	_, err = s.Update(ctx, Call{Account: "a", Op: "unit.create", Key: []byte("k"), Body: []byte("b")},
		func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			u := &roster.Unit{Stamp: ledger.Stamp{ID: "u"}, Code: "u", State: roster.UnitActive}
			if _, err := tx.PutText(ctx, "u", "note", "text"); err != nil {
				return nil, "", err
			}
			return []ledger.Fact{{Verb: "unit.create", Kind: "unit", ID: "u"}}, "u", tx.Insert(ctx, u)
		})
	if err != nil {
		t.Fatal(err)
	}
	for _, stmt := range []string{
		"DELETE FROM units", "TRUNCATE units", "UPDATE ledger_entries SET verb = 'x'", "DELETE FROM ledger_entries", "TRUNCATE ledger_entries",
		"UPDATE requests SET seq = 0", "UPDATE contents SET key_id = 0", "DELETE FROM counters", "DELETE FROM issues",
		"UPDATE audit_records SET row_no = 0", "UPDATE answer_sheets SET round = 2", "UPDATE leader_items SET is_nil = true", "DROP TABLE units",
		"UPDATE ledger_checkpoints SET note = 'x'", "DELETE FROM ledger_checkpoints", "TRUNCATE ledger_checkpoints",
		"DELETE FROM ledger_cosignatures", "UPDATE ledger_hashes SET idx = 0", "ALTER TABLE ledger_entries DISABLE TRIGGER ALL",
	} {
		_, err := s.writer.Exec(stmt)
		if err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", stmt, err)
		}
	}
	if _, err := s.writer.Exec("DELETE FROM sessions"); err != nil {
		t.Errorf("scratch: %v", err)
	}
}
