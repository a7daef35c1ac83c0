package selfcheck

import (
	"time"

	"plumbline/internal/roster"
)

// ReviewFilter narrows the list of what a head reviews; empty fields do not.
type ReviewFilter struct {
	CampaignID string
	UnitID     string
	State      State
}

// RoutedAnswer is an item that names a leader, as the unit above that leader
// sees it.
type RoutedAnswer struct {
	SubmissionID string      `bun:"submission_id"`
	ItemNo       int64       `bun:"item_no"`
	Nil          bool        `bun:"is_nil"`
	Declared     int64       `bun:"declared"`
	LeaderID     string      `bun:"leader_id"`
	ReviewUnitID string      `bun:"review_unit_id"`
	PersonID     string      `bun:"person_id"`
	UnitID       string      `bun:"unit_id"`
	ChecklistID  string      `bun:"checklist_id"`
	EventOn      roster.Date `bun:"event_on"`
	FiledAt      *time.Time  `bun:"filed_at"`
}
