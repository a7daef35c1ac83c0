package insider

import (
	"context"
	"fmt"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	appintake "plumbline/internal/app/intake"
	"plumbline/internal/app/people"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
)

// ripen lays a thing ready for every operation that the demonstration leaves
// nothing for: a case at each step, a proposal that waits, a reveal, a code.
// Each matter is a fresh one, so that a proposal that somebody else had made
// about it excuses nothing elsewhere.
func (p *planter) ripen() {
	for _, part := range []func(){p.ripeCases, p.ripeLists, p.ripeAccounts, p.ripeCustody, p.ripeRecords} {
		part()
	}
}

func (p *planter) as(login string) *roster.Actor {
	p.t.Helper()
	v := p.w.byLogin[login]
	if v == nil {
		p.t.Fatalf("no account %s", login)
	}
	a, err := p.s.app.ActorNamed(context.Background(), v.account)
	p.must(err)
	return a
}

func (p *planter) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// ripe notes things that lie at the stage that an operation asks for.
func (p *planter) ripe(op string, ids ...string) { p.w.ripe[op] = append(p.w.ripe[op], ids...) }

// underCase is a case as it is being taken from step to step.
type underCase struct {
	*planter
	id      string
	subject *roster.Actor
}

// openCase opens a case about somebody of a station who leads nothing.
func (p *planter) openCase(n int) *underCase {
	p.t.Helper()
	ctx := context.Background()
	const idle = " FROM people p JOIN accounts a ON a.person_id = p.id JOIN units u ON u.id = p.unit_id WHERE u.tier = 3 AND u.code <> 'C0101' AND a.state = 'new' AND NOT EXISTS (SELECT 1 FROM command_links l WHERE l.person_id = p.id)"
	units := p.all("SELECT DISTINCT u.code"+idle+" ORDER BY 1", 1)
	person := p.one(fmt.Sprintf("SELECT p.id, a.id"+idle+" AND u.code = '%s' ORDER BY p.personnel_no DESC LIMIT 1 OFFSET %d",
		units[n%len(units)][0], n/len(units)), 2)
	id := p.register(person[0], 2)
	p.refer(p.w.byLogin["demo-inspector"], id)
	body := p.as("demo-body")
	d, err := p.s.app.Issue(ctx, body, casework.IssueInput{ID: id})
	p.must(err)
	c := &underCase{planter: p}
	c.id, _, err = p.s.app.OpenCase(ctx, body, casework.OpenCaseInput{IssueID: id, Version: d.Version, Rule: "内部纪律规定第七条（虚构）",
		Facts: "未按规定登记"})
	p.must(err)
	c.subject, err = p.s.app.ActorNamed(ctx, person[1])
	p.must(err)
	p.ripe("open /cases", c.id)
	for _, q := range c.view("demo-body").Questions {
		c.refuse(q.ID, q.Version, q.DecideTier)
	}
	return c
}

func (c *underCase) view(login string) casework.CaseView {
	c.t.Helper()
	v, err := c.s.app.Case(context.Background(), c.as(login), c.id)
	c.must(err)
	return v
}

func (c *underCase) officer() casework.TrackView { return c.view("demo-body").Tracks[0] }

func (c *underCase) refuse(question string, version int64, tier int) {
	c.t.Helper()
	ctx := context.Background()
	in := casework.QuestionInput{ID: question, Version: version, Reason: "事发时该领导在外地执行任务，有书面授权"}
	_, err := c.s.app.RefuseQuestion(ctx, c.as("demo-body"), in)
	c.must(err)
	above := "demo-body-2"
	if tier <= 1 {
		above = "demo-authority"
	}
	in.Version, in.Reason = version+1, ""
	_, err = c.s.app.ApproveRefusal(ctx, c.as(above), in)
	c.must(err)
}

// team puts two investigators and an adjudicator on a track.
func (c *underCase) team(track string, logins ...string) {
	c.t.Helper()
	for n, login := range logins {
		duty := inquiry.DutyInvestigator
		if n == len(logins)-1 {
			duty = inquiry.DutyAdjudicator
		}
		_, _, err := c.s.app.AssignMember(context.Background(), c.as("demo-body"),
			casework.AssignInput{TrackID: track, Person: c.w.byLogin[login].number, Duty: duty})
		c.must(err)
	}
}

// staffed gives the officer track its team.
func (c *underCase) staffed() *underCase {
	c.team(c.officer().ID, "demo-investigator", "demo-investigator-2", "demo-adjudicator")
	return c
}

