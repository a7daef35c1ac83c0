package intake

import (
	"cmp"
	"math"
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

// Outcome is what matching made of a record.
type Outcome struct {
	Level      Level
	Candidates []Candidate // best first, at most MaxCandidates; those that decide the level come first
	Live       int         // how many of them the level counts
}

// MaxCandidates is the most that are kept and shown side by side.
const MaxCandidates = 12

// Match finds whom a record names, as of the day. hash is the keyed hash of
// the national id, "" if the record gives none.
//
// Exact, which attaches by itself: a set that the pack calls sufficient agrees with one
// person alone, and nothing that cannot change contradicts him, nor does an identifier
// point to somebody else; or the model finds him as probable as the pack asks, and as
// many times likelier than the next, and no veto speaks. Otherwise the candidates count
// that are not much less likely than the best, or hold an identifier of the record, and
// that no other one dominates. One is probable, several are ambiguous.
func (x *Index) Match(f *Facts, hash string, on roster.Date, rule *rules.Matching, model *Model) Outcome {
	r := x.ready(f, hash, on)
	named := x.named(r)
	all := x.weigh(r, named, model)
	if out, first := x.judge(all, rule, model); out.Level == Exact && all[first].agrees() {
		return out // nobody whose name is not even the record's can fit it better
	}
	out, _ := x.judge(x.weigh(r, x.touched(r, named), model), rule, model)
	return out
}

// judge says what the people compared with a record, the likeliest first, make of it, and
// which of them counts first.
func (x *Index) judge(all []weighed, rule *rules.Matching, model *Model) (Outcome, int) {
	if len(all) == 0 {
		return Outcome{Level: Unmatched}, 0
	}
	var sufficient, live []int
	for n := range all {
		if c := &all[n]; c.identified() {
			if _, ok := rule.SufficientFor(c.facts()); ok {
				sufficient = append(sufficient, n)
			}
		}
		if all[n].posterior < all[0].posterior*muchLess && !all[n].rivals(&all[0]) {
			continue
		}
		if !anyOf(all, func(o *weighed) bool { return o.dominates(&all[n]) }) {
			live = append(live, n)
		}
	}
	var out Outcome
	switch {
	case len(sufficient) == 1 && !all[sufficient[0]].hard && !rival(all, sufficient[0]):
		out.Level, live = Exact, sufficient
	case attaches(all, sufficient, &rule.Posterior):
		out.Level, live = Exact, []int{0}
	case len(live) == 1:
		out.Level = Probable
	default:
		out.Level = Ambiguous
	}
	show := slices.Clone(live)
	for n := range all {
		if !slices.Contains(live, n) && len(show) < MaxCandidates {
			show = append(show, n)
		}
	}
	for _, n := range show[:min(len(show), MaxCandidates)] {
		c := &all[n]
		out.Candidates = append(out.Candidates, Candidate{Person: x.subjects[c.person].ID, Evidence: model.evidence(&c.comparison),
			Posterior: rounded(c.posterior), Vetoed: c.vetoed})
	}
	out.Live = min(len(live), MaxCandidates)
	return out, live[0]
}

// anyOf reports whether one of those compared is such a one.
func anyOf(all []weighed, is func(c *weighed) bool) bool {
	for n := range all {
		if is(&all[n]) {
			return true
		}
	}
	return false
}

// muchLess is how many times less likely than the best a candidate is who does not count.
const muchLess = 1e-4

// attaches reports whether the first candidate is as probable as the pack asks, as far
// ahead of each other one, twice as far (on the scale of weights) of whoever holds an
// identifier of the record, and nobody else fits a sufficient set.
func attaches(all []weighed, sufficient []int, p *rules.Posterior) bool {
	first := &all[0]
	if first.vetoed || first.posterior*1e6 < float64(p.AtLeastPPM) || slices.ContainsFunc(sufficient, func(n int) bool { return n != 0 }) {
		return false
	}
	for n := range all[1:] {
		next := &all[n+1]
		times := float64(p.TimesNext)
		if next.rivals(first) {
			times *= times
		}
		if first.posterior < next.posterior*times {
			return false
		}
	}
	return true
}

// weighed is a person compared with a record.
type weighed struct {
	comparison
	person    int32
	bits      float64
	posterior float64
	vetoed    bool
	hard      bool   // something speaks against him that cannot have changed
	pro       uint64 // points that agree, as bits
}

// agrees reports whether the name is the person's and nothing speaks against him.
func (c *weighed) agrees() bool {
	for f := range fields {
		if g := c.grade[f]; g != 0 && !grades[f][g-1].agrees {
			return false
		}
	}
	return c.grade[byName] == 1
}

// weigh compares a record with people and orders them, the likeliest first. Those whom
// nothing speaks for are left out.
func (x *Index) weigh(r *said, found []int32, model *Model) []weighed {
	all := make([]weighed, 0, min(len(found), 64))
	for _, i := range found {
		c := weighed{person: i}
		x.compareSelf(r, int(i), &c.comparison)
		if model.total(&c.comparison)+r.service < leastBits && !c.identified() {
			continue
		}
		x.compareService(r, &x.subjects[i], &x.traits[i], &c.comparison)
		c.bits = model.total(&c.comparison)
		if c.bits >= leastBits || c.identified() {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b weighed) int {
		return cmp.Or(cmp.Compare(b.bits, a.bits), cmp.Compare(x.subjects[a.person].ID, x.subjects[b.person].ID))
	})
	model.posteriors(all, len(x.subjects))
	for n := range all {
		all[n].note()
	}
	return all
}

// note sums up the grades of a comparison.
func (c *weighed) note() {
	for f := range fields {
		if c.grade[f] == 0 {
			continue
		}
		g := &grades[f][c.grade[f]-1]
		if g.agrees {
			c.pro |= g.bit
		}
		c.vetoed = c.vetoed || g.veto
		c.hard = c.hard || g.hard
	}
}

// leastBits is the weight from which somebody is worth showing whose name or number is
// not the record's: the evidence makes him a hundred times likelier than a stranger.
const leastBits = 6.6

// identified reports whether a name or a number of the record is the person's own.
func (c *comparison) identified() bool {
	for f := range fields {
		if g := c.grade[f]; g != 0 && grades[f][g-1].own {
			return true
		}
	}
	return false
}

// rounded keeps six digits after the point.
func rounded(p float64) float64 { return math.Round(p*1e6) / 1e6 }

// rival reports whether an identifier of the record belongs to somebody else.
func rival(all []weighed, one int) bool {
	return anyOf(all, func(o *weighed) bool { return o.rivals(&all[one]) })
}

// rivals reports whether an identifier of the record is the person's, but not the other's.
func (c *weighed) rivals(o *weighed) bool { return c.pro&^o.pro&identifierBits != 0 }

// facts are what agrees, in the words of a rule pack.
func (c *weighed) facts() []rules.Fact {
	var out []rules.Fact
	for f := range fields {
		if g := c.grade[f]; g != 0 && grades[f][g-1].agrees {
			if fact, ok := facts[grades[f][g-1].point]; ok {
				out = append(out, fact)
			}
		}
	}
	return out
}

// dominates compares two candidates field by field: nothing speaks better for the other,
// and something speaks worse. The better a grade, the earlier it stands. Whoever weighs
// more is dominated by nobody: a grade that stands earlier may say less of a common name.
func (c *weighed) dominates(o *weighed) bool {
	if c.bits < o.bits {
		return false
	}
	more := false
	for f := range fields {
		a, b := c.standing(f), o.standing(f)
		if a < b {
			return false
		}
		more = more || a > b
	}
	return more
}

// standing orders the grades of a field: agreement, nothing said, disagreement.
func (c *weighed) standing(f field) int {
	g := int(c.grade[f])
	switch {
	case g == 0:
		return 0
	case grades[f][g-1].agrees:
		return 100 - g
	}
	return -g
}
