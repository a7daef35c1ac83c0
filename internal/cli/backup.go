package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
)

func init() { makers = append(makers, backupCommand) }

func backupCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy a running site (SQLite) and its secret to FILE and FILE.key",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file := args[0]
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				key := file + ".key"
				if _, err := os.Lstat(key); !errors.Is(err, fs.ErrNotExist) {
					return fmt.Errorf("%s exists already; a copy never overwrites", key)
				}
				if err := s.store.Backup(ctx, file); err != nil {
					return err
				}
				raw, err := os.ReadFile(e.keyPath())
				if err != nil {
					return fmt.Errorf("copy the site secret: %w", err)
				}
				if err := os.WriteFile(key, raw, 0o600); err != nil {
					return fmt.Errorf("copy the site secret: %w", err)
				}
				fmt.Fprintf(e.out, "copied to %s and %s\n", file, key)
				return nil
			})
		},
	}
}
