package report

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/selfcheck"
)

// Count is one counter as read: summed over months only where Month is "".
type Count struct {
	Section, Unit, Month, Key string
	N                         int64
}

// Unit is a unit of the report: the one asked for, or one directly below.
type Unit struct {
	ID, Name   string
	Completion selfcheck.Completion // with all below it
	Certified  bool
}

// Input is all that a report is built from. Counts hold the counters of the
// root for every section, and those of the children for issues by source;
// both are already without what the reader is barred from.
type Input struct {
	Root       Unit
	Children   []Unit
	RootOwn    selfcheck.Completion // the root's own roster
	From, To   string
	Counts     []Count
	Cells      map[string]issue.Cells // of the root by category, Neither filled
	Categories []string               // in order
	Sources    []string
	Overdue    int64 // rectifications
	OpenTasks  int64
	OverdueQ   int64 // leader questions
	Campaign   string
	Title      string     // of the campaign
	Campaigns  []Campaign // those to choose from
}

// Build makes the sections.
func Build(in Input) []Section {
	b := builder{Input: in, by: make(map[string]int64)}
	return []Section{
		b.completion(), b.issues(), b.units(), b.tiers(), b.categories(), b.sources(), b.severities(), b.months(), b.states(),
		b.reconciliation(), b.rectifications(), b.dual(), b.forms(),
	}
}

type builder struct {
	Input
	by map[string]int64
}

// filter is the issue filter of the whole report.
func (b *builder) filter() issue.Filter {
	f := issue.All()
	f.Unit, f.From, f.To, f.Live = b.Root.ID, b.From, b.To, true
	return f
}

func issues(n int64, f issue.Filter) Number { return Number{N: n, List: Issues, Query: f.Query()} }

// each calls fn for the counters of a section of the unit.
func (b *builder) each(section, unit string, fn func(c Count)) {
	for _, c := range b.Counts {
		if c.Section == section && c.Unit == unit {
			fn(c)
		}
	}
}

var bySide = []string{"declared", "found", "inspected"}

var sideOf = map[issue.Source]int{issue.Self: 0, issue.Audit: 1, issue.Inspection: 2}

func sideFilter(f issue.Filter, side int) issue.Filter {
	f.Source = []issue.Source{issue.Self, issue.Audit, issue.Inspection}[side]
	return f
}

// sides makes the three numbers of a line, each with the list behind it.
func sides(n [3]int64, f issue.Filter) []Number {
	out := make([]Number, 3)
	for i := range n {
		out[i] = issues(n[i], sideFilter(f, i))
	}
	return out
}

func (b *builder) completion() Section {
	s := Section{Key: "completion", Columns: []string{"owed", "filed", "excused", "missing", "filed_rate", "nil_rate", "certified"},
		Rates: []string{"filed_rate", "nil_rate"}, Flags: []string{"certified"}}
	only := false // the line is of a unit's own roster, without those below it
	line := func(code, name string, c selfcheck.Completion, certified int64) Line {
		values := []Number{{N: c.Owed}, {N: c.Filed()}, {N: c.Excused}, {N: c.Missing()}, {N: c.PerMille()}, {N: c.NilPerMille()},
			{N: certified}}
		for i := range values {
			values[i].List, values[i].Query = b.completionLink(i, code, only, true)
		}
		return Line{Code: code, Name: name, Values: values}
	}
	flag := func(on bool) int64 {
		if on {
			return 1
		}
		return 0
	}
	if b.RootOwn.Owed > 0 && len(b.Children) > 0 {
		only = true
		s.Lines = append(s.Lines, line(b.Root.ID, b.Root.Name, b.RootOwn, flag(b.Root.Certified)))
		only = false
	}
	for _, u := range b.Children {
		if u.Completion.Owed > 0 {
			s.Lines = append(s.Lines, line(u.ID, u.Name, u.Completion, flag(u.Certified)))
		}
	}
	if len(b.Children) == 0 {
		s.Lines = append(s.Lines, line(b.Root.ID, b.Root.Name, b.Root.Completion, flag(b.Root.Certified)))
	}
	s.sum(func(c int) (List, string) { return b.completionLink(c, b.Root.ID, false, len(b.Children) == 0) })
	all := b.Root.Completion
	s.Total.Values[4].N, s.Total.Values[5].N = all.PerMille(), all.NilPerMille()
	return s
}

// completionLink opens the lists behind a column of the completion, or the
// units behind the certified; rates have none.
func (b *builder) completionLink(column int, unit string, only, alone bool) (List, string) {
	if b.Campaign == "" || column == 4 || column == 5 {
		return "", ""
	}
	q := url.Values{"campaign": {b.Campaign}, "unit": {unit}}
	if column == 6 {
		q.Set("certified", "1")
		if alone {
			q.Set("only", "1")
		}
		return Completion, q.Encode()
	}
	q.Set("of", string(selfcheck.Owings[column]))
	if only {
		q.Set("only", "1")
	}
	return Lists, q.Encode()
}

