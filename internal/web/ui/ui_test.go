package ui

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"plumbline/internal/fault"
	"plumbline/internal/words"
)

// inside is a part with others inside it.
func inside(c templ.Component, parts ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, templ.Join(parts...)), w)
	})
}

func render(t *testing.T, c templ.Component, parts ...templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := inside(c, parts...).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func samplePage(lang words.Lang) Page {
	p := Page{Lang: lang, Path: "/issues", Token: "token-1", Who: &Who{"<b>x</b>", "r"}, Demo: true, Request: "r-1"}
	p.Title = p.T("nav.issues")
	p.Nav = []Nav{{p.T("nav.home"), "/", "home", false, 3}, {p.T("nav.issues"), "/issues", "flag", true, 0}}
	p.Crumbs = []Link{{p.T("nav.home"), "/"}}
	p.Actions = []Action{{Text: p.T("page.export"), Href: "/issues.xlsx", Icon: "download"},
		{Text: p.T("button.close"), Href: "/x", Primary: true, Post: true, Fields: []Pair{{"version", "3"}}}}
	return p
}

var inline = regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|<script>|<style|javascript:`)

// TestShell holds that a page carries nothing that the content security policy
// refuses, escapes what it shows, and has the token in every form that posts.
func TestShell(t *testing.T) {
	for _, lang := range words.Langs {
		p := samplePage(lang)
		html := render(t, Shell(p),
			Filters(p, "/issues", []Input{{Name: "state", Label: "S", Kind: "select", Options: []Option{{Value: "a", Text: "A"}}}}),
			TableOf(p, Table{Cols: []Col{{Text: "a"}, {Text: "b", Num: true}},
				Rows: [][]Cell{{{Text: "<i>", Href: "/i/1"}, {Text: "1", Num: true}}}}),
			PagerOf(p, Pager{Shown: 1, Total: 1200, Next: "/issues?after=x"}),
			Bars(p, Chart{Title: "t", Series: []string{"one", "two"}, Bars: []Bar{{Label: "L", Parts: []int64{3, 4}, Href: "/l"},
				{Label: "H", Hidden: true}}}),
			Steps([]Step{{"one", "done"}, {"two", "now"}}),
			Progress("all", 1, 3),
		)
		if m := inline.FindString(html); m != "" {
			t.Errorf("%s: the page holds %q", lang, m)
		}
		if strings.Contains(html, "<b>x</b>") || strings.Contains(html, "<i>") && !strings.Contains(html, `<i aria-hidden`) {
			t.Errorf("%s: text is not escaped", lang)
		}
		for _, form := range regexp.MustCompile(`(?s)<form[^>]*method="post".*?</form>`).FindAllString(html, -1) {
			if !strings.Contains(form, `name="form_token" value="token-1"`) && !strings.Contains(form, `action="/language"`) {
				t.Errorf("%s: a form without the token: %s", lang, form)
			}
		}
		for _, want := range []string{`lang="` + string(lang) + `"`, `name="back" value="/issues"`, "1,200", p.T("page.hidden_cell")[1:], `aria-current`, "<span>" + p.T("nav.menu") + "</span>"} {
			if !strings.Contains(html, want) {
				t.Errorf("%s: the page lacks %q", lang, want)
			}
		}
		if keys := regexp.MustCompile(`>(nav|page|shell|brand|button)\.[a-z_.]+<`).FindAllString(html, -1); keys != nil {
			t.Errorf("%s: keys without a text: %v", lang, keys)
		}
	}
}

func TestField(t *testing.T) {
	p := samplePage(words.EN)
	html := render(t, Field(p, Input{Name: "reason", Label: "Why", Kind: "textarea", Value: "</textarea>", Help: "h", Error: "e", Max: 20,
		Required: true}))
	for _, want := range []string{`for="f-reason"`, `id="f-reason"`, `aria-describedby="f-reason-help f-reason-error"`, `aria-invalid="true"`, `maxlength="20"`, "&lt;/textarea&gt;", "required"} {
		if !strings.Contains(html, want) {
			t.Errorf("the field lacks %s: %s", want, html)
		}
	}
	html = render(t, Field(p, Input{Name: "s", Label: "S", Kind: "select", Value: "b",
		Options: []Option{{Value: "a", Text: "A"}, {Value: "b", Text: "B"}}}))
	if !strings.Contains(html, `value="b" selected`) || strings.Contains(html, `value="a" selected`) {
		t.Errorf("the wrong choice is selected: %s", html)
	}
	if html = render(t, Hidden("version", int64(7))); !strings.Contains(html, `value="7"`) {
		t.Errorf("hidden: %s", html)
	}
}

func TestErrorsOf(t *testing.T) {
	err := fault.Join(fault.Invalid("required", "reason"), fault.Invalid("too_long", "note", "Max", 20))
	errs := ErrorsOf(words.EN, err)
	if errs.Of("reason") != "This is required." || !strings.Contains(errs.Of("note"), "20") || errs.Of("other") != "" {
		t.Errorf("messages: %v", errs)
	}
	if ErrorsOf(words.EN, nil) != nil {
		t.Error("no error has messages")
	}
	secret := ErrorsOf(words.EN, errors.New("disk /var/x is gone")).Of("")
	if strings.Contains(secret, "/var/x") || secret != words.T(words.EN, "fault.internal") {
		t.Errorf("an internal error shows %q", secret)
	}
	if got := Message(words.EN, fault.Conflict("a_code_without_text")); got != words.T(words.EN, "fault.conflict") {
		t.Errorf("a code without a text shows %q", got)
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 2900000: "2,900,000", -1234: "-1,234"} {
		if got := Number(n); got != want {
			t.Errorf("Number(%d) = %s", n, got)
		}
	}
	if got := Percent(1, 3); got != "33.3%" {
		t.Errorf("Percent(1, 3) = %s", got)
	}
	if got := Percent(0, 0); got != "–" {
		t.Errorf("Percent of nothing = %s", got)
	}
}

func TestChartFits(t *testing.T) {
	c := Chart{Bars: []Bar{{Label: "a", Parts: []int64{1, 0, 99}}, {Label: "b", Parts: []int64{50}}}}
	for _, b := range c.Bars {
		for _, s := range c.segments(b) {
			if len(s.x) > 6 || len(s.w) > 6 {
				t.Errorf("segment %+v does not fit", s)
			}
		}
	}
	if got := c.segments(c.Bars[1])[0].w; got != "50.00" {
		t.Errorf("half of the widest bar is %s wide", got)
	}
	if got := c.segments(Bar{Hidden: true, Parts: []int64{4}}); got != nil {
		t.Error("a hidden value is drawn")
	}
}
