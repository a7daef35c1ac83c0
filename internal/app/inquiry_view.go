package app

import (
	"context"
	"slices"

	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/store"
)

// Named is a person or a unit as a face shows it: the id always, the name only
// to those who may see names.
type Named struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Number string `json:"number,omitempty"` // personnel number, or unit code
}

// namer puts names beside ids. While hide is set, people stay nameless: a list
// opened from a report shows a leadership reader no names.
type namer struct {
	people map[string]store.NameRow
	units  map[string]*roster.Unit
	en     bool
	hide   bool
}

func (a *App) namer(ctx context.Context, v *store.View, who *roster.Actor, people, units []string) (n namer, err error) {
	n.en = who.Lang == "en"
	if n.people, err = v.NamesOf(ctx, slices.DeleteFunc(slices.Clone(people), func(s string) bool { return s == "" })); err != nil {
		return n, err
	}
	n.units, err = v.UnitsByID(ctx, units)
	return n, err
}

// opened is what a reader who is a leadership reader and nothing else has to
// do to open one row: give a purpose, which is logged before the answer.
type opened struct {
	asked                         bool
	kind, object, person, purpose string
}

// opening judges whether a purpose is owed for the row, and was given.
func (a *App) opening(ctx context.Context, v *store.View, who *roster.Actor, kind roster.Kind, t roster.Target, purpose []string) (opened, error) {
	named, err := a.namedScope(ctx, v, who, roster.ActRead, kind)
	if err != nil || named.Admits(t) {
		return opened{}, err
	}
	o := opened{asked: true, kind: string(kind), object: t.ID, person: t.Person, purpose: first(purpose)}
	return o, checkPurpose(o.purpose)
}

func (a *App) logOpening(ctx context.Context, who *roster.Actor, o opened) error {
	if !o.asked {
		return nil
	}
	return a.logReading(ctx, who, o.kind, o.object, o.person, o.purpose)
}

func (n namer) person(id string) Named {
	if id == "" {
		return Named{}
	}
	if n.hide {
		return Named{}
	}
	p := n.people[id]
	return Named{ID: id, Name: p.Name, Number: p.PersonnelNo}
}

func (n namer) unit(id string) Named {
	u := n.units[id]
	if u == nil {
		return Named{ID: id}
	}
	name := u.Name
	if n.en && u.NameEN != "" {
		name = u.NameEN
	}
	return Named{ID: id, Name: name, Number: u.Code}
}

// CaseRow is one line of the list of cases.
type CaseRow struct {
	ID       string            `json:"id"`
	Ref      string            `json:"ref"`
	Person   Named             `json:"person"`
	Unit     Named             `json:"unit"`
	Category string            `json:"category"`
	Severity int               `json:"severity"`
	EventOn  roster.Date       `json:"event_on"`
	State    inquiry.CaseState `json:"state"`
	OpenedOn roster.Date       `json:"opened_on"`
	DueOn    roster.Date       `json:"due_on"`
	Overdue  bool              `json:"overdue"`
}

// CasePage is one page of the list of cases.
type CasePage struct {
	Rows  []CaseRow `json:"rows"`
	Total int64     `json:"total"`
	Next  string    `json:"next"`
}

// pageSize is how many rows a list shows.
const pageSize = 50

// Cases lists cases in the actor's scope, the newest first.
func (a *App) Cases(ctx context.Context, who *roster.Actor, f inquiry.CaseFilter, cursor string) (out CasePage, err error) {
	out.Rows = []CaseRow{}
	after, err := a.openCursor(who, "case.list", cursor)
	if err != nil {
		return out, err
	}
	err = a.read(ctx, who, "case.list", func(ctx context.Context, v *store.View) error {
		sc, err := a.scope(ctx, v, who, roster.ActList, roster.KindCase)
		if err != nil {
			return err
		}
		today := a.Today()
		if out.Total, err = v.CaseCount(ctx, f, sc, today); err != nil {
			return err
		}
		rows, err := v.CaseList(ctx, f, sc, today, first(after), pageSize+1)
		if err != nil {
			return err
		}
		if len(rows) > pageSize {
			rows = rows[:pageSize]
			out.Next = a.sealCursor(who, "case.list", []string{rows[pageSize-1].ID})
		}
		var people, units []string
		for _, c := range rows {
			people, units = append(people, c.PersonID), append(units, c.UnitID)
		}
		n, err := a.namer(ctx, v, who, people, units)
		if err != nil {
			return err
		}
		named, err := a.namedScope(ctx, v, who, roster.ActList, roster.KindCase)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			n.hide = !named.Admits(spot(r.ID, r.UnitID, r.BranchID, r.PersonID, r.EventOn))
			out.Rows = append(out.Rows, n.caseRow(r, today))
		}
		return nil
	})
	return out, err
}

