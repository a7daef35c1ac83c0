package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/heads"
	"plumbline/internal/apptest"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/paper"
	"plumbline/internal/words"
)

// handed are the files that the author of a statement takes home.
type handed struct{ text, pdf, code, slip, key, digits string }

func takeHome(t *testing.T) handed {
	t.Helper()
	s := apptest.SQLite(t)
	ids := s.Issues(apptest.IssueSeed{Name: "mine", Source: issue.Self, Person: "anna", Unit: "east1", Category: "interview", Severity: 1,
		Event: "2026-01-10"})
	anna := s.Actor("anna")
	_, rec, err := s.App.MakeStatement(t.Context(), anna, casework.StatementInput{Issue: ids["mine"], Kind: issue.Answer, Text: "那天我不在"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.App.Receipt(t.Context(), anna, heads.ReceiptAsk{Seq: rec.Seq, Wait: time.Minute})
	if err != nil || r.Signed == nil {
		t.Fatal(r, err)
	}
	folder := t.TempDir()
	keep := func(name string, body []byte, err error) string {
		t.Helper()
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), body, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(folder, name)
	}
	pdf, pdfErr := paper.Receipt(words.ZH, r.Signed, r.Opened, s.App.Zone())
	code, codeErr := r.Signed.Code()
	sl, _, err := s.App.Slip(t.Context(), anna, rec.Seq)
	if err != nil {
		t.Fatal(err)
	}
	raw, slipErr := sl.Marshal()
	keys, keyErr := s.App.VerifierKeys(t.Context())
	return handed{
		text: keep("receipt.tlog-proof", r.Signed.Marshal(), nil), pdf: keep("receipt.pdf", pdf, pdfErr),
		code: keep("code.txt", []byte(strings.Join(code, "\n")), codeErr), slip: keep("slip.json", raw, slipErr),
		key: keep("board.key", []byte("# from the notice board\n"+keys), keyErr), digits: r.Opened.Digits(),
	}
}

// alone runs the program as a process of its own in an empty folder: no site,
// no settings.
func alone(t *testing.T, env []string, args ...string) (int, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{childEnv + "=1"}, env...)
	out, err := cmd.CombinedOutput()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestAReceiptIsVerifiedAlone(t *testing.T) {
	h := takeHome(t)
	for _, file := range []string{h.text, h.pdf, h.code} {
		status, out := alone(t, nil, "verify", file, "--key", h.key)
		for _, want := range []string{"entry 3 of the ledger plumbline/test", "signed the whole ledger", h.digits, "ok: the receipt holds",
			"reveals no content"} {
			if status != 0 || !strings.Contains(strings.ToLower(out), strings.ToLower(want)) {
				t.Errorf("%s: status %d, without %q:\n%s", filepath.Base(file), status, want, out)
			}
		}
	}
	key, err := os.ReadFile(h.key)
	if err != nil {
		t.Fatal(err)
	}
	literal := strings.TrimSpace(strings.Split(string(key), "\n")[1])
	if status, out := alone(t, []string{"LANG=zh_CN.UTF-8"}, "verify", h.text, "--log-key", literal); status != 0 ||
		!strings.Contains(out, "校验码与回执一致") {
		t.Errorf("in Chinese: %d\n%s", status, out)
	}
	status, out := alone(t, nil, "verify", h.text, "--key", h.key, "--output", "json")
	var said struct {
		OK    bool
		Steps []struct {
			What      string
			NotProven bool `json:"not_proven"`
			OK        bool
		}
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil || status != 0 || !said.OK || len(said.Steps) != 6 {
		t.Errorf("as JSON: %d %v\n%s", status, err, out)
	}
	status, out = alone(t, nil, "verify", h.text, "--key", h.key, "--output", "csv")
	if rows, err := csv.NewReader(strings.NewReader(out)).ReadAll(); err != nil || status != 0 || len(rows) != 7 || rows[1][0] != "true" {
		t.Errorf("as CSV: %d %v\n%s", status, err, out)
	}

	status, out = alone(t, nil, "verify", h.text, "--key", h.key, "--slip", h.slip)
	if status != 0 || !strings.Contains(out, "那天我不在") || !strings.Contains(out, "statement.make") ||
		!strings.Contains(out, "it is part of the hashed entry") || strings.Contains(out, "the receipt alone does not prove it") {
		t.Errorf("with the slip: %d\n%s", status, out)
	}
	board := strings.ReplaceAll(h.digits, " ", "-")
	if status, out = alone(t, nil, "verify", h.text, "--key", h.key, "--digits", board, "--size", "4"); status != 0 ||
		!strings.Contains(out, "notice board") {
		t.Errorf("with the digits: %d\n%s", status, out)
	}
}

func TestAForgedReceiptIsRefusedAlone(t *testing.T) {
	h := takeHome(t)
	other := takeHome(t) // the same story on another site: same log name, same number, another key
	honest, err := os.ReadFile(h.text)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(h.slip)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	write := func(data []byte) string {
		n++
		name := filepath.Join(t.TempDir(), "forged")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	moved, err := ledger.ParseReceipt(honest)
	if err != nil {
		t.Fatal(err)
	}
	moved.Time = moved.Time.Add(-time.Hour)
	lines := strings.SplitAfter(string(honest), "\n")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no key":        {[]string{h.text}, "notice board"},
		"another's key": {[]string{h.text, "--key", other.key}, "None of the keys"},
		"another number": {[]string{write(bytes.Replace(honest, []byte("\nindex 3\n"), []byte("\nindex 1\n"), 1)), "--key", h.key},
			"does not lead"},
		"a shorter proof": {[]string{write([]byte(strings.Join(append(append([]string{}, lines[:3]...), lines[4:]...), ""))), "--key",
			h.key}, "does not lead"},
		"cut off":       {[]string{write(honest[:len(honest)/2]), "--key", h.key}, "not exactly one whole receipt"},
		"a line before": {[]string{write(append([]byte("My receipt:\n"), honest...)), "--key", h.key}, "not exactly one whole receipt"},
		"a line behind": {[]string{write(append(honest[:len(honest):len(honest)], "Kind regards\n"...)), "--key", h.key},
			"not exactly one whole receipt"},
		"no receipt":     {[]string{h.key, "--key", h.key}, "not exactly one whole receipt"},
		"another's slip": {[]string{h.text, "--key", h.key, "--slip", other.slip}, "does not belong to the receipt's entry"},
		"a changed text": {[]string{h.text, "--key", h.key, "--slip", write(bytes.Replace(raw, []byte("那天我不在"), []byte("那天我在"), 1))},
			"not what was recorded"},
		"another time": {[]string{write(moved.Marshal()), "--key", h.key, "--slip", h.slip},
			"time on the receipt is not the one recorded"},
		"no slip":           {[]string{h.text, "--key", h.key, "--slip", h.text}, "not a salt slip"},
		"other digits":      {[]string{h.text, "--key", h.key, "--digits", other.digits, "--size", "4"}, "REWRITTEN"},
		"a witness missing": {[]string{h.text, "--key", h.key, "--witness-key", witnessKey()}, "not every witness"},
		"no such key file":  {[]string{h.text, "--key", "/nowhere/key"}, "neither a key"},
	} {
		status, out := alone(t, nil, append([]string{"verify"}, c.args...)...)
		if status == 0 || !strings.Contains(out, c.want) || strings.Contains(out, "ok: the receipt") {
			t.Errorf("%s: status %d, want %q:\n%s", name, status, c.want, out)
		}
	}
}

// witnessKey is the key of a witness that signed nothing here.
func witnessKey() string { return ledger.CosignerKey("witness.example", bytes.Repeat([]byte{7}, 32)) }

// The answers of the five steps are there in Chinese as well.
func TestTheStepsAnswerInChinese(t *testing.T) {
	e := &env{Config: &Config{Lang: "zh-CN", Output: "table"}, out: &bytes.Buffer{}}
	p := &proven{Kind: "receipt"}
	c := &ledger.Opened{}
	c.Size = 7
	if err := p.digits(&evidence{env: e, digits: "0000 0000 0000 0000 0000 0000 0000 0000", size: 7}, []*ledger.Opened{c}); err != nil {
		t.Fatal(err)
	}
	if len(p.Steps) != 1 || p.Steps[0].OK || !strings.Contains(p.Steps[0].Text, "改写") {
		t.Errorf("%+v", p.Steps)
	}
	if err := e.printProven(p); err == nil || !strings.Contains(err.Error(), "原样保存") {
		t.Errorf("%v", err)
	}
}
