package verify

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/archive"
	"plumbline/internal/store/engine"
	"plumbline/internal/store/keys"
	"plumbline/migrations"
)

// later is the migration of a later version: an issue gains a place, and a
// statement, which a slip includes, its channel.
const later = `ALTER TABLE issues ADD COLUMN later_place TEXT NOT NULL DEFAULT '';
ALTER TABLE statements ADD COLUMN later_channel TEXT NOT NULL DEFAULT '';
`

// withLater returns the migrations of that version.
func withLater(t *testing.T) fs.FS {
	t.Helper()
	out := fstest.MapFS{"9998_later.sql": {Data: []byte(later)}}
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := migrations.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: text}
	}
	return out
}

// refill restores the site of a released version into the store's empty
// database.
func refill(t *testing.T, s *engine.Store, file string) {
	t.Helper()
	each := func(fn func(a *archive.Reader) error) {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		a, err := archive.NewReader(f)
		if err == nil {
			err = fn(a)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	each(func(a *archive.Reader) error {
		columns := map[string][]string{}
		for _, table := range a.Header.Tables {
			columns[table.Name] = table.Columns
		}
		return s.Refill(t.Context(), a.Header.Migrations, func(ctx context.Context, r *engine.Refill) error {
			for {
				p, err := a.Next()
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				if p.File != "" {
					continue
				}
				err = archive.Rows(p.Rows, a.Columns(p.Table), func(values []any) error {
					return r.Row(ctx, p.Table,
						columns[p.Table], values)
				})
				if err != nil {
					return err
				}
			}
		})
	})
	if err := s.Refilled(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// placeKeys puts the key store of a released version beside a new database.
func placeKeys(t *testing.T, file, at string) (origin string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	a, err := archive.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := a.Next()
		if errors.Is(err, io.EOF) {
			return a.Header.Origin
		}
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(a)
		if err == nil {
			err = os.WriteFile(map[string]string{"keys": at, "keys.master": keys.MasterPath(at)}[p.File], raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestAReleasedSiteGrows upgrades the site of each released version with a
// migration that adds columns to its rows. Every old entry and slip stays
// proven; a value in a new column is reported as uncovered.
func TestAReleasedSiteGrows(t *testing.T) {
	sites, err := filepath.Glob("testdata/released/*/site.backup")
	if err != nil || len(sites) == 0 {
		t.Fatalf("no released site: %v", err)
	}
	for _, site := range sites {
		for name, dsn := range storetest.DSNs() {
			t.Run(filepath.Base(filepath.Dir(site))+"/"+name, func(t *testing.T) {
				ctx := t.Context()
				keyFile := filepath.Join(t.TempDir(), "site.keys")
				s, err := engine.Open(ctx, dsn(t), engine.Options{Origin: placeKeys(t, site+".keys", keyFile), Keys: keyFile})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = s.Close() }()
				engine.SetMigrations(s, withLater(t))
				growKinds(t)
				refill(t, s, site)
				judge := func(when, findings string, uncovered int) {
					t.Helper()
					v, err := Run(ctx, s, Evidence{}, nil)
					if err != nil {
						t.Fatal(err)
					}
					var got []string
					for _, f := range v.Findings {
						if !strings.HasPrefix(f.What, "schema") { // as this version knows it
							got = append(got, f.What)
						}
					}
					if strings.Join(got, " ") != findings || v.Uncovered["issue.later_place"] != uncovered || v.Rows["issue"] < 2 ||
						v.Rows["statement"] < 1 {
						t.Errorf("%s: found %q, not covered %v, of %v", when, got, v.Uncovered, v.Rows)
					}
				}
				judge("upgraded", "", 0)
				if _, err := engine.Writer(s).Exec("UPDATE issues SET later_place = 'yard'"); err != nil {
					t.Fatal(err)
				}
				judge("a new value", "", 2)
				if _, err := engine.Writer(s).Exec("UPDATE issues SET later_place = '', ref = ref || 'x' WHERE id = (SELECT min(id) FROM issues)"); err != nil {
					t.Fatal(err)
				}
				judge("an old value", "row_changed", 1)
			})
		}
	}
}
