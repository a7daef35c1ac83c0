package store

import "context"

// Verify recomputes the ledger and everything that it vouches for; see package
// verify. progress may be nil.
func (s *Store) Verify(ctx context.Context, progress func(done, total int64)) (*Verdict, error) {
	return Run(ctx, s, Evidence{}, progress)
}

// VerifyAgainst is Verify with evidence from outside.
func (s *Store) VerifyAgainst(ctx context.Context, ev Evidence, progress func(done, total int64)) (*Verdict, error) {
	return Run(ctx, s, ev, progress)
}
