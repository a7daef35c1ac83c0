package casework

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/readlog"
	"plumbline/internal/inquiry"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// CaseView is a case as its reader may see it.
type CaseView struct {
	CaseRow
	Version        int64              `json:"version"`
	IssueID        string             `json:"issue_id"`
	Pack           string             `json:"pack"`
	ClosedOn       roster.Date        `json:"closed_on"`
	Tracks         []TrackView        `json:"tracks"`
	Questions      []QuestionRow      `json:"questions"`
	Rectifications []RectificationRow `json:"rectifications"`
	Parties        []PartyView        `json:"parties"`
	Notes          []NoteView         `json:"notes"`
	Missing        []inquiry.Missing  `json:"missing"`
	Team           int                `json:"investigators_per_track"`
	Hidden         int                `json:"missing_hidden"` // missing things outside the reader's reach
	// GroundWithdrawn says that the record on which the case was opened was taken back.
	GroundWithdrawn bool `json:"ground_withdrawn"`

	Can map[string]bool `json:"can"` // operations that a role of the reader allows
}

// TrackView is one track with its team, allegations and decision.
type TrackView struct {
	ID          string             `json:"id"`
	Version     int64              `json:"version"`
	Side        inquiry.Side       `json:"side"`
	Person      desk.Ref           `json:"person"`
	Unit        desk.Ref           `json:"unit"`
	State       inquiry.TrackState `json:"state"`
	DecideTier  int                `json:"decide_tier"`
	OpenedOn    roster.Date        `json:"opened_on"`
	Duty        inquiry.Proof      `json:"duty"`
	Knowledge   inquiry.Proof      `json:"knowledge"`
	Conduct     inquiry.Proof      `json:"conduct"`
	Link        inquiry.Proof      `json:"link"`
	Class       inquiry.Class      `json:"class"`
	Result      inquiry.Result     `json:"result"`
	Grounds     string             `json:"grounds"`
	EndReason   string             `json:"end_reason"`
	Members     []MemberView       `json:"members"`
	Allegations []AllegationView   `json:"allegations"`
	Decision    *DecisionView      `json:"decision,omitempty"`
	Mine        inquiry.MemberDuty `json:"mine"` // the reader's own duty on the track
}

// MemberView is one person assigned to a track.
type MemberView struct {
	ID      string             `json:"id"`
	Version int64              `json:"version"`
	Person  desk.Ref           `json:"person"`
	Duty    inquiry.MemberDuty `json:"duty"`
	On      roster.Date        `json:"on"`
}

// AllegationView is an allegation with its findings.
type AllegationView struct {
	ID       string                  `json:"id"`
	Version  int64                   `json:"version"`
	Category string                  `json:"category"`
	Rule     string                  `json:"rule"`
	Facts    string                  `json:"facts"`
	State    inquiry.AllegationState `json:"state"`
	Findings []FindingView           `json:"findings"`
}

// FindingView is a finding with the reply to it.
type FindingView struct {
	ID          string               `json:"id"`
	Version     int64                `json:"version"`
	State       inquiry.FindingState `json:"state"`
	Recommended inquiry.Verdict      `json:"recommended"`
	Final       inquiry.Verdict      `json:"final"`
	Standard    inquiry.Standard     `json:"standard"`
	Reason      string               `json:"reason"`
	FinalReason string               `json:"final_reason"`
	By          desk.Ref             `json:"by"`
	ConfirmedBy desk.Ref             `json:"confirmed_by"`
	ServedOn    roster.Date          `json:"served_on"`
	ReplyDueOn  roster.Date          `json:"reply_due_on"`
	FinalOn     roster.Date          `json:"final_on"`
	Reply       *ServedReply         `json:"reply,omitempty"`
}

