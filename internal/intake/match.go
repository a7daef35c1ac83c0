package intake

import (
	"cmp"
	"slices"

	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// Level is how surely a record names one person (domain rules, section 5).
type Level string

// The levels.
const (
	Exact     Level = "exact"
	Probable  Level = "probable"
	Ambiguous Level = "ambiguous"
	Unmatched Level = "unmatched"
	Rejected  Level = "rejected" // the row could not be read
)

// Levels lists every level.
var Levels = []Level{Exact, Probable, Ambiguous, Unmatched, Rejected}

// Point is one thing that speaks for or against a candidate.
type Point string

// The points. All hold as of the event date, save those that say otherwise.
const (
	PointName       Point = "name"
	PointFormerName Point = "former_name"
	PointPinyin     Point = "name_pinyin" // alike in sound only
	PointPoliceNo   Point = "police_no"
	PointBadgeNo    Point = "badge_no"
	PointOtherTime  Point = "number_other_time" // held that number, but not then
	PointNational   Point = "national_id"
	PointBirthDate  Point = "birth_date"
	PointBirthYear  Point = "birth_year"
	PointSex        Point = "sex"
	PointRank       Point = "rank"
	PointUnit       Point = "unit"
	PointFormerUnit Point = "former_unit"
	PointNotServing Point = "not_serving"
)

// Points lists every point in the order in which pages show them.
var Points = []Point{
	PointName, PointFormerName, PointPinyin, PointPoliceNo, PointBadgeNo, PointOtherTime, PointNational,
	PointBirthDate, PointBirthYear, PointSex, PointRank, PointUnit, PointFormerUnit, PointNotServing,
}

var facts = map[Point]rules.Fact{
	PointName: rules.Name, PointFormerName: rules.Name, PointPoliceNo: rules.PoliceNo, PointBadgeNo: rules.BadgeNo,
	PointNational: rules.NationalID, PointBirthDate: rules.BirthDate, PointBirthYear: rules.BirthYear, PointSex: rules.Sex,
	PointRank: rules.Rank, PointUnit: rules.Unit, PointFormerUnit: rules.FormerUnit,
}

// contradictions are the points that one person cannot have against him and
// still be attached without a reviewer: a unit or a rank may be out of date in
// a list, a birth date may not.
var contradictions = []Point{PointPoliceNo, PointBadgeNo, PointOtherTime, PointNational, PointBirthDate, PointBirthYear, PointSex}

// Candidate is a person whom a record may mean.
type Candidate struct {
	Person  string  `json:"p"`
	For     []Point `json:"f,omitempty"`
	Against []Point `json:"a,omitempty"`
}

// Outcome is what matching made of a record.
type Outcome struct {
	Level      Level
	Candidates []Candidate // best first, at most MaxCandidates; those that decide the level come first
	Live       int         // how many of them the level counts
	Found      int         // before the cut
}

// MaxCandidates is the most that are kept and shown side by side.
const MaxCandidates = 12

// Match finds whom a record names, as of the day. hash is the keyed hash of
// the national id, "" if the record gives none.
//
// Exact: a set that the pack calls sufficient agrees with one person alone, and
// nothing that cannot change contradicts him, nor does an identifier point to
// somebody else. Otherwise the candidates that no other one dominates count:
// one dominates another who has everything for him that the other has and
// more, and nothing against him that the other has not. One is probable,
// several are ambiguous.
func (x *Index) Match(f *Facts, hash string, on roster.Date, m *rules.Matching) Outcome {
	found := x.candidates(f, hash)
	if len(found) == 0 {
		return Outcome{Level: Unmatched}
	}
	units, former := x.Places(f.Unit), x.Places(f.FormerUnit)
	all := make([]Candidate, len(found))
	for n, i := range found {
		all[n] = x.weigh(&x.subjects[i], f, hash, on, units, former)
	}
	slices.SortStableFunc(all, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(len(a.Against), len(b.Against)), cmp.Compare(a.Person, b.Person))
	})
	var sufficient, live []int
	for n := range all {
		if _, ok := m.SufficientFor(all[n].facts()); ok {
			sufficient = append(sufficient, n)
		}
		if !slices.ContainsFunc(all, func(o Candidate) bool { return o.dominates(&all[n]) }) {
			live = append(live, n)
		}
	}
	out := Outcome{Found: len(all)}
	switch {
	case len(sufficient) == 1 && !all[sufficient[0]].contradicted() && !rival(all, sufficient[0]):
		out.Level, live = Exact, sufficient
	case len(live) == 1:
		out.Level = Probable
	default:
		out.Level = Ambiguous
	}
	for _, n := range live {
		out.Candidates = append(out.Candidates, all[n])
	}
	for n := range all {
		if !slices.Contains(live, n) {
			out.Candidates = append(out.Candidates, all[n])
		}
	}
	out.Live = min(len(live), MaxCandidates)
	out.Candidates = out.Candidates[:min(len(out.Candidates), MaxCandidates)]
	return out
}

