package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"plumbline/internal/app"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/tiles"
)

func init() { makers = append(makers, exportCommand) }

func exportCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "export",
		Short: "Write out what can be verified away from this site",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(e.exportTiles(), e.exportHistory(), e.exportCase(), e.exportPerson())
	return c
}

func (e *env) exportTiles() *cobra.Command {
	quiet := false
	c := &cobra.Command{
		Use:   "tiles DIR",
		Short: "Write the whole log as C2SP tlog-tiles, which programs of other projects read",
		Long: `Write the log up to its last signed checkpoint into a folder: hash tiles of
height 8, bundles of entries, the checkpoint. A folder that was filled before is
brought up to date; an export that was broken off is taken up where it ended. A
folder that holds another history of this log is evidence: nothing is written.

The entries hold no names, no texts and no national ids, but who did what when
under pseudonyms. The folder is checked with: plumbline verify DIR --trust FILE`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				src, err := source(ctx, s)
				if err != nil {
					return err
				}
				done, err := tiles.Export(ctx, args[0], src, e.percent("writing", quiet))
				if err != nil {
					return err
				}
				fmt.Fprintf(e.out, "%d entries, %d of them new; %d files written\n", done.Size, done.Size-done.Before, done.Written)
				if done.Long > 0 {
					fmt.Fprintf(e.out, "%d bundles hold an entry of more than 65,535 bytes, which the form has no room for: they lie in "+
						"tile/long-entries\n", done.Long)
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&quiet, "quiet", false, "no progress")
	return c
}

// source reads the log for tile export. Each read is short; no snapshot is
// needed, because entries never change.
func source(ctx context.Context, s *site) (src tiles.Source, err error) {
	view := func(ctx context.Context, do func(ctx context.Context, v *store.View) error) error {
		return s.store.View(ctx, do)
	}
	err = view(ctx, func(ctx context.Context, v *store.View) error {
		c, err := v.LastCheckpoint(ctx)
		if errors.Is(err, store.ErrNone) {
			return errors.New("no checkpoint is signed yet: start the server once, or plumbline signer")
		} else if err != nil {
			return err
		}
		src.Checkpoint = ledger.Checkpoint{Origin: s.store.Origin(), Size: c.Size, Root: ledger.Hash(c.Root)}
		src.Note, err = v.SignedNote(ctx, c)
		return err
	})
	src.Root = func(ctx context.Context, size int64) (root ledger.Hash, err error) {
		err = view(ctx, func(ctx context.Context, v *store.View) error { root, err = v.RootAt(ctx, size); return err })
		return root, err
	}
	src.Hashes = func(ctx context.Context, level int, from int64, n int) (out []ledger.Hash, err error) {
		err = view(ctx, func(ctx context.Context, v *store.View) error {
			out, err = v.TreeHashes(ctx, level, from, n)
			return err
		})
		return out, err
	}
	src.Entries = func(ctx context.Context, from int64, n int) (out [][]byte, err error) {
		err = view(ctx, func(ctx context.Context, v *store.View) error {
			rows, err := v.Entries(ctx, from, n)
			for i, r := range rows {
				if r.Seq != from+int64(i) {
					return fmt.Errorf("entry %d is missing", from+int64(i))
				}
				out = append(out, r.Body)
			}
			return err
		})
		return out, err
	}
	return src, err
}

func (e *env) exportHistory() *cobra.Command {
	var sizes []int64
	c := &cobra.Command{
		Use:   "history FILE",
		Short: "Write the proofs that tie earlier checkpoints to the last one",
		Long: `Write signed checkpoints of the given sizes and of the last one, with the proofs
that each contains the one before. With it a receipt and the digits of a notice
board are enough to tell, away from this site, whether the ledger was rewritten.
It holds no entry. Anybody gets the same from /api/v1/ledger/history?size=N.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				text, err := s.app.History(ctx, sizes)
				if err != nil {
					return err
				}
				return writeNew(args[0], text)
			})
		},
	}
	c.Flags().Int64SliceVar(&sizes, "size", nil, "size of a checkpoint that must be in it; may be repeated")
	return c
}

// writeNew writes a file that must not exist yet.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already; nothing is overwritten", name)
	} else if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func (e *env) exportCase() *cobra.Command {
	var by asFlags
	purpose := ""
	c := &cobra.Command{
		Use:   "case REF FILE",
		Short: "Write one case with its proofs into a file that verifies alone",
		Long: `Write what the person named by --as sees of the case: records, the entries that
left them so, their proofs, the signed checkpoint, and the texts with the salts
that open their commitments. What that person does not see stays a commitment.
That it was taken out is an entry of the ledger. Anybody checks the file with:
plumbline verify FILE --trust KEYS`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				return e.as(ctx, s, by, func(who *roster.Actor) error {
					out, _, err := s.app.ExportCase(ctx, who, app.CaseExportInput{ID: args[0], Purpose: purpose})
					if err != nil {
						return err
					}
					return e.writeBundle(out, args[1])
				})
			})
		},
	}
	by.add(c)
	c.Flags().StringVar(&purpose, "purpose", "", "what it is needed for")
	return c
}

// writeBundle writes an export to a file that must not exist yet.
func (e *env) writeBundle(out *app.Export, name string) error {
	defer func() { _ = out.Close() }() // a temporary file
	var b bytes.Buffer
	if _, err := out.WriteTo(&b); err != nil {
		return err
	}
	if err := writeNew(name, b.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%d records in %s\n", out.Rows, name)
	return nil
}

// ownWord stands for the personnel number of the person asking.
const ownWord = "own"

func (e *env) exportPerson() *cobra.Command {
	var by asFlags
	purpose := ""
	c := &cobra.Command{
		Use:   "person NUMBER FILE",
		Short: "Write one person's file with its proofs into a file that verifies alone",
		Long: `Write what the person named by --as sees of somebody's file: the page itself, the
records behind it, the entries that left them so, their proofs, the signed
checkpoint, and the texts with the salts that open their commitments. NUMBER is
a personnel number, or the word own for one's own file: that goes without who
complained and without what is sealed, and its issues are proven as the page
showed them. Opening and taking out are recorded, with the purpose. Anybody
checks the file, also that no record is missing, with:
plumbline verify FILE --trust KEYS`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			in := app.FileExportInput{Person: args[0], Purpose: purpose}
			if in.Person == ownWord {
				in.Person = ""
			}
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				return e.as(ctx, s, by, func(who *roster.Actor) error {
					out, _, err := s.app.ExportFile(ctx, who, in)
					if err != nil {
						return err
					}
					return e.writeBundle(out, args[1])
				})
			})
		},
	}
	by.add(c)
	c.Flags().StringVar(&purpose, "purpose", "", "case_review, complaint, appointment, supervision or inspection")
	return c
}
