package issue

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// Sort is the order of a list; the id breaks ties.
type Sort string

// The orders.
const (
	ByEvent    Sort = "event"    // latest event first
	ByOldest   Sort = "oldest"   // earliest event first
	BySeverity Sort = "severity" // most severe first, then latest event
)

// Sorts lists every order, the default first.
var Sorts = []Sort{ByEvent, ByOldest, BySeverity}

// Filter narrows a list of issues. The same filter, as the same query string,
// stands behind the list, the report's numbers and the reconciliation, so that
// a number and the list it opens agree. Empty fields do not narrow.
type Filter struct {
	Unit        string // this unit and all below it in today's tree
	Only        bool   // that unit alone
	Category    string
	Source      Source
	SourceCode  string
	State       State
	MinSeverity int    // 0 is none
	MaxSeverity int    // -1 is none
	Tier        int    // -1 is none
	From, To    string // months "2006-01" of the event, inclusive
	Cell        Cell
	Disclosure  Disclosure
	Concealment Concealment
	Finding     string
	Form        int // 0 is none
	Person      string
	Campaign    string
	Submission  string
	Record      string
	Case        string // NoCase is those without one
	Live        bool   // without merged, rejected and withdrawn
	Open        bool   // something is still to be done
	Sort        Sort
}

// NoCase, as the case of a filter, asks for issues on which no case was opened.
const NoCase = "none"

// All is the filter that narrows nothing.
func All() Filter { return Filter{MaxSeverity: -1, Tier: -1, Sort: ByEvent} }

// ParseFilter reads a filter from a query string's values, ignoring keys that
// are not its own. A value that is no code is refused: a typing error must not
// show a longer list.
func ParseFilter(q url.Values) (Filter, error) {
	f := All()
	var wrong []*fault.Error
	bad := func(field string) { wrong = append(wrong, fault.Invalid("filter_value", field)) }
	text := func(field string) string {
		v := q.Get(field)
		if len(v) > 64 || strings.ContainsFunc(v, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		}) {
			bad(field)
			return ""
		}
		return v
	}
	number := func(field string, low, high, none int) int {
		v := q.Get(field)
		if v == "" {
			return none
		}
		n, err := strconv.Atoi(v)
		if err != nil || n < low || n > high {
			bad(field)
			return none
		}
		return n
	}
	month := func(field string) string {
		v := q.Get(field)
		if v == "" {
			return ""
		}
		if t, err := time.Parse("2006-01", v); err != nil || t.Format("2006-01") != v {
			bad(field)
			return ""
		}
		return v
	}
	flag := func(field string) bool {
		v := q.Get(field)
		if v != "" && v != "1" {
			bad(field)
		}
		return v == "1"
	}
	f.Unit, f.Only = text("unit"), flag("only")
	f.Category, f.SourceCode = text("category"), text("source_code")
	f.Source = oneOf(Source(q.Get("source")), Sources, "source", bad)
	f.State = oneOf(State(q.Get("state")), States, "state", bad)
	if v := q.Get("severity"); v != "" {
		n := number("severity", 0, MaxSeverity, -1)
		f.MinSeverity, f.MaxSeverity = max(n, 0), n
	} else {
		f.MinSeverity, f.MaxSeverity = number("min_severity", 0, MaxSeverity, 0), number("max_severity", 0, MaxSeverity, -1)
	}
	f.Tier = number("tier", 0, 3, -1)
	f.From, f.To = month("from"), month("to")
	f.Cell = oneOf(Cell(q.Get("cell")), []Cell{Both, SelfOnly, AuditOnly, Counterpart, Inspected}, "cell", bad)
	f.Disclosure = oneOf(Disclosure(q.Get("disclosure")), Disclosures, "disclosure", bad)
	f.Concealment = oneOf(Concealment(q.Get("concealment")),
		[]Concealment{ConcealmentQuestion, ConcealmentConfirmed, ConcealmentDismissed}, "concealment", bad)
	f.Finding, f.Form = text("finding"), number("form", 1, 4, 0)
	f.Person, f.Campaign, f.Submission = text("person"), text("campaign"), text("submission")
	f.Record, f.Case = text("record"), text("case")
	f.Live, f.Open = flag("live"), flag("open")
	f.Sort = oneOf(Sort(q.Get("sort")), Sorts, "sort", bad)
	if f.Sort == "" {
		f.Sort = ByEvent
	}
	if f.From != "" && f.To != "" && f.From > f.To {
		bad("to")
	}
	return f, fault.Join(wrong...)
}

func oneOf[T ~string](v T, all []T, field string, bad func(string)) T {
	if v != "" && !slices.Contains(all, v) {
		bad(field)
		return ""
	}
	return v
}

