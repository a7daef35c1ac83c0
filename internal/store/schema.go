package store

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// shape is what a database is made of: each object under its name, as
// "trigger requests_no_update on requests", with its definition in one line.
// The same migrations give the same map on every server version that is
// supported; names come from the migrations, never from the server.
type shape map[string]string

//go:embed schema/*.txt
var schemaFiles embed.FS

// madeBy says which migrations the rendering was made from.
const madeBy = "# migrations "

// schemaAsMade is the schema that the migrations of this program give, as
// TestSchemaIsAsRendered wrote it down. It is compiled in, so that nobody who
// holds the database has a say in what it is compared with.
func schemaAsMade(d Dialect) (shape, error) {
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
			return nil, fmt.Errorf("store: %.60q is no line of a rendered schema", line)
		}
		s[object] = definition
	}
	return s, nil
}

// String is one line for each object, table by table.
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
func (v *View) schemaAsIs(ctx context.Context) (shape, error) {
	read := v.schemaOfSQLite
	if v.s.dialect == Postgres {
		read = v.schemaOfPostgres
	}
	s, err := read(ctx)
	maps.DeleteFunc(s, func(object, _ string) bool { return guest(tableIn(object)) })
	return s, err
}

// tableIn is the table that an object is, or belongs to; "" for one of none.
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

// guests are the first letters of tables that a site may hold beside ours:
// what Litestream leaves in a file that it copies.
var guests = []string{"_litestream_"}

// guest reports whether a table is not ours and decides nothing, or is the mark
// of a restore under way, which no command but that one opens.
func guest(table string) bool {
	return table == restoringTable || slices.ContainsFunc(guests, func(g string) bool { return strings.HasPrefix(table, g) })
}

// oneLine folds white space and drops comments, outside of quotes; names in
// double quotes that need none lose them, because a renamed table has them and
// one that was made so has not.
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

// until is how many bytes there are up to and with the end.
func until(s, end string) int {
	if i := strings.Index(s[2:], end); i >= 0 {
		return 2 + i + len(end)
	}
	return len(s)
}

// quoted is the length of the quoted word that s begins with.
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

// pieces cuts at the commas that no bracket and no quote holds.
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
