package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/tiles"
)

func init() { makers = append(makers, exportCommand) }

func exportCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "export",
		Short: "Export data that can be verified away from this site",
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
		Short: "Export the whole log as C2SP tlog-tiles, a format other programs read",
		Long: `Write the log up to its last signed checkpoint into a folder: hash tiles of
height 8, entry bundles and the checkpoint. An existing export is brought up to
date, and an interrupted one is resumed. A folder with a different history of
this log is evidence, so nothing is written to it.

The entries contain no names, texts or national ids, only who did what and when
under pseudonyms. Check the folder with: plumbline verify DIR --trust FILE`,
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
		Short: "Export the proofs that link earlier checkpoints to the last one",
		Long: `Write the signed checkpoints of the given sizes and the last one, with proofs that
each extends the one before. Together with a receipt and the digits from a notice
board, it shows away from this site whether the ledger was rewritten. It contains
no entries. The same is public at /api/v1/ledger/history?size=N.`,
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
	c.Flags().Int64SliceVar(&sizes, "size", nil, "size of a checkpoint to include; may be repeated")
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
		Short: "Export one case with its proofs to a self-contained, verifiable file",
		Long: `Write what the --as account may see of the case: the records, the entries that
last named them, their proofs, the signed checkpoint, and the texts with the
salts that open their commitments. Texts hidden from that account stay
commitments. The export is recorded in the ledger. Anybody can check the file:
plumbline verify FILE --trust KEYS`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				return e.as(ctx, s, by, func(who *roster.Actor) error {
					out, _, err := s.app.ExportCase(ctx, who, casework.CaseExportInput{ID: args[0], Purpose: purpose})
					if err != nil {
						return err
					}
					return e.writeBundle(out, args[1])
				})
			})
		},
	}
	by.add(c)
	c.Flags().StringVar(&purpose, "purpose", "", "purpose of the export")
	return c
}

// writeBundle writes an export to a file that must not exist yet.
func (e *env) writeBundle(out *desk.Export, name string) error {
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
		Short: "Export one person's file with its proofs to a self-contained, verifiable file",
		Long: `Write what the --as account may see of somebody's file: the page itself, the
records behind it, the entries that last named them, their proofs, the signed
checkpoint, and the texts with the salts that open their commitments. NUMBER is
a personnel number, or the word own for your own file, which omits complainants
and sealed texts and proves its issues as the page showed them. Opening and
export are recorded with the purpose. Anybody can check the file, including that
no record is missing:
plumbline verify FILE --trust KEYS`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			in := casework.FileExportInput{Person: args[0], Purpose: purpose}
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
