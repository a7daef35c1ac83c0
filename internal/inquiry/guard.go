package inquiry

import (
	"slices"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// Standing is what the records say about one person before he is put on
// something or decides it.
type Standing struct {
	PersonID  string
	UnitID    string
	Tier      int      // of the unit that he acts from: 0 superior authority to 3 station
	Superiors []string // heads and in-charge leaders above him, now or at the event date
	PartyTo   []string // issues and cases that he is a party to
}

// Clear says why the person may have nothing to do with a matter about the
// subject: it is himself, his superior, or he is a party.
func (s Standing) Clear(subjectID string, objects ...string) error {
	switch {
	case s.PersonID == "":
		return fault.Invalid("person_unknown", "person")
	case s.PersonID == subjectID:
		return fault.Forbidden("guard_subject")
	case subjectID != "" && slices.Contains(s.Superiors, subjectID):
		return fault.Forbidden("guard_subordinate")
	}
	for _, o := range objects {
		if o != "" && slices.Contains(s.PartyTo, o) {
			return fault.Forbidden("guard_party")
		}
	}
	return nil
}

// HighEnough refuses a tier below the one that must decide; tiers are numbered
// from the top, so a larger number is a lower tier.
func HighEnough(tier, decideTier int) error {
	if tier <= decideTier {
		return nil
	}
	return fault.Forbidden("guard_tier", "Tier", decideTier)
}

// DecideTier is the tier that decides about a subject posted at the tier:
// his own unit's tier at the lowest, and the one above where he led it. The
// bureau's own leaders come before tier 0.
func DecideTier(tier int, led bool) int {
	if led {
		return tier - 1
	}
	return tier
}

// OpenCase opens a formal inquiry on an issue that was triaged as a clue.
// Whoever sent it here may not open it as well.
func OpenCase(p *rules.Pack, by Standing, sentBy string, c Case, today roster.Date) (*Case, error) {
	if err := by.Clear(c.PersonID, c.IssueID); err != nil {
		return nil, err
	}
	if by.PersonID == sentBy {
		return nil, fault.Forbidden("guard_same_person")
	}
	c.Pack, c.State, c.OpenedBy, c.OpenedOn = p.Version, CaseOpen, by.PersonID, today
	c.DueOn = roster.Date(p.Clock("investigation").Due(today.Time()).Format("2006-01-02"))
	return &c, nil
}

// NewTrack opens a track on the case; a leader track answers a question.
func (c *Case) NewTrack(side Side, questionID, personID, unitID string, decideTier int, today roster.Date) (*Track, error) {
	if c.State == CaseClosed {
		return nil, fault.Conflict("case_closed")
	}
	return &Track{
		CaseID: c.ID, Side: side, QuestionID: questionID, UnitID: unitID, PersonID: personID, EventOn: c.EventOn,
		DecideTier: decideTier, State: TrackOpen, OpenedOn: today, ProofC: []byte{}, EndedC: []byte{},
	}, nil
}

// Assign puts a person on a track. members are all present members of all
// tracks of the case: the two sides have separate investigators, and who
// investigates anywhere in the case adjudicates nowhere in it.
func (t *Track) Assign(p *rules.Pack, who Standing, duty MemberDuty, by string, members []TrackMember,
	today roster.Date) (*TrackMember, error) {
	if t.State != TrackOpen && t.State != TrackAssigned {
		return nil, fault.Conflict("track_not_open")
	}
	if err := who.Clear(t.PersonID, t.CaseID); err != nil {
		return nil, err
	}
	if duty != DutyInvestigator && duty != DutyAdjudicator {
		return nil, fault.Invalid("duty_unknown", "duty")
	}
	if who.PersonID == by {
		return nil, fault.Forbidden("guard_assigns_himself")
	}
	if t.Side == SideLeader {
		if err := HighEnough(who.Tier, t.DecideTier); err != nil {
			return nil, err
		}
	}
	investigators := 0
	for _, m := range members {
		if m.EndedOn != "" { // who once investigated keeps out of the other duties
			if m.MemberID == who.PersonID && m.Duty == DutyInvestigator && (m.TrackID != t.ID || duty == DutyAdjudicator) {
				return nil, fault.Forbidden("guard_separate_teams")
			}
			continue
		}
		switch {
		case m.MemberID == who.PersonID && m.TrackID == t.ID:
			return nil, fault.Conflict("member_already")
		case m.MemberID == who.PersonID && (m.Duty == DutyInvestigator || duty == DutyInvestigator):
			return nil, fault.Forbidden("guard_separate_teams")
		case m.TrackID == t.ID && m.Duty == DutyAdjudicator && duty == DutyAdjudicator:
			return nil, fault.Conflict("adjudicator_already")
		case m.TrackID == t.ID && m.Duty == DutyInvestigator:
			investigators++
		}
	}
	if duty == DutyInvestigator && investigators >= p.Dual.InvestigatorsPerTrack {
		return nil, fault.Conflict("team_full", "Count", p.Dual.InvestigatorsPerTrack)
	}
	return &TrackMember{
		CaseID: t.CaseID, TrackID: t.ID, MemberID: who.PersonID, MemberUnitID: who.UnitID, MemberTier: who.Tier,
		Duty: duty, AssignedBy: by, AssignedOn: today,
	}, nil
}

// Complete reports whether the track has its investigators and an adjudicator.
func (t *Track) Complete(p *rules.Pack, members []TrackMember) bool {
	n, adjudicator := 0, false
	for _, m := range members {
		if m.TrackID != t.ID || m.EndedOn != "" {
			continue
		}
		if m.Duty == DutyInvestigator {
			n++
		} else {
			adjudicator = true
		}
	}
	return n >= p.Dual.InvestigatorsPerTrack && adjudicator
}

// On reports whether the person is on the track with the duty today.
func (t *Track) On(members []TrackMember, personID string, duty MemberDuty) bool {
	return slices.ContainsFunc(members, func(m TrackMember) bool {
		return m.TrackID == t.ID && m.MemberID == personID && m.Duty == duty && m.EndedOn == ""
	})
}
