package demo

import (
	"context"
	"fmt"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// live takes issues, tasks, cases and campaigns through every state.
func (m *Maker) live(ctx context.Context) error {
	steps := []func(context.Context) error{m.correctInBulk, m.triage, m.conceal, m.rectify, m.inquire, m.speak, m.otherCampaigns,
		m.pending, m.keep}
	for i, do := range steps {
		if err := do(ctx); err != nil {
			return err
		}
		m.tell("life", i+1, len(steps))
	}
	return nil
}

// correctInBulk lets some heads correct what is slight.
func (m *Maker) correctInBulk(ctx context.Context) error {
	m.day(54)
	left := 3
	for _, u := range m.units {
		if u.Tier != 3 || u.Code == "C0101" || left == 0 {
			continue
		}
		left--
		head, err := m.App.ActorNamed(ctx, m.heads[u.ID].account)
		if err != nil {
			return err
		}
		p, err := m.App.PreviewBulkCorrection(ctx, head, casework.BulkInput{Unit: u.ID, MaxSeverity: 1})
		if err != nil {
			return err
		}
		if p.Count == 0 || p.Count > p.Limit {
			continue
		}
		if _, _, err := m.App.BulkCorrect(ctx, head, casework.BulkCorrectInput{Unit: u.ID, MaxSeverity: 1, Count: p.Count,
			Key: "demo-" + u.Code}); err != nil {
			return err
		}
	}
	return nil
}

// found lists registered audit issues of a severity about people in stations
// who lead nothing, as the inspector sees them.
func (m *Maker) found(ctx context.Context, severity, n int) ([]issue.Row, error) {
	inspector, err := m.as(ctx, "demo-inspector")
	if err != nil {
		return nil, err
	}
	f := issue.All()
	f.Source, f.State, f.MinSeverity, f.MaxSeverity, f.Tier = issue.Audit, issue.Registered, severity, severity, 3
	list, err := m.App.Issues(ctx, inspector, casework.IssueListInput{Filter: f, Limit: 200})
	if err != nil {
		return nil, err
	}
	leads := make(map[string]bool)
	for _, p := range m.people {
		if p.team {
			leads[p.id] = true
		}
	}
	var out []issue.Row
	for _, r := range list.Rows {
		if !leads[r.PersonID] && len(out) < n {
			out = append(out, r)
		}
	}
	if len(out) < n {
		return out, fmt.Errorf("%d audit issues of severity %d, the demo needs %d", len(out), severity, n)
	}
	return out, nil
}

// decided triages an issue as the inspector.
func (m *Maker) decided(ctx context.Context, r issue.Row, decision issue.Act) (casework.IssueResult, error) {
	inspector, err := m.as(ctx, "demo-inspector")
	if err != nil {
		return casework.IssueResult{}, err
	}
	out, _, err := m.App.TriageIssue(ctx, inspector, casework.TriageIssueInput{
		Step: casework.Step{ID: r.ID, Version: r.Version, Reason: "按清单核定"}, Severity: r.Severity, Category: r.Category, Decision: decision,
	})
	if err != nil {
		err = fmt.Errorf("triage an issue of severity %d, %q: %w", r.Severity, decision, err)
	}
	return out, err
}

// triage shows each way that an issue can go but cases and tasks.
func (m *Maker) triage(ctx context.Context) error {
	m.day(55)
	slight, err := m.found(ctx, 1, 9)
	if err != nil {
		return err
	}
	inspector, two, err := m.inspectors(ctx)
	if err != nil {
		return err
	}
	for i, r := range slight {
		switch i {
		case 0, 1, 2:
			done, err := m.decided(ctx, r, issue.ActCorrect)
			if err != nil {
				return err
			}
			if i == 2 {
				if _, _, err := m.App.ReopenIssue(ctx, inspector, casework.ReopenIssueInput{Step: casework.Step{ID: r.ID,
					Version: done.Version, Reason: "收到新的录像材料"}}); err != nil {
					return err
				}
			}
		case 3, 4:
			if _, err := m.decided(ctx, r, ""); err != nil {
				return err
			}
		case 5:
			in := casework.RejectIssueInput{Step: casework.Step{ID: r.ID, Version: r.Version, Reason: "经核实与本人无关"}}
			out, _, err := m.App.RejectIssue(ctx, inspector, in)
			if err != nil {
				return err
			}
			if out.Pending {
				in.Version = out.Version
				if _, _, err := m.App.RejectIssue(ctx, two, in); err != nil {
					return err
				}
			}
		case 6:
			if _, _, err := m.App.WithdrawIssue(ctx, inspector, casework.WithdrawIssueInput{Step: casework.Step{ID: r.ID,
				Version: r.Version, Reason: "来源单位撤回"}}); err != nil {
				return err
			}
		case 7:
			if _, _, err := m.App.NotifyIssue(ctx, inspector, casework.NotifyIssueInput{Step: casework.Step{ID: r.ID, Version: r.Version,
				Reason: "收到一件反映你在工作中处置不当的材料，类别和日期见本条，请说明当天的经过。"}}); err != nil {
				return err
			}
		}
	}
	return m.merge(ctx)
}

// merge links one issue to another about the same person, where there is one.
func (m *Maker) merge(ctx context.Context) error {
	inspector, err := m.as(ctx, "demo-inspector")
	if err != nil {
		return err
	}
	f := issue.All()
	f.Source, f.State, f.MaxSeverity = issue.Audit, issue.Registered, 2
	list, err := m.App.Issues(ctx, inspector, casework.IssueListInput{Filter: f, Limit: 200})
	if err != nil {
		return err
	}
	first := make(map[string]issue.Row)
	for _, r := range list.Rows {
		if r.PersonID == "" {
			continue
		}
		if keep, ok := first[r.PersonID+r.Category]; ok {
			_, _, err := m.App.MergeIssue(ctx, inspector, casework.MergeIssueInput{Step: casework.Step{ID: r.ID, Version: r.Version,
				Reason: "同一件事"}, Into: keep.ID})
			return err
		}
		first[r.PersonID+r.Category] = r
	}
	return nil
}

// conceal answers concealment questions: confirmed, dismissed, and one that
// waits for the second person.
func (m *Maker) conceal(ctx context.Context) error {
	m.day(57)
	one, two, err := m.inspectors(ctx)
	if err != nil {
		return err
	}
	f := issue.All()
	f.Concealment, f.MaxSeverity, f.Live, f.Tier = issue.ConcealmentQuestion, 2, true, 3
	list, err := m.App.Issues(ctx, two, casework.IssueListInput{Filter: f, Limit: 5})
	if err != nil {
		return err
	}
	for i, r := range list.Rows {
		answer := []issue.Concealment{issue.ConcealmentConfirmed, issue.ConcealmentDismissed}[i%2]
		in := casework.ConcealIssueInput{Step: casework.Step{ID: r.ID, Version: r.Version, Reason: "已核对自查表和谈话记录"}, Answer: answer}
		out, _, err := m.App.ConcealIssue(ctx, one, in)
		if err != nil {
			return fmt.Errorf("answer a concealment question: %w", err)
		}
		if i == 4 || !out.Pending {
			continue
		}
		in.Version = out.Version
		if _, _, err := m.App.ConcealIssue(ctx, two, in); err != nil {
			return fmt.Errorf("confirm the answer to a concealment question: %w", err)
		}
	}
	return nil
}

// rectify makes tasks and leaves one in each state.
func (m *Maker) rectify(ctx context.Context) error {
	m.day(58)
	rows, err := m.found(ctx, 2, 9)
	if err != nil {
		return err
	}
	inspector, two, err := m.inspectors(ctx)
	if err != nil {
		return err
	}
	lead, err := m.as(ctx, "demo-lead")
	if err != nil {
		return err
	}
	type act struct {
		who  *roster.Actor
		note string
		do   func(context.Context, *roster.Actor, casework.TaskInput) (desk.Receipt, error)
	}
	way := []act{
		{lead, "", m.App.AcceptTask}, {lead, "", m.App.ProgressTask}, {lead, "已组织培训并更新台账，附签到表", m.App.SubmitTask},
		{inspector, "", m.App.VerifyTask}, {two, "", m.App.StrikeOffTask}, {inspector, "同类问题反复", m.App.RecurTask},
	}
	for i, r := range rows {
		if _, err := m.decided(ctx, r, ""); err != nil {
			return err
		}
		due := m.on(66) // long past for those that are not done
		if i%3 == 0 {
			due = m.on(Days + 20)
		}
		id, _, err := m.App.Dispatch(ctx, inspector, casework.DispatchInput{IssueID: r.ID, Lead: "D01", Owner: m.named["demo-lead"].number,
			DueOn: due, Task: "举一反三，规范登记和审核流程"})
		if err != nil {
			return fmt.Errorf("dispatch a task: %w", err)
		}
		steps := way[:min(i, len(way))]
		if i == 7 { // returned
			steps = append(way[:3:3], act{inspector, "缺少签到表原件", m.App.ReturnTask})
		}
		if i == 8 {
			steps = way[:5]
		}
		for n, s := range steps {
			m.day(59 + n)
			if _, err := s.do(ctx, s.who, casework.TaskInput{ID: id, Version: int64(n + 1), Note: s.note}); err != nil {
				return fmt.Errorf("task %d, step %d: %w", i, n+1, err)
			}
		}
	}
	return nil
}

// speak lets subjects answer and ask for correction.
func (m *Maker) speak(ctx context.Context) error {
	m.day(70)
	said := 0
	for _, l := range m.lists {
		if said == 6 {
			break
		}
		if l.skipped || l.PersonID == "" || l.by.team || l.says == 0 || l.State != selfcheck.Accepted {
			continue
		}
		v, err := m.App.List(ctx, l.by.actor(), l.ID)
		if err != nil {
			return err
		}
		for _, i := range v.Issues {
			if i.State == issue.Withdrawn || i.State == issue.Merged {
				continue
			}
			kind := []issue.StatementKind{issue.Answer, issue.Correction}[said%2]
			if _, _, err := m.App.MakeStatement(ctx, l.by.actor(), casework.StatementInput{Issue: i.IssueID, Kind: kind,
				Text: "日期写错了，应为前一天，请更正"}); err != nil {
				return err
			}
			said++
			break
		}
	}
	return nil
}

// finished runs three campaigns of one station each to their later states, with
// a list of everybody in which nothing is declared.
func (m *Maker) finished(ctx context.Context) error {
	steps := []string{"lock", "inspect", "rectify", "close"}
	for i, n := range []int{1, 3, 4} {
		unit := m.byCode[[]string{"C0103", "C0201", "C0202"}[i]]
		if unit == nil || m.Size == Full {
			return nil
		}
		id, err := m.runCampaign(ctx, appselfcheck.CampaignInput{UnitID: unit.ID,
			Title:   []string{"执法记录仪使用检视（演示）", "接处警规范检视（演示）", "值班备勤检视（演示）"}[i],
			OpensOn: m.on(72), ClosesOn: m.on(73), PeriodFrom: m.on(-300), PeriodTo: m.on(72)})
		if err != nil {
			return err
		}
		lists, err := m.snapshot(ctx, id, m.peopleByID())
		if err != nil {
			return err
		}
		for _, l := range lists {
			l.seed = m.Next()
			if _, err := m.App.Submit(ctx, l.by.actor(), appselfcheck.SubmitInput{ID: l.ID, Version: l.Version,
				Answers: l.answers(m)}); err != nil {
				return err
			}
		}
		for _, step := range steps[:n] {
			if err := m.moveCampaign(ctx, id, step); err != nil {
				return fmt.Errorf("%s a campaign: %w", step, err)
			}
		}
	}
	return nil
}

func (m *Maker) peopleByID() map[string]*person {
	out := make(map[string]*person, len(m.people))
	for _, p := range m.people {
		out[p.id] = p
	}
	return out
}

// otherCampaigns runs an earlier small campaign to inspection, and drafts one.
func (m *Maker) otherCampaigns(ctx context.Context) error {
	m.day(72)
	manager, err := m.as(ctx, "demo-manager")
	if err != nil {
		return err
	}
	unit := m.byCode["D0102"]
	if unit == nil {
		unit = m.byCode["D01"]
	}
	id, err := m.runCampaign(ctx, appselfcheck.CampaignInput{UnitID: unit.ID, Title: "涉案财物专项检视（演示）", OpensOn: m.on(72), ClosesOn: m.on(78),
		PeriodFrom: m.on(-700), PeriodTo: m.on(72)})
	if err != nil {
		return err
	}
	lists, err := m.snapshot(ctx, id, m.peopleByID())
	if err != nil {
		return err
	}
	var filed *list
	for i, l := range lists {
		if i%6 == 5 {
			continue
		}
		l.says, l.seed = i%3, m.Next()
		if _, err := m.App.Submit(ctx, l.by.actor(), appselfcheck.SubmitInput{ID: l.ID, Version: l.Version,
			Answers: l.answers(m)}); err != nil {
			return err
		}
		if l.PersonID != "" && l.Audience == selfcheck.Officers {
			filed = l
		}
	}
	if err := m.finished(ctx); err != nil {
		return err
	}
	m.day(74)
	for _, step := range []string{"lock", "inspect"} {
		if err := m.moveCampaign(ctx, id, step); err != nil {
			return err
		}
	}
	if filed != nil {
		if _, err := m.App.Supplement(ctx, filed.by.actor(), appselfcheck.SupplementInput{ID: filed.ID, ItemNo: 7,
			Declared: selfcheck.Declared{EventOn: m.on(40), Text: "补充：一件物证晚交一天"}}); err != nil {
			return fmt.Errorf("supplement: %w", err)
		}
	}
	_, _, err = m.App.CreateCampaign(ctx, manager, appselfcheck.CampaignInput{Title: "年度执法规范检视（草稿，演示）", OpensOn: m.on(Days + 40),
		ClosesOn:   m.on(Days + 70),
		PeriodFrom: m.on(-200), PeriodTo: m.on(Days + 39)})
	return err
}
