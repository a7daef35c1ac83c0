package app

// pace is how many chunks the next write of a long job takes. A write of many
// rows costs less for each, and makes whoever writes meanwhile wait for it: so
// it doubles while nobody else has written since the last one, and falls back
// to a single chunk, which takes under 20 ms, as soon as somebody has.
type pace struct {
	chunks int
	last   int64 // entry of the last write
}

// paceMost chunks take a third of a second: the longest that the first one to
// come has to wait.
const paceMost = 8

// wrote notes a write.
func (p *pace) wrote(seq int64) {
	if p.chunks > 0 && seq == p.last+1 {
		p.chunks = min(2*p.chunks, paceMost)
	} else {
		p.chunks = 1
	}
	p.last = seq
}
