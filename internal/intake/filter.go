package intake

import "plumbline/internal/roster"

// Filter narrows the list of matches.
type Filter struct {
	Level  Level
	State  MatchState
	Source string
	Unit   string // and all below it
	Batch  string
	Open   bool // only those that wait for a decision
}

// Spot is where a page of the list of matches ends.
type Spot struct {
	EventOn roster.Date
	ID      string
}
