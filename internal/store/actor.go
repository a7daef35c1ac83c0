package store

import (
	"context"
	"strings"

	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// ActorFacts is everything the database knows about an account, now and in the
// past, that decides what its holder may do and see.
type ActorFacts struct {
	Account   roster.Account
	Person    roster.Person // zero for an account without a person
	Grants    []roster.Grant
	Postings  []roster.Posting
	Links     []roster.CommandLink // over any unit
	Relations []roster.Relation
}

// ActorFacts loads what is known about an account.
func (v *View) ActorFacts(ctx context.Context, accountID string) (_ *ActorFacts, err error) {
	defer engine.Doing(&err, "read the authority of account", accountID)
	f := &ActorFacts{}
	account, err := engine.ReadOne[roster.Account](ctx, v.View, "SELECT * FROM accounts WHERE id = ?", accountID)
	if err != nil {
		return nil, err
	}
	f.Account = *account
	if err := v.Read(ctx, &f.Grants, "SELECT * FROM grants WHERE account_id = ? AND state = ?", accountID,
		string(roster.GrantLive)); err != nil {
		return nil, err
	}
	if f.Account.PersonID == "" {
		return f, nil
	}
	person, err := engine.ReadOne[roster.Person](ctx, v.View, "SELECT * FROM people WHERE id = ?", f.Account.PersonID)
	if err != nil {
		return nil, err
	}
	f.Person = *person
	if err := v.Read(ctx, &f.Postings, "SELECT * FROM postings WHERE person_id = ?", f.Person.ID); err != nil {
		return nil, err
	}
	// A relation that the official declared bars the official at once. One
	// declared by somebody else bars only after the challenge is upheld.
	// Relations recorded before challenges existed have none, and stand.
	return f, v.Read(ctx, &f.Relations, "SELECT * FROM relations WHERE (person_id = ? OR other_id = ?)"+isStanding+
		" AND id NOT IN (SELECT c.relation_id FROM challenges AS c WHERE c.official_id = ? AND c.cause = ? AND c.state <> ?)",
		f.Person.ID, f.Person.ID, f.Person.ID, string(recusal.CauseRelation), string(recusal.Upheld))
}

// SuperiorLinks lists the head and in-charge links over any of the units, or
// over the person.
func (v *View) SuperiorLinks(ctx context.Context, units []string, personID string) ([]roster.CommandLink, error) {
	var links []roster.CommandLink
	if len(units) == 0 {
		return nil, nil
	}
	args := []any{string(roster.LinkHead), string(roster.LinkInCharge), personID}
	for _, u := range units {
		args = append(args, u)
	}
	return links, v.Read(ctx, &links, "SELECT * FROM command_links WHERE kind IN (?, ?) AND ((over_person_id = ? AND over_person_id <> '') OR over_unit_id IN (?"+
		strings.Repeat(", ?", len(units)-1)+"))", args...)
}

// Units lists every unit of the site. The tree is built from them.
func (v *View) Units(ctx context.Context) ([]roster.Unit, error) {
	var units []roster.Unit
	err := v.db.NewSelect().Model(&units).Order("tier", "sort_key", "code").Scan(ctx)
	return units, err
}
