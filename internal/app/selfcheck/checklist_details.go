package selfcheck

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// RefineInput adds a detail under an item, for a unit and those below it.
type RefineInput struct {
	ChecklistID string `json:"-"`
	Key         string `json:"-"`
	UnitID      string `json:"unit_id"`
	ItemNo      int64  `json:"item"`
	TextZH      string `json:"text_zh"`
	TextEN      string `json:"text_en,omitempty"`
}

// Refine adds a detail under an item of a checklist. It is shown with the item in
// the unit and below it for the life of the edition.
func (a *Selfcheck) Refine(ctx context.Context, who *roster.Actor, in RefineInput) (id string, r desk.Receipt, err error) {
	const op = "checklist.refine"
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := a.Scope(ctx, &tx.View, who, roster.ActEdit, roster.KindChecklist)
		if err != nil {
			return nil, "", err
		}
		list, err := tx.Checklist(ctx, in.ChecklistID)
		if err != nil {
			return nil, "", err
		}
		target, err := a.UnitTarget(ctx, &tx.View, in.UnitID)
		if fault.Is(err, fault.NotFoundKind) || err == nil && !sc.Admits(target) {
			return nil, "", fault.Invalid("unit_unknown", "unit_id")
		}
		if err != nil {
			return nil, "", err
		}
		items, err := a.items(ctx, &tx.View, list.ID)
		if err != nil {
			return nil, "", err
		}
		have, err := tx.ChecklistDetails(ctx, list.ID, []string{in.UnitID})
		if err != nil {
			return nil, "", err
		}
		row, err := list.Refine(items, in.UnitID, in.ItemNo, in.TextZH, in.TextEN, have)
		if err != nil {
			return nil, "", err
		}
		row.ID, row.AddedBy, row.AddedOn = tx.NewID(), who.Person, roster.DateOf(tx.Now(), a.Zone())
		id = row.ID
		return []ledger.Fact{{Verb: op, Kind: kinds.ChecklistDetail, ID: row.ID, Unit: in.UnitID}}, row.ID, tx.Insert(ctx, row)
	})
	return desk.PickID(id, r), r, err
}

// DetailView is a detail and the unit that added it.
type DetailView struct {
	ItemNo int64  `json:"item"`
	UnitID string `json:"unit_id"`
	Unit   string `json:"unit"`
	TextZH string `json:"text_zh"`
	TextEN string `json:"text_en,omitempty"`
	Text   string `json:"-"`
}

// ChecklistDetails lists what the actor's own units, and those above them,
// added to a checklist.
func (a *Selfcheck) ChecklistDetails(ctx context.Context, who *roster.Actor, id string) (out []DetailView, err error) {
	out = []DetailView{}
	err = a.Read(ctx, who, "checklist.details", func(ctx context.Context, v *store.View) error {
		if _, err := v.Checklist(ctx, id); err != nil {
			return err
		}
		tree, err := a.Tree(ctx, v)
		if err != nil {
			return err
		}
		var units []string
		for _, u := range append(append([]string{}, who.Units...), desk.UnitsLed(who)...) {
			units = append(units, tree.Ancestors(u)...)
		}
		rows, err := v.ChecklistDetails(ctx, id, append([]string{}, units...))
		if err != nil {
			return err
		}
		for i := range rows {
			d := &rows[i]
			out = append(out, DetailView{d.ItemNo, d.UnitID, desk.UnitName(who.Lang, tree.Unit(d.UnitID)), d.TextZH, d.TextEN,
				d.Text(who.Lang)})
		}
		return nil
	})
	return out, err
}

// detailsFor returns the details shown to a respondent of the unit, by item.
func (a *Selfcheck) detailsFor(ctx context.Context, v *store.View, lang, checklistID, unitID string) (map[int64][]string, error) {
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return nil, err
	}
	rows, err := v.ChecklistDetails(ctx, checklistID, append([]string{}, tree.Ancestors(unitID)...))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make(map[int64][]string)
	for i := range rows {
		out[rows[i].ItemNo] = append(out[rows[i].ItemNo], rows[i].Text(lang))
	}
	return out, nil
}