// bySource adds up the live issues of a unit by side, filtered by key.
func (b *builder) bySource(unit string, admit func(c Count) bool) (n [3]int64) {
	b.each(issue.SectionSource, unit, func(c Count) {
		if source, _, _ := issue.ParseSourceKey(c.Key); admit == nil || admit(c) {
			n[sideOf[source]] += c.N
		}
	})
	return n
}

func (b *builder) issues() Section {
	s := Section{Key: "issues", Columns: bySide}
	s.Lines = []Line{{Code: "all", Values: sides(b.bySource(b.Root.ID, nil), b.filter())}}
	return s
}

func (b *builder) units() Section {
	s := Section{Key: "units", Columns: bySide}
	root := b.bySource(b.Root.ID, nil)
	own := root
	for _, u := range b.Children {
		n := b.bySource(u.ID, nil)
		for i := range n {
			own[i] -= n[i]
		}
		f := b.filter()
		f.Unit = u.ID
		s.Lines = append(s.Lines, Line{Code: u.ID, Name: u.Name, Values: sides(n, f)})
	}
	f := b.filter()
	f.Only = true
	s.Lines = append([]Line{{Code: b.Root.ID, Name: b.Root.Name, Values: sides(own, f)}}, s.Lines...)
	s.sum(func(c int) (List, string) { return Issues, sideFilter(b.filter(), c).Query() })
	return s
}

func (b *builder) tiers() Section {
	s := Section{Key: "tiers", Codes: "tier", Columns: bySide}
	for tier := 1; tier <= 3; tier++ {
		f := b.filter()
		f.Tier = tier
		n := b.bySource(b.Root.ID, func(c Count) bool { _, _, t := issue.ParseSourceKey(c.Key); return t == tier })
		s.Lines = append(s.Lines, Line{Code: strconv.Itoa(tier), Values: sides(n, f)})
	}
	s.sum(func(c int) (List, string) { return Issues, sideFilter(b.filter(), c).Query() })
	return s
}

func (b *builder) categories() Section {
	s := Section{Key: "categories", Codes: "category", Columns: bySide}
	for _, code := range b.Categories {
		c := b.Cells[code]
		f := b.filter()
		f.Category = code
		s.Lines = append(s.Lines, Line{Code: code, Values: sides([3]int64{c.SelfOnly + c.Counterpart, c.Both + c.AuditOnly,
			c.Inspected}, f)})
	}
	s.sum(func(c int) (List, string) { return Issues, sideFilter(b.filter(), c).Query() })
	return s
}

func (b *builder) sources() Section {
	s := Section{Key: "sources", Codes: "source", Columns: []string{"found"}}
	for _, code := range b.Sources {
		f := sideFilter(b.filter(), 1)
		f.SourceCode = code
		n := b.bySource(b.Root.ID, func(c Count) bool {
			source, have, _ := issue.ParseSourceKey(c.Key)
			return source == issue.Audit && have == code
		})
		s.Lines = append(s.Lines, Line{Code: code, Values: []Number{issues(n[1], f)}})
	}
	s.sum(func(int) (List, string) { return Issues, sideFilter(b.filter(), 1).Query() })
	return s
}

func (b *builder) severities() Section {
	s := Section{Key: "severities", Codes: "severity", Columns: []string{"live"}}
	var n [6]int64
	b.each(issue.SectionState, b.Root.ID, func(c Count) {
		if state, severity := issue.ParseStateKey(c.Key); state.Live() && severity >= 0 && severity < len(n) {
			n[severity] += c.N
		}
	})
	for severity := range n {
		f := b.filter()
		f.MinSeverity, f.MaxSeverity = severity, severity
		s.Lines = append(s.Lines, Line{Code: strconv.Itoa(severity), Values: []Number{issues(n[severity], f)}})
	}
	s.sum(func(int) (List, string) { return Issues, b.filter().Query() })
	return s
}

func (b *builder) months() Section {
	s := Section{Key: "months", Columns: bySide}
	n := make(map[string]*[3]int64)
	b.each(issue.SectionSource, b.Root.ID, func(c Count) {
		source, _, _ := issue.ParseSourceKey(c.Key)
		if n[c.Month] == nil {
			n[c.Month] = &[3]int64{}
		}
		n[c.Month][sideOf[source]] += c.N
	})
	for _, month := range slices.Sorted(maps.Keys(n)) {
		if *n[month] == [3]int64{} {
			continue
		}
		f := b.filter()
		f.From, f.To = month, month
		s.Lines = append(s.Lines, Line{Code: month, Values: sides(*n[month], f)})
	}
	s.sum(func(c int) (List, string) { return Issues, sideFilter(b.filter(), c).Query() })
	return s
}

func (b *builder) states() Section {
	s := Section{Key: "states", Codes: "state.issue", Columns: []string{"all"}}
	n := make(map[issue.State]int64)
	b.each(issue.SectionState, b.Root.ID, func(c Count) {
		state, _ := issue.ParseStateKey(c.Key)
		n[state] += c.N
	})
	for _, state := range issue.States {
		f := b.filter()
		f.Live, f.State = false, state
		s.Lines = append(s.Lines, Line{Code: string(state), Values: []Number{issues(n[state], f)}})
	}
	s.sum(func(int) (List, string) { f := b.filter(); f.Live = false; return Issues, f.Query() })
	return s
}

