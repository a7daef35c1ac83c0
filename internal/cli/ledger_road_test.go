package cli

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plumbline/internal/ledger"
	"plumbline/internal/store"
)

var noticed = regexp.MustCompile(`(?m)^(entries|digits)\s+(.+)$`)

// notice is what is posted on the notice board.
func notice(t *testing.T) (size, digits string) {
	t.Helper()
	status, out, errOut := run(t, "checkpoint", "digits", "--db", "site.db")
	if status != 0 {
		t.Fatal(errOut)
	}
	for _, m := range noticed.FindAllStringSubmatch(out, -1) {
		if m[1] == "entries" {
			size = m[2]
		} else {
			digits = m[2]
		}
	}
	return size, digits
}

// hire writes a short history: one more person and a signed checkpoint.
func hire(t *testing.T, no string) {
	t.Helper()
	if err := os.WriteFile("more.csv", []byte("personnel_no,name,police_no\n"+no+",钱小明,00"+no[1:]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, errOut := run(t, "import", "roster", "--db", "site.db", "--people", "more.csv"); status != 0 {
		t.Fatal(out, errOut)
	}
}

// handOut writes the receipt of an entry to a file, as the receipts page does.
func handOut(t *testing.T, seq int64, file string) (size string) {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, "site.db", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.View(ctx, func(ctx context.Context, v *store.View) error {
		row, err := v.EntryAt(ctx, seq)
		if err != nil {
			return err
		}
		c, err := v.CheckpointFor(ctx, seq)
		if err != nil {
			return err
		}
		path, err := v.Proof(ctx, c.Size, seq)
		if err != nil {
			return err
		}
		note, err := v.SignedNote(ctx, c)
		if err != nil {
			return err
		}
		r := &ledger.Receipt{Seq: seq, Time: row.At, Leaf: ledger.Hash(row.Leaf), Path: path, Note: note}
		size = strconv.FormatInt(c.Size, 10)
		return os.WriteFile(file, r.Marshal(), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// move copies the site's files from one folder to another.
func move(t *testing.T, from, to string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(from, "site.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal("no site", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(f)), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// typeManual runs the commands of docs/ledger.md exactly as written, in order,
// and returns the output of each.
func typeManual(t *testing.T, known map[string]string) (answers map[string]string, failed []string) {
	t.Helper()
	answers = make(map[string]string)
	raw, err := os.ReadFile(known["manual"])
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range shell.FindAllStringSubmatch(string(raw), -1) {
		as := strings.TrimSpace(block[1])
		line := as
		for _, name := range []string{"RECEIPT-SIZE", "BOARD-SIZE", "BOARD-DIGITS", "http://127.0.0.1:8080"} {
			line = strings.ReplaceAll(line, name, known[name])
		}
		args := typed(line)
		switch args[0] {
		case "curl":
			res, err := http.Get(args[3])
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d %s %v", line, res.StatusCode, body, err)
			}
			if err := os.WriteFile(args[2], body, 0o600); err != nil {
				t.Fatal(err)
			}
		case "plumbline":
			_ = os.Remove("board.txt")
			status, out, errOut := run(t, args[1:]...)
			answers[as] = out + errOut
			if status != 0 {
				failed = append(failed, as)
			}
		default:
			t.Fatalf("cannot type %q", line)
		}
	}
	return answers, failed
}

const (
	stepReceipt  = "plumbline verify receipt.txt --trust bureau.keys"
	stepTogether = stepReceipt + ` --history history.txt --digits "BOARD-DIGITS" --size BOARD-SIZE`
	stepSite     = `plumbline verify --db site.db --trust bureau.keys --receipt receipt.txt --digits "BOARD-DIGITS" --size BOARD-SIZE`
)

// sameSteps checks that the Chinese five steps use the commands run here.
func sameSteps(t *testing.T, manual string) {
	t.Helper()
	english, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	chinese, err := os.ReadFile(strings.TrimSuffix(manual, ".md") + ".zh-CN.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := shell.FindAllString(string(chinese), -1)
	if typed := shell.FindAllString(string(english), -1); len(steps) != 4 || len(typed) < 4 || !slices.Equal(steps, typed[:4]) {
		t.Errorf("the two languages give different commands: %q", steps)
	}
}

// TestTheManualOfTheLedger follows docs/ledger.md as somebody would who has a
// receipt, yesterday's digits and the program: on an honest ledger, and on one
// whose owner restored an older state with all keys and state files, rewrote it
// and signed it again.
func TestTheManualOfTheLedger(t *testing.T) {
	manual, err := filepath.Abs(filepath.Join("..", "..", "docs", "ledger.md"))
	if err != nil {
		t.Fatal(err)
	}
	sameSteps(t, manual)
	t.Chdir(t.TempDir())
	writeSite(t)
	if err := os.Mkdir("old", 0o700); err != nil {
		t.Fatal(err)
	}
	move(t, ".", "old")
	before, _ := notice(t)
	seq, err := strconv.ParseInt(before, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	hire(t, "P2001")
	known := map[string]string{"manual": manual, "RECEIPT-SIZE": handOut(t, seq, "receipt.txt")}
	hire(t, "P2002")
	known["BOARD-SIZE"], known["BOARD-DIGITS"] = notice(t)
	hire(t, "P2003")
	_, out, _ := run(t, "checkpoint", "key", "--db", "site.db")
	if err := os.WriteFile("bureau.keys", []byte(keyed.FindStringSubmatch(out)[1]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	base, kill := child(t, "serve", "--db", "site.db", "--addr", "127.0.0.1:0")
	known["http://127.0.0.1:8080"] = base
	answers, failed := typeManual(t, known)
	if len(failed) != 0 {
		t.Fatalf("on an honest ledger: %q\n%s", failed, answers[failed[0]])
	}
	for step, want := range map[string]string{stepReceipt: "ok: the receipt holds", stepTogether: "the digits match the notice board",
		stepSite: "ok: every record"} {
		if !strings.Contains(answers[step], want) {
			t.Errorf("%s\n%s", step, answers[step])
		}
	}
	kill()

	move(t, "old", ".") // the thief has everything: database, keys, the signer's memory
	for _, rest := range []string{"site.db-wal", "site.db-shm"} {
		_ = os.Remove(rest)
	}
	for _, no := range []string{"P3001", "P3002", "P3003"} {
		hire(t, no)
	}
	if err := os.RemoveAll("log"); err != nil {
		t.Fatal(err)
	}
	base, kill = child(t, "serve", "--db", "site.db", "--addr", "127.0.0.1:0")
	defer kill()
	known["http://127.0.0.1:8080"] = base
	answers, failed = typeManual(t, known)
	if strings.Join(failed, "\n") != stepTogether+"\n"+stepSite {
		t.Fatalf("on a rewritten ledger these failed: %q", failed)
	}
	if !strings.Contains(answers[stepTogether], "REWRITTEN") {
		t.Errorf("step 4 said:\n%s", answers[stepTogether])
	}
	if got := answers[stepSite]; !strings.Contains(got, "evidence_differs") || !strings.Contains(got, "entry "+before) {
		t.Errorf("the last step does not name entry %s:\n%s", before, got)
	}
}

// An offline checkpoint export is evidence too: verify and restore accept it
// like a witness's note, and reject an altered one.
func TestTheStickIsEvidence(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSite(t)
	if status, _, errOut := run(t, "checkpoint", "export", "stick.txt", "--db", "site.db", "--old", "0"); status != 0 {
		t.Fatal(errOut)
	}
	_, out, _ := run(t, "checkpoint", "key", "--db", "site.db")
	verify := []string{"verify", "--db", "site.db", "--quiet", "--checkpoint", "stick.txt", "--key", keyed.FindStringSubmatch(out)[1]}
	if status, out, errOut := run(t, verify...); status != 0 || !strings.Contains(out, "evidence  1\n") {
		t.Errorf("%d %s %s", status, out, errOut)
	}
	raw, err := os.ReadFile("stick.txt")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(string(raw), "\n\n") - 10 // in the root that was signed
	raw[at] ^= 1
	if err := os.WriteFile("stick.txt", raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, _ := run(t, verify...); status == 0 {
		t.Errorf("a changed stick is taken: %s", out)
	}
}
