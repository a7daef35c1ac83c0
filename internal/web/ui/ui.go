// Package ui owns the look of the pages: the frame and the parts that pages
// are put together from. Parts take plain structs with texts already in the
// reader's language and decide nothing; what may be seen or done was settled
// before they are called. A page looks like this:
//
//	templ issueList(p ui.Page, filters []ui.Input, t ui.Table, page ui.Pager) {
//		@ui.Shell(p) {
//			@ui.Filters(p, "/issues", filters)
//			@ui.Panel(p.T("nav.issues"), "") {
//				@ui.TableOf(p, t)
//				@ui.PagerOf(p, page)
//			}
//		}
//	}
//
//	templ returnForm(p ui.Page, s Submission, errs ui.Errors) {
//		@ui.Shell(p) {
//			@ui.Problems(p, errs)
//			@ui.Form(p, "/submissions/"+s.ID+"/return") {
//				@ui.Hidden("version", s.Version)
//				@ui.Field(p, ui.Input{Name: "reason", Label: p.T("field.reason"), Kind: "textarea", Required: true, Error: errs.Of("reason")})
//				@ui.Submit("button.return", p)
//			}
//		}
//	}
//
// Bootstrap's classes may be used inside. Pages carry no inline script and no
// inline style: the content security policy refuses both.
package ui

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/words"
)

// Page is what the frame shows around every page.
type Page struct {
	Lang    words.Lang
	Title   string   // text of the heading and the window
	Lead    string   // one sentence under the heading, or ""
	Crumbs  []Link   // the way here, without this page
	Actions []Action // buttons beside the heading
	Nav     []Nav
	Who     *Who // nil when nobody is signed in
	Token   string
	Keys    func() string // a fresh request key for each form
	Path    string        // this page's own address, for the language switch
	Flash   *Flash
	Demo    bool
	Full    bool // writing waits for room on the disk
	Frozen  bool // writing has stopped: the ledger is not the one remembered
	Narrow  bool // a single column for forms
	Bare    bool // no heading: sign-in, errors
	Request string
}

// T is the text of key in the page's language.
func (p Page) T(key string, kv ...any) string { return words.T(p.Lang, key, kv...) }

// Link is a text that leads somewhere; without Href it is plain text.
type Link struct{ Text, Href string }

// Action is a button beside the heading: a link, or a form when Post is set.
type Action struct {
	Text, Href, Icon string
	Primary, Post    bool
	Fields           []Pair // hidden fields of a Post
}

// Pair is a hidden field of a form.
type Pair struct{ Name, Value string }

// Nav is a line of the navigation.
type Nav struct {
	Text, Href, Icon string
	Current          bool
	Count            int // shown when above zero
}

// Who is the person signed in.
type Who struct{ Name, Roles string }

// Flash is a message about what was just done; Kind is ok, warn, bad or info.
type Flash struct {
	Kind, Text string
	Link       Link // what it offers, if anything
}

// Input is one field of a form. Kind is text (the default), password, number,
// date, month, search, file, textarea, select, radios, checkbox or hidden.
type Input struct {
	Name, Label, Kind, Value   string
	Help, Error                string
	Options                    []Option
	Required, Disabled         bool
	Optional                   bool // says so beside the label
	Checked                    bool
	Max, Rows                  int
	Accept, Complete, Mode, ID string
	Placeholder                string
}

// Option is one choice of a select or of radios.
type Option struct {
	Value, Text, Help string
	Disabled          bool
}

func (i Input) id() string {
	if i.ID != "" {
		return i.ID
	}
	return "f-" + i.Name
}

func (i Input) kind() string {
	if i.Kind == "" {
		return "text"
	}
	return i.Kind
}

// described lists the ids of the help and error texts for screen readers.
func (i Input) described() string {
	var ids []string
	if i.Help != "" {
		ids = append(ids, i.id()+"-help")
	}
	if i.Error != "" {
		ids = append(ids, i.id()+"-error")
	}
	return strings.Join(ids, " ")
}

