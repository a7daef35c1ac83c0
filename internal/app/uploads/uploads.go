// Package uploads limits what a site receives and reads at a time, and queues the
// rest.
package uploads

import (
	"context"
	"errors"
	"sync"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// What a site bears at once. A body of more than SmallBody bytes is received
// only while it fits into the budget of all uploads together, and a spreadsheet
// is read only by so many readers at a time: read, a file of 20 MB takes several
// times its size. Whoever comes beyond that waits, up to a limit, unread.
const (
	DefaultUploadBudget = 64 << 20 // bytes of all bodies under way together
	DefaultReaders      = 1        // spreadsheets read at a time
	SmallBody           = 64 << 10 // bytes that are received without asking

	visitorBudget = 8 << 20 // of bodies sent by people who are not signed in

	waitingMost  = 32 // requests that wait for room, in all
	waitingEach  = 8  // and of one account
	uploadWait   = 20 * time.Second
	readerWait   = 30 * time.Second
	retryUpload  = 20 // seconds until a refused upload should be tried again
	visitorShare = "" // owner of what is sent without a session
)

// Uploads enforces these limits.
type Uploads struct {
	*desk.Desk
	uploads, visitors, readers *room
}

// New uses the defaults for a budget (in bytes) or a number of readers of 0.
func New(d *desk.Desk, budget int64, readers int) *Uploads {
	if budget <= 0 {
		budget = DefaultUploadBudget
	}
	if readers <= 0 {
		readers = DefaultReaders
	}
	return &Uploads{Desk: d, uploads: newRoom(budget, uploadWait), visitors: newRoom(visitorBudget, uploadWait),
		readers: newRoom(int64(readers), readerWait)}
}

// Admit checks an operation by role alone, as the operation itself will. Faces call
// it before they read the body.
func (a *Uploads) Admit(who *roster.Actor, op string) error {
	_, err := a.Authorize(who, op)
	return err
}

// Receive reserves room for a body of n bytes before it is read; call done when the
// request has ended. Bodies up to SmallBody need none. It fails with 413 if the body
// is larger than all the room there is, and with 429 if too many are under way.
func (a *Uploads) Receive(ctx context.Context, who *roster.Actor, n int64) (done func(), err error) {
	if n <= SmallBody {
		return func() {}, nil
	}
	if who == nil {
		return a.visitors.take(ctx, visitorShare, n)
	}
	return a.uploads.take(ctx, who.Account, n)
}

// Reading waits for a free spreadsheet reader.
func (a *Uploads) Reading(ctx context.Context, who *roster.Actor) (done func(), err error) {
	return a.readers.take(ctx, who.Account, 1)
}

// Enter waits for a free spreadsheet reader as long as a job must.
func (a *Uploads) Enter(ctx context.Context, job string) (done func(), err error) {
	return a.readers.enter(ctx, job)
}

// room is a quantity that many share: first come, first served, except that nobody
// holds more than half of it while others wait.
type room struct {
	size int64
	wait time.Duration

	mu   sync.Mutex
	free int64
	held map[string]int64 // by owner
	line []*waiter
}

type waiter struct {
	owner string
	n     int64
	in    chan struct{} // closed when the room is his
}

func newRoom(size int64, wait time.Duration) *room {
	return &room{size: size, wait: wait, free: size, held: make(map[string]int64)}
}

// take waits for n of the room.
func (r *room) take(ctx context.Context, owner string, n int64) (func(), error) {
	if n > r.size {
		return nil, fault.TooLarge("upload_beyond", "Limit", r.size>>20).WithField("file")
	}
	w := &waiter{owner: owner, n: n, in: make(chan struct{})}
	if !r.lineUp(w) {
		return nil, busy()
	}
	wait, stop := context.WithTimeoutCause(ctx, r.wait, errWaited)
	defer stop()
	return r.await(wait, w)
}

// enter is take for the program's own jobs, which are never turned away.
func (r *room) enter(ctx context.Context, owner string) (func(), error) {
	w := &waiter{owner: owner, n: 1, in: make(chan struct{})}
	r.mu.Lock()
	r.line = append(r.line, w)
	r.letIn()
	r.mu.Unlock()
	return r.await(ctx, w)
}

// await waits until w is admitted or ctx ends.
func (r *room) await(ctx context.Context, w *waiter) (func(), error) {
	select {
	case <-w.in:
		return sync.OnceFunc(func() { r.giveBack(w) }), nil
	case <-ctx.Done():
	}
	if !r.leave(w) { // it became his in the same moment
		r.giveBack(w)
	}
	if errors.Is(context.Cause(ctx), errWaited) {
		return nil, busy()
	}
	return nil, fault.Unavailable("not_started").WithCause(ctx.Err())
}

var errWaited = errors.New("no room came free in time")

func busy() error { return fault.TooMany("upload_busy", "Seconds", retryUpload) }

// lineUp admits w at once or puts it at the end of the queue; it returns false if
// the queue is full.
func (r *room) lineUp(w *waiter) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.line = append(r.line, w)
	r.letIn()
	if r.waits(w) < 0 {
		return true
	}
	mine := 0
	for _, other := range r.line {
		if other.owner == w.owner {
			mine++
		}
	}
	if len(r.line) > waitingMost || w.owner != visitorShare && mine > waitingEach {
		r.line = r.line[:len(r.line)-1] // w came last
		return false
	}
	return true
}

// letIn admits those who wait, in order, as far as the room goes. It passes over
// owners who already hold half of it.
func (r *room) letIn() {
	left := r.line[:0]
	full := false // somebody in front waits for the room, not for himself
	for _, w := range r.line {
		switch {
		case w.owner != visitorShare && r.held[w.owner] > 0 && r.held[w.owner]+w.n > r.size/2:
			left = append(left, w)
		case full || w.n > r.free:
			full = true
			left = append(left, w)
		default:
			r.free -= w.n
			r.held[w.owner] += w.n
			close(w.in)
		}
	}
	clear(r.line[len(left):])
	r.line = left
}

func (r *room) giveBack(w *waiter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free += w.n
	if r.held[w.owner] -= w.n; r.held[w.owner] == 0 {
		delete(r.held, w.owner)
	}
	r.letIn()
}

// leave takes w out of the queue; it returns false if w has been admitted.
func (r *room) leave(w *waiter) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.waits(w)
	if at < 0 {
		return false
	}
	r.line = append(r.line[:at], r.line[at+1:]...)
	r.letIn()
	return true
}

// waits returns w's place in the queue, or -1.
func (r *room) waits(w *waiter) int {
	for i, other := range r.line {
		if other == w {
			return i
		}
	}
	return -1
}
