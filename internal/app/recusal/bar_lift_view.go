package recusal

import (
	"context"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// showRelation names the two people whom the relation bars from each other's
// matters.
func (a *Recusal) showRelation(ctx context.Context, v *store.View, who *roster.Actor, p *consent.Proposal,
	_ []byte) ([]approval.ProposalLine, error) {
	r, err := v.Relation(ctx, p.ObjectID)
	if err != nil {
		return nil, err
	}
	n, err := a.Names(ctx, v, who, []string{r.PersonID, r.OtherID}, nil)
	if err != nil {
		return nil, err
	}
	return []approval.ProposalLine{{Key: "relation", TextKey: "relation.kind." + r.Kind},
		{Key: "between", Text: named(n, r.PersonID) + " · " + named(n, r.OtherID)}}, nil
}

// showParty names the party and the interest that was recorded.
func (a *Recusal) showParty(ctx context.Context, v *store.View, who *roster.Actor, p *consent.Proposal,
	input []byte) ([]approval.ProposalLine, error) {
	in, err := approval.Input[VoidInput](input)
	if err != nil {
		return nil, err
	}
	have, err := v.PartiesOf(ctx, p.ObjectID)
	if err != nil {
		return nil, err
	}
	for _, x := range have {
		if x.ID != in.Party {
			continue
		}
		n, err := a.Names(ctx, v, who, []string{x.PersonID}, nil)
		if err != nil {
			return nil, err
		}
		return []approval.ProposalLine{{Key: "party", Text: named(n, x.PersonID)},
			{Key: "interest", TextKey: "interest." + string(x.Interest)}}, nil
	}
	return nil, nil
}

func named(n desk.Names, id string) string {
	p := n.Person(id)
	return p.Name + " " + p.Number
}
