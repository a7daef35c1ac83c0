package issue

import (
	"strconv"
	"strings"
)

// The sections of the report that issues feed. Each counter is keyed by unit,
// month of the event, and:
//
//	issue_state   "state/severity"              every issue
//	issue_source  "source/source code/tier"     live issues
//	issue_cell    "cell/category", and "cell/category/first" for the one issue
//	              of a person and category that happened first; live issues
//	issue_queue   a Queue that the issue waits in
//
// Total, by month, by category and by severity are sums over these; keys never
// touched are counted from the ones that end in "first".
const (
	SectionState  = "issue_state"
	SectionSource = "issue_source"
	SectionCell   = "issue_cell"
	SectionQueue  = "issue_queue"
)

// Queue is a list of issues that wait for somebody, whose length is counted as
// they come and go: the to-do home asks for it at each sight.
type Queue string

// The queues.
const (
	QueueTriage      Queue = "triage"      // found by an audit source and not yet triaged
	QueueConcealment Queue = "concealment" // not declared by the person, and undecided whether that conceals it
)

// Queues lists the queues.
var Queues = []Queue{QueueTriage, QueueConcealment}

// Filter lists the issues of a queue.
func (q Queue) Filter() Filter {
	f := All()
	switch q {
	case QueueTriage:
		f.Source, f.State = Audit, Registered
	case QueueConcealment:
		f.Concealment = ConcealmentQuestion
	}
	return f
}

// queueFilters are the filters of Queues, in their order.
var queueFilters = func() (filters []Filter) {
	for _, q := range Queues {
		filters = append(filters, q.Filter())
	}
	return filters
}()

// Cell is a cell of the reconciliation, or the side of a counted issue that
// belongs to none.
type Cell string

// The cells. Both and AuditOnly count audit issues; SelfOnly counts declared
// ones. Neither is a count of (person, category) keys and of no issue.
// Counterpart is a declared issue whose audit issue is counted under Both, and
// Inspected one that neither side brought.
const (
	Both        Cell = "both"
	SelfOnly    Cell = "self_only"
	AuditOnly   Cell = "audit_only"
	Neither     Cell = "neither"
	Counterpart Cell = "counterpart"
	Inspected   Cell = "inspected"
)

// FourCells lists the cells of the reconciliation.
var FourCells = []Cell{Both, SelfOnly, AuditOnly, Neither}

// Cell is where a live issue is counted.
func (i *Issue) Cell() Cell {
	switch {
	case i.Source == Audit && i.Disclosure == NotDisclosed:
		return AuditOnly
	case i.Source == Audit:
		return Both
	case i.Source == Inspection:
		return Inspected
	case i.Paired:
		return Counterpart
	}
	return SelfOnly
}

// Deltas says what the issue adds to the report's counters.
func (i *Issue) Deltas(emit func(section, unit, month, key string, n int64)) {
	emit(SectionState, i.UnitID, i.Month, string(i.State)+"/"+strconv.Itoa(i.Severity), 1)
	for n, q := range Queues {
		if queueFilters[n].Admits(i) {
			emit(SectionQueue, i.UnitID, i.Month, string(q), 1)
		}
	}
	if !i.State.Live() {
		return
	}
	emit(SectionSource, i.UnitID, i.Month, string(i.Source)+"/"+i.SourceCode+"/"+strconv.Itoa(i.Tier), 1)
	key := string(i.Cell()) + "/" + i.Category
	if i.FirstOfKey {
		key += "/first"
	}
	emit(SectionCell, i.UnitID, i.Month, key, 1)
}

// ParseStateKey reads a key of SectionState.
func ParseStateKey(key string) (State, int) {
	s, sev, _ := strings.Cut(key, "/")
	n, _ := strconv.Atoi(sev)
	return State(s), n
}

// ParseSourceKey reads a key of SectionSource.
func ParseSourceKey(key string) (source Source, code string, tier int) {
	s, rest, _ := strings.Cut(key, "/")
	code, t, _ := strings.Cut(rest, "/")
	tier, _ = strconv.Atoi(t)
	return Source(s), code, tier
}

// ParseCellKey reads a key of SectionCell.
func ParseCellKey(key string) (cell Cell, category string, first bool) {
	c, rest, _ := strings.Cut(key, "/")
	category, tail, _ := strings.Cut(rest, "/")
	return Cell(c), category, tail == "first"
}
