package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/inspection"
	appintake "plumbline/internal/app/intake"
	apprecusal "plumbline/internal/app/recusal"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/custody"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// pending leaves cases at each step between opening and decision: a finding in
// draft, one served, one replied to, a track found with a decision proposed, a
// finding quashed, an allegation taken up again, and a track ended without one.
func (m *Maker) pending(ctx context.Context) error {
	m.day(62)
	severe, err := m.found(ctx, 3, 7)
	if err != nil {
		return err
	}
	for i, r := range severe {
		id, err := m.openCase(ctx, r, "内部纪律规定第九条（虚构）", "接到反映后未按规定登记，详见核查记录")
		if err != nil {
			return err
		}
		if err := m.leave(ctx, id, i); err != nil {
			return fmt.Errorf("pending case %d: %w", i+1, err)
		}
	}
	return nil
}

// leave takes a case to the step that its number says, and no further.
func (m *Maker) leave(ctx context.Context, id string, how int) error {
	body, err := m.as(ctx, "demo-body")
	if err != nil {
		return err
	}
	c, err := m.App.Case(ctx, body, id)
	if err != nil {
		return err
	}
	track := c.Tracks[0]
	if how == 6 {
		if len(c.Questions) > 0 {
			q := c.Questions[0]
			if _, err := m.App.RefuseQuestion(ctx, body, casework.QuestionInput{ID: q.ID, Version: q.Version,
				Reason: "该领导事发前一日已调离"}); err != nil {
				return err
			}
		}
		id, _, err := m.App.EndTrack(ctx, body, casework.EndTrackInput{TrackID: track.ID, Version: track.Version, Ground: "transferred",
			Reason: "当事人已移交其他机关处理"})
		if err != nil {
			return err
		}
		return m.agree(ctx, id, "demo-body-2")
	}
	if err := m.team(ctx, track.ID, "demo-investigator", "demo-investigator-2", "demo-adjudicator"); err != nil {
		return err
	}
	if how < 3 {
		return m.untilReply(ctx, id, how)
	}
	if err := m.find(ctx, id, track.ID, "demo-investigator", "demo-investigator-2", "demo-adjudicator", inquiry.Sustained); err != nil {
		return err
	}
	if how == 3 {
		_, _, err := m.App.ProposeDecision(ctx, body, casework.ProposeInput{TrackID: track.ID, Form: 2, Sanction: "warning",
			Reason: "事实清楚，依据充分"})
		return err
	}
	if c, err = m.App.Case(ctx, body, id); err != nil {
		return err
	}
	al := c.Tracks[0].Allegations[0]
	taken := ""
	if how == 4 {
		taken, _, err = m.App.ReopenAllegation(ctx, body, casework.BackInput{ID: al.ID, Version: al.Version, Reason: "收到新的监控录像"})
	} else {
		taken, _, err = m.App.QuashFinding(ctx, body, casework.BackInput{ID: al.Findings[0].ID, Version: al.Findings[0].Version,
			Reason: "复核认为证据未达到证明标准"})
	}
	if err != nil {
		return err
	}
	return m.agree(ctx, taken, "demo-body-2")
}

// untilReply makes a finding: 0 leaves it in draft, 1 served, 2 replied to.
func (m *Maker) untilReply(ctx context.Context, id string, how int) error {
	first, err := m.as(ctx, "demo-investigator")
	if err != nil {
		return err
	}
	second, err := m.as(ctx, "demo-investigator-2")
	if err != nil {
		return err
	}
	c, err := m.App.Case(ctx, first, id)
	if err != nil {
		return err
	}
	t := c.Tracks[0]
	finding, _, err := m.App.Recommend(ctx, first, casework.RecommendInput{AllegationID: t.Allegations[0].ID, Verdict: inquiry.Sustained,
		Standard: inquiry.ClearConvincing, Reason: "登记台账与报警记录不符"})
	if err != nil || how == 0 {
		return err
	}
	m.day(Days - 4)
	if _, err := m.App.ServeFinding(ctx, second, casework.FindingInput{ID: finding, Version: 1}); err != nil || how == 1 {
		return err
	}
	subject := m.byID(t.Person.ID)
	who, err := m.App.ActorNamed(ctx, subject.account)
	if err != nil {
		return err
	}
	_, _, err = m.App.Reply(ctx, who, casework.ReplyInput{ID: finding, Version: 2, Text: "当时已口头报告值班领导，请向其核实"})
	return err
}

