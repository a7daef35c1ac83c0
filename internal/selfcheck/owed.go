package selfcheck

import "slices"

// Owing is a column of a campaign's completion, by which its lists are opened.
type Owing string

// The columns. Filed and excused and missing together are what is owed.
const (
	OwedAll     Owing = "owed"
	OwedFiled   Owing = "filed"
	OwedExcused Owing = "excused"
	OwedMissing Owing = "missing"
)

// Owings lists the columns in order.
var Owings = []Owing{OwedAll, OwedFiled, OwedExcused, OwedMissing}

// Known reports whether o is one of the columns.
func (o Owing) Known() bool { return slices.Contains(Owings, o) }

// States are the states that the column counts, nil for all.
func (o Owing) States() []State {
	switch o {
	case OwedFiled:
		return []State{Submitted, Accepted, Locked}
	case OwedExcused:
		return []State{Excused}
	case OwedMissing:
		return []State{Assigned, Returned}
	}
	return nil
}

// OwedFilter narrows the lists of a campaign to a unit with all below it (or
// that unit only) and a column of its completion.
type OwedFilter struct {
	CampaignID, UnitID string
	Only               bool
	Of                 Owing
}