// DecisionView is the decision on a track.
type DecisionView struct {
	ID        string                `json:"id"`
	Version   int64                 `json:"version"`
	State     inquiry.DecisionState `json:"state"`
	Form      int                   `json:"form"`
	Sanction  string                `json:"sanction"`
	Months    int                   `json:"months"`
	Reason    string                `json:"reason"`
	By        desk.Ref              `json:"by"`
	DecidedOn roster.Date           `json:"decided_on"`
	Members   []desk.Ref            `json:"members"`
}

// PartyView is one recusal.
type PartyView struct {
	ID       string           `json:"id"`
	Person   desk.Ref         `json:"person"`
	Interest inquiry.Interest `json:"interest"`
	On       roster.Date      `json:"on"`
	VoidedOn roster.Date      `json:"voided_on,omitempty"` // recorded by mistake; bars nobody

	Challenge recusal.State `json:"challenge,omitempty"` // not upheld: it bars nobody; the id is that of the challenge
}

// Case opens one case. Tracks, questions and tasks are shown as far as each is
// within the reader's own scope. Leadership readers must state a purpose.
func (a *Casework) Case(ctx context.Context, who *roster.Actor, id string, purpose ...string) (out CaseView, err error) {
	var o readlog.Opened
	err = a.Read(ctx, who, "case.get", func(ctx context.Context, v *store.View) (err error) {
		_, o, err = a.openCase(ctx, v, who, roster.ActRead, id, purpose, &out)
		return err
	})
	if err == nil {
		err = a.LogOpening(ctx, who, o)
	}
	if err != nil {
		return CaseView{}, err
	}
	return out, nil
}

// openCase decides who may open a case, and for what purpose, and reads it. The act
// is reading or exporting.
func (a *Casework) openCase(ctx context.Context, v *store.View, who *roster.Actor, act roster.Act, id string, purpose []string,
	out *CaseView) (*inquiry.CaseFile, readlog.Opened, error) {
	sc, err := a.Scope(ctx, v, who, act, roster.KindCase)
	if err != nil {
		return nil, readlog.Opened{}, err
	}
	c, err := v.Case(ctx, id, sc)
	if err != nil {
		return nil, readlog.Opened{}, err
	}
	o, err := a.Opening(ctx, v, who, roster.KindCase, desk.Spot(c.ID, c.UnitID, c.BranchID, c.PersonID, c.EventOn), purpose)
	if err != nil {
		return nil, o, err
	}
	f, err := v.CaseFile(ctx, c.ID)
	if err != nil {
		return nil, o, err
	}
	return f, o, a.viewCase(ctx, v, who, f, out)
}

func (a *Casework) viewCase(ctx context.Context, v *store.View, who *roster.Actor, f *inquiry.CaseFile, out *CaseView) error {
	c := f.Case
	trackScope, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindTrack)
	if err != nil {
		return err
	}
	questionScope, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindQuestion)
	if err != nil {
		return err
	}
	people, units, texts := mentioned(f)
	n, err := a.Names(ctx, v, who, people, units)
	if err != nil {
		return err
	}
	content, err := v.Texts(ctx, texts...)
	if err != nil {
		return err
	}
	today := a.Today()
	pack, err := packOf(c)
	if err != nil {
		return err
	}
	*out = CaseView{
		Team:    pack.Dual.InvestigatorsPerTrack,
		CaseRow: caseRow(n, c, today), Version: c.Version, IssueID: c.IssueID, Pack: c.Pack, ClosedOn: c.ClosedOn,
		Tracks: []TrackView{}, Questions: []QuestionRow{}, Rectifications: []RectificationRow{}, Parties: []PartyView{}, Missing: []inquiry.Missing{},
		Can: map[string]bool{}, Notes: []NoteView{},
	}
	shown := map[string]bool{"": true}
	for i := range f.Tracks {
		t := &f.Tracks[i]
		if admits(trackScope, c, t) {
			shown[t.ID] = true
			out.Tracks = append(out.Tracks, trackView(n, f, t, content, who))
		}
	}
	for _, al := range f.Allegations {
		shown[al.ID] = shown[al.TrackID]
	}
	for i := range f.Questions {
		q := &f.Questions[i]
		if questionScope.Admits(desk.Spot(q.ID, q.UnitID, q.BranchID, q.PersonID, q.EventOn)) {
			shown[q.ID] = true
			out.Questions = append(out.Questions, questionRow(n, q, today))
		}
	}
	if a.May(who, "track.assign") {
		var err error
		if out.Parties, err = partyViews(ctx, v, n, f.Parties); err != nil {
			return err
		}
		asked, err := a.challengedParties(ctx, v, who, c.IssueID, c.ID)
		if err != nil {
			return err
		}
		out.Parties = append(out.Parties, asked...)
	}
	if err := a.viewNotes(ctx, v, who, shown, out); err != nil {
		return err
	}
	if err := a.viewCaseTasks(ctx, v, who, c, shown, out); err != nil {
		return err
	}
	viewMissing(f, shown, trackScope, questionScope, out)
	for _, r := range inquiryRoutes {
		out.Can[r.Op] = a.May(who, r.Op)
	}
	opens, err := a.opensIssue(ctx, v, who, c.IssueID)
	out.Can["issue.read"] = opens
	out.Can["rectification.create"] = opens && a.May(who, "rectification.create") // it is given out from the issue
	return err
}

