package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"plumbline/internal/archive"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
	"plumbline/internal/store/keys"
	"plumbline/internal/store/verify"
)

func init() { makers = append(makers, restoreCommand) }

// errOlder ends a successful restore of a backup that is older than what a
// witness has seen.
var errOlder = errors.New("restored, and frozen: the backup is older than the checkpoint given. Nothing can be written " +
	"until a person has looked and decided (plumbline thaw)")

// restore holds the command's options and what it has created so far.
type restore struct {
	*env
	identity string
	keysFrom string
	evidence evidence
	quiet    bool

	header archive.Header
	list   *madeList // files created, to be removed on failure
}

func restoreCommand(e *env) *cobra.Command {
	r := &restore{env: e}
	c := &cobra.Command{
		Use:   "restore ARCHIVE",
		Short: "Restore a site from a backup and verify it before it can be opened",
		Long: `Restore a site from a backup, and its key store from ARCHIVE.keys, to --db: a file
that does not exist or an empty PostgreSQL database, whichever of the two the
backup was taken from. Everything is verified before the site can be opened: every
part of the archive against its list, the tree from the stored bytes, every record,
text and counter, and every signed checkpoint.

Use --checkpoint to supply the latest checkpoint from a witness or the notice board.
A backup that contradicts it is rejected. An older backup is restored but frozen:
what came later is missing, and somebody must decide.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return r.run(c.Context(), args[0]) },
	}
	f := c.Flags()
	f.StringVar(&r.identity, "identity", "", "file of the age identity that opens the backup")
	f.StringVar(&r.keysFrom, "keys-archive", "", "archive of the key store (default: ARCHIVE.keys)")
	f.BoolVar(&r.quiet, "quiet", false, "no progress")
	r.evidence.flags(c)
	return c
}

func (r *restore) run(ctx context.Context, file string) (err error) {
	evidence, err := r.evidence.read()
	if err != nil {
		return err
	}
	ids, err := r.identities()
	if err != nil {
		return err
	}
	if err := r.mustHaveFolder(); err != nil {
		return err
	}
	if r.list, err = startList(ctx, r.env); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.list.end(err != nil && !errors.Is(err, errOlder))) }()
	if err := r.mustBeFree(); err != nil {
		return err
	}
	if r.keysFrom == "" {
		r.keysFrom = file + keysEnding
	}
	for _, ending := range []string{"-wal", "-shm"} { // created by the key store itself
		if err := r.list.add(r.keyStorePath() + ending); err != nil {
			return err
		}
	}
	if err := r.restoreKeys(r.keysFrom, ids); err != nil {
		return err
	}
	older, err := r.restoreSite(ctx, file, ids, evidence)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "restored and verified: %d entries, as of %s\n", r.header.Size, r.header.MadeAt.Format(time.RFC3339))
	if older != nil {
		fmt.Fprintf(r.out, "MISSING: entries %d to %d, which the checkpoint given has\n", r.header.Size, older.Size-1)
		return errOlder
	}
	return nil
}

func (r *restore) identities() ([]age.Identity, error) {
	if r.identity == "" {
		return nil, nil
	}
	f, err := os.Open(r.identity)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	ids, err := archive.Identities(f)
	if err != nil {
		return nil, fmt.Errorf("read the age identity %s: %w", r.identity, err)
	}
	return ids, nil
}

// mustBeFree refuses to overwrite anything. A signing key with its state may
// exist, because it may know more than the backup.
func (r *restore) mustBeFree() error {
	names := []string{r.keyPath(), r.keyStorePath(), keys.MasterPath(r.keyStorePath())}
	if store.DialectOf(r.DB) == store.SQLite {
		names = append(names, r.DB, r.DB+"-wal")
	}
	for _, name := range names {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s exists already; a restore never overwrites a site", name)
		}
	}
	return nil
}

// each reads an archive to its end.
func (r *restore) each(file string, ids []age.Identity, begun func(archive.Header) error,
	see func(p archive.Part, a *archive.Reader) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	progress, read := r.percent("restoring", r.quiet), int64(0)
	a, err := archive.NewReader(readerFunc(func(b []byte) (int, error) {
		n, err := f.Read(b)
		read += int64(n)
		progress(read, st.Size())
		return n, err
	}), ids...)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := begun(a.Header); err != nil {
		return err
	}
	for {
		p, err := a.Next()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := see(p, a); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// restoreKeys puts the key store where the site will look for it.
func (r *restore) restoreKeys(file string, ids []age.Identity) error {
	places := map[string]string{"keys": r.keyStorePath(), "keys.master": keys.MasterPath(r.keyStorePath())}
	err := r.each(file, ids, func(h archive.Header) error { r.header = h; return nil }, func(p archive.Part, a *archive.Reader) error {
		return r.place(places, p, a)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the archive of the key store is missing, without which no text can be read; name it by --keys-archive: %w", err)
	}
	return err
}

// place writes a file of the archive to its destination, unless one exists.
func (r *restore) place(places map[string]string, p archive.Part, in io.Reader) error {
	path, ok := places[p.File]
	if !ok {
		return fmt.Errorf("the archive holds a file %q that a site does not have", shorten(p.File, 60))
	}
	if _, err := os.Lstat(path); err == nil {
		_, err := io.Copy(io.Discard, in)
		return err
	}
	if err := r.list.add(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	return errors.Join(err, f.Sync(), f.Close())
}

// restoreSite fills the database, verifies it, and only then gives it its name.
// older is a given checkpoint that covers entries missing from the backup.
func (r *restore) restoreSite(ctx context.Context, file string, ids []age.Identity,
	ev verify.Evidence) (older *ledger.Checkpoint, err error) {
	dsn := r.DB
	if store.DialectOf(r.DB) == store.SQLite {
		dsn += ".restoring"
		for _, ending := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(dsn + ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			if err := r.list.add(dsn + ending); err != nil {
				return nil, err
			}
		}
	}
	keysHeader := r.header
	var st *store.Store
	defer func() {
		if st != nil {
			if err != nil {
				err = errors.Join(err, st.Abandon(context.WithoutCancel(ctx)))
			}
			err = errors.Join(err, st.Close())
		}
	}()
	begun := func(h archive.Header) error {
		if h.Origin != keysHeader.Origin {
			return errors.New("the archive of the key store belongs to another site")
		}
		r.header = h
		if st, err = store.Open(ctx, dsn, store.Options{Clock: time.Now, Origin: h.Origin, Keys: r.keyStorePath()}); err != nil {
			return fmt.Errorf("open the database to restore into: %w", err)
		}
		return nil
	}
	if err := r.fill(ctx, file, ids, begun, func() *store.Store { return st }); err != nil {
		return nil, err
	}
	if older, err = r.judge(ctx, st, ev); err != nil {
		return nil, err
	}
	if older != nil { // the site remembers its later state and freezes when opened
		if err := r.list.add(r.beside(".head")); err != nil {
			return nil, err
		}
		if err := os.WriteFile(r.beside(".head"), []byte(older.Marshal()), 0o600); err != nil {
			return nil, fmt.Errorf("freeze the restored site: %w", err)
		}
	}
	if err := st.Refilled(ctx); err != nil {
		return nil, err
	}
	if dsn == r.DB {
		return older, nil
	}
	open := st
	st = nil
	if err := open.Close(); err != nil {
		return nil, fmt.Errorf("close the restored database: %w", err)
	}
	if err := os.Rename(dsn, r.DB); err != nil {
		return nil, err
	}
	return older, syncFolder(r.DB)
}

// fill reads the archive into the database. It compares the list at the end of
// the archive before committing anything.
func (r *restore) fill(ctx context.Context, file string, ids []age.Identity, begun func(archive.Header) error,
	st func() *store.Store) error {
	places := r.secretFiles()
	if _, ok := places["sm2"]; !ok {
		places["sm2"] = r.beside(".sm2")
	}
	// The archive's header is needed to open the database, and the database is
	// filled inside one transaction, so reading runs inside filling.
	var first archive.Header
	if err := r.each(file, ids, func(h archive.Header) error { first = h; return errPeeked }, nil); !errors.Is(err, errPeeked) {
		return err
	}
	if err := begun(first); err != nil {
		return err
	}
	columns := map[string][]string{}
	for _, t := range first.Tables {
		columns[t.Name] = t.Columns
	}
	return st().Refill(ctx, first.Migrations, func(ctx context.Context, fill *store.Refill) error {
		return r.each(file, ids, func(archive.Header) error { return nil }, func(p archive.Part, a *archive.Reader) error {
			if p.File != "" {
				return r.place(places, p, a)
			}
			return archive.Rows(p.Rows, a.Columns(p.Table), func(values []any) error {
				return fill.Row(ctx, p.Table,
					columns[p.Table], values)
			})
		})
	})
}

// errPeeked stops reading an archive after its header.
var errPeeked = errors.New("only the header was wanted")

// judge verifies the restored database, on its own and against outside
// evidence.
func (r *restore) judge(ctx context.Context, st *store.Store, ev verify.Evidence) (older *ledger.Checkpoint, err error) {
	var head ledger.Checkpoint
	err = st.View(ctx, func(ctx context.Context, v *store.View) (err error) {
		head.Size, head.Root, err = v.Head(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if head.Size != r.header.Size || !bytes.Equal(head.Root[:], r.header.Root) {
		return nil, errors.New("the ledger in the archive is not the one that its header names")
	}
	kept := ev.Notes[:0:0]
	for _, n := range ev.Notes {
		if n.Checkpoint.Origin != r.header.Origin {
			return nil, fmt.Errorf("%s is of another ledger, %s", n.From, shorten(n.Checkpoint.Origin, 80))
		}
		if n.Checkpoint.Size > head.Size {
			if older == nil || n.Checkpoint.Size > older.Size {
				older = &n.Checkpoint
			}
			continue
		}
		kept = append(kept, n)
	}
	ev.Notes = kept
	verdict, err := st.VerifyAgainst(ctx, ev, r.percent("verifying", r.quiet))
	if err != nil {
		return nil, fmt.Errorf("verify the restored database: %w", err)
	}
	if !verdict.OK() {
		return nil, errors.Join(r.printVerdict(verdict), errors.New("the backup was not restored"))
	}
	return older, nil
}
