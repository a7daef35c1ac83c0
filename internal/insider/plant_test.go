package insider

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/demo"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// planter adds to the demonstration.
type planter struct {
	t  testing.TB
	s  *site
	w  *world
	db *sql.DB
}

// one reads one line of texts.
func (p *planter) one(query string, n int) []string {
	p.t.Helper()
	rows := p.all(query, n)
	if len(rows) == 0 {
		p.t.Fatalf("nothing for %s", query)
	}
	return rows[0]
}

func (p *planter) all(query string, n int) (out [][]string) {
	p.t.Helper()
	rows, err := p.db.Query(query)
	if err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		line, into := make([]string, n), make([]any, n)
		for i := range line {
			into[i] = &line[i]
		}
		if err := rows.Scan(into...); err != nil {
			p.t.Fatal(err)
		}
		out = append(out, line)
	}
	if err := rows.Err(); err != nil {
		p.t.Fatal(err)
	}
	return out
}

const whoQuery = `SELECT a.login, a.id, p.id, p.name, p.personnel_no, p.unit_id FROM accounts a JOIN people p ON p.id = a.person_id `

// walker makes an account one that walks, with the roles granted to it first.
func (p *planter) walker(where string, grants ...accounts.GrantInput) *who {
	p.t.Helper()
	f := p.one(whoQuery+where, 6)
	if had := p.w.byLogin[f[0]]; had != nil {
		return had
	}
	v := &who{login: f[0], account: f[1], person: f[2], name: f[3], number: f[4], unit: f[5], password: demo.Password}
	for _, g := range grants {
		g.ID, g.FromOn = v.account, "2026-05-01"
		if _, _, err := p.s.app.Grant(context.Background(), desk.Program("demo"), g); err != nil {
			p.t.Fatal(err)
		}
	}
	actor, err := p.s.app.ActorNamed(context.Background(), v.account)
	if err != nil {
		p.t.Fatal(err)
	}
	if !strings.HasPrefix(v.login, "demo-") {
		mine := *actor
		mine.MustRenew = true // as after a one-time code
		if _, err := p.s.app.SetPassword(context.Background(), &mine, accounts.PasswordInput{New: v.password}); err != nil {
			p.t.Fatal(err)
		}
	}
	p.w.people = append(p.w.people, v)
	p.w.byLogin[v.login] = v
	return v
}

// plant gives the demonstration accused leaders and officials, a complainant,
// officials at the superior authority, and inspectors who serve under those
// who are accused.
func (w *world) plant(t testing.TB, s *site, db *sql.DB) {
	p := &planter{t, s, w, db}
	for _, a := range demo.Accounts() {
		p.walker("WHERE a.login = '" + a.Login + "'")
	}
	unit := func(code string) string { return p.one("SELECT id FROM units WHERE code = '"+code+"'", 1)[0] }
	at := func(code string, n int) string {
		return fmt.Sprintf("WHERE p.unit_id = '%s' AND a.state = 'new' AND NOT EXISTS (SELECT 1 FROM postings o WHERE o.person_id = p.id AND o.team %s) ORDER BY p.personnel_no LIMIT 1 OFFSET %d",
			unit(code), map[bool]string{true: "", false: "= 1"}[w.dialect == store.Postgres], n)
	}
	head := func(code string) string {
		return "JOIN command_links l ON l.person_id = p.id AND l.kind = 'head' AND l.over_unit_id = '" + unit(code) + "'"
	}
	top, sub := unit("A00"), unit("C01")
	above := p.walker(at("A00", 0), accounts.GrantInput{Role: roster.RoleInspector, UnitID: top})
	w.above, w.bodyAbove = above, p.walker(at("A00", 0), accounts.GrantInput{Role: roster.RoleDecidingBody, UnitID: top})
	chief := p.walker(head("B00"))
	subhead := p.walker(head("C01"))
	p.walker(at("C01", 0), accounts.GrantInput{Role: roster.RoleInspector, UnitID: sub})
	p.walker(at("B00", 2), accounts.GrantInput{Role: roster.RoleLeadershipReader, UnitID: unit("B00")})
	p.walker(head("C02"))
	complainant := p.walker("JOIN submissions x ON x.person_id = p.id JOIN named_reviews n ON n.submission_id = x.id AND n.state = 'returned'")
	p.walker("WHERE p.id = (SELECT min(person_id) FROM findings WHERE state = 'served') ")

	accused := map[string]*who{"chief": chief, "subhead": subhead}
	for _, login := range []string{"demo-head", "demo-records", "demo-officer", "demo-inspector-2"} {
		accused[login] = w.byLogin[login]
	}
	ids := p.accuse(accused)
	p.complain(ids["demo-head"], complainant)
	p.refer(above, ids["chief"])
	p.refer(above, ids["subhead"])
	p.ripen()
	for _, v := range p.all("SELECT DISTINCT p.personnel_no, p.name, a.login, g.role FROM grants g JOIN accounts a ON a.id = g.account_id JOIN people p ON p.id = a.person_id WHERE g.state = 'live' ORDER BY 1, 4", 4) {
		w.book = append(w.book, entry{v[0], v[1], v[2], v[3]})
	}
	w.staff = map[string][]string{}
	for _, v := range p.all("SELECT unit_id, personnel_no FROM people WHERE unit_id <> '' ORDER BY 2", 2) {
		w.staff[v[0]] = append(w.staff[v[0]], v[1])
	}
}

