package demo

import (
	"context"
	"fmt"
	"strings"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/people"
	"plumbline/internal/demo/seeded"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// person is one invented member of the staff.
type person struct {
	id, account, login string
	name, number       string
	police             string // number held today, "" for an auxiliary
	former             string // number held before formerTo, now somebody else's
	born               roster.Date
	unit               *roster.Unit
	team, head         bool
	alike              bool // shares the name with somebody else
}

// formerTo is the last day of numbers that others hold now.
const (
	began    = roster.Date("2019-01-01")
	formerTo = roster.Date("2025-06-30")
	heldFrom = roster.Date("2025-07-01")
)

// strength says how many people serve in a unit of a tier, and how many of
// them belong to its leadership team.
func (m *Maker) strength(tier int) (people, team int) {
	small := m.Size != Full
	switch {
	case tier == 0:
		return 4, 1
	case tier == 1 && small:
		return 44, 5
	case tier == 1:
		return 200, 9
	case tier == 2 && small:
		return 24, 3
	case tier == 2:
		return 150, 4
	case small:
		return 22, 2
	}
	return 58, 3
}

// fullStaff is the staff of the case.
const fullStaff = 14000

func (m *Maker) makeRoster(ctx context.Context) error {
	org := seeds.Bureau()
	m.byCode = make(map[string]*roster.Unit)
	m.heads, m.named = make(map[string]*person), make(map[string]*person)
	for i, u := range org.Units {
		if m.Size != Full && !inSmall(u.Code) {
			continue
		}
		row := &roster.Unit{
			Stamp: ledger.Stamp{ID: store.NewShortID()}, Code: u.Code, Name: u.ZH, NameEN: u.EN, SortKey: fmt.Sprintf("%04d",
				i), Tier: u.Tier,
			State: roster.UnitActive, FromOn: began,
		}
		if up := m.byCode[u.Parent]; up != nil {
			row.ParentID = up.ID
		}
		m.units, m.byCode[u.Code] = append(m.units, row), row
	}
	staff, stations := 0, 0
	for _, u := range m.units {
		n, team := m.strength(u.Tier)
		m.staff(u, n, team)
		if u.Tier > 0 {
			staff += n
		}
		if u.Tier == 3 {
			stations++
		}
	}
	for n := 0; m.Size == Full && staff < fullStaff; n++ { // the rest goes to the stations, one each
		u := m.units[len(m.units)-stations+n%stations]
		m.staff(u, 1, 0)
		staff++
	}
	m.nameAccounts()
	b := people.Bureau{Units: m.units, Links: m.commandLinks(), Demo: string(m.Size),
		Progress: func(done, total int) { m.tell("roster", done, total) }}
	for _, p := range m.people {
		b.People = append(b.People, m.recruit(p))
	}
	return m.App.Establish(ctx, desk.Program("demo"), b)
}

// inSmall picks the units of the small bureau: two sub-bureaus and an office,
// with a few stations each.
func inSmall(code string) bool {
	for _, c := range []string{"A00", "B00", "C01", "C02", "D01", "C0101", "C0102", "C0103", "C0201", "C0202", "C0203", "D0101", "D0102"} {
		if c == code {
			return true
		}
	}
	return false
}

// staff invents people for a unit; the first is its head.
func (m *Maker) staff(u *roster.Unit, n, team int) {
	org := seeds.Bureau()
	for i := range n {
		p := &person{id: store.NewID(), account: store.NewID(), unit: u, head: i == 0 && team > 0, team: i < team}
		p.number = fmt.Sprintf("P%06d", len(m.people)+1)
		p.login = strings.ToLower(p.number)
		p.name = seeded.Pick(m.Dice, org.Surnames).ZH + seeded.Pick(m.Dice, org.GivenNames).ZH
		if !m.One(4) {
			p.name += seeded.Pick(m.Dice, org.GivenNames).ZH
		}
		if len(m.people) > 20 && m.One(60) { // two people alike, somewhere else
			twin := m.people[m.Roll(len(m.people))]
			p.name, p.alike, twin.alike = twin.name, true, true
		}
		p.born = roster.Date(fmt.Sprintf("%04d-%02d-%02d", 1966+m.Roll(36), 1+m.Roll(12), 1+m.Roll(28)))
		if p.team || !m.One(7) {
			p.police = fmt.Sprintf("%06d", 100001+len(m.people))
		}
		if len(m.people)%97 == 50 && p.police != "" { // held another number before, which the one before him has now
			p.former = m.people[len(m.people)-1].police
		}
		m.people = append(m.people, p)
		if p.head {
			m.heads[u.ID] = p
		}
	}
}

// nameAccounts gives the accounts of the roles to people with the right posts.
func (m *Maker) nameAccounts() {
	taken := make(map[*person]bool)
	for _, a := range Accounts() {
		for _, p := range m.people {
			if taken[p] || p.unit.Code != a.post || p.head != (a.Role == roster.RoleUnitHead || a.at == "A00") || (p.team && !p.head) {
				continue
			}
			taken[p], p.login, m.named[a.Login] = true, a.Login, p
			break
		}
	}
}

// recruit is a person as the roster takes him.
func (m *Maker) recruit(p *person) people.Recruit {
	org := seeds.Bureau()
	kind, rank, sex := roster.Officer, seeded.Pick(m.Dice, org.Ranks[4:]).ZH, "m"
	if m.One(5) {
		sex = "f"
	}
	if p.police == "" {
		kind, rank = roster.Auxiliary, ""
	}
	r := people.Recruit{
		Person: &roster.Person{
			Stamp: ledger.Stamp{ID: p.id}, PersonnelNo: p.number, Name: p.name, Kind: kind, Sex: sex, BornOn: p.born, Rank: rank,
			State: roster.Serving, UnitID: p.unit.ID,
		},
		Postings: []*roster.Posting{{PersonID: p.id, UnitID: p.unit.ID, Post: m.post(p), Rank: rank, Team: p.team, Main: true,
			FromOn: began}},
		Account: &roster.Account{Stamp: ledger.Stamp{ID: p.account}, Login: p.login, PersonID: p.id, Lang: "zh-CN"},
	}
	number := func(kind, value string, from, to roster.Date) {
		r.Numbers = append(r.Numbers, &roster.Identifier{PersonID: p.id, Kind: kind, Value: value, Folded: roster.FoldNumber(value),
			FromOn: from, ToOn: to})
	}
	switch {
	case p.police == "":
		number(roster.BadgeNo, "F"+p.number[1:], began, "")
	case p.former != "":
		number(roster.PoliceNo, p.former, began, formerTo)
		number(roster.PoliceNo, p.police, heldFrom, "")
	case m.lost(p):
		number(roster.PoliceNo, p.police, heldFrom, "")
	default:
		number(roster.PoliceNo, p.police, began, "")
	}
	return r
}

// lost reports whether the person's number was somebody else's before.
func (m *Maker) lost(p *person) bool {
	for i := 50; i < len(m.people); i += 97 {
		if m.people[i].former != "" && m.people[i-1] == p {
			return true
		}
	}
	return false
}

func (m *Maker) post(p *person) string {
	station, squad := strings.HasSuffix(p.unit.Name, "派出所"), strings.HasSuffix(p.unit.Name, "大队")
	switch {
	case p.unit.Tier <= 1 && p.head:
		return "局长"
	case p.unit.Tier <= 2 && p.head:
		return "主要负责人"
	case p.unit.Tier <= 2 && p.team:
		return "副职领导"
	case station && p.head:
		return "所长"
	case squad && p.head:
		return "大队长"
	case p.team:
		return "副职"
	case p.police == "":
		return "辅警"
	case p.unit.Tier <= 2:
		return "内勤民警"
	}
	return seeded.Pick(m.Dice, []string{"社区民警", "办案民警", "巡逻民警", "内勤民警"})
}

// commandLinks: the head of each unit; the deputies of the unit above in charge
// of it, in turn; point leaders over some stations.
func (m *Maker) commandLinks() []*roster.CommandLink {
	deputies := make(map[string][]*person)
	for _, p := range m.people {
		if p.team && !p.head {
			deputies[p.unit.ID] = append(deputies[p.unit.ID], p)
		}
	}
	var links []*roster.CommandLink
	link := func(p *person, kind roster.LinkKind, over *roster.Unit) {
		links = append(links, &roster.CommandLink{PersonID: p.id, Kind: kind, OverUnitID: over.ID, FromOn: began})
	}
	turn, points := make(map[string]int), 0
	for _, u := range m.units {
		if h := m.heads[u.ID]; h != nil {
			link(h, roster.LinkHead, u)
		}
		above := deputies[u.ParentID]
		if len(above) == 0 || u.Tier < 2 {
			continue
		}
		p := above[turn[u.ParentID]%len(above)]
		turn[u.ParentID]++
		link(p, roster.LinkInCharge, u)
		if u.Tier == 3 && points < 14 && m.One(3) { // 11 leaders, 14 stations
			chiefs := deputies[m.byCode["B00"].ID]
			link(chiefs[points%min(len(chiefs), 11)], roster.LinkPointLeader, u)
			points++
		}
	}
	return links
}

// makeAccounts grants the roles and activates the accounts of the list.
func (m *Maker) makeAccounts(ctx context.Context) error {
	program := desk.Program("demo")
	var wishes []accounts.GrantInput
	grant := func(p *person, role roster.Role, unit *roster.Unit) {
		wishes = append(wishes, accounts.GrantInput{ID: p.account, Role: role, UnitID: unit.ID, FromOn: m.on(0)})
	}
	for _, u := range m.units {
		if h := m.heads[u.ID]; h != nil {
			grant(h, roster.RoleUnitHead, u)
		}
	}
	for _, a := range Accounts() {
		p := m.named[a.Login]
		if p == nil {
			return fmt.Errorf("nobody at %s for %s", a.post, a.Login)
		}
		if a.Role != roster.RoleOfficer && a.Role != roster.RoleUnitHead {
			grant(p, a.Role, m.byCode[a.at])
		}
	}
	if err := atOnce(ctx, m.callers(32), len(wishes), func(ctx context.Context, i int) error {
		_, _, err := m.App.Grant(ctx, program, wishes[i])
		return err
	}); err != nil {
		return err
	}
	if m.Bare {
		return nil
	}
	shown := Accounts()
	for i, a := range shown {
		who, err := m.as(ctx, a.Login)
		if err != nil {
			return err
		}
		mine := *who
		mine.MustRenew = true // as after a one-time code
		if _, err := m.App.SetPassword(ctx, &mine, accounts.PasswordInput{New: Password}); err != nil {
			return err
		}
		m.tell("accounts", i+1, len(shown))
	}
	return nil
}
