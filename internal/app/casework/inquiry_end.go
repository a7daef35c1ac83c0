package casework

import (
	"context"
	"slices"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// The ends of an inquiry that no one person reaches alone.
const (
	opTrackEnd  = "track.end"
	opDecide    = "decision.decide"
	opCaseClose = "case.close"
)

func (a *Casework) registerEnds() {
	a.Register(opTrackEnd, approval.Act{Run: approval.Typed(func(in *EndTrackInput, id string) { in.TrackID = id }, a.endTrack),
		Show: a.showEndTrack})
	a.Register(opCaseClose, approval.Act{Run: approval.Typed(func(in *CloseCaseInput, id string) { in.ID = id }, a.closeCase)})
}

// EndTrackInput ends a track without a finding.
type EndTrackInput struct {
	TrackID string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
	Ground  string `json:"ground"` // a code of the pack's dual.track_end_grounds
	Reason  string `json:"reason"`
}

// Validate judges the input by itself.
func (in EndTrackInput) Validate() error {
	return fault.Join(desk.RequireLine("ground", in.Ground), desk.RequireText("reason", in.Reason))
}

// EndTrack proposes to end a track without a finding: withdrawn, expired,
// transferred or died. A second member of the deciding tier must agree, and whoever
// asked for the inquiry is told. It returns the proposal's id.
func (a *Casework) EndTrack(ctx context.Context, who *roster.Actor, in EndTrackInput) (id string, r desk.Receipt, err error) {
	r, err = a.Write(ctx, who, desk.Write{Op: opTrackEnd, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		k, err := a.trackFor(ctx, tx, who, opTrackEnd, trackByID(in.TrackID))
		if err != nil {
			return nil, "", err
		}
		if k.file.Case.State == inquiry.CaseClosed {
			return nil, "", fault.Conflict("case_closed")
		}
		if err := desk.SameVersion(k.track.Version, in.Version); err != nil {
			return nil, "", err
		}
		probe := *k.track
		if err := probe.End(k.pack, in.Ground, k.me); err != nil {
			return nil, "", err
		}
		asked, err := k.askers(ctx, who)
		if err != nil {
			return nil, "", err
		}
		p := k.proposal(opTrackEnd, "track", k.track.ID, "track_end")
		p.DecideTier, p.AskedBy = k.track.DecideTier, asked
		return a.Propose(ctx, tx, who, p, in, in.Reason)
	})
	return r.ResultID, r, err
}

// proposal is what all proposals about the track have in common.
func (k *trackWork) proposal(op, kind, object, ground string) consent.Proposal {
	return consent.Proposal{Op: op, ObjectKind: kind, ObjectID: object, MatterID: k.file.Case.ID, UnitID: k.track.UnitID,
		PersonID: k.track.PersonID,
		EventOn:  k.track.EventOn, Ground: ground, Approver: roster.RoleDecidingBody, DecideTier: desk.LowestTier}
}

// askers are the people who asked for the inquiry (who opened the case, referred the
// clue, or answered the question with a track), except the present proposer.
func (k *trackWork) askers(ctx context.Context, who *roster.Actor) (string, error) {
	sent, err := referredBy(ctx, &k.tx.View, k.file.Case.IssueID)
	if err != nil {
		return "", err
	}
	people := []string{k.file.Case.OpenedBy, sent}
	for _, q := range k.file.Questions {
		if q.TrackID == k.track.ID {
			people = append(people, q.ProposedBy)
		}
	}
	return consent.Join(people, who.Person), nil
}

// endTrack ends the track once somebody else has agreed.
func (a *Casework) endTrack(ctx context.Context, tx *store.Tx, g approval.Approved, in EndTrackInput) ([]ledger.Fact, error) {
	k, err := a.trackFor(ctx, tx, g.Proposer, opTrackEnd, trackByID(in.TrackID))
	if err != nil {
		return nil, err
	}
	if err := desk.SameVersion(k.track.Version, in.Version); err != nil {
		return nil, err
	}
	err = desk.Alter(ctx, tx, k.track, func(t *inquiry.Track) error {
		if err := t.End(k.pack, in.Ground, k.me); err != nil {
			return err
		}
		c, err := tx.PutText(ctx, t.ID, "ended", in.Reason)
		t.EndedC = c
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := k.note(ctx, g.Proposer, inquiry.EndedNote(in.Ground), k.track.ID, in.Reason); err != nil {
		return nil, err
	}
	if err := followFindings(ctx, tx, k.file, k.track, k.pack); err != nil {
		return nil, err
	}
	return []ledger.Fact{{Verb: opTrackEnd, Kind: kinds.Track, ID: k.track.ID, Unit: k.track.UnitID}}, nil
}

func (a *Casework) showEndTrack(_ context.Context, _ *store.View, _ *roster.Actor, _ *consent.Proposal,
	input []byte) ([]approval.ProposalLine, error) {
	in, err := approval.Input[EndTrackInput](input)
	return []approval.ProposalLine{{Key: "end_ground", TextKey: "track.end.ground." + in.Ground}}, err
}

// CloseCaseInput closes a case.
type CloseCaseInput struct {
	ID      string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
}

// CloseCase closes a case in which nothing is missing, and its issue; otherwise the
// fault lists what is missing. If every track ended without a finding, it only
// proposes: the body closes such a case with its quorum. The id is that of the
// proposal or of the case.
func (a *Casework) CloseCase(ctx context.Context, who *roster.Actor, in CloseCaseInput) (id string, r desk.Receipt, err error) {
	r, err = a.Write(ctx, who, desk.Write{Op: opCaseClose, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		f, me, enders, err := a.caseToClose(ctx, tx, who, in)
		if err != nil {
			return nil, "", err
		}
		if !f.Work.WithoutFinding() {
			facts, err := a.shutCase(ctx, tx, f, me, enders)
			return facts, f.Case.ID, err
		}
		probe := *f.Case
		if err := probe.Close(me, enders, f.Work, roster.DateOf(tx.Now(), a.Zone())); err != nil {
			return nil, "", err
		}
		p, err := packOf(f.Case)
		if err != nil {
			return nil, "", err
		}
		c := f.Case
		excluded := ""
		if slices.Contains(enders, c.OpenedBy) {
			excluded = c.OpenedBy
		}
		return a.Propose(ctx, tx, who, consent.Proposal{Op: opCaseClose, ObjectKind: kinds.Case, ObjectID: c.ID, MatterID: c.ID,
			UnitID: c.UnitID, PersonID: c.PersonID,
			EventOn: c.EventOn, Ground: "close_without_finding", Approver: roster.RoleDecidingBody, DecideTier: desk.LowestTier,
			Quorum: p.Dual.Quorum - 1, Excluded: excluded, AskedBy: consent.Join([]string{c.OpenedBy}, who.Person)}, in, "")
	})
	return r.ResultID, r, err
}

// caseToClose loads a case for somebody who may close it, and the people who ended a
// track of it without a finding.
func (a *Casework) caseToClose(ctx context.Context, tx *store.Tx, who *roster.Actor,
	in CloseCaseInput) (*inquiry.CaseFile, inquiry.Standing, []string, error) {
	var me inquiry.Standing
	sc, err := a.Scope(ctx, &tx.View, who, roster.ActClose, roster.KindCase)
	if err != nil {
		return nil, me, nil, err
	}
	c, err := tx.Case(ctx, in.ID, sc)
	if err != nil {
		return nil, me, nil, err
	}
	if err := desk.SameVersion(c.Version, in.Version); err != nil {
		return nil, me, nil, err
	}
	f, err := tx.CaseFile(ctx, c.ID)
	if err != nil {
		return nil, me, nil, err
	}
	if me, err = a.standing(ctx, &tx.View, who, opCaseClose, c.UnitID, c.EventOn); err != nil {
		return nil, me, nil, err
	}
	enders, err := endersOf(ctx, &tx.View, f.Tracks)
	return f, me, enders, err
}

// endersOf are the people who proposed or approved the end of the tracks.
func endersOf(ctx context.Context, v *store.View, tracks []inquiry.Track) ([]string, error) {
	var ids []string
	for _, t := range tracks {
		if t.State == inquiry.TrackEnded {
			ids = append(ids, t.ID)
		}
	}
	proposals, err := v.ProposalsOn(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, p := range proposals {
		if p.Op == opTrackEnd && p.State == consent.Approved {
			people = append(people, p.ProposedBy, p.SettledBy)
		}
	}
	return people, nil
}

// closeCase closes a case without findings once the body's quorum has agreed.
func (a *Casework) closeCase(ctx context.Context, tx *store.Tx, g approval.Approved, in CloseCaseInput) ([]ledger.Fact, error) {
	f, me, enders, err := a.caseToClose(ctx, tx, g.Proposer, in)
	if err != nil {
		return nil, err
	}
	return a.shutCase(ctx, tx, f, me, enders)
}

func (a *Casework) shutCase(ctx context.Context, tx *store.Tx, f *inquiry.CaseFile, me inquiry.Standing,
	enders []string) ([]ledger.Fact, error) {
	err := desk.Alter(ctx, tx, f.Case, func(c *inquiry.Case) error {
		return c.Close(me, enders, f.Work, roster.DateOf(tx.Now(), a.Zone()))
	})
	if err != nil {
		return nil, err
	}
	i, err := tx.Issue(ctx, f.Case.IssueID, roster.Scope{All: true})
	if err != nil {
		return nil, err
	}
	if before := *i; i.Close(issue.Ending{Case: true}, tx.Now()) == nil {
		if err := tx.SaveIssue(ctx, &before, i, issue.TimingOf(a.Pack())); err != nil {
			return nil, err
		}
	}
	return []ledger.Fact{{Verb: opCaseClose, Kind: kinds.Case, ID: f.Case.ID, Unit: f.Case.UnitID}}, nil
}
