package demo

import (
	"context"
	"fmt"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
)

// inquire opens cases on severe issues: one goes all the way to its close, one
// waits for what is missing, one has just been opened, and some issues are
// still clues with their leader questions open.
func (m *Maker) inquire(ctx context.Context) error {
	m.day(60)
	severe, err := m.found(ctx, 3, 5)
	if err != nil {
		return err
	}
	for i, r := range severe {
		if i == 4 { // a clue, nothing more
			_, err := m.decided(ctx, r, issue.ActRefer)
			return err
		}
		id, err := m.openCase(ctx, r, "内部纪律规定第七条（虚构）", "处置警情时行为失当，详见核查记录")
		if err != nil {
			return err
		}
		if err := m.follow(ctx, id, i); err != nil {
			return fmt.Errorf("case %d: %w", i+1, err)
		}
	}
	return nil
}

// openCase refers an issue and opens a case on it.
func (m *Maker) openCase(ctx context.Context, r issue.Row, rule, facts string) (id string, err error) {
	sent, err := m.decided(ctx, r, issue.ActRefer)
	if err != nil {
		return "", err
	}
	body, err := m.as(ctx, "demo-body")
	if err != nil {
		return "", err
	}
	id, _, err = m.App.OpenCase(ctx, body, casework.OpenCaseInput{IssueID: r.ID, Version: sent.Version, Rule: rule, Facts: facts})
	if err != nil {
		err = fmt.Errorf("open a case: %w", err)
	}
	return id, err
}

// follow takes a case as far as its number says: 0 to the close, 1 to decided
// but pending, 2 to investigation, 3 nowhere.
func (m *Maker) follow(ctx context.Context, id string, how int) error {
	if how == 3 {
		return nil
	}
	m.day(61)
	body, err := m.as(ctx, "demo-body")
	if err != nil {
		return err
	}
	c, err := m.App.Case(ctx, body, id)
	if err != nil {
		return err
	}
	officer, leader := c.Tracks[0].ID, ""
	for _, q := range c.Questions {
		in := casework.QuestionInput{ID: q.ID, Version: q.Version}
		if q.LinkKind == string(roster.LinkHead) && leader == "" && how == 0 {
			if leader, _, err = m.App.OpenLeaderTrack(ctx, body, in); err != nil {
				return fmt.Errorf("open a leader track: %w", err)
			}
			continue
		}
		if how == 1 && q.LinkKind == string(roster.LinkInCharge) || how == 2 {
			continue // still to be answered
		}
		in.Reason = "事发时该领导在外地执行任务，有书面授权"
		if _, err := m.App.RefuseQuestion(ctx, body, in); err != nil {
			return fmt.Errorf("refuse a question: %w", err)
		}
		approver := "demo-body-2"
		if q.DecideTier <= 1 {
			approver = "demo-authority"
		}
		above, err := m.as(ctx, approver)
		if err != nil {
			return err
		}
		in.Version, in.Reason = in.Version+1, ""
		if _, err := m.App.ApproveRefusal(ctx, above, in); err != nil {
			return fmt.Errorf("approve a refusal for tier %d: %w", q.DecideTier, err)
		}
	}
	if err := m.team(ctx, officer, "demo-investigator", "demo-investigator-2", "demo-adjudicator"); err != nil {
		return err
	}
	if how == 2 {
		return nil
	}
	if err := m.find(ctx, id, officer, "demo-investigator", "demo-investigator-2", "demo-adjudicator", inquiry.Sustained); err != nil {
		return err
	}
	if err := m.decide(ctx, officer, 2, "warning"); err != nil {
		return err
	}
	if how == 1 {
		return nil
	}
	if leader != "" {
		if err := m.leaderTrack(ctx, id, leader); err != nil {
			return err
		}
	}
	m.day(70)
	if body, err = m.as(ctx, "demo-body"); err != nil {
		return err
	}
	if c, err = m.App.Case(ctx, body, id); err != nil {
		return err
	}
	_, _, err = m.App.CloseCase(ctx, body, casework.CloseCaseInput{ID: id, Version: c.Version})
	return err
}

// leaderTrack proves and decides a leader track: the leader had done his duty.
func (m *Maker) leaderTrack(ctx context.Context, id, leader string) error {
	if err := m.team(ctx, leader, "demo-investigator-3", "demo-investigator-4", "demo-adjudicator-2"); err != nil {
		return err
	}
	three, err := m.as(ctx, "demo-investigator-3")
	if err != nil {
		return err
	}
	if _, _, err := m.App.AddAllegation(ctx, three, casework.AllegationInput{TrackID: leader, Category: "supervision",
		Rule: "内部管理规定第三条（虚构）", Facts: "是否按规定督促夜间巡查"}); err != nil {
		return err
	}
	c, err := m.App.Case(ctx, three, id)
	if err != nil {
		return err
	}
	if _, err := m.App.ProveTrack(ctx, three, casework.ProveInput{TrackID: leader, Version: c.Tracks[0].Version, Duty: inquiry.ProofProved,
		Knowledge: inquiry.ProofNotProved,
		Conduct:   inquiry.ProofNotProved, Link: inquiry.ProofNotProved, Result: inquiry.ResultFulfilled, Grounds: "值班表和督查记录"}); err != nil {
		return err
	}
	if err := m.find(ctx, id, leader, "demo-investigator-3", "demo-investigator-4", "demo-adjudicator-2", inquiry.Exonerated); err != nil {
		return err
	}
	return m.decide(ctx, leader, 0, "")
}

