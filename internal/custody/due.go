package custody

import (
	"time"

	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// Due is a record whose retention period is over. That alone destroys nothing:
// somebody proposes its expungement, or a hold keeps it.
type Due struct {
	Kind      RecordKind
	ID        string
	Ref       string // of an issue
	UnitID    string
	Outcome   string // class of the retention rule
	SettledOn roster.Date
	Held      bool // a legal hold is live
	Pending   bool // an expungement waits for approval
}

// Cutoff says for one retention class from which instant on a record was
// settled too late to be due.
type Cutoff struct {
	Outcome string // "" is every class that has no period of its own
	Before  time.Time
}

// Cutoffs gives the cutoff of every class as of a day, in the site's zone; the
// last one is that of all other classes.
func Cutoffs(p *rules.Pack, today roster.Date, zone *time.Location) []Cutoff {
	out := make([]Cutoff, 0, len(p.Retention.Periods)+1)
	for _, c := range p.Retention.Periods {
		out = append(out, Cutoff{Outcome: c.Outcome})
	}
	out = append(out, Cutoff{})
	for i := range out {
		d := p.Retention.SettledBy(out[i].Outcome, today.Time())
		out[i].Before = time.Date(d.Year(), d.Month(), d.Day()+1, 0, 0, 0, 0, zone).UTC()
	}
	return out
}

// CutoffOf finds the cutoff of a class.
func CutoffOf(all []Cutoff, outcome string) Cutoff {
	for _, c := range all {
		if c.Outcome == outcome {
			return c
		}
	}
	return all[len(all)-1]
}
