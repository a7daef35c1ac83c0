package casework

import (
	"context"
	"slices"
	"strconv"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/readlog"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// IssueListInput asks for one page of issues.
type IssueListInput struct {
	Filter issue.Filter
	Cursor string // of the page before
	Limit  int    // 1 to 200, default 50
	Count  bool   // count the whole list, exactly
}

// IssueList is one page.
type IssueList struct {
	Rows  []issue.Row `json:"rows"`
	Next  string      `json:"next"`  // cursor of the next page, "" at the end
	Total int64       `json:"total"` // -1 where it was not asked for
	Named bool        `json:"named"` // whether the reader sees names
}

// Issues lists issues under the reader's scope.
func (a *Casework) Issues(ctx context.Context, who *roster.Actor, in IssueListInput) (out IssueList, err error) {
	out = IssueList{Rows: []issue.Row{}, Total: -1}
	out.Next, err = a.ReadPageBy(ctx, who, "issue.list", in.Cursor, in.Limit, func(ctx context.Context, v *store.View, p *desk.Page) error {
		var after *issue.Place
		if p.After != nil {
			var err error
			if after, err = placeOf(p.After, in.Filter); err != nil {
				return err
			}
		}
		sc, err := a.IssueListScope(ctx, v, who, roster.ActList, in.Filter)
		if err != nil {
			return err
		}
		rows, err := v.IssueList(ctx, in.Filter, sc, after, p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r issue.Row) []string {
			return []string{in.Filter.Query(), strconv.Itoa(r.Severity), string(r.EventOn), r.ID}
		})
		if in.Count {
			if out.Total, err = v.IssueCount(ctx, in.Filter, sc); err != nil {
				return err
			}
		}
		out.Rows = rows
		named, err := a.NamedScope(ctx, v, who, roster.ActList, roster.KindIssue)
		if err != nil {
			return err
		}
		out.Named = !named.Empty()
		return NameRows(ctx, v, who.Lang, rows, named)
	})
	return out, err
}

// placeOf reads a list's cursor and refuses one made under another filter.
func placeOf(parts []string, f issue.Filter) (*issue.Place, error) {
	if len(parts) != 4 || parts[0] != f.Query() {
		return nil, fault.Shape("cursor_unreadable", "cursor")
	}
	severity, err := strconv.Atoi(parts[1])
	if err != nil {
		return nil, fault.Shape("cursor_unreadable", "cursor")
	}
	return &issue.Place{Severity: severity, EventOn: parts[2], ID: parts[3]}, nil
}

// IssueListScope is the scope of a list of issues. A filter that singles out a
// person is limited to the rows whose names the actor sees: otherwise a list without
// names would tell a leadership reader whose issues it holds.
func (a *Casework) IssueListScope(ctx context.Context, v *store.View, who *roster.Actor, act roster.Act,
	f issue.Filter) (roster.Scope, error) {
	field := f.Singles()
	if field == "" {
		return a.Scope(ctx, v, who, act, roster.KindIssue)
	}
	named, err := a.NamedScope(ctx, v, who, act, roster.KindIssue)
	if err == nil && named.Empty() {
		err = fault.Invalid("filter_person", field)
	}
	return named, err
}

// NameRows fills in the names of units, and of people where the reader may see them.
func NameRows(ctx context.Context, v *store.View, lang string, rows []issue.Row, named roster.Scope) error {
	var people, units []string
	for n, r := range rows {
		units = append(units, r.UnitID)
		if named.Admits(roster.Target{ID: r.ID, Unit: r.UnitID, Branch: r.BranchID, Person: r.PersonID, EventOn: r.EventOn}) {
			people = append(people, r.PersonID)
		} else if r.PersonID != "" {
			rows[n].PersonID = desk.HiddenPerson
		}
	}
	unitNames, err := v.UnitsByID(ctx, units)
	if err != nil {
		return err
	}
	personNames, err := v.PersonNames(ctx, people)
	if err != nil {
		return err
	}
	for n := range rows {
		rows[n].UnitName = desk.UnitName(lang, unitNames[rows[n].UnitID])
		rows[n].PersonName = personNames[rows[n].PersonID]
	}
	return nil
}

// IssueInput asks for one issue. Leadership readers must state a purpose.
type IssueInput struct {
	ID      string
	Purpose string
}

