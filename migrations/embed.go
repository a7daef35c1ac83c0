// Package migrations holds the schema as SQL, one file per noun, numbered and
// never edited once released. The text is one for both dialects; package store
// replaces the tokens ($INT, $BYTES, $TIME, $BOOL, $FALSE, $STAMP, $STRICT,
// $CLUSTERED) where the DDL must differ. A statement ends with a semicolon at the
// end of a line; --append-only: TABLE and --refuse-again: TABLE COLUMN… become
// triggers.
//
// The first seventeen files are the base. Those after it change sites that hold a
// ledger, whose digests commit to every column of a row by name and value. They
// only add: a table, an index, a column with a constant default. A column keeps
// its name, type and values for ever; one that the program no longer uses stays
// in the table and in the row's type, and is written empty. The tests refuse
// anything else, and upgrade the site of each release (make release-site).
package migrations

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// FS holds the files NNNN_noun.sql.
//
//go:embed *.sql
var FS embed.FS

// Sum is a digest of all migrations, by which what was rendered from them says
// which ones it was rendered from.
func Sum() (string, error) {
	sums, err := Sums()
	return fmt.Sprintf("%x", sha256.Sum256([]byte(sums))), err
}

// Sums is a line for each migration: the SHA-256 of its text, and its name.
func Sums() (string, error) {
	names, err := fs.Glob(FS, "*.sql")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, name := range names {
		text, err := FS.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(text), name)
	}
	return b.String(), nil
}