// mentioned are the people and units that a case names, and its records that have
// texts.
func mentioned(f *inquiry.CaseFile) (people, units, texts []string) {
	people, units = []string{f.Case.PersonID}, []string{f.Case.UnitID}
	for _, t := range f.Tracks {
		people, units, texts = append(people, t.PersonID), append(units, t.UnitID), append(texts, t.ID)
	}
	for _, m := range f.Members {
		people = append(people, m.MemberID)
	}
	for _, q := range f.Questions {
		people, units = append(people, q.PersonID), append(units, q.UnitID)
	}
	for _, p := range f.Parties {
		people = append(people, p.PersonID)
	}
	for _, d := range f.Decisions {
		people, texts = append(append(people, d.ProposedBy), d.MemberList()...), append(texts, d.ID)
	}
	for _, al := range f.Allegations {
		texts = append(texts, al.ID)
	}
	for _, x := range f.Findings {
		people, texts = append(people, x.RecommendedBy, x.ConfirmedBy), append(texts, x.ID)
	}
	for _, r := range f.Replies {
		texts = append(texts, r.ID)
	}
	return people, units, texts
}

// viewMissing lists what the close is still waiting for. Barred things are left out
// entirely; things above the reader's reach are counted, so that he knows whom to
// wait for.
func viewMissing(f *inquiry.CaseFile, shown map[string]bool, tracks, questions roster.Scope, out *CaseView) {
	for _, m := range f.Missing() {
		switch {
		case shown[m.ID]:
			out.Missing = append(out.Missing, m)
		case !barredFrom(f, m, tracks, questions):
			out.Hidden++
		}
	}
}

// barredFrom reports whether a missing thing concerns somebody of whom the reader
// may know nothing.
func barredFrom(f *inquiry.CaseFile, m inquiry.Missing, tracks, questions roster.Scope) bool {
	if al := f.Allegation(m.ID); al != nil {
		m.ID = al.TrackID
	}
	if t := f.Track(m.ID); t != nil {
		return tracks.Bars(desk.Spot(t.ID, t.UnitID, t.BranchID, t.PersonID, t.EventOn)) ||
			questions.Bars(desk.Spot(t.ID, t.UnitID, t.BranchID, t.PersonID, t.EventOn))
	}
	for _, q := range f.Questions {
		if q.ID == m.ID {
			return questions.Bars(desk.Spot(q.ID, q.UnitID, q.BranchID, q.PersonID, q.EventOn))
		}
	}
	return false
}

