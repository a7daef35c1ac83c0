package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
)

// ErrNone reports that no row matched.
var ErrNone = sql.ErrNoRows

// LedgerCheckpoint is a tree head with the note that the log's own keys signed.
type LedgerCheckpoint struct {
	Size int64     `bun:"size,pk"`
	At   time.Time `bun:"at"`
	Root []byte    `bun:"root"`
	Note string    `bun:"note"` // signed note, without the witnesses' lines
}

// LedgerCosignature is one witness's signature line under a checkpoint.
type LedgerCosignature struct {
	Size    int64     `bun:"size,pk"`
	Witness string    `bun:"witness,pk"`
	At      time.Time `bun:"at"` // as stated by the witness
	Line    string    `bun:"line"`
}

// LedgerKey is a verifier key that has signed for this log.
type LedgerKey struct {
	VKey string    `bun:"vkey,pk"`
	At   time.Time `bun:"at"`
}

// Proof returns the inclusion proof of an entry in the tree of the given size.
func (v *View) Proof(ctx context.Context, size, seq int64) ([]ledger.Hash, error) {
	return ledger.Prove(size, seq, v.hashes(ctx))
}

// Consistency proves that the tree of size newer extends the tree of size
// older.
func (v *View) Consistency(ctx context.Context, older, newer int64) ([]ledger.Hash, error) {
	return ledger.ProveConsistency(older, newer, v.hashes(ctx))
}

// hashes reads tree nodes, one query per call.
func (v *View) hashes(ctx context.Context) func([]int64) ([]ledger.Hash, error) {
	return func(indexes []int64) ([]ledger.Hash, error) {
		nodes, err := readHashes(ctx, v.db, indexes)
		if err != nil {
			return nil, err
		}
		out := make([]ledger.Hash, len(indexes))
		for i, x := range indexes {
			h, ok := nodes[x]
			if !ok {
				return nil, fmt.Errorf("node %d of the tree is missing", x)
			}
			out[i] = h
		}
		return out, nil
	}
}

// holding excludes checkpoints over lost entries: somebody thawed writing from
// a smaller tree, and other entries now occupy those sequence numbers.
const holding = "NOT EXISTS (SELECT 1 FROM thaws WHERE thaws.found_size < size AND thaws.created_at >= at)"

// LastCheckpoint returns the largest checkpoint, or ErrNone before the first.
func (v *View) LastCheckpoint(ctx context.Context) (*LedgerCheckpoint, error) {
	c := &LedgerCheckpoint{}
	return c, v.db.NewSelect().Model(c).Where(holding).OrderExpr("size DESC").Limit(1).Scan(ctx)
}

// CheckpointFor returns the smallest checkpoint that covers the entry, or
// ErrNone while the entry is not yet signed.
func (v *View) CheckpointFor(ctx context.Context, seq int64) (*LedgerCheckpoint, error) {
	c := &LedgerCheckpoint{}
	return c, v.db.NewSelect().Model(c).Where("size > ?", seq).Where(holding).OrderExpr("size").Limit(1).Scan(ctx)
}

// WitnessedFor returns the smallest checkpoint that covers the entry and
// carries at least quorum cosignatures, or ErrNone while there is none.
func (v *View) WitnessedFor(ctx context.Context, seq int64, quorum int) (*LedgerCheckpoint, error) {
	c := &LedgerCheckpoint{}
	return c, v.db.NewSelect().Model(c).
		Where("size = (SELECT size FROM ledger_cosignatures WHERE size > ? GROUP BY size HAVING count(*) >= ? ORDER BY size LIMIT "+
			"1)", seq, max(quorum, 1)).
		Where(holding).Scan(ctx)
}

// LastWitnessed returns the largest checkpoint with at least quorum
// cosignatures, or ErrNone while there is none.
func (v *View) LastWitnessed(ctx context.Context, quorum int) (*LedgerCheckpoint, error) {
	c := &LedgerCheckpoint{}
	return c, v.db.NewSelect().Model(c).
		Where("size = (SELECT size FROM ledger_cosignatures GROUP BY size HAVING count(*) >= ? ORDER BY size DESC LIMIT 1)",
			max(quorum, 1)).
		Scan(ctx)
}

