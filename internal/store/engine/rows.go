package engine

import "time"

// LedgerEntry is a stored entry. Body holds the exact bytes that were hashed;
// the other columns repeat parts of it for queries and are checked against it
// by Verify.
type LedgerEntry struct {
	Seq      int64     `bun:"seq,pk"`
	At       time.Time `bun:"at"`
	Account  string    `bun:"account"`
	Verb     string    `bun:"verb"`
	Kind     string    `bun:"kind"`
	ObjectID string    `bun:"object_id"`
	Body     []byte    `bun:"body"`
	Leaf     []byte    `bun:"leaf"`
}

// LedgerHash is one tree node under its tlog storage index.
type LedgerHash struct {
	Idx  int64  `bun:"idx,pk"`
	Hash []byte `bun:"hash"`
}

// Request is a completed operation, kept to answer a repeated request.
type Request struct {
	Account  string `bun:"account,pk"`
	Op       string `bun:"op,pk"`
	KeyHash  []byte `bun:"key_hash,pk"`
	BodyHash []byte `bun:"body_hash"`
	ResultID string `bun:"result_id"`
	Seq      int64  `bun:"seq"`
}

// Counter is one number of the report.
type Counter struct {
	Section string `bun:"section,pk"`
	UnitID  string `bun:"unit_id,pk"`
	Month   string `bun:"month,pk"`
	Key     string `bun:"key,pk"`
	N       int64  `bun:"n"`
}

// Generation is a number that increases when cached data becomes stale.
type Generation struct {
	Name string `bun:"name,pk"`
	N    int64  `bun:"n"`
}

// Job is long-running work that can be resumed, watched and cancelled.
type Job struct {
	ID         string    `bun:"id,pk"`
	Kind       string    `bun:"kind"`
	State      string    `bun:"state"` // queued, running, stopped, done, failed, cancelled
	UniqueKey  string    `bun:"unique_key"`
	Account    string    `bun:"account"`
	ObjectID   string    `bun:"object_id"`
	Position   int64     `bun:"position"` // rows done
	Total      int64     `bun:"total"`
	Counts     string    `bun:"counts"` // JSON object of exact counts
	Params     string    `bun:"params"` // JSON, holds ids and codes only
	ErrorCode  string    `bun:"error_code"`
	Proof      []byte    `bun:"proof"` // the site key's mark over what it is to do
	Attempts   int64     `bun:"attempts"`
	LeaseUntil time.Time `bun:"lease_until"`
	CreatedAt  time.Time `bun:"created_at"`
	ChangedAt  time.Time `bun:"changed_at"`
}

// ReadLog is one opening of somebody's file.
type ReadLog struct {
	ID       string    `bun:"id,pk"`
	At       time.Time `bun:"at"`
	Account  string    `bun:"account"`
	Kind     string    `bun:"kind"`
	ObjectID string    `bun:"object_id"`
	PersonID string    `bun:"person_id"`
	Purpose  string    `bun:"purpose"`
	EntrySeq int64     `bun:"entry_seq"` // -1 until folded into the ledger
	No       int64     `bun:"no"`        // 1, 2, 3 … without a gap
	Chain    []byte    `bun:"chain"`     // digest over the line and the previous line's chain
}

// Position is how far a consumer of the ledger has read.
type Position struct {
	Name string `bun:"name,pk"`
	Seq  int64  `bun:"seq"`
}

// Site is one fact about this site.
type Site struct {
	Name  string `bun:"name,pk"`
	Value string `bun:"value"`
}
