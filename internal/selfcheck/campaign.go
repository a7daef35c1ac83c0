package selfcheck

import (
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// CampaignState is the state of a campaign.
type CampaignState string

// The states, in order; see the package doc for the table.
const (
	CampaignDraft      CampaignState = "draft"
	CampaignOpen       CampaignState = "open"
	CampaignLocked     CampaignState = "locked"
	CampaignInspecting CampaignState = "inspecting"
	CampaignRectifying CampaignState = "rectifying"
	CampaignClosed     CampaignState = "closed"
)

// campaignMoves is the whole table: state and act give the next state.
var campaignMoves = map[CampaignState]map[string]CampaignState{
	CampaignDraft:      {"open": CampaignOpen},
	CampaignOpen:       {"lock": CampaignLocked},
	CampaignLocked:     {"inspect": CampaignInspecting},
	CampaignInspecting: {"rectify": CampaignRectifying},
	CampaignRectifying: {"close": CampaignClosed},
}

// Campaign is one self-check campaign of the bureau.
type Campaign struct {
	ledger.Stamp
	UnitID     string        `bun:"unit_id"` // the unit that runs it; its subtree takes part
	Title      string        `bun:"title"`
	State      CampaignState `bun:"state"`
	OpensOn    roster.Date   `bun:"opens_on"`    // the window for filing, inclusive
	ClosesOn   roster.Date   `bun:"closes_on"`   //
	PeriodFrom roster.Date   `bun:"period_from"` // conduct under review: event dates, inclusive
	PeriodTo   roster.Date   `bun:"period_to"`   //
	OfficersID string        `bun:"officers_id"` // checklist version for officers
	LeadersID  string        `bun:"leaders_id"`  // checklist version for leaders
	RosterOn   roster.Date   `bun:"roster_on"`   // date of the roster snapshot, "" before opening
	RosterDone bool          `bun:"roster_done"` // every respondent has been written
	LockDone   bool          `bun:"lock_done"`   // every filed list has been locked
	OpenedAt   *time.Time    `bun:"opened_at"`
	LockedAt   *time.Time    `bun:"locked_at"`
	ClosedAt   *time.Time    `bun:"closed_at"`
}

// Check judges a campaign as drafted.
func (c Campaign) Check() error {
	var faults []*fault.Error
	if c.Title == "" {
		faults = append(faults, fault.Invalid("required", "title"))
	}
	if c.OpensOn == "" || c.ClosesOn == "" || c.ClosesOn < c.OpensOn {
		faults = append(faults, fault.Invalid("campaign_window", "closes_on"))
	}
	if c.PeriodFrom == "" || c.PeriodTo == "" || c.PeriodTo < c.PeriodFrom {
		faults = append(faults, fault.Invalid("campaign_period", "period_to"))
	}
	return fault.Join(faults...)
}

// ChecklistID gives the checklist version for the audience.
func (c Campaign) ChecklistID(a Audience) string {
	if a == Leaders {
		return c.LeadersID
	}
	return c.OfficersID
}

// Open opens the campaign; the snapshot is then taken as of today.
func (c Campaign) Open(now time.Time, today roster.Date) (Campaign, error) {
	if c.OfficersID == "" || c.LeadersID == "" {
		return c, fault.Invalid("campaign_no_checklist", "checklist")
	}
	if err := c.Check(); err != nil {
		return c, err
	}
	if c.ClosesOn < today {
		return c, fault.Invalid("campaign_window", "closes_on")
	}
	n, err := c.move("open")
	n.OpenedAt, n.RosterOn = &now, today
	return n, err
}

// Lock ends filing. The roster must have been written completely.
func (c Campaign) Lock(now time.Time) (Campaign, error) {
	if c.State == CampaignOpen && !c.RosterDone {
		return c, fault.Conflict("campaign_roster_running")
	}
	n, err := c.move("lock")
	n.LockedAt = &now
	return n, err
}

// Inspect and Rectify move a locked campaign on, Close ends it.
func (c Campaign) Inspect() (Campaign, error) {
	if c.State == CampaignLocked && !c.LockDone {
		return c, fault.Conflict("campaign_lock_running")
	}
	return c.move("inspect")
}

// Rectify moves an inspected campaign to rectification.
func (c Campaign) Rectify() (Campaign, error) { return c.move("rectify") }

// Close ends the campaign.
func (c Campaign) Close(now time.Time) (Campaign, error) {
	n, err := c.move("close")
	n.ClosedAt = &now
	return n, err
}

// Filing reports whether lists may be filed today, and the reason if not.
func (c Campaign) Filing(today roster.Date) error {
	if c.State != CampaignOpen {
		return fault.Conflict("campaign_not_open", "State", string(c.State))
	}
	if today < c.OpensOn || today > c.ClosesOn {
		return fault.Conflict("campaign_outside_window", "From", string(c.OpensOn), "To", string(c.ClosesOn))
	}
	return nil
}

// Running reports whether the campaign has been opened and not been closed.
func (c Campaign) Running() bool { return c.State != CampaignDraft && c.State != CampaignClosed }

func (c Campaign) move(act string) (Campaign, error) {
	next, ok := campaignMoves[c.State][act]
	if !ok {
		return c, fault.Conflict("campaign_state", "State", string(c.State), "Act", act)
	}
	c.State = next
	return c, nil
}