func first(after []string) string {
	if len(after) == 0 {
		return ""
	}
	return after[0]
}

func (n namer) caseRow(c *inquiry.Case, today roster.Date) CaseRow {
	return CaseRow{
		ID: c.ID, Ref: c.Ref, Person: n.person(c.PersonID), Unit: n.unit(c.UnitID), Category: c.Category, Severity: c.Severity,
		EventOn: c.EventOn, State: c.State, OpenedOn: c.OpenedOn, DueOn: c.DueOn, Overdue: c.Overdue(today),
	}
}

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
	Missing        []inquiry.Missing  `json:"missing"`
	Team           int                `json:"investigators_per_track"`
	Hidden         int                `json:"missing_hidden"` // missing things outside the reader's reach
	Can            map[string]bool    `json:"can"`            // operations that a role of the reader allows
}

// TrackView is one track with its team, allegations and decision.
type TrackView struct {
	ID          string             `json:"id"`
	Version     int64              `json:"version"`
	Side        inquiry.Side       `json:"side"`
	Person      Named              `json:"person"`
	Unit        Named              `json:"unit"`
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

// MemberView is one person on a track.
type MemberView struct {
	Person Named              `json:"person"`
	Duty   inquiry.MemberDuty `json:"duty"`
	On     roster.Date        `json:"on"`
}

// AllegationView is an allegation with its findings.
type AllegationView struct {
	ID       string                  `json:"id"`
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
	By          Named                `json:"by"`
	ConfirmedBy Named                `json:"confirmed_by"`
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
	By        Named                 `json:"by"`
	DecidedOn roster.Date           `json:"decided_on"`
	Members   []Named               `json:"members"`
}

// PartyView is one recusal.
type PartyView struct {
	Person   Named            `json:"person"`
	Interest inquiry.Interest `json:"interest"`
	On       roster.Date      `json:"on"`
}

// Case opens one case. Tracks, questions and tasks are shown as far as each
// lies in the reader's own scope. A purpose is asked of leadership readers.
func (a *App) Case(ctx context.Context, who *roster.Actor, id string, purpose ...string) (out CaseView, err error) {
	var o opened
	err = a.read(ctx, who, "case.get", func(ctx context.Context, v *store.View) error {
		sc, err := a.scope(ctx, v, who, roster.ActRead, roster.KindCase)
		if err != nil {
			return err
		}
		c, err := v.Case(ctx, id, sc)
		if err != nil {
			return err
		}
		if o, err = a.opening(ctx, v, who, roster.KindCase, spot(c.ID, c.UnitID, c.BranchID, c.PersonID, c.EventOn), purpose); err != nil {
			return err
		}
		f, err := v.CaseFile(ctx, c.ID)
		if err != nil {
			return err
		}
		return a.viewCase(ctx, v, who, f, &out)
	})
	if err == nil {
		err = a.logOpening(ctx, who, o)
	}
	if err != nil {
		return CaseView{}, err
	}
	return out, nil
}

func (a *App) viewCase(ctx context.Context, v *store.View, who *roster.Actor, f *inquiry.CaseFile, out *CaseView) error {
	c := f.Case
	trackScope, err := a.scope(ctx, v, who, roster.ActRead, roster.KindTrack)
	if err != nil {
		return err
	}
	questionScope, err := a.scope(ctx, v, who, roster.ActRead, roster.KindQuestion)
	if err != nil {
		return err
	}
	var people, texts []string
	units := []string{c.UnitID}
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
	n, err := a.namer(ctx, v, who, append(people, c.PersonID), units)
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
		CaseRow: n.caseRow(c, today), Version: c.Version, IssueID: c.IssueID, Pack: c.Pack, ClosedOn: c.ClosedOn,
		Tracks: []TrackView{}, Questions: []QuestionRow{}, Rectifications: []RectificationRow{}, Parties: []PartyView{}, Missing: []inquiry.Missing{},
		Can: map[string]bool{},
	}
	shown := map[string]bool{"": true}
	for i := range f.Tracks {
		t := &f.Tracks[i]
		if admits(trackScope, c, t) {
			shown[t.ID] = true
			out.Tracks = append(out.Tracks, n.track(f, t, content, who))
		}
	}
	for _, al := range f.Allegations {
		shown[al.ID] = shown[al.TrackID]
	}
	for i := range f.Questions {
		q := &f.Questions[i]
		if questionScope.Admits(spot(q.ID, q.UnitID, q.BranchID, q.PersonID, q.EventOn)) {
			shown[q.ID] = true
			out.Questions = append(out.Questions, n.question(q, today))
		}
	}
	if a.May(who, "track.assign") {
		for _, p := range f.Parties {
			out.Parties = append(out.Parties, PartyView{n.person(p.PersonID), p.Interest, p.RecordedOn})
		}
	}
	if err := a.viewCaseTasks(ctx, v, who, c, shown, out); err != nil {
		return err
	}
	// A barred thing is as if it were not there; what merely lies above the
	// reader's reach is counted, so that he knows whom to wait for.
	for _, m := range f.Missing() {
		switch {
		case shown[m.ID]:
			out.Missing = append(out.Missing, m)
		case !barredFrom(f, m, trackScope, questionScope):
			out.Hidden++
		}
	}
	for _, r := range inquiryRoutes {
		out.Can[r.Op] = a.May(who, r.Op)
	}
	out.Can["rectification.create"] = a.May(who, "rectification.create")
	return nil
}

