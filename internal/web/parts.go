package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/web/ui"
	"plumbline/seeds"
)

// actForm is an act that the reader may try, as a collapsible form.
type actForm struct {
	ID, Title, Help, Action, Button string
	Hidden                          [][2]string
	Inputs                          []ui.Input
	Open                            bool
}

// formField says which form of a page was sent. Like the fields of ui.Token it
// belongs to the frame, and its name begins as no domain field may.
const formField = "_form"

// fill restores what was typed into a refused form, adds its messages, and gives
// every field its own id.
func (c *Call) fill(a actForm, errs ui.Errors) actForm {
	mine := len(errs) > 0 && c.Form(formField) == a.ID
	a.Open = a.Open || mine
	a.Hidden = append(slices.Clone(a.Hidden), [2]string{formField, a.ID})
	a.Inputs = slices.Clone(a.Inputs)
	for n := range a.Inputs {
		i := &a.Inputs[n]
		if mine {
			i.Value, i.Error = c.Form(i.Name), errs.Of(i.Name)
			i.Checked = i.Kind == "checkbox" && i.Value != ""
			if i.Kind == "checkbox" {
				i.Value = ""
			}
		} else {
			i.ID = "f-" + a.ID + "-" + i.Name
		}
	}
	return a
}

// defsActsView is one object on a page of its own.
type defsActsView struct {
	Defs       []ui.Def
	TableTitle string
	Table      ui.Table
	Acts       []actForm
}

// listView is a list that can be narrowed, page by page.
type listView struct {
	Path    string
	Filters []ui.Input
	Table   ui.Table
	Pager   ui.Pager
}

// listActsView is such a list with the forms that go with it.
type listActsView struct {
	Path, Note string
	Filters    []ui.Input
	Table      ui.Table
	Pager      ui.Pager
	Acts       []actForm
}

// thingView is one thing with its history, beside what may be done with it.
type thingView struct {
	Title, Note                  string
	Tags                         []ui.Tag
	Defs                         []ui.Def
	Block, BlockTitle, BlockNote string // text to copy
	Table                        ui.Table
	TableTitle                   string
	Events                       []ui.Event
	Acts                         []actForm
}

// inPlace returns the messages of a fault that a page shows beside its
// forms, including those of a guard, which is explained to anybody who may read the
// page.
func (c *Call) inPlace(err error) ui.Errors {
	if err != nil && fault.Is(err, fault.ForbiddenKind) && strings.HasPrefix(fault.As(err).Code, "guard_") {
		return ui.ErrorsOf(c.Lang, err)
	}
	return c.Errors(err)
}

// pagerOf links to the next page of a list under the same filter.
func (c *Call) pagerOf(path string, filter url.Values, shown int, total int64, next string) ui.Pager {
	at := func(cursor string) string {
		q := url.Values{}
		for k, v := range filter {
			q[k] = v
		}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		if len(q) == 0 {
			return path
		}
		return path + "?" + q.Encode()
	}
	p := ui.Pager{Shown: shown, Total: total}
	if next != "" {
		p.Next = at(next)
	}
	if c.Query("cursor") != "" {
		p.First = at("")
	}
	return p
}

// inAddress turns a query of the address into one that list filters read.
func (c *Call) inAddress() url.Values { return c.R.URL.Query() }

// statusOf is the status of a page that shows what came of a form.
func statusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return StatusOf(err)
}

// person is a name for a table cell; empty for a reader without names.
func person(n desk.Ref) string {
	if n.Number == "" {
		return n.Name
	}
	return n.Name + " " + n.Number
}

// due is the cell of a date by which something has to be done.
func due(c *Call, on roster.Date, late bool) ui.Cell {
	cell := ui.Cell{Text: string(on)}
	if late {
		cell.Tag = &ui.Tag{Tone: "bad", Text: c.T("rectification.overdue")}
	}
	return cell
}

// categories are the categories, for a filter.
func categories(c *Call) []ui.Option {
	opts := []ui.Option{{Text: c.T("page.all")}}
	for _, x := range seeds.Categories() {
		opts = append(opts, ui.Option{Value: x.Code, Text: x.In(string(c.Lang))})
	}
	return opts
}

func categoryName(c *Call, code string) string {
	for _, x := range seeds.Categories() {
		if x.Code == code {
			return x.In(string(c.Lang))
		}
	}
	return code
}

// chooseCategory are the categories, for a form.
func chooseCategory(c *Call) []ui.Option {
	opts := []ui.Option{{Text: c.T("page.choose")}}
	for _, x := range seeds.Categories() {
		opts = append(opts, ui.Option{Value: x.Code, Text: x.In(string(c.Lang))})
	}
	return opts
}

// stateOptions are the states of a kind, for a filter.
func stateOptions[S ~string](c *Call, kind string, states []S) []ui.Option {
	codes := make([]string, len(states))
	for i, s := range states {
		codes[i] = string(s)
	}
	return ui.Codes(c.Lang, "state."+kind, "page.all", codes...)
}

// codesOf are the codes of a group, for a form.
func codesOf[S ~string](c *Call, group string, codes []S) []ui.Option {
	plain := make([]string, len(codes))
	for i, x := range codes {
		plain[i] = string(x)
	}
	return ui.Codes(c.Lang, group, "page.choose", plain...)
}

// period are the two months of a filter, and the unit set by the report's link.
func (c *Call) period(from, to, unit string) []ui.Input {
	in := []ui.Input{
		{Name: "from", Label: c.T("page.from"), Kind: "month", Value: from},
		{Name: "to", Label: c.T("page.to"), Kind: "month", Value: to},
	}
	if unit != "" {
		in = append(in, ui.Input{Name: "unit", Kind: "hidden", Value: unit})
	}
	return in
}

// when formats an instant in the site's zone.
func (f *Face) when(t time.Time) string { return t.In(f.app.Zone()).Format("2006-01-02 15:04") }

func perMille(n int64) string {
	return strconv.FormatInt(n/10, 10) + "." + strconv.FormatInt(n%10, 10) + "%"
}
