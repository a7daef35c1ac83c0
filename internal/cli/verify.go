package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
)

func init() { makers = append(makers, verifyCommand) }

// errFalse ends verify with a status that is not 0.
var errFalse = errors.New("the ledger and the records disagree; keep the database as it is and show the lines above to the audit administrator")

func verifyCommand(e *env) *cobra.Command {
	quiet := false
	c := &cobra.Command{
		Use:   "verify",
		Short: "Recompute the ledger from its bytes and check every record against it",
		Long: `Recompute the Merkle tree from the stored bytes, check every entry against its
predecessors, recompute every record against the last entry that names it, check
texts against their commitments, and recount the counters. The first false thing
is named first. Exit status 0 only if nothing disagrees.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				shown := int64(-1)
				verdict, err := s.store.Verify(ctx, func(done, total int64) {
					if quiet || total == 0 {
						return
					}
					if percent := done * 100 / total; percent != shown {
						shown = percent
						fmt.Fprintf(e.err, "\rverifying %d %%", percent)
					}
				})
				if shown >= 0 {
					fmt.Fprintln(e.err)
				}
				if err != nil {
					return err
				}
				if e.Output == "json" {
					enc := json.NewEncoder(e.out)
					enc.SetIndent("", "  ")
					if err := enc.Encode(verdict); err != nil {
						return err
					}
				} else {
					fmt.Fprintf(e.out, "log      %s\nentries  %d\nroot     %s\n", verdict.Origin, verdict.Entries, verdict.Root)
					for _, kind := range slices.Sorted(maps.Keys(verdict.Rows)) {
						fmt.Fprintf(e.out, "rows     %s %d\n", kind, verdict.Rows[kind])
					}
					fmt.Fprintf(e.out, "counters %d\n", verdict.Counters)
					for _, f := range verdict.Findings {
						fmt.Fprintln(e.out, f)
					}
					if verdict.OK() {
						fmt.Fprintln(e.out, "ok: every record is as its last ledger entry left it")
					} else {
						fmt.Fprintf(e.out, "FALSE: %d findings, %d listed\n", verdict.Total, len(verdict.Findings))
					}
				}
				if !verdict.OK() {
					return errFalse
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&quiet, "quiet", false, "no progress")
	e.outputFlag(c)
	return c
}
