package intake

import (
	"context"
	"slices"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// MatchFilter narrows the queue; empty fields do not.
type MatchFilter struct {
	Level  string `json:"level,omitempty"`
	State  string `json:"state,omitempty"`
	Source string `json:"source,omitempty"`
	Unit   string `json:"unit,omitempty"` // and all below
	Batch  string `json:"batch,omitempty"`
	Open   bool   `json:"open,omitempty"` // only what waits for a decision
}

// MatchRow is a line of the queue.
type MatchRow struct {
	ID        string `json:"id"`
	Version   int64  `json:"version"`
	BatchID   string `json:"batch_id"`
	Row       int    `json:"row"`
	Source    string `json:"source"`
	Level     string `json:"level"`
	State     string `json:"state"`
	EventOn   string `json:"event_on"`
	Category  string `json:"category"`
	UnitID    string `json:"unit_id"`
	Unit      string `json:"unit"`
	Named     string `json:"named"` // as the record writes it
	People    int    `json:"people"`
	PersonID  string `json:"person_id,omitempty"`
	Person    string `json:"person,omitempty"`
	IssueID   string `json:"issue_id,omitempty"`
	Proposed  bool   `json:"proposed"`    // one of two reviewers has answered
	ByYou     bool   `json:"by_you"`      // and it was the reader
	Duplicate string `json:"original_id"` // match of the record that it repeats
}

// Matches lists the queue under the actor's scope, newest events first, with the
// exact total on the first page.
func (a *Intake) Matches(ctx context.Context, who *roster.Actor, f MatchFilter, cursor string,
	limit int) (out []MatchRow, total int64, next string, err error) {
	const op = "match.list"
	filter := intake.Filter{Level: intake.Level(f.Level), State: intake.MatchState(f.State), Source: f.Source, Unit: f.Unit, Batch: f.Batch,
		Open: f.Open}
	total = -1
	next, err = a.ReadPage(ctx, who, op, cursor, limit, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		var spot *intake.Spot
		if len(p.After) == 2 {
			spot = &intake.Spot{EventOn: roster.Date(p.After[0]), ID: p.After[1]}
		}
		rows, err := v.MatchList(ctx, filter, sc, spot, p.Limit+1)
		if err != nil {
			return err
		}
		if spot == nil {
			if total, err = v.MatchCount(ctx, filter, sc); err != nil {
				return err
			}
		}
		rows = desk.Cut(p, rows, func(r *intake.Match) []string { return []string{string(r.EventOn), r.ID} })
		out, err = matchRows(ctx, v, who, rows)
		return err
	})
	return out, total, next, err
}

func matchRows(ctx context.Context, v *store.View, who *roster.Actor, rows []*intake.Match) ([]MatchRow, error) {
	records, people, units := make([]string, len(rows)), []string{}, []string{}
	for i, m := range rows {
		records[i] = m.RecordID
		people, units = append(people, m.PersonID), append(units, m.UnitID)
	}
	texts, err := v.Texts(ctx, records...)
	if err != nil {
		return nil, err
	}
	names, err := v.PersonNames(ctx, people)
	if err != nil {
		return nil, err
	}
	places, err := v.UnitsByID(ctx, units)
	if err != nil {
		return nil, err
	}
	out := make([]MatchRow, len(rows))
	for i, m := range rows {
		r := MatchRow{
			ID: m.ID, Version: m.Version, BatchID: m.BatchID, Row: m.RowNo, Source: m.Source, Level: string(m.Level), State: string(m.State),
			EventOn: string(m.EventOn), Category: m.Category, UnitID: m.UnitID, People: m.Live, PersonID: m.PersonID,
			Person: names[m.PersonID], IssueID: m.IssueID, Proposed: m.FirstBy != "", ByYou: m.FirstBy != "" && m.FirstBy == who.Account,
			Duplicate: m.Original,
		}
		r.Unit = desk.UnitName(who.Lang, places[m.UnitID])
		if reading := intake.ParseRaw(texts[m.RecordID]["raw"]).Reading; reading != nil {
			r.Named = reading.Name
			if r.Named == "" {
				r.Named = reading.PoliceNo + reading.BadgeNo
			}
		}
		out[i] = r
	}
	return out, nil
}

