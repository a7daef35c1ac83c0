// Package seeded throws dice that fall the same way every time: whatever is invented
// with them is invented again from its seed.
package seeded

// Dice give the same throws for the same seed (splitmix64).
type Dice struct{ state uint64 }

// New gives the dice of a seed.
func New(seed uint64) *Dice { return &Dice{seed} }

// Next gives 64 bits.
func (d *Dice) Next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Roll gives a number from 0 to n-1.
func (d *Dice) Roll(n int) int { return int(d.Next() % uint64(n)) }

// One reports true once in n times.
func (d *Dice) One(n int) bool { return d.Roll(n) == 0 }

// Unit gives a number in [0, 1).
func (d *Dice) Unit() float64 { return float64(d.Next()>>11) / (1 << 53) }

// Chance reports true with probability p.
func (d *Dice) Chance(p float64) bool { return d.Unit() < p }

// Between gives a number from low to high, both included.
func (d *Dice) Between(low, high int) int { return low + d.Roll(high-low+1) }

// Pick gives one of several things.
func Pick[T any](d *Dice, from []T) T { return from[d.Roll(len(from))] }
