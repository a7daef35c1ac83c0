package verify

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// shape maps each object's name, such as "trigger requests_no_update on
// requests", to its definition on one line. The same migrations give the same
// map on every supported server version; names come from the migrations, never
// from the server.
type shape map[string]string

//go:embed schema/*.txt
var schemaFiles embed.FS

// madeBy introduces the line that names the migrations a rendering was made
// from.
const madeBy = "# migrations "

// schemaAsMade returns the schema that this program's migrations produce, as
// recorded by TestSchemaIsAsRendered. It is compiled in, so that whoever holds
// the database cannot influence the comparison.
func schemaAsMade(d dialect.Kind) (shape, error) {
	text, err := schemaFiles.ReadFile("schema/" + d.String() + ".txt")
	if err != nil {
		return nil, err
	}
	return parseSchema(string(text))
}

func parseSchema(text string) (shape, error) {
	s := make(shape)
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, madeBy) {
			continue
		}
		object, definition, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("verify: %.60q is no line of a rendered schema", line)
		}
		s[object] = definition
	}
	return s, nil
}

// String renders one line per object, table by table.
func (s shape) String() string {
	var b strings.Builder
	for _, object := range slices.SortedFunc(maps.Keys(s), func(a, b string) int {
		return cmp.Or(cmp.Compare(tableIn(a), tableIn(b)), cmp.Compare(a, b))
	}) {
		b.WriteString(object + "\t" + s[object] + "\n")
	}
	return b.String()
}

// schemaAsIs reads the schema from the database's catalogue.
func schemaAsIs(ctx context.Context, v *engine.View) (shape, error) {
	read := schemaOfSQLite
	if engine.Of(v).Dialect() == dialect.Postgres {
		read = schemaOfPostgres
	}
	s, err := read(ctx, v)
	maps.DeleteFunc(s, func(object, _ string) bool { return guest(tableIn(object)) })
	return s, err
}

// tableIn returns the table that an object is or belongs to, or "" if none.
func tableIn(object string) string {
	for _, at := range []string{" on ", " of "} {
		if i := strings.LastIndex(object, at); i >= 0 {
			return object[i+len(at):]
		}
	}
	if name, ok := strings.CutPrefix(object, "table "); ok {
		name, _, _ = strings.Cut(name, " ")
		return name
	}
	return ""
}

// guests are the prefixes of foreign tables that a site may contain: what
// Litestream leaves in a file it replicates.
var guests = []string{"_litestream_"}

// guest reports whether a table is foreign and harmless, or is the mark of a
// restore in progress, with which only the restore command opens a database.
func guest(table string) bool {
	return table == engine.RestoringTable || slices.ContainsFunc(guests, func(g string) bool { return strings.HasPrefix(table, g) })
}

// oneLine collapses white space and drops comments outside quotes. It unquotes
// double-quoted names that need no quotes, because SQLite quotes the name of a
// renamed table only.
func oneLine(sql string) string {
	var b strings.Builder
	space := false
	for i := 0; i < len(sql); {
		rest := sql[i:]
		switch c := sql[i]; {
		case strings.HasPrefix(rest, "--"):
			i += until(rest, "\n")
			space = true
			continue
		case strings.HasPrefix(rest, "/*"):
			i += until(rest, "*/")
			space = true
			continue
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			space = true
			i++
			continue
		case c == '\'' || c == '"' || c == '`' || c == '[':
			n := quoted(rest)
			word := rest[:n]
			if c == '"' && n > 2 && plainName(word[1:n-1]) {
				word = word[1 : n-1]
			}
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(word)
			i += n
		default:
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteByte(c)
			i++
		}
		space = false
	}
	return b.String()
}

// until returns the number of bytes up to and including end.
func until(s, end string) int {
	if i := strings.Index(s[2:], end); i >= 0 {
		return 2 + i + len(end)
	}
	return len(s)
}

// quoted returns the length of the quoted word that s begins with.
func quoted(s string) int {
	end := s[0]
	if end == '[' {
		end = ']'
	}
	for i := 1; i < len(s); i++ {
		if s[i] != end {
			continue
		}
		if end != ']' && i+1 < len(s) && s[i+1] == end {
			i++
			continue
		}
		return i + 1
	}
	return len(s)
}

func plainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c == '_' || c >= 'a' && c <= 'z' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return s != ""
}

// pieces splits at commas outside brackets and quotes.
func pieces(s string) (out []string) {
	depth, from := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\'', '"', '`', '[':
			i += quoted(s[i:]) - 1
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, strings.TrimSpace(s[from:i]))
				from = i + 1
			}
		}
	}
	return append(out, strings.TrimSpace(s[from:]))
}
