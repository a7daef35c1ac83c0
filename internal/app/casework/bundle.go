package casework

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	"plumbline/internal/app/readlog"
	"plumbline/internal/bundle"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/slip"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// CaseExportInput asks for a case as a self-verifying file.
type CaseExportInput struct {
	ID      string // id or reference
	Purpose string // asked of leadership readers
	Key     string
}

// bundleWait is how long an export waits for a checkpoint that covers it.
const bundleWait = 10 * time.Second

// ExportCase exports a case as its reader sees it, with its entries, their proofs
// and the checkpoint. Before the file is handed over, the ledger records who
// exported it, for what purpose, and a digest of what it says; the file contains
// that entry. Exporting it again is recorded again.
func (a *Casework) ExportCase(ctx context.Context, who *roster.Actor, in CaseExportInput) (*desk.Export, desk.Receipt, error) {
	if _, err := a.Authorize(who, "case.export"); err != nil {
		return nil, desk.Receipt{}, err
	}
	if !a.heads.Signs() {
		return nil, desk.Receipt{}, fault.Unavailable("signer_absent").WithCause(heads.ErrNoSigner)
	}
	out, receipt, err := a.takeCase(ctx, who, in)
	if err == nil && receipt.Replayed {
		in.Key = "" // the salt of the first taking left with its file
		out, receipt, err = a.takeCase(ctx, who, in)
	}
	if err == nil {
		err = a.LogOpening(ctx, who, out.opened)
	}
	if err != nil {
		return nil, receipt, err
	}
	b := out.bundle(bundle.KindCase, out.view.ID, receipt)
	err = a.fillBundle(ctx, b, func(ctx context.Context, v *store.View) ([]ledger.Row, []store.LedgerEntry, error) {
		f, err := v.CaseFile(ctx, out.view.ID)
		if err != nil {
			return nil, nil, err
		}
		taking, err := v.CaseTaking(ctx, out.taking)
		if err != nil {
			return nil, nil, err
		}
		rows, err := out.pick(taking, shownRows(f, &out.view))
		if err != nil {
			return nil, nil, err
		}
		entries, err := v.EntriesOf(ctx, out.view.ID)
		return rows, entries, err
	}, out.view)
	if err != nil {
		return nil, receipt, err
	}
	e, err := bundleFile(b, b.Ref)
	return e, receipt, err
}

// takenCase is a case being exported.
type takenCase struct {
	taken
	view   CaseView
	opened readlog.Opened
}

// takeCase reads the case as its reader sees it and records the export.
func (a *Casework) takeCase(ctx context.Context, who *roster.Actor, in CaseExportInput) (out takenCase, r desk.Receipt, err error) {
	r, err = a.Write(ctx, who, desk.Write{Op: verbs.CaseExport, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		id, err := tx.CaseIDByRef(ctx, in.ID)
		if err != nil {
			return nil, "", err
		}
		if id == "" {
			id = in.ID
		}
		var purpose []string
		if in.Purpose != "" {
			purpose = []string{in.Purpose}
		}
		out = takenCase{}
		f, opened, err := a.openCase(ctx, &tx.View, who, roster.ActExport, id, purpose, &out.view)
		if err != nil {
			return nil, "", err
		}
		out.opened, out.ref = opened, out.view.Ref
		out.records = []string{}
		for _, row := range shownRows(f, &out.view) {
			out.records = append(out.records, recordName(row))
		}
		page := out.view
		page.Can = nil // nothing of the case itself
		row := &inquiry.CaseTaking{CaseID: f.Case.ID, Purpose: in.Purpose, TakenBy: who.Account}
		row.ID = tx.NewID()
		out.taking = row.ID
		if row.Stated, err = out.state(page); err != nil {
			return nil, "", err
		}
		if err := a.MayExport(ctx, &tx.View, who); err != nil {
			return nil, "", err
		}
		if err := tx.Insert(ctx, row); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.CaseExport, Kind: kinds.Case, ID: f.Case.ID, Unit: f.Case.UnitID}}, row.ID, nil
	})
	return out, r, err
}

// shownRows are the rows of a case that its view shows.
func shownRows(f *inquiry.CaseFile, view *CaseView) []ledger.Row {
	rows := []ledger.Row{f.Case}
	shown := make(map[string]bool)
	for _, t := range view.Tracks {
		shown[t.ID] = true
	}
	for _, q := range view.Questions {
		shown[q.ID] = true
	}
	for i := range f.Tracks {
		if shown[f.Tracks[i].ID] {
			rows = append(rows, &f.Tracks[i])
		}
	}
	for i := range f.Members {
		if shown[f.Members[i].TrackID] {
			rows = append(rows, &f.Members[i])
		}
	}
	for i := range f.Allegations {
		if shown[f.Allegations[i].TrackID] {
			rows = append(rows, &f.Allegations[i])
		}
	}
	for i := range f.Findings {
		if shown[f.Findings[i].TrackID] {
			shown[f.Findings[i].ID] = true
			rows = append(rows, &f.Findings[i])
		}
	}
	for i := range f.Replies {
		if shown[f.Replies[i].FindingID] {
			rows = append(rows, &f.Replies[i])
		}
	}
	for i := range f.Decisions {
		if shown[f.Decisions[i].TrackID] {
			rows = append(rows, &f.Decisions[i])
		}
	}
	for i := range f.Questions {
		if shown[f.Questions[i].ID] {
			rows = append(rows, &f.Questions[i])
		}
	}
	return rows
}

