// Package migrations holds the schema as SQL, one file per area, numbered and
// never edited once landed. The text is one for both dialects; package store
// replaces the tokens ($INT, $BYTES, $TIME, $BOOL, $STAMP, $STRICT, $CLUSTERED)
// where the DDL must differ.
package migrations

import "embed"

// FS holds the files NNNN_area.sql.
//
//go:embed *.sql
var FS embed.FS