// IssueDetail is one issue with everything attached to it.
type IssueDetail struct {
	*issue.Issue
	PersonName  string            `json:"person_name"`
	UnitName    string            `json:"unit_name"`
	Narrative   string            `json:"narrative"`
	Erased      bool              `json:"erased"` // its texts were expunged
	Linked      []issue.Row       `json:"linked"`
	Statements  []StatementDetail `json:"statements"`
	History     []HistoryLine     `json:"history"`
	Peak        int               `json:"peak"`          // highest severity that it ever had
	May         []issue.Act       `json:"may"`           // steps that the reader may take now
	NoCorrect   *fault.Error      `json:"-"`             // why the reader, who corrects issues, does not correct this one
	MayNotify   bool              `json:"may_notify"`    //
	MayConceal  bool              `json:"may_conceal"`   //
	MayRecur    bool              `json:"may_recur"`     //
	MayOpenFile bool              `json:"may_open_file"` //
	MayParty    bool              `json:"may_party"`     //
	Parties     []PartyView       `json:"parties"`       // for those who may record them
}

// StatementDetail is a statement with its texts.
type StatementDetail struct {
	ID      string               `json:"id"`
	Kind    issue.StatementKind  `json:"kind"`
	Act     issue.Act            `json:"act"`
	State   issue.StatementState `json:"state"`
	At      time.Time            `json:"at"`
	Text    string               `json:"text"`
	Answer  string               `json:"answer"`
	Own     bool                 `json:"own"` // said by the subject
	Version int64                `json:"version"`
	// Changed is what was done to the issue after the request was granted; nil
	// for other statements, empty while nothing was.
	Changed []HistoryLine `json:"changed,omitempty"`
}

// HistoryLine is a ledger entry that names the thing.
type HistoryLine struct {
	Seq  int64     `json:"seq"`
	At   time.Time `json:"at"`
	Verb string    `json:"verb"`
}

// opensIssue reports whether the reader could open the issue itself; the page of its
// case, question or task links to it only then. Members of a track see more of the
// case than of issues.
func (a *Casework) opensIssue(ctx context.Context, v *store.View, who *roster.Actor, id string) (bool, error) {
	if !a.May(who, "issue.read") {
		return false, nil
	}
	sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindIssue)
	if err != nil {
		return false, err
	}
	_, err = v.Issue(ctx, id, sc)
	if fault.Is(err, fault.NotFoundKind) {
		return false, nil
	}
	return err == nil, err
}

