// Package demo makes the invented bureau: a small one that shows every state of
// the life cycle, and one at the real size of the case. Everything is done by
// app methods, in the names of invented people, on a clock that runs from some
// weeks ago to now, so that dates, deadlines and ledger look like a site in use.
// It never touches a site that has units, and never draws on anything but seeds
// and its own dice: the same size gives the same people every time.
package demo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/demo/seeded"
	"plumbline/internal/roster"
)

// Size is how large the invented bureau is.
type Size string

// The sizes.
const (
	Small Size = "small" // a few hundred people, in a few seconds
	Full  Size = "full"  // the case at its real size
)

// Password opens every account that Accounts lists.
const Password = "plumb-line-2026"

// Fact is the name of the site fact that marks a demonstration; its value is
// the size.
const Fact = "demo"

// Account is one sign-in that the demo activates.
type Account struct {
	Login string
	Role  roster.Role
	at    string // code of the unit where it is held
	post  string // code of the unit of the posting
}

// Above reports whether the role is held at the superior authority.
func (a Account) Above() bool { return a.at == "A00" }

// Accounts lists one account for each role and, where a second person is
// needed, that one. Everybody else's account is not yet activated.
func Accounts() []Account {
	return []Account{
		{"demo-officer", roster.RoleOfficer, "C0101", "C0101"},
		{"demo-head", roster.RoleUnitHead, "C0101", "C0101"},
		{"demo-manager", roster.RoleCampaignManager, "B00", "B00"},
		{"demo-inspector", roster.RoleInspector, "B00", "B00"},
		{"demo-inspector-2", roster.RoleInspector, "B00", "B00"},
		{"demo-clue", roster.RoleClueManager, "B00", "B00"},
		{"demo-investigator", roster.RoleInvestigator, "B00", "B00"},
		{"demo-investigator-2", roster.RoleInvestigator, "B00", "B00"},
		{"demo-investigator-3", roster.RoleInvestigator, "B00", "B00"},
		{"demo-investigator-4", roster.RoleInvestigator, "B00", "B00"},
		{"demo-adjudicator", roster.RoleAdjudicator, "B00", "B00"},
		{"demo-adjudicator-2", roster.RoleAdjudicator, "B00", "B00"},
		{"demo-body", roster.RoleDecidingBody, "B00", "B00"},
		{"demo-body-2", roster.RoleDecidingBody, "B00", "B00"},
		{"demo-body-3", roster.RoleDecidingBody, "B00", "B00"},
		{"demo-appeals", roster.RoleAppealsReviewer, "B00", "B00"},
		{"demo-lead", roster.RoleLeadDepartment, "D01", "D01"},
		{"demo-leader", roster.RoleLeadershipReader, "B00", "B00"},
		{"demo-records", roster.RoleRecordsOfficer, "B00", "B00"},
		{"demo-system", roster.RoleSystemAdmin, "B00", "B00"},
		{"demo-security", roster.RoleSecurityAdmin, "B00", "B00"},
		{"demo-security-2", roster.RoleSecurityAdmin, "B00", "B00"},
		{"demo-audit", roster.RoleAuditAdmin, "B00", "B00"},
		{"demo-authority", roster.RoleDecidingBody, "A00", "A00"},
	}
}

// Clock is the clock of a site while the demo is made: it stands where the
// demo puts it, and is the machine's afterwards.
type Clock struct {
	mu   sync.Mutex
	at   time.Time
	real func() time.Time
}

// NewClock starts days before now.
func NewClock(now func() time.Time, days int) *Clock {
	return &Clock{at: now().AddDate(0, 0, -days), real: now}
}

// Now reads the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return c.real()
	}
	return c.at
}

// to puts the clock to an instant; it never goes back, and never past the
// machine's.
func (c *Clock) to(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.real(); t.After(now) {
		t = now
	}
	if !c.at.IsZero() && t.After(c.at) {
		c.at = t
	}
}

// Release makes it the machine's clock.
func (c *Clock) Release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Time{}
}

// Days is how long ago a demo begins.
const Days = 80

// Maker makes one bureau.
type Maker struct {
	App      *app.App
	Clock    *Clock
	Size     Size
	Progress func(step string, done, total int) // may be nil
	Bare     bool                               // roster, campaign and its snapshot only: for measuring
	Alone    bool                               // nobody acts beside another: what is made comes in the same order every time

	*seeded.Dice
	start    time.Time
	units    []*roster.Unit
	byCode   map[string]*roster.Unit
	people   []*person
	heads    map[string]*person // by unit id
	named    map[string]*person // by login
	campaign string
	lists    []*list
}

// Make makes the bureau on an empty, migrated site. The clock is the machine's
// when it returns.
func (m *Maker) Make(ctx context.Context) error {
	defer m.Clock.Release()
	defer m.App.Store.Patiently()()
	m.Dice = seeded.New(20200916)
	m.start = m.Clock.Now()
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"roster", m.makeRoster}, {"accounts", m.makeAccounts}, {"campaign", m.openCampaign},
		{"lists", m.fileLists}, {"review", m.reviewLists}, {"audit", m.importAudit}, {"life", m.live},
	}
	if m.Bare {
		steps = steps[:3]
	}
	for _, s := range steps {
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("make the demo, %s: %w", s.name, err)
		}
	}
	return nil
}

// day puts the clock to the n-th day of the demo.
func (m *Maker) day(n int) { m.Clock.to(m.start.AddDate(0, 0, n)) }

// on is the civil date of the n-th day of the demo.
func (m *Maker) on(n int) roster.Date {
	return roster.DateOf(m.start.AddDate(0, 0, n), m.App.Zone())
}

func (m *Maker) tell(step string, done, total int) {
	if m.Progress != nil {
		m.Progress(step, done, total)
	}
}

// as is the actor behind an activated account's login.
func (m *Maker) as(ctx context.Context, login string) (*roster.Actor, error) {
	p := m.named[login]
	if p == nil {
		return nil, fmt.Errorf("the demo has no account %q", login)
	}
	return m.App.ActorNamed(ctx, p.account)
}

// inspectors are the two who confirm each other's decisions.
func (m *Maker) inspectors(ctx context.Context) (one, two *roster.Actor, err error) {
	if one, err = m.as(ctx, "demo-inspector"); err != nil {
		return nil, nil, err
	}
	two, err = m.as(ctx, "demo-inspector-2")
	return one, two, err
}

// callers is n, or one where people act one after the other.
func (m *Maker) callers(n int) int {
	if m.Alone {
		return 1
	}
	return n
}

// atOnce runs do for 0 to n-1 from many callers, so that their writes share
// commits, and gives the first error.
func atOnce(ctx context.Context, callers, n int, do func(ctx context.Context, i int) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
		queue = make(chan int)
	)
	for range min(callers, n) {
		wg.Go(func() {
			for i := range queue {
				if ctx.Err() != nil {
					continue
				}
				if err := do(ctx, i); err != nil {
					once.Do(func() { first = err; stop() })
				}
			}
		})
	}
	for i := range n {
		queue <- i
	}
	close(queue)
	wg.Wait()
	if first == nil {
		return ctx.Err()
	}
	return first
}
