package jobs

// Pace is how many chunks the next write of a long job takes. A write of many
// rows costs less for each, and makes whoever writes meanwhile wait for it: so
// it doubles while nobody else has written since the last one, and falls back
// to a single chunk, which takes under 20 ms, as soon as somebody has.
type Pace struct {
	Chunks int
	last   int64 // entry of the last write
}

// PaceMost chunks take a third of a second: the longest that the first one to
// come has to wait.
const PaceMost = 8

// Wrote notes a write.
func (p *Pace) Wrote(seq int64) {
	if p.Chunks > 0 && seq == p.last+1 {
		p.Chunks = min(2*p.Chunks, PaceMost)
	} else {
		p.Chunks = 1
	}
	p.last = seq
}
