package intake

import (
	"context"

	"plumbline/internal/roster"
)

// Asked is a record whose person is looked for.
type Asked struct {
	Facts *Facts
	Hash  string // keyed, of the national id
	On    roster.Date
}

// EstimateMost is how many records an estimate looks at, spread evenly.
const EstimateMost = 4000

// Bounds of an estimate.
const (
	estimateLeast = 200  // fewer say too little: the model stays as it is
	rounds        = 12   // of expectation and maximization; it has settled by then
	strangers     = 8    // people that each record is compared with, whoever comes next
	stride        = 7919 // places from one to the next: a prime, so that neighbours of a file meet others
	trust         = 400  // records that the model begun with counts for
	believedLeast = .5   // OnRoster is kept between these
	believedMost  = .999
)

// Estimate fits a model to records that nobody has decided on: by expectation and
// maximization over the pairs that blocking proposes for m and for the share of people
// on the roster, and from pairs that nothing brought together for u (Dempster, Laird, Rubin, J. Royal
// Statistical Society B 39, 1977; Winkler, Using the EM Algorithm, 1988). What it begins
// with counts for as many records as trust says, so that a small or one-sided file moves
// little. The same records give the same model. It returns begin itself for too few
// records, and an error only if ctx ends.
func (x *Index) Estimate(ctx context.Context, asked []Asked, begin *Model, version string) (*Model, error) {
	if len(asked) < estimateLeast || len(x.subjects) == 0 {
		return begin, nil
	}
	step := max(len(asked)/EstimateMost, 1)
	next := 0
	e := estimate{begin: begin, now: begin.clone(version)}
	for i := 0; i < len(asked); i += step {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r := x.ready(asked[i].Facts, asked[i].Hash, asked[i].On)
		var pairs []weighed
		for _, s := range x.candidates(r) {
			if c := x.compare(r, int(s)); begin.total(&c) >= 0 { // the others say nothing of their own
				pairs = append(pairs, weighed{comparison: c, person: s})
			}
		}
		e.records = append(e.records, pairs)
		for range strangers {
			c := x.compare(r, next%len(x.subjects))
			e.stranger(&c)
			next += stride
		}
	}
	e.now.Records = len(e.records)
	e.settleU()
	for range rounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e.round(len(x.subjects))
	}
	return e.now, nil
}

func (m *Model) clone(version string) *Model {
	out := *m
	out.Version = version
	for f := range fields {
		out.M[f] = append([]float64(nil), m.M[f]...)
		out.U[f] = append([]float64(nil), m.U[f]...)
	}
	return &out
}

// estimate is the state between the rounds.
type estimate struct {
	begin, now *Model
	records    [][]weighed
	u          [fields][]float64 // comparisons with strangers, by grade
}

func (e *estimate) stranger(c *comparison) {
	for f := range fields {
		if e.u[f] == nil {
			e.u[f] = make([]float64, len(grades[f]))
		}
		if g := c.grade[f]; g != 0 {
			e.u[f][g-1]++
		}
	}
}

// settleU takes u from the strangers, where no frequency gives it.
func (e *estimate) settleU() {
	for f := range fields {
		seen := 0.0
		for _, n := range e.u[f] {
			seen += n
		}
		for g, prior := range e.begin.U[f] {
			if prior > 0 {
				e.now.U[f][g] = min((prior*trust+e.u[f][g])/(trust+seen), 1)
			}
		}
	}
}

// round is one expectation and one maximization.
func (e *estimate) round(people int) {
	var counts [fields][]float64
	for f := range fields {
		counts[f] = make([]float64, len(grades[f]))
	}
	found := 0.0
	for _, pairs := range e.records {
		for i := range pairs {
			pairs[i].bits = e.now.total(&pairs[i].comparison)
		}
		e.now.posteriors(pairs, people)
		for i := range pairs {
			p := pairs[i].posterior
			found += p
			for f := range fields {
				if g := pairs[i].grade[f]; g != 0 {
					counts[f][g-1] += p
				}
			}
		}
	}
	for f := range fields {
		seen, prior := 0.0, 0.0
		for g, n := range counts[f] {
			seen += n
			prior += e.begin.M[f][g]
		}
		for g, n := range counts[f] {
			e.now.M[f][g] = (e.begin.M[f][g]/prior*trust + n) / (trust + seen)
		}
	}
	n := float64(len(e.records))
	e.now.OnRoster = min(max((e.begin.OnRoster*trust+found)/(trust+n), believedLeast), believedMost)
}
