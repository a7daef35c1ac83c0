package engine

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/store/dialect"
)

// The read log is a hash chain beside the ledger. It gets a line for each
// opening of somebody's file, far more often than entries could be written. An
// entry that folds lines names the newest one and, through the chain, all
// before it. Until then this process remembers the newest line it wrote.
const (
	ReadLogKind     = "read_log"
	readLogEncoding = 1

	// VerbRead is the verb of entries that fold lines of the read log.
	VerbRead = "file.read"

	// verbReadsLost is the verb of the entry that names lines written by this
	// process that disappeared or changed before an entry named them.
	verbReadsLost = "ledger.reads_lost"
)

// Unfolded marks a line of the read log that no entry holds yet.
const Unfolded = -1

// ReadHead is the end of the read log: the newest line's number, counted from
// 1, and its chain value. The zero value is an empty log.
type ReadHead struct {
	No    int64
	Chain ledger.Hash
}

func (h ReadHead) line() ledger.After {
	return ledger.After{Kind: ReadLogKind, ID: strconv.FormatInt(h.No, 10), Encoding: readLogEncoding, Digest: h.Chain}
}

// Link computes a line's chain value from the previous one. It covers the whole
// line except the entry that folds it, which is not known yet.
func (r *ReadLog) Link(before ledger.Hash) ledger.Hash {
	return (&bondDigest{}).text("plumbline read log v1", string(before[:])).number(r.No).text(r.ID).moment(r.At).
		text(r.Account, r.Kind, r.ObjectID, r.PersonID, r.Purpose).sum()
}

// Head is the end of the read log at this line.
func (r *ReadLog) Head() (h ReadHead) {
	h.No = r.No
	copy(h.Chain[:], r.Chain) // a chain value of another length matches none
	return h
}

// reads is what this process knows about the read log.
type reads struct {
	turn chan struct{} // held while a line is written; waiting in the database instead would tie up writer connections

	mu   sync.Mutex
	last ReadHead   // newest line that this process wrote
	lost []ReadHead // such lines missing or altered in the log; no entry names them yet
}

func (r *reads) newest() ReadHead {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func (r *reads) wrote(h ReadHead) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = h
}

// miss moves the newest line to the lost ones.
func (r *reads) miss(h ReadHead) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == h {
		r.last, r.lost = ReadHead{}, append(r.lost, h)
	}
}

func (r *reads) missing() []ReadHead {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lost)
}

// recorded drops the lost lines that an entry names.
func (r *reads) recorded(named []ReadHead) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = slices.DeleteFunc(r.lost, func(h ReadHead) bool { return slices.Contains(named, h) })
}

// forget resets what is known, once somebody has decided to accept the database
// as it is.
func (r *reads) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.lost = ReadHead{}, nil
}

// LogReading writes a line of the read log unless may refuses; the line exists
// before the page is sent. It assigns number, chain and time, one line at a
// time across all nodes of the site.
func (s *Store) LogReading(ctx context.Context, line ReadLog, may func(ctx context.Context, v *View) error) error {
	select {
	case s.reads.turn <- struct{}{}:
		defer func() { <-s.reads.turn }()
	case <-ctx.Done():
		return fault.Unavailable("not_started").WithCause(ctx.Err())
	}
	err := s.Scratch(ctx, func(ctx context.Context, sx *ScratchTx) error {
		if err := may(ctx, &sx.View); err != nil {
			return err
		}
		if err := dialect.LockReads(ctx, sx.db, s.dialect); err != nil {
			return err
		}
		before, err := sx.ReadHead(ctx)
		if err != nil {
			return err
		}
		line.ID, line.At, line.EntrySeq, line.No = NewID(), s.Now(), Unfolded, before.No+1
		chain := line.Link(before.Chain)
		line.Chain = chain[:]
		_, err = sx.db.NewInsert().Model(&line).Exec(ctx)
		return err
	})
	if err == nil {
		s.reads.wrote(line.Head())
	}
	return err
}

// ReadHead reads the end of the log and notes whether the newest line that this
// process wrote is still there. It reads what the process knows first, so that
// the snapshot is never older.
func (v *View) ReadHead(ctx context.Context) (now ReadHead, err error) {
	last := v.s.reads.newest()
	if now, err = v.readAt(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("no IS NOT NULL").OrderExpr("no DESC").Limit(1)
	}); err != nil || last.No == 0 || last == now {
		return now, err
	}
	then, err := v.readAt(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("no = ?", last.No) })
	if err == nil && then != last {
		v.s.reads.miss(last)
	}
	return now, err
}

func (v *View) readAt(ctx context.Context, which func(*bun.SelectQuery) *bun.SelectQuery) (ReadHead, error) {
	var rows []ReadLog
	if err := which(v.db.NewSelect().Model(&rows).Column("no", "chain")).Scan(ctx); err != nil || len(rows) == 0 {
		return ReadHead{}, err
	}
	return rows[0].Head(), nil
}

// FoldReading writes an entry about lines of the read log. The entry names the
// current end of the log, and so every line so far; and before it any lines
// that this process wrote and no longer finds.
func (s *Store) FoldReading(ctx context.Context, call Call, fact ledger.Fact) (Receipt, error) {
	var lost []ReadHead
	r, err := s.Update(ctx, call, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
		now, err := tx.ReadHead(ctx)
		if err != nil {
			return nil, "", err
		}
		lost = s.reads.missing()
		named := fact
		for _, h := range lost {
			named.Rows = append(named.Rows, h.line())
		}
		if now.No > 0 {
			named.Rows = append(named.Rows, now.line())
		}
		return []ledger.Fact{named}, fact.ID, nil
	})
	if err == nil && !r.Replayed {
		s.reads.recorded(lost)
	}
	return r, err
}

// MissedReadings returns how many lines written by this process have
// disappeared from the log since the last call. An entry names them, so that
// Verify finds tampering with the log from before an entry named its end.
func (s *Store) MissedReadings(ctx context.Context, call Call) (int, error) {
	if err := s.View(ctx, func(ctx context.Context, v *View) error {
		_, err := v.ReadHead(ctx)
		return err
	}); err != nil {
		return 0, err
	}
	missing := len(s.reads.missing())
	if missing == 0 {
		return 0, nil
	}
	_, err := s.FoldReading(ctx, call, ledger.Fact{Verb: verbReadsLost, Kind: kinds.Ledger, ID: ReadLogKind})
	return missing, err
}

// UnfoldedReadings returns the oldest lines of the read log, before the
// instant, that no ledger entry holds yet.
func (v *View) UnfoldedReadings(ctx context.Context, before time.Time, limit int) ([]ReadLog, error) {
	var rows []ReadLog
	err := v.db.NewSelect().Model(&rows).Where("entry_seq = ?", Unfolded).Where("at < ?", before).OrderExpr("at, id").
		Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// FoldReadings records the entry that holds the lines.
func (sx *ScratchTx) FoldReadings(ctx context.Context, ids []string, seq int64) error {
	_, err := sx.db.NewUpdate().Model((*ReadLog)(nil)).Set("entry_seq = ?", seq).Where("id IN (?)", bun.List(ids)).Exec(ctx)
	return err
}

// Readings returns the openings of a person's file, newest first.
func (v *View) Readings(ctx context.Context, personID string, limit int) ([]ReadLog, error) {
	var rows []ReadLog
	err := v.db.NewSelect().Model(&rows).Where("person_id = ?", personID).OrderExpr("at DESC, id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}
