package home

import (
	"net/url"
	"strconv"

	"plumbline/internal/app/accounts"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/consent"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

func (f *face) home(c *page.Call) error {
	todo, err := f.app.ToDo(c.Context(), c.Reader())
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

func (f *face) listCard(c *page.Call, l *appselfcheck.OwnSubmission) listCard {
	base := "/selfcheck/" + l.ID
	card := listCard{
		Title: c.ListName(l.PersonID, l.Unit, string(l.Audience)), Campaign: l.Campaign.Title, State: ui.State(c.Lang, "submission",
			string(l.State)), Reason: l.Reason,
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
		card.Actions = []ui.Action{{Text: c.T("selfcheck.view"), Href: base, Icon: "eye"},
			{Text: c.T("selfcheck.receipt"), Href: base + "/receipt", Icon: "file-text"}}
	}
	return card
}

type homeView struct {
	Codes   []codeNotice
	Asked   []page.ActForm // items that were given back
	Mine    []listCard
	Waiting []ui.Stat
}

type listCard struct {
	Title, Campaign, Reason string
	State                   ui.Tag
	Fill                    bool
	Done, Whole             int64
	Actions                 []ui.Action
}

// codeNotices tells the reader about the codes for his own account.
func (f *face) codeNotices(c *page.Call, codes []accounts.OwnCode) (out []codeNotice) {
	for _, x := range codes {
		by := x.By
		if by == "" {
			by = c.T("account.operator")
		}
		n := codeNotice{Text: c.T("account.code.opened", "At", c.When(x.At), "By", by, "With", x.With)}
		switch {
		case x.Alone:
			n.Text = c.T("account.code.alone", "At", c.When(x.At), "By", by)
		case x.State == consent.Proposed:
			n = codeNotice{Text: c.T("account.code.asked", "At", c.When(x.At), "By", by), Base: "/me/codes/" + url.PathEscape(x.ID),
				Version: x.Version}
		}
		out = append(out, n)
	}
	return out
}

// askedCards are the items that were returned to the reader.
func askedCards(c *page.Call, items []appselfcheck.NamedItem) (out []page.ActForm) {
	for i := range items {
		n := &items[i]
		no := strconv.FormatInt(n.ItemNo, 10)
		out = append(out, c.Fill(page.ActForm{ID: "named-" + n.ReviewID, Title: c.T("review.named.asked", "Item", no), Open: true,
			Help:   no + " " + n.Item.Text(string(c.Lang)) + " — " + c.T("selfcheck.returned.reason") + " " + n.Reason,
			Action: "/selfcheck/" + n.SubmissionID + "/named", Button: "review.named.reply.send", Hidden: [][2]string{{"item", no}},
			Inputs: []ui.Input{{Name: "text", Label: c.T("review.named.reply"), Kind: "textarea", Required: true, Max: 1000}}}, nil))
	}
	return out
}
