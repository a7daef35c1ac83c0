package inquiry

import (
	"slices"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// ProposeRefusal answers a question with "no track", in writing; it stands
// only when somebody above the leader approves it.
func (q *Question) ProposeRefusal(by Standing) error {
	if err := by.Clear(q.PersonID, q.IssueID, q.CaseID); err != nil {
		return err
	}
	if err := move(questionMoves, q.State, QuestionRefusalProposed); err != nil {
		return err
	}
	q.State, q.ProposedBy, q.ApprovedBy = QuestionRefusalProposed, by.PersonID, ""
	return nil
}

// ApproveRefusal lets the refusal stand. It needs another person than the one
// who proposed it, at least one tier above the leader.
func (q *Question) ApproveRefusal(by Standing) error {
	if err := q.judgeRefusal(by, QuestionRefused); err != nil {
		return err
	}
	q.State, q.ApprovedBy = QuestionRefused, by.PersonID
	return nil
}

// RejectRefusal sends the question back to be answered otherwise.
func (q *Question) RejectRefusal(by Standing) error {
	if err := q.judgeRefusal(by, QuestionRaised); err != nil {
		return err
	}
	q.State, q.ProposedBy = QuestionRaised, ""
	return nil
}

func (q *Question) judgeRefusal(by Standing, to QuestionState) error {
	if err := by.Clear(q.PersonID, q.IssueID, q.CaseID); err != nil {
		return err
	}
	if q.State != QuestionRefusalProposed {
		return move(questionMoves, q.State, QuestionRefused)
	}
	if by.PersonID == q.ProposedBy {
		return fault.Forbidden("guard_same_person")
	}
	if err := HighEnough(by.Tier, q.DecideTier); err != nil {
		return err
	}
	return move(questionMoves, q.State, to)
}

// OpenTrack answers a question with a leader track on the case.
func (q *Question) OpenTrack(c *Case, by Standing, today roster.Date) (*Track, error) {
	if err := by.Clear(q.PersonID, q.IssueID, c.ID); err != nil {
		return nil, err
	}
	if c.IssueID != q.IssueID {
		return nil, fault.NotFound()
	}
	if err := move(questionMoves, q.State, QuestionTrackOpened); err != nil {
		return nil, err
	}
	t, err := c.NewTrack(SideLeader, q.ID, q.PersonID, q.UnitID, q.DecideTier, today)
	if err != nil {
		return nil, err
	}
	q.State, q.CaseID, q.ProposedBy = QuestionTrackOpened, c.ID, by.PersonID
	return t, nil
}

// Withdraw takes a question back because what raised it was taken back. It
// reports whether anything changed.
func (q *Question) Withdraw() bool {
	if move(questionMoves, q.State, QuestionWithdrawn) != nil {
		return false
	}
	q.State = QuestionWithdrawn
	return true
}

// Sustained reports whether a final finding on the track counts.
func (t *Track) Sustained(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool {
		return f.TrackID == t.ID && f.State == FindingFinal && f.Final.Counts()
	})
}

// Propose drafts the handling of a subject whose track is found. A form is
// proposed only on a sustained finding; form 0 is no handling.
func (t *Track) Propose(p *rules.Pack, by Standing, form int, sanction string, findings []Finding) (*Decision, error) {
	if err := by.Clear(t.PersonID, t.CaseID); err != nil {
		return nil, err
	}
	if t.State != TrackFound {
		return nil, fault.Conflict("track_not_found")
	}
	sustained := t.Sustained(findings)
	switch {
	case form < 0 || form > 4:
		return nil, fault.Invalid("choice_unknown", "form")
	case form > 0 && !sustained:
		return nil, fault.Invalid("form_without_finding", "form")
	}
	months := 0
	if sanction != "" {
		s, ok := p.Outcomes.SanctionOf(sanction)
		if !ok {
			return nil, fault.Invalid("choice_unknown", "sanction")
		}
		if s.Form != form {
			return nil, fault.Invalid("sanction_form", "sanction", "Form", s.Form)
		}
		months = s.Months
	} else if form == 3 {
		return nil, fault.Invalid("required", "sanction")
	}
	return &Decision{
		CaseID: t.CaseID, TrackID: t.ID, UnitID: t.UnitID, PersonID: t.PersonID, EventOn: t.EventOn,
		Form: form, Sanction: sanction, Months: months, State: DecisionProposed, ProposedBy: by.PersonID,
	}, nil
}

// Decide records the body's decision: a quorum of members, each of them clear
// of the subject, none who worked on the case; the recorder is one of them,
// sits high enough, and did not propose it.
func (d *Decision) Decide(p *rules.Pack, t *Track, by Standing, body []Standing, members []TrackMember, today roster.Date) error {
	if err := move(decisionMoves, d.State, DecisionDecided); err != nil {
		return err
	}
	if err := by.Clear(t.PersonID, t.CaseID); err != nil {
		return err
	}
	if by.PersonID == d.ProposedBy {
		return fault.Forbidden("guard_same_person")
	}
	if err := HighEnough(by.Tier, t.DecideTier); err != nil {
		return err
	}
	var ids []string
	for _, m := range body {
		if err := m.Clear(t.PersonID, t.CaseID); err != nil {
			return fault.As(err).WithField("members")
		}
		if slices.ContainsFunc(members, func(x TrackMember) bool { return x.MemberID == m.PersonID }) {
			return fault.Forbidden("guard_body_investigated").WithField("members")
		}
		if !slices.Contains(ids, m.PersonID) {
			ids = append(ids, m.PersonID)
		}
	}
	if !slices.Contains(ids, by.PersonID) {
		return fault.Invalid("body_without_recorder", "members")
	}
	if len(ids) < p.Dual.Quorum {
		return fault.Invalid("body_quorum", "members", "Count", p.Dual.Quorum)
	}
	if err := move(trackMoves, t.State, TrackDecided); err != nil {
		return err
	}
	d.State, d.DecidedBy, d.DecidedOn, d.Members = DecisionDecided, by.PersonID, today, strings.Join(ids, " ")
	t.State = TrackDecided
	return nil
}
