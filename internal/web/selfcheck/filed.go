package selfcheck

import (
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

// selfcheckReceipt leads to the newest receipt of a list. A reader of the list who
// did not file it himself sees its ledger entries: number, time, hash.
func (f *face) selfcheckReceipt(c *page.Call) error {
	id := c.Param("id")
	rows, err := f.app.ListReceipts(c.Context(), c.Actor, id)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fault.NotFound()
	}
	if last := rows[len(rows)-1]; last.Mine {
		return c.Redirect(page.ReceiptPath(last.Seq))
	}
	var defs []ui.Def
	for i := len(rows) - 1; i >= 0; i-- {
		r := rows[i]
		defs = append(defs,
			ui.Def{Term: c.T("selfcheck.receipt.number"), Text: strconv.FormatInt(r.Seq, 10)},
			ui.Def{Term: c.T("selfcheck.receipt.time"), Text: r.At.In(f.app.Zone()).Format("2006-01-02 15:04:05")},
			ui.Def{Term: c.T("selfcheck.receipt.leaf"), Text: page.HashGroups(hex.EncodeToString(r.Leaf))},
		)
	}
	p := c.Page("selfcheck.receipt.title")
	p.Narrow = true
	p.Crumbs = []ui.Link{{Text: c.T("nav.todo"), Href: "/"}, {Text: c.T("selfcheck.filed.title"), Href: "/selfcheck/" + id}}
	return c.Show(receiptPage(p, defs, "/"))
}

// showFiled shows a list after it was submitted.
func (f *face) showFiled(c *page.Call, l *appselfcheck.SubmissionView, in appselfcheck.SupplementInput, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	for field, message := range errs { // item faults name the item; the form has three fields
		switch {
		case strings.HasSuffix(field, ".event_on"):
			errs["event_on"] = message
		case strings.HasSuffix(field, ".text"):
			errs["text"] = message
		case strings.HasPrefix(field, "items."):
			errs["item"] = message
		default:
			continue
		}
		delete(errs, field)
	}
	v := filedView{Base: "/selfcheck/" + l.ID, CanSupplement: l.State == selfcheck.Locked && l.Campaign.Running()}
	state := ui.State(c.Lang, "submission", string(l.State))
	v.Defs = []ui.Def{
		{Term: c.T("field.state"), Tag: &state},
		{Term: c.T("selfcheck.filed_at"), Text: c.Clock(l.FiledAt)},
		{Term: c.T("selfcheck.first_filed"), Text: c.Clock(l.FirstFiledAt)},
		{Term: c.T("selfcheck.items"), Text: c.T("selfcheck.items.value", "Nil", l.NilItems, "Declared", l.DeclaredItems, "Issues",
			l.DeclaredIssues)},
		{Term: c.T("selfcheck.receipt"), Text: c.T("selfcheck.view"), Href: v.Base + "/receipt"},
	}
	if l.Round == 0 {
		v.Defs = v.Defs[:1]
	}
	v.Answers = answerViews(c, l.Items, l.Answers, l.Issues)
	v.Item, v.EventOn, v.Text = strconv.FormatInt(in.ItemNo, 10), string(in.EventOn), in.Text
	if v.CanSupplement {
		v.Proof, v.ProofDue = c.Proves("submission.supplement")
		for i := range l.Items {
			no := strconv.FormatInt(l.Items[i].No, 10)
			v.ItemOptions = append(v.ItemOptions, ui.Option{Value: no, Text: no + " " + l.Items[i].Text(string(c.Lang))})
		}
	}
	p := c.Page("selfcheck.filed.title")
	p.Title, p.Lead, p.Path = listTitle(c, &l.OwnSubmission), l.Campaign.Title, v.Base
	p.Crumbs = []ui.Link{{Text: c.T("nav.todo"), Href: "/"}}
	status := http.StatusOK
	if err != nil {
		status = page.StatusOf(err)
	}
	return c.ShowStatus(status, selfcheckFiled(p, v, errs))
}

// answerViews combines items, answers and issues. A missing answer among several
// means that the item is reviewed elsewhere.
func answerViews(c *page.Call, items []selfcheck.ChecklistItem, answers []selfcheck.Answer, said []appselfcheck.SaidIssue) []answerView {
	byItem := make(map[int64]*selfcheck.Answer, len(answers))
	for i := range answers {
		byItem[answers[i].ItemNo] = &answers[i]
	}
	out := make([]answerView, len(items))
	for i := range items {
		it := &items[i]
		v := answerView{No: strconv.FormatInt(it.No, 10), Text: it.Text(string(c.Lang))}
		switch a := byItem[it.No]; {
		case a == nil && len(answers) == 0:
			v.Tag = ui.Tag{Text: c.T("selfcheck.answer.missing")}
		case a == nil:
			v.Tag = ui.Tag{Text: c.T("selfcheck.answer.elsewhere")}
		case a.LeaderID != "":
			v.Tag = ui.Tag{Tone: "info", Text: c.T("selfcheck.answer.named")}
		case a.Nil:
			v.Tag = ui.Tag{Text: c.T("selfcheck.answer.nil")}
		default:
			v.Tag = ui.Tag{Tone: "warn", Text: c.T("selfcheck.answer.declared", "Count", a.Declared)}
		}
		for _, d := range said {
			if d.ItemNo == it.No {
				v.Issues = append(v.Issues, saidOf(c.Lang, d))
			}
		}
		out[i] = v
	}
	return out
}

func saidOf(lang words.Lang, d appselfcheck.SaidIssue) saidView {
	v := saidView{On: string(d.EventOn), Text: d.Text}
	switch {
	case d.State == issue.Withdrawn:
		v.Tag = ui.Tag{Text: words.T(lang, "selfcheck.withdrawn")}
	case d.Added != "":
		v.Tag = ui.Tag{Tone: "info", Text: words.T(lang, "selfcheck.supplement.tag", "Date", string(d.Added))}
	}
	return v
}

// selfcheckSupplement adds one issue to a locked list.
func (f *face) selfcheckSupplement(c *page.Call) error {
	in := appselfcheck.SupplementInput{ID: c.Param("id"), ItemNo: c.FormInt("item"),
		Declared: selfcheck.Declared{EventOn: roster.Date(c.Form("event_on")),
			Text: strings.ReplaceAll(c.Form("text"), "\r\n", "\n")}, Key: c.Key()}
	r, err := f.app.Supplement(c.Context(), c.Actor, in)
	if err == nil {
		c.Offer(r)
		return c.Go("/selfcheck/"+in.ID, "selfcheck.supplemented")
	}
	if c.Errors(err) == nil {
		return err
	}
	l, openErr := f.app.List(c.Context(), c.Reader(), in.ID)
	if openErr != nil {
		return openErr
	}
	return f.showFiled(c, l, in, err)
}
