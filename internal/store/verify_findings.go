package store

import "cmp"

// findingsMax is how many findings are listed; all are counted.
const findingsMax = 100

// add lists a finding. When the list is full, the one of the latest entry goes:
// rows are walked kind by kind, and the first false entry may be met last.
func (v *Verdict) add(f Finding) {
	v.Total++
	if len(v.Findings) < findingsMax {
		v.Findings = append(v.Findings, f)
		return
	}
	last := 0
	for i := range v.Findings {
		if earlier(v.Findings[last], v.Findings[i]) < 0 {
			last = i
		}
	}
	if earlier(f, v.Findings[last]) < 0 {
		v.Findings[last] = f
	}
}

// earlier puts findings into the order of the entries that they belong to;
// counters, and whatever else belongs to none, come after all entries.
func earlier(a, b Finding) int {
	if (a.Seq < 0) != (b.Seq < 0) {
		return cmp.Compare(b.Seq, a.Seq)
	}
	return cmp.Compare(a.Seq, b.Seq)
}
