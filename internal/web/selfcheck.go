package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/ui"
)

// reader is the actor in the language of the page.
func (c *Call) reader() *roster.Actor {
	who := *c.Actor
	who.Lang = string(c.Lang)
	return &who
}

// clock formats an instant in the site's zone.
func (f *Face) clock(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.In(f.app.Zone()).Format("2006-01-02 15:04")
}

// listTitle names a list: whose it is, and of which audience.
func listTitle(c *Call, l *appselfcheck.OwnSubmission) string {
	if l.PersonID == "" {
		return c.T("selfcheck.list.unit", "Unit", l.Unit)
	}
	return c.T("selfcheck.list." + string(l.Audience))
}

func (f *Face) home(c *Call) error {
	todo, err := f.app.ToDo(c.Context(), c.reader())
	if err != nil {
		return err
	}
	v := homeView{Codes: f.codeNotices(c, todo.Codes), Asked: askedCards(c, todo.Asked)}
	for i := range todo.Lists {
		v.Mine = append(v.Mine, f.listCard(c, &todo.Lists[i]))
	}
	stat := func(n int64, key, href, tone string) {
		if n > 0 {
			v.Waiting = append(v.Waiting, ui.Stat{Label: c.T(key), Value: ui.Number(n), Href: href, Tone: tone})
		}
	}
	stat(todo.Review, "home.review", "/review", "accent")
	stat(todo.Missing, "home.notfiled", "/completion/"+todo.Campaign, "warn")
	stat(todo.Named, "home.named", "/review/named", "warn")
	stat(todo.Noticed, "home.noticed", "/my-file", "warn")
	stat(todo.Served, "home.served", "/my/findings", "warn")
	for _, w := range todo.Work {
		tone := "accent"
		if w.Late {
			tone = "warn"
		}
		stat(w.N, "home.work."+w.What, workHref[w.What], tone)
	}
	p := c.Page("home.title")
	p.Lead = c.T("home.lead")
	return c.Show(homePage(p, v))
}

// workHref is the list behind each queue of the home page: it has as many rows as
// the number says.
var workHref = map[string]string{
	"match": "/matches?open=1", "triage": "/issues?source=audit&state=registered", "concealment": "/issues?concealment=question",
	"clue": "/issues?state=clue&case=none", "question": "/questions?open=1", "question_late": "/questions?overdue=1",
	"track": "/tracks?state=assigned", "confirm": "/tracks?state=found", "decide": "/tracks?state=found", "doubtful": "/tracks?check=1",
	"verify": "/rectifications?state=submitted", "task": "/rectifications?open=1", "task_late": "/rectifications?overdue=1",
	"proposal": "/proposals?waits=1", "told": "/proposals?told=1", "grant": "/grants?state=proposed", "witness": "/ledger", "expungement": "/expungements?state=proposed",
	"due": "/retention?ready=1", "due_record": "/retention?kind=audit_record&ready=1", "reveal": "/reveals?unnoted=1", "share": "/shares", "custody": "/custodians",
	"alarm": "/alarms", "challenge": "/challenges?state=filed", "challenge_mass": "/challenges?state=filed&mass=1",
}

func (f *Face) listCard(c *Call, l *appselfcheck.OwnSubmission) listCard {
	base := "/selfcheck/" + l.ID
	card := listCard{
		Title: listTitle(c, l), Campaign: l.Campaign.Title, State: ui.State(c.Lang, "submission", string(l.State)), Reason: l.Reason,
	}
	open := l.Campaign.State == selfcheck.CampaignOpen
	switch {
	case open && (l.State == selfcheck.Assigned || l.State == selfcheck.Returned):
		card.Campaign += " · " + c.T("selfcheck.due", "Date", string(l.Campaign.ClosesOn))
		card.Fill, card.Done, card.Whole = l.State == selfcheck.Assigned, int64(l.Drafted), selfcheck.ItemCount
		key := "selfcheck.continue"
		if l.Drafted == 0 && l.State == selfcheck.Assigned {
			key = "selfcheck.start"
		}
		card.Actions = []ui.Action{{Text: c.T(key), Href: base, Icon: "pencil", Primary: true}}
	case l.Round > 0:
		card.Actions = []ui.Action{{Text: c.T("selfcheck.view"), Href: base, Icon: "eye"}, {Text: c.T("selfcheck.receipt"), Href: base + "/receipt", Icon: "file-text"}}
	}
	return card
}

