package selfcheck

import (
	"context"
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
	"plumbline/seeds"
)

// ChecklistInput publishes one edition of a checklist.
type ChecklistInput struct {
	Audience selfcheck.Audience
	TitleZH  string
	TitleEN  string
	Items    []selfcheck.ChecklistItem
	Key      string
}

// Validate judges the checklist by itself.
func (in ChecklistInput) Validate() error {
	if in.Audience != selfcheck.Officers && in.Audience != selfcheck.Leaders {
		return fault.Invalid("bad_code", "audience")
	}
	if strings.TrimSpace(in.TitleZH) == "" || strings.TrimSpace(in.TitleEN) == "" {
		return fault.Invalid("required", "title")
	}
	known := make(map[string]bool)
	for _, c := range seeds.Categories() {
		known[c.Code] = c.Audience == "both" || in.Audience == selfcheck.Leaders
	}
	return selfcheck.CheckItems(in.Items, func(c string) bool { return known[c] })
}

// SeedChecklist is the checklist that comes with the program.
func SeedChecklist(a selfcheck.Audience) ChecklistInput {
	seed := seeds.Officers()
	if a == selfcheck.Leaders {
		seed = seeds.Leaders()
	}
	in := ChecklistInput{Audience: a, TitleZH: seed.Title.ZH, TitleEN: seed.Title.EN,
		Items: make([]selfcheck.ChecklistItem, len(seed.Items))}
	for i, it := range seed.Items {
		in.Items[i] = selfcheck.ChecklistItem{
			No: int64(it.No), Category: it.Category, Severity: int64(it.Severity),
			TextZH: it.Text.ZH, TextEN: it.Text.EN, HelpZH: it.Help.ZH, HelpEN: it.Help.EN,
		}
	}
	return in
}

// PublishChecklist publishes an edition. It supersedes the previous one for new
// campaigns; campaigns that use the previous one keep it.
func (a *Selfcheck) PublishChecklist(ctx context.Context, who *roster.Actor, in ChecklistInput) (string, desk.Receipt, error) {
	r, err := a.Write(ctx, who, desk.Write{Op: verbs.ChecklistPublish, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		all, err := tx.Checklists(ctx)
		if err != nil {
			return nil, "", err
		}
		list := &selfcheck.Checklist{Audience: in.Audience, Edition: 1, State: selfcheck.ChecklistPublished, TitleZH: in.TitleZH,
			TitleEN: in.TitleEN, UnitID: who.Unit}
		list.ID = tx.NewID()
		for i := range all {
			before := &all[i]
			if before.Audience != in.Audience {
				continue
			}
			list.Edition = max(list.Edition, before.Edition+1)
			if before.State == selfcheck.ChecklistPublished {
				after := *before
				after.State = selfcheck.ChecklistSuperseded
				if err := tx.Save(ctx, before, &after); err != nil {
					return nil, "", err
				}
			}
		}
		items := make([]selfcheck.ChecklistItem, len(in.Items))
		copy(items, in.Items)
		for i := range items {
			items[i].Stamp = ledger.Stamp{}
			items[i].ChecklistID = list.ID
		}
		if err := tx.Insert(ctx, list, items); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.ChecklistPublish, Kind: kinds.Checklist, ID: list.ID, Unit: list.UnitID}}, list.ID, nil
	})
	return r.ResultID, r, err
}

// EnsureChecklists publishes the built-in checklist for each audience that has none
// yet.
func (a *Selfcheck) EnsureChecklists(ctx context.Context, who *roster.Actor) error {
	for _, audience := range []selfcheck.Audience{selfcheck.Officers, selfcheck.Leaders} {
		have, err := a.Checklists(ctx, who)
		if err != nil {
			return err
		}
		if editionOf(have, audience, "") != "" {
			continue
		}
		if _, _, err := a.PublishChecklist(ctx, who, SeedChecklist(audience)); err != nil {
			return err
		}
	}
	return nil
}

// Checklists lists every edition.
func (a *Selfcheck) Checklists(ctx context.Context, who *roster.Actor) ([]selfcheck.Checklist, error) {
	var out []selfcheck.Checklist
	err := a.Read(ctx, who, "checklist.list", func(ctx context.Context, v *store.View) (err error) {
		out, err = v.Checklists(ctx)
		return err
	})
	return out, err
}

// ChecklistItems gives the items of one edition, in order.
func (a *Selfcheck) ChecklistItems(ctx context.Context, who *roster.Actor,
	id string) (*selfcheck.Checklist, []selfcheck.ChecklistItem, error) {
	var list *selfcheck.Checklist
	var items []selfcheck.ChecklistItem
	err := a.Read(ctx, who, "checklist.read", func(ctx context.Context, v *store.View) (err error) {
		if list, err = v.Checklist(ctx, id); err != nil {
			return err
		}
		items, err = a.items(ctx, v, id)
		return err
	})
	return list, items, err
}

// items reads the items of a checklist once: a published edition never changes.
func (a *Selfcheck) items(ctx context.Context, v *store.View, checklistID string) ([]selfcheck.ChecklistItem, error) {
	if got, ok := a.checklists.Load(checklistID); ok {
		return got.([]selfcheck.ChecklistItem), nil
	}
	items, err := v.ChecklistItems(ctx, checklistID)
	if err == nil && len(items) > 0 {
		a.checklists.Store(checklistID, items)
	}
	return items, err
}
