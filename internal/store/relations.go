package store

import (
	"context"

	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
)

// RelationsOf lists the relations that a person declared, newest first. both
// adds those that others declared about the person.
func (v *View) RelationsOf(ctx context.Context, personID string, both bool) ([]roster.Relation, error) {
	rows := []roster.Relation{}
	if personID == "" {
		return rows, nil
	}
	q := v.db.NewSelect().Model(&rows).Where("person_id = ?", personID)
	if both {
		q = q.WhereOr("other_id = ?", personID)
	}
	return rows, q.Order("id DESC").Limit(200).Scan(ctx)
}

// Relation reads one relation. The caller judges its people.
func (v *View) Relation(ctx context.Context, id string) (*roster.Relation, error) {
	r := new(roster.Relation)
	return r, v.db.NewSelect().Model(r).Where("id = ?", id).Scan(ctx)
}

// PartiesOf lists the parties to an issue or case, for rules and for those who
// may record parties.
func (v *View) PartiesOf(ctx context.Context, objectID string) ([]inquiry.Party, error) {
	var rows []inquiry.Party
	return rows, v.db.NewSelect().Model(&rows).Where("object_id = ?", objectID).Order("id").Scan(ctx)
}
