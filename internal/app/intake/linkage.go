package intake

import (
	"context"

	"plumbline/internal/intake"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
)

// fitted is the model by which the rows of a file are matched.
type fitted struct {
	model *intake.Model
	id    string               // of the kept model, "" for the shipped one
	fresh *intake.LinkageModel // to be kept with the first rows, nil if it is kept already
}

// fit estimates a model from the rows of a file. A file too small to say anything is
// matched by the shipped model, and never by what another file taught: whoever imports a
// list that is made up moves the weights of that list alone.
func (a *Intake) fit(ctx context.Context, v *store.View, x *intake.Index, rows []sheet.Row, r *intake.Reader, batch string) (fitted, error) {
	var asked []intake.Asked
	step := max(len(rows)/intake.EstimateMost, 1)
	for i := 0; i < len(rows); i += step {
		reading, bad := r.Read(rows[i])
		if bad != nil || reading.Nobody() {
			continue
		}
		asked = append(asked, intake.Asked{Facts: &reading.Facts, Hash: a.nationalHash(&reading.Facts), On: reading.EventOn})
	}
	begin := intake.Shipped()
	newest, err := v.NewestLinkageModel(ctx)
	if err != nil {
		return fitted{}, err
	}
	no := numberAfter(newest)
	m, err := x.Estimate(ctx, asked, begin, intake.SiteVersion(no))
	if err != nil || m == begin {
		return fitted{model: begin}, err
	}
	kept, err := intake.NewLinkageModel(no, batch, m)
	if err != nil {
		return fitted{}, err
	}
	kept.ID = store.NewID()
	return fitted{m, kept.ID, kept}, nil
}

// numberAfter is the number of the model that is kept next.
func numberAfter(newest *intake.LinkageModel) int {
	if newest == nil {
		return 1
	}
	return newest.No + 1
}

// nationalHash is the keyed hash of a record's national id, "" if it gives none.
func (a *Intake) nationalHash(f *intake.Facts) string {
	if f.NationalID == "" {
		return ""
	}
	return a.NationalIDHash(f.NationalID)
}

// fitBatch finds the model of a batch: the one that it began with, or a new one.
func (r *importRun) fitBatch(ctx context.Context, v *store.View) (err error) {
	if r.batch.Position == 0 && r.batch.ModelID == "" {
		r.fitted, err = r.a.fit(ctx, v, r.index, r.rows, r.reader, r.batch.ID)
		return err
	}
	r.fitted = fitted{model: intake.Shipped(), id: r.batch.ModelID}
	if r.batch.ModelID == "" {
		return nil
	}
	kept, err := v.LinkageModel(ctx, r.batch.ModelID)
	if err == nil {
		r.fitted.model, err = kept.Model()
	}
	return err
}

// keepModel keeps the model of a batch with its first rows. If another file has kept one
// meanwhile, this one takes the next number.
func (r *importRun) keepModel(ctx context.Context, tx *store.Tx, after *intake.AuditBatch) error {
	after.ModelID = r.fitted.id
	if r.fitted.fresh == nil || after.Position > 0 {
		return nil
	}
	newest, err := tx.NewestLinkageModel(ctx)
	if err != nil {
		return err
	}
	r.fitted.fresh.No = numberAfter(newest)
	return tx.Insert(ctx, r.fitted.fresh)
}
