package intake

import (
	"context"
	"encoding/json"
	"time"

	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// CandidateView is one candidate, to be compared with the others.
type CandidateView struct {
	PersonID    string   `json:"person_id"`
	Name        string   `json:"name"`
	PersonnelNo string   `json:"personnel_no"`
	Numbers     []string `json:"numbers"` // police and badge numbers then
	Unit        string   `json:"unit"`    // then
	Rank        string   `json:"rank,omitempty"`
	Sex         string   `json:"sex,omitempty"`
	Born        string   `json:"born,omitempty"`
	For         []string `json:"for"`
	Against     []string `json:"against"`
	Counts      bool     `json:"counts"`   // it is one of those that decide the level
	Proposed    bool     `json:"proposed"` // chosen by the first of two reviewers
}

// CellView is one cell of the record as received.
type CellView struct {
	Header string `json:"header"`
	Field  string `json:"field"`
	Text   string `json:"text"`
}

// StepView is one step of a match.
type StepView struct {
	Step   string    `json:"step"`
	At     time.Time `json:"at"`
	ByYou  bool      `json:"by_you"`
	Person string    `json:"person,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// MatchView is everything that an inspector needs to decide.
type MatchView struct {
	MatchRow
	Received     string                 `json:"received_on"`
	Severity     int                    `json:"severity"`
	Narrative    string                 `json:"narrative"`
	Complainant  string                 `json:"complainant,omitempty"` // only while no custodians are in office
	Sealed       *appcustody.SealedView `json:"sealed,omitempty"`      // the complainant's identity
	Cells        []CellView             `json:"cells"`
	Candidates   []CandidateView        `json:"candidates"`
	Steps        []StepView             `json:"steps"`
	Reviewers    int                    `json:"reviewers"`        // how many have to agree on a candidate
	ForNobody    int                    `json:"nobody_reviewers"` // and on nobody
	ProposedNone bool                   `json:"proposed_none"`
	MayDecide    bool                   `json:"may_decide"`
	MayUndo      bool                   `json:"may_undo"`
	Pending      bool                   `json:"pending"`               // to undo it was proposed; a second person has to agree
	Proposal     string                 `json:"proposal_id,omitempty"` // where Pending
	Batch        string                 `json:"batch_ref"`
	Rejected     *RowFault              `json:"rejected,omitempty"` // why the row was not read in
}

// Match shows one match and its candidates side by side.
func (a *Intake) Match(ctx context.Context, who *roster.Actor, id string) (out MatchView, err error) {
	err = a.Read(ctx, who, "match.read", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindMatch)
		if err != nil {
			return err
		}
		m, err := v.Match(ctx, id, sc)
		if err != nil {
			return err
		}
		rows, err := matchRows(ctx, v, who, []*intake.Match{m})
		if err != nil {
			return err
		}
		out.MatchRow = rows[0]
		out.Reviewers = m.Reviewers("", &a.Pack().Matching)
		w, err := a.weightOf(ctx, v, m.RecordID)
		if err != nil {
			return err
		}
		out.ForNobody = m.NobodyReviewers(w, &a.Pack().Matching)
		out.ProposedNone = m.FirstFor == intake.None
		out.MayDecide = m.State.Open() && m.FirstBy != who.Account && a.May(who, "match.decide")
		if out.Proposal, err = casework.PendingOn(ctx, v, m.ID, opMatchUndo); err != nil {
			return err
		}
		out.Pending = out.Proposal != ""
		out.MayUndo = m.State == intake.StateMatched && !out.Pending && a.May(who, "match.undo")
		if err := a.showRecord(ctx, v, who, m, &out); err != nil {
			return err
		}
		if err := showCandidates(ctx, v, who.Lang, m, sc, &out); err != nil {
			return err
		}
		return showSteps(ctx, v, who, m, &out)
	})
	return out, err
}

func (a *Intake) showRecord(ctx context.Context, v *store.View, who *roster.Actor, m *intake.Match, out *MatchView) error {
	records, err := v.AuditRecords(ctx, m.RecordID)
	if err != nil || len(records) != 1 {
		return err
	}
	b, err := v.Batch(ctx, m.BatchID, desk.Everything)
	if err != nil {
		return err
	}
	out.Batch, out.Received, out.Severity = b.Ref, string(records[0].ReceivedOn), records[0].Severity
	texts, err := v.Texts(ctx, m.RecordID)
	if err != nil {
		return err
	}
	raw := intake.ParseRaw(texts[m.RecordID]["raw"])
	if r := records[0]; r.RejectCode != "" {
		out.Rejected = &RowFault{r.RowNo, intake.Cell(r.RejectCell, r.RowNo), r.RejectCode,
			&fault.Error{Kind: fault.InvalidKind, Code: r.RejectCode, Args: raw.Args}}
	}
	if raw.Reading != nil {
		out.Narrative, out.Complainant = raw.Reading.Narrative, raw.Reading.Complainant
	}
	sealed, complainant, err := a.custody.ShowSealed(ctx, v, who, m.RecordID)
	if err != nil {
		return err
	}
	if out.Sealed = sealed; complainant != "" {
		out.Complainant = complainant
	}
	var headers []string
	var fields intake.Columns
	if json.Unmarshal([]byte(b.Headers), &headers) != nil || json.Unmarshal([]byte(b.Mapping), &fields) != nil {
		return nil
	}
	for i, text := range raw.Cells {
		c := CellView{Text: text, Field: string(intake.Ignore)}
		if i < len(headers) {
			c.Header = headers[i]
		}
		if i < len(fields) {
			c.Field = string(fields[i])
		}
		if text != "" {
			out.Cells = append(out.Cells, c)
		}
	}
	return nil
}

// showCandidates shows the candidates as they were on the day. If the reader were
// barred from one of them, the whole match would be hidden from him.
func showCandidates(ctx context.Context, v *store.View, lang string, m *intake.Match, sc roster.Scope, out *MatchView) error {
	list := m.List()
	if m.PersonID != "" && !m.Candidate(m.PersonID) {
		list = append(list, intake.Candidate{Person: m.PersonID})
	}
	if m.FirstFor != "" && m.FirstFor != intake.None && !m.Candidate(m.FirstFor) {
		list = append(list, intake.Candidate{Person: m.FirstFor})
	}
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.Person
	}
	x, err := v.MatchIndexOf(ctx, ids)
	if err != nil {
		return err
	}
	var units []string
	for _, c := range list {
		if s, ok := x.Subject(c.Person); ok {
			units = append(units, s.UnitOn(m.EventOn))
		}
	}
	places, err := v.UnitsByID(ctx, units)
	if err != nil {
		return err
	}
	for i, c := range list {
		s, ok := x.Subject(c.Person)
		if !ok || sc.Bars(roster.Target{Person: c.Person, EventOn: m.EventOn}) {
			continue
		}
		view := CandidateView{
			PersonID: s.ID, Name: s.Name, Unit: desk.UnitName(lang,
				places[s.UnitOn(m.EventOn)]), Rank: s.RankOn(m.EventOn), Sex: s.Sex, Born: s.Birth,
			For: []string{}, Against: []string{}, Counts: i < m.Live, Proposed: m.FirstFor == s.ID,
		}
		for n, h := range s.Numbers {
			if n == 0 {
				view.PersonnelNo = h.Value
			} else if m.EventOn.Within(h.From, h.To) {
				view.Numbers = append(view.Numbers, h.Value)
			}
		}
		for _, p := range c.For {
			view.For = append(view.For, string(p))
		}
		for _, p := range c.Against {
			view.Against = append(view.Against, string(p))
		}
		out.Candidates = append(out.Candidates, view)
	}
	return nil
}

func showSteps(ctx context.Context, v *store.View, who *roster.Actor, m *intake.Match, out *MatchView) error {
	steps, err := v.MatchDecisions(ctx, m.ID)
	if err != nil {
		return err
	}
	ids, people := make([]string, len(steps)), make([]string, len(steps))
	for i, s := range steps {
		ids[i], people[i] = s.ID, s.PersonID
	}
	texts, err := v.Texts(ctx, ids...)
	if err != nil {
		return err
	}
	names, err := v.PersonNames(ctx, people)
	if err != nil {
		return err
	}
	for _, s := range steps {
		out.Steps = append(out.Steps, StepView{Step: string(s.Step), At: s.CreatedAt.UTC(), ByYou: s.Account == who.Account,
			Person: names[s.PersonID], Reason: texts[s.ID]["reason"]})
	}
	return nil
}
