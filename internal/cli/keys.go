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
		Short: "The key store: the keys under which texts lie encrypted",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(e.keysBackup(), e.keysRotate(), e.keysAccept())
	return c
}

func (e *env) keysBackup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FOLDER",
		Short: "Copy the key store into FOLDER and remove copies whose days are over",
		Long: `Copy the key store into FOLDER, while the site runs, and remove the copies there
that are older than the rule pack says. A server does so hourly with
--key-backups FOLDER; without that, run it from a timer. An expunged text is beyond
recovery when the last copy of before is gone, so keep no others. The master key,
the file beside the store with .master in its name, is not in the copy: put it in
a safe once.`,
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
		Short: "Make a new master key and encrypt the key store anew under it",
		Long: `Make a new master key, encrypt the key store anew under it and take the old one
out of the .master file. The server may run meanwhile. If this is cut off, run it
again: it goes on. Afterwards put the new .master file in the safe. Copies of the
key store from before open only with the old master key: keep that as long as
they are kept, and destroy it then.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), func(ctx context.Context, s *site) error {
				bar := e.bar()
				pages, err := s.store.RotateMaster(ctx, func(done, total int) { bar("master key", done, total) })
				if err != nil {
					return err
				}
				fmt.Fprintf(e.out, "%d pages are encrypted under a new master key; put %s in the safe\n", pages, keys.MasterPath(s.store.KeyPath()))
				return nil
			})
		},
	}
}

func (e *env) keysAccept() *cobra.Command {
	return &cobra.Command{
		Use:   "accept",
		Short: "Go on with a key store that was brought back from an older copy",
		Long: `Go on with a key store that was brought back from an older copy. A site refuses
one: keys that were destroyed since may be in it again, and keys of texts that were
written since are missing. Look first for the newest store and the newest copy. What
was expunged is destroyed again at once; texts whose keys are missing cannot be read
any more, and plumbline verify names them. That it was done stands in the ledger.`,
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
