package verify

import "cmp"

// findingsMax is the most findings listed. All are counted.
const findingsMax = 100

// add lists a finding. When the list is full, the finding of the latest entry
// is dropped: rows are walked kind by kind, so the first false entry may turn
// up last.
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

// earlier orders findings by entry. Those without an entry, such as counters,
// come last.
func earlier(a, b Finding) int {
	if (a.Seq < 0) != (b.Seq < 0) {
		return cmp.Compare(b.Seq, a.Seq)
	}
	return cmp.Compare(a.Seq, b.Seq)
}
