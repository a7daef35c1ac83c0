package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/store/dialect"
)

// errGroupEnded means that the whole transaction was lost before COMMIT.
var errGroupEnded = errors.New("the group's transaction ended")

// errHalfWritten means that a member failed after it had written, in a group that
// has no savepoint to take it back to.
var errHalfWritten = errors.New("a member without a savepoint failed after it had written")

// transaction is one group in progress.
type transaction struct {
	s     *Store
	tx    bun.Tx
	began time.Time
	head  headState
	now   time.Time // shared by every entry of the group
	tree  *Placement

	savepoints bool // each member has one
	hopeful    bool // no member has one, though there are several

	survived []*member // members whose writes count, in order
}

// ended wraps an error that lost the transaction before COMMIT.
func ended(doing string, err error) error {
	return fmt.Errorf("%s: %w: %w", doing, errGroupEnded, err)
}

// commit runs members, appends their entries and commits once. On success the
// first n members have been answered and the rest have not been started; on
// error none has been answered.
//
// A SQLite savepoint copies every page that its member touches, and nearly every
// member that fails does so before it writes. So SQLite runs a group without
// savepoints first, and again with them if a member failed halfway.
func (s *Store) commit(group []*member) (n int, err error) {
	if s.dialect == dialect.SQLite && len(group) > 1 {
		if n, err = s.commitOnce(group, false); !errors.Is(err, errHalfWritten) {
			return n, err
		}
	}
	return s.commitOnce(group, len(group) > 1)
}

func (s *Store) commitOnce(group []*member, savepoints bool) (n int, err error) {
	// Client contexts never reach this transaction.
	ctx, cancel := context.WithTimeout(context.Background(), groupDeadline)
	defer cancel()
	t, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	t.savepoints, t.hopeful = savepoints, !savepoints && len(group) > 1
	committed := false
	defer func() {
		if !committed {
			s.tree.Store(nil) // it may be that of a member now undone
			t.tx.Rollback()
		}
	}()
	results, err := t.runAll(ctx, group)
	if err != nil {
		return 0, err
	}
	group = group[:len(results)]
	edge, newest, err := t.append(ctx)
	if err != nil {
		return 0, err
	}
	finish := t.tx.Commit
	if len(t.survived) == 0 {
		finish = t.tx.Rollback // undoes what a lone member wrote before it failed
	}
	committed = true // from here on, a failure leaves the outcome unknown
	if err := finish(); err != nil {
		s.inDoubt(ctx, group, err)
		return len(group), nil
	}
	s.edge, s.newest, s.headTime = edge, newest, t.head.at
	if len(t.survived) > 0 {
		s.headTime = t.now
	}
	s.acknowledge(edge)
	t.answer(group, results)
	return len(group), nil
}

// begin opens a group's transaction, takes the ledger lock and reads the state
// that the group builds on.
func (s *Store) begin(ctx context.Context) (_ *transaction, err error) {
	t := &transaction{s: s, began: s.clock()}
	if t.tx, err = s.writer.BeginTx(ctx, nil); err != nil {
		return nil, ended("begin", err)
	}
	defer func() {
		if err != nil {
			t.tx.Rollback()
		}
	}()
	if err := dialect.Lock(ctx, t.tx, s.dialect); err != nil {
		return nil, ended("lock", err)
	}
	if t.head, err = s.head(ctx, t.tx); err != nil {
		return nil, ended("read head", err)
	}
	if t.now = s.Now(); t.now.Before(t.head.at) {
		t.now = t.head.at
	}
	if t.tree, err = s.Placement(ctx, t.tx); err != nil {
		return nil, ended("read tree", err)
	}
	return t, nil
}

// runAll runs members one by one until the group's time is up, and returns an
// outcome for each one started.
func (t *transaction) runAll(ctx context.Context, group []*member) ([]outcome, error) {
	results := make([]outcome, 0, len(group))
	done := make(map[string]*member) // requests of this group, not in their table yet
	_, admits := t.s.limits()
	for i, m := range group {
		if i > 0 && t.s.clock().Sub(t.began) > admits {
			break
		}
		var result outcome
		if m.twin = done[m.request()]; m.twin == nil {
			var err error
			if result, err = t.run(ctx, m); err != nil {
				return nil, err
			}
		} else if !bytes.Equal(m.twin.call.Body, m.call.Body) {
			result.err, m.twin = fault.Conflict("key_reused"), nil
		}
		results = append(results, result)
		if m.call.Key != nil && len(t.survived) > 0 && t.survived[len(t.survived)-1] == m {
			done[m.request()] = m
		}
	}
	return results, nil
}

// run runs one member. Its outcome is final only if the member failed: the
// receipts of the survivors do not exist yet.
func (t *transaction) run(ctx context.Context, m *member) (result outcome, err error) {
	tx := &Tx{View: View{db: t.tx, s: t.s, raw: &t.tx, placed: t.tree}, now: t.now, tree: t.tree, Journal: &Journal{}}
	var before int64
	if t.hopeful {
		if before, err = tx.changes(ctx); err != nil {
			return result, ended("count changes", err)
		}
	}
	memberErr, lost := t.s.runMember(ctx, t.tx, tx, m, t.savepoints)
	switch {
	case lost != nil:
		return result, ended("member", lost)
	case memberErr != nil:
		if t.hopeful {
			if now, err := tx.changes(ctx); err != nil {
				return result, ended("count changes", err)
			} else if now != before {
				return result, errHalfWritten
			}
		}
		return outcome{err: memberErr}, nil
	case m.receipt.Replayed:
		return outcome{receipt: m.receipt}, nil
	}
	if tx.treeChanged {
		t.s.tree.Store(nil)
		if t.tree, err = t.s.Placement(ctx, t.tx); err != nil {
			return result, ended("read tree", err)
		}
	}
	if m.journal.keep {
		m.slip = m.journal.packAhead()
	}
	t.survived = append(t.survived, m)
	return result, nil
}