// Errors are the messages of a fault, by field; the key "" concerns the whole.
type Errors map[string]string

// ErrorsOf puts a fault into the reader's words; nil when err is nil.
func ErrorsOf(lang words.Lang, err error) Errors {
	if err == nil {
		return nil
	}
	f := fault.As(err)
	errs := Errors{f.Field: Message(lang, f)}
	for _, m := range f.More {
		if _, ok := errs[m.Field]; !ok {
			errs[m.Field] = Message(lang, m)
		}
	}
	return errs
}

// Of is the message for the field, "" if there is none.
func (e Errors) Of(field string) string { return e[field] }

// fields lists the fields with a message, the whole first.
func (e Errors) fields() []string {
	names := make([]string, 0, len(e))
	for f := range e {
		names = append(names, f)
	}
	sort.Strings(names)
	return names
}

// Message is the safe text of a fault; one without a text of its own is told
// by its kind.
func Message(lang words.Lang, f *fault.Error) string {
	key := "fault." + f.Code
	if !words.Has(key) {
		key = "fault." + generic[f.Kind]
	}
	return words.Args(lang, key, f.Args)
}

var generic = map[fault.Kind]string{
	fault.Internal: "internal", fault.ShapeKind: "shape", fault.Unauth: "unauthenticated",
	fault.ForbiddenKind: "forbidden", fault.NotFoundKind: "not_found", fault.ConflictKind: "conflict",
	fault.TooLargeKind: "too_large", fault.InvalidKind: "invalid", fault.PreconditionReq: "version_required",
	fault.TooManyKind: "too_many", fault.UnavailableKind: "unavailable",
}

// Tag is a small coloured label; Tone is "", ok, warn, bad, info or solid.
type Tag struct{ Tone, Text string }

// Cell is one cell of a table: a text, a link, a tag, or a number.
type Cell struct {
	Text, Href string
	Sub        string // smaller second line
	Tag        *Tag
	Num        bool
	Check      *Check // a box to tick instead of a text
	Bar        *Meter // a bar drawn in the cell
	Actions    []Action
}

// Meter is a bar in a row; Parts stack from the left, and Max is the width.
type Meter struct {
	Parts []int64
	Max   int64
}

// Check is a box in a row that belongs to the form around the table.
type Check struct{ Name, Value, Label string }

// Col is a column of a table.
type Col struct {
	Text string
	Num  bool
}

// Table is a list of rows; the first cell of a row is its heading.
type Table struct {
	Caption   string
	Cols      []Col
	Rows      [][]Cell
	Empty     string // what to say without rows; has a default
	SelectAll string // name of the boxes that the box in the head ticks
	Figures   bool   // rows of numbers: a table on a phone too, and close together
}

// Pager leads through a list by keyset: there is a next page and a first one.
type Pager struct {
	Shown int
	Total int64  // -1 when it is not known
	Next  string // address of the next page, "" at the end
	First string // address of the first page, "" when this is it
}

// Stat is a figure with its name; with Href it opens the list behind it.
type Stat struct{ Label, Value, Note, Href, Tone string }

// Def is a term and what it is.
type Def struct {
	Term, Text, Href string
	Tag              *Tag
}

// Step is one step of a procedure; State is done, now or "".
type Step struct{ Text, State string }

// Event is one line of a history; Tone as for Tag.
type Event struct {
	When, Title, Text, By, Href, Tone string
	Tags                              []Tag
}

// Bar is one row of a chart; Parts stack from the left, in the order of the
// chart's series. A hidden value draws no bar and says so.
type Bar struct {
	Label, Href string
	Parts       []int64
	Text        string // shown at the end; default the sum
	Hidden      bool
}

// Chart is a chart of horizontal bars, drawn by the server as SVG.
type Chart struct {
	Title  string
	Series []string // names of the parts; one or none draws no legend
	Bars   []Bar
	Max    int64 // the full width; 0 takes the largest sum
}

// segment is one drawn part of a bar, in hundredths of the full width.
type segment struct {
	x, w   string
	series int
	title  string
}