// answerNamed has the tier above decide on items that name a head: one accepted,
// one given back, one given back and replied to, one still waiting.
func (m *Maker) answerNamed(ctx context.Context) error {
	m.day(76)
	for i, l := range m.naming() {
		head, err := m.App.ActorNamed(ctx, m.heads[m.unitOf(l.UnitID).ParentID].account)
		if err != nil {
			return err
		}
		no := int64(selfcheck.ItemCount - 1)
		in := appselfcheck.NamedDecision{ID: selfcheck.NamedID(l.ID, no)}
		switch i {
		case 0:
			_, err = m.App.AcceptNamed(ctx, head, in)
		case 1, 2:
			in.Reason = "请说明时间和在场人员"
			_, err = m.App.ReturnNamed(ctx, head, in)
		}
		if err == nil && i == 2 {
			_, err = m.App.ReplyNamed(ctx, l.by.actor(), appselfcheck.NamedReplyInput{ID: l.ID, ItemNo: no, Text: "上月夜班，在值班室，另有一名同事在场"})
		}
		if err != nil {
			return fmt.Errorf("an item that names a head: %w", err)
		}
	}
	return nil
}

func (m *Maker) naming() (out []*list) {
	for _, l := range m.lists {
		if l.names {
			out = append(out, l)
		}
	}
	return out
}

func (m *Maker) unitOf(id string) *roster.Unit {
	return m.units[slices.IndexFunc(m.units, func(u *roster.Unit) bool { return u.ID == id })]
}