// loadBundle reads the rows of a bundle and the entries that it holds beyond the
// last ones naming them.
type loadBundle func(ctx context.Context, v *store.View) ([]ledger.Row, []store.LedgerEntry, error)

// fillBundle adds the rows, the entries that name them or the object itself, and a
// checkpoint that covers them all. A text is included only if the reader's own view
// contains it, so no rule of disclosure is applied twice.
func (a *Casework) fillBundle(ctx context.Context, b *bundle.Bundle, load loadBundle, view any) error {
	seen, err := textsOf(view)
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, bundleWait)
	defer cancel()
	newest := b.Export
	for range 5 { // somebody may write on while the checkpoint is awaited
		if err := a.heads.WaitCheckpoint(wait, newest); err != nil {
			return err
		}
		err := a.Store.View(ctx, func(ctx context.Context, v *store.View) error { // gated by the writing before
			rows, entries, err := load(ctx, v)
			if err != nil {
				return err
			}
			newest, err = bundleFrom(ctx, v, b, rows, entries, seen)
			return err
		})
		if err != nil || newest < 0 {
			return err
		}
	}
	return fault.Unavailable("signer_absent")
}

// bundleFrom fills the bundle from one snapshot. It returns the number of an entry
// that no checkpoint covers yet, or -1.
func bundleFrom(ctx context.Context, v *store.View, b *bundle.Bundle, rows []ledger.Row, entries []store.LedgerEntry,
	seen map[string]bool) (int64, error) {
	c, err := v.LastCheckpoint(ctx)
	if err != nil {
		return 0, err
	}
	naming, err := v.Naming(ctx, rows)
	if err != nil {
		return 0, err
	}
	entries = append(entries, naming...)
	slices.SortFunc(entries, func(x, y store.LedgerEntry) int { return int(max(min(x.Seq-y.Seq, 1), -1)) })
	entries = slices.CompactFunc(entries, func(x, y store.LedgerEntry) bool { return x.Seq == y.Seq })
	if last := entries[len(entries)-1].Seq; last >= c.Size {
		return last, nil
	}
	note, err := v.SignedNote(ctx, c)
	if err != nil {
		return 0, err
	}
	b.Checkpoint, b.Entries, b.Rows, b.Texts = string(note), nil, []slip.OpenRow{}, []slip.OpenText{}
	for _, e := range entries { // a case has tens of entries; each proof is one query
		path, err := v.Proof(ctx, c.Size, e.Seq)
		if err != nil {
			return 0, err
		}
		out := bundle.Entry{Seq: e.Seq, Body: string(e.Body), Path: [][]byte{}}
		for _, h := range path {
			out.Path = append(out.Path, h[:])
		}
		b.Entries = append(b.Entries, out)
	}
	ids, encodings := make([]string, len(rows)), make(map[string]int)
	for _, e := range entries { // in their order: the last that names a row says how it was digested
		parsed, err := ledger.ParseEntry(e.Body)
		if err != nil {
			return 0, err
		}
		for _, a := range parsed.After {
			encodings[a.Kind+" "+a.ID] = a.Encoding
		}
	}
	committed := make(map[string]bool) // a text that was said again since is no longer
	for i, r := range rows {
		columns, err := ledger.Columns(r, encodings[store.KindOf(r)+" "+r.RowID()])
		if err != nil {
			return 0, err
		}
		row := slip.OpenRow{Kind: store.KindOf(r), ID: r.RowID(), Columns: columns}
		for _, c := range row.Commitments() {
			committed[c] = true
		}
		ids[i] = row.ID
		b.Rows = append(b.Rows, row)
	}
	texts, err := v.Openings(ctx, ids...)
	if err != nil {
		return 0, err
	}
	for _, t := range texts {
		open := slip.OpenText{Record: t.RecordID, Field: t.Field, Salt: t.Salt, Value: t.Value}
		if seen[t.Value] && committed[open.Commitment()] {
			b.Texts = append(b.Texts, open)
		}
	}
	return -1, nil
}

// textsOf collects every text in a view.
func textsOf(view any) (map[string]bool, error) {
	raw, err := json.Marshal(view)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	var walk func(x any)
	walk = func(x any) {
		switch x := x.(type) {
		case string:
			seen[x] = true
		case []any:
			for _, e := range x {
				walk(e)
			}
		case map[string]any:
			for _, e := range x {
				walk(e)
			}
		}
	}
	walk(tree)
	return seen, nil
}

// bundleFile writes the bundle to a file that is gone once it is closed.
func bundleFile(b *bundle.Bundle, name string) (_ *desk.Export, err error) {
	raw, err := b.Marshal()
	if err != nil {
		return nil, err
	}
	f, err := desk.PassingFile()
	if err != nil {
		return nil, err
	}
	e := &desk.Export{Name: name + ".bundle.json", Type: "application/json", Rows: len(b.Rows), File: f}
	if _, err := f.Write(raw); err != nil {
		_ = e.Close() // the first error is the one that tells
		return nil, err
	}
	return e, nil
}
