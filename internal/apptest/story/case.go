package story

import (
	"context"
	"net/url"
	"testing"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/app/reports"
	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/report"
)

// Decidable is a case with a found track about anna.
func (st Story) Decidable() (caseID, track string) {
	st.Helper()
	caseID = st.Opened("clue")
	track = st.See("body", caseID).Tracks[0].ID
	st.Must(st.Assign(track, "investigator1", inquiry.DutyInvestigator))
	st.Must(st.Assign(track, "investigator2", inquiry.DutyInvestigator))
	st.Must(st.Assign(track, "adjudicator", inquiry.DutyAdjudicator))
	st.Find(caseID, track, "investigator1", "investigator2", "adjudicator", "anna", inquiry.Sustained)
	return caseID, track
}

// Uphold lets the superior authority uphold a challenge.
func Uphold(t *testing.T, s *apptest.Site, id string) {
	t.Helper()
	if _, err := s.App.DecideChallenge(ctx, s.Actor("authority"), apprecusal.ChallengeInput{ID: id, Version: 1, Decision: "uphold",
		Reason: "关系属实"}); err != nil {
		t.Fatal(err)
	}
}

// See opens the case as somebody sees it.
func (st Story) See(who, id string) casework.CaseView {
	st.Helper()
	c, err := st.Site.App.Case(context.Background(), st.Site.Actor(who), id)
	st.Must(err)
	return c
}

// Assign makes somebody a member of a track.
func (st Story) Assign(track, who string, duty inquiry.MemberDuty) error {
	_, _, err := st.Site.App.AssignMember(context.Background(), st.Site.Actor("body"),
		casework.AssignInput{TrackID: track, Person: Number(st.T, st.Site, who), Duty: duty})
	return err
}

// Find takes one track from assigned to a confirmed finding of its only allegation.
func (st Story) Find(caseID, trackID, one, two, adjudicator, subject string, v inquiry.Verdict) {
	st.Helper()
	ctx, s := context.Background(), st.Site
	track := func() casework.TrackView {
		for _, t := range st.See(one, caseID).Tracks {
			if t.ID == trackID {
				return t
			}
		}
		st.Fatalf("%s does not see his track", one)
		return casework.TrackView{}
	}
	id, _, err := s.App.Recommend(ctx, s.Actor(one), casework.RecommendInput{AllegationID: track().Allegations[0].ID, Verdict: v,
		Standard: inquiry.ClearConvincing, Reason: "statements agree"})
	st.Must(err)
	_, err = s.App.ServeFinding(ctx, s.Actor(one), casework.FindingInput{ID: id, Version: 1})
	WantCode(st.T, "the same investigator serves", err, "guard_same_person")
	if fs, err := s.App.MyFindings(ctx, s.Actor(subject)); err != nil || len(fs) != 0 {
		st.Errorf("a draft shows to its subject: %v, %v", fs, err)
	}
	_, err = s.App.ServeFinding(ctx, s.Actor(two), casework.FindingInput{ID: id, Version: 1})
	st.Must(err)
	fs, err := s.App.MyFindings(ctx, s.Actor(subject))
	if err != nil || len(fs) != 1 || fs[0].Reason != "statements agree" || !fs[0].MayReply {
		st.Fatalf("served %+v, %v", fs, err)
	}
	_, _, err = s.App.Reply(ctx, s.Actor("dong"), casework.ReplyInput{ID: id, Version: 2, Text: "not me"})
	if !fault.Is(err, fault.NotFoundKind) {
		st.Errorf("somebody else replies: %v", err)
	}
	_, _, err = s.App.Reply(ctx, s.Actor(subject), casework.ReplyInput{ID: id, Version: 2, Text: "I was elsewhere"})
	st.Must(err)
	_, err = s.App.ConfirmFinding(ctx, s.Actor(adjudicator), casework.ConfirmInput{ID: id, Version: 3, Verdict: v, Reason: "agreed"})
	WantCode(st.T, "reply unanswered", err, "reply_unanswered")
	_, err = s.App.AnswerReply(ctx, s.Actor(one), casework.AnswerInput{ID: id, Version: 3, Answer: "the duty log says otherwise"})
	st.Must(err)
	_, err = s.App.ConfirmFinding(ctx, s.Actor(one), casework.ConfirmInput{ID: id, Version: 3, Verdict: v, Reason: "agreed"})
	if err == nil {
		st.Error("an investigator confirmed")
	}
	_, err = s.App.ConfirmFinding(ctx, s.Actor(adjudicator), casework.ConfirmInput{ID: id, Version: 3, Verdict: v, Reason: "agreed"})
	st.Must(err)
}