// recommend drafts a finding and gives its id.
func (c *underCase) recommend() string {
	c.t.Helper()
	id, _, err := c.s.app.Recommend(context.Background(), c.as("demo-investigator"),
		casework.RecommendInput{AllegationID: c.officer().Allegations[0].ID,
			Verdict: inquiry.Sustained, Standard: inquiry.ClearConvincing, Reason: "证言与录像相互印证"})
	c.must(err)
	return id
}

func (c *underCase) serve(finding string) {
	c.t.Helper()
	_, err := c.s.app.ServeFinding(context.Background(), c.as("demo-investigator-2"), casework.FindingInput{ID: finding, Version: 1})
	c.must(err)
}

// reply lets the subject answer a finding; one who waives has nothing to say.
func (c *underCase) reply(finding string, waive bool) {
	c.t.Helper()
	in := casework.ReplyInput{ID: finding, Version: 2, Waive: waive}
	if !waive {
		in.Text = "对时间有异议"
	}
	_, _, err := c.s.app.Reply(context.Background(), c.subject, in)
	c.must(err)
}

// found takes the officer track to a final finding.
func (c *underCase) found() string {
	c.t.Helper()
	f := c.staffed().recommend()
	c.serve(f)
	c.reply(f, true)
	_, err := c.s.app.ConfirmFinding(context.Background(), c.as("demo-adjudicator"),
		casework.ConfirmInput{ID: f, Version: 3, Verdict: inquiry.Sustained, Reason: "同意承办人意见"})
	c.must(err)
	return f
}

// proposed goes on to the proposal of how the subject is handled.
func (c *underCase) proposed() (decision string) {
	c.t.Helper()
	c.found()
	decision, _, err := c.s.app.ProposeDecision(context.Background(), c.as("demo-body"),
		casework.ProposeInput{TrackID: c.officer().ID, Form: 1, Reason: "事实清楚，依据充分"})
	c.must(err)
	return decision
}

// resolved goes on to what the body resolved, which its members have yet to
// confirm.
func (c *underCase) resolved() (proposal string) {
	c.t.Helper()
	var members []string
	for _, login := range []string{"demo-body", "demo-body-2", "demo-body-3", "demo-authority"} {
		members = append(members, c.w.byLogin[login].number)
	}
	proposal, _, err := c.s.app.ResolveTrack(context.Background(), c.as("demo-body-2"),
		casework.ResolveInput{ID: c.proposed(), Version: 1, Members: members})
	c.must(err)
	return proposal
}

// decided goes on to the decision.
func (c *underCase) decided() {
	c.t.Helper()
	id := c.resolved()
	for _, login := range []string{"demo-body", "demo-body-3", "demo-authority"} {
		c.agree(id, login)
	}
}

func (p *planter) agree(proposal, login string) {
	p.t.Helper()
	ctx := context.Background()
	v, err := p.s.app.Proposal(ctx, p.as(login), proposal)
	p.must(err)
	_, err = p.s.app.ApproveProposal(ctx, p.as(login), approval.ProposalInput{ID: proposal, Version: v.Version})
	p.must(err)
}

// ripeCases leaves a case at each step of §7 and §8.
func (p *planter) ripeCases() {
	ctx := context.Background()
	c := p.openCase(0)
	p.ripe("track.assign", c.officer().ID)
	p.ripe("track.end", c.officer().ID)
	_, _, err := p.s.app.AddParty(ctx, p.as("demo-body"), casework.PartyInput{CaseID: c.id, Person: p.w.byLogin["demo-lead"].number,
		Interest: "witness"})
	p.must(err)
	p.ripe("case.party_void", c.id)

	c = p.openCase(1).staffed()
	p.ripe("finding.recommend", c.officer().Allegations[0].ID)
	p.ripe("allegation.add", c.officer().ID)

	c = p.openCase(2).staffed()
	p.ripe("finding.serve", c.recommend())

	c = p.openCase(3).staffed()
	f := c.recommend()
	c.serve(f)
	c.reply(f, false)
	p.ripe("finding.answer", f)

	c = p.openCase(4).staffed()
	f = c.recommend()
	c.serve(f)
	c.reply(f, true)
	p.ripe("finding.confirm", f)

	c = p.openCase(5)
	p.ripe("finding.quash", c.found())
	p.ripe("allegation.reopen", c.officer().Allegations[0].ID)
	p.ripe("decision.propose", c.officer().ID)

	p.ripe("decision.decide", p.openCase(6).proposed())
	p.ripe("proposal.approve", p.openCase(7).resolved())

	c = p.openCase(8)
	c.decided()
	p.ripe("case.close", c.id)

	p.ripe("proposal.approve", p.ending(p.openCase(9), "demo-body"))
	p.ripe("proposal.refuse", p.ending(p.openCase(10), "demo-body-2"))
	p.ripe("proposal.withdraw", p.ending(p.openCase(11), "demo-body-3"))
	p.leaderTrack()
}