// barredFrom reports whether a missing thing is about somebody whom the reader
// may know nothing of.
func barredFrom(f *inquiry.CaseFile, m inquiry.Missing, tracks, questions roster.Scope) bool {
	if al := f.Allegation(m.ID); al != nil {
		m.ID = al.TrackID
	}
	if t := f.Track(m.ID); t != nil {
		return tracks.Bars(spot(t.ID, t.UnitID, t.BranchID, t.PersonID, t.EventOn)) || questions.Bars(spot(t.ID, t.UnitID, t.BranchID, t.PersonID, t.EventOn))
	}
	for _, q := range f.Questions {
		if q.ID == m.ID {
			return questions.Bars(spot(q.ID, q.UnitID, q.BranchID, q.PersonID, q.EventOn))
		}
	}
	return false
}

func (a *App) viewCaseTasks(ctx context.Context, v *store.View, who *roster.Actor, c *inquiry.Case, shown map[string]bool, out *CaseView) error {
	sc, err := a.scope(ctx, v, who, roster.ActRead, roster.KindRectification)
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
	n, err := a.namer(ctx, v, who, []string{c.PersonID}, units)
	if err != nil {
		return err
	}
	for i := range tasks {
		t := &tasks[i]
		if sc.Admits(spot(t.ID, t.UnitID, t.BranchID, t.PersonID, t.EventOn)) {
			shown[t.ID] = true
			out.Rectifications = append(out.Rectifications, n.task(t, a.Today()))
		}
	}
	return nil
}

