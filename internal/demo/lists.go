package demo

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"plumbline/internal/app/desk"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/demo/seeded"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/seeds"
)

// Totals of the case.
const (
	officersDeclared = 266_000
	leadersDeclared  = 2_048
)

// list is one list of the campaign with what will be said on it.
type list struct {
	selfcheck.Submission
	by      *person // who signs
	says    int     // issues to declare
	skipped bool    // never filed
	seed    uint64
	names   bool // one item names the head of the unit
}

// openDay is the day of the demo on which the campaign opens.
const openDay = 6

func (m *Maker) openCampaign(ctx context.Context) error {
	m.day(3)
	manager, err := m.as(ctx, "demo-manager")
	if err != nil {
		return err
	}
	for _, a := range []selfcheck.Audience{selfcheck.Officers, selfcheck.Leaders} {
		if _, _, err := m.App.PublishChecklist(ctx, manager, appselfcheck.SeedChecklist(a)); err != nil {
			return err
		}
	}
	periodFrom := roster.DateOf(m.start.AddDate(-2, 0, 0), m.App.Zone())
	if m.campaign, err = m.runCampaign(ctx, appselfcheck.CampaignInput{
		Title: "队伍作风自查自纠专项（演示）", OpensOn: m.on(openDay), ClosesOn: m.on(Days + 30), PeriodFrom: periodFrom, PeriodTo: m.on(openDay),
	}); err != nil {
		return err
	}
	return m.loadLists(ctx)
}

// runCampaign drafts a campaign and opens it, snapshot included.
func (m *Maker) runCampaign(ctx context.Context, in appselfcheck.CampaignInput) (string, error) {
	manager, err := m.as(ctx, "demo-manager")
	if err != nil {
		return "", err
	}
	id, _, err := m.App.CreateCampaign(ctx, manager, in)
	if err != nil {
		return "", err
	}
	m.day(openDay)
	return id, m.moveCampaign(ctx, id, "open")
}

// moveCampaign takes a campaign one step on and waits for its job.
func (m *Maker) moveCampaign(ctx context.Context, id, step string) error {
	manager, err := m.as(ctx, "demo-manager")
	if err != nil {
		return err
	}
	c, err := m.App.Campaign(ctx, manager, id)
	if err != nil {
		return err
	}
	if _, err := m.App.MoveCampaign(ctx, manager, appselfcheck.CampaignStep{ID: id, Version: c.Version, Step: step}); err != nil {
		return err
	}
	return m.App.DrainJobs(ctx)
}

// loadLists reads the snapshot and decides what everybody will say.
func (m *Maker) loadLists(ctx context.Context) error {
	var err error
	if m.lists, err = m.snapshot(ctx, m.campaign, m.peopleByID()); err != nil {
		return err
	}
	filed := map[selfcheck.Audience][]*list{}
	for i, l := range m.lists {
		l.seed = m.Next()
		l.skipped = m.late(i, l)
		if !l.skipped {
			filed[l.Audience] = append(filed[l.Audience], l)
		}
	}
	if m.Size != Full {
		names := 0
		for _, l := range m.lists {
			if l.names = names < namedItems && !l.skipped && l.PersonID != "" && l.Audience == selfcheck.Officers && !l.by.team &&
				l.by.unit.Code == "C0203"; l.names {
				names++
			}
		}
	}
	officers, leaders := officersDeclared, leadersDeclared
	if m.Size != Full {
		officers, leaders = 4*len(filed[selfcheck.Officers]), 2*len(filed[selfcheck.Leaders])
	}
	m.spread(filed[selfcheck.Officers], officers)
	m.spread(filed[selfcheck.Leaders], leaders)
	return nil
}

// namedItems is how many lists of the small bureau name the head of their unit:
// these items go to the tier above, one for each of their states.
const namedItems = 4