// selfcheckOpen shows a list: the form while it is being filled in, else what was
// filed.
func (f *Face) selfcheckOpen(c *Call) error {
	l, err := f.app.List(c.Context(), c.reader(), c.Param("id"))
	if err != nil {
		return err
	}
	if !fillable(l) {
		return f.showFiled(c, l, appselfcheck.SupplementInput{}, nil)
	}
	p := c.Page("selfcheck.title")
	p.Title, p.Lead, p.Narrow = listTitle(c, &l.OwnSubmission), l.Campaign.Title, true
	v := fillFrame(c, l)
	for _, k := range v.Categories {
		if k.Done < k.Whole && v.Next == "" {
			v.Next = k.Href
		}
	}
	return c.Show(selfcheckOverview(p, v))
}

// selfcheckCheck shows the whole list before submission.
func (f *Face) selfcheckCheck(c *Call) error {
	l, err := f.app.List(c.Context(), c.reader(), c.Param("id"))
	if err != nil {
		return err
	}
	if !fillable(l) {
		return c.redirect("/selfcheck/" + l.ID)
	}
	return f.showCheck(c, l, nil)
}

func (f *Face) showCheck(c *Call, l *appselfcheck.SubmissionView, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	base := "/selfcheck/" + l.ID
	v := checkView{Base: base, Version: l.Version}
	v.Proof, v.ProofDue = c.proves("submission.submit")
	saved := make(map[int64]selfcheck.ItemAnswer, len(l.Draft))
	for _, a := range l.Draft {
		saved[a.ItemNo] = a
	}
	for i := range l.Items {
		it := &l.Items[i]
		no := strconv.FormatInt(it.No, 10)
		row := answerView{No: no, Text: it.Text(string(c.Lang)), Href: base + "/fill?c=" + it.Category + "#f-items." + no}
		a := saved[it.No]
		switch {
		case a.Nil:
			v.Nil++
			row.Tag = ui.Tag{Text: c.T("selfcheck.answer.nil")}
		case len(a.Issues) > 0:
			v.Issues += int64(len(a.Issues))
			row.Tag = ui.Tag{Tone: "warn", Text: c.T("selfcheck.answer.declared", "Count", len(a.Issues))}
		default:
			v.Missing++
			v.MissingItems = append(v.MissingItems, ui.Link{Text: no, Href: row.Href})
			row.Tag = ui.Tag{Tone: "bad", Text: c.T("selfcheck.answer.missing")}
		}
		if wrong := a.Check(&l.Campaign, f.app.Today()); wrong != nil && a.Answered() {
			v.WrongItems = append(v.WrongItems, ui.Link{Text: no, Href: row.Href})
			row.Error = ui.Message(c.Lang, wrong)
		}
		for _, d := range a.Issues {
			row.Issues = append(row.Issues, saidView{On: string(d.EventOn), Text: d.Text})
		}
		v.Answers = append(v.Answers, row)
	}
	p := c.Page("selfcheck.check.title")
	p.Lead, p.Narrow, p.Path = listTitle(c, &l.OwnSubmission), true, base+"/check"
	p.Crumbs = []ui.Link{{Text: c.T("nav.todo"), Href: "/"}, {Text: listTitle(c, &l.OwnSubmission), Href: base}}
	status := http.StatusOK
	if err != nil {
		status = StatusOf(err)
	}
	maps.DeleteFunc(errs, func(field, _ string) bool { // what stands at its item already
		no, isItem := strings.CutPrefix(field, "items.")
		no, _, _ = strings.Cut(no, ".")
		return isItem && slices.ContainsFunc(slices.Concat(v.MissingItems, v.WrongItems), func(l ui.Link) bool { return l.Text == no })
	})
	return c.ShowStatus(status, selfcheckCheck(p, v, errs))
}

// selfcheckSubmit files the saved answers.
func (f *Face) selfcheckSubmit(c *Call) error {
	id := c.Param("id")
	r, err := f.app.Submit(c.Context(), c.Actor, appselfcheck.SubmitInput{ID: id, Version: c.Version(), Key: c.Key()})
	if err == nil {
		return c.redirect(receiptPath(r.Seq))
	}
	if c.Errors(err) == nil {
		return err
	}
	l, openErr := f.app.List(c.Context(), c.reader(), id)
	if openErr != nil {
		return openErr
	}
	if !fillable(l) {
		return f.showFiled(c, l, appselfcheck.SupplementInput{}, err)
	}
	return f.showCheck(c, l, err)
}