// Values is the filter as query values; ParseFilter reads it back.
func (f Filter) Values() url.Values {
	q := url.Values{}
	set := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	flag := func(k string, on bool) {
		if on {
			q.Set(k, "1")
		}
	}
	set("unit", f.Unit)
	flag("only", f.Only)
	set("category", f.Category)
	set("source", string(f.Source))
	set("source_code", f.SourceCode)
	set("state", string(f.State))
	switch {
	case f.MaxSeverity >= 0 && f.MinSeverity == f.MaxSeverity:
		set("severity", strconv.Itoa(f.MinSeverity))
	default:
		if f.MinSeverity > 0 {
			set("min_severity", strconv.Itoa(f.MinSeverity))
		}
		if f.MaxSeverity >= 0 {
			set("max_severity", strconv.Itoa(f.MaxSeverity))
		}
	}
	if f.Tier >= 0 {
		set("tier", strconv.Itoa(f.Tier))
	}
	set("from", f.From)
	set("to", f.To)
	set("cell", string(f.Cell))
	set("disclosure", string(f.Disclosure))
	set("concealment", string(f.Concealment))
	set("finding", f.Finding)
	if f.Form > 0 {
		set("form", strconv.Itoa(f.Form))
	}
	set("person", f.Person)
	set("campaign", f.Campaign)
	set("submission", f.Submission)
	set("record", f.Record)
	set("case", f.Case)
	flag("live", f.Live)
	flag("open", f.Open)
	if f.Sort != ByEvent {
		set("sort", string(f.Sort))
	}
	return q
}

// Query is Values encoded.
func (f Filter) Query() string { return f.Values().Encode() }

// Singles is the field by which the filter picks one person out, "" if none
// does: the person, his list of answers, or the record about him.
func (f Filter) Singles() string {
	switch {
	case f.Person != "":
		return "person"
	case f.Submission != "":
		return "submission"
	case f.Record != "":
		return "record"
	}
	return ""
}

// Admits reports whether an issue passes the filter, leaving Unit aside, which
// needs the tree. It says the same as the store's SQL.
func (f Filter) Admits(i *Issue) bool {
	eq := func(want, have string) bool { return want == "" || want == have }
	return eq(f.Category, i.Category) && eq(string(f.Source), string(i.Source)) && eq(f.SourceCode, i.SourceCode) &&
		eq(string(f.State), string(i.State)) && i.Severity >= f.MinSeverity && (f.MaxSeverity < 0 || i.Severity <= f.MaxSeverity) &&
		(f.Tier < 0 || i.Tier == f.Tier) && (f.From == "" || i.Month >= f.From) && (f.To == "" || i.Month <= f.To) &&
		(f.Cell == "" || (i.State.Live() && i.Cell() == f.Cell)) && eq(string(f.Disclosure), string(i.Disclosure)) &&
		eq(string(f.Concealment), string(i.Concealment)) && eq(f.Finding, i.Finding) && (f.Form == 0 || f.Form == i.Form) &&
		eq(f.Person, i.PersonID) && eq(f.Campaign, i.CampaignID) && eq(f.Submission, i.SubmissionID) &&
		eq(f.Record, i.RecordID) && (eq(f.Case, i.CaseID) || f.Case == NoCase && i.CaseID == "") && (!f.Live || i.State.Live()) &&
		(!f.Open || i.State.Open())
}

// Row is one line of a list of issues. PersonName and UnitName are filled for
// readers who may see them.
type Row struct {
	ID          string      `bun:"id" json:"id"`
	Version     int64       `bun:"version" json:"version"`
	Ref         string      `bun:"ref" json:"ref"`
	Source      Source      `bun:"source" json:"source"`
	SourceCode  string      `bun:"source_code" json:"source_code"`
	Category    string      `bun:"category" json:"category"`
	ItemNo      int         `bun:"item_no" json:"item_no"`
	Severity    int         `bun:"severity" json:"severity"`
	PersonID    string      `bun:"person_id" json:"person_id"`
	PersonName  string      `bun:"-" json:"person_name"`
	UnitID      string      `bun:"unit_id" json:"unit_id"`
	BranchID    string      `bun:"branch_id" json:"-"`
	UnitName    string      `bun:"-" json:"unit_name"`
	EventOn     roster.Date `bun:"event_on" json:"event_on"`
	Received    roster.Date `bun:"received_on" json:"received_on"`
	State       State       `bun:"state" json:"state"`
	Disclosure  Disclosure  `bun:"disclosure" json:"disclosure"`
	Paired      bool        `bun:"paired" json:"paired"`
	Concealment Concealment `bun:"concealment" json:"concealment"`
	Finding     string      `bun:"finding" json:"finding"`
	Form        int         `bun:"form" json:"form"`
	CaseID      string      `bun:"case_id" json:"case_id"`
}

// Place is where a list goes on: the row after which the next page begins.
type Place struct {
	Severity int    `json:"s"`
	EventOn  string `json:"e"`
	ID       string `json:"i"`
}

// PlaceOf is the place of a row.
func (r Row) PlaceOf() Place { return Place{r.Severity, string(r.EventOn), r.ID} }
