package desk

import (
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// ProofLasts is how long a correct password stands for the holder of the session.
// After that, a browser left open or a stolen token cannot file, decide or approve
// anything.
const ProofLasts = 5 * time.Minute

// ProofDue reports whether the operation would ask the actor for his password.
// Callers without a session have proved themselves otherwise: the program, the demo,
// the command line.
func (d *Desk) ProofDue(who *roster.Actor, op string) bool {
	r, ok := d.routes[op]
	return ok && r.Proof && who != nil && who.Session != "" && d.Store.Now().Sub(who.ProvedAt) >= d.proof
}

// ProofMinutes is how long a proof stands.
func (d *Desk) ProofMinutes() int { return int(d.proof / time.Minute) }

// proved refuses an operation that requires a fresher proof than the session has.
func (d *Desk) proved(who *roster.Actor, r Route) error {
	if !d.ProofDue(who, r.Op) {
		return nil
	}
	return fault.Forbidden("proof_needed", "Minutes", d.ProofMinutes())
}

// ProofTime is how long a proof stands.
func (d *Desk) ProofTime() time.Duration { return d.proof }
