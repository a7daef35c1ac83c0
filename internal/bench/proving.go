package bench

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"plumbline/internal/demo"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
	"plumbline/internal/store/rawbench"
)

// proofs is how many proofs are timed.
const proofs = 1000

// entriesOf is how many entries the parts proof and verify stand on.
func entriesOf(size demo.Size) int {
	if size == demo.Small {
		return 20_000
	}
	return 1_000_000
}

// proving makes a ledger of many true entries and measures one proof and the
// verification of everything.
func proving(ctx context.Context, o Options, file string, want func(string) bool) (figures []Figure, err error) {
	n := entriesOf(o.Size)
	s, err := open(ctx, file, o.Size, true)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	err = rawbench.Entries(ctx, s.store, n, func(done, total int) {
		if done%(total/10) == 0 {
			o.Tell("entries: %d of %d after %.0f s\n", done, total, time.Since(began).Seconds())
		}
	})
	if err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	if s, err = reopen(ctx, s); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	if want("proof") {
		f, err := s.proof(ctx)
		if err != nil {
			return figures, err
		}
		figures = append(figures, f)
	}
	if want("verify") {
		f, err := s.verify(ctx, o)
		if err != nil {
			return figures, err
		}
		figures = append(figures, f)
	}
	return figures, nil
}

// proof times reading an entry, proving it in the whole tree and checking the
// proof, and beside it reading as many nodes of the tree with one query.
func (s *site) proof(ctx context.Context) (f Figure, err error) {
	var size int64
	var root ledger.Hash
	var steps int
	times := make([]time.Duration, proofs)
	for i := range times {
		began := time.Now()
		err := s.store.View(ctx, func(ctx context.Context, v *store.View) error {
			if size == 0 { // the head is read by whoever signs, not for each proof
				if size, root, err = v.Head(ctx); err != nil {
					return err
				}
			}
			e, err := v.EntryAt(ctx, scattered(int64(i), size))
			if err != nil {
				return err
			}
			path, err := v.Proof(ctx, size, e.Seq)
			if err != nil {
				return err
			}
			steps = len(path)
			return ledger.CheckInclusion(path, size, root, e.Seq, ledger.Hash(e.Leaf))
		})
		if err != nil {
			return f, err
		}
		times[i] = time.Since(began)
	}
	slices.Sort(times)
	bare, err := bareProof(ctx, s.dsn, steps)
	if err != nil {
		return f, err
	}
	return Figure{Name: fmt.Sprintf("proof for one of %d entries, made and checked, %s", size, s.store.Dialect()),
		Measured: fmt.Sprintf("p50 %s, p99 %s", millis3(times[proofs/2]), millis3(times[proofs*99/100])),
		Baseline: millis3(bare), Ratio: fmt.Sprintf("%.1f x", float64(times[proofs/2])/float64(bare)), Goal: "under 5 ms",
		Note: fmt.Sprintf("baseline: one query of an entry, and one of %d nodes", steps)}, nil
}

// scattered is a number below n; running i lie far from each other.
func scattered(i, n int64) int64 { return i * 2_654_435_761 % n }

func millis3(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

// bareProof reads one entry and as many nodes as a proof has, anywhere.
func bareProof(ctx context.Context, file string, nodes int) (took time.Duration, err error) {
	db, err := bareReader(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var most int64
	if err := db.QueryRowContext(ctx, "SELECT MAX(idx) FROM ledger_hashes").Scan(&most); err != nil {
		return 0, err
	}
	text := "SELECT idx, hash FROM ledger_hashes WHERE idx IN ($1"
	for i := range nodes - 1 {
		text += fmt.Sprintf(",$%d", i+2)
	}
	n := int64(0)
	return median(proofs, func() error {
		n++
		var body, leaf []byte
		if err := db.QueryRowContext(ctx, "SELECT body, leaf FROM ledger_entries WHERE seq = $1", scattered(n, most/2)).Scan(&body,
			&leaf); err != nil {
			return err
		}
		args := make([]any, nodes)
		for i := range args {
			args[i] = scattered(n*int64(nodes)+int64(i), most)
		}
		rows, err := db.QueryContext(ctx, text+")", args...)
		if err != nil {
			return err
		}
		var idx int64
		var hash []byte
		for rows.Next() {
			if err := rows.Scan(&idx, &hash); err != nil {
				return errors.Join(err, rows.Close())
			}
		}
		return errors.Join(rows.Err(), rows.Close())
	})
}

// verify times the verification of the whole site, and beside it reading and
// hashing the entries alone.
func (s *site) verify(ctx context.Context, o Options) (f Figure, err error) {
	began := time.Now()
	told := int64(-1)
	verdict, err := s.store.Verify(ctx, func(done, total int64) {
		if tenth := done * 10 / max(total, 1); tenth != told {
			told = tenth
			o.Tell("verifying: %d %% after %.0f s\n", tenth*10, time.Since(began).Seconds())
		}
	})
	if err != nil {
		return f, err
	}
	took := time.Since(began)
	if !verdict.OK() {
		return f, fmt.Errorf("the ledger of the bench does not verify: %v", verdict.Findings[0])
	}
	bare, err := bareHashing(ctx, s.dsn)
	if err != nil {
		return f, err
	}
	return Figure{Name: fmt.Sprintf("verify %d entries and the %d issues that they name, %s", verdict.Entries, verdict.Rows["issue"],
		s.store.Dialect()),
		Measured: fmt.Sprintf("%.1f s", took.Seconds()), Baseline: fmt.Sprintf("%.1f s", bare.Seconds()),
		Ratio: fmt.Sprintf("%.1f x", float64(took)/float64(bare)), Goal: "under 60 s for 1,000,000", Note: "baseline: every entry read and hashed, nothing compared"}, nil
}

func bareHashing(ctx context.Context, file string) (took time.Duration, err error) {
	db, err := bareReader(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	began := time.Now()
	rows, err := db.QueryContext(ctx, "SELECT body FROM ledger_entries ORDER BY seq")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var body sql.RawBytes
	h := sha256.New()
	for rows.Next() {
		if err := rows.Scan(&body); err != nil {
			return 0, err
		}
		_, _ = h.Write(body) // never fails
	}
	return time.Since(began), rows.Err()
}