// append adds the survivors' entries and returns the new edge of the tree and
// its newest leaf.
func (t *transaction) append(ctx context.Context) (edge *ledger.Edge, newest ledger.Hash, err error) {
	edge, newest = t.head.edge, t.head.leaf
	if len(t.survived) == 0 {
		return edge, newest, nil
	}
	edge = edge.Clone()
	last, err := t.s.append(ctx, t.tx, edge, t.tree, t.now, t.survived)
	if err != nil {
		return nil, newest, ended("append", err)
	}
	if edge.Size() > t.head.edge.Size() { // quiet members add no entry
		newest = last
	}
	return edge, newest, nil
}

// inDoubt answers a group whose COMMIT failed, so that its outcome is unknown.
func (s *Store) inDoubt(ctx context.Context, group []*member, err error) {
	s.edge = nil
	s.tree.Store(nil)
	s.breakOn(err)
	if s.dialect == dialect.SQLite { // database/sql considers the transaction over; SQLite may not
		_, _ = s.writer.ExecContext(ctx, "ROLLBACK") // fails if no transaction is open
	}
	for _, m := range group {
		m.done <- outcome{err: fault.Unavailable("outcome_unknown").WithCause(err)}
	}
}

// answer sends every member its outcome after the commit.
func (t *transaction) answer(group []*member, results []outcome) {
	next := 0
	for i, m := range group {
		if next < len(t.survived) && t.survived[next] == m {
			results[i].receipt = m.receipt
			next++
		}
		if m.twin != nil {
			results[i].receipt = m.twin.receipt
			results[i].receipt.Replayed = true
		}
		m.done <- results[i]
	}
}

// runMember runs one closure, under a savepoint of its own if it is to have one.
// lost is set when the transaction is gone.
func (s *Store) runMember(ctx context.Context, btx bun.Tx, tx *Tx, m *member, savepoint bool) (memberErr, lost error) {
	if savepoint {
		if _, err := s.run(ctx, btx, "SAVEPOINT member", nil); err != nil {
			return nil, err
		}
	}
	m.facts, m.resultID, m.receipt, m.journal, m.slip = nil, "", Receipt{}, tx.Journal, nil
	err := s.replay(ctx, tx, m)
	if err == nil && !m.receipt.Replayed {
		err = call(ctx, tx, m)
	}
	if err == nil && !m.receipt.Replayed && len(m.facts) == 0 && !m.quiet {
		err = fmt.Errorf("operation %s wrote without a ledger fact", m.call.Op)
	}
	if err == nil && !m.receipt.Replayed && m.call.Key != nil && !m.namesResult() {
		err = fmt.Errorf("operation %s answers with an id that none of its facts name: verify could not check it", m.call.Op)
	}
	if err != nil {
		if dialect.Classify(err) == dialect.FailEnded {
			return nil, err
		}
		if tx.treeChanged {
			s.tree.Store(nil)
		}
		if !savepoint {
			return err, nil
		}
		if _, rollbackErr := btx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT member"); rollbackErr != nil {
			return nil, errors.Join(err, rollbackErr)
		}
	}
	if !savepoint {
		return nil, nil
	}
	if _, releaseErr := s.run(ctx, btx, "RELEASE SAVEPOINT member", nil); releaseErr != nil {
		return nil, releaseErr
	}
	return err, nil
}

// changes counts the rows that this SQLite connection has ever inserted, updated
// or deleted.
func (tx *Tx) changes(ctx context.Context) (int64, error) {
	var rows []struct {
		N int64 `bun:"n"`
	}
	if err := tx.Read(ctx, &rows, "SELECT total_changes() AS n"); err != nil {
		return 0, err
	}
	return rows[0].N, nil
}

// namesResult reports whether the write's entries name the id it returns, both
// now and on replay.
func (m *member) namesResult() bool {
	named := func(lines []ledger.After) bool {
		return slices.ContainsFunc(lines, func(a ledger.After) bool { return a.ID == m.resultID })
	}
	return m.resultID == "" || named(m.journal.after) || named(m.journal.bonds) ||
		slices.ContainsFunc(m.facts, func(f ledger.Fact) bool { return f.ID == m.resultID || named(f.Rows) })
}

// call runs the closure and turns a panic into an internal error of this
// member.
func call(ctx context.Context, tx *Tx, m *member) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in %s: %v\n%s", m.call.Op, r, debug.Stack())
		}
	}()
	m.facts, m.resultID, err = m.fn(ctx, tx)
	return err
}

// replay looks up an earlier request with the same key. The same key with a
// different body is a conflict.
func (s *Store) replay(ctx context.Context, tx *Tx, m *member) error {
	if m.call.Key == nil {
		return nil
	}
	var rows []Request
	err := tx.Read(ctx, &rows, "SELECT * FROM requests WHERE account = ? AND op = ? AND key_hash = ?", m.call.Account,
		m.call.Op, m.call.Key)
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
