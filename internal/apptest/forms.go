package apptest

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
)

// FrameFields are the fields that the frame of the pages puts into a form: the
// token of the session, the request key, and which form of the page it is.
var FrameFields = []string{"form_token", "request_key", "_form"}

// tokenless are the forms that change nothing but a cookie, or nothing.
var tokenless = []string{"/language", "/verify"}

var (
	formTag    = regexp.MustCompile(`(?s)<form\b[^>]*>.*?</form>`)
	controlTag = regexp.MustCompile(`(?s)<(input|select|textarea|button)\b([^>]*)>`)
	anyTag     = regexp.MustCompile(`(?s)<[a-z][^>]*>`)
	attrPair   = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

// FormFaults says what is wrong with the forms of a page: two controls of one
// form that share a name, so that the server cannot tell which value was meant,
// a field of the trade that bears a name of the frame, or a post without token.
// Radio buttons of one question share a name, and so do boxes of one list; of
// the buttons that end a form a browser sends one.
func FormFaults(page string) []string {
	var out []string
	for _, form := range formTag.FindAllString(page, -1) {
		action, post := attrOf(form, "action"), attrOf(form, "method") == "post"
		kinds := map[string][]string{}
		for _, m := range controlTag.FindAllStringSubmatch(form, -1) {
			name, kind := attrOf(m[0], "name"), m[1]
			if name == "" {
				continue
			}
			if t := attrOf(m[0], "type"); t != "" && (kind == "input" || kind == "button") {
				kind = t
			}
			kinds[name] = append(kinds[name], kind)
		}
		for name, of := range kinds {
			own := slices.Contains(FrameFields, name)
			group := !own && len(slices.Compact(slices.Clone(of))) == 1 &&
				(of[0] == "radio" || of[0] == "submit" || of[0] == "checkbox" && name == "list")
			switch {
			case len(of) > 1 && !group:
				out = append(out, fmt.Sprintf("the form to %s has %d fields %q: %v", action, len(of), name, of))
			case own && of[0] != "hidden" || !own && strings.HasPrefix(name, "_"):
				out = append(out, fmt.Sprintf("the form to %s has a field %q, a name of the frame", action, name))
			}
		}
		if post && len(kinds["form_token"]) != 1 && !slices.Contains(tokenless, action) {
			out = append(out, fmt.Sprintf("the form to %s carries no token", action))
		}
	}
	for _, m := range anyTag.FindAllString(formTag.ReplaceAllString(page, ""), -1) {
		if attrOf(m, "form") != "" {
			out = append(out, fmt.Sprintf("a control outside its form: %s", m))
		}
	}
	slices.Sort(out)
	return out
}

// attrOf is the value of an attribute of the first tag of the text.
func attrOf(text, name string) string {
	tag, _, _ := strings.Cut(text, ">")
	for _, m := range attrPair.FindAllStringSubmatch(tag, -1) {
		if m[1] == name {
			return html.UnescapeString(m[2])
		}
	}
	return ""
}
