package intake

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/rules"
)

// Point is how one field of a record compares with what the roster has of a person.
type Point string

// The points of agreement, by field. What agrees, agrees as of the event date, save
// where the point says otherwise.
const (
	PointName         Point = "name"
	PointFormerName   Point = "former_name"
	PointOtherName    Point = "other_name"   // a nickname or a name in another script that the roster has
	PointPinyin       Point = "name_pinyin"  // alike in sound only
	PointNickname     Point = "nickname"     // a usual short form of the given name
	PointInitial      Point = "name_initial" // the given name is an initial
	PointSwapped      Point = "name_swapped" // the same characters, or parts, in another order
	PointNear         Point = "name_near"    // one mistake apart
	PointFamily       Point = "family_name"  // the family name alone
	PointGiven        Point = "given_name"   // the given name alone
	PointMiddle       Point = "middle_name"
	PointSuffix       Point = "name_suffix"
	PointPersonnel    Point = "personnel_no"
	PointPersonNear   Point = "personnel_no_near"
	PointPoliceNo     Point = "police_no"
	PointBadgeNo      Point = "badge_no"
	PointOtherTime    Point = "number_other_time" // held that number, but not then
	PointNumberNear   Point = "number_near"       // one digit off, or two exchanged
	PointNational     Point = "national_id"
	PointBirthDate    Point = "birth_date"
	PointBirthNear    Point = "birth_near"  // one digit off, two exchanged, or the year off by one
	PointBirthMonth   Point = "birth_month" // year and month; no day is known
	PointBirthYear    Point = "birth_year"  // the year; no more is known
	PointSex          Point = "sex"
	PointUnit         Point = "unit"
	PointUnitNear     Point = "unit_near"   // within a year before or after
	PointUnitEver     Point = "unit_ever"   // at another time
	PointUnitBranch   Point = "unit_branch" // another unit of the same branch
	PointFormerUnit   Point = "former_unit"
	PointRank         Point = "rank"
	PointRankEver     Point = "rank_ever" // at another time
	PointAppointed    Point = "appointed"
	PointAppointedBy  Point = "appointed_near" // within a month, or the year off by one
	PointDeparted     Point = "departed"
	PointDepartedNear Point = "departed_near"
	PointServing      Point = "serving"
)

// field is one thing that a record may say about a person.
type field int

const (
	byName field = iota
	byMiddle
	bySuffix
	byPersonnel
	byPolice
	byBadge
	byNational
	byBirth
	bySex
	byUnit
	byFormerUnit
	byRank
	byAppointed
	byDeparted
	byService
	fields
)

// grade is one outcome of comparing a field. m is how often it is seen where record and
// person belong together, u how often where they do not: the values that are shipped. u
// is 0 where it follows from how many people share the value.
type grade struct {
	point  Point
	agrees bool
	m, u   float64
	veto   bool // nobody is attached by himself against it
	hard   bool // it cannot have changed: no identifier set outweighs it
	own    bool // a name or a number of the record is the person's own
	bit    uint64
}

// grades are the outcomes of each field. Which one a comparison has is its index, counted
// from 1: 0 says nothing, because one side or the other does not know.
var grades = [fields][]grade{
	byName: {
		{point: PointName, agrees: true, m: .90, own: true},
		{point: PointFormerName, agrees: true, m: .01, own: true},
		{point: PointOtherName, agrees: true, m: .01, own: true},
		{point: PointPinyin, agrees: true, m: .02, own: true},
		{point: PointNickname, agrees: true, m: .012},
		{point: PointInitial, agrees: true, m: .008},
		{point: PointSwapped, agrees: true, m: .01},
		{point: PointNear, agrees: true, m: .02},
		{point: PointFamily, m: .004},
		{point: PointGiven, m: .004},
		{point: PointName, m: .002, u: .9},
	},
	byMiddle: {
		{point: PointMiddle, agrees: true, m: .97, u: .09},
		{point: PointMiddle, m: .03, u: .91, veto: true, hard: true},
	},
	bySuffix: {
		{point: PointSuffix, agrees: true, m: .98, u: .3},
		{point: PointSuffix, m: .02, u: .7, veto: true, hard: true},
	},
	byPersonnel: {
		{point: PointPersonnel, agrees: true, m: .96, own: true},
		{point: PointPersonNear, agrees: true, m: .03, u: .002},
		{point: PointPersonnel, m: .01, u: 1, hard: true},
	},
	byPolice: {
		{point: PointPoliceNo, agrees: true, m: .90, own: true},
		{point: PointOtherTime, m: .04, own: true, hard: true},
		{point: PointNumberNear, agrees: true, m: .04, u: .002, hard: true},
		{point: PointPoliceNo, m: .02, u: 1, hard: true},
	},
	byBadge: {
		{point: PointBadgeNo, agrees: true, m: .88, own: true},
		{point: PointOtherTime, m: .05, own: true, hard: true},
		{point: PointNumberNear, agrees: true, m: .04, u: .004, hard: true},
		{point: PointBadgeNo, m: .03, u: 1, hard: true},
	},
	byNational: {
		{point: PointNational, agrees: true, m: .97, u: 1e-8, own: true},
		{point: PointNational, m: .03, u: 1, hard: true},
	},
	byBirth: {
		{point: PointBirthDate, agrees: true, m: .95},
		{point: PointBirthNear, agrees: true, m: .02, u: .03, hard: true},
		{point: PointBirthMonth, agrees: true, m: .95},
		{point: PointBirthYear, agrees: true, m: .95},
		{point: PointBirthDate, m: .01, u: .97, veto: true, hard: true},
	},
	bySex: {
		{point: PointSex, agrees: true, m: .995},
		{point: PointSex, m: .005, u: .4, veto: true, hard: true},
	},
	byUnit: {
		{point: PointUnit, agrees: true, m: .80},
		{point: PointUnitNear, agrees: true, m: .08},
		{point: PointUnitEver, agrees: true, m: .05},
		{point: PointUnitBranch, m: .03, u: .1},
		{point: PointUnit, m: .04, u: .9},
	},
	byFormerUnit: {
		{point: PointFormerUnit, agrees: true, m: .9},
		{point: PointFormerUnit, m: .1, u: .9},
	},
	byRank: {
		{point: PointRank, agrees: true, m: .85},
		{point: PointRankEver, agrees: true, m: .1, u: .5},
		{point: PointRank, m: .05, u: .6},
	},
	byAppointed: {
		{point: PointAppointed, agrees: true, m: .95},
		{point: PointAppointedBy, agrees: true, m: .02, u: .03},
		{point: PointAppointed, m: .03, u: .97},
	},
	byDeparted: {
		{point: PointDeparted, agrees: true, m: .9},
		{point: PointDepartedNear, agrees: true, m: .05, u: .05},
		{point: PointDeparted, m: .05, u: .95},
	},
	byService: {
		{point: PointServing, agrees: true, m: .99, u: .7},
		{point: PointServing, m: .01, u: .3, veto: true, hard: true},
	},
}

