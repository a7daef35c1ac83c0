package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

// reader is the actor in the language of the page.
func (c *Call) reader() *roster.Actor {
	who := *c.Actor
	who.Lang = string(c.Lang)
	return &who
}

// clock writes an instant in the site's zone.
func (f *Face) clock(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.In(f.app.Zone()).Format("2006-01-02 15:04")
}

// listTitle names a list: whose it is, and of which audience.
func listTitle(c *Call, l *app.MyList) string {
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
	v := homeView{}
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
	stat(int64(todo.Named), "home.named", "/review/named", "warn")
	p := c.Page("home.title")
	p.Lead = c.T("home.lead")
	return c.Show(homePage(p, v))
}

func (f *Face) listCard(c *Call, l *app.MyList) listCard {
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

// selfcheckOpen shows a list: the way through it while it is being filled in,
// else what was filed.
func (f *Face) selfcheckOpen(c *Call) error {
	l, err := f.app.List(c.Context(), c.reader(), c.Param("id"))
	if err != nil {
		return err
	}
	if !fillable(l) {
		return f.showFiled(c, l, app.SupplementInput{}, nil)
	}
	p := c.Page("selfcheck.title")
	p.Title, p.Lead, p.Narrow = listTitle(c, &l.MyList), l.Campaign.Title, true
	v := fillFrame(c, l)
	for _, k := range v.Categories {
		if k.Done < k.Whole && v.Next == "" {
			v.Next = k.Href
		}
	}
	return c.Show(selfcheckOverview(p, v))
}

func fillable(l *app.ListView) bool {
	return (l.State == selfcheck.Assigned || l.State == selfcheck.Returned) && l.Campaign.State == selfcheck.CampaignOpen
}

// fillFrame is what the pages of a list in work share.
func fillFrame(c *Call, l *app.ListView) fillView {
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

func answeredItems(l *app.ListView) map[int64]bool {
	out := make(map[int64]bool, len(l.Draft))
	for i := range l.Draft {
		out[l.Draft[i].ItemNo] = l.Draft[i].Answered()
	}
	return out
}

// selfcheckFill is the form of one category.
func (f *Face) selfcheckFill(c *Call) error {
	l, err := f.app.List(c.Context(), c.reader(), c.Param("id"))
	if err != nil {
		return err
	}
	if !fillable(l) {
		return c.redirect("/selfcheck/" + l.ID)
	}
	add, _ := strconv.ParseInt(c.Query("add"), 10, 64)
	return f.showFill(c, l, c.Query("c"), nil, add, nil)
}

// showFill shows the form of one category. typed are answers that were sent
// and could not be saved; they are shown as they were typed.
func (f *Face) showFill(c *Call, l *app.ListView, category string, typed map[int64]selfcheck.ItemAnswer, add int64, err error) error {
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
		v.Items = append(v.Items, fillItemView(c, it, a, l.Seq[it.No], was, add == it.No, errs))
	}
	p := c.Page("selfcheck.title")
	p.Title, p.Lead, p.Narrow = c.T("category."+category), listTitle(c, &l.MyList), true
	p.Path = v.Base + "/fill?c=" + category
	p.Crumbs = []ui.Link{{Text: c.T("nav.todo"), Href: "/"}, {Text: listTitle(c, &l.MyList), Href: v.Base}}
	status := http.StatusOK
	if err != nil {
		status = StatusOf(err)
	}
	return c.ShowStatus(status, selfcheckFill(p, v, errs))
}

func fillItemView(c *Call, it *selfcheck.ChecklistItem, a selfcheck.ItemAnswer, seq int64, was string, add bool, errs ui.Errors) fillItem {
	no := strconv.FormatInt(it.No, 10)
	v := fillItem{No: no, Seq: strconv.FormatInt(seq, 10), Was: was, Text: it.Text(string(c.Lang)), Help: it.Help(string(c.Lang)), Leader: a.LeaderID, Error: errs.Of("items." + no)}
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

// print tells whether an answer was touched since the page was made.
func print(a selfcheck.ItemAnswer) string {
	raw, _ := json.Marshal(a) // plain fields: cannot fail
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:6])
}

