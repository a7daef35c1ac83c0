package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"plumbline/internal/app/heads"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
	"plumbline/internal/witness"
)

func init() { makers = append(makers, checkpointCommand) }

// witnesses parses --witness. The environment variable holds several, separated
// by spaces.
func (e *env) witnesses() (out []witness.Target, err error) {
	for _, text := range e.Witnesses {
		for _, one := range strings.Fields(text) {
			t, err := witness.ParseTarget(one)
			if err != nil {
				return nil, fmt.Errorf("--witness: %w", err)
			}
			out = append(out, t)
		}
	}
	return out, nil
}

// sayWitnesses prints the cosigning witnesses, so that a forgotten one is
// noticed.
func (e *env) sayWitnesses() {
	list, _ := e.witnesses() // validated at startup
	for _, t := range list {
		place := t.URL
		if place == "" {
			place = "by stick"
		}
		fmt.Fprintf(e.out, "witness %s, %s\n", t.Name, place)
	}
	if len(list) == 0 {
		fmt.Fprintln(e.out, "witness none: who holds the signing key could rewrite the ledger unseen; see --witness")
	}
}

func checkpointCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "checkpoint",
		Short: "Show the newest signed checkpoint, its digits and its key, or export it to removable media",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(checkpointKey(e), checkpointDigits(e), checkpointExport(e))
	return c
}

func checkpointKey(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Show the public keys of the ledger with their fingerprints",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				if _, err := s.app.SignerKeys(ctx); err != nil && !errors.Is(err, heads.ErrNoSigner) {
					fmt.Fprintln(e.err, "the signer does not answer; these are the keys that signed so far")
				}
				text, err := s.app.KeyText(ctx)
				if fault.Is(err, fault.NotFoundKind) {
					return errors.New("there is no key yet; it is made when the server first runs")
				} else if err != nil {
					return err
				}
				printKeys(e, strings.Fields(string(text)))
				return nil
			})
		},
	}
}

// newest returns the checkpoint of that size, or the latest for size 0.
func newest(ctx context.Context, s *site, size int64) (row store.LedgerCheckpoint, c ledger.Checkpoint, names []string, err error) {
	err = s.store.View(ctx, func(ctx context.Context, v *store.View) error {
		rows, err := v.CheckpointsBefore(ctx, 0, 1)
		if size > 0 {
			rows, err = v.Checkpoints(ctx, size, 1)
		}
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return heads.ErrNoCheckpoint
		}
		if row = rows[0]; size > 0 && row.Size != size {
			return fmt.Errorf("nothing was signed at %d entries; the next larger checkpoint has %d", size, row.Size)
		}
		lines, err := v.Cosignatures(ctx, row.Size)
		for _, l := range lines {
			names = append(names, l.Witness)
		}
		c = ledger.Checkpoint{Origin: s.store.Origin(), Size: row.Size}
		copy(c.Root[:], row.Root)
		return err
	})
	return row, c, names, err
}

func checkpointDigits(e *env) *cobra.Command {
	size := int64(0)
	c := &cobra.Command{
		Use:   "digits",
		Short: "Print the digits for the notice board",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				row, c, names, err := newest(ctx, s, size)
				if err != nil {
					return err
				}
				witnessed := "nobody yet"
				if len(names) > 0 {
					witnessed = strings.Join(names, ", ")
				}
				fmt.Fprintf(e.out, "log        %s\nentries    %d\ntime       %s\nwitnessed  %s\ndigits     %s\n", c.Origin, c.Size,
					stamp(row.At), witnessed, c.Digits())
				return nil
			})
		},
	}
	c.Flags().Int64Var(&size, "size", 0, "number of entries in the checkpoint (default: the newest)")
	return c
}

func checkpointExport(e *env) *cobra.Command {
	old, name := int64(-1), ""
	c := &cobra.Command{
		Use:   "export FILE",
		Short: "Export the newest checkpoint for an offline witness",
		Long: `Write the newest signed checkpoint with a proof that it extends the last one the
witness cosigned. The witness reads it with "plumbline witness accept"; import
its answer here with "plumbline witness import". The file holds sizes, hashes
and signatures, and no content.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				from, err := e.exportFrom(ctx, s, old, name)
				if err != nil {
					return err
				}
				body, err := s.app.CheckpointRequest(ctx, from)
				if err != nil {
					if _, _, _, e := newest(ctx, s, 0); e != nil {
						return e
					}
					return fmt.Errorf("there is no way from %d entries to the newest checkpoint: %w", from, err)
				}
				req, err := witness.ParseRequest(body)
				if err != nil {
					return err
				}
				if err := os.WriteFile(args[0], body, 0o644); err != nil {
					return err
				}
				fmt.Fprintf(e.out, "written  %s\nfrom     %d entries\nto       %d entries\ndigits   %s\n", args[0], from,
					req.Checkpoint.Size, req.Checkpoint.Digits())
				return nil
			})
		},
	}
	c.Flags().Int64Var(&old, "old", old, "size at which the witness stands (default: what it last cosigned here)")
	c.Flags().StringVar(&name, "for", "", "name of the witness, if there are several")
	return c
}

// exportFrom returns the size at which the witness presumably stands.
func (e *env) exportFrom(ctx context.Context, s *site, old int64, name string) (int64, error) {
	if old >= 0 {
		return old, nil
	}
	if name == "" {
		list, err := e.witnesses()
		if err != nil {
			return 0, err
		}
		if len(list) > 1 {
			return 0, errors.New("there are several witnesses: say which by --for")
		}
		if len(list) == 0 {
			return 0, nil
		}
		name = list[0].Name
	}
	return s.app.WitnessedUpTo(ctx, name)
}

func importCosigned(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE",
		Short: "Import a checkpoint cosigned by an offline witness",
		Long: `Read the output of "plumbline witness accept", check it against the --witness
keys and this ledger, and store the cosignature.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(e.Witnesses) == 0 {
				return errors.New("name the witness by --witness, so that its signature can be checked")
			}
			signed, err := readAtMost(args[0], witness.BodyMax)
			if err != nil {
				return err
			}
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				checkpoint, lines, err := s.app.ImportCosigned(ctx, signed)
				if err != nil {
					return err
				}
				for _, l := range lines {
					fmt.Fprintf(e.out, "witnessed  %d entries by %s at %s\n", checkpoint.Size, l.Witness, stamp(l.Time))
				}
				return nil
			})
		},
	}
}