func (n namer) track(f *inquiry.CaseFile, t *inquiry.Track, content map[string]map[string]string, who *roster.Actor) TrackView {
	o := TrackView{
		ID: t.ID, Version: t.Version, Side: t.Side, Person: n.person(t.PersonID), Unit: n.unit(t.UnitID), State: t.State, DecideTier: t.DecideTier,
		OpenedOn: t.OpenedOn, Duty: t.Duty, Knowledge: t.Knowledge, Conduct: t.Conduct, Link: t.Link, Class: t.Class, Result: t.Result,
		Grounds: latest(content[t.ID], "proof"), EndReason: content[t.ID]["ended"], Members: []MemberView{}, Allegations: []AllegationView{},
	}
	for _, m := range f.Members {
		if m.TrackID == t.ID && m.EndedOn == "" {
			o.Members = append(o.Members, MemberView{n.person(m.MemberID), m.Duty, m.AssignedOn})
			if m.MemberID == who.Person {
				o.Mine = m.Duty
			}
		}
	}
	for _, al := range f.Allegations {
		if al.TrackID != t.ID {
			continue
		}
		av := AllegationView{ID: al.ID, Category: al.Category, Rule: al.Rule, Facts: content[al.ID]["text"], State: al.State, Findings: []FindingView{}}
		for i := range f.Findings {
			if f.Findings[i].AllegationID == al.ID {
				av.Findings = append(av.Findings, n.finding(f, &f.Findings[i], content))
			}
		}
		o.Allegations = append(o.Allegations, av)
	}
	for _, d := range f.Decisions {
		if d.TrackID == t.ID {
			dv := &DecisionView{ID: d.ID, Version: d.Version, State: d.State, Form: d.Form, Sanction: d.Sanction, Months: d.Months,
				Reason: content[d.ID]["reason"], By: n.person(d.ProposedBy), DecidedOn: d.DecidedOn, Members: []Named{}}
			for _, m := range d.MemberList() {
				dv.Members = append(dv.Members, n.person(m))
			}
			o.Decision = dv
		}
	}
	return o
}

func (n namer) finding(f *inquiry.CaseFile, x *inquiry.Finding, content map[string]map[string]string) FindingView {
	o := FindingView{
		ID: x.ID, Version: x.Version, State: x.State, Recommended: x.Recommended, Final: x.Final, Standard: x.Standard,
		Reason: content[x.ID]["reason"], FinalReason: content[x.ID]["final_reason"], By: n.person(x.RecommendedBy), ConfirmedBy: n.person(x.ConfirmedBy),
		ServedOn: x.ServedOn, ReplyDueOn: x.ReplyDueOn, FinalOn: x.FinalOn,
	}
	if r := f.ReplyTo(x.ID); r != nil {
		o.Reply = &ServedReply{Waived: r.Waived, FiledOn: r.FiledOn, Text: content[r.ID]["text"], AnsweredOn: r.AnsweredOn, Answer: content[r.ID]["answer"]}
	}
	return o
}

// QuestionRow is one line of the list of leader questions.
type QuestionRow struct {
	ID         string                `json:"id"`
	Version    int64                 `json:"version"`
	Ref        string                `json:"ref"`
	IssueID    string                `json:"issue_id"`
	CaseID     string                `json:"case_id"`
	Leader     Named                 `json:"leader"`
	Unit       Named                 `json:"unit"`
	LinkKind   string                `json:"link_kind"`
	Triggers   []inquiry.Trigger     `json:"triggers"`
	State      inquiry.QuestionState `json:"state"`
	EventOn    roster.Date           `json:"event_on"`
	RaisedOn   roster.Date           `json:"raised_on"`
	DueOn      roster.Date           `json:"due_on"`
	Overdue    bool                  `json:"overdue"`
	DecideTier int                   `json:"decide_tier"`
	TrackID    string                `json:"track_id"`
}

func (n namer) question(q *inquiry.Question, today roster.Date) QuestionRow {
	return QuestionRow{
		ID: q.ID, Version: q.Version, Ref: q.Ref, IssueID: q.IssueID, CaseID: q.CaseID, Leader: n.person(q.PersonID), Unit: n.unit(q.UnitID),
		LinkKind: q.LinkKind, Triggers: q.TriggerList(), State: q.State, EventOn: q.EventOn, RaisedOn: q.RaisedOn, DueOn: q.DueOn,
		Overdue: q.Overdue(today), DecideTier: q.DecideTier, TrackID: q.TrackID,
	}
}

