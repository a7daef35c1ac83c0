package selfcheck

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func listTitle(c *page.Call, l *appselfcheck.OwnSubmission) string {
	return c.ListName(l.PersonID, l.Unit, string(l.Audience))
}

// selfcheckOpen shows a list: the form while it is being filled in, else what was
// filed.
func (f *face) selfcheckOpen(c *page.Call) error {
	l, err := f.app.List(c.Context(), c.Reader(), c.Param("id"))
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
func (f *face) selfcheckCheck(c *page.Call) error {
	l, err := f.app.List(c.Context(), c.Reader(), c.Param("id"))
	if err != nil {
		return err
	}
	if !fillable(l) {
		return c.Redirect("/selfcheck/" + l.ID)
	}
	return f.showCheck(c, l, nil)
}

func (f *face) showCheck(c *page.Call, l *appselfcheck.SubmissionView, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	base := "/selfcheck/" + l.ID
	v := checkView{Base: base, Version: l.Version}
	v.Proof, v.ProofDue = c.Proves("submission.submit")
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
		status = page.StatusOf(err)
	}
	maps.DeleteFunc(errs, func(field, _ string) bool { // what stands at its item already
		no, isItem := strings.CutPrefix(field, "items.")
		no, _, _ = strings.Cut(no, ".")
		return isItem && slices.ContainsFunc(slices.Concat(v.MissingItems, v.WrongItems), func(l ui.Link) bool { return l.Text == no })
	})
	return c.ShowStatus(status, selfcheckCheck(p, v, errs))
}

// selfcheckSubmit files the saved answers.
func (f *face) selfcheckSubmit(c *page.Call) error {
	id := c.Param("id")
	r, err := f.app.Submit(c.Context(), c.Actor, appselfcheck.SubmitInput{ID: id, Version: c.Version(), Key: c.Key()})
	if err == nil {
		return c.Redirect(page.ReceiptPath(r.Seq))
	}
	if c.Errors(err) == nil {
		return err
	}
	l, openErr := f.app.List(c.Context(), c.Reader(), id)
	if openErr != nil {
		return openErr
	}
	if !fillable(l) {
		return f.showFiled(c, l, appselfcheck.SupplementInput{}, err)
	}
	return f.showCheck(c, l, err)
}
