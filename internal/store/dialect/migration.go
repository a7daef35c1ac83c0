package dialect

import (
	"fmt"
	"regexp"
	"strings"
)

// appendOnlyLine marks a table as append-only; the words after its name are the
// key that an insert must not repeat. refuseAgainLine adds that check to a
// table marked earlier.
var (
	appendOnlyLine  = regexp.MustCompile(`^--append-only:\s*(\w+)((?:\s+\w+)*)\s*$`)
	refuseAgainLine = regexp.MustCompile(`^--refuse-again:\s*(\w+)((?:\s+\w+)+)\s*$`)
)

// MarkedAppendOnly lists the tables that the text of a migration marks as append-only.
func MarkedAppendOnly(text string) (tables []string) {
	for line := range strings.Lines(text) {
		if m := appendOnlyLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			tables = append(tables, m[1])
		}
	}
	return tables
}

// Statements returns the migration's statements for the dialect.
func (d Kind) Statements(text string) []string {
	text = d.tokens().Replace(text)
	var out []string
	var b strings.Builder
	flush := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			out = append(out, strings.TrimSuffix(s, ";"))
		}
		b.Reset()
	}
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		m, again := appendOnlyLine.FindStringSubmatch(trimmed), refuseAgainLine.FindStringSubmatch(trimmed)
		switch {
		case m != nil:
			key := strings.Fields(m[2])
			if of := map[string]string{"ledger_entries": "seq", "ledger_hashes": "idx"}[m[1]]; of != "" {
				key = []string{of}
			}
			out = append(out, d.appendOnly(m[1])...)
			out = append(out, d.refuseAgain(m[1], key)...)
		case again != nil:
			flush()
			out = append(out, d.refuseAgain(again[1], strings.Fields(again[2]))...)
		case strings.HasPrefix(trimmed, "--"):
		default:
			b.WriteString(line)
			if strings.HasSuffix(trimmed, ";") {
				flush()
			}
		}
	}
	flush()
	return out
}

// tokens replaces the dialect-specific words of a migration.
func (d Kind) tokens() *strings.Replacer {
	stamp := "id TEXT PRIMARY KEY, version $INT NOT NULL, salt $BYTES NOT NULL, created_at $TIME NOT NULL, changed_at $TIME NOT NULL"
	pairs := []string{"$INT", "INTEGER", "$BYTES", "BLOB", "$TIME", "INTEGER", "$BOOL", "INTEGER", "$FALSE", "0", "$STRICT",
		"STRICT", "$CLUSTERED", "STRICT, WITHOUT ROWID"}
	if d == Postgres {
		pairs = []string{"$INT", "BIGINT", "$BYTES", "BYTEA", "$TIME", "TIMESTAMPTZ", "$BOOL", "BOOLEAN", "$FALSE", "FALSE",
			"$STRICT", "", "$CLUSTERED", ""}
	}
	r := strings.NewReplacer(pairs...)
	return strings.NewReplacer(append([]string{"$STAMP", r.Replace(stamp)}, pairs...)...)
}

// appendOnly returns the triggers that make the database refuse to update or
// delete rows of the table. They only slow an attacker down; the proof is the
// tree.
func (d Kind) appendOnly(table string) []string {
	if d == Postgres {
		return []string{
			`CREATE OR REPLACE FUNCTION plumbline_refuse() RETURNS trigger
			    LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'plumbline: % is append-only', TG_TABLE_NAME USING ERRCODE = 'PL001'; END $f$`,
			fmt.Sprintf(`CREATE TRIGGER %[1]s_append_only BEFORE UPDATE OR DELETE ON %[1]s FOR EACH ROW EXECUTE FUNCTION plumbline_refuse()`, table),
			fmt.Sprintf(`CREATE TRIGGER %[1]s_no_truncate BEFORE TRUNCATE ON %[1]s FOR EACH STATEMENT EXECUTE FUNCTION plumbline_refuse()`, table),
			fmt.Sprintf(`ALTER TABLE %[1]s ENABLE ALWAYS TRIGGER %[1]s_append_only`, table),
			fmt.Sprintf(`ALTER TABLE %[1]s ENABLE ALWAYS TRIGGER %[1]s_no_truncate`, table),
		}
	}
	refuse := sqliteRefusal(table)
	return []string{
		fmt.Sprintf("CREATE TRIGGER %[1]s_no_update BEFORE UPDATE ON %[1]s BEGIN %[2]s; END", table, refuse),
		fmt.Sprintf("CREATE TRIGGER %[1]s_no_delete BEFORE DELETE ON %[1]s BEGIN %[2]s; END", table, refuse),
	}
}

// refuseAgain returns the trigger that makes SQLite refuse an existing key.
// INSERT OR REPLACE bypasses delete triggers on connections that have not
// enabled recursive_triggers. PostgreSQL has no such statement.
func (d Kind) refuseAgain(table string, key []string) []string {
	if d == Postgres || len(key) == 0 {
		return nil
	}
	same := make([]string, len(key))
	for i, k := range key {
		same[i] = k + " = NEW." + k
	}
	return []string{fmt.Sprintf("CREATE TRIGGER %[1]s_no_replace BEFORE INSERT ON %[1]s "+
		"WHEN EXISTS (SELECT 1 FROM %[1]s WHERE %[2]s) BEGIN %[3]s; END",
		table, strings.Join(same, " AND "), sqliteRefusal(table))}
}

func sqliteRefusal(table string) string {
	return fmt.Sprintf("SELECT RAISE(ABORT, 'plumbline: %s is append-only')", table)
}
