package inquiry

import "plumbline/internal/ledger"

// CaseTaking is one case that left the site with its proofs. What left is bound
// by a salted digest; the salt leaves with the file and is not kept, so that an
// erased text cannot be guessed from it.
type CaseTaking struct {
	ledger.Stamp
	CaseID  string `bun:"case_id"`
	Purpose string `bun:"purpose"`  // code, "" where none was asked
	TakenBy string `bun:"taken_by"` // account
	Stated  []byte `bun:"stated"`   // see bundle.Stated
}
