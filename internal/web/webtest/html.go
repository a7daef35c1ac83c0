package webtest

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// HiddenValue reads a hidden field of a page.
func HiddenValue(t *testing.T, html, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + regexp.QuoteMeta(name) + `" value="([^"]*)"`).FindStringSubmatch(html)
	if m == nil {
		t.Fatalf("no hidden field %s", name)
	}
	return m[1]
}

// LinkTo finds the first link whose address begins so.
func LinkTo(t *testing.T, html, prefix string) string {
	t.Helper()
	m := regexp.MustCompile(`href="(` + regexp.QuoteMeta(prefix) + `[^"#]*)`).FindStringSubmatch(html)
	if m == nil {
		t.Fatalf("no link to %s in %s", prefix, PlainText(html))
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

// LinkAction finds the address of the first form that begins and ends so.
func LinkAction(t *testing.T, html, prefix, suffix string) string {
	t.Helper()
	for _, part := range strings.Split(html, `action="`)[1:] {
		if at, _, _ := strings.Cut(part, `"`); strings.HasPrefix(at, prefix) && strings.HasSuffix(at, suffix) {
			return at
		}
	}
	t.Fatalf("no form to %s…%s", prefix, suffix)
	return ""
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// FieldsOf are the hidden fields of the page's form for the given address.
func FieldsOf(t *testing.T, html, action string) url.Values {
	t.Helper()
	at := strings.Index(html, `action="`+action+`"`)
	if at < 0 {
		t.Fatalf("no form for %s in %s", action, PlainText(html))
	}
	part := html[at:]
	if end := strings.Index(part, "</form>"); end > 0 {
		part = part[:end]
	}
	out := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(part, -1) {
		out.Set(m[1], strings.ReplaceAll(m[2], "&#10;", "\n"))
	}
	out.Del("form_token")
	return out
}

// Holds wants each of these texts on the page.
func Holds(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(page, w) {
			t.Errorf("the page does not say %q: %s", w, PlainText(page))
		}
	}
}
