package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
)

const (
	groupMax      = 64               // members of one commit
	groupDeadline = 60 * time.Second // of one group, whatever its clients do

	// groupTime is when a group takes no further member in. Long groups would
	// keep the checkpoint over the group before waiting, and with it receipts.
	groupTime = 60 * time.Millisecond
)

// Call says who writes and how a repetition is recognised. It never holds
// content: key and body come as hashes.
type Call struct {
	Account   string
	Role      string
	Op        string
	Key       []byte // SHA-256 of the idempotency key, nil for none
	Body      []byte // SHA-256 of the canonical input
	RequestID string
}

// Receipt is the proof handle of a committed write.
type Receipt struct {
	Seq      int64
	At       time.Time
	Leaf     ledger.Hash
	ResultID string
	Replayed bool // the request had been done before; nothing was written now
}

// ErrUnchanged is returned by a closure that found nothing to do: its
// savepoint is rolled back and nothing is appended.
var ErrUnchanged = errors.New("nothing to do")

// Writing is the closure of a writing operation. It may run more than once
// and must not keep anything from a run that failed.
type Writing func(ctx context.Context, tx *Tx) (facts []ledger.Fact, resultID string, err error)

type member struct {
	call  Call
	fn    Writing
	quiet bool         // writes about the ledger, and so adds no entry to it
	state atomic.Int32 // waiting, running, dropped
	done  chan outcome

	// of the current run
	facts    []ledger.Fact
	journal  *journal
	resultID string
	receipt  Receipt
	twin     *member // an earlier member of the group with the same request, whose answer this one gets
}

// request identifies what is asked, "" without a key.
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

