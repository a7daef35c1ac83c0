// Package migrations holds the schema as SQL, one file per area, numbered and
// never edited once landed. The text is one for both dialects; package store
// replaces the tokens ($INT, $BYTES, $TIME, $BOOL, $STAMP, $STRICT, $CLUSTERED)
// where the DDL must differ.
package migrations

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
)

// FS holds the files NNNN_area.sql.
//
//go:embed *.sql
var FS embed.FS

// Sum is a digest of all migrations, by which what was rendered from them says
// which ones it was rendered from.
func Sum() (string, error) {
	names, err := fs.Glob(FS, "*.sql")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, name := range names {
		text, err := FS.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
