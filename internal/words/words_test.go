package words

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestBothLanguagesSayTheSame(t *testing.T) {
	if diff := cmp.Diff(Keys(ZH), Keys(EN)); diff != "" {
		t.Fatalf("keys differ (-zh-CN +en):\n%s", diff)
	}
	for _, key := range Keys(ZH) {
		zh, en := texts[ZH][key], texts[EN][key]
		if diff := cmp.Diff(params(zh), params(en)); diff != "" {
			t.Errorf("%s: parameters differ (-zh-CN +en):\n%s", key, diff)
		}
		for lang, x := range map[Lang]text{ZH: zh, EN: en} {
			s := strings.Join(x.parts, "")
			if strings.TrimSpace(s) == "" {
				t.Errorf("%s is empty in %s", key, lang)
			}
			if strings.Contains(s, "{{") {
				t.Errorf("%s in %s: only {{.Name}} is understood: %q", key, lang, s)
			}
			if lang == EN && strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && key != "lang.zh-CN" && !strings.HasPrefix(key, "brand.") {
				t.Errorf("%s: the English text is Chinese: %q", key, s)
			}
		}
	}
}

// params is the sorted set of parameter names of a text.
func params(t text) []string {
	var names []string
	for i := 1; i < len(t.parts); i += 2 {
		names = append(names, t.parts[i])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var literalKey = regexp.MustCompile(`\b(?:words\.T|words\.Args)\([^,()"]*(?:\([^()]*\))?[^,()"]*,\s*"([^"]+)"|\b(?:p|c|pg|r|page|shell|q)\.T\("([^"]+)"|fault\.(?:Invalid|Shape|Forbidden|Conflict|TooLarge|TooMany|Unavailable)\("([^"]+)"`)

// TestEveryKeyUsedExists scans the sources: a text named literally must be in
// the catalogue, and so must the message of every fault.
func TestEveryKeyUsedExists(t *testing.T) {
	for _, use := range []string{`words.T(lang, "x")`, `words.T(c.Lang(), "x", "N", 1)`, `p.T("x")`} {
		if m := literalKey.FindStringSubmatch(use); m == nil || m[1]+m[2] != "x" {
			t.Fatalf("the scan does not see %s", use)
		}
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") ||
			!(strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".templ")) {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range literalKey.FindAllStringSubmatch(string(src), -1) {
			key := m[1] + m[2]
			if m[3] != "" {
				key = "fault." + m[3]
			}
			if strings.HasSuffix(key, ".") || strings.HasSuffix(key, "_") { // completed by a code at run time
				continue
			}
			if !Has(key) {
				t.Errorf("%s: %q is in no catalogue", path, key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	writtenVerb = regexp.MustCompile(`\bVerb:\s*"([a-z_.]+)"`) // begun there and completed by a step
	codeLiteral = regexp.MustCompile(`"([a-z_.]+)"`)
)

// TestVerbsAndNamesAgree: each act that the ledger may record has a name, and
// each name is that of an act that the code still writes.
func TestVerbsAndNamesAgree(t *testing.T) {
	literals, verbs := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{"web", "api", "cli", "words", "bench", "ordeal", "apptest"}, d.Name()) {
			return fs.SkipDir // what they name they only show
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		for _, m := range writtenVerb.FindAllSubmatch(src, -1) {
			verbs[string(m[1])] = true
		}
		for _, m := range codeLiteral.FindAllSubmatch(src, -1) {
			literals[string(m[1])] = true
			if filepath.Base(path) == "verbs.go" {
				verbs[string(m[1])] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(verbs) < 40 {
		t.Fatalf("the scan sees %d verbs only", len(verbs))
	}
	for verb := range verbs {
		if !strings.HasSuffix(verb, ".") && !Has("verb."+verb) { // else completed by a step at run time
			t.Errorf("the act %s has no name", verb)
		}
	}
	for _, key := range Keys(EN) {
		verb, ok := strings.CutPrefix(key, "verb.")
		kind, step, _ := strings.Cut(verb, ".")
		if ok && !literals[verb] && !(verbs[kind+"."] && literals[step]) {
			t.Errorf("%s names an act that nobody writes", key)
		}
	}
}

var (
	verdictReason = regexp.MustCompile(`\breason\("([a-z_]+)"`)
	tableColumns  = regexp.MustCompile(`columns: \[\]string\{([^}]*)\}`)
	quoted        = regexp.MustCompile(`"([^"]+)"`)
)

// TestWhatTheCommandsPrintHasWords: what verify rests a finding on is a
// sentence, and each column of a table has a head.
func TestWhatTheCommandsPrintHasWords(t *testing.T) {
	seen := map[string]bool{}
	for dir, keys := range map[string]func(src string) []string{
		"store": func(src string) (keys []string) {
			for _, m := range verdictReason.FindAllStringSubmatch(src, -1) {
				keys = append(keys, "verdict."+m[1])
			}
			return keys
		},
		"cli": func(src string) (keys []string) {
			for _, m := range tableColumns.FindAllStringSubmatch(src, -1) {
				for _, q := range quoted.FindAllStringSubmatch(m[1], -1) {
					keys = append(keys, "cli.column."+q[1])
				}
			}
			return keys
		},
	} {
		err := filepath.WalkDir(filepath.Join("..", dir), func(file string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			src, err := os.ReadFile(file)
			for _, key := range keys(string(src)) {
				seen[key] = true
				if !Has(key) {
					t.Errorf("%s: %s is not in the catalogue", file, key)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) < 80 {
		t.Fatalf("the scan sees %d texts only", len(seen))
	}
	for _, key := range Keys(EN) {
		if strings.HasPrefix(key, "cli.column.") && !seen[key] {
			t.Errorf("%s is the head of no column", key)
		}
	}
}

func TestEveryCodeHasAName(t *testing.T) {
	codes := map[string][]string{
		"role": {"officer", "unit_head", "campaign_manager", "inspector", "clue_manager", "investigator", "adjudicator",
			"deciding_body", "appeals_reviewer", "lead_department", "leadership_reader", "records_officer", "system_admin", "security_admin", "audit_admin"},
		"finding":  {"sustained", "not_sustained", "exonerated", "unfounded", "sustained_other", "policy_failure", "no_finding"},
		"severity": {"0", "1", "2", "3", "4", "5"},
		"category": {"case_filing", "evidence_property", "force_restraint", "detention_custody", "interview", "info_security",
			"favours_interference", "gifts_business", "traffic_alcohol", "arms_vehicles", "public_conduct", "duty_discipline", "truthful_reporting", "supervision", "assignment", "approval", "complaint_handling", "warnings_response"},
		"source": {"self", "audit", "inspection", "petition", "discipline", "law_supervision", "police_inspection", "financial_audit",
			"inspection_tour", "judicial_feedback", "hotline"},
		"tier": {"0", "1", "2", "3"},
		"form": {"1", "2", "3", "4"},
		"link": {"head", "in_charge", "point_leader"},
	}
	for group, list := range codes {
		for _, c := range list {
			if !Has(group + "." + c) {
				t.Errorf("%s.%s has no name", group, c)
			}
		}
	}
}

// TestSeedsAndCatalogueAgree: a category or source has one name, wherever it is
// read from.
func TestSeedsAndCatalogueAgree(t *testing.T) {
	for group, file := range map[string]string{"category": "categories.json", "source": "sources.json"} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "seeds", file))
		if err != nil {
			t.Fatal(err)
		}
		var list []struct{ Code, ZH, EN string }
		if err := json.Unmarshal(raw, &list); err != nil || len(list) < 8 {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range list {
			for lang, name := range map[Lang]string{ZH: c.ZH, EN: c.EN} {
				if got := T(lang, group+"."+c.Code); got != name {
					t.Errorf("%s.%s in %s: the catalogue says %q, the seeds %q", group, c.Code, lang, got, name)
				}
			}
		}
	}
}

func TestTextWithParameters(t *testing.T) {
	if got, want := T(EN, "page.rows", "Count", 1), "1 row"; got != want {
		t.Errorf("one: %q, want %q", got, want)
	}
	if got, want := T(EN, "page.rows", "Count", 12), "12 rows"; got != want {
		t.Errorf("many: %q, want %q", got, want)
	}
	if got, want := T(ZH, "page.rows", "Count", 1), "1 条"; got != want {
		t.Errorf("Chinese: %q, want %q", got, want)
	}
	if got, want := T(EN, "shell.request", "ID", "r-1"), "Request number r-1"; got != want {
		t.Errorf("parameter: %q, want %q", got, want)
	}
	if got := T(EN, "no.such.key"); got != "no.such.key" {
		t.Errorf("a missing key came back as %q", got)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"a key in two files":  {"catalogue/a.en.toml": {Data: []byte(`"x.y" = "1"`)}, "catalogue/b.en.toml": {Data: []byte(`"x.y" = "2"`)}},
		"an unknown language": {"catalogue/a.fr.toml": {Data: []byte(`"x.y" = "1"`)}},
		"a broken file":       {"catalogue/a.en.toml": {Data: []byte(`"x.y" = `)}},
	} {
		if _, _, err := load(fsys); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		accept, cookie string
		want           Lang
	}{
		{"", "", ZH},
		{"en-GB,en;q=0.9", "", EN},
		{"zh-Hans-CN, en;q=0.5", "", ZH},
		{"fr", "", ZH},
		{"en", "zh-CN", ZH},
		{"zh-CN", "en", EN},
		{"zh-CN", "de", ZH},
		{";;;;", "", ZH},
		{strings.Repeat("en,", 400), "", ZH},
	} {
		if got := Match(c.accept, c.cookie); got != c.want {
			t.Errorf("Match(%.20q, %q) = %s, want %s", c.accept, c.cookie, got, c.want)
		}
	}
}

func BenchmarkPlain(b *testing.B) {
	for b.Loop() {
		T(ZH, "role.inspector")
	}
}

// Whoever is refused a write is sent to the same person by the answer as by the
// line on every page: the one who can let writing go on.
func TestAFrozenSiteSendsToOnePerson(t *testing.T) {
	for lang, who := range map[Lang]string{EN: "audit administrator", ZH: "审计管理员"} {
		for _, key := range []string{"shell.frozen", "fault.ledger_frozen"} {
			if got := T(lang, key); !strings.Contains(got, who) {
				t.Errorf("%s %s does not name the %s: %s", lang, key, who, got)
			}
		}
	}
}

// A receipt is what the ledger hands out; what a custodian's machine prints for
// a reveal has another name, or he looks for the wrong paper.
func TestAReleaseIsNoReceipt(t *testing.T) {
	for _, key := range []string{"share.release.help", "share.response", "fault.reveal_response"} {
		if got := T(ZH, key); strings.Contains(got, "回执") || !strings.Contains(got, "凭据") {
			t.Errorf("%s: %s", key, got)
		}
	}
}
