package cli

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/apptest/poll"
)

var (
	shell = regexp.MustCompile("(?s)```sh\n(.*?)```")
	keyed = regexp.MustCompile(`(?m)^key\s+(\S+)$`)
)

// TestTheManualOfTheWitness runs the commands of docs/witness.md in order,
// exactly as written except for keys, folders and ports.
func TestTheManualOfTheWitness(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "witness.md"))
	if err != nil {
		t.Fatal(err)
	}
	chinese, err := os.ReadFile(filepath.Join("..", "..", "docs", "witness.zh-CN.md"))
	if err != nil {
		t.Fatal(err)
	}
	if one, other := shell.FindAllString(string(raw), -1), shell.FindAllString(string(chinese), -1); !slices.Equal(one, other) {
		t.Errorf("the two languages give different commands: %v and %v", one, other)
	}
	t.Chdir(t.TempDir())
	writeSite(t)
	known := map[string]string{"127.0.0.1:8090": "127.0.0.1:0", "127.0.0.1:8080": "127.0.0.1:0"}
	key := func(out string) string {
		t.Helper()
		m := keyed.FindStringSubmatch(out)
		if m == nil {
			t.Fatalf("no key in %s", out)
		}
		return m[1]
	}
	commands := 0
	for _, block := range shell.FindAllStringSubmatch(string(raw), -1) {
		line := strings.TrimSpace(block[1])
		for _, name := range []string{"WITNESS-KEY-2", "WITNESS-KEY", "SITE-KEY", "http://127.0.0.1:8090",
			"http://127.0.0.1:8080", "127.0.0.1:8090", "127.0.0.1:8080"} {
			if value, ok := known[name]; ok {
				line = strings.ReplaceAll(line, name, value)
			}
		}
		args := typed(line)
		if len(args) < 2 || args[0] != "plumbline" || strings.Contains(line, "-KEY") {
			t.Fatalf("cannot type %q", line)
		}
		commands++
		switch {
		case strings.HasPrefix(line, "plumbline serve"):
			known["http://127.0.0.1:8080"], _ = child(t, args[1:]...)
			until(t, known["http://127.0.0.1:8090"])
			continue
		case strings.HasPrefix(line, "plumbline witness --dir"):
			known["http://127.0.0.1:8090"], _ = child(t, args[1:]...)
			continue
		case strings.Contains(line, "--dir w2"): // a second witness, set up as the first
			_, out, _ := run(t, "witness", "key", "--dir", "w2", "--name", "audit.example/w2")
			known["WITNESS-KEY-2"] = key(out)
			if status, _, errOut := run(t, "witness", "trust", known["SITE-KEY"], "--dir", "w2"); status != 0 {
				t.Fatal(errOut)
			}
		case strings.Contains(line, "--dir w3"):
			if status, _, errOut := run(t, "witness", "key", "--dir", "w3", "--name", "audit.example/w3"); status != 0 {
				t.Fatal(errOut)
			}
		}
		status, out, errOut := run(t, args[1:]...)
		if status != 0 {
			t.Fatalf("%s: %d %s %s", line, status, out, errOut)
		}
		switch {
		case strings.HasPrefix(line, "plumbline witness key"):
			known["WITNESS-KEY"] = key(out)
		case strings.HasPrefix(line, "plumbline checkpoint key"):
			known["SITE-KEY"] = key(out)
		case strings.HasPrefix(line, "plumbline witness status"):
			_, digits, _ := run(t, "checkpoint", "digits", "--db", "site.db")
			at := strings.Index(digits, "digits     ")
			if at < 0 || !strings.Contains(out, strings.TrimSpace(digits[at+11:])) || !strings.Contains(digits, "audit.example/w1") {
				t.Errorf("the digits differ: %s and %s", out, digits)
			}
		}
	}
	if commands != 10 {
		t.Errorf("%d commands were typed", commands)
	}
	_, digits, _ := run(t, "checkpoint", "digits", "--db", "site.db")
	if !strings.Contains(digits, "audit.example/w1, audit.example/w2") {
		t.Errorf("not witnessed by both: %s", digits)
	}
	pulled, _ := child(t, "witness", "--dir", "w3", "--addr", "127.0.0.1:0")
	until(t, pulled)
}

// writeSite creates site.db with a few people and a signed head.
func writeSite(t *testing.T) {
	t.Helper()
	for name, text := range map[string]string{"units.csv": "code,name,tier,parent_code\nB00,Bureau,1,\n",
		"people.csv": "personnel_no,name,police_no\nP1,单小红,000001\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "migrate", "--db", "site.db")
	if status, _, errOut := run(t, "import", "roster", "--db", "site.db", "--units", "units.csv", "--people", "people.csv"); status != 0 {
		t.Fatal(errOut)
	}
	_, kill := child(t, "serve", "--db", "site.db", "--addr", "127.0.0.1:0") // the first start makes the key and signs
	defer kill()
	signed := poll.Until(time.Minute, func() bool {
		status, _, _ := run(t, "checkpoint", "digits", "--db", "site.db")
		return status == 0
	})
	if !signed {
		t.Fatal("nothing was signed")
	}
}

// until waits until the witness's page shows digits.
func until(t *testing.T, base string) {
	t.Helper()
	if !poll.Until(time.Minute, func() bool { return strings.Contains(fetch(t, base+"/?lang=en"), `class="digits"`) }) {
		t.Fatal("the witness shows no digits")
	}
}

func fetch(t *testing.T, address string) string {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// typed splits a command line; quotes keep words together.
func typed(line string) (out []string) {
	quoted := false
	for _, part := range strings.SplitAfter(line, `"`) {
		text := strings.TrimSuffix(part, `"`)
		if quoted {
			out = append(out, text)
		} else {
			out = append(out, strings.Fields(text)...)
		}
		quoted = quoted != strings.HasSuffix(part, `"`)
	}
	return out
}

// TestWitnessesFromTheSettings: a list in the file, and several in one
// variable.
func TestWitnessesFromTheSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSite(t)
	var keys []string
	for _, name := range []string{"w1", "w2"} {
		_, out, _ := run(t, "witness", "key", "--dir", name, "--name", "audit.example/"+name)
		keys = append(keys, keyed.FindStringSubmatch(out)[1])
	}
	if err := os.WriteFile("site.toml",
		[]byte("db = \"site.db\"\nwitness = [\""+keys[0]+"\", \""+keys[1]+"@https://audit.example\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errOut := run(t, "checkpoint", "export", "x", "--config", "site.toml"); status == 0 ||
		!strings.Contains(errOut, "several witnesses") {
		t.Errorf("two witnesses: %d %s", status, errOut)
	}
	if status, out, errOut := run(t, "checkpoint", "export", "x", "--config", "site.toml", "--for",
		"audit.example/w2"); status != 0 || !strings.Contains(out, "from     0 entries") {
		t.Errorf("one of them: %d %s %s", status, out, errOut)
	}
	t.Setenv("PLUMBLINE_WITNESS", strings.Join(keys, " "))
	if status, _, errOut := run(t, "checkpoint", "export", "x", "--db", "site.db"); status == 0 ||
		!strings.Contains(errOut, "several witnesses") {
		t.Errorf("from the environment: %d %s", status, errOut)
	}
	t.Setenv("PLUMBLINE_WITNESS", "nonsense")
	if status, _, errOut := run(t, "checkpoint", "digits", "--db", "site.db"); status == 0 || !strings.Contains(errOut, "--witness") {
		t.Errorf("nonsense: %d %s", status, errOut)
	}
}