// DecideInput is a reviewer's answer: one person by id or number, or nobody.
type DecideInput struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Person  string `json:"person_id,omitempty"`
	Number  string `json:"number,omitempty"` // personnel, police or badge number as of the event date
	Nobody  bool   `json:"nobody,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Key     string `json:"-"`
}

// Validate judges the input by itself.
func (in DecideInput) Validate() error {
	if in.Version == 0 {
		return fault.VersionRequired()
	}
	if in.Nobody == (in.Person != "" || in.Number != "") {
		return fault.Invalid("match_choose", "person_id")
	}
	return nil
}

// DecideMatch records a reviewer's answer. Confirming creates the issue.
func (a *Intake) DecideMatch(ctx context.Context, who *roster.Actor, in DecideInput) (MatchView, desk.Receipt, error) {
	rec, err := a.Write(ctx, who, desk.Write{Op: "match.decide", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, sc, err := a.matchFor(ctx, tx, who, roster.ActDecide, in.ID, in.Version)
		if err != nil {
			return nil, "", err
		}
		after := *before
		person := ""
		if !in.Nobody {
			if person, err = a.personFor(ctx, tx, sc, before, in); err != nil {
				return nil, "", err
			}
		}
		answer := intake.Answer{Person: person, Account: who.Account, By: who.Person}
		if answer.Weight, err = a.weightOf(ctx, &tx.View, before.RecordID); err != nil {
			return nil, "", err
		}
		if before.FirstBy != "" {
			if answer.First, err = tx.PersonOfAccount(ctx, before.FirstBy); err != nil {
				return nil, "", err
			}
		}
		step, err := after.Decide(answer, &a.Pack().Matching, tx.Now())
		if err != nil {
			return nil, "", err
		}
		if step == intake.StepConfirm {
			if err := a.attach(ctx, tx, &after); err != nil {
				return nil, "", err
			}
		}
		return a.saveStep(ctx, tx, who, before, &after, step, person, in.Reason)
	})
	if err != nil {
		return MatchView{}, rec, err
	}
	view, err := a.Match(ctx, who, in.ID)
	return view, rec, err
}

// weightOf says how serious a record is, by the highest severity that it ever had.
func (a *Intake) weightOf(ctx context.Context, v *store.View, record string) (intake.Weight, error) {
	peaks, err := v.RecordPeaks(ctx, record)
	return a.weight(peaks[record]), err
}

// weight classifies a severity by the rule pack.
func (a *Intake) weight(severity int) intake.Weight {
	return intake.Weight{Peak: severity, Limit: a.Pack().Review.ClueMinSeverity}
}

func (a *Intake) matchFor(ctx context.Context, tx *store.Tx, who *roster.Actor, act roster.Act, id string,
	version int64) (*intake.Match, roster.Scope, error) {
	sc, err := a.Scope(ctx, &tx.View, who, act, roster.KindMatch)
	if err != nil {
		return nil, sc, err
	}
	m, err := tx.Match(ctx, id, sc)
	if err == nil && m.Version != version {
		err = fault.Conflict("stale_version", "Current", m.Version)
	}
	return m, sc, err
}

// personFor finds the chosen person. Somebody from whom the reviewer is barred does
// not exist for him.
func (a *Intake) personFor(ctx context.Context, tx *store.Tx, sc roster.Scope, m *intake.Match, in DecideInput) (string, error) {
	person := in.Person
	if person == "" {
		ids, err := tx.PeopleByNumber(ctx, in.Number, m.EventOn)
		switch {
		case err != nil:
			return "", err
		case len(ids) > 1:
			return "", fault.Invalid("match_person_several", "number")
		case len(ids) == 1:
			person = ids[0]
		}
	}
	names, err := tx.PersonNames(ctx, []string{person})
	if err != nil {
		return "", err
	}
	if _, ok := names[person]; !ok || sc.Bars(roster.Target{Person: person, EventOn: m.EventOn}) {
		return "", fault.Invalid("match_person_unknown", "number")
	}
	return person, nil
}

// attach creates the issue of a confirmed match. The earliest receipt of the record
// and its duplicates governs.
func (a *Intake) attach(ctx context.Context, tx *store.Tx, m *intake.Match) error {
	linked, err := tx.DuplicatesOf(ctx, m.ID)
	if err != nil {
		return err
	}
	ids := []string{m.RecordID}
	for _, d := range linked[m.ID] {
		ids = append(ids, d.RecordID)
	}
	records, err := tx.AuditRecords(ctx, ids...)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(records, func(r *intake.AuditRecord) bool { return r.ID == m.RecordID })
	if at < 0 {
		return fault.NotFound()
	}
	rec := *records[at]
	for _, r := range records {
		rec.ReceivedOn = min(rec.ReceivedOn, r.ReceivedOn)
	}
	texts, err := tx.Texts(ctx, rec.ID)
	if err != nil {
		return err
	}
	reading := intake.ParseRaw(texts[rec.ID]["raw"]).Reading
	if reading == nil {
		reading = &intake.Reading{} // erased; the codes stand on the record
	}
	x, err := tx.MatchIndexOf(ctx, []string{m.PersonID})
	if err != nil {
		return err
	}
	is, narrative := auditIssue(tx, &rec, reading, m, x)
	if err := tx.PutTexts(ctx, narrative); err != nil {
		return err
	}
	return tx.AddIssues(ctx, []*issue.Issue{is}, issue.TimingOf(a.Pack()))
}

func (a *Intake) saveStep(ctx context.Context, tx *store.Tx, who *roster.Actor, before, after *intake.Match, step intake.Step, person,
	reason string) ([]ledger.Fact, string, error) {
	d := &intake.MatchDecision{MatchID: after.ID, Step: step, PersonID: person, Account: who.Account, ReasonC: ledger.Commitment{}}
	d.ID = tx.NewID()
	if reason != "" {
		var err error
		if d.ReasonC, err = tx.PutText(ctx, d.ID, "reason", reason); err != nil {
			return nil, "", err
		}
	}
	if err := tx.Insert(ctx, d); err != nil {
		return nil, "", err
	}
	return []ledger.Fact{{Verb: "match." + string(step), Kind: kinds.Match, ID: after.ID, Unit: after.UnitID}}, after.ID, tx.Save(ctx,
		before, after)
}

const opMatchUndo = "match.undo"

func (a *Intake) registerMatch() {
	a.Register(opMatchUndo, approval.Act{Show: a.casework.ShowEnd, Run: approval.Typed(func(in *UndoInput, id string) { in.ID = id },
		func(ctx context.Context, tx *store.Tx, g approval.Approved, in UndoInput) ([]ledger.Fact, error) {
			facts, _, err := a.undoMatch(ctx, tx, g.Proposer, g.Proposal.SettledBy, in)
			return facts, err
		})})
}

// UndoInput undoes a confirmed match.
type UndoInput struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Reason  string `json:"reason"`
	Key     string `json:"-"`
	// Stated says that a case opened on the match may lose its ground.
	Stated bool `json:"case_loses_ground"`
}

// Validate judges the input by itself.
func (in UndoInput) Validate() error {
	if in.Version == 0 {
		return fault.VersionRequired()
	}
	if in.Reason == "" {
		return fault.Invalid("reason_missing", "reason")
	}
	return nil
}

// UndoMatch undoes a confirmed match and what followed from it: the issue, the
// comparison, the leader questions. If one person may not end the issue, it is
// proposed, and done once a second inspector agrees.
func (a *Intake) UndoMatch(ctx context.Context, who *roster.Actor, in UndoInput) (MatchView, desk.Receipt, error) {
	rec, err := a.Write(ctx, who, desk.Write{Op: opMatchUndo, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		return a.undoMatch(ctx, tx, who, "", in)
	})
	if err != nil {
		return MatchView{}, rec, err
	}
	view, err := a.Match(ctx, who, in.ID)
	return view, rec, err
}

func (a *Intake) undoMatch(ctx context.Context, tx *store.Tx, who *roster.Actor, first string,
	in UndoInput) ([]ledger.Fact, string, error) {
	before, _, err := a.matchFor(ctx, tx, who, roster.ActWithdraw, in.ID, in.Version)
	if err != nil {
		return nil, "", err
	}
	after := *before
	if err := after.Undo(); err != nil {
		return nil, "", err
	}
	i, err := tx.Issue(ctx, before.IssueID, desk.Everything)
	if err != nil {
		return nil, "", err
	}
	e, err := a.casework.Ending(ctx, &tx.View, who, first, i.ID)
	if err != nil {
		return nil, "", err
	}
	if i.State != issue.Withdrawn && i.Ground(issue.Withdrawn, e) != "" {
		if err := casework.GroundStated(ctx, tx, []string{i.ID}, in.Stated); err != nil {
			return nil, "", err
		}
		p, err := a.casework.EndProposal(ctx, tx, who, opMatchUndo, i)
		if err != nil {
			return nil, "", err
		}
		p.ObjectKind, p.ObjectID = string(roster.KindMatch), before.ID
		return a.Propose(ctx, tx, who, p, in, in.Reason)
	}
	if err := a.casework.GroundWithdrawn(ctx, tx, who, []string{before.IssueID}, in.Stated, in.Reason); err != nil {
		return nil, "", err
	}
	if err := a.withdrawIssues(ctx, tx, who, first, []string{before.IssueID}); err != nil {
		return nil, "", err
	}
	return a.saveStep(ctx, tx, who, before, &after, intake.StepUndo, before.PersonID, in.Reason)
}
