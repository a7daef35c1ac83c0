package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/apptest"
	"plumbline/internal/bundle"
	"plumbline/internal/issue"
)

// A person's file is verified by a process that knows no site, and the first
// false record is named.
func TestAFileIsVerifiedAlone(t *testing.T) {
	s := apptest.SQLite(t)
	ids := s.Issues(
		apptest.IssueSeed{Name: "mine", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 1, Event: "2026-01-10"},
		apptest.IssueSeed{Name: "found", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "traffic_alcohol", Severity: 2, Event: "2026-01-12"})
	folder := t.TempDir()
	keep := func(name string, body []byte) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(folder, name)
	}
	out := func(who string, in app.FileExportInput) []byte {
		t.Helper()
		e, _, err := s.App.ExportFile(t.Context(), s.Actor(who), in)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		var b bytes.Buffer
		if _, err := e.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	whole, own := out("inspector", app.FileExportInput{Person: s.People["anna"]}), out("anna", app.FileExportInput{})
	keys, err := s.App.VerifierKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key := keep("board.key", []byte(keys))
	for name, raw := range map[string][]byte{"whole.json": whole, "own.json": own} {
		status, said := alone(t, nil, "verify", keep(name, raw), "--key", key)
		if status != 0 || !strings.Contains(said, "what the site showed") || !strings.Contains(said, "person 林甲") {
			t.Errorf("%s: %d\n%s", name, status, said)
		}
	}
	b, err := bundle.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.Rows {
		if b.Rows[i].ID == ids["found"] {
			b.Rows = append(b.Rows[:i], b.Rows[i+1:]...)
			break
		}
	}
	b.Texts = nil
	cut, err := b.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	edited := bytes.Replace(whole, []byte(`"traffic_alcohol"`), []byte(`"traffic_alcohoL"`), 1)
	for name, raw := range map[string][]byte{"cut.json": cut, "edited.json": edited} {
		status, said := alone(t, nil, "verify", keep(name, raw), "--key", key)
		if status == 0 || !strings.Contains(said, ids["found"]) {
			t.Errorf("%s does not name the record: %d\n%s", name, status, said)
		}
	}
}
