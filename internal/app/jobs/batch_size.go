package jobs

// Pace is the number of chunks in the next write of a long job. Large writes cost
// less per row but make other writers wait. It doubles while nobody else writes, and
// falls back to a single chunk, which takes under 20 ms, as soon as somebody does.
type Pace struct {
	Chunks int
	last   int64 // entry of the last write
}

// PaceMost chunks take a third of a second, the longest that another writer has to
// wait.
const PaceMost = 8

// Wrote records a write by its ledger sequence number.
func (p *Pace) Wrote(seq int64) {
	if p.Chunks > 0 && seq == p.last+1 {
		p.Chunks = min(2*p.Chunks, PaceMost)
	} else {
		p.Chunks = 1
	}
	p.last = seq
}
