package selfcheck

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// UndoCertifyInput withdraws a unit's certification.
type UndoCertifyInput struct {
	CampaignID string
	UnitID     string
	Reason     string
	Key        string
}

// Validate judges the reason by itself.
func (in UndoCertifyInput) Validate() error { return selfcheck.CheckReason(in.Reason) }

// UndoCertify withdraws a unit's certification, so that lists can be returned or
// excused again. A certified unit above must withdraw its own first.
func (a *Selfcheck) UndoCertify(ctx context.Context, who *roster.Actor, in UndoCertifyInput) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: "certification.undo", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		c, err := a.certifiable(ctx, tx, who, in.CampaignID, in.UnitID)
		if err != nil {
			return nil, "", err
		}
		certs, err := tx.Certifications(ctx, in.CampaignID)
		if err != nil {
			return nil, "", err
		}
		tree, err := a.Tree(ctx, &tx.View)
		if err != nil {
			return nil, "", err
		}
		var mine *selfcheck.Certification
		above := false
		for i := range certs {
			switch {
			case certs[i].UnitID == in.UnitID:
				mine = &certs[i]
			case tree.Under(in.UnitID, certs[i].UnitID):
				above = true
			}
		}
		if mine == nil {
			return nil, "", fault.Conflict("not_certified")
		}
		row, err := mine.Undo(c, above, who.Person, in.Reason)
		if err != nil {
			return nil, "", err
		}
		row.ID = tx.NewID()
		if row.ReasonC, err = tx.PutText(ctx, row.ID, "reason", in.Reason); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.UnitUncertify, Kind: kinds.Certification, ID: mine.ID,
			Unit: in.UnitID}}, row.ID, tx.Insert(ctx, row)
	})
}