// ending proposes to end a track without a finding.
func (p *planter) ending(c *underCase, by string) string {
	p.t.Helper()
	t := c.officer()
	id, _, err := p.s.app.EndTrack(context.Background(), p.as(by), casework.EndTrackInput{TrackID: t.ID, Version: t.Version,
		Ground: "transferred", Reason: "当事人已移交其他机关处理"})
	p.must(err)
	return id
}

// leaderTrack opens a track against a head and gives it a team.
func (p *planter) leaderTrack() {
	ctx := context.Background()
	q := p.one("SELECT id, case_id, version FROM questions WHERE state = 'raised' AND link_kind = 'head' AND case_id <> '' ORDER BY id LIMIT 1", 3)
	body := p.as("demo-body")
	track, _, err := p.s.app.OpenLeaderTrack(ctx, body, casework.QuestionInput{ID: q[0], Version: int64(atoi(q[2]))})
	p.must(err)
	c := &underCase{planter: p, id: q[1]}
	c.team(track, "demo-investigator-3", "demo-investigator-4", "demo-adjudicator-2")
	p.ripe("open /cases", q[1])
	p.ripe("track.prove", track)
}

// ripeLists runs two campaigns of the station of demo-head to completion: one
// awaits its certificate, the other has it.
func (p *planter) ripeLists() {
	ctx := context.Background()
	manager := p.as("demo-manager")
	unit := p.one("SELECT id FROM units WHERE code = 'C0101'", 1)[0]
	for n, title := range []string{"待认证专项（试验）", "已认证专项（试验）"} {
		id, _, err := p.s.app.CreateCampaign(ctx, manager, appselfcheck.CampaignInput{UnitID: unit, Title: title, OpensOn: "2026-06-15",
			ClosesOn: "2026-07-15", PeriodFrom: "2026-01-01", PeriodTo: "2026-06-14"})
		p.must(err)
		_, err = p.s.app.MoveCampaign(ctx, manager, appselfcheck.CampaignStep{ID: id, Version: 1, Step: "open"})
		p.must(err)
		p.must(p.s.app.DrainJobs(ctx))
		lists, err := p.s.app.Snapshot(ctx, desk.Program("demo"), id, unit)
		p.must(err)
		for _, l := range lists {
			_, err := p.s.app.Excuse(ctx, manager, appselfcheck.ExcuseInput{ID: l.ID, Version: l.Version, Reason: "本专项期间集中参训"})
			p.must(err)
			if n == 0 {
				p.ripe("submission.restore", l.ID)
			}
		}
		if n == 0 {
			p.ripe("certification.create", id)
			continue
		}
		_, err = p.s.app.Certify(ctx, p.as("demo-head"), appselfcheck.CertifyInput{CampaignID: id, UnitID: unit})
		p.must(err)
		p.ripe("certification.undo", id)
	}
	for _, l := range p.all("SELECT s.id FROM submissions s WHERE s.state = 'assigned' ORDER BY s.id", 1) {
		p.ripe("submission.excuse", l[0])
	}
	for _, c := range p.all("SELECT id FROM campaigns WHERE state = 'open' ORDER BY id LIMIT 1", 1) {
		p.ripe("campaign.amend", c[0])
		p.ripe("open /campaigns", c[0])
	}
}