// keep shows what becomes of records: a list sent in twice, one taken back,
// requests for correction that are answered, a hold, expungements at each step,
// what an inspection found, and declared relations.
func (m *Maker) keep(ctx context.Context) error {
	for _, do := range []func(context.Context) error{m.repeat, m.answerCorrections, m.hold, m.expunge, m.inspect, m.relate, m.answerNamed} {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// repeat sends a list in twice under two names, and takes another one back.
func (m *Maker) repeat(ctx context.Context) error {
	m.day(73)
	inspector, err := m.as(ctx, "demo-inspector")
	if err != nil {
		return err
	}
	p := m.named["demo-officer"]
	row := func(day int, text string) string {
		return strings.Join([]string{p.name, p.police, "推诿拖延", string(m.on(day)), string(m.on(day + 9)), "轻微", text}, ",") + "\n"
	}
	const head = "姓名,警号,问题类别,发生时间,受理日期,程度,问题描述\n"
	files := []struct{ name, rows string }{
		{"补报一.csv", row(20, "窗口解释不清，群众往返两次")},
		{"补报二.csv", row(20, "窗口解释不清，群众往返两次") + row(24, "电话答复不及时")},
		{"误报.csv", row(28, "来源单位误报的一件")},
	}
	for i, f := range files {
		sent, _, err := m.App.ImportAudit(ctx, inspector, appintake.ImportInput{AuditFile: appintake.AuditFile{Name: f.name,
			Data: []byte(head + f.rows), Source: "petition"}})
		if err != nil {
			return fmt.Errorf("import %s: %w", f.name, err)
		}
		if err := m.App.DrainJobs(ctx); err != nil {
			return err
		}
		if i < 2 {
			continue
		}
		b, err := m.App.Batch(ctx, inspector, sent.BatchID)
		if err != nil {
			return err
		}
		if _, _, err := m.App.WithdrawBatch(ctx, inspector, appintake.BatchInput{ID: b.ID, Version: b.Version,
			Reason: "来源单位通知误报，整表撤回"}); err != nil {
			return fmt.Errorf("withdraw a batch: %w", err)
		}
		if err := m.App.DrainJobs(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (m *Maker) answerCorrections(ctx context.Context) error {
	records, err := m.as(ctx, "demo-records")
	if err != nil {
		return err
	}
	asked, err := m.App.AskedCorrections(ctx, records)
	if err != nil {
		return err
	}
	for i, s := range asked {
		in := casework.AnswerStatementInput{ID: s.ID, Version: s.Version, State: issue.Granted, Text: "已核对原始记录，同意更正"}
		switch i {
		case 1:
			in.State, in.Text = issue.Refused, "原始记录与填报一致，不予更正"
		case 2:
			return nil // still waits
		}
		if _, err := m.App.AnswerStatement(ctx, records, in); err != nil {
			return err
		}
	}
	return nil
}

// settled lists corrected declared issues, as the records officer finds them.
func (m *Maker) settled(ctx context.Context, n int) ([]issue.Row, error) {
	inspector, err := m.as(ctx, "demo-inspector")
	if err != nil {
		return nil, err
	}
	f := issue.All()
	f.Source, f.State = issue.Self, issue.Corrected
	list, err := m.App.Issues(ctx, inspector, casework.IssueListInput{Filter: f, Limit: n})
	if err == nil && len(list.Rows) < n {
		err = fmt.Errorf("%d corrected issues, the demo needs %d", len(list.Rows), n)
	}
	return list.Rows, err
}

func (m *Maker) hold(ctx context.Context) error {
	records, err := m.as(ctx, "demo-records")
	if err != nil {
		return err
	}
	body, err := m.as(ctx, "demo-body-2")
	if err != nil {
		return err
	}
	rows, err := m.settled(ctx, 2)
	if err != nil {
		return err
	}
	for i, r := range rows {
		id, _, err := m.App.PlaceHold(ctx, records, appcustody.HoldInput{RecordInput: appcustody.RecordInput{Kind: custody.IssueRecord,
			Record: r.ID}, Reason: "行政诉讼期间依法保全（演示）"})
		if err != nil {
			return err
		}
		if i == 1 {
			lift, _, err := m.App.LiftHold(ctx, body, appcustody.LiftInput{ID: id, Version: 1, Reason: "诉讼终结"})
			if err == nil {
				err = m.agree(ctx, lift, "demo-body")
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// expunge leaves one expungement proposed, one with one of its two approvals,
// one refused, one taken back and one done.
func (m *Maker) expunge(ctx context.Context) error {
	m.day(75)
	records, err := m.as(ctx, "demo-records")
	if err != nil {
		return err
	}
	rows, err := m.settled(ctx, 7)
	if err != nil {
		return err
	}
	for i, r := range rows[2:] {
		id, _, err := m.App.ProposeExpungement(ctx, records, appcustody.ProposeExpungementInput{
			RecordInput: appcustody.RecordInput{Kind: custody.IssueRecord,
				Record: r.ID}, Ground: custody.GroundCourt, Reason: "法院生效决定要求删除（演示）"})
		if err != nil {
			return fmt.Errorf("propose an expungement: %w", err)
		}
		in := appcustody.ExpungementInput{ID: id, Version: 1}
		approvers := []string{"demo-body", "demo-body-2"}
		switch i {
		case 0:
			approvers = nil
		case 1:
			approvers = approvers[:1]
		case 2:
			body, err := m.as(ctx, "demo-body")
			if err != nil {
				return err
			}
			in.Reason = "决定书送达地址有误，请核实"
			if _, err := m.App.RefuseExpungement(ctx, body, in); err != nil {
				return err
			}
			continue
		case 3:
			if _, err := m.App.WithdrawExpungement(ctx, records, in); err != nil {
				return err
			}
			continue
		}
		for _, login := range approvers {
			who, err := m.as(ctx, login)
			if err != nil {
				return err
			}
			if _, err := m.App.ApproveExpungement(ctx, who, in); err != nil {
				return fmt.Errorf("approve an expungement: %w", err)
			}
		}
	}
	return nil
}

// inspect records what an inspection of a station found.
func (m *Maker) inspect(ctx context.Context) error {
	inspector, err := m.as(ctx, "demo-inspector")
	if err != nil {
		return err
	}
	unit := m.byCode["C0101"].ID
	for _, in := range []inspection.InspectInput{
		{UnitID: unit, Result: issue.Agrees, Text: "抽查二十份案卷，与填报一致"},
		{UnitID: unit, Result: issue.UnderReported, Category: "duty_discipline", Severity: 1, EventOn: m.on(45), Text: "夜间巡查缺一次签到，未在自查中申报"},
	} {
		if _, _, err := m.App.RecordInspection(ctx, inspector, in); err != nil {
			return fmt.Errorf("record an inspection: %w", err)
		}
	}
	return nil
}

// relate declares a relative and a shared interest.
func (m *Maker) relate(ctx context.Context) error {
	officer, err := m.as(ctx, "demo-officer")
	if err != nil {
		return err
	}
	for i, kind := range apprecusal.RelationKinds {
		other := m.named[[]string{"demo-investigator-4", "demo-adjudicator-2"}[i]]
		if _, _, err := m.App.Declare(ctx, officer, apprecusal.RelationInput{Number: other.number, Name: other.name,
			Kind: kind}); err != nil && !fault.Is(err, fault.ConflictKind) {
			return fmt.Errorf("declare a relation: %w", err)
		}
	}
	return nil
}