// accuse registers a severe finding of an audit about each, one by one.
func (p *planter) accuse(whom map[string]*who) map[string]string {
	ids := map[string]string{}
	for n, key := range slices.Sorted(maps.Keys(whom)) {
		ids[key] = p.register(whom[key].person, 3+n%2)
	}
	return ids
}

// register adds an issue of an audit about a person.
func (p *planter) register(person string, severity int) string {
	p.t.Helper()
	unit := p.one("SELECT u.id, u.tier FROM people p JOIN units u ON u.id = p.unit_id WHERE p.id = '"+person+"'", 2)
	id := store.NewID()
	_, err := p.s.store.Update(context.Background(), store.Call{Account: "program:test", Op: "test.issues"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		c, err := tx.PutText(ctx, id, "narrative", "来信反映的情况")
		if err != nil {
			return nil, "", err
		}
		fresh := issue.NewAudit(issue.Found{ID: id, SourceCode: "petition", Person: person, Unit: unit[0], Tier: int(unit[1][0] - '0'),
			Category: "duty_discipline", Severity: severity, EventOn: "2026-05-20", ReceivedOn: "2026-06-10", At: tx.Now(), Record: tx.NewID(), NarrativeC: c})
		return []ledger.Fact{{Verb: "test.issues", Kind: "issue", ID: fresh.ID}}, "", tx.AddIssues(ctx, []*issue.Issue{fresh},
			issue.TimingOf(p.s.app.Pack()))
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// complain makes somebody the complainant of a matter.
func (p *planter) complain(id string, by *who) {
	inspector, err := p.s.app.ActorNamed(context.Background(), p.w.byLogin["demo-inspector"].account)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, _, err := p.s.app.AddIssueParty(context.Background(), inspector, casework.IssuePartyInput{IssueID: id, Person: by.number,
		Interest: "complainant"}); err != nil {
		p.t.Fatal(err)
	}
}

// refer makes a matter a clue, as an inspector of the superior authority.
func (p *planter) refer(by *who, id string) {
	ctx := context.Background()
	who, err := p.s.app.ActorNamed(ctx, by.account)
	if err != nil {
		p.t.Fatal(err)
	}
	d, err := p.s.app.Issue(ctx, who, casework.IssueInput{ID: id})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, _, err := p.s.app.TriageIssue(ctx, who, casework.TriageIssueInput{Step: casework.Step{ID: id, Version: d.Version, Reason: "移送"},
		Severity: d.Severity, Category: d.Category, Decision: issue.ActRefer}); err != nil {
		p.t.Fatal(err)
	}
}
