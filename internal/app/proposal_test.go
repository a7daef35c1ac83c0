package app_test

import (
	"context"
	"testing"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
)

// opened is a case on a clue of severity 3 about anna, opened by who, with both
// leader questions answered by refusals.
func (st story) opened(who string) (caseID string) {
	st.Helper()
	ctx := context.Background()
	i := audited(st.T, st.s, "anna", "east1", 3, "2026-01-10")
	version := triage(st.T, st.s, i.ID, 3, issue.ActRefer).Version
	caseID, _, err := st.s.App.OpenCase(ctx, st.s.Actor(who), casework.OpenCaseInput{IssueID: i.ID, Version: version, Rule: "art. 7", Facts: "struck a detainee"})
	st.must(err)
	for _, q := range st.see("body", caseID).Questions {
		_, err = st.s.App.RefuseQuestion(ctx, st.s.Actor("body"), casework.QuestionInput{ID: q.ID, Version: q.Version, Reason: "no visit was due"})
		st.must(err)
		_, err = st.s.App.ApproveRefusal(ctx, st.s.Actor("body2"), casework.QuestionInput{ID: q.ID, Version: q.Version + 1})
		st.must(err)
	}
	return caseID
}

func (st story) approve(who, proposal string) error {
	st.Helper()
	p, err := st.s.App.Proposal(context.Background(), st.s.Actor(who), proposal)
	if err != nil {
		return err
	}
	_, err = st.s.App.ApproveProposal(context.Background(), st.s.Actor(who), approval.ProposalInput{ID: proposal, Version: p.Version})
	return err
}

func (st story) refuse(who, proposal string) error {
	st.Helper()
	p, err := st.s.App.Proposal(context.Background(), st.s.Actor(who), proposal)
	if err != nil {
		return err
	}
	_, err = st.s.App.RefuseProposal(context.Background(), st.s.Actor(who), approval.ProposalInput{ID: proposal, Version: p.Version, Note: "the file says otherwise"})
	return err
}

// endTrack proposes to end the officer's track of the case.
func (st story) endTrack(who, caseID string) (proposal string, err error) {
	t := st.see(who, caseID).Tracks[0]
	proposal, _, err = st.s.App.EndTrack(context.Background(), st.s.Actor(who), casework.EndTrackInput{TrackID: t.ID, Version: t.Version, Ground: "died", Reason: "certificate in the file"})
	return proposal, err
}

func TestNobodyClosesACaseAlone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story{t, s}
		caseID := st.opened("body")
		track := st.see("body", caseID).Tracks[0]
		_, _, err := s.App.EndTrack(ctx, s.Actor("body"), casework.EndTrackInput{TrackID: track.ID, Version: track.Version, Ground: "convenience", Reason: "x"})
		code(t, "a ground that the pack lacks", err, "choice_unknown")
		end, err := st.endTrack("body", caseID)
		st.must(err)
		if got := st.see("body", caseID); got.Tracks[0].State != inquiry.TrackOpen || got.State != inquiry.CaseOpen {
			t.Fatalf("one person ended the track: %s, case %s", got.Tracks[0].State, got.State)
		}
		code(t, "proposed twice", func() error { _, err := st.endTrack("body2", caseID); return err }(), "proposal_pending")
		code(t, "the proposer agrees", st.approve("body", end), "guard_same_person")
		for _, who := range []string{"anna", "dong", "east1head"} { // the subject, a stranger, a leader
			if err := st.approve(who, end); !fault.Is(err, fault.ForbiddenKind) && !fault.Is(err, fault.NotFoundKind) {
				t.Errorf("%s agrees: %v", who, err)
			}
		}
		st.must(st.approve("body2", end))
		c := st.see("body", caseID)
		if c.Tracks[0].State != inquiry.TrackEnded {
			t.Fatalf("approved and not ended: %s", c.Tracks[0].State)
		}
		if todo, err := s.App.Proposals(ctx, s.Actor("inspector"), approval.ProposalFilter{Told: true}, ""); err != nil || todo.Total != 1 {
			t.Errorf("who referred the clue is told of %d endings (%v)", todo.Total, err)
		}

		// Opened and ended by the same person: somebody else closes, with the body.
		_, _, err = s.App.CloseCase(ctx, s.Actor("body"), casework.CloseCaseInput{ID: caseID, Version: c.Version})
		code(t, "opened, ended and closed by one", err, "guard_opened_ended")
		closing, _, err := s.App.CloseCase(ctx, s.Actor("body2"), casework.CloseCaseInput{ID: caseID, Version: c.Version})
		st.must(err)
		code(t, "the opener agrees to the close", st.approve("body", closing), "guard_same_person")
		st.must(st.approve("authority", closing))
		if got := st.see("body", caseID).State; got == inquiry.CaseClosed {
			t.Fatal("two of a quorum of three closed a case without a finding")
		}
	})
}

