package selfcheck

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func fillable(l *appselfcheck.SubmissionView) bool {
	return (l.State == selfcheck.Assigned || l.State == selfcheck.Returned) && l.Campaign.State == selfcheck.CampaignOpen
}

// fillFrame is the common frame of the pages of an unfinished list.
func fillFrame(c *page.Call, l *appselfcheck.SubmissionView) fillView {
	v := fillView{Base: "/selfcheck/" + l.ID, Done: int64(l.Drafted), Whole: int64(len(l.Items))}
	if l.State == selfcheck.Returned {
		v.Reason = l.Reason
	}
	v.Period = c.T("selfcheck.issue.period", "From", string(l.Campaign.PeriodFrom), "To", string(l.Campaign.PeriodTo))
	answered := answeredItems(l)
	for i := range l.Items {
		it := &l.Items[i]
		at := slices.IndexFunc(v.Categories, func(k fillCategory) bool { return strings.HasSuffix(k.Href, "?c="+it.Category) })
		if at < 0 {
			at = len(v.Categories)
			v.Categories = append(v.Categories, fillCategory{Text: c.T("category." + it.Category), Href: v.Base + "/fill?c=" + it.Category})
		}
		v.Categories[at].Whole++
		if answered[it.No] {
			v.Categories[at].Done++
		}
	}
	return v
}

func answeredItems(l *appselfcheck.SubmissionView) map[int64]bool {
	out := make(map[int64]bool, len(l.Draft))
	for i := range l.Draft {
		out[l.Draft[i].ItemNo] = l.Draft[i].Answered()
	}
	return out
}

// selfcheckFill is the form of one category.
func (f *face) selfcheckFill(c *page.Call) error {
	l, err := f.app.List(c.Context(), c.Reader(), c.Param("id"))
	if err != nil {
		return err
	}
	if !fillable(l) {
		return c.Redirect("/selfcheck/" + l.ID)
	}
	add, _ := strconv.ParseInt(c.Query("add"), 10, 64)
	return f.showFill(c, l, c.Query("c"), nil, add, nil)
}

// showFill shows the form of one category. typed are answers that could not be
// saved, shown as they were typed.
func (f *face) showFill(c *page.Call, l *appselfcheck.SubmissionView, category string, typed map[int64]selfcheck.ItemAnswer, add int64,
	err error) error {
	if !slices.ContainsFunc(l.Items, func(it selfcheck.ChecklistItem) bool { return it.Category == category }) {
		return fault.NotFound()
	}
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	v := fillFrame(c, l)
	v.Category, v.NextKey = category, "selfcheck.last"
	if nextCategory(l, category) != "" {
		v.NextKey = "selfcheck.next"
	}
	v.Leaders = []ui.Option{{Text: c.T("selfcheck.leader.none")}}
	for _, x := range l.Leaders {
		v.Leaders = append(v.Leaders, ui.Option{Value: x.PersonID, Text: x.Name})
	}
	saved := make(map[int64]selfcheck.ItemAnswer, len(l.Draft))
	for _, a := range l.Draft {
		saved[a.ItemNo] = a
	}
	for i := range l.Items {
		it := &l.Items[i]
		if it.Category != category {
			continue
		}
		a, was := saved[it.No], print(saved[it.No])
		if x, ok := typed[it.No]; ok {
			a = x
		}
		one := fillItemView(c, it, a, l.Seq[it.No], was, add == it.No, errs)
		one.Details = l.Details[it.No]
		v.Items = append(v.Items, one)
	}
	p := c.Page("selfcheck.title")
	p.Title, p.Lead, p.Narrow = c.T("category."+category), listTitle(c, &l.OwnSubmission), true
	p.Path = v.Base + "/fill?c=" + category
	p.Crumbs = []ui.Link{{Text: c.T("nav.todo"), Href: "/"}, {Text: listTitle(c, &l.OwnSubmission), Href: v.Base}}
	status := http.StatusOK
	if err != nil {
		status = page.StatusOf(err)
	}
	return c.ShowStatus(status, selfcheckFill(p, v, errs))
}