// Decide proposes and decides on a track.
func (st Story) Decide(trackID string, form int, sanction string) {
	st.Helper()
	ctx, s := context.Background(), st.Site
	id, _, err := s.App.ProposeDecision(ctx, s.Actor("body"), casework.ProposeInput{TrackID: trackID, Form: form, Sanction: sanction,
		Reason: "facts and grounds"})
	st.Must(err)
	members := []string{Number(st.T, s, "body"), Number(st.T, s, "body2"), Number(st.T, s, "authority")}
	_, _, err = s.App.ResolveTrack(ctx, s.Actor("body"), casework.ResolveInput{ID: id, Version: 1, Members: members})
	WantCode(st.T, "the proposer decides", err, "guard_same_person")
	_, _, err = s.App.ResolveTrack(ctx, s.Actor("body2"), casework.ResolveInput{ID: id, Version: 1, Members: members[:2]})
	WantCode(st.T, "no quorum", err, "body_quorum")
	confirm, _, err := s.App.ResolveTrack(ctx, s.Actor("body2"), casework.ResolveInput{ID: id, Version: 1, Members: members})
	st.Must(err)
	st.Agree(confirm, "body", "authority")
}

// Agree lets people agree to a proposal, each on his own account.
func (st Story) Agree(proposal string, keys ...string) {
	st.Helper()
	for _, key := range keys {
		p, err := st.Site.App.Proposal(context.Background(), st.Site.Actor(key), proposal)
		st.Must(err)
		_, err = st.Site.App.ApproveProposal(context.Background(), st.Site.Actor(key),
			approval.ProposalInput{ID: proposal, Version: p.Version})
		st.Must(err)
	}
}

// NumbersOpenLists opens the report's numbers on cases, tracks, questions and
// tasks: each list has as many rows as the number says.
func (st Story) NumbersOpenLists(key string) {
	st.Helper()
	ctx, who := context.Background(), st.Site.Actor(key)
	r, err := st.Site.App.Report(ctx, who, reports.ReportInput{})
	st.Must(err)
	some := int64(0)
	for _, sec := range r.Sections {
		for _, l := range sec.Lines {
			for _, v := range l.Values {
				q, err := url.ParseQuery(v.Query)
				st.Must(err)
				total := int64(-1)
				switch v.List {
				case report.Cases:
					f, err := inquiry.ParseCaseFilter(q)
					st.Must(err)
					p, err := st.Site.App.Cases(ctx, who, f, "")
					if total = p.Total; err != nil {
						continue // no list for this reader's roles
					}
				case report.Tracks:
					f, err := inquiry.ParseTrackFilter(q)
					st.Must(err)
					p, err := st.Site.App.Tracks(ctx, who, f, "")
					if total = p.Total; err != nil {
						continue
					}
				case report.Questions:
					f, err := inquiry.ParseQuestionFilter(q)
					st.Must(err)
					p, err := st.Site.App.Questions(ctx, who, f, "")
					if total = p.Total; err != nil {
						continue
					}
				case report.Rectifications:
					f, err := rectify.ParseFilter(q)
					st.Must(err)
					p, err := st.Site.App.Rectifications(ctx, who, f, "")
					if total = p.Total; err != nil {
						continue
					}
				default:
					continue
				}
				some += v.N
				if total != v.N {
					st.Errorf("%s: %s/%s says %d, its list has %d (%s)", key, sec.Key, l.Code, v.N, total, v.Query)
				}
			}
		}
	}
	if some == 0 && key != "easthead" {
		st.Errorf("%s counts nothing", key)
	}
}

