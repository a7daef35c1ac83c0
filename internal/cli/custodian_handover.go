package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"plumbline/internal/app/desk"
	"plumbline/internal/seal"
)

// readKeys reads key files, each with the passphrase file at the same position
// in the list.
func readKeys(files, words []string) ([]*seal.PrivateKey, error) {
	if len(files) == 0 || len(files) != len(words) {
		return nil, errors.New("each --key needs a --passphrase-file, in the same order")
	}
	keys := make([]*seal.PrivateKey, len(files))
	for i := range files {
		var err error
		if keys[i], err = readKey(files[i], words[i]); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func readBundle(file string) (*seal.Bundle, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	b, err := seal.ParseBundle(raw)
	if err != nil {
		return nil, fmt.Errorf("read the bundle %s: %w", file, err)
	}
	return b, nil
}

// drillBundle reports how many of a site's record keys the given keys open.
func (e *env) drillBundle(file string, keyFiles, words []string) error {
	b, err := readBundle(file)
	if err != nil {
		return err
	}
	keys, err := readKeys(keyFiles, words)
	if err != nil {
		return err
	}
	n, err := b.Recover(keys, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%d of %d record keys opened with %d keys\n", n, len(b.Records), len(keys))
	return nil
}

func (e *env) custodianBundle() *cobra.Command {
	return &cobra.Command{
		Use:   "bundle FILE",
		Short: "Export the wrapped keys of a site to FILE, for a drill or a handover",
		Long: `Export the wrapped keys of a site to FILE: those of the outgoing set of
custodians or, if there is no handover, those of the set in office for a drill.
The file can be opened only with two of the custodians' keys.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				b, err := s.app.CustodyBundle(ctx, desk.Program("custody"))
				if err != nil {
					return err
				}
				if err := writeNew(args[0], b.JSON()); err != nil {
					return err
				}
				fmt.Fprintf(e.out, "%d wrapped keys\n", len(b.Records))
				return nil
			})
		},
	}
}

func (e *env) custodianRewrap() *cobra.Command {
	var keyFiles, words []string
	c := &cobra.Command{
		Use:   "rewrap BUNDLE RESULT",
		Short: "Perform the handover: with two old keys, rewrap every record key for the new custodians",
		Long: `Perform the handover. Two of the old custodians meet at one of their machines with
their key files. Every record key is opened in memory, checked, split again and
sealed to the new custodians. Take RESULT back to the site.`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := readBundle(args[0])
			if err != nil {
				return err
			}
			keys, err := readKeys(keyFiles, words)
			if err != nil {
				return err
			}
			for _, h := range b.Custodian {
				key, err := seal.ParsePublic(h.PublicKey)
				if err != nil {
					return err
				}
				fmt.Fprintf(e.out, "to fingerprint %s\n", key.Fingerprint())
			}
			out, err := b.Rewrap(keys)
			if err != nil {
				return err
			}
			if err := writeNew(args[1], out.JSON()); err != nil {
				return err
			}
			fmt.Fprintf(e.out, "%d keys wrapped again\n", len(out.Records))
			return nil
		},
	}
	c.Flags().StringSliceVar(&keyFiles, "key", nil, "key files of two old custodians")
	c.Flags().StringSliceVar(&words, "passphrase-file", nil, "files with their passphrases, in the same order")
	return c
}

func (e *env) custodianApply() *cobra.Command {
	return &cobra.Command{
		Use:   "apply RESULT",
		Short: "Apply the result of a handover to the site; resumes if interrupted",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			raw, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				if _, err := s.app.Rewrap(ctx, desk.Program("custody"), raw); err != nil {
					return err
				}
				if err := s.app.DrainJobs(ctx); err != nil {
					return err
				}
				fmt.Fprintln(e.out, "in place")
				return nil
			})
		},
	}
}
