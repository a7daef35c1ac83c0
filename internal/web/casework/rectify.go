package casework

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/rectify"
	"plumbline/internal/roster"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) taskList(c *page.Call) error {
	filter, err := rectify.ParseFilter(c.R.URL.Query())
	if err != nil {
		return err
	}
	list, err := f.app.Rectifications(c.Context(), c.Actor, filter, c.Query("cursor"))
	if err != nil {
		return err
	}
	return c.Show(page.ListPage(c.Page("rectification.title"), viewTasks(c, filter, list)))
}

func (f *face) newTask(c *page.Call) error { return f.showNewTask(c, nil, http.StatusOK) }

func (f *face) showNewTask(c *page.Call, errs ui.Errors, status int) error {
	i, err := f.app.Issue(c.Context(), c.Actor, casework.IssueInput{ID: c.Param("id")})
	if err != nil {
		return err
	}
	p := c.Page("rectification.create")
	p.Narrow = true
	p.Crumbs = []ui.Link{{Text: c.T("nav.issues"), Href: "/issues"}, {Text: i.Ref, Href: "/issues/" + i.ID}}
	form := page.ActForm{
		ID: "dispatch", Action: "/issues/" + i.ID + "/rectifications", Button: "rectification.create",
		Inputs: []ui.Input{
			{Name: "task", Label: c.T("rectification.task"), Kind: "textarea", Required: true, Max: 4000},
			{Name: "lead_unit", Label: c.T("rectification.lead"), Optional: true, Max: 40, Help: c.T("rectification.lead.help")},
			{Name: "owner", Label: c.T("rectification.owner"), Optional: true, Max: 40},
			{Name: "due_on", Label: c.T("field.deadline"), Kind: "date", Optional: true, Help: c.T("rectification.due.help")},
		},
	}
	return c.ShowStatus(status, page.ActPage(p, errs, c.Fill(form, errs)))
}

func (f *face) dispatchTask(c *page.Call) error {
	id, _, err := f.app.Dispatch(c.Context(), c.Actor, casework.DispatchInput{
		IssueID: c.Param("id"), Key: c.Key(), Lead: c.Form("lead_unit"), Owner: c.Form("owner"), DueOn: roster.Date(c.Form("due_on")), Task: c.Form("task")})
	if errs := c.InPlace(err); errs != nil {
		return f.showNewTask(c, errs, page.StatusOf(err))
	}
	if err != nil {
		return err
	}
	return c.Go("/rectifications/"+id, "rectification.flash")
}

// taskView is the page of one rectification task.
type taskView struct {
	Tags   []ui.Tag
	Task   string
	Defs   []ui.Def
	Events []ui.Event
	Acts   []page.ActForm
}

// taskStep is one step of a task, as a form of its page.
type taskStep struct {
	path, op, key string
	note          string // key of the label of the note, "" without one
	help          string
	do            func(ctx context.Context, who *roster.Actor, in casework.TaskInput) (desk.Receipt, error)
}

func (f *face) taskSteps() []taskStep {
	a := f.app
	return []taskStep{
		{"accept", "rectification.accept", "rectification.accept", "", "", a.AcceptTask},
		{"progress", "rectification.progress", "rectification.progress", "", "", a.ProgressTask},
		{"submit", "rectification.submit", "rectification.submit", "rectification.evidence", "", a.SubmitTask},
		{"verify", "rectification.verify", "rectification.verify", "", "rectification.verify.help", a.VerifyTask},
		{"return", "rectification.return", "rectification.return", "field.reason", "", a.ReturnTask},
		{"strike-off", "rectification.strike_off", "rectification.strike_off", "", "rectification.verify.help", a.StrikeOffTask},
		{"recur", "rectification.recur", "rectification.recur", "field.reason", "", a.RecurTask},
	}
}

func (f *face) taskPage(c *page.Call) error { return f.showTask(c, nil, http.StatusOK) }

