package page

import (
	"context"
	"strings"
	"time"

	"plumbline/internal/roster"
	"plumbline/internal/web/ui"
)

// Site is what the frame asks of the application.
type Site interface {
	// Admit refuses whoever holds no role for the operation.
	Admit(who *roster.Actor, op string) error
	// Receive reserves room for a body of n bytes until done is called.
	Receive(ctx context.Context, who *roster.Actor, n int64) (done func(), err error)
	// ProofDue reports whether the operation would ask for the password.
	ProofDue(who *roster.Actor, op string) bool
	// ProofMinutes is how long a password stands.
	ProofMinutes() int
	// Prove checks the password that was typed on the device.
	Prove(ctx context.Context, who *roster.Actor, password, device string) error
	// Units lists where the actor may perform the operation, parents first.
	Units(ctx context.Context, who *roster.Actor, op string) ([]Unit, error)
	Frozen() bool // writing has stopped
	DiskFull() bool
	Now() time.Time
	Zone() *time.Location
}

// Unit is one that a form offers.
type Unit struct {
	ID, Name string
	Tier     int
}

// UnitOptions offers the units at which the caller may perform the operation, indented
// by tier, after an empty first choice.
func (c *Call) UnitOptions(op, emptyKey string) ([]ui.Option, error) {
	units, err := c.frame.Site.Units(c.Context(), c.Actor, op)
	if err != nil {
		return nil, err
	}
	options := []ui.Option{{Text: c.T(emptyKey)}}
	for _, u := range units {
		options = append(options, ui.Option{Value: u.ID, Text: strings.Repeat("\u3000", max(0, u.Tier-1)) + u.Name})
	}
	return options, nil
}

// When formats an instant in the site's zone, to the minute.
func (c *Call) When(t time.Time) string { return t.In(c.frame.Site.Zone()).Format("2006-01-02 15:04") }

// Clock formats an instant as When does, and one that has not come as nothing.
func (c *Call) Clock(t *time.Time) string {
	if t == nil {
		return ""
	}
	return c.When(*t)
}