func nextCategory(l *app.ListView, category string) string {
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

// sentItem reads the answer to one item from the form; touched is false when
// the page shows what is saved already.
func sentItem(c *Call, no int64) (save app.DraftSave, touched bool) {
	n := strconv.FormatInt(no, 10)
	save = app.DraftSave{Seq: c.FormInt("seq."+n) + 1, ItemAnswer: selfcheck.ItemAnswer{ItemNo: no}}
	choice := c.Form("a." + n)
	if choice == "nil" {
		save.Nil = true
	} else {
		save.LeaderID = c.Form("leader." + n)
		for i := range selfcheck.MaxIssuesPerItem {
			at := "d." + n + "." + strconv.Itoa(i)
			d := selfcheck.Declared{IssueID: c.Form(at + ".id"), EventOn: roster.Date(c.Form(at + ".on")), Text: strings.ReplaceAll(c.Form(at+".text"), "\r\n", "\n")}
			if d.EventOn != "" || d.Text != "" {
				save.Issues = append(save.Issues, d)
			}
		}
	}
	return save, print(save.ItemAnswer) != c.Form("was."+n)
}

// selfcheckSave saves the answers of one category and goes on.
func (f *Face) selfcheckSave(c *Call) error {
	l, err := f.app.List(c.Context(), c.reader(), c.Param("id"))
	if err != nil {
		return err
	}
	category := c.Form("category")
	in := app.SaveDraftInput{ID: l.ID}
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
		return c.redirect(base + "/fill?c=" + category + "&add=" + no + "#f-items." + no)
	}
	switch next := nextCategory(l, category); {
	case do == "stay":
		return c.Go(base+"/fill?c="+category, "selfcheck.saved")
	case next != "":
		return c.redirect(base + "/fill?c=" + next)
	default:
		return c.redirect(base + "/check")
	}
}

// selfcheckSaveItem saves one answer for the script of the page, which is told
// the new sequence number.
func (f *Face) selfcheckSaveItem(c *Call) error {
	no, err := strconv.ParseInt(c.Param("no"), 10, 64)
	if err != nil {
		return fault.NotFound()
	}
	save, touched := sentItem(c, no)
	seq := save.Seq - 1
	if touched {
		seqs, err := f.app.SaveDraft(c.Context(), c.Actor, app.SaveDraftInput{ID: c.Param("id"), Saves: []app.DraftSave{save}})
		if err != nil {
			return err
		}
		seq = seqs[no]
	}
	c.W.Header().Set("Content-Type", "application/json")
	c.answered = true
	_, _ = fmt.Fprintf(c.W, "{\"seq\":%d,\"was\":%q}\n", seq, print(save.ItemAnswer)) // the reader may be gone
	return nil
}

// selfcheckCheck shows the whole list before it is submitted.
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

func (f *Face) showCheck(c *Call, l *app.ListView, err error) error {
	errs := c.Errors(err)
	if err != nil && errs == nil {
		return err
	}
	base := "/selfcheck/" + l.ID
	v := checkView{Base: base, Version: l.Version}
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
		for _, d := range a.Issues {
			row.Issues = append(row.Issues, saidView{On: string(d.EventOn), Text: d.Text})
		}
		v.Answers = append(v.Answers, row)
	}
	p := c.Page("selfcheck.check.title")
	p.Lead, p.Narrow, p.Path = listTitle(c, &l.MyList), true, base+"/check"
	p.Crumbs = []ui.Link{{Text: c.T("nav.todo"), Href: "/"}, {Text: listTitle(c, &l.MyList), Href: base}}
	status := http.StatusOK
	if err != nil {
		status = StatusOf(err)
	}
	return c.ShowStatus(status, selfcheckCheck(p, v, errs))
}

// selfcheckSubmit files what is saved.
func (f *Face) selfcheckSubmit(c *Call) error {
	id := c.Param("id")
	_, err := f.app.Submit(c.Context(), c.Actor, app.SubmitInput{ID: id, Version: c.Version(), Key: c.Key()})
	if err == nil {
		return c.Go("/selfcheck/"+id+"/receipt", "selfcheck.submitted")
	}
	if c.Errors(err) == nil {
		return err
	}
	l, openErr := f.app.List(c.Context(), c.reader(), id)
	if openErr != nil {
		return openErr
	}
	if !fillable(l) {
		return f.showFiled(c, l, app.SupplementInput{}, err)
	}
	return f.showCheck(c, l, err)
}

