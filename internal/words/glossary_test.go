package words

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// term is one row of the glossary, decision one row of its list of decisions.
type (
	term     struct{ en, zh, key, code, meaning string }
	decision struct {
		not  []string
		but  string
		lang Lang
	}
)

// glossary reads docs/words.md.
func glossary(t *testing.T) (terms []term, decisions []decision) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "words.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		switch {
		case !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || cells[0] == "English" || cells[0] == "not this":
		case len(cells) == 5:
			terms = append(terms, term{cells[0], cells[1], cells[2], cells[3], cells[4]})
		case len(cells) == 4:
			decisions = append(decisions, decision{regexp.MustCompile(`, |、`).Split(cells[0], -1), cells[1], Lang(cells[2])})
		default:
			t.Fatalf("a row of %d cells: %s", len(cells), line)
		}
	}
	if len(terms) < 100 || len(decisions) < 30 {
		t.Fatalf("docs/words.md has %d terms and %d decisions", len(terms), len(decisions))
	}
	return terms, decisions
}

// says is the text of key without its parameters.
func says(lang Lang, key string) string {
	var b strings.Builder
	for i, part := range texts[lang][key].parts {
		if i%2 == 0 {
			b.WriteString(part)
		}
	}
	return b.String()
}

// TestGlossaryIsTheCatalogue: a term that changes here or in one catalogue
// alone is found.
func TestGlossaryIsTheCatalogue(t *testing.T) {
	terms, _ := glossary(t)
	seen := map[string]bool{}
	for _, row := range terms {
		if seen[row.key] {
			t.Errorf("%s has two rows", row.key)
		}
		seen[row.key] = true
		if !Has(row.key) {
			t.Errorf("%s is in no catalogue", row.key)
			continue
		}
		if row.meaning == "" {
			t.Errorf("%s has no meaning", row.key)
		}
		got := term{says(EN, row.key), says(ZH, row.key), row.key, row.code, row.meaning}
		if diff := cmp.Diff(row, got, cmp.AllowUnexported(term{})); diff != "" {
			t.Errorf("%s (-docs/words.md +catalogue):\n%s", row.key, diff)
		}
	}
}

// TestGlossaryNamesCode: each code name is declared in its package.
func TestGlossaryNamesCode(t *testing.T) {
	sources := map[string]string{}
	terms, _ := glossary(t)
	for _, row := range terms {
		pkg, name, ok := strings.Cut(row.code, ".")
		if !ok {
			t.Errorf("%s: %q is no package.Name", row.key, row.code)
			continue
		}
		if sources[pkg] == "" {
			sources[pkg] = source(t, pkg)
		}
		if !regexp.MustCompile(`(?m)^(?:type|func|const|var|\t)\s*` + name + `\b`).MatchString(sources[pkg]) {
			t.Errorf("%s: %s is declared nowhere", row.key, row.code)
		}
	}
}

// source is the text of the package's files that are no tests.
func source(t *testing.T, pkg string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("package %s: %d files, %v", pkg, len(files), err)
	}
	var b strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(raw)
	}
	return b.String()
}

// uses reports whether the text has the word; English ones count whole, in
// either case.
func uses(lang Lang, s, word string) bool {
	if lang == ZH {
		return strings.Contains(s, word)
	}
	return regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(word) + `\b`).MatchString(s)
}

// drops reports the word that the decision did away with and the text still
// uses, other than inside the word that was kept.
func (d decision) drops(s string) string {
	for _, word := range d.not {
		rest := s
		if uses(d.lang, d.but, word) {
			rest = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(d.but)).ReplaceAllString(s, "")
		}
		if uses(d.lang, rest, word) {
			return word
		}
	}
	return ""
}

// TestOneWordForOneThing: no text uses a word that was decided against, and
// each word that was kept is in use.
func TestOneWordForOneThing(t *testing.T) {
	_, decisions := glossary(t)
	for _, d := range decisions {
		if d.lang != EN && d.lang != ZH {
			t.Errorf("%s: no such language %q", d.but, d.lang)
		}
		kept := false
		for _, key := range Keys(d.lang) {
			s := says(d.lang, key)
			kept = kept || uses(d.lang, s, d.but)
			if word := d.drops(s); word != "" {
				t.Errorf("%s in %s says %q; docs/words.md has %q: %s", key, d.lang, word, d.but, s)
			}
		}
		if !kept {
			t.Errorf("no text in %s says %q", d.lang, d.but)
		}
	}
}

func TestADroppedWordIsSeen(t *testing.T) {
	for _, c := range []struct {
		d    decision
		s    string
		want string
	}{
		{decision{[]string{"inspection tour"}, "disciplinary inspection tour", EN}, "Disciplinary inspection tour", ""},
		{decision{[]string{"inspection tour"}, "disciplinary inspection tour", EN}, "Inspection tour", "inspection tour"},
		{decision{[]string{"owed", "owes"}, "required", EN}, "A unit owes no lists.", "owes"},
		{decision{[]string{"owed"}, "required", EN}, "allowed", ""},
		{decision{[]string{"复发", "反弹"}, "反复", ZH}, "整改后反弹", "反弹"},
		{decision{[]string{"复发", "反弹"}, "反复", ZH}, "问题反复", ""},
	} {
		if got := c.d.drops(c.s); got != c.want {
			t.Errorf("%q: %q, want %q", c.s, got, c.want)
		}
	}
}

// TestTheChineseDocumentsUseTheSameWords: what a reader finds on the screen and
// in the documents has one name.
func TestTheChineseDocumentsUseTheSameWords(t *testing.T) {
	root := filepath.Join("..", "..")
	files, err := filepath.Glob(filepath.Join(root, "docs", "*.zh-CN.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	_, decisions := glossary(t)
	for _, file := range append(files, filepath.Join(root, "README.zh-CN.md")) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(raw)) {
			n++
			for _, d := range decisions {
				if word := d.drops(line); d.lang == ZH && word != "" {
					t.Errorf("%s:%d says %q; docs/words.md has %q", file, n, word, d.but)
				}
			}
		}
	}
}