func (a *Casework) viewCaseTasks(ctx context.Context, v *store.View, who *roster.Actor, c *inquiry.Case, shown map[string]bool,
	out *CaseView) error {
	sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindRectification)
	if err != nil {
		return err
	}
	tasks, err := v.RectificationsOfIssue(ctx, c.IssueID)
	if err != nil {
		return err
	}
	var units []string
	for _, t := range tasks {
		units = append(units, t.UnitID, t.LeadUnitID)
	}
	n, err := a.Names(ctx, v, who, []string{c.PersonID}, units)
	if err != nil {
		return err
	}
	for i := range tasks {
		t := &tasks[i]
		if sc.Admits(desk.Spot(t.ID, t.UnitID, t.BranchID, t.PersonID, t.EventOn)) {
			shown[t.ID] = true
			out.Rectifications = append(out.Rectifications, taskRow(n, t, a.Today()))
		}
	}
	return nil
}

func trackView(n desk.Names, f *inquiry.CaseFile, t *inquiry.Track, content map[string]map[string]string, who *roster.Actor) TrackView {
	o := TrackView{
		ID: t.ID, Version: t.Version, Side: t.Side, Person: n.Person(t.PersonID), Unit: n.Unit(t.UnitID), State: t.State, DecideTier: t.DecideTier,
		OpenedOn: t.OpenedOn, Duty: t.Duty, Knowledge: t.Knowledge, Conduct: t.Conduct, Link: t.Link, Class: t.Class, Result: t.Result,
		Grounds: latest(content[t.ID], "proof"), EndReason: content[t.ID]["ended"], Members: []MemberView{}, Allegations: []AllegationView{},
	}
	for _, m := range f.Members {
		if m.TrackID == t.ID && m.EndedOn == "" {
			o.Members = append(o.Members, MemberView{m.ID, m.Version, n.Person(m.MemberID), m.Duty, m.AssignedOn})
			if m.MemberID == who.Person {
				o.Mine = m.Duty
			}
		}
	}
	for _, al := range f.Allegations {
		if al.TrackID != t.ID {
			continue
		}
		av := AllegationView{ID: al.ID, Version: al.Version, Category: al.Category, Rule: al.Rule, Facts: content[al.ID]["text"],
			State: al.State, Findings: []FindingView{}}
		for i := range f.Findings {
			if f.Findings[i].AllegationID == al.ID {
				av.Findings = append(av.Findings, findingView(n, f, &f.Findings[i], content))
			}
		}
		o.Allegations = append(o.Allegations, av)
	}
	for _, d := range f.Decisions {
		if d.TrackID == t.ID {
			dv := &DecisionView{ID: d.ID, Version: d.Version, State: d.State, Form: d.Form, Sanction: d.Sanction, Months: d.Months,
				Reason: content[d.ID]["reason"], By: n.Person(d.ProposedBy), DecidedOn: d.DecidedOn, Members: []desk.Ref{}}
			for _, m := range d.MemberList() {
				dv.Members = append(dv.Members, n.Person(m))
			}
			o.Decision = dv
		}
	}
	return o
}

func findingView(n desk.Names, f *inquiry.CaseFile, x *inquiry.Finding, content map[string]map[string]string) FindingView {
	o := FindingView{
		ID: x.ID, Version: x.Version, State: x.State, Recommended: x.Recommended, Final: x.Final, Standard: x.Standard,
		Reason: content[x.ID]["reason"], FinalReason: content[x.ID]["final_reason"], By: n.Person(x.RecommendedBy), ConfirmedBy: n.Person(x.ConfirmedBy),
		ServedOn: x.ServedOn, ReplyDueOn: x.ReplyDueOn, FinalOn: x.FinalOn,
	}
	if r := f.ReplyTo(x.ID); r != nil {
		o.Reply = &ServedReply{Waived: r.Waived, FiledOn: r.FiledOn, Text: content[r.ID]["text"], AnsweredOn: r.AnsweredOn,
			Answer: content[r.ID]["answer"]}
	}
	return o
}