// late says who has not filed: some in a few stations, and the officer whose
// account is printed, so that there is a list to fill in.
func (m *Maker) late(i int, l *list) bool {
	if l.PersonID != "" && l.PersonID == m.named["demo-officer"].id {
		return true
	}
	switch l.by.unit.Code {
	case "C0102", "C0203", "C0305", "C0411", "D0102":
		return !l.by.team && i%5 == 0
	}
	return false
}

// spread shares a number of issues out over lists, unevenly, exactly.
func (m *Maker) spread(lists []*list, total int) {
	n := len(lists)
	for i := range lists {
		lists[i].says = (i+1)*total/n - i*total/n
	}
	for i := 0; i+1 < n; i += 2 { // what one says less, another says more; some have nothing to declare
		d := m.Roll(lists[i].says + 1)
		if m.One(12) {
			d = lists[i].says
		}
		lists[i].says -= d
		lists[i+1].says += d
	}
}

// snapshot reads a campaign's lists unit by unit.
func (m *Maker) snapshot(ctx context.Context, campaign string, people map[string]*person) ([]*list, error) {
	var out []*list
	for _, u := range m.units { // some two hundred small reads
		rows, err := m.App.Snapshot(ctx, desk.Program("demo"), campaign, u.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range rows {
			l := &list{Submission: s, by: people[s.PersonID]}
			if s.PersonID == "" {
				l.by = m.heads[s.UnitID]
			}
			if l.by == nil {
				return nil, fmt.Errorf("list %s has nobody to sign it", s.ID)
			}
			out = append(out, l)
		}
	}
	return out, nil
}

// together is how many people act at the same time: more than one group of the writer
// takes, so that the next is waiting when it is done.
const together = 400

func (m *Maker) fileLists(ctx context.Context) error {
	var todo []*list
	for _, l := range m.lists {
		if !l.skipped {
			todo = append(todo, l)
		}
	}
	for i := len(todo) - 1; i > 0; i-- { // units file side by side
		j := m.Roll(i + 1)
		todo[i], todo[j] = todo[j], todo[i]
	}
	from, span := m.start.AddDate(0, 0, openDay+1), 34*24*time.Hour
	var done atomic.Int64
	return atOnce(ctx, m.callers(together), len(todo), func(ctx context.Context, i int) error {
		l := todo[i]
		m.Clock.to(from.Add(span * time.Duration(i) / time.Duration(len(todo))))
		_, err := m.App.Submit(ctx, l.by.actor(), appselfcheck.SubmitInput{ID: l.ID, Version: l.Version, Answers: l.answers(m)})
		if err != nil {
			return fmt.Errorf("file the list of %s: %w", l.by.number, err)
		}
		if n := int(done.Add(1)); n%50 == 0 || n == len(todo) {
			m.tell("lists", n, len(todo))
		}
		return nil
	})
}

// actor is the person as the signer of his own and his unit's list. Whom he may
// not see does not matter there, so the records need not be asked for each.
func (p *person) actor() *roster.Actor {
	a := &roster.Actor{Account: p.account, Person: p.id, Name: p.name, Unit: p.unit.ID, Units: []string{p.unit.ID},
		Held: []roster.Held{{Role: roster.RoleOfficer, Unit: p.unit.ID}}}
	if p.head {
		a.Held = append(a.Held, roster.Held{Role: roster.RoleUnitHead, Unit: p.unit.ID})
	}
	return a
}

// answers are all nil but for the issues to declare, which fall on items by
// chance.
func (l *list) answers(m *Maker) []selfcheck.ItemAnswer {
	d := seeded.New(l.seed)
	items := seeds.Officers().Items
	if l.Audience == selfcheck.Leaders {
		items = seeds.Leaders().Items
	}
	out := Answers(d, items, l.says, m.start.AddDate(0, 0, openDay), string(l.by.unit.Name))
	if l.names {
		at := len(out) - 2 // reporting truthfully: told not to
		out[at] = selfcheck.ItemAnswer{ItemNo: out[at].ItemNo, LeaderID: m.heads[l.UnitID].id,
			Issues: []selfcheck.Declared{{EventOn: m.on(-30), Text: "值班时被要求不作登记，事后补记"}}}
	}
	return out
}

// Answers makes the 50 answers of a list that declares n issues in the eighteen
// months before the day.
func Answers(d *seeded.Dice, items []seeds.Item, n int, before time.Time, place string) []selfcheck.ItemAnswer {
	out := make([]selfcheck.ItemAnswer, len(items))
	for i, it := range items {
		out[i] = selfcheck.ItemAnswer{ItemNo: int64(it.No), Nil: true}
	}
	for range n {
		i := d.Roll(len(items))
		for items[i].Severity >= 2 && !d.One(4) { // what is slight is declared more often
			i = d.Roll(len(items))
		}
		for len(out[i].Issues) >= selfcheck.MaxIssuesPerItem {
			i = (i + 1) % len(items)
		}
		on := before.AddDate(0, 0, -1-d.Roll(540))
		out[i].Nil = false
		out[i].Issues = append(out[i].Issues, selfcheck.Declared{EventOn: roster.Date(on.Format("2006-01-02")),
			Text: narrative(d, items[i].Category, place)})
	}
	return out
}

// reviewLists lets the heads accept, return and certify.
func (m *Maker) reviewLists(ctx context.Context) error {
	m.day(44)
	byUnit := make(map[string][]*list)
	for _, l := range m.lists {
		if !l.skipped && l.PersonID != m.named["demo-head"].id {
			byUnit[l.ReviewUnitID] = append(byUnit[l.ReviewUnitID], l)
		}
	}
	var units []string
	for _, u := range m.units {
		if len(byUnit[u.ID]) > 0 && u.Code != "C0101" && u.Code != "C0102" { // two heads still have everything before them
			units = append(units, u.ID)
		}
	}
	for _, n := range []int{0, 1} { // some lists of two stations stay to be reviewed
		if u := m.byCode[[]string{"C0101", "C0102"}[n]]; u != nil {
			byUnit[u.ID] = byUnit[u.ID][:len(byUnit[u.ID])/2]
			units = append(units, u.ID)
		}
	}
	var done atomic.Int64
	err := atOnce(ctx, m.callers(16), len(units), func(ctx context.Context, i int) error {
		head, err := m.App.ActorNamed(ctx, m.heads[units[i]].account)
		if err != nil {
			return err
		}
		var chosen []appselfcheck.AcceptInput
		for n, l := range byUnit[units[i]] {
			switch {
			case n == 3 && (l.says > 0 || i%9 == 0) && l.PersonID != "":
				if _, err := m.App.ReturnList(ctx, head, appselfcheck.ReturnInput{ID: l.ID, Version: l.Version + 1,
					Reason: "第三项写得太笼统，请写明时间和经过"}); err != nil {
					return err
				}
				l.State = selfcheck.Returned
			default:
				chosen = append(chosen, appselfcheck.AcceptInput{ID: l.ID, Version: l.Version + 1})
				l.State = selfcheck.Accepted
			}
		}
		for len(chosen) > 0 {
			part := chosen[:min(len(chosen), 50)]
			if _, err := m.App.AcceptLists(ctx, head, appselfcheck.AcceptManyInput{Lists: part}); err != nil {
				return fmt.Errorf("accept lists of a unit: %w", err)
			}
			chosen = chosen[len(part):]
		}
		m.tell("review", int(done.Add(1)), len(units))
		return nil
	})
	if err != nil {
		return err
	}
	if err := m.refile(ctx); err != nil {
		return err
	}
	if err := m.excuse(ctx); err != nil {
		return err
	}
	return m.certify(ctx)
}

// refile lets most of those whose list was returned file it again; a few still
// have it before them.
func (m *Maker) refile(ctx context.Context) error {
	m.day(48)
	var back []*list
	for _, l := range m.lists {
		if l.State == selfcheck.Returned {
			back = append(back, l)
		}
	}
	for i, l := range back {
		if i%4 == 1 && m.Size != Full || l.by.login[0] == 'd' {
			continue
		}
		v, err := m.App.List(ctx, l.by.actor(), l.ID)
		if err != nil {
			return err
		}
		answers := v.Draft
		dropped := false
		for n := range answers {
			answers[n].ItemNo = v.Items[n].No
			for k := range answers[n].Issues {
				answers[n].Issues[k].Text += "（已补充时间和经过）"
			}
			slight := v.Items[n].Severity < int64(m.App.Pack().Review.ClueMinSeverity) // what is severe stays
			if !dropped && slight && len(answers[n].Issues) > 1 {                      // says less than before: what is dropped is withdrawn
				answers[n].Issues, dropped = answers[n].Issues[1:], true
			}
		}
		if _, err := m.App.Submit(ctx, l.by.actor(), appselfcheck.SubmitInput{ID: l.ID, Version: v.Version, Answers: answers}); err != nil {
			return fmt.Errorf("file a returned list again: %w", err)
		}
		l.State = selfcheck.Submitted
		if i%2 == 0 {
			head, err := m.App.ActorNamed(ctx, m.heads[l.ReviewUnitID].account)
			if err != nil {
				return err
			}
			if _, err := m.App.AcceptList(ctx, head, appselfcheck.AcceptInput{ID: l.ID, Version: v.Version + 1}); err != nil {
				return err
			}
			l.State = selfcheck.Accepted
		}
	}
	return nil
}

// excuse takes a few lists out of what is owed.
func (m *Maker) excuse(ctx context.Context) error {
	manager, err := m.as(ctx, "demo-manager")
	if err != nil {
		return err
	}
	left := 3
	for _, l := range m.lists {
		if !l.skipped || l.by.unit.Code == "C0101" || l.by.unit.Code == "C0102" || left == 0 {
			continue
		}
		if _, err := m.App.Excuse(ctx, manager, appselfcheck.ExcuseInput{ID: l.ID, Version: l.Version,
			Reason: "长期病假，已由政工部门核实"}); err != nil {
			return err
		}
		l.State = selfcheck.Excused
		left--
	}
	return nil
}

// certify lets the heads of complete stations certify.
func (m *Maker) certify(ctx context.Context) error {
	open := make(map[string]bool)
	for _, l := range m.lists {
		if (l.skipped && l.State != selfcheck.Excused) || l.State == selfcheck.Returned {
			open[l.UnitID] = true
		}
	}
	var units []*roster.Unit
	for _, u := range m.units {
		if u.Tier == 3 && !open[u.ID] && (m.Size != Full || len(units) < 40) && u.Code != "C0101" {
			units = append(units, u)
		}
	}
	return atOnce(ctx, m.callers(8), len(units), func(ctx context.Context, i int) error {
		head, err := m.App.ActorNamed(ctx, m.heads[units[i].ID].account)
		if err != nil {
			return err
		}
		if _, err := m.App.Certify(ctx, head, appselfcheck.CertifyInput{CampaignID: m.campaign, UnitID: units[i].ID}); err != nil {
			return fmt.Errorf("certify %s: %w", units[i].Code, err)
		}
		return nil
	})
}

// Filer is somebody with a list to file: for measuring.
type Filer struct {
	Account string
	List    string
	Version int64
}

// Filers gives the officers' lists of a bare bureau.
func (m *Maker) Filers() []Filer {
	var out []Filer
	for _, l := range m.lists {
		if l.Audience == selfcheck.Officers && l.PersonID != "" {
			out = append(out, Filer{l.by.account, l.ID, l.Version})
		}
	}
	return out
}

// Reader is the account behind one of the logins of Accounts.
func (m *Maker) Reader(login string) string { return m.named[login].account }

// UnitID is the id of a unit by its code, "" if the bureau has none.
func (m *Maker) UnitID(code string) string {
	if u := m.byCode[code]; u != nil {
		return u.ID
	}
	return ""
}

// UnitCodes lists the codes of the units, from the bureau down.
func (m *Maker) UnitCodes() (codes []string) {
	for _, u := range m.units {
		codes = append(codes, u.Code)
	}
	return codes
}
