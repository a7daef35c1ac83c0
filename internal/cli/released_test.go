package cli

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/heads"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/issue"
	"plumbline/migrations"
)

var release = flag.String("release", "", "write the site of a released version into this folder of "+released)

// released holds a site of each released version, created by its own program: a
// backup, and what people took home from it.
const released = "../store/verify/testdata/released"

// TestWriteReleased creates the site of the current version. Run it by hand,
// once per release: make release-site NAME=02.
func TestWriteReleased(t *testing.T) {
	if *release == "" {
		t.Skip("-release names no folder")
	}
	folder := filepath.Join(released, *release)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	s := apptest.SQLite(t)
	ids := s.Issues(
		apptest.IssueSeed{Name: "mine", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
			Event: "2026-01-10"},
		apptest.IssueSeed{Name: "found", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "traffic_alcohol",
			Severity: 2, Event: "2026-01-12"})
	anna := s.Actor("anna")
	_, rec, err := s.App.MakeStatement(t.Context(), anna, casework.StatementInput{Issue: ids["mine"], Kind: issue.Answer, Text: "那天我不在"})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := s.App.Receipt(t.Context(), anna, heads.ReceiptAsk{Seq: rec.Seq, Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	keep := func(name string, body []byte, err error) {
		t.Helper()
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), body, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	keep("receipt.tlog-proof", receipt.Signed.Marshal(), nil)
	slip, _, err := s.App.Slip(t.Context(), anna, rec.Seq)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := slip.Marshal()
	keep("slip.json", raw, err)
	taken, _, err := s.App.ExportFile(t.Context(), s.Actor("inspector"), casework.FileExportInput{Person: s.People["anna"]})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	var file bytes.Buffer
	_, err = taken.WriteTo(&file)
	keep("file.json", file.Bytes(), err)
	key, err := s.App.VerifierKeys(t.Context())
	keep("board.key", []byte(key), err)
	sums, err := migrations.Sums()
	keep("migrations.sum", []byte(sums), err)
	if err := os.WriteFile(s.DSN+".key", []byte(hex.EncodeToString(apptest.Secret)), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := run(t, "backup", filepath.Join(folder, "site.backup"), "--identity-less", "--db", s.DSN,
		"--quiet"); status != 0 {
		t.Fatalf("backup: %s%s", out, errs)
	}
}

// TestReleasedSites upgrades the site of each released version by restoring it,
// which verifies it, and checks what its people took home.
func TestReleasedSites(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(released, "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no released site: %v", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			if folder, err = filepath.Abs(folder); err != nil {
				t.Fatal(err)
			}
			in := func(name string) string { return filepath.Join(folder, name) }
			sums, err := os.ReadFile(in("migrations.sum"))
			if now, sumErr := migrations.Sums(); err != nil || sumErr != nil || !strings.HasPrefix(now, string(sums)) {
				t.Errorf("a released migration was changed; undo that, and write another: %v %v", err, sumErr)
			}
			for _, args := range [][]string{{in("receipt.tlog-proof")}, {in("receipt.tlog-proof"), "--slip", in("slip.json")},
				{in("file.json")}} {
				if status, out := alone(t, nil, append([]string{"verify", "--key", in("board.key")}, args...)...); status != 0 {
					t.Errorf("%v: %s", args, out)
				}
			}
			for name, dsn := range map[string]string{"sqlite": filepath.Join(t.TempDir(), "site.db"), "postgres": pgtest.DSN(t)} {
				t.Run(name, func(t *testing.T) {
					t.Chdir(t.TempDir())
					status, out, errs := run(t, "restore", in("site.backup"), "--db", dsn, "--quiet")
					if status != 0 || !strings.Contains(out, "restored and verified") {
						t.Fatalf("restore: %s%s", out, errs)
					}
					if status, out, errs := run(t, "verify", "--db", dsn); status != 0 {
						t.Errorf("verify: %s%s", out, errs)
					}
				})
			}
		})
	}
}