func (f *face) showTask(c *page.Call, errs ui.Errors, status int) error {
	t, err := f.app.Rectification(c.Context(), c.Actor, c.Param("id"), c.Query("purpose"))
	if e := c.Errors(err); e != nil && e.Of("purpose") != "" {
		return f.askPurpose(c, "/rectifications/"+c.Param("id"), e)
	}
	if err != nil {
		return err
	}
	p := c.Page("rectification.one", "Ref", t.Ref)
	p.Crumbs = []ui.Link{{Text: c.T("rectification.title"), Href: "/rectifications"}}
	v := taskView{Tags: []ui.Tag{ui.State(c.Lang, "rectification", string(t.State))}, Task: t.Task}
	if t.Overdue {
		v.Tags = append(v.Tags, ui.Tag{Tone: "bad", Text: c.T("rectification.overdue")})
	}
	v.Defs = []ui.Def{
		{Term: c.T("field.person"), Text: page.Person(t.Person)}, {Term: c.T("field.unit"),
			Text: t.Unit.Name}, {Term: c.T("rectification.lead.title"), Text: t.Lead.Name},
		{Term: c.T("field.owner"), Text: page.Person(t.Owner)}, {Term: c.T("field.category"), Text: categoryName(c, t.Category)},
		{Term: c.T("rectification.dispatched"), Text: string(t.DispatchedOn)}, {Term: c.T("field.deadline"), Text: string(t.DueOn)},
		{Term: c.T("rectification.round"), Text: strconv.Itoa(t.Round)},
	}
	v.Defs = append(v.Defs, issueLink(c, t.IssueID, t.Can)...)
	v.Defs = slices.DeleteFunc(v.Defs, func(d ui.Def) bool { return d.Text == "" })
	if t.Can["issue.read"] { // whoever ends the task sees what it was about
		severity, peak := ui.Severity(c.Lang, t.Severity), ui.Severity(c.Lang, t.Peak)
		v.Defs = append(v.Defs, ui.Def{Term: c.T("field.severity"), Tag: &severity})
		if t.Peak > t.Severity {
			v.Defs = append(v.Defs, ui.Def{Term: c.T("issue.field.peak"), Tag: &peak})
		}
	}
	v.Events = f.taskEvents(c, &t)
	for _, s := range f.taskSteps() {
		if !t.Can[s.op] {
			continue
		}
		a := page.ActForm{ID: s.path, Title: c.T(s.key), Action: "/rectifications/" + t.ID + "/" + s.path, Button: s.key,
			Open:   len(v.Acts) == 0,
			Hidden: [][2]string{{"version", strconv.FormatInt(t.Version, 10)}}}
		if s.help != "" {
			a.Help = c.T(s.help)
		}
		if s.note != "" {
			a.Inputs = []ui.Input{{Name: "note", Label: c.T(s.note), Kind: "textarea", Required: true, Max: 4000}}
		}
		v.Acts = append(v.Acts, c.Fill(a, errs))
	}
	return c.ShowStatus(status, taskPage(p, errs, v))
}

var stepTones = map[string]string{
	"rectification.submit": "info", "rectification.return": "bad", "rectification.recur": "bad", "rectification.verify": "ok", "rectification.strike_off": "ok",
}

// taskEvents are the steps of a task, each round's evidence with its answer. Only
// the last step of each kind names who took it.
func (f *face) taskEvents(c *page.Call, t *casework.RectificationView) []ui.Event {
	by := map[string]string{
		"rectification.accept": page.Person(t.Accepted), "rectification.submit": page.Person(t.Submitted),
		"rectification.verify": page.Person(t.Verified), "rectification.strike_off": page.Person(t.Struck),
	}
	var out []ui.Event
	for _, l := range slices.Backward(t.History) {
		out = append(out, ui.Event{When: c.When(l.At), Title: c.T("verb." + l.Verb), Text: l.Text, By: by[l.Verb], Tone: stepTones[l.Verb]})
		delete(by, l.Verb)
	}
	slices.Reverse(out)
	return out
}

// onTask handles one step of a task and returns to its page.
func (f *face) onTask(s taskStep) func(*page.Call) error {
	return func(c *page.Call) error {
		_, err := s.do(c.Context(), c.Actor, casework.TaskInput{ID: c.Param("id"), Key: c.Key(), Version: c.Version(),
			Note: c.Form("note")})
		if errs := c.InPlace(err); errs != nil {
			return f.showTask(c, errs, page.StatusOf(err))
		}
		if err != nil {
			return err
		}
		return c.Go("/rectifications/"+url.PathEscape(c.Param("id")), "rectification.flash")
	}
}
