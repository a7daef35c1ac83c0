package intake

import (
	"math"
	"slices"
	"strconv"

	"plumbline/internal/roster"
)

// said is a record made ready for comparing with many people.
type said struct {
	*Facts
	name        nameSaid
	suffix      string
	hash        string
	on          roster.Date
	early, late roster.Date // between them a posting is near the day
	service     float64     // bits that units, rank and service can add at most
	units       []int32
	former      []int32
	unitIs      float64 // share of postings in the units named
	wasIn       float64 // and in the former ones
	rank        string
}

// ready prepares a record. hash is the keyed hash of its national id.
func (x *Index) ready(f *Facts, hash string, on roster.Date) *said {
	s := &said{Facts: f, name: readyName(f), hash: hash, on: on,
		early: on.AddDays(-nearInTime), late: on.AddDays(nearInTime), units: x.placesOf(f.Unit), former: x.placesOf(f.FormerUnit),
		rank: NameKey(f.Rank)}
	if len(s.name.forms) > 0 {
		s.suffix = s.name.forms[0].suffix
	}
	s.unitIs, s.wasIn = x.shareOfUnits(s.units), x.shareOfUnits(s.former)
	s.service = 1 - math.Log2(s.unitIs) - math.Log2(s.wasIn) - math.Log2(shareOf(x.freq.rank, s.rank, x.freq.ranks, 0))
	return s
}

func (x *Index) shareOfUnits(units []int32) float64 {
	total := 0
	for _, u := range units {
		total += x.freq.unit[u]
	}
	return clamp((float64(total) + few) / (float64(x.freq.postings) + 1))
}

// compare says how a record compares with a person, field by field. What either side
// does not know says nothing.
func (x *Index) compare(r *said, i int) comparison {
	var c comparison
	x.compareSelf(r, i, &c)
	x.compareService(r, &x.subjects[i], &x.traits[i], &c)
	return c
}

// compareSelf compares all but service, which takes longest.
func (x *Index) compareSelf(r *said, i int, c *comparison) {
	s, t := &x.subjects[i], &x.traits[i]
	if by := x.compareName(&r.name, t, c); by != nil && by.middle != "" && t.name.middle != "" {
		a, b := by.middle, t.name.middle
		c.set(byMiddle, PointMiddle, a == b || isInitial(a, b) || near(a, b), 0)
	}
	if r.suffix != "" && t.name.suffix != "" {
		c.set(bySuffix, PointSuffix, r.suffix == t.name.suffix, 0)
	}
	x.compareNumbers(r, s, c)
	if r.hash != "" && s.National != "" {
		c.set(byNational, PointNational, r.hash == s.National, 0)
	}
	q := x.freq
	x.compareBirth(r.Birth, s.Birth, c)
	if r.Sex != "" && s.Sex != "" {
		if r.Sex == s.Sex {
			c.set(bySex, PointSex, true, shareOf(q.sex, s.Sex, q.sexes, 1))
		} else {
			c.set(bySex, PointSex, false, 0)
		}
	}
	compareDay(r.Appointed, string(s.Appointed), q.appointed, q.begun, byAppointed, PointAppointed, PointAppointedBy, c)
	compareDay(r.Departed, string(s.Departed), q.departed, q.gone, byDeparted, PointDeparted, PointDepartedNear, c)
}

func (x *Index) compareNumbers(r *said, s *Subject, c *comparison) {
	if r.PersonnelNo != "" && s.Personnel != "" {
		switch {
		case r.PersonnelNo == s.Personnel:
			c.set(byPersonnel, PointPersonnel, true, least)
		case oneOff(r.PersonnelNo, s.Personnel):
			c.set(byPersonnel, PointPersonNear, true, 0)
		default:
			c.set(byPersonnel, PointPersonnel, false, 0)
		}
	}
	number := func(f field, value string, point Point) {
		if value == "" || len(s.Numbers) == 0 {
			return
		}
		held, close := false, false
		for _, h := range s.Numbers {
			if h.Value != value {
				close = close || oneOff(value, h.Value)
				continue
			}
			if r.on.Within(h.From, h.To) {
				c.set(f, point, true, x.shareOfNumber(value))
				return
			}
			held = true
		}
		switch {
		case held:
			c.set(f, PointOtherTime, false, x.shareOfNumber(value))
		case close:
			c.set(f, PointNumberNear, true, 0)
		default:
			c.set(f, point, false, 0)
		}
	}
	number(byPolice, r.PoliceNo, PointPoliceNo)
	number(byBadge, r.BadgeNo, PointBadgeNo)
}

// shareOfNumber is how many others ever held a number, and how easily a mistaken one is
// somebody else's.
func (x *Index) shareOfNumber(value string) float64 {
	others := len(x.block(blockNumber, value)) - 1
	return clamp((float64(max(others, 0)) + few) / float64(max(len(x.subjects), smallest)))
}

// oneOff reports whether two numbers of a length differ in one character, or in two
// neighbours exchanged.
func oneOff(a, b string) bool {
	if len(a) != len(b) || len(a) < 3 || a == b {
		return false
	}
	first, n := -1, 0
	for i := range len(a) {
		if a[i] != b[i] {
			if n++; n == 1 {
				first = i
			}
		}
	}
	return n == 1 || n == 2 && first+1 < len(a) && a[first] == b[first+1] && a[first+1] == b[first] && a[first+2:] == b[first+2:]
}