// code is how a grade is stored: its point, after a ! where it speaks against.
func (g *grade) code() string {
	if g.agrees {
		return string(g.point)
	}
	return "!" + string(g.point)
}

// Points lists every point in the order of the fields.
var Points = func() (out []Point) {
	for _, list := range grades {
		for _, g := range list {
			if !slices.Contains(out, g.point) {
				out = append(out, g.point)
			}
		}
	}
	return out
}()

// bitOf is the bit of a point in a set of points.
func bitOf(p Point) uint64 { return 1 << slices.Index(Points, p) }

var identifierBits = bitOf(PointPersonnel) | bitOf(PointPoliceNo) | bitOf(PointBadgeNo) | bitOf(PointNational)

func init() {
	for f := range grades {
		for i := range grades[f] {
			grades[f][i].bit = bitOf(grades[f][i].point)
		}
	}
}

// facts are the points that the identifier sets of a rule pack ask for.
var facts = map[Point]rules.Fact{
	PointName: rules.Name, PointFormerName: rules.Name, PointPoliceNo: rules.PoliceNo, PointBadgeNo: rules.BadgeNo,
	PointNational: rules.NationalID, PointBirthDate: rules.BirthDate, PointBirthMonth: rules.BirthYear, PointBirthYear: rules.BirthYear,
	PointSex: rules.Sex, PointRank: rules.Rank, PointUnit: rules.Unit, PointFormerUnit: rules.FormerUnit,
}

// Evidence is one field that speaks for or against a candidate.
type Evidence struct {
	Point  Point
	Agrees bool
	Bits   float64 // weight: log2(m/u), to a tenth
}

// Evidences are the evidence of one candidate in the order of the fields. As text they
// are "name:13.2 !unit:-4.6".
type Evidences []Evidence

// MarshalText implements encoding.TextMarshaler.
func (e Evidences) MarshalText() ([]byte, error) {
	var b []byte
	for i, x := range e {
		if i > 0 {
			b = append(b, ' ')
		}
		if !x.Agrees {
			b = append(b, '!')
		}
		b = append(append(b, x.Point...), ':')
		b = strconv.AppendFloat(b, x.Bits, 'f', -1, 64)
	}
	return b, nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *Evidences) UnmarshalText(text []byte) error {
	*e = nil
	for _, word := range strings.Fields(string(text)) {
		code, bits, ok := strings.Cut(word, ":")
		weight, err := strconv.ParseFloat(bits, 64)
		if !ok || err != nil {
			return fmt.Errorf("evidence %q has no weight", word)
		}
		point, against := strings.CutPrefix(code, "!")
		*e = append(*e, Evidence{Point: Point(point), Agrees: !against, Bits: weight})
	}
	return nil
}

// Candidate is a person whom a record may mean.
type Candidate struct {
	Person    string    `json:"p"`
	Evidence  Evidences `json:"e,omitempty"`
	Posterior float64   `json:"q,omitempty"` // that it is he, 0 to 1, among all people and those on no roster
	Vetoed    bool      `json:"v,omitempty"`
}

// For lists the points that agree.
func (c *Candidate) For() []Point { return c.points(true) }

// Against lists the points that do not.
func (c *Candidate) Against() []Point { return c.points(false) }

func (c *Candidate) points(agree bool) (out []Point) {
	for _, e := range c.Evidence {
		if e.Agrees == agree {
			out = append(out, e.Point)
		}
	}
	return out
}

func tenth(x float64) float64 { return math.Round(x*10) / 10 }
