package verify

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"plumbline/internal/store/engine"
)

// sqliteOwn matches SQLite's internal objects, such as ANALYZE statistics.
var sqliteOwn = regexp.MustCompile(`^sqlite_(stat[134]|sequence)$`)

var constraintWords = regexp.MustCompile(`(?i)^(CONSTRAINT|PRIMARY KEY|UNIQUE|CHECK|FOREIGN KEY)\b`)

// schemaOfSQLite reads the SQL texts that SQLite itself works from.
func schemaOfSQLite(ctx context.Context, v *engine.View) (shape, error) {
	var rows []struct {
		Type string  `bun:"type"`
		Name string  `bun:"name"`
		Of   string  `bun:"tbl_name"`
		SQL  *string `bun:"sql"`
	}
	if err := engine.DB(v).NewRaw("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").Scan(ctx, &rows); err != nil {
		return nil, err
	}
	s := make(shape, 16*len(rows))
	for _, r := range rows {
		if sqliteOwn.MatchString(r.Name) {
			continue
		}
		text := ""
		if r.SQL != nil { // nil for the implicit index of a UNIQUE or key constraint
			text = oneLine(*r.SQL)
		}
		switch r.Type {
		case "table":
			s.sqliteTable(r.Name, text)
		case "view":
			s["view "+r.Name] = text
		default:
			s[fmt.Sprintf("%s %s on %s", r.Type, r.Name, r.Of)] = text
		}
	}
	return s, nil
}

// sqliteTable splits a table's SQL into columns, so that a changed column is
// reported by name.
func (s shape) sqliteTable(name, text string) {
	open, shut := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || shut < open || !strings.HasPrefix(text, "CREATE TABLE ") {
		s["table "+name] = text
		return
	}
	s["table "+name] = strings.TrimSpace(text[shut+1:])
	for _, piece := range pieces(text[open+1 : shut]) {
		if constraintWords.MatchString(piece) {
			s[fmt.Sprintf("constraint %s of %s", piece, name)] = ""
			continue
		}
		column, definition, _ := strings.Cut(piece, " ")
		s[fmt.Sprintf("column %s of %s", column, name)] = definition
	}
}