// Refind finds the only allegation of a track again; the subject waives.
func (st Story) Refind(caseID, trackID string, v inquiry.Verdict) {
	st.Helper()
	s := st.Site
	al := st.See("investigator1", caseID).Tracks[0].Allegations[0].ID
	id, _, err := s.App.Recommend(ctx, s.Actor("investigator1"), casework.RecommendInput{AllegationID: al, Verdict: v,
		Standard: inquiry.ClearConvincing, Reason: "new"})
	st.Must(err)
	_, err = s.App.ServeFinding(ctx, s.Actor("investigator2"), casework.FindingInput{ID: id, Version: 1})
	st.Must(err)
	_, _, err = s.App.Reply(ctx, s.Actor("cara"), casework.ReplyInput{ID: id, Version: 2, Waive: true})
	st.Must(err)
	_, err = s.App.ConfirmFinding(ctx, s.Actor("adjudicator"), casework.ConfirmInput{ID: id, Version: 3, Verdict: v, Reason: "agreed"})
	st.Must(err)
}

// Opened is a case on a clue of severity 3 about anna, opened by who, with both
// leader questions answered by refusals.
func (st Story) Opened(who string) (caseID string) {
	st.Helper()
	ctx := context.Background()
	i := Audited(st.T, st.Site, "anna", "east1", 3, "2026-01-10")
	version := Triage(st.T, st.Site, i.ID, 3, issue.ActRefer).Version
	caseID, _, err := st.Site.App.OpenCase(ctx, st.Site.Actor(who), casework.OpenCaseInput{IssueID: i.ID, Version: version, Rule: "art. 7",
		Facts: "struck a detainee"})
	st.Must(err)
	for _, q := range st.See("body", caseID).Questions {
		_, err = st.Site.App.RefuseQuestion(ctx, st.Site.Actor("body"), casework.QuestionInput{ID: q.ID, Version: q.Version,
			Reason: "no visit was due"})
		st.Must(err)
		_, err = st.Site.App.ApproveRefusal(ctx, st.Site.Actor("body2"), casework.QuestionInput{ID: q.ID, Version: q.Version + 1})
		st.Must(err)
	}
	return caseID
}

// Approve agrees to a proposal.
func (st Story) Approve(who, proposal string) error {
	st.Helper()
	p, err := st.Site.App.Proposal(context.Background(), st.Site.Actor(who), proposal)
	if err != nil {
		return err
	}
	_, err = st.Site.App.ApproveProposal(context.Background(), st.Site.Actor(who), approval.ProposalInput{ID: proposal, Version: p.Version})
	return err
}

// Refuse refuses it.
func (st Story) Refuse(who, proposal string) error {
	st.Helper()
	p, err := st.Site.App.Proposal(context.Background(), st.Site.Actor(who), proposal)
	if err != nil {
		return err
	}
	_, err = st.Site.App.RefuseProposal(context.Background(), st.Site.Actor(who),
		approval.ProposalInput{ID: proposal, Version: p.Version, Note: "the file says otherwise"})
	return err
}

// EndTrack proposes to end the officer's track of the case.
func (st Story) EndTrack(who, caseID string) (proposal string, err error) {
	t := st.See(who, caseID).Tracks[0]
	proposal, _, err = st.Site.App.EndTrack(context.Background(), st.Site.Actor(who),
		casework.EndTrackInput{TrackID: t.ID, Version: t.Version, Ground: "died", Reason: "certificate in the file"})
	return proposal, err
}
