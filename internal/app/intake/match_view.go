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
	PersonID    string         `json:"person_id"`
	Name        string         `json:"name"`
	PersonnelNo string         `json:"personnel_no"`
	Numbers     []string       `json:"numbers"` // police and badge numbers then
	Unit        string         `json:"unit"`    // then
	Rank        string         `json:"rank,omitempty"`
	Sex         string         `json:"sex,omitempty"`
	Born        string         `json:"born,omitempty"`
	Service     []ServiceView  `json:"service"` // all postings, the earliest first
	Evidence    []EvidenceView `json:"evidence"`
	Probability float64        `json:"probability"` // that the record is about this person, 0 to 1, by the model of its batch
	Vetoed      bool           `json:"vetoed"`      // something speaks against him that keeps the record from attaching by itself
	Counts      bool           `json:"counts"`      // it is one of those that decide the level
	Proposed    bool           `json:"proposed"`    // chosen by the reader, as the first of two reviewers
}

// EvidenceView is one field that record and roster have in common.
type EvidenceView struct {
	Point  string  `json:"point"`
	Agrees bool    `json:"agrees"`
	Bits   float64 `json:"bits"` // log2 of how much oftener it is so for his own records than for those of others
}

// ServiceView is one posting of a candidate.
type ServiceView struct {
	Unit string `json:"unit"`
	Rank string `json:"rank,omitempty"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Then bool   `json:"then"` // on the day of the event
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
		out.ProposedNone = m.FirstFor == intake.None && m.FirstBy == who.Account
		out.MayDecide = m.State.Open() && m.FirstBy != who.Account && a.May(who, "match.decide")
		if out.Proposal, err = casework.PendingOn(ctx, v, m.ID, opMatchUndo); err != nil {
			return err
		}
		out.Pending = out.Proposal != ""
		out.MayUndo = m.State == intake.StateMatched && !out.Pending && a.May(who, "match.undo")
		if err := a.showRecord(ctx, v, who, m, &out); err != nil {
			return err
		}
		if err := showCandidates(ctx, v, who.Lang, m, sc, m.FirstBy == who.Account, &out); err != nil {
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
// barred from one of them, the whole match would be hidden from him. Whom the first of
// two reviewers chose is shown to himself alone, so that the second decides unprompted.
func showCandidates(ctx context.Context, v *store.View, lang string, m *intake.Match, sc roster.Scope, yours bool, out *MatchView) error {
	list := m.List()
	if m.PersonID != "" && !m.Candidate(m.PersonID) {
		list = append(list, intake.Candidate{Person: m.PersonID})
	}
	if yours && m.FirstFor != "" && m.FirstFor != intake.None && !m.Candidate(m.FirstFor) {
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
			for _, p := range s.Postings {
				units = append(units, p.Unit)
			}
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
			PersonnelNo: s.Personnel, Evidence: []EvidenceView{}, Probability: c.Posterior, Vetoed: c.Vetoed,
			Counts: i < m.Live, Proposed: m.FirstFor == s.ID && yours,
		}
		for _, h := range s.Numbers {
			if h.Value != s.Personnel && m.EventOn.Within(h.From, h.To) {
				view.Numbers = append(view.Numbers, h.Value)
			}
		}
		for _, e := range c.Evidence {
			view.Evidence = append(view.Evidence, EvidenceView{string(e.Point), e.Agrees, e.Bits})
		}
		for _, p := range s.Postings {
			view.Service = append(view.Service, ServiceView{desk.UnitName(lang, places[p.Unit]), p.Rank, string(p.From), string(p.To),
				m.EventOn.Within(p.From, p.To)})
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
		view := StepView{Step: string(s.Step), At: s.CreatedAt.UTC(), ByYou: s.Account == who.Account}
		if !m.State.Open() || s.Step != intake.StepPropose || view.ByYou {
			view.Person, view.Reason = names[s.PersonID], texts[s.ID]["reason"]
		}
		out.Steps = append(out.Steps, view)
	}
	return nil
}