func TestABodyClosesACaseWithoutFinding(t *testing.T) {
	s := apptest.SQLite(t)
	ctx, st := context.Background(), story{t, s}
	caseID := st.opened("clue")
	end, err := st.endTrack("body", caseID)
	st.must(err)
	st.must(st.approve("body2", end))
	closing, _, err := s.App.CloseCase(ctx, s.Actor("body2"), casework.CloseCaseInput{ID: caseID, Version: st.see("body2", caseID).Version})
	st.must(err)
	st.must(st.approve("body", closing))
	st.must(st.approve("authority", closing))
	if got := st.see("body", caseID).State; got != inquiry.CaseClosed {
		t.Errorf("the quorum agreed and the case is %s", got)
	}
}

func TestARefusedEndLeavesTheTrackOpen(t *testing.T) {
	s := apptest.SQLite(t)
	st := story{t, s}
	caseID := st.opened("clue")
	end, err := st.endTrack("body", caseID)
	st.must(err)
	st.must(st.refuse("body2", end))
	code(t, "after the refusal", st.approve("authority", end), "proposal_state")
	if got := st.see("body", caseID).Tracks[0].State; got != inquiry.TrackOpen {
		t.Errorf("refused, and the track is %s", got)
	}
	again, err := st.endTrack("body", caseID)
	st.must(err)
	p, err := s.App.Proposal(context.Background(), s.Actor("body2"), again)
	st.must(err)
	_, err = s.App.WithdrawProposal(context.Background(), s.Actor("body2"), approval.ProposalInput{ID: again, Version: p.Version})
	code(t, "somebody else takes it back", err, "guard_not_yours")
	_, err = s.App.WithdrawProposal(context.Background(), s.Actor("body"), approval.ProposalInput{ID: again, Version: p.Version})
	st.must(err)
}

// TestAChangedMatterIsNotEnded: what was proposed is what is done, or nothing.
func TestAChangedMatterIsNotEnded(t *testing.T) {
	s := apptest.SQLite(t)
	st := story{t, s}
	caseID := st.opened("clue")
	end, err := st.endTrack("body", caseID)
	st.must(err)
	track := st.see("body", caseID).Tracks[0].ID
	st.must(st.assign(track, "investigator1", inquiry.DutyInvestigator))
	st.must(st.assign(track, "investigator2", inquiry.DutyInvestigator))
	st.must(st.assign(track, "adjudicator", inquiry.DutyAdjudicator)) // the track moves to assigned
	code(t, "approved after the track moved", st.approve("body2", end), "proposal_stale")
	if p, err := s.App.Proposal(context.Background(), s.Actor("body2"), end); err != nil || p.State != consent.Proposed || p.Heard != 0 {
		t.Errorf("a vote that could not be carried out was kept: %+v, %v", p.ProposalRow, err)
	}
}

func TestMembersSpeakForThemselves(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story{t, s}
		caseID := st.opened("clue")
		track := st.see("body", caseID).Tracks[0].ID
		st.must(st.assign(track, "investigator1", inquiry.DutyInvestigator))
		st.must(st.assign(track, "investigator2", inquiry.DutyInvestigator))
		st.must(st.assign(track, "adjudicator", inquiry.DutyAdjudicator))
		st.find(caseID, track, "investigator1", "investigator2", "adjudicator", "anna", inquiry.Sustained)
		d, _, err := s.App.ProposeDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: track, Form: 2, Sanction: "demerit", Reason: "facts and grounds"})
		st.must(err)
		members := []string{number(t, s, "body"), number(t, s, "body2"), number(t, s, "authority")}
		record := func() string {
			id, _, err := s.App.ResolveTrack(ctx, s.Actor("body2"), casework.ResolveInput{ID: d, Version: 1, Members: members})
			st.must(err)
			return id
		}
		confirm := record()
		if got := st.see("body", caseID).Tracks[0]; got.State != inquiry.TrackFound {
			t.Fatalf("a quorum of one decided: the track is %s", got.State)
		}
		v, err := s.App.Proposal(ctx, s.Actor("authority"), confirm)
		st.must(err)
		lines := map[string]string{}
		for _, l := range v.Lines {
			lines[l.Key] = l.Text + l.TextKey
		}
		if lines["form"] != "form.2" || lines["sanction"] != "sanction.demerit" || lines["grounds"] != "facts and grounds" {
			t.Errorf("a member is shown %v", lines)
		}
		code(t, "the recorder twice", st.approve("body2", confirm), "proposal_voted")
		st.must(st.refuse("authority", confirm))
		st.must(st.approve("body", confirm))
		if got := st.see("body", caseID).Tracks[0]; got.State != inquiry.TrackFound {
			t.Fatalf("two of a quorum of three decided: the track is %s", got.State)
		}
		if v, err = s.App.Proposal(ctx, s.Actor("body"), confirm); err != nil || v.State != consent.Refused {
			t.Fatalf("not carried, and it is %s (%v)", v.State, err)
		}
		again := record()
		st.agree(again, "body", "authority")
		if got := st.see("body", caseID).Tracks[0]; got.State != inquiry.TrackDecided {
			t.Errorf("all confirmed, and the track is %s", got.State)
		}
	})
}
