package page

import (
	"net/url"
	"slices"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/web/ui"
)

// ActForm is an act that the reader may try, as a collapsible form.
type ActForm struct {
	ID, Title, Help, Action, Button string
	Hidden                          [][2]string
	Inputs                          []ui.Input
	Open                            bool
}

// FormField says which form of a page was sent. Like the fields of ui.Token it
// belongs to the frame, and its name begins as no domain field may.
const FormField = "_form"

// Fill restores what was typed into a refused form, adds its messages, and gives
// every field its own id.
func (c *Call) Fill(a ActForm, errs ui.Errors) ActForm {
	mine := len(errs) > 0 && c.Form(FormField) == a.ID
	a.Open = a.Open || mine
	a.Hidden = append(slices.Clone(a.Hidden), [2]string{FormField, a.ID})
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

// DefsActsView is one object on a page of its own.
type DefsActsView struct {
	Defs       []ui.Def
	TableTitle string
	Table      ui.Table
	Acts       []ActForm
}

// ListView is a list that can be narrowed, page by page.
type ListView struct {
	Path    string
	Filters []ui.Input
	Table   ui.Table
	Pager   ui.Pager
}

// ListActsView is such a list with the forms that go with it.
type ListActsView struct {
	Path, Note string
	Filters    []ui.Input
	Table      ui.Table
	Pager      ui.Pager
	Acts       []ActForm
}

// ThingView is one thing with its history, beside what may be done with it.
type ThingView struct {
	Title, Note                  string
	Tags                         []ui.Tag
	Defs                         []ui.Def
	Block, BlockTitle, BlockNote string // text to copy
	Table                        ui.Table
	TableTitle                   string
	Events                       []ui.Event
	Acts                         []ActForm
}

// InPlace returns the messages of a fault that a page shows beside its
// forms, including those of a guard, which is explained to anybody who may read the
// page.
func (c *Call) InPlace(err error) ui.Errors {
	if err != nil && fault.Is(err, fault.ForbiddenKind) && strings.HasPrefix(fault.As(err).Code, "guard_") {
		return ui.ErrorsOf(c.Lang, err)
	}
	return c.Errors(err)
}

// PagerOf links to the next page of a list under the same filter.
func (c *Call) PagerOf(path string, filter url.Values, shown int, total int64, next string) ui.Pager {
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

// Pager continues the open list under the same filter.
func (c *Call) Pager(shown int, total int64, next string) ui.Pager {
	g := ui.Pager{Shown: shown, Total: total}
	q := c.R.URL.Query()
	if q.Get("cursor") != "" {
		q.Del("cursor")
		g.First = c.R.URL.Path + "?" + q.Encode()
	}
	if next != "" {
		q.Set("cursor", next)
		g.Next = c.R.URL.Path + "?" + q.Encode()
	}
	return g
}

// VoidForm offers to void one of the records as a mistake; nil if there is none.
func (c *Call) VoidForm(action string, hidden [][2]string, wrong []ui.Option, errs ui.Errors) *ActForm {
	if len(wrong) == 0 {
		return nil
	}
	options := append([]ui.Option{{Text: c.T("page.choose")}}, wrong...)
	a := c.Fill(ActForm{ID: "void", Title: c.T("void.title"), Help: c.T("void.help"), Action: action, Button: "void.button", Hidden: hidden,
		Inputs: []ui.Input{
			{Name: "record", Label: c.T("void.record"), Kind: "select", Required: true, Options: options},
			{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Rows: 2, Required: true},
		}}, errs)
	return &a
}
