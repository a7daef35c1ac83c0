// Package accounts holds who may sign in and as what: accounts and their one-time
// codes, passwords, sessions and tokens, proofs that it is still the same person, and
// the grants of roles.
package accounts

import (
	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
)

// Logins are these operations on the desk of a site.
type Logins struct {
	*desk.Desk
	*approval.Approvals
	proofKey []byte // for the times of proofs
	outside  outsideSessions
}

// New registers what can wait for a second person.
func New(d *desk.Desk, approvals *approval.Approvals) (*Logins, error) {
	key, err := d.Key("proof")
	if err != nil {
		return nil, err
	}
	a := &Logins{Desk: d, Approvals: approvals, proofKey: key}
	a.registerCode()
	return a, nil
}
