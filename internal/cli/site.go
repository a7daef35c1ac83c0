package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/store"
	"plumbline/internal/words"

	_ "time/tzdata" // time zones, even if the system has no database of them
)

// site is an open database with the application on top.
type site struct {
	store *store.Store
	app   *app.App
}

// open opens the --db database. With migrate it first brings the schema up to
// date.
func (e *env) open(ctx context.Context, migrate bool) (*site, error) {
	if err := errors.Join(e.mustBeWhole(), e.mustBeDatabase(ctx)); err != nil {
		return nil, err
	}
	if store.DialectOf(e.DB) == store.SQLite && !migrate {
		if _, err := os.Stat(e.DB); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no database %s; make one with: plumbline migrate --db %s", e.DB, e.DB)
		}
	}
	secret, err := e.secret(migrate)
	if err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, e.DB, store.Options{Clock: time.Now, Keys: e.keyStorePath(), OlderKeys: e.olderKeys})
	if errors.Is(err, store.ErrKeysOlder) {
		return nil, fmt.Errorf("%w. %s", err, words.T(words.Match("", e.Lang), "cli.keys_older", "DB", e.shownDB()))
	}
	if err != nil {
		return nil, err
	}
	if migrate {
		if _, err := st.Migrate(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("migrate %s: %w", e.shownDB(), err), st.Close())
		}
	}
	a, err := e.wire(ctx, st, secret, migrate)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return &site{store: st, app: a}, nil
}

// wire builds the application over an open store with its signer, and compares
// the ledger's head with everything that remembers one. It logs those that
// cannot be reached; the server asks them again.
func (e *env) wire(ctx context.Context, st *store.Store, secret []byte, makeKey bool) (*app.App, error) {
	signs, err := e.signer(ctx, st, makeKey)
	if err != nil {
		return nil, fmt.Errorf("open the signer: %w", err)
	}
	watching, err := e.witnesses()
	if err != nil {
		return nil, err
	}
	a, err := app.New(app.Config{Store: st, Secret: secret, Log: e.log, Signer: signs, HeadFile: e.beside(".head"),
		Witnesses: watching, SignEvery: e.SignEvery, WitnessPace: e.WitnessPace,
		UploadBudget: int64(e.UploadBudget) << 20, Readers: e.Readers})
	if err != nil {
		return nil, fmt.Errorf("start the application: %w", err)
	}
	if migrated, err := st.Migrated(ctx); err != nil || !migrated {
		return a, err // an older schema has no checkpoints; migrate and verify still work on it
	}
	if err := a.CheckHead(ctx); err != nil {
		e.log.Warn("the ledger's head could not be compared with everything that remembers it", "err", err)
	}
	return a, nil
}

// Close closes the site: it signs what this process wrote and, on SQLite, folds
// the write-ahead log.
func (s *site) Close() error {
	if s.app != nil && s.store.Frozen() == nil {
		if _, wrote := s.store.Acknowledged(); wrote {
			ctx, cancel := context.WithTimeout(context.Background(), signingPatience)
			defer cancel()
			// If the signer is missing or unreachable, the server signs at its
			// next start.
			_ = s.app.SignHead(ctx)
		}
	}
	return s.store.Close()
}

// with opens the site for one command and closes it afterwards. The schema must
// be current; otherwise commands would fail with a message about a missing
// table.
func (e *env) with(ctx context.Context, do func(ctx context.Context, s *site) error) error {
	return e.withAny(ctx, func(ctx context.Context, s *site) error {
		if err := e.upToDate(ctx, s.store); err != nil {
			return err
		}
		return do(ctx, s)
	})
}

// upToDate rejects a database with another schema and says what to do.
func (e *env) upToDate(ctx context.Context, st *store.Store) error {
	missing, unknown, err := st.Behind(ctx)
	switch {
	case err != nil:
		return err
	case len(unknown) > 0:
		return fmt.Errorf("the database was made by a newer program: it has the migration %s, which this one does not know; use "+
			"that program", unknown[0])
	case len(missing) > 0:
		return fmt.Errorf("the database has the schema of an older program: the migration %s is missing (%d in all); back it up, "+
			"then bring it up to date with: plumbline migrate --db %s", missing[0], len(missing), e.shownDB())
	}
	return nil
}

// shownDB is --db for messages. A URL is not shown, because it may hold a
// password.
func (e *env) shownDB() string {
	if store.DialectOf(e.DB) == store.SQLite {
		return e.DB
	}
	return "URL"
}

// withAny is with for a database of any schema, for backups.
func (e *env) withAny(ctx context.Context, do func(ctx context.Context, s *site) error) (err error) {
	s, err := e.open(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(ctx, s)
}

// secret reads the site secret from its file, which only the operator may read.
// make allows a first run to create one.
func (e *env) secret(make bool) ([]byte, error) {
	path := e.keyPath()
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && make {
		fresh := [32]byte{}
		_, _ = rand.Read(fresh[:]) // never fails
		text := hex.EncodeToString(fresh[:]) + "\n"
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, fmt.Errorf("write the site secret: %w", err)
		}
		_, err = file.WriteString(text)
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			return nil, fmt.Errorf("write the site secret: %w", err)
		}
		raw = []byte(text)
	} else if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the site secret %s is missing; it is made by plumbline migrate and must travel with the database: "+
			"put it back, or name it with --key-file. If the database is another program's, name the right one with --db", path)
	} else if err != nil {
		return nil, fmt.Errorf("read the site secret: %w", err)
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil || len(secret) < 32 {
		return nil, fmt.Errorf("the site secret %s is damaged: it must hold 64 hexadecimal digits", path)
	}
	return secret, nil
}

// keyStorePath is the path of the key store.
func (e *env) keyStorePath() string {
	switch {
	case e.Keys != "":
		return e.Keys
	case store.DialectOf(e.DB) == store.Postgres:
		return "plumbline.keys" // a URL is not a path
	}
	return e.DB + ".keys"
}

// keyPath is the path of the site secret.
func (e *env) keyPath() string {
	if e.Key != "" {
		return e.Key
	}
	return e.beside(".key")
}

// beside names a file beside the database.
func (e *env) beside(ending string) string {
	switch {
	case store.DialectOf(e.DB) != store.Postgres:
		return e.DB + ending
	case e.Key != "" && ending != ".key": // a URL is not a path, so use the secret's folder
		return strings.TrimSuffix(e.Key, ".key") + ending
	}
	return "plumbline" + ending
}