// CheckpointAt returns the checkpoint of exactly that size.
func (v *View) CheckpointAt(ctx context.Context, size int64) (*LedgerCheckpoint, error) {
	c := &LedgerCheckpoint{}
	return c, v.db.NewSelect().Model(c).Where("size = ?", size).Scan(ctx)
}

// Checkpoints lists checkpoints of at least that size, smallest first.
func (v *View) Checkpoints(ctx context.Context, from int64, limit int) ([]LedgerCheckpoint, error) {
	var rows []LedgerCheckpoint
	err := v.db.NewSelect().Model(&rows).Where("size >= ?", from).OrderExpr("size").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// CheckpointsBefore lists checkpoints below that size, largest first. 0 starts
// from the last.
func (v *View) CheckpointsBefore(ctx context.Context, before int64, limit int) ([]LedgerCheckpoint, error) {
	var rows []LedgerCheckpoint
	q := v.db.NewSelect().Model(&rows).OrderExpr("size DESC").Limit(int64(limit))
	if before > 0 {
		q = q.Where("size < ?", before)
	}
	return rows, q.Scan(ctx)
}

// Cosignatures lists the witnesses' lines under the checkpoint of that size.
func (v *View) Cosignatures(ctx context.Context, size int64) ([]LedgerCosignature, error) {
	var rows []LedgerCosignature
	err := v.db.NewSelect().Model(&rows).Where("size = ?", size).OrderExpr("witness").Scan(ctx)
	return rows, err
}

// SignedNote returns the checkpoint's note with all witness lines collected so
// far.
func (v *View) SignedNote(ctx context.Context, c *LedgerCheckpoint) ([]byte, error) {
	lines, err := v.Cosignatures(ctx, c.Size)
	if err != nil {
		return nil, err
	}
	note := []byte(c.Note)
	for _, l := range lines {
		note = append(note, l.Line...)
	}
	return note, nil
}

// LedgerKeys lists the verifier keys that have signed, in order of first use.
func (v *View) LedgerKeys(ctx context.Context) ([]LedgerKey, error) {
	var rows []LedgerKey
	err := v.db.NewSelect().Model(&rows).OrderExpr("at, vkey").Scan(ctx)
	return rows, err
}

// SaveCheckpoint stores a signed checkpoint and the keys that signed it. Saving
// the same size and root again is a no-op; a different root for the same size
// is a conflict, and the stored one stays.
func (s *Store) SaveCheckpoint(ctx context.Context, c LedgerCheckpoint, vkeys ...string) (err error) {
	defer Doing(&err, "save the checkpoint of size", strconv.FormatInt(c.Size, 10))
	return s.quietly(ctx, "ledger.checkpoint", func(ctx context.Context, tx *Tx) error {
		var there []LedgerCheckpoint
		if err := tx.db.NewSelect().Model(&there).Where("size = ?", c.Size).Scan(ctx); err != nil {
			return err
		}
		if len(there) > 0 {
			if bytes.Equal(there[0].Root, c.Root) {
				return nil
			}
			lost, err := tx.db.NewSelect().Model((*LedgerCheckpoint)(nil)).Where("size = ?", c.Size).Where("NOT " + holding).Count(ctx)
			if err != nil || lost > 0 { // a lost checkpoint holds this size; the next head has its own
				return err
			}
			return fault.Conflict("checkpoint_differs")
		}
		if _, err := tx.db.NewInsert().Model(&c).Exec(ctx); err != nil {
			return err
		}
		for _, k := range vkeys {
			n, err := tx.db.NewSelect().Model((*LedgerKey)(nil)).Where("vkey = ?", k).Count(ctx)
			if err != nil {
				return err
			}
			if n > 0 {
				continue
			}
			if _, err := tx.db.NewInsert().Model(&LedgerKey{VKey: k, At: tx.now}).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// SaveCosignature stores a witness's line, which the caller has verified. A
// second line from the same witness under the same checkpoint is ignored.
func (s *Store) SaveCosignature(ctx context.Context, c LedgerCosignature) error {
	return s.quietly(ctx, "ledger.cosignature", func(ctx context.Context, tx *Tx) error {
		n, err := tx.db.NewSelect().Model((*LedgerCosignature)(nil)).Where("size = ? AND witness = ?", c.Size, c.Witness).Count(ctx)
		if err != nil || n > 0 {
			return err
		}
		_, err = tx.db.NewInsert().Model(&c).Exec(ctx)
		return err
	})
}

// quietly writes in a group with other members but adds no entry. Writes about
// the ledger itself would otherwise trigger further entries without end.
func (s *Store) quietly(ctx context.Context, op string, fn func(ctx context.Context, tx *Tx) error) error {
	_, err := s.queueUp(ctx, &member{call: Call{Op: op}, quiet: true, done: make(chan outcome, 1),
		fn: func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) { return nil, "", fn(ctx, tx) }})
	return err
}

// LastThaw returns when somebody last thawed writing from another tree, or the
// zero time if never.
func (v *View) LastThaw(ctx context.Context) (time.Time, error) {
	var rows []ledger.Thaw
	err := v.db.NewSelect().Model(&rows).OrderExpr("created_at DESC").Limit(1).Scan(ctx)
	if err != nil || len(rows) == 0 {
		return time.Time{}, err
	}
	return rows[0].CreatedAt.UTC(), nil
}

// CheckpointKind is the kind under which entries name stored checkpoints.
const CheckpointKind = "checkpoint"

const noteLabel = "plumbline checkpoint v1\n"

// noteEncoding is how entries digest notes: there has been one way.
const noteEncoding = 1

// NoteDigest is the digest by which an entry names a checkpoint.
func NoteDigest(note string) ledger.Hash { return sha256.Sum256([]byte(noteLabel + note)) }

// The verb and object of the entries that name checkpoints.
const (
	verbAnchor   = "ledger.anchor"
	objectAnchor = "checkpoints"
)

// anchorMost is the most checkpoints that one entry names.
const anchorMost = 256

// AnchorCheckpoints adds an entry naming the checkpoints saved since the last
// such entry, once there are at least least of them. From then on none can be
// deleted or replaced without contradicting the tree. Naming many in one entry
// keeps an idle ledger from growing by its own checkpoints.
func (s *Store) AnchorCheckpoints(ctx context.Context, call Call, least int) (_ Receipt, err error) {
	defer Doing(&err, "anchor checkpoints", "")
	r, err := s.Update(ctx, call, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
		after, err := tx.anchoredUpTo(ctx)
		if err != nil {
			return nil, "", err
		}
		var rows []LedgerCheckpoint
		if err := tx.db.NewSelect().Model(&rows).Where("size > ?", after).OrderExpr("size").Limit(anchorMost).Scan(ctx); err != nil {
			return nil, "", err
		}
		if len(rows) < max(least, 1) {
			return nil, "", ErrUnchanged
		}
		fact := ledger.Fact{Verb: verbAnchor, Kind: kinds.Ledger, ID: objectAnchor}
		for _, r := range rows {
			fact.Rows = append(fact.Rows, ledger.After{Kind: CheckpointKind, ID: strconv.FormatInt(r.Size, 10),
				Encoding: noteEncoding, Digest: NoteDigest(r.Note)})
		}
		return []ledger.Fact{fact}, objectAnchor, nil
	})
	if errors.Is(err, ErrUnchanged) {
		return Receipt{}, nil
	}
	return r, err
}

// anchoredUpTo returns the size of the largest checkpoint that an entry names,
// or -1 if none.
func (v *View) anchoredUpTo(ctx context.Context) (int64, error) {
	var rows []LedgerEntry
	err := v.db.NewSelect().Model(&rows).Where("object_id = ?", objectAnchor).OrderExpr("seq DESC").Limit(1).Scan(ctx)
	if err != nil || len(rows) == 0 {
		return -1, err
	}
	e, err := ledger.ParseEntry(rows[0].Body)
	if err != nil || len(e.After) == 0 {
		return -1, fmt.Errorf("entry %d names no checkpoints: %w", rows[0].Seq, err)
	}
	return strconv.ParseInt(e.After[len(e.After)-1].ID, 10, 64)
}
