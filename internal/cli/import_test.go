package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// seedBureau creates a bureau with one person.
func seedBureau(t *testing.T, db string) {
	t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, db, store.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	_, err = st.Update(ctx, store.Call{Account: "program:test", Op: "test.seed"},
		func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			rows := []any{
				&roster.Unit{Stamp: ledger.Stamp{ID: "u"}, Code: "B", Name: "市局", Tier: 1, State: roster.UnitActive, FromOn: "2000-01-01"},
				&roster.Person{Stamp: ledger.Stamp{ID: "p"}, PersonnelNo: "N1", Name: "张伟", Kind: roster.Officer, State: roster.Serving,
					UnitID: "u"},
				&roster.Identifier{PersonID: "p", Kind: roster.PoliceNo, Value: "012345", Folded: "012345", FromOn: "2000-01-01"},
				&roster.Posting{PersonID: "p", UnitID: "u", Main: true, FromOn: "2000-01-01"},
			}
			if err := tx.Insert(ctx, rows...); err != nil {
				return nil, "", err
			}
			return []ledger.Fact{{Verb: "t", Kind: "unit", ID: "u"}}, "", tx.Bump(ctx, store.GenerationTree)
		})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportAudit(t *testing.T) {
	dir := t.TempDir()
	db, file, rejects := filepath.Join(dir, "a.db"), filepath.Join(dir, "list.csv"), filepath.Join(dir, "rejects.csv")
	run(t, "migrate", "--db", db)
	seedBureau(t, db)
	text := "谁,警号,事由,发生时间\n张伟,012345,服务差,2020.9.16\n张伟,3.3E+17,服务差,2020.9.16\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	base := []string{"import", "audit", file, "--source", "hotline", "--db", db, "--output", "csv"}
	if status, _, errOut := run(t, append(base, "--dry-run")...); status == 0 || !strings.Contains(errOut, "class of problem") {
		t.Errorf("a file without classes: %d %s", status, errOut)
	}
	mapped := append(base, "--map", "谁=name", "--map", "事由=class")
	if status, out, errOut := run(t, append(mapped, "--dry-run")...); status != 0 ||
		!strings.Contains(errOut, "--class 服务差=") || !strings.Contains(out, "rejected,2") {
		t.Errorf("an unknown class: %d %s %s", status, out, errOut)
	}
	mapped = append(mapped, "--class", "服务差=public_conduct", "--errors", rejects)
	status, out, errOut := run(t, mapped...)
	if status != 0 || !strings.Contains(out, "exact,1") || !strings.Contains(out, "rejected,1") {
		t.Fatalf("import: %d %s %s", status, out, errOut)
	}
	if raw, err := os.ReadFile(rejects); err != nil || !strings.Contains(string(raw), "3.3E+17") {
		t.Errorf("error file: %v %s", err, raw)
	}
	if status, out, errOut := run(t, base...); status != 0 || !strings.Contains(errOut, "nothing was changed") ||
		!strings.Contains(out, "exact,1") {
		t.Errorf("again: %d %s %s", status, out, errOut)
	}
	if status, _, errOut := run(t, "import", "audit", file, "--source", "rumour", "--db", db); status == 0 ||
		!strings.Contains(errOut, "petition") {
		t.Errorf("an unknown source: %d %s", status, errOut)
	}
	if status, out, errOut := run(t, "verify", "--db", db); status != 0 {
		t.Errorf("verify: %d %s %s", status, out, errOut)
	}
}
