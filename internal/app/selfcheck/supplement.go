package selfcheck

import (
	"context"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// SupplementInput adds one issue to a locked list.
type SupplementInput struct {
	ID     string
	ItemNo int64
	selfcheck.Declared
	Key string
}

// Supplement adds a dated issue to the actor's own locked list.
func (a *Selfcheck) Supplement(ctx context.Context, who *roster.Actor, in SupplementInput) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: verbs.SubmissionSupplement, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		s, err := mine(ctx, &tx.View, who, in.ID)
		if err != nil {
			return nil, "", err
		}
		c, err := tx.Campaign(ctx, s.CampaignID)
		if err != nil {
			return nil, "", err
		}
		items, err := a.items(ctx, &tx.View, s.ChecklistID)
		if err != nil {
			return nil, "", err
		}
		tree, err := a.Tree(ctx, &tx.View)
		if err != nil {
			return nil, "", err
		}
		today := roster.DateOf(tx.Now(), a.Zone())
		said := in.Declared
		said.IssueID = "" // it is a new one
		if err := s.CheckSupplement(c, items, selfcheck.ItemAnswer{ItemNo: in.ItemNo, Issues: []selfcheck.Declared{said}},
			today); err != nil {
			return nil, "", err
		}
		item := selfcheck.Item(items, in.ItemNo)
		id := tx.NewID()
		commitment, err := tx.PutText(ctx, id, "narrative", in.Text)
		if err != nil {
			return nil, "", err
		}
		d := selfcheck.Declaration{Declared: said, ItemNo: item.No, Category: item.Category, Severity: item.Severity}
		if err := tx.AddDeclared(ctx, []*issue.Issue{declared(id, s, &d, tree, today, tx.Now(), commitment)},
			issue.TimingOf(a.Pack())); err != nil {
			return nil, "", err
		}
		row := &selfcheck.Supplement{SubmissionID: s.ID, ItemNo: in.ItemNo, IssueID: id, PersonID: who.Person, AddedOn: today}
		if err := tx.Insert(ctx, row); err != nil {
			return nil, "", err
		}
		return filed(tx, ledger.Fact{Verb: verbs.SubmissionSupplement, Kind: kinds.Submission, ID: s.ID, Unit: s.UnitID}), id, nil
	})
}

// ListReceipt is the ledger record of one submission; it holds no content.
type ListReceipt struct {
	Seq  int64
	At   time.Time
	Leaf []byte
	Verb string
	Mine bool // the actor's own account made it, so the receipt is his
}

// ListReceipts returns the ledger entries of the actor's own list, oldest first: its
// submissions and supplements.
func (a *Selfcheck) ListReceipts(ctx context.Context, who *roster.Actor, id string) ([]ListReceipt, error) {
	var out []ListReceipt
	err := a.Read(ctx, who, "submission.receipt", func(ctx context.Context, v *store.View) error {
		if _, err := mine(ctx, v, who, id); err != nil {
			return err
		}
		entries, err := v.EntriesOf(ctx, id)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Verb == "submission.submit" || e.Verb == "submission.supplement" {
				out = append(out, ListReceipt{e.Seq, e.At, e.Leaf, e.Verb, e.Account == who.Account})
			}
		}
		return nil
	})
	return out, err
}