// Update runs fn in the next group and returns after the commit. A fault of fn
// undoes only fn. When ctx ends while the group is under way, the answer is
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
		return o.receipt, translate(ctx, o.err)
	case <-s.stopped: // the writer has gone; it may have answered just before
		select {
		case o := <-m.done:
			return o.receipt, translate(ctx, o.err)
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

// lane is where a member waits: what speaks of the ledger itself goes before
// the rest, alone, as receipts wait for it.
func (s *Store) lane(m *member) chan *member {
	if m.quiet {
		return s.quiet
	}
	return s.queue
}

// write is the writer: it takes what waits, commits it once and answers all.
func (s *Store) write() {
	defer s.done.Done()
	defer close(s.stopped)
	for {
		var first *member
		select {
		case first = <-s.quiet:
			s.lead([]*member{first})
			s.between()
			continue
		case first = <-s.queue:
		case <-s.closing:
			for { // what was queued before the closing is still done
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
		group := append(make([]*member, 0, groupMax), first)
	fill:
		for len(group) < groupMax {
			select {
			case m := <-s.queue:
				group = append(group, m)
			default:
				break fill
			}
		}
		s.lead(group)
		s.between()
	}
}

// between does what is done between groups, while the connection is free.
func (s *Store) between() {
	s.noteWritten()
	s.prepareWanted(context.Background())
}

// errGroupEnded says that the whole transaction was lost before COMMIT.
var errGroupEnded = errors.New("the group's transaction ended")

// lead commits the members, in one group or, where that takes long, in several.
// Between two of them what waits in the quiet lane has its turn.
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
			for _, m := range live { // one by one: the culprit meets its own error
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

// commit runs members, appends and commits once. If it returns no error, the
// first n members have been answered and the others have not been begun;
// otherwise none has.
func (s *Store) commit(group []*member) (n int, err error) {
	// The clients' contexts never reach this transaction.
	ctx, cancel := context.WithTimeout(context.Background(), groupDeadline)
	defer cancel()
	began := s.clock()
	ended := func(doing string, err error) (int, error) {
		return 0, fmt.Errorf("%s: %w: %w", doing, errGroupEnded, err)
	}
	btx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return ended("begin", err)
	}
	committed := false
	defer func() {
		if !committed {
			btx.Rollback()
		}
	}()
	if err := lock(ctx, btx, s.dialect); err != nil {
		return ended("lock", err)
	}
	head, err := s.head(ctx, btx)
	if err != nil {
		return ended("read head", err)
	}
	now := s.Now()
	if now.Before(head.at) {
		now = head.at
	}
	tree, err := s.placement(ctx, btx)
	if err != nil {
		return ended("read tree", err)
	}

	results := make([]outcome, len(group))
	survived := make([]*member, 0, len(group))
	done := make(map[string]*member) // requests of this group, which are not in their table yet
	for i, m := range group {
		if i > 0 && s.clock().Sub(began) > groupTime {
			group, results = group[:i], results[:i]
			break
		}
		if m.twin = done[m.request()]; m.twin != nil {
			if !bytes.Equal(m.twin.call.Body, m.call.Body) {
				results[i].err, m.twin = fault.Conflict("key_reused"), nil
			}
			continue
		}
		tx := &Tx{View: View{db: btx, s: s, raw: &btx, placed: tree}, now: now, tree: tree, journal: &journal{}}
		memberErr, lost := s.runMember(ctx, btx, tx, m, len(group) == 1)
		if lost != nil {
			return ended("member", lost)
		}
		if memberErr != nil {
			results[i].err = memberErr
			continue
		}
		if m.receipt.Replayed {
			results[i].receipt = m.receipt
			continue
		}
		if tx.treeChanged {
			s.tree.Store(nil)
			if tree, err = s.placement(ctx, btx); err != nil {
				return ended("read tree", err)
			}
		}
		survived = append(survived, m)
		if m.call.Key != nil {
			done[m.request()] = m
		}
	}
	edge, newest := head.edge, head.leaf
	if len(survived) > 0 {
		edge = head.edge.Clone()
		last, err := s.append(ctx, btx, edge, tree, now, survived)
		if err != nil {
			return ended("append", err)
		}
		if edge.Size() > head.edge.Size() { // quiet members add no entry
			newest = last
		}
	}
	finish := btx.Commit
	if len(survived) == 0 {
		finish = btx.Rollback // a member alone has no savepoint: this undoes what its fault left
	}
	committed = true // from here on, a failure leaves the outcome unknown
	if err := finish(); err != nil {
		s.edge = nil
		s.tree.Store(nil)
		s.breakOn(err)
		if s.dialect == SQLite { // database/sql takes the transaction for over, SQLite may not
			_, _ = s.writer.ExecContext(ctx, "ROLLBACK") // an error says that it is
		}
		for _, m := range group {
			m.done <- outcome{err: fault.Unavailable("outcome_unknown").WithCause(err)}
		}
		return len(group), nil
	}
	s.edge, s.newest, s.headTime = edge, newest, head.at
	if len(survived) > 0 {
		s.headTime = now
	}
	s.acknowledge(edge)
	next := 0
	for i, m := range group {
		if next < len(survived) && survived[next] == m {
			results[i].receipt = m.receipt
			next++
		}
		if m.twin != nil {
			results[i].receipt = m.twin.receipt
			results[i].receipt.Replayed = true
		}
		m.done <- results[i]
	}
	return len(group), nil
}

// runMember runs one closure under its own savepoint; one that is alone in its
// group has the transaction for it, which spares SQLite a copy of every page. lost is set when the
// transaction itself is gone.
func (s *Store) runMember(ctx context.Context, btx bun.Tx, tx *Tx, m *member, alone bool) (memberErr, lost error) {
	if !alone {
		if _, err := s.run(ctx, btx, "SAVEPOINT member", nil); err != nil {
			return nil, err
		}
	}
	m.facts, m.resultID, m.receipt, m.journal = nil, "", Receipt{}, tx.journal
	err := s.replay(ctx, tx, m)
	if err == nil && !m.receipt.Replayed {
		err = call(ctx, tx, m)
	}
	if err == nil && !m.receipt.Replayed && len(m.facts) == 0 && !m.quiet {
		err = fmt.Errorf("operation %s wrote without a ledger fact", m.call.Op)
	}
	if err != nil {
		if classify(err) == failEnded {
			return nil, err
		}
		if tx.treeChanged {
			s.tree.Store(nil)
		}
		if alone {
			return err, nil
		}
		if _, rollbackErr := btx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT member"); rollbackErr != nil {
			return nil, errors.Join(err, rollbackErr)
		}
	}
	if alone {
		return nil, nil
	}
	if _, releaseErr := s.run(ctx, btx, "RELEASE SAVEPOINT member", nil); releaseErr != nil {
		return nil, releaseErr
	}
	return err, nil
}

// call runs the closure; a panic becomes an internal error of this member.
func call(ctx context.Context, tx *Tx, m *member) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in %s: %v\n%s", m.call.Op, r, debug.Stack())
		}
	}()
	m.facts, m.resultID, err = m.fn(ctx, tx)
	return err
}

// replay looks the request up; the same key with another body is a conflict.
func (s *Store) replay(ctx context.Context, tx *Tx, m *member) error {
	if m.call.Key == nil {
		return nil
	}
	var rows []Request
	err := tx.read(ctx, &rows, "SELECT * FROM requests WHERE account = ? AND op = ? AND key_hash = ?", m.call.Account, m.call.Op, m.call.Key)
	if err != nil || len(rows) == 0 {
		return err
	}
	if !bytes.Equal(rows[0].BodyHash, m.call.Body) {
		return fault.Conflict("key_reused")
	}
	e, err := tx.EntryAt(ctx, rows[0].Seq)
	if err != nil {
		return err
	}
	m.receipt = Receipt{Seq: e.Seq, At: e.At, Leaf: ledger.Hash(e.Leaf), ResultID: rows[0].ResultID, Replayed: true}
	return nil
}
