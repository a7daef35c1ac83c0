package inquiry

import (
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// NoteKind is what a note on a case records.
type NoteKind string

// The kinds of note.
const (
	NoteReleased        NoteKind = "released"         // a member was taken off a track
	NoteReopened        NoteKind = "reopened"         // an allegation, on new evidence
	NoteQuashed         NoteKind = "quashed"          // a finding
	NoteGroundWithdrawn NoteKind = "ground_withdrawn" // the record that the case was opened on was taken back
)

// EndedNote is the note of a track that ended without a finding, by its ground.
func EndedNote(ground string) NoteKind { return NoteKind("ended_" + ground) }

// CaseNote is one act on a case with its reason, beside the states.
type CaseNote struct {
	ledger.Stamp
	CaseID   string            `bun:"case_id"`
	TrackID  string            `bun:"track_id"`  // "" concerns the whole case
	ObjectID string            `bun:"object_id"` // member, allegation, finding, issue
	Kind     NoteKind          `bun:"kind"`
	NotedBy  string            `bun:"noted_by"` // person
	NotedOn  roster.Date       `bun:"noted_on"`
	TextC    ledger.Commitment `bun:"text_c"`
}

// Release takes a member off a track whose work is under way. What he did
// stays; he keeps out of the other duties of the case for good.
func (m *TrackMember) Release(t *Track, by Standing, today roster.Date) error {
	if err := by.Clear(t.PersonID, t.CaseID); err != nil {
		return err
	}
	if t.Side == SideLeader {
		if err := HighEnough(by.Tier, t.DecideTier); err != nil {
			return err
		}
	}
	switch {
	case t.State != TrackOpen && t.State != TrackAssigned:
		return fault.Conflict("track_not_open")
	case m.EndedOn != "":
		return fault.Conflict("member_ended")
	case m.MemberID == by.PersonID:
		return fault.Forbidden("guard_assigns_himself")
	}
	m.EndedOn = today
	return nil
}

// Reopen takes a found allegation up again on new evidence, which the caller
// keeps. Its finding stands until another is confirmed. A decision that was
// built on it is revoked by the caller.
func (a *Allegation) Reopen(t *Track, by Standing) error {
	if err := t.takeBack(a, by); err != nil {
		return err
	}
	return nil
}

// Quash ends a final finding: it counts no longer, and its allegation is open
// again. Neither who recommended nor who confirmed it may.
func (f *Finding) Quash(t *Track, a *Allegation, by Standing) error {
	if err := move(findingMoves, f.State, FindingQuashed); err != nil {
		return err
	}
	if by.PersonID == f.RecommendedBy || by.PersonID == f.ConfirmedBy {
		return fault.Forbidden("guard_same_person")
	}
	if a.State == AllegationReopened { // on new evidence already
		if err := by.Clear(t.PersonID, t.CaseID); err != nil {
			return err
		}
		if err := HighEnough(by.Tier, t.DecideTier); err != nil {
			return err
		}
	} else if err := t.takeBack(a, by); err != nil {
		return err
	}
	f.State = FindingQuashed
	return nil
}

func (t *Track) takeBack(a *Allegation, by Standing) error {
	if err := by.Clear(t.PersonID, t.CaseID); err != nil {
		return err
	}
	if err := HighEnough(by.Tier, t.DecideTier); err != nil {
		return err
	}
	if t.State == TrackEnded {
		return fault.Conflict("track_not_open")
	}
	if err := move(allegationMoves, a.State, AllegationReopened); err != nil {
		return err
	}
	a.State = AllegationReopened
	if t.State == TrackDecided || t.State == TrackFound {
		t.State = TrackAssigned
	}
	return nil
}

// Revoke takes a decision back because what it was built on was reopened or
// quashed, or because the body refused it.
func (d *Decision) Revoke() error {
	if err := move(decisionMoves, d.State, DecisionRevoked); err != nil {
		return err
	}
	d.State = DecisionRevoked
	return nil
}

// Reopen opens a closed case again, because one of its allegations was. It
// reports whether the case changed.
func (c *Case) Reopen() bool {
	if c.State != CaseClosed {
		return false
	}
	c.State, c.ClosedBy, c.ClosedOn = CaseOpen, "", ""
	return true
}

// incomplete reports whether an assigned track has lost a member it needs.
func (t *Track) incomplete(p *rules.Pack, members []TrackMember) bool {
	return t.State == TrackAssigned && !t.Complete(p, members)
}