// rival reports whether an identifier of the record belongs to somebody else.
func rival(all []Candidate, one int) bool {
	for n := range all {
		if n == one {
			continue
		}
		for _, p := range []Point{PointPoliceNo, PointBadgeNo, PointNational} {
			if slices.Contains(all[n].For, p) && !slices.Contains(all[one].For, p) {
				return true
			}
		}
	}
	return false
}

// candidates are all whom any identifier or name of the record touches.
func (x *Index) candidates(f *Facts, hash string) []int {
	var found []int
	for _, k := range f.Keys {
		found = append(found, x.byName[k]...)
		found = append(found, x.byPinyin[k]...)
	}
	for _, n := range []string{f.PoliceNo, f.BadgeNo} {
		if n != "" {
			found = append(found, x.byNumber[n]...)
		}
	}
	if hash != "" {
		found = append(found, x.byHash[hash]...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// weigh lists what speaks for and against one person. What either side does
// not know says nothing.
func (x *Index) weigh(s *Subject, f *Facts, hash string, on roster.Date, units, former []string) Candidate {
	c := Candidate{Person: s.ID}
	say := func(agrees bool, p Point) {
		if agrees {
			c.For = append(c.For, p)
		} else {
			c.Against = append(c.Against, p)
		}
	}
	if len(f.Keys) > 0 {
		switch {
		case slices.Contains(f.Keys, NameKey(s.Name)):
			say(true, PointName)
		case slices.ContainsFunc(s.Former, func(n string) bool { return slices.Contains(f.Keys, NameKey(n)) }):
			say(true, PointFormerName)
		case s.Pinyin != "" && slices.Contains(f.Keys, s.Pinyin):
			say(true, PointPinyin)
		default:
			say(false, PointName)
		}
	}
	number := func(value string, p Point) {
		if value == "" {
			return
		}
		other := false
		for _, h := range s.Numbers {
			if h.Value == value {
				if on.Within(h.From, h.To) {
					say(true, p)
					return
				}
				other = true
			}
		}
		if other {
			p = PointOtherTime
		}
		say(false, p)
	}
	number(f.PoliceNo, PointPoliceNo)
	number(f.BadgeNo, PointBadgeNo)
	if hash != "" && s.National != "" {
		say(hash == s.National, PointNational)
	}
	if f.Birth != "" && s.Birth != "" {
		switch {
		case len(f.Birth) == len("2006-01-02"):
			say(f.Birth == s.Birth, PointBirthDate)
		default: // a month or a year says whether the year agrees
			n := min(len(f.Birth), len(s.Birth))
			say(f.Birth[:n] == s.Birth[:n], PointBirthYear)
		}
	}
	if f.Sex != "" && s.Sex != "" {
		say(f.Sex == s.Sex, PointSex)
	}
	x.weighService(s, f, on, units, former, say)
	return c
}

// weighService looks at postings: then, and before.
func (x *Index) weighService(s *Subject, f *Facts, on roster.Date, units, former []string, say func(bool, Point)) {
	serving, rank, ranked, unit, was := false, false, false, false, false
	key := NameKey(f.Rank)
	for _, p := range s.Postings {
		if on.Within(p.From, p.To) {
			serving = true
			if p.Rank != "" {
				ranked = true
				rank = rank || NameKey(p.Rank) == key
			}
			unit = unit || x.within(p.Unit, units)
		}
		if p.From < on {
			was = was || x.within(p.Unit, former)
		}
	}
	if key != "" && ranked {
		say(rank, PointRank)
	}
	if f.Unit != "" && len(s.Postings) > 0 {
		say(unit, PointUnit)
	}
	if f.FormerUnit != "" && len(s.Postings) > 0 {
		say(was, PointFormerUnit)
	}
	if len(s.Postings) > 0 && !serving {
		say(false, PointNotServing)
	}
}

func (c *Candidate) facts() []rules.Fact {
	var out []rules.Fact
	for _, p := range c.For {
		if f, ok := facts[p]; ok {
			out = append(out, f)
		}
	}
	return out
}

func (c *Candidate) contradicted() bool {
	return slices.ContainsFunc(c.Against, func(p Point) bool { return slices.Contains(contradictions, p) })
}

// weight orders candidates for showing; it decides nothing.
func (c *Candidate) weight() int {
	w := 2*len(c.For) - len(c.Against)
	for _, p := range c.For {
		if p == PointPoliceNo || p == PointBadgeNo || p == PointNational {
			w += 3
		}
	}
	return w
}

// dominates compares two candidates point by point.
func (c *Candidate) dominates(o *Candidate) bool {
	if c.Person == o.Person || !covers(c.For, o.For) || !covers(o.Against, c.Against) {
		return false
	}
	return len(c.For) > len(o.For) || len(c.Against) < len(o.Against)
}

// covers reports whether a holds all of b; a name outweighs its sound.
func covers(a, b []Point) bool {
	for _, p := range b {
		if slices.Contains(a, p) {
			continue
		}
		if (p == PointPinyin || p == PointFormerName) && slices.Contains(a, PointName) {
			continue
		}
		return false
	}
	return true
}