func (c Chart) top() int64 {
	if c.Max > 0 {
		return c.Max
	}
	var top int64 = 1
	for _, b := range c.Bars {
		if s := sum(b.Parts); s > top {
			top = s
		}
	}
	return top
}

func sum(parts []int64) (n int64) {
	for _, p := range parts {
		n += p
	}
	return n
}

func (c Chart) segments(b Bar) []segment {
	if b.Hidden {
		return nil
	}
	at := 0.0
	var out []segment
	for i, p := range b.Parts {
		if p <= 0 {
			continue
		}
		w := 100 * float64(p) / float64(c.top())
		if w < 0.4 { // still to be seen
			w = 0.4
		}
		title := b.Label + ": " + Number(p)
		if i < len(c.Series) {
			title = b.Label + ", " + c.Series[i] + ": " + Number(p)
		}
		out = append(out, segment{x: fmt.Sprintf("%.2f", at), w: fmt.Sprintf("%.2f", w), series: i % 4, title: title})
		at += w
	}
	return out
}

func (c Chart) value(b Bar) string {
	if b.Text != "" {
		return b.Text
	}
	return Number(sum(b.Parts))
}

// Number writes an integer with separators of three digits.
func Number[T ~int | ~int64 | ~int32](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Percent writes part of whole with one decimal, "–" of nothing.
func Percent(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	return strconv.FormatFloat(float64(part)*100/float64(whole), 'f', 1, 64) + "%"
}

// tones of the states; a state that is not here is neutral.
var tones = map[string]string{
	"named.waiting": "info", "named.replied": "info", "named.returned": "warn", "named.accepted": "ok",
	"submission.assigned": "warn", "submission.submitted": "info", "submission.returned": "bad", "submission.accepted": "ok", "submission.locked": "ok",
	"campaign.open": "info", "campaign.inspecting": "info", "campaign.rectifying": "warn",
	"audit_record.matched": "ok", "audit_record.probable": "warn", "audit_record.ambiguous": "warn", "audit_record.unmatched": "bad",
	"issue.registered": "info", "issue.triaged": "info", "issue.corrected": "ok", "issue.rectifying": "warn", "issue.clue": "warn", "issue.closed": "ok", "issue.reopened": "bad",
	"case.open": "info", "case.decided_pending": "warn", "case.closed": "ok",
	"rectification.dispatched": "info", "rectification.accepted": "info", "rectification.in_progress": "warn", "rectification.submitted": "info", "rectification.verified": "ok", "rectification.struck_off": "ok", "rectification.returned": "bad", "rectification.recurred": "bad",
	"account.new": "warn", "account.active": "ok", "account.disabled": "bad", "grant.proposed": "warn", "grant.live": "ok",
	"unit.active": "ok", "person.serving": "ok", "allegation.open": "info", "allegation.found": "ok",
}

// State is the tag of a state, for example State(lang, "submission", "returned").
func State(lang words.Lang, kind, state string) Tag {
	key := kind + "." + state
	return Tag{Tone: tones[key], Text: words.T(lang, "state."+key)}
}

// Severity is the tag of a severity 0 to 5.
func Severity(lang words.Lang, level int) Tag {
	tone := ""
	switch {
	case level >= 5:
		tone = "solid"
	case level >= 3:
		tone = "bad"
	case level == 2:
		tone = "warn"
	}
	return Tag{Tone: tone, Text: words.T(lang, "severity."+strconv.Itoa(level))}
}

// Codes makes the options of a select from a group of codes, for example
// Codes(lang, "category", codes...), with an empty first choice.
func Codes(lang words.Lang, group, emptyKey string, codes ...string) []Option {
	opts := make([]Option, 0, len(codes)+1)
	if emptyKey != "" {
		opts = append(opts, Option{Text: words.T(lang, emptyKey)})
	}
	for _, c := range codes {
		opts = append(opts, Option{Value: c, Text: words.T(lang, group+"."+c)})
	}
	return opts
}
