package casework

import (
	"strconv"
	"strings"

	"plumbline/internal/app/casework"
	"plumbline/internal/inquiry"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

// trackActs are the forms available by the reader's roles and duty and the state of
// the track. Errors of a guard are shown beside the form.
func (f *face) trackActs(c *page.Call, v casework.CaseView, t casework.TrackView, errs ui.Errors) []page.ActForm {
	var out []page.ActForm
	add := func(op string, version int64, a page.ActForm) {
		if !v.Can[op] {
			return
		}
		a.Hidden = append(a.Hidden, [2]string{"case", v.ID}, [2]string{"version", strconv.FormatInt(version, 10)})
		out = append(out, c.Fill(a, errs))
	}
	base, id := "/tracks/"+t.ID, "-"+t.ID
	working := t.State == inquiry.TrackOpen || t.State == inquiry.TrackAssigned
	if working && len(t.Members) <= v.Team {
		help := c.T("track.team.help")
		if t.Side == inquiry.SideLeader {
			help += c.T("track.team.tier", "Tier", tier(c, t.DecideTier))
		}
		add("track.assign", t.Version, page.ActForm{ID: "assign" + id, Title: c.T("track.assign.button"), Help: help,
			Action: base + "/members", Button: "track.assign.button",
			Inputs: []ui.Input{
				{Name: "person", Label: c.T("track.member"), Required: true, Max: 40},
				{Name: "duty", Label: c.T("track.duty"), Kind: "select", Required: true,
					Options: ui.Codes(c.Lang, "duty", "page.choose", "investigator", "adjudicator")},
			}})
	}
	if working && t.Mine == inquiry.DutyInvestigator {
		add("allegation.add", t.Version, page.ActForm{ID: "allege" + id, Title: c.T("track.allegation.add"), Action: base + "/allegations",
			Button: "track.allegation.add",
			Inputs: []ui.Input{
				{Name: "category", Label: c.T("field.category"), Kind: "select", Required: true, Options: page.ChooseCategory(c)},
				{Name: "rule", Label: c.T("track.allegation.rule"), Required: true, Max: 200},
				{Name: "facts", Label: c.T("track.allegation.text"), Kind: "textarea", Required: true, Max: 4000},
			}})
	}
	if t.Side == inquiry.SideLeader && t.State == inquiry.TrackAssigned && t.Mine == inquiry.DutyInvestigator {
		add("track.prove", t.Version, proofForm(c, t, base))
	}
	for _, al := range t.Allegations {
		f.findingActs(c, t, al, add)
	}
	if d := t.Decision; d == nil && t.State == inquiry.TrackFound {
		add("decision.propose", t.Version, decisionForm(c, f, base, id))
	} else if d != nil && d.State == inquiry.DecisionRevoked && t.State == inquiry.TrackFound {
		add("decision.propose", t.Version, decisionForm(c, f, base, id))
	} else if d != nil && d.State == inquiry.DecisionProposed {
		add("decision.decide", d.Version, page.ActForm{ID: "decide" + id, Title: c.T("decision.decide"), Help: decides(c, *d),
			Action: "/decisions/" + d.ID + "/decide", Button: "decision.decide",
			Inputs: []ui.Input{{Name: "members", Label: c.T("decision.members"), Kind: "textarea", Required: true}}})
	}
	if !t.State.Terminal() {
		add("track.end", t.Version, page.ActForm{ID: "end" + id, Title: c.T("track.end"), Help: c.T("track.end.help"),
			Action: base + "/end", Button: "track.end",
			Inputs: []ui.Input{
				{Name: "ground", Label: c.T("track.end.ground"), Kind: "select", Required: true,
					Options: ui.Codes(c.Lang, "track.end.ground", "", f.app.Pack().Dual.TrackEndGrounds...)},
				{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 4000},
			}})
	}
	return out
}

// backActs are the forms that take back something on a track: a member, a decided
// allegation, a final finding. The last two also work in a closed case.
func backActs(c *page.Call, v casework.CaseView, t casework.TrackView, errs ui.Errors) []page.ActForm {
	var out []page.ActForm
	add := func(op, id, title, action, label string, version int64) {
		if !v.Can[op] {
			return
		}
		out = append(out, c.Fill(page.ActForm{ID: id, Title: title, Help: c.T(op + ".help"), Action: action, Button: op + ".button",
			Hidden: [][2]string{{"case", v.ID}, {"version", strconv.FormatInt(version, 10)}},
			Inputs: []ui.Input{{Name: "reason", Label: c.T(label), Kind: "textarea", Required: true, Max: 4000}}}, errs))
	}
	if v.State != inquiry.CaseClosed && (t.State == inquiry.TrackOpen || t.State == inquiry.TrackAssigned) {
		for _, m := range t.Members {
			add("track.release", "release-"+m.ID, c.T("track.release.button")+" · "+page.Person(m.Person),
				"/track-members/"+m.ID+"/release", "field.reason", m.Version)
		}
	}
	if t.State == inquiry.TrackEnded {
		return out
	}
	for _, al := range t.Allegations {
		if al.State == inquiry.AllegationFound {
			add("allegation.reopen", "reopen-"+al.ID, c.T("allegation.reopen.button")+" · "+al.Rule, "/allegations/"+al.ID+"/reopen",
				"allegation.reopen.evidence", al.Version)
		}
		for _, x := range al.Findings {
			if x.State == inquiry.FindingFinal {
				add("finding.quash", "quash-"+x.ID, c.T("finding.quash.button")+" · "+al.Rule, "/findings/"+x.ID+"/quash",
					"field.reason", x.Version)
			}
		}
	}
	return out
}

// findingActs are the forms about the findings of one allegation.
func (f *face) findingActs(c *page.Call, t casework.TrackView, al casework.AllegationView,
	add func(op string, version int64, a page.ActForm)) {
	pending := false
	for _, x := range al.Findings {
		id := "-" + x.ID
		switch {
		case x.State == inquiry.FindingDraft && t.Mine == inquiry.DutyInvestigator:
			add("finding.serve", x.Version, page.ActForm{ID: "serve" + id, Title: c.T("finding.serve"), Help: c.T("finding.serve.help"),
				Action: "/findings/" + x.ID + "/serve", Button: "finding.serve"})
		case x.State == inquiry.FindingReplied && t.Mine == inquiry.DutyInvestigator && x.Reply != nil && !x.Reply.Waived &&
			x.Reply.AnsweredOn == "":
			add("finding.answer", x.Version, page.ActForm{ID: "answer" + id, Title: c.T("finding.answer"),
				Action: "/findings/" + x.ID + "/answer", Button: "finding.answer",
				Inputs: []ui.Input{{Name: "answer", Label: c.T("finding.answer.text"), Kind: "textarea", Required: true, Max: 4000}}})
		case (x.State == inquiry.FindingServed || x.State == inquiry.FindingReplied) && t.Mine == inquiry.DutyAdjudicator:
			add("finding.confirm", x.Version, page.ActForm{ID: "confirm" + id, Title: c.T("finding.confirm"),
				Action: "/findings/" + x.ID + "/confirm", Button: "finding.confirm",
				Inputs: []ui.Input{
					{Name: "verdict", Label: c.T("finding.final"), Kind: "select", Required: true, Value: string(x.Recommended),
						Options: page.CodesOf(c, "finding", inquiry.Verdicts)},
					{Name: "reason", Label: c.T("track.proofs.grounds"), Kind: "textarea", Required: true, Max: 4000},
				}})
		}
		pending = pending || x.State != inquiry.FindingFinal && x.State != inquiry.FindingQuashed
	}
	if !pending && al.State != inquiry.AllegationFound && t.State == inquiry.TrackAssigned && t.Mine == inquiry.DutyInvestigator {
		add("finding.recommend", t.Version, page.ActForm{ID: "recommend-" + al.ID, Title: c.T("finding.recommend") + " · " + al.Rule,
			Action: "/allegations/" + al.ID + "/findings", Button: "finding.recommend",
			Inputs: []ui.Input{
				{Name: "verdict", Label: c.T("finding.recommended"), Kind: "select", Required: true,
					Options: page.CodesOf(c, "finding", inquiry.Verdicts)},
				{Name: "standard", Label: c.T("finding.standard"), Kind: "select", Required: true,
					Options: page.CodesOf(c, "standard", inquiry.Standards)},
				{Name: "reason", Label: c.T("track.proofs.grounds"), Kind: "textarea", Required: true, Max: 4000},
			}})
	}
}

func proofForm(c *page.Call, t casework.TrackView, base string) page.ActForm {
	values := []ui.Option{{Text: c.T("page.choose")}, {Value: "proved", Text: c.T("proof.value.proved")},
		{Value: "not_proved", Text: c.T("proof.value.not_proved")}}
	a := page.ActForm{ID: "prove-" + t.ID, Title: c.T("track.proofs"), Help: c.T("track.proofs.help"), Action: base + "/proofs",
		Button: "track.proofs.button"}
	for _, p := range []struct {
		name  string
		value inquiry.Proof
	}{{"duty", t.Duty}, {"knowledge", t.Knowledge}, {"conduct", t.Conduct}, {"link", t.Link}} {
		a.Inputs = append(a.Inputs, ui.Input{Name: p.name, Label: c.T("proof." + p.name), Kind: "select", Required: true,
			Value: string(p.value), Options: values})
	}
	a.Inputs = append(a.Inputs,
		ui.Input{Name: "class", Label: c.T("track.class"), Kind: "select", Optional: true, Value: string(t.Class),
			Options: ui.Codes(c.Lang, "class", "page.none_value", "direct", "main", "important")},
		ui.Input{Name: "result", Label: c.T("track.result"), Kind: "select", Required: true, Value: string(t.Result),
			Options: ui.Codes(c.Lang, "result", "page.choose", "fulfilled", "partly", "not_fulfilled", "not_in_post")},
		ui.Input{Name: "grounds", Label: c.T("track.proofs.grounds"), Kind: "textarea", Required: true, Value: t.Grounds, Max: 4000})
	return a
}

// decides says in one line what the body's vote will record.
func decides(c *page.Call, d casework.DecisionView) string {
	parts := []string{}
	for _, x := range handling(c, d.Form, d.Sanction, d.Months, d.Reason) {
		parts = append(parts, x.Term+c.T("decision.colon")+x.Text)
	}
	return c.T("decision.decide.echo", "What", strings.Join(parts, c.T("decision.semicolon")))
}

func decisionForm(c *page.Call, f *face, base, id string) page.ActForm {
	sanctions := []ui.Option{{Text: c.T("decision.sanction.none")}}
	for _, s := range f.app.SanctionCodes() {
		sanctions = append(sanctions, ui.Option{Value: s.Code, Text: c.T("sanction." + s.Code)})
	}
	return page.ActForm{ID: "propose" + id, Title: c.T("decision.propose"), Action: base + "/decisions", Button: "decision.propose",
		Inputs: []ui.Input{
			{Name: "form", Label: c.T("decision.form"), Kind: "select", Required: true,
				Options: ui.Codes(c.Lang, "form", "", "0", "1", "2", "3", "4")},
			{Name: "sanction", Label: c.T("decision.sanction"), Kind: "select", Optional: true, Options: sanctions},
			{Name: "reason", Label: c.T("field.reason"), Kind: "textarea", Required: true, Max: 4000},
		}}
}
