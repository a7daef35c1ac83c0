package issue

import "plumbline/internal/ledger"

// Taking is one person's file that left the site with its proofs. What left is
// bound by a salted digest; the salt leaves with the file and is not kept, so
// that an erased text cannot be guessed from it.
type Taking struct {
	ledger.Stamp
	PersonID string `bun:"person_id"`
	Purpose  string `bun:"purpose"`  // code, "" where none was asked
	TakenBy  string `bun:"taken_by"` // account
	Own      bool   `bun:"own"`      // by the person himself
	Stated   []byte `bun:"stated"`   // see bundle.Stated
}
