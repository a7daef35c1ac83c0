package casework

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
	"plumbline/internal/bundle"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// FileExportInput asks for one person's file as a file that verifies alone.
type FileExportInput struct {
	Person  string // id or personnel number; "" is the actor's own
	Purpose string // asked of whom opening the file asks it
	Key     string
}

// takeOp is the operation of taking a file out.
func takeOp(own bool) string {
	if own {
		return "file.take"
	}
	return "file.export"
}

// ExportFile takes a person's file out of the site with its proofs. Who may, and
// for what purpose, is as for opening it; that it was opened is in the read log
// and that it was taken out, by whom, for what and a digest of what it said is
// in the ledger before it is handed over. Asked for again it is taken out again,
// and recorded again.
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

// takenFile is a person's file on its way out.
type takenFile struct {
	taken
	file *File
}

// takeFile reads the file as its reader sees it and records the taking.
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
		out = takenFile{file: f, taken: taken{ref: names[f.PersonID].Name + " " + names[f.PersonID].PersonnelNo, own: own, taking: row.ID, records: recordsOf(f, own)}}
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
		return []ledger.Fact{{Verb: "person.export", Kind: "person", ID: f.PersonID}}, row.ID, nil
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

// recordsOf lists the records that leave with the file. A person's own file
// goes without the rows of his issues: their columns say what the page does not,
// that somebody else reported the same or that a case is being prepared. What
// the page says of them is bound by the taking.
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

// takenEntries are the entry of the taking and those that speak of the issues
// on the file. The person himself gets those that he was told of: what he filed
// and what he was notified of; that others opened his file is not for him.
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
