package store

import (
	"context"

	"github.com/uptrace/bun"

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
	if err := v.db.NewSelect().Model(&f.Account).Where("id = ?", accountID).Scan(ctx); err != nil {
		return nil, err
	}
	if err := v.db.NewSelect().Model(&f.Grants).Where("account_id = ? AND state = ?", accountID, roster.GrantLive).Scan(ctx); err != nil {
		return nil, err
	}
	if f.Account.PersonID == "" {
		return f, nil
	}
	if err := v.db.NewSelect().Model(&f.Person).Where("id = ?", f.Account.PersonID).Scan(ctx); err != nil {
		return nil, err
	}
	if err := v.db.NewSelect().Model(&f.Postings).Where("person_id = ?", f.Person.ID).Scan(ctx); err != nil {
		return nil, err
	}
	// A relation that the official declared bars the official at once. One
	// declared by somebody else bars only after the challenge is upheld.
	// Relations recorded before challenges existed have none, and stand.
	pending := v.db.NewSelect().TableExpr("challenges AS c").ColumnExpr("c.relation_id").
		Where("c.official_id = ? AND c.cause = ? AND c.state <> ?", f.Person.ID, recusal.CauseRelation, recusal.Upheld)
	if err := standing(v.db.NewSelect().Model(&f.Relations).Where("(person_id = ? OR other_id = ?)", f.Person.ID,
		f.Person.ID)).Where("id NOT IN (?)", pending).Scan(ctx); err != nil {
		return nil, err
	}
	return f, nil
}

// SuperiorLinks lists the head and in-charge links over any of the units, or
// over the person.
func (v *View) SuperiorLinks(ctx context.Context, units []string, personID string) ([]roster.CommandLink, error) {
	var links []roster.CommandLink
	if len(units) == 0 {
		return nil, nil
	}
	err := v.db.NewSelect().Model(&links).
		Where("kind IN (?)", bun.List([]roster.LinkKind{roster.LinkHead, roster.LinkInCharge})).
		Where("(over_unit_id IN (?) OR over_person_id = ?)", bun.List(units), personID).Scan(ctx)
	return links, err
}

// Units lists every unit of the site. The tree is built from them.
func (v *View) Units(ctx context.Context) ([]roster.Unit, error) {
	var units []roster.Unit
	err := v.db.NewSelect().Model(&units).Order("tier", "sort_key", "code").Scan(ctx)
	return units, err
}
