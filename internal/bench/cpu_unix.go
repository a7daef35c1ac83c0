//go:build unix

package bench

import (
	"syscall"
	"time"
)

// cpuTime is the processor time that this process took so far, 0 where the
// system does not tell.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