// Issue opens one issue. A reader who is only a leadership reader must state a
// purpose, and the opening is logged before the answer.
func (a *Casework) Issue(ctx context.Context, who *roster.Actor, in IssueInput) (*IssueDetail, error) {
	var d *IssueDetail
	asked := false
	err := a.Read(ctx, who, "issue.read", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindIssue)
		if err != nil {
			return err
		}
		i, err := v.Issue(ctx, in.ID, sc)
		if err != nil {
			return err
		}
		named, err := a.NamedScope(ctx, v, who, roster.ActRead, roster.KindIssue)
		if err != nil {
			return err
		}
		if asked = !named.Admits(desk.Target(i)); asked {
			if err := readlog.CheckPurpose(in.Purpose); err != nil {
				return err
			}
		}
		d, err = a.issueDetail(ctx, v, who, i, sc)
		return err
	})
	if err != nil {
		return nil, err
	}
	if asked {
		if err := a.LogReading(ctx, who, string(roster.KindIssue), d.ID, d.PersonID, in.Purpose); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (a *Casework) issueDetail(ctx context.Context, v *store.View, who *roster.Actor, i *issue.Issue,
	sc roster.Scope) (*IssueDetail, error) {
	d := &IssueDetail{Issue: i}
	people, err := v.PersonNames(ctx, []string{i.PersonID})
	if err != nil {
		return nil, err
	}
	units, err := v.UnitsByID(ctx, []string{i.UnitID})
	if err != nil {
		return nil, err
	}
	d.PersonName, d.UnitName = people[i.PersonID], desk.UnitName(who.Lang, units[i.UnitID])
	if err := a.linkedTo(ctx, v, who, d, sc); err != nil {
		return nil, err
	}
	said, err := v.Statements(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	ids := []string{i.ID}
	for _, s := range said {
		ids = append(ids, s.ID)
	}
	texts, err := v.Texts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	d.Narrative = issue.Narrative(texts[i.ID])
	erased, err := v.Erased(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	d.Erased = erased[i.ID]
	d.Statements = statements(said, texts)
	if err := a.corrections(ctx, v, i, d.Statements); err != nil {
		return nil, err
	}
	for _, object := range []string{i.ID, i.BulkID} {
		if object == "" {
			continue
		}
		entries, err := v.EntriesOf(ctx, object)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			d.History = append(d.History, HistoryLine{e.Seq, e.At, e.Verb})
		}
	}
	slices.SortFunc(d.History, func(x, y HistoryLine) int { return int(x.Seq - y.Seq) })
	if err := a.issueParties(ctx, v, who, d); err != nil {
		return nil, err
	}
	return d, a.rightsOn(ctx, v, who, d)
}

// linkedTo fills in the issues that this one names or that name it. Somebody who
// opened one row for a purpose sees only the names of that person.
func (a *Casework) linkedTo(ctx context.Context, v *store.View, who *roster.Actor, d *IssueDetail, sc roster.Scope) (err error) {
	if d.Linked, err = v.IssuesLinked(ctx, d.Issue, sc); err != nil {
		return err
	}
	named, err := a.NamedScope(ctx, v, who, roster.ActRead, roster.KindIssue)
	if err != nil {
		return err
	}
	same := make([]bool, len(d.Linked))
	for n, r := range d.Linked {
		same[n] = r.PersonID == d.PersonID
	}
	if err := NameRows(ctx, v, who.Lang, d.Linked, named); err != nil {
		return err
	}
	for n := range d.Linked {
		if same[n] {
			d.Linked[n].PersonID, d.Linked[n].PersonName = d.PersonID, d.PersonName
		}
	}
	return nil
}

func statements(said []*issue.Statement, texts map[string]map[string]string) []StatementDetail {
	out := make([]StatementDetail, 0, len(said))
	for _, s := range said {
		out = append(out, StatementDetail{ID: s.ID, Kind: s.Kind, Act: s.Act, State: s.State, At: s.CreatedAt,
			Text: texts[s.ID]["text"], Answer: texts[s.ID]["answer"], Own: s.Kind == issue.Answer ||
				s.Kind == issue.Correction, Version: s.Version})
	}
	return out
}

// actsOn maps each step to the act that the policy is asked about.
var actsOn = []struct {
	step issue.Act
	act  roster.Act
}{
	{issue.ActTriage, roster.ActTriage}, {issue.ActCorrect, roster.ActCorrect}, {issue.ActReject, roster.ActTriage},
	{issue.ActMerge, roster.ActMerge}, {issue.ActWithdraw, roster.ActWithdraw}, {issue.ActReopen, roster.ActReopen},
}

// rightsOn fills in what the reader may do with the issue now.
func (a *Casework) rightsOn(ctx context.Context, v *store.View, who *roster.Actor, d *IssueDetail) error {
	d.MayOpenFile = d.PersonID != "" && a.May(who, "file.read")
	e, err := a.Ending(ctx, v, who, "", d.ID)
	if err != nil {
		return err
	}
	d.Peak = max(e.Peak, d.Severity)
	if d.MayDecide(who) != nil {
		return nil
	}
	var failed error
	can := func(act roster.Act, kind roster.Kind) bool {
		sc, err := a.Scope(ctx, v, who, act, kind)
		if err != nil {
			failed = err
		}
		return sc.Admits(desk.Target(d.Issue))
	}
	for _, s := range actsOn {
		switch {
		case !d.Issue.May(s.step), !can(s.act, roster.KindIssue):
		case s.step == issue.ActCorrect:
			accepted, err := acceptedList(ctx, v, d.Issue)
			if err != nil {
				return err
			}
			probe := *d.Issue
			if err := probe.CorrectOnSpot(accepted, e, a.Pack().Review, a.Now()); err != nil {
				d.NoCorrect = fault.As(err)
				continue
			}
			d.May = append(d.May, s.step)
		case s.step == issue.ActReject && d.RejectBy == who.Account:
		default:
			d.May = append(d.May, s.step)
		}
	}
	live := d.State.Live()
	d.MayNotify = live && d.PersonID != "" && d.Source != issue.Self && d.NoticedAt == nil && can(roster.ActNotify, roster.KindIssue)
	d.MayConceal = live && d.Concealment == issue.ConcealmentQuestion && can(roster.ActDecide, roster.KindConcealment)
	d.MayRecur = live && can(roster.ActMerge, roster.KindIssue)
	return failed
}

// CategoryCodes lists the conduct categories in their fixed order.
func CategoryCodes() []string {
	var codes []string
	for _, c := range seeds.Categories() {
		codes = append(codes, c.Code)
	}
	return codes
}

// AuditSourceCodes lists the audit sources in their fixed order.
func AuditSourceCodes() []string {
	var codes []string
	for _, s := range seeds.Sources() {
		codes = append(codes, s.Code)
	}
	return codes
}