func fillItemView(c *page.Call, it *selfcheck.ChecklistItem, a selfcheck.ItemAnswer, seq int64, was string, add bool,
	errs ui.Errors) fillItem {
	no := strconv.FormatInt(it.No, 10)
	v := fillItem{No: no, Seq: strconv.FormatInt(seq, 10), Was: was, Text: it.Text(string(c.Lang)), Help: it.Help(string(c.Lang)),
		Leader: a.LeaderID, Error: errs.Of("items." + no)}
	switch {
	case len(a.Issues) > 0 || add:
		v.Answer = "declare"
	case a.Nil:
		v.Answer = "nil"
	}
	issues := a.Issues
	if len(issues) == 0 || add {
		issues = append(slices.Clone(issues), selfcheck.Declared{})
	}
	for i, d := range issues {
		at := "items." + no + ".issues." + strconv.Itoa(i+1)
		v.Issues = append(v.Issues, fillIssue{Name: "d." + no + "." + strconv.Itoa(i), ID: d.IssueID, On: string(d.EventOn), Text: d.Text,
			OnError: errs.Of(at + ".event_on"), TextError: errs.Of(at + ".text")})
	}
	return v
}

// print fingerprints an answer, to tell whether it was changed since the page was
// made.
func print(a selfcheck.ItemAnswer) string {
	raw, _ := json.Marshal(a) // plain fields: cannot fail
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:6])
}

func nextCategory(l *appselfcheck.SubmissionView, category string) string {
	var order []string
	for i := range l.Items {
		if !slices.Contains(order, l.Items[i].Category) {
			order = append(order, l.Items[i].Category)
		}
	}
	if at := slices.Index(order, category); at >= 0 && at+1 < len(order) {
		return order[at+1]
	}
	return ""
}

// sentItem reads the answer to one item; touched is false if it equals what is
// saved.
func sentItem(c *page.Call, no int64) (save appselfcheck.DraftSave, touched bool) {
	n := strconv.FormatInt(no, 10)
	save = appselfcheck.DraftSave{Seq: c.FormInt("seq."+n) + 1, ItemAnswer: selfcheck.ItemAnswer{ItemNo: no}}
	choice := c.Form("a." + n)
	if choice == "nil" {
		save.Nil = true
	} else {
		save.LeaderID = c.Form("leader." + n)
		for i := range selfcheck.MaxIssuesPerItem {
			at := "d." + n + "." + strconv.Itoa(i)
			d := selfcheck.Declared{IssueID: c.Form(at + ".id"), EventOn: roster.Date(c.Form(at + ".on")),
				Text: strings.ReplaceAll(c.Form(at+".text"), "\r\n", "\n")}
			if d.EventOn != "" || d.Text != "" {
				save.Issues = append(save.Issues, d)
			}
		}
	}
	return save, print(save.ItemAnswer) != c.Form("was."+n)
}

// selfcheckSave saves the answers of one category and moves on.
func (f *face) selfcheckSave(c *page.Call) error {
	l, err := f.app.List(c.Context(), c.Reader(), c.Param("id"))
	if err != nil {
		return err
	}
	category := c.Form("category")
	in := appselfcheck.SaveDraftInput{ID: l.ID}
	typed := map[int64]selfcheck.ItemAnswer{}
	for i := range l.Items {
		if l.Items[i].Category != category {
			continue
		}
		no := l.Items[i].No
		if c.Form("seq."+strconv.FormatInt(no, 10)) == "" {
			continue
		}
		if save, touched := sentItem(c, no); touched {
			in.Saves = append(in.Saves, save)
			typed[no] = save.ItemAnswer
		}
	}
	if _, err := f.app.SaveDraft(c.Context(), c.Actor, in); err != nil {
		return f.showFill(c, l, category, typed, 0, err)
	}
	base := "/selfcheck/" + l.ID
	do := c.Form("do")
	if no, ok := strings.CutPrefix(do, "add."); ok {
		if _, err := strconv.Atoi(no); err != nil {
			return fault.Shape("shape", "do")
		}
		return c.Redirect(base + "/fill?c=" + category + "&add=" + no + "#f-items." + no)
	}
	switch next := nextCategory(l, category); {
	case do == "stay":
		return c.Go(base+"/fill?c="+category, "selfcheck.saved")
	case next != "":
		return c.Redirect(base + "/fill?c=" + next)
	default:
		return c.Redirect(base + "/check")
	}
}

// selfcheckSaveItem saves one answer for the page's script and returns the new
// sequence number.
func (f *face) selfcheckSaveItem(c *page.Call) error {
	no, err := strconv.ParseInt(c.Param("no"), 10, 64)
	if err != nil {
		return fault.NotFound()
	}
	save, touched := sentItem(c, no)
	seq := save.Seq - 1
	if touched {
		seqs, err := f.app.SaveDraft(c.Context(), c.Actor, appselfcheck.SaveDraftInput{ID: c.Param("id"),
			Saves: []appselfcheck.DraftSave{save}})
		if err != nil {
			return err
		}
		seq = seqs[no]
	}
	return c.Answer("application/json", fmt.Appendf(nil, "{\"seq\":%d,\"was\":%q}\n", seq, print(save.ItemAnswer)))
}
