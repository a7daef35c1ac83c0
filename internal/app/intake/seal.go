package intake

import (
	"slices"

	"plumbline/internal/intake"
	"plumbline/internal/sheet"
	"plumbline/internal/store"
)

// seal removes the complainant's identity from a row before anything of the row is
// written, and seals it. The stored row has an empty cell there.
func (r *importRun) seal(j *judgedRow, unit string) {
	j.record = store.NewID()
	text := ""
	for i, f := range r.reader.Columns {
		if f != intake.Complainant || i >= len(j.row.Cells) || j.row.Cells[i] == "" {
			continue
		}
		if cell := sheet.Fold(j.row.Cells[i]); text == "" {
			text = cell
		}
		j.row.Cells = slices.Clone(j.row.Cells)
		j.row.Cells[i] = ""
	}
	j.reading.Complainant = ""
	if text == "" {
		return
	}
	j.sealed, j.sealedTexts, j.failed = r.sealer.Field(j.record, unit, text)
}
