package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func init() { makers = append(makers, keysCommand) }

func keysCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "The key store: the keys under which texts lie encrypted",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(e.keysBackup())
	return c
}

func (e *env) keysBackup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FOLDER",
		Short: "Copy the key store into FOLDER and remove copies whose days are over",
		Long: `Copy the key store into FOLDER, while the site runs, and remove the copies there
that are older than the rule pack says. Run it hourly. An expunged text is beyond
recovery when the last copy of before is gone, so keep no others. The master key,
the file beside the store with .master in its name, is not in the copy: put it in
a safe once.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				keep := time.Duration(s.app.Pack().Retention.KeyBackupDays) * 24 * time.Hour
				file, removed, err := s.store.BackupKeys(ctx, args[0], keep)
				if err != nil {
					return err
				}
				fmt.Fprintf(e.out, "copied to %s, %d older copies removed\n", file, removed)
				return nil
			})
		},
	}
}
