package casework

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	"plumbline/internal/bundle"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// FileExportInput asks for a person's file as a self-verifying file.
type FileExportInput struct {
	Person  string // id or personnel number; "" is the actor's own
	Purpose string // asked of whom opening the file asks it
	Key     string
}

// takeOp is the operation that exports a file: one's own or somebody else's.
func takeOp(own bool) string {
	if own {
		return "file.take"
	}
	return "file.export"
}

// ExportFile exports a person's file with its proofs. The same rules apply as for
// opening it. The opening is in the read log; before the file is handed over, the
// ledger records who exported it, for what purpose, and a digest of what it says.
// Exporting it again is recorded again.
func (a *Casework) ExportFile(ctx context.Context, who *roster.Actor, in FileExportInput) (*desk.Export, desk.Receipt, error) {
	own := in.Person == ""
	if _, err := a.Authorize(who, takeOp(own)); err != nil {
		return nil, desk.Receipt{}, err
	}
	if !a.heads.Signs() {
		return nil, desk.Receipt{}, fault.Unavailable("signer_absent").WithCause(heads.ErrNoSigner)
	}
	out, receipt, err := a.takeFile(ctx, who, in)
	if err == nil && receipt.Replayed {
		in.Key = "" // the salt of the first taking left with its file
		out, receipt, err = a.takeFile(ctx, who, in)
	}
	if err != nil {
		return nil, receipt, err
	}
	f := out.file
	if !own {
		if err := a.LogReading(ctx, who, string(roster.KindFile), f.PersonID, f.PersonID, in.Purpose); err != nil {
			return nil, receipt, err
		}
	}
	b := out.bundle(bundle.KindPerson, f.PersonID, receipt)
	err = a.fillBundle(ctx, b, func(ctx context.Context, v *store.View) ([]ledger.Row, []store.LedgerEntry, error) {
		rows, err := takenRows(ctx, v, out)
		if err != nil {
			return nil, nil, err
		}
		entries, err := takenEntries(ctx, v, out, receipt.Seq)
		return rows, entries, err
	}, f)
	if err != nil {
		return nil, receipt, err
	}
	e, err := bundleFile(b, "file-"+f.PersonID)
	return e, receipt, err
}

// takenFile is a person's file being exported.
type takenFile struct {
	taken
	file *File
}

// takeFile reads the file as its reader sees it and records the export.
func (a *Casework) takeFile(ctx context.Context, who *roster.Actor, in FileExportInput) (out takenFile, r desk.Receipt, err error) {
	own := in.Person == ""
	r, err = a.Write(ctx, who, desk.Write{Op: takeOp(own), Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		f, err := a.fileToTake(ctx, &tx.View, who, in)
		if err != nil {
			return nil, "", err
		}
		names, err := tx.NamesOf(ctx, []string{f.PersonID})
		if err != nil {
			return nil, "", err
		}
		f.MayTake = false // nothing of the file itself
		row := &issue.Taking{PersonID: f.PersonID, Purpose: in.Purpose, TakenBy: who.Account, Own: own}
		row.ID = tx.NewID()
		out = takenFile{file: f, taken: taken{ref: names[f.PersonID].Name + " " + names[f.PersonID].PersonnelNo, own: own, taking: row.ID,
			records: recordsOf(f, own)}}
		if row.Stated, err = out.state(f); err != nil {
			return nil, "", err
		}
		if !own { // both, before either is counted: a file that is refused was not taken
			if err := a.MayExport(ctx, &tx.View, who); err != nil {
				return nil, "", err
			}
			if err := a.MayOpen(ctx, &tx.View, who, string(roster.KindFile), f.PersonID); err != nil {
				return nil, "", err
			}
		}
		if err := tx.Insert(ctx, row); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.PersonExport, Kind: kinds.Person, ID: f.PersonID}}, row.ID, nil
	})
	return out, r, err
}

func (a *Casework) fileToTake(ctx context.Context, v *store.View, who *roster.Actor, in FileExportInput) (*File, error) {
	if in.Person == "" {
		return a.ownFile(ctx, v, who)
	}
	p, err := v.PersonByNumber(ctx, roster.FoldNumber(in.Person))
	if err == nil {
		in.Person = p.ID
	} else if !store.Missing(err) {
		return nil, err
	}
	return a.openFile(ctx, v, who, roster.ActExport, FileInput{Person: in.Person, Purpose: in.Purpose})
}

// recordsOf lists the records that go into the export. A person's own file omits the
// rows of his issues: their columns tell what the page does not, such as that
// somebody else reported the same or that a case is being prepared. The export's own
// entry binds what the page says about them.
func recordsOf(f *File, own bool) []string {
	out := []string{}
	for _, l := range f.Lines {
		if !own {
			out = append(out, "issue "+l.ID)
		}
		for _, s := range l.Statements {
			out = append(out, "statement "+s.ID)
		}
	}
	for _, t := range f.Tasks {
		if t.ID != "" {
			out = append(out, "rectification "+t.ID)
		}
	}
	for _, l := range f.Lists {
		if l.ID != "" {
			out = append(out, "submission "+l.ID)
		}
	}
	return out
}

// takenRows reads the rows again, as they stand under the checkpoint.
func takenRows(ctx context.Context, v *store.View, out takenFile) ([]ledger.Row, error) {
	ids := make([]string, len(out.file.Lines))
	for i, l := range out.file.Lines {
		ids[i] = l.ID
	}
	all, err := v.FileRows(ctx, out.file.PersonID, ids)
	if err != nil {
		return nil, err
	}
	taking, err := v.Taking(ctx, out.taking)
	if err != nil {
		return nil, err
	}
	return out.pick(taking, all)
}

// takenEntries are the entry of the export and those about the issues on the file.
// The person himself gets only those he knows of: what he filed and what he was
// notified of, not who opened his file.
func takenEntries(ctx context.Context, v *store.View, out takenFile, export int64) ([]store.LedgerEntry, error) {
	e, err := v.EntryAt(ctx, export)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(out.file.Lines))
	for i, l := range out.file.Lines {
		ids[i] = l.ID
	}
	about, err := v.EntriesOf(ctx, ids...)
	if err != nil {
		return nil, err
	}
	entries := []store.LedgerEntry{*e}
	for _, e := range about {
		if !out.own || e.Verb == "issue.notify" {
			entries = append(entries, e)
		}
	}
	return entries, nil
}
