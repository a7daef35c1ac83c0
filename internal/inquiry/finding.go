package inquiry

import (
	"slices"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// NewAllegation adds one person × rule × event to a track that is still open.
func (t *Track) NewAllegation(category, rule string) (*Allegation, error) {
	if t.State != TrackOpen && t.State != TrackAssigned {
		return nil, fault.Conflict("track_not_open")
	}
	if rule == "" {
		return nil, fault.Invalid("required", "rule")
	}
	return &Allegation{
		CaseID: t.CaseID, TrackID: t.ID, UnitID: t.UnitID, PersonID: t.PersonID, EventOn: t.EventOn,
		Category: category, Rule: rule, State: AllegationOpen,
	}, nil
}

// Recommend drafts a finding. Only an investigator of the track may, and only
// when the track has its two investigators and its adjudicator.
func (t *Track) Recommend(p *rules.Pack, a *Allegation, by string, v Verdict, s Standard, members []TrackMember,
	earlier []Finding) (*Finding, error) {
	if t.State != TrackAssigned {
		return nil, fault.Conflict("track_not_assigned")
	}
	if !t.Complete(p, members) {
		return nil, fault.Conflict("track_not_assigned")
	}
	if !t.On(members, by, DutyInvestigator) {
		return nil, fault.Forbidden("guard_not_investigator")
	}
	if a.State == AllegationFound {
		return nil, fault.Conflict("allegation_found")
	}
	for _, f := range earlier {
		if f.AllegationID == a.ID && f.State != FindingFinal && f.State != FindingQuashed {
			return nil, fault.Conflict("finding_pending")
		}
	}
	if !slices.Contains(Verdicts, v) {
		return nil, fault.Invalid("choice_unknown", "verdict")
	}
	if !slices.Contains(Standards, s) {
		return nil, fault.Invalid("choice_unknown", "standard")
	}
	return &Finding{
		CaseID: t.CaseID, TrackID: t.ID, AllegationID: a.ID, UnitID: t.UnitID, PersonID: t.PersonID, EventOn: t.EventOn,
		State: FindingDraft, Recommended: v, Standard: s, RecommendedBy: by, FinalReasonC: []byte{},
	}, nil
}

// Serve records that the subject was told facts and grounds: the reply window
// starts. The other investigator of the track serves, so that two have seen it.
func (f *Finding) Serve(p *rules.Pack, t *Track, by string, members []TrackMember, today roster.Date) error {
	if err := move(findingMoves, f.State, FindingServed); err != nil {
		return err
	}
	if !t.On(members, by, DutyInvestigator) {
		return fault.Forbidden("guard_not_investigator")
	}
	if by == f.RecommendedBy {
		return fault.Forbidden("guard_same_person")
	}
	f.State, f.ServedOn = FindingServed, today
	f.ReplyDueOn = roster.Date(p.Clock("reply").Due(today.Time()).Format("2006-01-02"))
	return nil
}

// Receive records the subject's reply, or that he waived it.
func (f *Finding) Receive(by string, waived bool, today roster.Date) (*Reply, error) {
	if err := move(findingMoves, f.State, FindingReplied); err != nil {
		return nil, err
	}
	if by != f.PersonID {
		return nil, fault.Forbidden("guard_only_subject")
	}
	f.State = FindingReplied
	return &Reply{CaseID: f.CaseID, FindingID: f.ID, PersonID: by, Waived: waived, FiledOn: today, AnswerC: []byte{}}, nil
}

// Answer records that the reply was answered, by an investigator of the track.
func (r *Reply) Answer(t *Track, by string, members []TrackMember, today roster.Date) error {
	if r.Waived || r.AnsweredOn != "" {
		return fault.Conflict("reply_answered")
	}
	if !t.On(members, by, DutyInvestigator) {
		return fault.Forbidden("guard_not_investigator")
	}
	r.AnsweredBy, r.AnsweredOn = by, today
	return nil
}

// Confirm makes a finding final. The adjudicator of the track confirms, never
// one who investigated; the window has run out or the reply was answered; and
// on a leader track the four proofs are settled, all of them proved where the
// finding says that he failed.
func (f *Finding) Confirm(t *Track, a *Allegation, r *Reply, by string, v Verdict, members []TrackMember, today roster.Date) error {
	if err := move(findingMoves, f.State, FindingFinal); err != nil {
		return err
	}
	if !t.On(members, by, DutyAdjudicator) {
		return fault.Forbidden("guard_not_adjudicator")
	}
	if by == f.RecommendedBy || t.On(members, by, DutyInvestigator) {
		return fault.Forbidden("guard_same_person")
	}
	if !slices.Contains(Verdicts, v) {
		return fault.Invalid("choice_unknown", "verdict")
	}
	switch {
	case f.State == FindingServed && today <= f.ReplyDueOn:
		return fault.Conflict("reply_window_open", "Until", string(f.ReplyDueOn))
	case f.State == FindingReplied && (r == nil || !r.Waived && r.AnsweredOn == ""):
		return fault.Conflict("reply_unanswered")
	}
	if t.Side == SideLeader {
		if t.Result == ResultNone {
			return fault.Conflict("proofs_open")
		}
		if v.Counts() && (t.Result == ResultFulfilled || t.Result == ResultNotInPost) {
			return fault.Invalid("proofs_contradict", "verdict")
		}
	}
	if err := move(allegationMoves, a.State, AllegationFound); err != nil {
		return err
	}
	f.State, f.Final, f.ConfirmedBy, f.FinalOn = FindingFinal, v, by, today
	a.State = AllegationFound
	return nil
}

// Proofs is what a leader track found on its four points.
type Proofs struct {
	Duty, Knowledge, Conduct, Link Proof
	Class                          Class
	Result                         Result
}

// Prove settles the four proofs of a leader track. A result that blames needs
// all four proved and a class; one that does not needs no class.
func (t *Track) Prove(by string, p Proofs, members []TrackMember) error {
	if t.Side != SideLeader {
		return fault.Conflict("not_leader_track")
	}
	if t.State != TrackAssigned {
		return fault.Conflict("track_not_assigned")
	}
	if !t.On(members, by, DutyInvestigator) {
		return fault.Forbidden("guard_not_investigator")
	}
	all := true
	for _, x := range []struct {
		field string
		proof Proof
	}{{"duty", p.Duty}, {"knowledge", p.Knowledge}, {"conduct", p.Conduct}, {"link", p.Link}} {
		if x.proof != ProofProved && x.proof != ProofNotProved {
			return fault.Invalid("required", x.field)
		}
		all = all && x.proof == ProofProved
	}
	switch p.Result {
	case ResultPartly, ResultNotFulfilled:
		if !all {
			return fault.Invalid("proofs_missing", "result")
		}
		if p.Class != ClassDirect && p.Class != ClassMain && p.Class != ClassImportant {
			return fault.Invalid("required", "class")
		}
	case ResultFulfilled:
		p.Class = ClassNone
	case ResultNotInPost:
		if p.Duty == ProofProved {
			return fault.Invalid("proofs_in_post", "result")
		}
		p.Class = ClassNone
	default:
		return fault.Invalid("required", "result")
	}
	t.Duty, t.Knowledge, t.Conduct, t.Link = p.Duty, p.Knowledge, p.Conduct, p.Link
	t.Class, t.Result, t.ProvedBy = p.Class, p.Result, by
	return nil
}

// FollowFindings moves the track on when its allegations and findings have changed:
// found when every allegation has a final finding, back when one is reopened.
// It reports whether the track changed.
func (t *Track) FollowFindings(p *rules.Pack, allegations []Allegation, members []TrackMember) bool {
	was := t.State
	mine, found := 0, 0
	for _, a := range allegations {
		if a.TrackID == t.ID {
			mine++
			if a.State == AllegationFound {
				found++
			}
		}
	}
	switch {
	case t.State == TrackOpen && t.Complete(p, members):
		t.State = TrackAssigned
	case t.State == TrackAssigned && mine > 0 && found == mine:
		t.State = TrackFound
	case t.incomplete(p, members):
		t.State = TrackOpen
	case t.State == TrackFound && found < mine:
		t.State = TrackAssigned
	}
	return t.State != was
}

// End closes a track without a finding on a ground that the pack allows, with a
// reason kept apart. It takes a proposer and an approver: by is the proposer.
func (t *Track) End(p *rules.Pack, ground string, by Standing) error {
	if !slices.Contains(p.Dual.TrackEndGrounds, ground) {
		return fault.Invalid("choice_unknown", "ground")
	}
	if err := by.Clear(t.PersonID, t.CaseID); err != nil {
		return err
	}
	if err := HighEnough(by.Tier, t.DecideTier); err != nil {
		return err
	}
	if err := move(trackMoves, t.State, TrackEnded); err != nil {
		return err
	}
	t.State = TrackEnded
	return nil
}