func (m *Maker) team(ctx context.Context, track string, one, two, adjudicator string) error {
	body, err := m.as(ctx, "demo-body")
	if err != nil {
		return err
	}
	for _, who := range []string{one, two, adjudicator} {
		duty := inquiry.DutyInvestigator
		if who == adjudicator {
			duty = inquiry.DutyAdjudicator
		}
		if _, _, err := m.App.AssignMember(ctx, body, casework.AssignInput{TrackID: track, Person: m.named[who].number,
			Duty: duty}); err != nil {
			return fmt.Errorf("assign %s: %w", who, err)
		}
	}
	return nil
}

// find takes a track to a confirmed finding: recommended, served, replied to,
// answered, confirmed, each by the right person.
func (m *Maker) find(ctx context.Context, id, track, one, two, adjudicator string, v inquiry.Verdict) error {
	m.day(63)
	first, err := m.as(ctx, one)
	if err != nil {
		return err
	}
	second, err := m.as(ctx, two)
	if err != nil {
		return err
	}
	third, err := m.as(ctx, adjudicator)
	if err != nil {
		return err
	}
	c, err := m.App.Case(ctx, first, id)
	if err != nil {
		return err
	}
	var t casework.TrackView
	for _, each := range c.Tracks {
		if each.ID == track {
			t = each
		}
	}
	if len(t.Allegations) == 0 {
		return fmt.Errorf("%s does not see the track", one)
	}
	finding, _, err := m.App.Recommend(ctx, first, casework.RecommendInput{AllegationID: t.Allegations[0].ID, Verdict: v,
		Standard: inquiry.ClearConvincing, Reason: "证言与录像相互印证"})
	if err != nil {
		return err
	}
	if _, err := m.App.ServeFinding(ctx, second, casework.FindingInput{ID: finding, Version: 1}); err != nil {
		return err
	}
	m.day(66)
	subject := m.byID(t.Person.ID)
	if subject == nil {
		return fmt.Errorf("the track has no subject")
	}
	who, err := m.App.ActorNamed(ctx, subject.account)
	if err != nil {
		return err
	}
	if _, _, err := m.App.Reply(ctx, who, casework.ReplyInput{ID: finding, Version: 2, Text: "对时间有异议，请核对执法记录仪"}); err != nil {
		return err
	}
	if _, err := m.App.AnswerReply(ctx, first, casework.AnswerInput{ID: finding, Version: 3, Answer: "已核对，记录仪时间与报警时间一致"}); err != nil {
		return err
	}
	_, err = m.App.ConfirmFinding(ctx, third, casework.ConfirmInput{ID: finding, Version: 3, Verdict: v, Reason: "同意承办人意见"})
	return err
}

// decide proposes the handling of a subject and lets the body resolve it.
func (m *Maker) decide(ctx context.Context, track string, form int, sanction string) error {
	m.day(68)
	body, err := m.as(ctx, "demo-body")
	if err != nil {
		return err
	}
	two, err := m.as(ctx, "demo-body-2")
	if err != nil {
		return err
	}
	id, _, err := m.App.ProposeDecision(ctx, body, casework.ProposeInput{TrackID: track, Form: form, Sanction: sanction,
		Reason: "事实清楚，依据充分"})
	if err != nil {
		return fmt.Errorf("propose: %w", err)
	}
	members := []string{m.named["demo-body"].number, m.named["demo-body-2"].number, m.named["demo-body-3"].number,
		m.named["demo-authority"].number}
	confirm, _, err := m.App.ResolveTrack(ctx, two, casework.ResolveInput{ID: id, Version: 1, Members: members})
	if err != nil {
		return fmt.Errorf("decide: %w", err)
	}
	return m.agree(ctx, confirm, "demo-body", "demo-body-3", "demo-authority")
}

// agree lets people agree to a proposal, each on his own account.
func (m *Maker) agree(ctx context.Context, proposal string, logins ...string) error {
	for _, login := range logins {
		who, err := m.as(ctx, login)
		if err != nil {
			return err
		}
		p, err := m.App.Proposal(ctx, who, proposal)
		if err != nil {
			return fmt.Errorf("%s opens a proposal: %w", login, err)
		}
		if _, err := m.App.ApproveProposal(ctx, who, approval.ProposalInput{ID: proposal, Version: p.Version}); err != nil {
			return fmt.Errorf("%s agrees: %w", login, err)
		}
	}
	return nil
}

func (m *Maker) byID(id string) *person {
	for _, p := range m.people {
		if p.id == id {
			return p
		}
	}
	return nil
}
