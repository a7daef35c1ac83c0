package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"plumbline/internal/archive"
	"plumbline/internal/store"
	"plumbline/internal/store/keys"
)

func init() { makers = append(makers, backupCommand) }

// keysEnding is the suffix of the key store's archive, beside the site's own.
const keysEnding = ".keys"

// backup holds the command's options.
type backup struct {
	*env
	to      []string
	toFile  string
	plain   bool
	quiet   bool
	without bool
}

func backupCommand(e *env) *cobra.Command {
	b := &backup{env: e}
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Back up a running site, encrypted, to FILE and its key store to FILE.keys",
		Long: `Write a consistent snapshot of every table, uploaded file, ledger entry and
checkpoint, with the site secret and the signing key, into one archive encrypted
to the age recipients given by --to. The site keeps running.

The keys of the erasable texts go into a second archive, FILE.keys, encrypted to
the same recipients. Keep only the newest of these and destroy the older ones:
an erased text stays readable as long as a copy of its key exists.

An archive appears under its name only once it is complete.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			to, err := b.recipients()
			if err != nil {
				return err
			}
			return e.withAny(c.Context(), func(ctx context.Context, s *site) error { return b.write(ctx, s, args[0], to) })
		},
	}
	f := c.Flags()
	f.StringArrayVar(&b.to, "to", nil, "age recipient (age1…) that can open the backup; may be repeated")
	f.StringVar(&b.toFile, "to-file", "", "file of age recipients, one per line")
	f.BoolVar(&b.plain, "identity-less", false, "do not encrypt: anyone with the file can read everything in it")
	f.BoolVar(&b.without, "without-keys", false, "do not write FILE.keys: the texts cannot be read from this backup alone")
	f.BoolVar(&b.quiet, "quiet", false, "no progress")
	return c
}

func (b *backup) recipients() ([]age.Recipient, error) {
	text := strings.Join(b.to, "\n")
	if b.toFile != "" {
		raw, err := os.ReadFile(b.toFile)
		if err != nil {
			return nil, err
		}
		text += "\n" + string(raw)
	}
	switch empty := strings.TrimSpace(text) == ""; {
	case empty && !b.plain:
		return nil, errors.New("a backup is sealed: name who can open it by --to age1… (made with age-keygen), or say --identity-less")
	case empty:
		return nil, nil
	case b.plain:
		return nil, errors.New("--identity-less and --to do not go together")
	}
	to, err := archive.Recipients(text)
	if err != nil {
		return nil, fmt.Errorf("read the age recipients: %w", err)
	}
	return to, nil
}

func (b *backup) write(ctx context.Context, s *site, file string, to []age.Recipient) error {
	for _, name := range []string{file, file + keysEnding} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s exists already; a backup never overwrites", name)
		}
	}
	// Read the signer's state before the snapshot, so that it never names more
	// than the snapshot contains.
	secrets, err := b.secrets()
	if err != nil {
		return err
	}
	var size int64
	err = s.store.Snapshot(ctx, func(ctx context.Context, snap *store.Snapshot) error {
		h := archive.Header{MadeAt: time.Now().UTC(), Origin: snap.Head.Origin, Dialect: s.store.Dialect().String(),
			Migrations: snap.Migrations,
			Size:       snap.Head.Size, Root: snap.Head.Root[:], Note: snap.Note}
		for _, t := range snap.Tables {
			h.Tables = append(h.Tables, archive.Table{Name: t.Name, Columns: t.Columns})
		}
		size = h.Size
		if !b.without { // after the snapshot, so that it holds every key that the snapshot names
			if err := b.writeKeys(ctx, s, file+keysEnding, to, h); err != nil {
				return fmt.Errorf("write %s: %w", file+keysEnding, err)
			}
		}
		err := whole(file, func(out io.Writer) error { return b.writeSite(ctx, out, to, h, secrets, snap) })
		if err != nil && !b.without {
			_ = os.Remove(file + keysEnding) // neither archive is useful without the other
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%s: %d entries of the ledger and all that stands on them\n", file, size)
	if !b.without {
		fmt.Fprintf(b.out, "%s: the keys of the texts; destroy older ones\n", file+keysEnding)
	}
	return nil
}

// secrets reads the site's small files, keyed by their names in the archive.
func (b *backup) secrets() (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, path := range b.secretFiles() {
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) && name != "key" {
			continue // the signer runs elsewhere, or there is no SM2 key
		} else if err != nil {
			return nil, fmt.Errorf("back up the site's secrets: %w", err)
		}
		out[name] = raw
	}
	return out, nil
}

// secretFiles lists the small files that belong to a site.
func (e *env) secretFiles() map[string]string {
	m := map[string]string{"key": e.keyPath(), "sign": e.signKeyPath(), "sign.state": e.signKeyPath() + ".state"}
	if e.SM2Key != "" {
		m["sm2"] = e.SM2Key
	}
	return m
}

func (b *backup) writeSite(ctx context.Context, out io.Writer, to []age.Recipient, h archive.Header,
	secrets map[string][]byte, snap *store.Snapshot) error {
	a, err := archive.NewWriter(out, to, h)
	if err != nil {
		return err
	}
	for _, name := range []string{"key", "sign", "sign.state", "sm2"} {
		if raw, ok := secrets[name]; ok {
			if err := a.File(name, int64(len(raw)), bytes.NewReader(raw)); err != nil {
				return err
			}
		}
	}
	var done, total int64
	for _, t := range snap.Tables {
		total += t.Rows
	}
	progress := b.percent("backing up", b.quiet)
	for _, t := range snap.Tables {
		a.Begin(t.Name)
		err := snap.Rows(ctx, t, func(values []any) error {
			if done++; done%1024 == 0 {
				progress(done, total)
			}
			return a.Row(values)
		})
		if err = errors.Join(err, a.End()); err != nil {
			return fmt.Errorf("back up %s: %w", t.Name, err)
		}
	}
	progress(total, total)
	return a.Close()
}

// writeKeys writes the archive of the key store.
func (b *backup) writeKeys(ctx context.Context, s *site, file string, to []age.Recipient, h archive.Header) error {
	dir, err := os.MkdirTemp(filepath.Dir(file), ".plumbline-keys-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	copied := filepath.Join(dir, "keys")
	if err := s.store.CopyKeys(ctx, copied); err != nil {
		return err
	}
	h.Tables = nil
	return whole(file, func(out io.Writer) error {
		a, err := archive.NewWriter(out, to, h)
		if err != nil {
			return err
		}
		for name, path := range map[string]string{"keys": copied, "keys.master": keys.MasterPath(s.store.KeyPath())} {
			if err := addFile(a, name, path); err != nil {
				return err
			}
		}
		return a.Close()
	})
}

func addFile(a *archive.Writer, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	return a.File(name, st.Size(), f)
}

// whole writes a file that appears under its name only once it is complete and
// durable. A failed or cancelled write leaves nothing behind.
func whole(file string, write func(out io.Writer) error) (err error) {
	part := file + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part) }() // already gone on success
	err = write(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(part, file); err != nil { // unlike rename, never overwrites
		return err
	}
	return syncFolder(file)
}

func syncFolder(file string) error {
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
