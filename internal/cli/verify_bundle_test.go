package cli

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/bundle"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
)

// A personal file is verified by a process that knows no site, and the first
// false record is named.
func TestAFileIsVerifiedAlone(t *testing.T) {
	s := apptest.SQLite(t)
	ids := s.Issues(
		apptest.IssueSeed{Name: "mine", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
			Event: "2026-01-10"},
		apptest.IssueSeed{Name: "found", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "traffic_alcohol",
			Severity: 2, Event: "2026-01-12"})
	folder := t.TempDir()
	keep := func(name string, body []byte) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(folder, name)
	}
	out := func(who string, in casework.FileExportInput) []byte {
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
	whole, own := out("inspector", casework.FileExportInput{Person: s.People["anna"]}), out("anna", casework.FileExportInput{})
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

// A file leaves the site before a witness can have signed it. Somebody who
// requires a witness is told so in their own language, and succeeds with a
// history that the witness signed.
func TestAFileUnderAWitness(t *testing.T) {
	s := apptest.SQLite(t)
	s.Issues(apptest.IssueSeed{Name: "mine", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview",
		Severity: 1, Event: "2026-01-10"})
	folder := t.TempDir()
	keep := func(name string, body []byte) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(folder, name)
	}
	e, _, err := s.App.ExportFile(t.Context(), s.Actor("anna"), casework.FileExportInput{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var raw bytes.Buffer
	if _, err := e.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Parse(raw.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := s.App.VerifierKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const name = "audit.example/w1"
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, 32))
	w, err := ledger.NewCosigner(name, private, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(b.Checkpoint, "\n\n")
	c, err := ledger.ParseCheckpoint(text + "\n")
	if err != nil {
		t.Fatal(err)
	}
	cosigned, err := ledger.SignCheckpoint(c, w)
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(cosigned), "\n\n")
	with := &ledger.History{Notes: [][]byte{[]byte(b.Checkpoint + line)}}
	without := &ledger.History{Notes: [][]byte{[]byte(b.Checkpoint)}}
	file := keep("own.json", raw.Bytes())
	trust := keep("keys", []byte(keys+ledger.CosignerKey(name, private.Public().(ed25519.PublicKey))+"\n"))
	zh := []string{"LANG=zh_CN.UTF-8"}
	for _, try := range []struct {
		name  string
		env   []string
		more  []string
		ok    bool
		wants []string
	}{
		{"no history", nil, nil, false, []string{"the ledger's signature is valid", "/api/v1/ledger/history?size="}},
		{"no history, in Chinese", zh, nil, false, []string{"还没有签署", "人员 林甲", "显示给本人"}},
		{"a history", nil, []string{"--history", keep("with", with.Marshal())}, true,
			[]string{name + " signed it", "ok: the bundle holds"}},
		{"a history, in Chinese", zh, []string{"--history", keep("with", with.Marshal())}, true, []string{name + " 于", "导出文件属实"}},
		{"a history that no witness signed", nil, []string{"--history", keep("without", without.Marshal())}, false, []string{"FALSE"}},
	} {
		status, said := alone(t, try.env, append([]string{"verify", file, "--trust", trust}, try.more...)...)
		for _, want := range try.wants {
			if (status == 0) != try.ok || !strings.Contains(said, want) {
				t.Errorf("%s: status %d, want %q:\n%s", try.name, status, want, said)
			}
		}
	}
}
