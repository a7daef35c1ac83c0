package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
)

const (
	groupMax      = 64               // members of one commit
	groupDeadline = 60 * time.Second // of one group, whatever its clients do

	// groupTime is when a group stops admitting members. A long group would
	// delay the checkpoint over the previous one, and its receipts with it.
	groupTime = 60 * time.Millisecond

	patientMax  = 192
	patientTime = 400 * time.Millisecond
)

// Patiently lets groups grow longer until the returned function is called: for many
// writes whose receipts nobody waits for. A page that many members touch is then
// written once.
func (s *Store) Patiently() (end func()) {
	s.patient.Store(true)
	return func() { s.patient.Store(false) }
}

// limits are how many members a group takes, and for how long.
func (s *Store) limits() (members int, admits time.Duration) {
	if s.patient.Load() {
		return patientMax, patientTime
	}
	return groupMax, groupTime
}

// Call says who writes and how a repeated request is recognized. It never holds
// content: key and body are passed as hashes.
type Call struct {
	Account   string
	Role      string
	Op        string
	Key       []byte // SHA-256 of the idempotency key; nil for none
	Body      []byte // SHA-256 of the canonical input
	RequestID string
}

// Receipt is the proof handle of a committed write.
type Receipt struct {
	Seq      int64
	At       time.Time
	Leaf     ledger.Hash
	ResultID string
	Replayed bool // the request had already been done; nothing was written
}

// ErrUnchanged is returned by a closure with nothing to do: its savepoint is
// rolled back and nothing is appended.
var ErrUnchanged = errors.New("nothing to do")

// Writing is the closure of a write operation. It may run more than once and
// must keep nothing from a failed run.
type Writing func(ctx context.Context, tx *Tx) (facts []ledger.Fact, resultID string, err error)

type member struct {
	call  Call
	fn    Writing
	quiet bool         // writes about the ledger, so adds no entry to it
	state atomic.Int32 // waiting, running, dropped
	done  chan outcome

	// State of the current run.
	facts    []ledger.Fact
	journal  *Journal
	slip     func() ([]byte, error) // waits for the packed slip; nil if none is kept
	resultID string
	receipt  Receipt
	twin     *member // an earlier member of the group with the same request, whose answer is shared
}

// request identifies the request, or is "" if it has no key.
func (m *member) request() string {
	if m.call.Key == nil {
		return ""
	}
	return m.call.Account + "\x00" + m.call.Op + "\x00" + string(m.call.Key)
}

const (
	waiting int32 = iota
	running
	dropped
)

type outcome struct {
	receipt Receipt
	err     error
}

// Update runs fn in the next group and returns after the commit. An error from
// fn undoes only fn. If ctx ends while the group is in progress, the answer is
// "unknown, retry with the same key".
func (s *Store) Update(ctx context.Context, call Call, fn Writing) (Receipt, error) {
	return s.queueUp(ctx, &member{call: call, fn: fn, done: make(chan outcome, 1)})
}

func (s *Store) queueUp(ctx context.Context, m *member) (Receipt, error) {
	if s.frozen.Load() != nil {
		return Receipt{}, fault.Unavailable("ledger_frozen")
	}
	if s.Full() {
		return Receipt{}, fault.Unavailable("disk_full")
	}
	if s.isBroken() {
		return Receipt{}, fault.Unavailable("shutting_down")
	}
	if s.closed.Load() {
		return Receipt{}, fault.Unavailable("shutting_down")
	}
	select {
	case <-s.closing:
		return Receipt{}, fault.Unavailable("shutting_down")
	case <-ctx.Done():
		return Receipt{}, fault.Unavailable("outcome_unknown").WithCause(ctx.Err())
	case s.lane(m) <- m:
	}
	select {
	case o := <-m.done:
		return o.receipt, Translate(ctx, o.err)
	case <-s.stopped: // the writer has stopped; it may have answered just before
		select {
		case o := <-m.done:
			return o.receipt, Translate(ctx, o.err)
		default:
			return Receipt{}, fault.Unavailable("shutting_down")
		}
	case <-ctx.Done():
		if m.state.CompareAndSwap(waiting, dropped) {
			return Receipt{}, fault.Unavailable("not_started").WithCause(ctx.Err())
		}
		return Receipt{}, fault.Unavailable("outcome_unknown").WithCause(ctx.Err())
	}
}

// lane returns the queue for a member. Writes about the ledger itself go first,
// in a queue of their own, because receipts wait for them.
func (s *Store) lane(m *member) chan *member {
	if m.quiet {
		return s.quiet
	}
	return s.queue
}

// write is the writer loop: it takes the waiting members, commits them once and
// answers them all.
func (s *Store) write() {
	defer s.done.Done()
	defer close(s.stopped)
	for {
		var first *member
		select {
		case first = <-s.quiet:
			s.lead([]*member{first})
			s.Between()
			continue
		case first = <-s.queue:
		case <-s.closing:
			for { // members queued before closing are still served
				select {
				case m := <-s.queue:
					s.lead([]*member{m})
				case m := <-s.quiet:
					s.lead([]*member{m})
				default:
					return
				}
			}
		}
		most, _ := s.limits()
		group := append(make([]*member, 0, most), first)
	fill:
		for len(group) < most {
			select {
			case m := <-s.queue:
				group = append(group, m)
			default:
				break fill
			}
		}
		s.lead(group)
		s.Between()
	}
}

// Between runs housekeeping between groups, while the connection is free.
func (s *Store) Between() {
	s.noteWritten()
	s.hot.prepareWanted(context.Background(), s.writer.DB)
}

// lead commits the members in one group, or in several if they take long. The
// quiet queue gets a turn between two of them.
func (s *Store) lead(group []*member) {
	for len(group) > 0 {
		live := make([]*member, 0, len(group))
		for _, m := range group {
			if m.state.CompareAndSwap(waiting, running) {
				live = append(live, m)
			}
		}
		if len(live) == 0 {
			return
		}
		n, err := s.commit(live)
		s.breakOn(err)
		if errors.Is(err, errGroupEnded) && len(live) > 1 && !s.isBroken() {
			for _, m := range live { // one by one, so that the culprit gets its own error
				if _, err := s.commit([]*member{m}); err != nil {
					m.done <- outcome{err: err}
				}
			}
			return
		} else if err != nil {
			for _, m := range live {
				m.done <- outcome{err: err}
			}
			return
		}
		group = live[n:]
		for _, m := range group {
			m.state.Store(waiting)
		}
		select {
		case m := <-s.quiet:
			s.lead([]*member{m})
		default:
		}
	}
}