// selfcheckReceipt shows the ledger entries of a list: number, time, hash.
func (f *Face) selfcheckReceipt(c *Call) error {
	id := c.Param("id")
	rows, err := f.app.ListReceipts(c.Context(), c.Actor, id)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fault.NotFound()
	}
	var defs []ui.Def
	for i := len(rows) - 1; i >= 0; i-- {
		r := rows[i]
		defs = append(defs,
			ui.Def{Term: c.T("selfcheck.receipt.number"), Text: strconv.FormatInt(r.Seq, 10)},
			ui.Def{Term: c.T("selfcheck.receipt.time"), Text: r.At.In(f.app.Zone()).Format("2006-01-02 15:04:05")},
			ui.Def{Term: c.T("selfcheck.receipt.leaf"), Text: groups(hex.EncodeToString(r.Leaf))},
		)
	}
	p := c.Page("selfcheck.receipt.title")
	p.Narrow = true
	p.Crumbs = []ui.Link{{Text: c.T("nav.todo"), Href: "/"}, {Text: c.T("selfcheck.filed.title"), Href: "/selfcheck/" + id}}
	return c.Show(receiptPage(p, defs, "/"))
}

// showFiled shows a list after it was submitted.
func (f *Face) showFiled(c *Call, l *app.ListView, in app.SupplementInput, err error) error {
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
		{Term: c.T("selfcheck.filed_at"), Text: f.clock(l.FiledAt)},
		{Term: c.T("selfcheck.first_filed"), Text: f.clock(l.FirstFiledAt)},
		{Term: c.T("selfcheck.items"), Text: c.T("selfcheck.items.value", "Nil", l.NilItems, "Declared", l.DeclaredItems, "Issues", l.DeclaredIssues)},
		{Term: c.T("selfcheck.receipt"), Text: c.T("selfcheck.view"), Href: v.Base + "/receipt"},
	}
	if l.Round == 0 {
		v.Defs = v.Defs[:1]
	}
	v.Answers = answerViews(c, l.Items, l.Answers, l.Issues)
	v.Item, v.EventOn, v.Text = strconv.FormatInt(in.ItemNo, 10), string(in.EventOn), in.Text
	if v.CanSupplement {
		for i := range l.Items {
			no := strconv.FormatInt(l.Items[i].No, 10)
			v.ItemOptions = append(v.ItemOptions, ui.Option{Value: no, Text: no + " " + l.Items[i].Text(string(c.Lang))})
		}
	}
	p := c.Page("selfcheck.filed.title")
	p.Title, p.Lead, p.Path = listTitle(c, &l.MyList), l.Campaign.Title, v.Base
	p.Crumbs = []ui.Link{{Text: c.T("nav.todo"), Href: "/"}}
	status := http.StatusOK
	if err != nil {
		status = StatusOf(err)
	}
	return c.ShowStatus(status, selfcheckFiled(p, v, errs))
}

// answerViews puts items, answers and issues together. An item without an
// answer among several is one that is reviewed elsewhere.
func answerViews(c *Call, items []selfcheck.ChecklistItem, answers []selfcheck.Answer, said []app.SaidIssue) []answerView {
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

func saidOf(lang words.Lang, d app.SaidIssue) saidView {
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
func (f *Face) selfcheckSupplement(c *Call) error {
	in := app.SupplementInput{ID: c.Param("id"), ItemNo: c.FormInt("item"), EventOn: roster.Date(c.Form("event_on")), Text: strings.ReplaceAll(c.Form("text"), "\r\n", "\n"), Key: c.Key()}
	_, err := f.app.Supplement(c.Context(), c.Actor, in)
	if err == nil {
		return c.Go("/selfcheck/"+in.ID, "selfcheck.supplemented")
	}
	if c.Errors(err) == nil {
		return err
	}
	l, openErr := f.app.List(c.Context(), c.reader(), in.ID)
	if openErr != nil {
		return openErr
	}
	return f.showFiled(c, l, in, err)
}
