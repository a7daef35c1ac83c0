package selfcheck

import (
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
)

// Certification says that a unit's roster is complete: filed + excused = 100 %.
type Certification struct {
	ledger.Stamp
	CampaignID  string    `bun:"campaign_id"`
	UnitID      string    `bun:"unit_id"`
	BranchID    string    `bun:"branch_id" ledger:"-"`
	Owed        int64     `bun:"owed"`
	Filed       int64     `bun:"filed"`
	Excused     int64     `bun:"excused"`
	CertifiedBy string    `bun:"certified_by"` // person
	CertifiedAt time.Time `bun:"certified_at"`
}

// PlaceUnit is the certified unit.
func (c *Certification) PlaceUnit() string { return c.UnitID }

// PlaceBranch sets the tier-2 branch of today's tree.
func (c *Certification) PlaceBranch(branch string) { c.BranchID = branch }

// Completion is how far a unit's own roster has come, children not included.
type Completion struct {
	UnitID    string
	Owed      int64 // every list on the roster, the excused included
	Assigned  int64
	Submitted int64
	Returned  int64
	Accepted  int64
	Locked    int64
	Excused   int64
	Nil       int64 // nil items of filed lists
	Declared  int64 // declared items of filed lists
	Issues    int64
}

// Count adds n lists in a state, with what they say together.
func (c *Completion) Count(s State, n, nilItems, declared, issues int64) {
	c.Owed += n
	switch s {
	case Assigned:
		c.Assigned += n
	case Submitted:
		c.Submitted += n
	case Returned:
		c.Returned += n
	case Accepted:
		c.Accepted += n
	case Locked:
		c.Locked += n
	case Excused:
		c.Excused += n
	}
	if s.Filed() {
		c.Nil, c.Declared, c.Issues = c.Nil+nilItems, c.Declared+declared, c.Issues+issues
	}
}

// Filed counts submitted, accepted and locked lists.
func (c Completion) Filed() int64 { return c.Submitted + c.Accepted + c.Locked }

// Missing counts the lists that are neither filed nor excused.
func (c Completion) Missing() int64 { return c.Owed - c.Filed() - c.Excused }

// PerMille is the share of filed and excused lists; 1000 only when complete.
func (c Completion) PerMille() int64 {
	if c.Owed == 0 {
		return 1000
	}
	return (c.Filed() + c.Excused) * 1000 / c.Owed
}

// NilPerMille is the share of nil answers among the items of filed lists.
func (c Completion) NilPerMille() int64 {
	if c.Nil+c.Declared == 0 {
		return 0
	}
	return c.Nil * 1000 / (c.Nil + c.Declared)
}

// Add sums two units, for a subtree.
func (c Completion) Add(o Completion) Completion {
	c.Owed += o.Owed
	c.Assigned += o.Assigned
	c.Submitted += o.Submitted
	c.Returned += o.Returned
	c.Accepted += o.Accepted
	c.Locked += o.Locked
	c.Excused += o.Excused
	c.Nil += o.Nil
	c.Declared += o.Declared
	c.Issues += o.Issues
	return c
}

// Certify certifies a unit: its own roster is complete and every child with a
// roster has been certified before (rules, section 4.4). open counts the units
// below that have not.
func Certify(c *Campaign, done Completion, open int, certified bool, by string, now time.Time) (*Certification, error) {
	switch {
	case c.State == CampaignDraft || c.State == CampaignClosed:
		return nil, fault.Conflict("campaign_not_open", "State", string(c.State))
	case !c.RosterDone:
		return nil, fault.Conflict("campaign_roster_running")
	case certified:
		return nil, fault.Conflict("already_certified")
	case done.Owed == 0:
		return nil, fault.Invalid("certify_no_roster", "unit")
	case done.Missing() > 0:
		return nil, fault.Invalid("certify_incomplete", "unit", "Missing", done.Missing(), "Owed", done.Owed)
	case open > 0:
		return nil, fault.Invalid("certify_children", "unit", "Count", open)
	}
	return &Certification{
		CampaignID: c.ID, UnitID: done.UnitID, Owed: done.Owed, Filed: done.Filed(), Excused: done.Excused,
		CertifiedBy: by, CertifiedAt: now,
	}, nil
}