// QuestionPage is one page of the list of leader questions.
type QuestionPage struct {
	Rows  []QuestionRow `json:"rows"`
	Total int64         `json:"total"`
	Next  string        `json:"next"`
}

// Questions lists leader questions in the actor's scope, the newest first.
func (a *App) Questions(ctx context.Context, who *roster.Actor, f inquiry.QuestionFilter, cursor string) (out QuestionPage, err error) {
	out.Rows = []QuestionRow{}
	after, err := a.openCursor(who, "question.list", cursor)
	if err != nil {
		return out, err
	}
	err = a.read(ctx, who, "question.list", func(ctx context.Context, v *store.View) error {
		sc, err := a.scope(ctx, v, who, roster.ActList, roster.KindQuestion)
		if err != nil {
			return err
		}
		today := a.Today()
		if out.Total, err = v.QuestionCount(ctx, f, sc, today); err != nil {
			return err
		}
		rows, err := v.QuestionList(ctx, f, sc, today, first(after), pageSize+1)
		if err != nil {
			return err
		}
		if len(rows) > pageSize {
			rows = rows[:pageSize]
			out.Next = a.sealCursor(who, "question.list", []string{rows[pageSize-1].ID})
		}
		var people, units []string
		for _, q := range rows {
			people, units = append(people, q.PersonID), append(units, q.UnitID)
		}
		n, err := a.namer(ctx, v, who, people, units)
		if err != nil {
			return err
		}
		named, err := a.namedScope(ctx, v, who, roster.ActList, roster.KindQuestion)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			n.hide = !named.Admits(spot(r.ID, r.UnitID, r.BranchID, r.PersonID, r.EventOn))
			out.Rows = append(out.Rows, n.question(r, today))
		}
		return nil
	})
	return out, err
}

// QuestionView is one leader question with its answer so far.
type QuestionView struct {
	QuestionRow
	Subject  Named           `json:"subject"`
	Reason   string          `json:"reason"`
	Proposer Named           `json:"proposed_by"`
	Approver Named           `json:"approved_by"`
	Can      map[string]bool `json:"can"`
}

// Question opens one leader question. A purpose is asked of leadership readers.
func (a *App) Question(ctx context.Context, who *roster.Actor, id string, purpose ...string) (out QuestionView, err error) {
	var o opened
	err = a.read(ctx, who, "question.get", func(ctx context.Context, v *store.View) error {
		sc, err := a.scope(ctx, v, who, roster.ActRead, roster.KindQuestion)
		if err != nil {
			return err
		}
		q, err := v.Question(ctx, id, sc)
		if err != nil {
			return err
		}
		if o, err = a.opening(ctx, v, who, roster.KindQuestion, spot(q.ID, q.UnitID, q.BranchID, q.PersonID, q.EventOn), purpose); err != nil {
			return err
		}
		n, err := a.namer(ctx, v, who, []string{q.PersonID, q.SubjectID, q.ProposedBy, q.ApprovedBy}, []string{q.UnitID})
		if err != nil {
			return err
		}
		texts, err := v.Texts(ctx, q.ID)
		if err != nil {
			return err
		}
		out = QuestionView{QuestionRow: n.question(q, a.Today()), Subject: n.person(q.SubjectID), Reason: latest(texts[q.ID], "reason"),
			Proposer: n.person(q.ProposedBy), Approver: n.person(q.ApprovedBy), Can: map[string]bool{}}
		if q.State == inquiry.QuestionRaised {
			out.Reason = ""
		}
		for _, op := range []string{"question.track", "question.refuse", "question.approve", "question.reject"} {
			out.Can[op] = a.May(who, op)
		}
		return nil
	})
	if err == nil {
		err = a.logOpening(ctx, who, o)
	}
	if err != nil {
		return QuestionView{}, err
	}
	return out, nil
}

// SanctionCodes lists the sanctions of the pack in force, for a form.
func (a *App) SanctionCodes() []rules.Sanction { return a.pack.Outcomes.Sanctions }
