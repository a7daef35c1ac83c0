package recusal

import (
	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// Decide upholds or denies a challenge. The third person is neither of the two
// nor the one who filed it.
func (c *Challenge) Decide(by string, uphold bool, today roster.Date) error {
	if err := c.open(); err != nil {
		return err
	}
	switch by {
	case "":
		return fault.Invalid("person_unknown", "person")
	case c.FiledBy:
		return fault.Forbidden("guard_same_person")
	case c.PersonID, c.OfficialID:
		return fault.Forbidden("challenge_third")
	}
	c.State, c.DecidedBy, c.DecidedOn = Denied, by, today
	if uphold {
		c.State = Upheld
	}
	return nil
}

// Withdraw takes a challenge back; only the one who filed it may.
func (c *Challenge) Withdraw(by string, today roster.Date) error {
	if by == "" || by != c.FiledBy {
		return fault.NotFound()
	}
	if err := c.open(); err != nil {
		return err
	}
	c.State, c.DecidedOn = Withdrawn, today
	return nil
}

func (c *Challenge) open() error {
	if c.State != Filed {
		return fault.Conflict("challenge_settled")
	}
	return nil
}

// DecideUnit is where a challenge is decided: one tier above the official, and
// no lower than the tier that decides about the person. above is the chain of
// units from the official's highest one up, nearest first.
func DecideUnit(tree *roster.Tree, top string, subjectTier int) string {
	unit := top
	if up := tree.Parent(unit); up != "" {
		unit = up
	}
	for tree.Tier(unit) > subjectTier {
		up := tree.Parent(unit)
		if up == "" {
			break
		}
		unit = up
	}
	return unit
}
