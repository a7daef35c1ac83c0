// Package poll waits for what another process does and tells nobody. What happens in
// the test's own process is awaited by its event, never by the clock.
package poll

import (
	"math/rand/v2"
	"time"
)

// every is how long lies between two tries.
const every = 25 * time.Millisecond

// Until tries until done says so, and reports whether it did within the limit.
func Until(limit time.Duration, done func() bool) bool {
	for deadline := time.Now().Add(limit); ; {
		if done() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		Again()
	}
}

// Moment waits for some part of the most, so that what follows happens at any moment.
func Moment(most time.Duration) { <-time.After(rand.N(most)) }

// Again is how long a client waits that was told to come again.
func Again() { <-time.After(every) }
