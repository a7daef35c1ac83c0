// Package report owns what a leadership report counts: its sections, how they
// are built from counters, and the published grid for readers who may not open
// the rows. It is pure: the
// store reads counters, the app says who asks.
//
// Every number names the list behind it as a filter; opened by the same reader
// the list has exactly that many rows. The package never scores a person and
// never ranks people.
package report

import (
	"time"
)

// Number is one figure with the list behind it.
type Number struct {
	N      int64  `json:"n"`                // 0 where hidden
	Hidden bool   `json:"hidden,omitempty"` // a small cell, suppressed
	List   List   `json:"list,omitempty"`   // which list opens it, "" for none
	Query  string `json:"query,omitempty"`  // its filter, URL-encoded
}

// List names a list that a number opens.
type List string

// The lists.
const (
	Issues         List = "issues"
	Rectifications List = "rectifications"
	Cases          List = "cases"
	Questions      List = "questions"
	Tracks         List = "tracks"
	Lists          List = "lists"          // what is owed, filed, excused, missing in a campaign
	Completion     List = "completion"     // units of a campaign
	Untouched      List = "untouched"      // people with nothing in a category
	Categories     List = "reconciliation" // the categories that a sum of the comparison is made of
)

// Line is one line of a section.
type Line struct {
	Code   string   `json:"code"`           // catalogue code, unit id or month
	Name   string   `json:"name,omitempty"` // of a unit
	Values []Number `json:"values"`
}

// Section is one table of the report. Total is the column sums where these
// mean something, nil otherwise.
type Section struct {
	Key     string   `json:"key"`
	Codes   string   `json:"codes"` // catalogue group of the lines' codes, "" for units and months
	Columns []string `json:"columns"`
	Rates   []string `json:"rates,omitempty"` // columns in per mille, never summed
	Flags   []string `json:"-"`               // columns that count units, which no suppression hides
	Lines   []Line   `json:"lines"`
	Total   *Line    `json:"total,omitempty"`
}

// Report is the document for one scope and period.
type Report struct {
	Unit       string     `json:"unit"`
	UnitName   string     `json:"unit_name"`
	From       string     `json:"from"` // month of the event, "" open
	To         string     `json:"to"`
	Campaign   string     `json:"campaign,omitempty"` // whose completion is shown
	Title      string     `json:"campaign_title,omitempty"`
	Campaigns  []Campaign `json:"campaigns,omitempty"` // that cover the unit, the newest first
	Period     string     `json:"period,omitempty"`    // code of the published period, "" for any other
	Periods    []Period   `json:"periods,omitempty"`   // those that are published, the oldest first
	MadeAt     time.Time  `json:"made_at"`
	Opens      bool       `json:"opens"`      // whether this reader may open the lists
	Suppressed bool       `json:"suppressed"` // by the published grid: small cells are hidden
	LeavesOut  string     `json:"leaves_out"` // BarredOut where the reader's bars are taken out, whether they hide anything or not
	Sections   []Section  `json:"sections"`
}

// BarredOut says that the figures of issues, cases and tasks leave out what the
// reader is barred from. It says nothing of whether there is such a thing: it
// depends on the kind of reader alone and never comes with a number, because
// all that bars hide is about the reader, his superiors, his relatives or a
// matter that he is a party to, and a number of that, however large, grows by
// one when a case about him begins and is split by unit and month.
const BarredOut = "barred"

// Campaign is one whose completion a report can show.
type Campaign struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Unlink takes the way to those lists away that the reader may not open. The
// numbers stay.
func (r *Report) Unlink(may func(List) bool) {
	unlink := func(l *Line) {
		for i := range l.Values {
			if n := &l.Values[i]; n.List != "" && !may(n.List) {
				n.List, n.Query = "", ""
			}
		}
	}
	for i := range r.Sections {
		for n := range r.Sections[i].Lines {
			unlink(&r.Sections[i].Lines[n])
		}
		if r.Sections[i].Total != nil {
			unlink(r.Sections[i].Total)
		}
	}
}

// Section finds a section by key, nil if there is none.
func (r *Report) Section(key string) *Section {
	for i := range r.Sections {
		if r.Sections[i].Key == key {
			return &r.Sections[i]
		}
	}
	return nil
}

// Column is the index of a column, -1 if there is none.
func (s *Section) Column(name string) int {
	for i, c := range s.Columns {
		if c == name {
			return i
		}
	}
	return -1
}

// Value is the number of a line and column; zero if there is none.
func (s *Section) Value(code, column string) Number {
	c := s.Column(column)
	if s.Total != nil && code == s.Total.Code && c >= 0 {
		return s.Total.Values[c]
	}
	for _, l := range s.Lines {
		if l.Code == code && c >= 0 {
			return l.Values[c]
		}
	}
	return Number{}
}

// rate reports whether the column holds per mille.
func (s *Section) rate(column int) bool {
	for _, r := range s.Rates {
		if s.Columns[column] == r {
			return true
		}
	}
	return false
}

// TotalCode is the code of every total line.
const TotalCode = "total"

// sum makes the total line from the lines: sums where a column counts, left
// out where it is a rate.
func (s *Section) sum(link func(column int) (List, string)) {
	t := &Line{Code: TotalCode, Values: make([]Number, len(s.Columns))}
	for c := range s.Columns {
		for _, l := range s.Lines {
			if !s.rate(c) {
				t.Values[c].N += l.Values[c].N
			}
		}
		if link != nil {
			t.Values[c].List, t.Values[c].Query = link(c)
		}
	}
	s.Total = t
}
