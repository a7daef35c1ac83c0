package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/store/keys"
	"plumbline/internal/words"
)

func init() { makers = append(makers, keysCommand) }

func keysCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "Manage the key store, which holds the keys that encrypt texts",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(e.keysBackup(), e.keysRotate(), e.keysAccept())
	return c
}

func (e *env) keysBackup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FOLDER",
		Short: "Copy the key store into FOLDER and remove expired copies",
		Long: `Copy the key store into FOLDER while the site runs, and remove copies there that
are older than the rule pack allows. A server does this hourly if started with
--key-backups FOLDER; otherwise run it from a timer. An expunged text is beyond
recovery only once the last earlier copy is gone, so keep no others. The copy does
not include the master key, the file beside the store named .master: store that in
a safe, once.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				file, removed, err := s.copyKeys(ctx, args[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(e.out, "copied to %s, %d older copies removed\n", file, removed)
				return nil
			})
		},
	}
}

func (e *env) keysRotate() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate",
		Short: "Generate a new master key and re-encrypt the key store under it",
		Long: `Generate a new master key, re-encrypt the key store under it and remove the old
one from the .master file. The server may keep running. If interrupted, run it
again to resume. Then put the new .master file in the safe. Earlier copies of the
key store open only with the old master key: keep it as long as you keep them,
then destroy it.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				bar := e.bar()
				pages, err := s.store.RotateMaster(ctx, func(done, total int) { bar("master key", done, total) })
				if err != nil {
					return err
				}
				fmt.Fprintf(e.out, "%d pages are encrypted under a new master key; put %s in the safe\n", pages,
					keys.MasterPath(s.store.KeyPath()))
				return nil
			})
		},
	}
}

func (e *env) keysAccept() *cobra.Command {
	return &cobra.Command{
		Use:   "accept",
		Short: "Accept a key store restored from an older copy",
		Long: `Accept a key store restored from an older copy. A site refuses one, because it may
contain keys destroyed since and lacks the keys of texts written since. Look for the
newest store or the newest copy first. Expunged keys are destroyed again at once.
Texts whose keys are missing can no longer be read; plumbline verify lists them. The
ledger records that the older store was accepted.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			e.olderKeys = true
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				older, err := s.store.AcceptedKeys(ctx)
				if err != nil {
					return err
				}
				said := "cli.keys_newest"
				if older {
					said = "cli.keys_accepted"
				}
				fmt.Fprintln(e.out, words.T(words.Match("", e.Lang), said))
				return nil
			})
		},
	}
}

// copyKeys copies the key store into a folder and removes expired copies there.
func (s *site) copyKeys(ctx context.Context, folder string) (file string, removed int, err error) {
	keep := time.Duration(s.app.Pack().Retention.KeyBackupDays) * 24 * time.Hour
	return s.store.BackupKeys(ctx, folder, keep)
}

// keyCopyEvery is the interval at which a server copies its key store.
const keyCopyEvery = time.Hour

// copyKeysHourly copies the key store into the --key-backups folder, at once
// and then every hour. A failed copy is retried at the next turn and logged
// each time, because keys have no other copy.
func (e *env) copyKeysHourly(ctx context.Context, s *site, turn <-chan time.Time) {
	for {
		if file, removed, err := s.copyKeys(ctx, e.KeyBackups); err != nil {
			if ctx.Err() != nil {
				return
			}
			e.log.ErrorContext(ctx, "the key store was not copied", "folder", e.KeyBackups, "error", err)
		} else {
			e.log.InfoContext(ctx, "key store copied", "file", file, "older copies removed", removed)
		}
		select {
		case <-ctx.Done():
			return
		case <-turn:
		}
	}
}
