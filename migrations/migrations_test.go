package migrations

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// base is how many files make a new site; those after it change sites that hold
// a ledger.
const base = 17

var (
	fileName = regexp.MustCompile(`^(\d{4})_[a-z]+(?:_[a-z]+)*\.sql$`)
	comment  = regexp.MustCompile(`(?m)--.*$`)
	add      = regexp.MustCompile(`(?i)^ALTER TABLE \w+ ADD (?:COLUMN )?(\w+) (.*)$`)
	filled   = regexp.MustCompile(`(?i)\bNOT NULL\b`)
	constant = regexp.MustCompile(`(?i)\bDEFAULT (?:''|-?\d+|\$FALSE|FALSE|x'')`)
	allowed  = regexp.MustCompile(`(?i)^(?:CREATE TABLE|CREATE (?:UNIQUE )?INDEX|DROP INDEX)\s`)
)

// refuse says what a migration after the base may not do. A digest in the ledger
// commits to the columns of its row by name and value, so a column keeps its
// name, its type and its values for ever: what the program no longer uses stays
// in the table and in the row's type, and is written empty.
func refuse(text string) error {
	for stmt := range strings.SplitSeq(comment.ReplaceAllString(text, ""), ";") {
		stmt = strings.Join(strings.Fields(stmt), " ")
		m := add.FindStringSubmatch(stmt)
		switch {
		case stmt == "" || allowed.MatchString(stmt):
		case m == nil:
			return fmt.Errorf("%q: a migration adds tables, columns and indexes, and drops indexes; it neither renames, drops nor changes a column or a table, and writes no row", stmt)
		case strings.HasPrefix(m[2], "$BYTES") && filled.MatchString(m[2]):
			return fmt.Errorf("%q: no default of bytes is good for both databases; a later column %s takes NULL", stmt, m[1])
		case filled.MatchString(m[2]) && !constant.MatchString(m[2]):
			return fmt.Errorf("%q: rows from before the column %s need a constant DEFAULT, or the column takes NULL", stmt, m[1])
		}
	}
	return nil
}

func TestMigrationsOnlyAdd(t *testing.T) {
	names, err := fs.Glob(FS, "*.sql")
	if err != nil || len(names) < base {
		t.Fatalf("%d files: %v", len(names), err)
	}
	for i, name := range names {
		m := fileName.FindStringSubmatch(name)
		if m == nil || m[1] != fmt.Sprintf("%04d", i+1) {
			t.Errorf("%s: want %04d_noun.sql, one number each, without a gap", name, i+1)
		}
		if i < base {
			continue
		}
		text, err := FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := refuse(string(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatAMigrationMayNotDo(t *testing.T) {
	for _, text := range []string{
		"ALTER TABLE issues RENAME COLUMN ref TO number;", "ALTER TABLE issues RENAME TO matters;", "alter table issues drop column ref;", "DROP TABLE issues;",
		"ALTER TABLE issues ALTER COLUMN ref TYPE BYTEA;", "UPDATE issues SET ref = '';", "DELETE FROM issues;", "INSERT INTO issues VALUES (1);",
		"ALTER TABLE issues ADD COLUMN location TEXT NOT NULL;", "ALTER TABLE issues ADD COLUMN location TEXT NOT NULL DEFAULT (random());",
		"CREATE INDEX a ON issues (ref); -- and\nUPDATE issues SET ref = '';", "CREATE TRIGGER a AFTER INSERT ON issues BEGIN SELECT 1; END;",
	} {
		if refuse(text) == nil {
			t.Errorf("accepted: %s", text)
		}
	}
	for _, text := range []string{
		"-- What it is for; DROP TABLE is only a word here.\nALTER TABLE issues ADD COLUMN location TEXT NOT NULL DEFAULT '';", "ALTER TABLE issues ADD COLUMN seen_at $TIME;",
		"CREATE TABLE places (\n  $STAMP,\n  name TEXT NOT NULL\n) $STRICT;\n--append-only: places\nCREATE INDEX places_name ON places (name);", "DROP INDEX issues_ref;",
		"ALTER TABLE issues ADD COLUMN team $BOOL NOT NULL DEFAULT $FALSE;",
	} {
		if err := refuse(text); err != nil {
			t.Error(err)
		}
	}
}
