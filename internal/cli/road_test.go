package cli

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRoadOfTheReadme follows the README from an empty database to a running
// campaign: it runs every command of the block under "Your own site", in order.
// Values that a person copies by hand, such as a one-time code, come from the
// output of the commands.
func TestRoadOfTheReadme(t *testing.T) {
	block := roadBlock(t, "../../README.md", "## Your own site")
	if zh := roadBlock(t, "../../README.zh-CN.md", "## 建立自己的站点"); zh != block {
		t.Errorf("the Chinese README goes another road:\n%s", zh)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.Symlink(filepath.Join(root, "docs"), "docs"); err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{}
	n := 0
	for _, line := range strings.Split(strings.TrimSpace(block), "\n") {
		line, _, _ = strings.Cut(line, " #")
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "export ") {
			continue
		}
		n++
		if strings.HasSuffix(line, "plumbline serve") {
			continue // tried by the tests of serve
		}
		input, command, piped := strings.Cut(line, " | ")
		if !piped {
			command = line
		}
		args := blanks(command)
		if args[0] != "plumbline" {
			t.Fatalf("the road goes through %q", line)
		}
		if piped {
			text := strings.Join(blanks(strings.TrimPrefix(input, "echo ")), " ")
			for login, code := range codes {
				if strings.HasPrefix(text, login+" ") {
					text = strings.Replace(text, "CODE", code, 1)
					feed(t, login+" "+code+" short\n") // a slip costs nobody his code
					if status, out, errOut := run(t, args[1:]...); status == 0 || !strings.Contains(errOut, login+": no password set") {
						t.Errorf("a short password: %d %s%s", status, out, errOut)
					}
				}
			}
			feed(t, text+"\n")
		}
		status, out, errOut := run(t, args[1:]...)
		if status != 0 {
			t.Fatalf("%s: %d\n%s%s", line, status, out, errOut)
		}
		for _, m := range regexp.MustCompile(`(?mi)^(P\d+)\s.*\b([2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4})\b`).FindAllStringSubmatch(out, -1) {
			codes[strings.ToUpper(m[1])] = m[2]
		}
	}
	feed(t, "the authority's own pass phrase\n")
	if status, out, errOut := run(t, "user", "grant", "--heads", "--as", "P0010"); status != 0 || errOut != "" ||
		!strings.HasPrefix(out, "unit_head granted, heads: 0\n") {
		t.Errorf("a head is left without the role: %d %s%s", status, out, errOut)
	}
	feed(t, "a pass phrase of your own\n")
	if status, out, errOut := run(t, "user", "grant", "--heads", "--as", "P0003"); status != 0 ||
		!strings.Contains(out, "every role is held by somebody") {
		t.Errorf("the road leaves a role to nobody: %d %s%s", status, out, errOut)
	}
	if n < 5 || n > 10 {
		t.Errorf("the road has %d commands", n)
	}
	status, out, errOut := run(t, "campaign", "list")
	if status != 0 || !strings.Contains(out, "open") {
		t.Errorf("no campaign runs: %s%s", out, errOut)
	}
	if status, out, errOut := run(t, "verify", "--quiet"); status != 0 {
		t.Errorf("verify: %s%s", out, errOut)
	}
	status, out, errOut = run(t, "verify", "--quiet", "--output", "csv")
	if rows, err := csv.NewReader(strings.NewReader(out)).ReadAll(); err != nil || status != 0 ||
		strings.Join(rows[len(rows)-1], ",") != "ok,,true" {
		t.Errorf("verify as CSV: %d %v\n%s%s", status, err, out, errOut)
	}
}

// roadBlock returns the first block of commands under a heading.
func roadBlock(t *testing.T, file, heading string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(raw), heading)
	if !ok {
		t.Fatalf("%s has no road", file)
	}
	_, rest, _ = strings.Cut(rest, "```sh\n")
	block, _, _ := strings.Cut(rest, "```")
	return block
}

// blanks splits a command line at spaces outside double quotes.
func blanks(line string) []string {
	var out []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// feed provides the next command's standard input.
func feed(t *testing.T, text string) {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "stdin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	was := os.Stdin
	os.Stdin = file
	t.Cleanup(func() { os.Stdin = was; _ = file.Close() })
}