const (
	wholeDay  = len("2006-01-02")
	wholeYear = len("2006")
)

// compareBirth compares dates of birth as far as both are known.
func (x *Index) compareBirth(a, b string, c *comparison) {
	q, n := x.freq, min(len(a), len(b))
	if n < wholeYear {
		return
	}
	year := shareOf(q.birth, b[:wholeYear], q.born, 1)
	switch {
	case a[:n] == b[:n] && n >= wholeDay:
		c.set(byBirth, PointBirthDate, true, clamp(year/300))
	case a[:n] == b[:n] && n > wholeYear:
		c.set(byBirth, PointBirthMonth, true, clamp(year/11))
	case a[:n] == b[:n]:
		c.set(byBirth, PointBirthYear, true, year)
	case n == wholeYear && yearsApart(a, b) == 1:
		c.set(byBirth, PointBirthNear, true, clamp(2*year))
	case n >= wholeDay && (oneOff(a, b) || a[:wholeYear] == b[:wholeYear] && a[5:7] == b[8:] && a[8:] == b[5:7]):
		c.set(byBirth, PointBirthNear, true, clamp(year/15))
	case n > wholeYear && yearsApart(a, b) == 1 && a[wholeYear:n] == b[wholeYear:n]:
		c.set(byBirth, PointBirthNear, true, clamp(year/15))
	default:
		c.set(byBirth, PointBirthDate, false, 0)
	}
}

func yearsApart(a, b string) int {
	x, _ := strconv.Atoi(a[:wholeYear])
	y, _ := strconv.Atoi(b[:wholeYear])
	return max(x-y, y-x)
}

// compareDay compares the days on which service began or ended.
func compareDay(a, b string, counts map[string]int, total int, f field, same, close Point, c *comparison) {
	n := min(len(a), len(b))
	switch {
	case n < wholeYear:
	case a[:n] == b[:n]:
		share := shareOf(counts, b[:wholeYear], total, 1)
		if n >= wholeDay {
			share = shareOf(counts, b, total, 1)
		}
		c.set(f, same, true, share)
	case yearsApart(a, b) <= 1 && (n == wholeYear || n >= wholeDay && (daysApart(a, b) <= 31 || oneOff(a, b))):
		c.set(f, close, true, 0)
	default:
		c.set(f, same, false, 0)
	}
}

func daysApart(a, b string) int {
	d := roster.Date(a[:wholeDay]).Days(roster.Date(b[:wholeDay]))
	return max(d, -d)
}

// nearInTime is how far from the event a posting still speaks for a unit.
const nearInTime = 366

// compareService looks at postings: then, near, and ever.
func (x *Index) compareService(r *said, s *Subject, t *traits, c *comparison) {
	if len(t.posts) == 0 {
		return
	}
	serving, was := false, false
	unit, rank := 0, 0 // 3 then, 2 near, 1 ever
	ranked := false
	for i := range t.posts {
		p := &t.posts[i]
		then := r.on.Within(p.from, p.to)
		serving = serving || then
		at := 1
		switch {
		case then:
			at = 3
		case (p.from == "" || p.from <= r.late) && (p.to == "" || p.to >= r.early):
			at = 2
		}
		if p.rank != "" {
			ranked = true
			if p.rank == r.rank {
				rank = max(rank, at)
			}
		}
		if len(r.units) > 0 && at > unit && x.under(p.unit, r.units) {
			unit = at
		}
		was = was || len(r.former) > 0 && p.from < r.on && x.under(p.unit, r.former)
	}
	if len(r.units) > 0 {
		switch unit {
		case 3:
			c.set(byUnit, PointUnit, true, r.unitIs)
		case 2:
			c.set(byUnit, PointUnitNear, true, clamp(1.5*r.unitIs))
		case 1:
			c.set(byUnit, PointUnitEver, true, clamp(3*r.unitIs))
		default:
			c.set(byUnit, PointUnit, false, 0)
			if x.branchOf(r, t) {
				c.set(byUnit, PointUnitBranch, false, 0)
			}
		}
	}
	if len(r.former) > 0 {
		c.set(byFormerUnit, PointFormerUnit, was, map[bool]float64{true: clamp(4 * r.wasIn)}[was])
	}
	if r.rank != "" && ranked {
		switch {
		case rank == 3:
			c.set(byRank, PointRank, true, shareOf(x.freq.rank, r.rank, x.freq.ranks, 1))
		case rank > 0:
			c.set(byRank, PointRankEver, true, 0)
		default:
			c.set(byRank, PointRank, false, 0)
		}
	}
	gone := s.Departed != "" && s.Departed.Last() < r.on
	c.set(byService, PointServing, serving && !gone, 0)
}

// branchOf reports whether a unit named stands in a branch where the person served then.
func (x *Index) branchOf(r *said, t *traits) bool {
	for i := range t.posts {
		p := &t.posts[i]
		if r.on.Within(p.from, p.to) && slices.ContainsFunc(r.units, func(u int32) bool { return x.branch[u] >= 0 && x.branch[u] == x.branch[p.unit] }) {
			return true
		}
	}
	return false
}
