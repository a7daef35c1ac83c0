package issue

import (
	"slices"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
)

// InspectionResult is what an inspector found of one item, beside what was
// said of it (domain rules, section 6).
type InspectionResult string

// The results. All but the first are discrepancies, and each of these becomes
// an issue of source inspection.
const (
	Agrees        InspectionResult = "agrees"
	UnderReported InspectionResult = "under_reported"
	OverReported  InspectionResult = "over_reported"
	Misclassified InspectionResult = "misclassified"
	NotRectified  InspectionResult = "not_rectified"
)

// InspectionResults lists the results.
var InspectionResults = []InspectionResult{Agrees, UnderReported, OverReported, Misclassified, NotRectified}

// InspectionItem is one item as an inspector found it.
type InspectionItem struct {
	ledger.Stamp
	UnitID      string            `bun:"unit_id"`
	BranchID    string            `bun:"branch_id" ledger:"-"`
	PersonID    string            `bun:"person_id"` // "" for the unit
	EventOn     roster.Date       `bun:"event_on"`
	Result      InspectionResult  `bun:"result"`
	Category    string            `bun:"category"`
	ItemNo      int               `bun:"item_no"`  // of the checklist, 0 if none
	AboutID     string            `bun:"about_id"` // the issue that was looked into, "" for one that nobody had reported
	IssueID     string            `bun:"issue_id"` // the issue of the discrepancy, "" where all agrees
	InspectedBy string            `bun:"inspected_by"`
	InspectedOn roster.Date       `bun:"inspected_on"`
	TextC       ledger.Commitment `bun:"text_c"`
}

// PlaceUnit names the inspected unit.
func (i *InspectionItem) PlaceUnit() string { return i.UnitID }

// PlaceBranch takes the tier-2 unit of today's tree.
func (i *InspectionItem) PlaceBranch(branch string) { i.BranchID = branch }

// Inspecting is what an inspector writes down about one item.
type Inspecting struct {
	Result   InspectionResult
	About    *Issue // nil where nobody had reported it
	Category string
	Severity int
	EventOn  roster.Date
}

// Inspect judges one item. What was under-reported is new; everything else is
// said of an issue that stands. served are the units where the inspector was
// posted within the cooling-off time: he inspects none of them.
func Inspect(in Inspecting, unit string, served []string, today roster.Date) error {
	if slices.Contains(served, unit) {
		return fault.Forbidden("inspect_own_unit")
	}
	if !slices.Contains(InspectionResults, in.Result) {
		return fault.Invalid("choice_unknown", "result")
	}
	if in.Result == UnderReported != (in.About == nil) && in.Result != Agrees {
		if in.About == nil {
			return fault.Invalid("inspect_about_needed", "about")
		}
		return fault.Invalid("inspect_about_new", "about")
	}
	if in.Result == Agrees {
		return nil
	}
	if in.Severity < 0 || in.Severity > MaxSeverity {
		return fault.Invalid("choice_unknown", "severity")
	}
	if in.EventOn == "" || in.EventOn > today {
		return fault.Invalid("inspect_event", "event_on")
	}
	return nil
}
