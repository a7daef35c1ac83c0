package casework

import (
	"cmp"
	"strconv"
	"strings"

	"plumbline/internal/app/casework"
	"plumbline/internal/inquiry"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// caseView is the page of one case: the officer track beside the leader
// tracks, and what is missing to close.
type caseView struct {
	Tags      []ui.Tag
	Defs      []ui.Def
	Closed    string
	Missing   []ui.Link
	Hidden    string
	Close     *page.ActForm
	Officer   []trackView
	Leaders   []trackView
	Questions ui.Table
	Tasks     ui.Table
	Asks      bool // the reader's role sees questions at all
	Works     bool // and tasks
	NewTask   string
	Ground    bool // the record that the case was opened on was taken back
	Notes     []ui.Event
	Parties   []ui.Def
	AddParty  *page.ActForm
	VoidParty *page.ActForm
	Export    *page.ActForm
}

// trackView is one track on the case page.
type trackView struct {
	ID, Title string
	State     ui.Tag
	Defs      []ui.Def
	Team      []ui.Def
	Leader    bool
	Proofs    []ui.Def
	Grounds   string
	Items     []allegationView
	Decision  []ui.Def
	Acts      []page.ActForm
}

// allegationView is one allegation with its findings as a history.
type allegationView struct {
	Title, Facts string
	State        ui.Tag
	Events       []ui.Event
}

var missingAnchor = map[string]string{
	inquiry.MissingTrack: "#track-", inquiry.MissingAllegations: "#track-", inquiry.MissingQuestion: "/questions/", inquiry.MissingRectification: "/rectifications/",
}

func (f *face) viewCase(c *page.Call, v casework.CaseView, errs ui.Errors) caseView {
	out := caseView{
		Tags: []ui.Tag{ui.State(c.Lang, "case", string(v.State)), ui.Severity(c.Lang, v.Severity)},
		Defs: []ui.Def{
			{Term: c.T("field.person"), Text: page.Person(v.Person)}, {Term: c.T("field.unit"), Text: v.Unit.Name},
			{Term: c.T("field.category"), Text: categoryName(c, v.Category)}, {Term: c.T("field.event_on"), Text: string(v.EventOn)},
			{Term: c.T("case.opened"), Text: string(v.OpenedOn)}, {Term: c.T("case.due"), Text: string(v.DueOn)},
			{Term: c.T("case.pack"), Text: v.Pack},
		},
		Questions: questionTable(c, v.Questions), Tasks: taskTable(c, v.Rectifications),
	}
	out.Defs = append(out.Defs, issueLink(c, v.IssueID, v.Can)...)
	out.Asks, out.Works = c.May("question.list"), c.May("rectification.list")
	if v.Overdue {
		out.Tags = append(out.Tags, ui.Tag{Tone: "bad", Text: c.T("case.overdue")})
	}
	trackOf, of := map[string]string{}, map[string]string{}
	for _, t := range v.Tracks {
		of[t.ID] = trackTitle(c, t)
		for _, al := range t.Allegations {
			trackOf[al.ID], of[al.ID] = t.ID, of[t.ID]
		}
	}
	for _, q := range v.Questions {
		of[q.ID] = cmp.Or(q.Leader.Name, q.Ref)
	}
	for _, t := range v.Rectifications {
		of[t.ID] = t.Ref
	}
	for _, m := range v.Missing {
		l := ui.Link{Text: c.T("case.missing." + m.Code)}
		if who := of[m.ID]; who != "" {
			l.Text += c.T("case.missing.of", "What", who)
		}
		if at, ok := missingAnchor[m.Code]; ok {
			l.Href = at + m.ID
		} else if t := trackOf[m.ID]; t != "" {
			l.Href = "#track-" + t
		}
		out.Missing = append(out.Missing, l)
	}
	if v.Hidden > 0 {
		out.Hidden = c.T("case.missing.hidden", "Count", v.Hidden)
	}
	open := v.State != inquiry.CaseClosed
	if !open {
		out.Closed = c.T("case.closed", "On", string(v.ClosedOn))
	}
	own := [][2]string{{"case", v.ID}, {"version", strconv.FormatInt(v.Version, 10)}}
	if open && v.Can["case.close"] {
		a := c.Fill(page.ActForm{ID: "close", Action: "/cases/" + v.ID + "/close", Button: "case.close.button", Hidden: own}, errs)
		out.Close = &a
	}
	if open && v.Can["rectification.create"] {
		out.NewTask = "/issues/" + v.IssueID + "/rectifications/new"
	}
	out.Ground = v.GroundWithdrawn
	for _, n := range v.Notes {
		out.Notes = append(out.Notes, ui.Event{When: string(n.On), Title: c.T("case.note." + string(n.Kind)), Text: n.Text,
			By: page.Person(n.By)})
	}
	var wrong []ui.Option
	out.Parties, wrong = partyDefs(c, v.Parties)
	if v.Can["case.party_void"] {
		out.VoidParty = c.VoidForm("/cases/"+v.ID+"/party-voids", own, wrong, errs)
	}
	if open && v.Can["case.party"] {
		var interests []string
		for _, i := range inquiry.Interests {
			interests = append(interests, string(i))
		}
		a := c.Fill(page.ActForm{ID: "party", Title: c.T("case.party.add"), Help: c.T("case.parties.help"),
			Action: "/cases/" + v.ID + "/parties", Button: "case.party.add", Hidden: own,
			Inputs: []ui.Input{
				{Name: "person", Label: c.T("track.member"), Required: true, Max: 40},
				{Name: "interest", Label: c.T("case.party.interest"), Kind: "select", Required: true,
					Options: ui.Codes(c.Lang, "interest", "page.choose", interests...)},
			}}, errs)
		out.AddParty = &a
	}
	if v.Can["case.export"] {
		a := c.Fill(page.ActForm{ID: "export", Title: c.T("case.export.title"), Help: c.T("case.export.help"),
			Action: "/cases/" + v.ID + "/export", Button: "case.export.button",
			Inputs: []ui.Input{{Name: "purpose", Label: c.T("case.export.purpose"), Max: 200}}}, errs)
		out.Export = &a
	}
	for _, t := range v.Tracks {
		tv := f.viewTrack(c, v, t, open, errs)
		if t.Side == inquiry.SideOfficer {
			out.Officer = append(out.Officer, tv)
		} else {
			out.Leaders = append(out.Leaders, tv)
		}
	}
	return out
}

// trackTitle is the title of a track: its side and its subject.
func trackTitle(c *page.Call, t casework.TrackView) string {
	return c.T("side."+string(t.Side)) + " · " + t.Person.Name
}

func (f *face) viewTrack(c *page.Call, v casework.CaseView, t casework.TrackView, open bool, errs ui.Errors) trackView {
	out := trackView{
		ID: t.ID, Title: trackTitle(c, t), State: trackTag(c, t.State), Leader: t.Side == inquiry.SideLeader,
		Defs: []ui.Def{
			{Term: c.T("field.person"), Text: page.Person(t.Person)}, {Term: c.T("field.unit"), Text: t.Unit.Name},
			{Term: c.T("track.decide_tier"), Text: tier(c, t.DecideTier)},
		},
		Grounds: t.Grounds,
	}
	if t.EndReason != "" {
		out.Defs = append(out.Defs, ui.Def{Term: c.T("track.end"), Text: t.EndReason})
	}
	for _, m := range t.Members {
		out.Team = append(out.Team, ui.Def{Term: c.T("duty." + string(m.Duty)), Text: page.Person(m.Person)})
	}
	if out.Leader {
		out.Proofs = proofs(c, t)
	}
	for _, al := range t.Allegations {
		out.Items = append(out.Items, viewAllegation(c, al))
	}
	if d := t.Decision; d != nil {
		out.Decision = append([]ui.Def{{Term: c.T("field.state"), Text: c.T("state.decision." + string(d.State))}},
			handling(c, d.Form, d.Sanction, d.Months, d.Reason)...)
		if len(d.Members) > 0 {
			var names []string
			for _, m := range d.Members {
				names = append(names, m.Name)
			}
			out.Decision = append(out.Decision, ui.Def{Term: c.T("decision.members.title"), Text: strings.Join(names, "、")},
				ui.Def{Term: c.T("field.date"), Text: string(d.DecidedOn)})
		}
	}
	if open {
		out.Acts = f.trackActs(c, v, t, errs)
	}
	out.Acts = append(out.Acts, backActs(c, v, t, errs)...)
	return out
}

func trackTag(c *page.Call, s inquiry.TrackState) ui.Tag {
	t := ui.State(c.Lang, "track", string(s))
	switch s {
	case inquiry.TrackOpen:
		t.Tone = "warn"
	case inquiry.TrackAssigned, inquiry.TrackFound:
		t.Tone = "info"
	case inquiry.TrackDecided:
		t.Tone = "ok"
	}
	return t
}

func proofs(c *page.Call, t casework.TrackView) []ui.Def {
	var out []ui.Def
	for _, p := range []struct {
		key   string
		proof inquiry.Proof
	}{{"duty", t.Duty}, {"knowledge", t.Knowledge}, {"conduct", t.Conduct}, {"link", t.Link}} {
		d := ui.Def{Term: c.T("proof." + p.key), Text: "–"}
		if p.proof != inquiry.ProofOpen {
			d.Text, d.Tag = "", &ui.Tag{Tone: map[inquiry.Proof]string{inquiry.ProofProved: "info"}[p.proof],
				Text: c.T("proof.value." + string(p.proof))}
		}
		out = append(out, d)
	}
	if t.Class != inquiry.ClassNone {
		out = append(out, ui.Def{Term: c.T("track.class"), Text: c.T("class." + string(t.Class))})
	}
	if t.Result != inquiry.ResultNone {
		out = append(out, ui.Def{Term: c.T("track.result"), Text: c.T("result." + string(t.Result))})
	}
	return out
}

func viewAllegation(c *page.Call, al casework.AllegationView) allegationView {
	v := allegationView{Title: categoryName(c, al.Category) + " · " + al.Rule, Facts: al.Facts,
		State: ui.State(c.Lang, "allegation", string(al.State))}
	for _, x := range al.Findings {
		v.Events = append(v.Events, ui.Event{
			When: string(x.ServedOn), Title: c.T("finding.is", "What", c.T("finding.recommended"), "Verdict",
				c.T("finding."+string(x.Recommended))), Text: x.Reason,
			By: page.Person(x.By), Tags: []ui.Tag{{Text: c.T("standard." + string(x.Standard))},
				ui.State(c.Lang, "finding", string(x.State))},
		})
		if x.State == inquiry.FindingServed {
			v.Events = append(v.Events, ui.Event{When: string(x.ServedOn), Title: c.T("finding.reply.until", "Until", string(x.ReplyDueOn)),
				Tone: "warn"})
		}
		v.Events = append(v.Events, replyEvents(c, x.Reply)...)
		if x.Final != "" {
			v.Events = append(v.Events, ui.Event{When: string(x.FinalOn), Title: c.T("finding.is", "What", c.T("finding.final"), "Verdict",
				c.T("finding."+string(x.Final))), Text: x.FinalReason,
				By: page.Person(x.ConfirmedBy), Tone: "ok"})
		}
	}
	return v
}
