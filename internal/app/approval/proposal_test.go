package approval_test

import (
	"context"
	"testing"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
)

func TestNobodyClosesACaseAlone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story.New(t, s)
		caseID := st.Opened("body")
		track := st.See("body", caseID).Tracks[0]
		_, _, err := s.App.EndTrack(ctx, s.Actor("body"), casework.EndTrackInput{TrackID: track.ID, Version: track.Version,
			Ground: "convenience", Reason: "x"})
		story.WantCode(t, "a ground that the pack lacks", err, "choice_unknown")
		end, err := st.EndTrack("body", caseID)
		st.Must(err)
		if got := st.See("body", caseID); got.Tracks[0].State != inquiry.TrackOpen || got.State != inquiry.CaseOpen {
			t.Fatalf("one person ended the track: %s, case %s", got.Tracks[0].State, got.State)
		}
		story.WantCode(t, "proposed twice", func() error { _, err := st.EndTrack("body2", caseID); return err }(), "proposal_pending")
		story.WantCode(t, "the proposer agrees", st.Approve("body", end), "guard_same_person")
		for _, who := range []string{"anna", "dong", "east1head"} { // the subject, a stranger, a leader
			if err := st.Approve(who, end); !fault.Is(err, fault.ForbiddenKind) && !fault.Is(err, fault.NotFoundKind) {
				t.Errorf("%s agrees: %v", who, err)
			}
		}
		st.Must(st.Approve("body2", end))
		c := st.See("body", caseID)
		if c.Tracks[0].State != inquiry.TrackEnded {
			t.Fatalf("approved and not ended: %s", c.Tracks[0].State)
		}
		if todo, err := s.App.Proposals(ctx, s.Actor("inspector"), approval.ProposalFilter{Told: true}, ""); err != nil || todo.Total != 1 {
			t.Errorf("who referred the clue is told of %d endings (%v)", todo.Total, err)
		}

		// Opened and ended by the same person: somebody else closes, with the body.
		_, _, err = s.App.CloseCase(ctx, s.Actor("body"), casework.CloseCaseInput{ID: caseID, Version: c.Version})
		story.WantCode(t, "opened, ended and closed by one", err, "guard_opened_ended")
		closing, _, err := s.App.CloseCase(ctx, s.Actor("body2"), casework.CloseCaseInput{ID: caseID, Version: c.Version})
		st.Must(err)
		story.WantCode(t, "the opener agrees to the close", st.Approve("body", closing), "guard_same_person")
		st.Must(st.Approve("authority", closing))
		if got := st.See("body", caseID).State; got == inquiry.CaseClosed {
			t.Fatal("two of a quorum of three closed a case without a finding")
		}
	})
}

func TestABodyClosesACaseWithoutFinding(t *testing.T) {
	s := apptest.SQLite(t)
	ctx, st := context.Background(), story.New(t, s)
	caseID := st.Opened("clue")
	end, err := st.EndTrack("body", caseID)
	st.Must(err)
	st.Must(st.Approve("body2", end))
	closing, _, err := s.App.CloseCase(ctx, s.Actor("body2"), casework.CloseCaseInput{ID: caseID, Version: st.See("body2", caseID).Version})
	st.Must(err)
	st.Must(st.Approve("body", closing))
	st.Must(st.Approve("authority", closing))
	if got := st.See("body", caseID).State; got != inquiry.CaseClosed {
		t.Errorf("the quorum agreed and the case is %s", got)
	}
}

func TestARefusedEndLeavesTheTrackOpen(t *testing.T) {
	s := apptest.SQLite(t)
	st := story.New(t, s)
	caseID := st.Opened("clue")
	end, err := st.EndTrack("body", caseID)
	st.Must(err)
	st.Must(st.Refuse("body2", end))
	story.WantCode(t, "after the refusal", st.Approve("authority", end), "proposal_state")
	if got := st.See("body", caseID).Tracks[0].State; got != inquiry.TrackOpen {
		t.Errorf("refused, and the track is %s", got)
	}
	again, err := st.EndTrack("body", caseID)
	st.Must(err)
	p, err := s.App.Proposal(context.Background(), s.Actor("body2"), again)
	st.Must(err)
	_, err = s.App.WithdrawProposal(context.Background(), s.Actor("body2"), approval.ProposalInput{ID: again, Version: p.Version})
	story.WantCode(t, "somebody else takes it back", err, "guard_not_yours")
	_, err = s.App.WithdrawProposal(context.Background(), s.Actor("body"), approval.ProposalInput{ID: again, Version: p.Version})
	st.Must(err)
}