// ripeAccounts leaves a newcomer without an account, a disabled account, a code
// that waits for its owner, a grant that waits for a second administrator, and a
// deputy.
func (p *planter) ripeAccounts() {
	ctx := context.Background()
	a := p.s.app
	_, err := a.SaveRosterRow(ctx, p.as("demo-records"), people.RosterRow{Table: people.PeopleTable,
		Cells: map[string]string{"personnel_no": newcomer, "name": "新来人"}})
	p.must(err)
	_, err = a.SaveRosterRow(ctx, p.as("demo-records"), people.RosterRow{Table: people.PostingTable,
		Cells: map[string]string{"personnel_no": newcomer, "unit_code": "C0101", "post": "民警", "main": "1", "from": "2026-06-15"}})
	p.must(err)
	p.w.news = append(p.w.news, newcomer)

	system := p.as("demo-system")
	idle := p.one("SELECT a.id, a.version FROM accounts a JOIN people p ON p.id = a.person_id JOIN units u ON u.id = p.unit_id WHERE u.code = 'C0202' AND a.state = 'new' ORDER BY a.login LIMIT 1", 2)
	_, err = a.SetAccountState(ctx, system, idle[0], int64(atoi(idle[1])), true)
	p.must(err)
	p.ripe("account.enable", idle[0])
	for _, login := range []string{"demo-officer", "demo-clue", "demo-lead", "demo-appeals"} {
		_, _, rec, err := a.IssueCode(ctx, system, p.w.byLogin[login].account)
		p.must(err)
		p.ripe("account.code_confirm", rec.ResultID)
		p.ripe("account.code_refuse", rec.ResultID)
	}
	other := p.one("SELECT a.id FROM accounts a JOIN people p ON p.id = a.person_id JOIN units u ON u.id = p.unit_id WHERE u.code = 'B00' AND a.state = 'new' AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.account_id = a.id) ORDER BY a.login DESC LIMIT 1", 1)[0]
	id, _, err := a.Grant(ctx, p.as("demo-security"), accounts.GrantInput{ID: other, Role: roster.RoleSystemAdmin,
		UnitID: p.one("SELECT id FROM units WHERE code = 'B00'", 1)[0], FromOn: "2026-06-14"})
	p.must(err)
	p.ripe("grant.approve", id)

	head := p.w.byLogin["demo-head"]
	unit := p.one("SELECT unit_id FROM people WHERE id = '"+head.person+"'", 1)[0]
	staff := p.one("SELECT p.personnel_no FROM people p JOIN accounts a ON a.person_id = p.id WHERE p.unit_id = '"+unit+"' AND a.state = 'new' ORDER BY p.personnel_no LIMIT 1", 1)[0]
	id, _, err = a.NameDeputy(ctx, p.as("demo-head"), accounts.DeputyInput{UnitID: unit, PersonnelNo: staff, FromOn: "2026-07-01",
		ToOn: "2026-07-10"})
	p.must(err)
	p.ripe("deputy.revoke", id)
}

// newcomer is the number of somebody who joined this month and has no account.
const newcomer = "P900001"

// ripeRecords leaves an import that was stopped, one that has not begun, and an
// issue that may be expunged.
func (p *planter) ripeRecords() {
	ctx := context.Background()
	a := p.s.app
	for n, op := range []string{"batch.cancel", "batch.resume", "job.cancel"} {
		sent, _, err := a.ImportAudit(ctx, p.as("demo-inspector"), appintake.ImportInput{AuditFile: appintake.AuditFile{Name: op + ".csv",
			Source: "petition",
			Data:   []byte("姓名,警号,问题类别,发生时间,受理日期,程度,问题描述\n" + fmt.Sprintf("无此人,99999%d,推诿拖延,2026-05-10,2026-06-10,较重,群众反映的情况\n", n))}})
		p.must(err)
		if n == 1 {
			b, err := a.Batch(ctx, p.as("demo-inspector"), sent.BatchID)
			p.must(err)
			_, err = a.CancelImport(ctx, p.as("demo-inspector"), appintake.BatchInput{ID: b.ID, Version: b.Version})
			p.must(err)
		}
		if op == "job.cancel" {
			sent.BatchID = p.one("SELECT id FROM jobs WHERE object_id = '"+sent.BatchID+"'", 1)[0]
		}
		p.ripe(op, sent.BatchID)
	}
	for _, r := range p.all("SELECT i.ref FROM issues i WHERE i.state = 'corrected' AND i.source = 'self' AND NOT EXISTS (SELECT 1 FROM expungements e WHERE e.record_id = i.id) AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.record_id = i.id) ORDER BY i.id DESC LIMIT 5", 1) {
		p.ripe("expungement.propose", r[0])
	}
	for _, i := range p.all("SELECT id FROM issues WHERE state = 'clue' AND case_id IS NULL OR state = 'clue' AND case_id = '' ORDER BY id", 1) {
		p.ripe("case.open", i[0])
	}
	p.ripe("issue.party_void", p.one("SELECT object_id FROM parties WHERE object_kind = 'issue' AND interest = 'complainant' ORDER BY id DESC LIMIT 1", 1)[0])
}
