package rules

import (
	"fmt"
	"time"
)

// Retention says how long the texts of a settled record are kept before they
// may be expunged for age alone. Outcome is a code of a finding, "declared" for
// what was self-declared and settled, "withdrawn" for what was merged, rejected
// or withdrawn, "unmatched" for an audit record that became no issue.
type Retention struct {
	Periods         []RetentionPeriod `json:"periods"`
	OtherMonths     int               `json:"other_months"`     // every other outcome
	KeyBackupDays   int               `json:"key_backup_days"`  // copies of the key store are kept so long, then gone
	RevealHours     int               `json:"reveal_hours"`     // a reveal that is not released lapses
	RevealThreshold int               `json:"reveal_threshold"` // custodians who must release
	Custodians      int               `json:"custodians"`       // of how many
}

// RetentionPeriod is the period of one outcome.
type RetentionPeriod struct {
	Outcome string `json:"outcome"`
	Months  int    `json:"months"`
}

// Months is the period of an outcome.
func (r *Retention) Months(outcome string) int {
	for _, p := range r.Periods {
		if p.Outcome == outcome {
			return p.Months
		}
	}
	return r.OtherMonths
}

// Until is the first day on which a record settled on that day may go for age.
func (r *Retention) Until(outcome string, settled time.Time) time.Time {
	return Clock{Amount: r.Months(outcome), Unit: Month}.Due(settled)
}

// SettledBy is the last day on which something must have been settled to be due
// today: the greatest day whose Until is not after today.
func (r *Retention) SettledBy(outcome string, today time.Time) time.Time {
	day := today.AddDate(0, -r.Months(outcome), 3) // months are of unlike length
	for r.Until(outcome, day).After(today) {
		day = day.AddDate(0, 0, -1)
	}
	return day
}

func (r *Retention) check(bad func(format string, args ...any), within func(name string, v, low, high int)) {
	within("retention.other_months", r.OtherMonths, 1, 1200)
	within("retention.key_backup_days", r.KeyBackupDays, 1, 90)
	within("retention.reveal_hours", r.RevealHours, 1, 24*30)
	within("retention.reveal_threshold", r.RevealThreshold, 2, 8)
	within("retention.custodians", r.Custodians, r.RevealThreshold+1, 16)
	seen := map[string]bool{}
	for i, p := range r.Periods {
		within(fmt.Sprintf("retention.periods[%d].months", i), p.Months, 1, 1200)
		if p.Outcome == "" || seen[p.Outcome] {
			bad("retention.periods[%d] names outcome %q, which is empty or stands twice", i, p.Outcome)
		}
		seen[p.Outcome] = true
	}
}