// TestAChangedMatterIsNotEnded: what was proposed is what is done, or nothing.
func TestAChangedMatterIsNotEnded(t *testing.T) {
	s := apptest.SQLite(t)
	st := story.New(t, s)
	caseID := st.Opened("clue")
	end, err := st.EndTrack("body", caseID)
	st.Must(err)
	track := st.See("body", caseID).Tracks[0].ID
	st.Must(st.Assign(track, "investigator1", inquiry.DutyInvestigator))
	st.Must(st.Assign(track, "investigator2", inquiry.DutyInvestigator))
	st.Must(st.Assign(track, "adjudicator", inquiry.DutyAdjudicator)) // the track moves to assigned
	story.WantCode(t, "approved after the track moved", st.Approve("body2", end), "proposal_stale")
	if p, err := s.App.Proposal(context.Background(), s.Actor("body2"), end); err != nil || p.State != consent.Proposed || p.Heard != 0 {
		t.Errorf("a vote that could not be carried out was kept: %+v, %v", p.ProposalRow, err)
	}
}

func TestMembersSpeakForThemselves(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story.New(t, s)
		caseID := st.Opened("clue")
		track := st.See("body", caseID).Tracks[0].ID
		st.Must(st.Assign(track, "investigator1", inquiry.DutyInvestigator))
		st.Must(st.Assign(track, "investigator2", inquiry.DutyInvestigator))
		st.Must(st.Assign(track, "adjudicator", inquiry.DutyAdjudicator))
		st.Find(caseID, track, "investigator1", "investigator2", "adjudicator", "anna", inquiry.Sustained)
		d, _, err := s.App.ProposeDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: track, Form: 2, Sanction: "demerit",
			Reason: "facts and grounds"})
		st.Must(err)
		members := []string{story.Number(t, s, "body"), story.Number(t, s, "body2"), story.Number(t, s, "authority")}
		record := func() string {
			id, _, err := s.App.ResolveTrack(ctx, s.Actor("body2"), casework.ResolveInput{ID: d, Version: 1, Members: members})
			st.Must(err)
			return id
		}
		confirm := record()
		if got := st.See("body", caseID).Tracks[0]; got.State != inquiry.TrackFound {
			t.Fatalf("a quorum of one decided: the track is %s", got.State)
		}
		v, err := s.App.Proposal(ctx, s.Actor("authority"), confirm)
		st.Must(err)
		lines := map[string]string{}
		for _, l := range v.Lines {
			lines[l.Key] = l.Text + l.TextKey
		}
		if lines["form"] != "form.2" || lines["sanction"] != "sanction.demerit" || lines["grounds"] != "facts and grounds" {
			t.Errorf("a member is shown %v", lines)
		}
		story.WantCode(t, "the recorder twice", st.Approve("body2", confirm), "proposal_voted")
		st.Must(st.Refuse("authority", confirm))
		st.Must(st.Approve("body", confirm))
		if got := st.See("body", caseID).Tracks[0]; got.State != inquiry.TrackFound {
			t.Fatalf("two of a quorum of three decided: the track is %s", got.State)
		}
		if v, err = s.App.Proposal(ctx, s.Actor("body"), confirm); err != nil || v.State != consent.Refused {
			t.Fatalf("not carried, and it is %s (%v)", v.State, err)
		}
		again := record()
		st.Agree(again, "body", "authority")
		if got := st.See("body", caseID).Tracks[0]; got.State != inquiry.TrackDecided {
			t.Errorf("all confirmed, and the track is %s", got.State)
		}
	})
}
