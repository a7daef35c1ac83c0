package report

import (
	"slices"

	"plumbline/internal/issue"
)

// Suppress hides small cells for a reader who cannot open the rows behind
// them, and in exports: every count of people or issues from 1 to under-1, and
// as many more as it takes that nobody gets one back with a pencil. What adds
// up to what is said by sums: the lines of a column to its total, the columns
// of a line where they are parts of one number, and one table to another.
// Wherever a sum leaves one hidden number alone, or several of a column that
// are small together, the smallest visible part goes too, and the whole where
// no part is left. Rates of a line with a hidden cell are hidden with it.
// Hidden numbers lose their value and their list.
//
// The bound under is a value of the rule pack (5 by default). It returns the
// same report, changed.
func (r *Report) Suppress(under int64) *Report {
	r.Suppressed = true
	small := func(n int64) bool { return n > 0 && n < under }
	for i := range r.Sections {
		s := &r.Sections[i]
		for _, l := range s.all() {
			for c := range l.Values {
				if s.counts(c) && small(l.Values[c].N) {
					l.Values[c].Hidden = true
				}
			}
		}
	}
	// Each round hides at least one number more, so it comes to an end.
	for again := true; again; {
		again = false
		for _, x := range r.sums() {
			again = x.cover(small) || again
		}
	}
	for i := range r.Sections {
		r.Sections[i].strip()
	}
	return r
}

// strip takes the value of hidden numbers, the rates beside them, and the way
// to every list.
func (s *Section) strip() {
	for _, l := range s.all() {
		any := false
		for _, v := range l.Values {
			any = any || v.Hidden
		}
		for c := range l.Values {
			if l.Values[c].Hidden || any && s.rate(c) {
				l.Values[c] = Number{Hidden: true}
			}
			l.Values[c].List, l.Values[c].Query = "", ""
		}
	}
}

func (s *Section) all() []*Line {
	out := make([]*Line, 0, len(s.Lines)+1)
	for i := range s.Lines {
		out = append(out, &s.Lines[i])
	}
	if s.Total != nil {
		out = append(out, s.Total)
	}
	return out
}

// sum is an equation that a reader of the report knows: the parts make the whole.
type sum struct {
	whole *Number
	parts []*Number
	line  bool // of different columns: together they are no cell, and a zero covers as well as any
	first bool // the whole is hidden before a part is
}

// cover hides one number more if the equation gives a hidden one away.
func (x sum) cover(small func(int64) bool) bool {
	hidden, together := 0, int64(0)
	for _, p := range x.parts {
		if p.Hidden {
			hidden++
			together += p.N
		}
	}
	switch {
	case x.whole.Hidden && hidden > 0, !x.whole.Hidden && hidden == 0:
		return false
	case hidden > 1 && (x.line || !small(together)):
		return false
	}
	var next *Number
	for _, p := range x.parts {
		if !p.Hidden && (next == nil || x.before(p.N, next.N)) {
			next = p
		}
	}
	if !x.whole.Hidden && (x.first || next == nil || next.N == 0 && !x.line) {
		next = x.whole
	}
	if next == nil {
		return false
	}
	next.Hidden = true
	return true
}

// before reports whether a number is rather hidden than another: the smaller
// one, and a zero in a column last of all.
func (x sum) before(a, b int64) bool {
	if !x.line && (a == 0) != (b == 0) {
		return b == 0
	}
	return a < b
}

// sums lists the equations between the numbers of the report.
func (r *Report) sums() []sum {
	var out []sum
	add := func(whole *Number, parts ...*Number) *sum {
		if whole == nil || slices.Contains(parts, nil) {
			return new(sum)
		}
		out = append(out, sum{whole: whole, parts: parts})
		return &out[len(out)-1]
	}
	for i := range r.Sections {
		s := &r.Sections[i]
		for c := range s.Columns {
			if s.Total == nil || !s.counts(c) {
				continue
			}
			var parts []*Number
			for n := range s.Lines {
				parts = append(parts, &s.Lines[n].Values[c])
			}
			add(&s.Total.Values[c], parts...)
		}
	}
	if s := r.Section("completion"); s != nil {
		for _, l := range s.all() {
			add(s.of(l.Code, "owed"), s.of(l.Code, "filed"), s.of(l.Code, "excused"), s.of(l.Code, "missing")).line = true
		}
	}
	// The totals of the tables of issues are one number each.
	for _, column := range bySide {
		for _, key := range []string{"units", "tiers", "categories", "months"} {
			add(r.at("issues", "all", column), r.at(key, TotalCode, column))
		}
	}
	add(r.at("issues", "all", "found"), r.at("sources", TotalCode, "found"))
	add(r.at("severities", TotalCode, "live"), r.at("issues", "all", "declared"), r.at("issues", "all", "found"), r.at("issues", "all", "inspected")).first = true
	add(r.at("states", TotalCode, "all"), r.at("severities", TotalCode, "live"),
		r.at("states", string(issue.Merged), "all"), r.at("states", string(issue.Rejected), "all"), r.at("states", string(issue.Withdrawn), "all"))
	// What was found is compared with what was declared, category by category.
	if s := r.Section("reconciliation"); s != nil {
		for _, l := range s.all() {
			add(r.at("categories", l.Code, "found"), s.of(l.Code, "both"), s.of(l.Code, "audit_only")).line = true
		}
	}
	return out
}

// at is a number of the report, nil if there is none.
func (r *Report) at(section, code, column string) *Number {
	if s := r.Section(section); s != nil {
		return s.of(code, column)
	}
	return nil
}

// of is the number of a line and column, nil if there is none.
func (s *Section) of(code, column string) *Number {
	c := s.Column(column)
	if c < 0 {
		return nil
	}
	for _, l := range s.all() {
		if l.Code == code {
			return &l.Values[c]
		}
	}
	return nil
}