func (b *builder) reconciliation() Section {
	s := Section{Key: "reconciliation", Codes: "category", Columns: []string{"both", "self_only", "audit_only", "neither"}}
	cell := func(f issue.Filter, c issue.Cell, n int64) Number {
		if c == issue.Neither { // people with nothing there: no issues stand behind it
			return Number{N: n, List: Untouched, Query: b.period("category", f.Category)}
		}
		f.Cell = c
		return issues(n, f)
	}
	for _, code := range b.Categories {
		f := b.filter()
		f.Category = code
		l := Line{Code: code}
		for _, c := range issue.FourCells {
			l.Values = append(l.Values, cell(f, c, b.Cells[code].Of(c)))
		}
		s.Lines = append(s.Lines, l)
	}
	s.sum(func(c int) (List, string) {
		if issue.FourCells[c] == issue.Neither {
			return Categories, b.period()
		}
		f := b.filter()
		f.Cell = issue.FourCells[c]
		return Issues, f.Query()
	})
	return s
}

// states sums a section of the root by the whole key.
func (b *builder) keys(section string) map[string]int64 {
	n := make(map[string]int64)
	b.each(section, b.Root.ID, func(c Count) { n[c.Key] += c.N })
	return n
}

// period is the query that all lists of tasks, cases and questions share.
func (b *builder) period(kv ...string) string {
	q := url.Values{}
	add := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	add("unit", b.Root.ID)
	add("from", b.From)
	add("to", b.To)
	for i := 0; i+1 < len(kv); i += 2 {
		add(kv[i], kv[i+1])
	}
	return q.Encode()
}

func (b *builder) rectifications() Section {
	s := Section{Key: "rectifications", Codes: "report.rectification", Columns: []string{"all"}}
	n := b.keys(rectify.Section)
	line := func(code string, n int64, kv ...string) {
		s.Lines = append(s.Lines, Line{Code: code, Values: []Number{{N: n, List: Rectifications, Query: b.period(kv...)}}})
	}
	line("open", b.OpenTasks, "open", "1")
	line("overdue", b.Overdue, "overdue", "1")
	line("verified", n[string(rectify.Verified)], "state", string(rectify.Verified))
	line("struck_off", n[string(rectify.StruckOff)], "state", string(rectify.StruckOff))
	return s
}

func (b *builder) dual() Section {
	s := Section{Key: "dual", Codes: "report.dual", Columns: []string{"all"}}
	cases := b.keys(inquiry.SectionCases)
	for _, st := range inquiry.CaseStates {
		s.Lines = append(s.Lines, Line{Code: "case_" + string(st), Values: []Number{{N: cases[string(st)], List: Cases,
			Query: b.period("state", string(st))}}})
	}
	tracks := b.keys(inquiry.SectionTracks)
	var sidesOf [2]map[string]int64
	for k, n := range tracks {
		side, state, _ := strings.Cut(k, ".")
		i := 0
		if side == string(inquiry.SideLeader) {
			i = 1
		}
		if sidesOf[i] == nil {
			sidesOf[i] = make(map[string]int64)
		}
		sidesOf[i][state] += n
	}
	for i, side := range []inquiry.Side{inquiry.SideOfficer, inquiry.SideLeader} {
		for _, st := range inquiry.TrackStates {
			s.Lines = append(s.Lines, Line{Code: string(side) + "_" + string(st),
				Values: []Number{{N: sidesOf[i][string(st)], List: Tracks, Query: b.period("side", string(side), "state", string(st))}}})
		}
	}
	questions := b.keys(inquiry.SectionQuestions)
	for _, st := range inquiry.QuestionStates {
		s.Lines = append(s.Lines, Line{Code: "question_" + string(st), Values: []Number{{N: questions[string(st)], List: Questions,
			Query: b.period("state", string(st))}}})
	}
	s.Lines = append(s.Lines, Line{Code: "question_overdue", Values: []Number{{N: b.OverdueQ, List: Questions,
		Query: b.period("overdue", "1")}}})
	return s
}

func (b *builder) forms() Section {
	s := Section{Key: "forms", Codes: "form", Columns: []string{"people"}}
	n := b.keys(inquiry.SectionDecisions)
	for form := 1; form <= 4; form++ {
		s.Lines = append(s.Lines, Line{Code: strconv.Itoa(form), Values: []Number{{N: n[strconv.Itoa(form)], List: Tracks,
			Query: b.period("form", strconv.Itoa(form))}}})
	}
	s.sum(nil)
	return s
}

// BuildCompletion makes the section of the completion alone, for a reader who
// may open the lists behind it.
func BuildCompletion(in Input) Section {
	b := builder{Input: in}
	return b.completion()
}
