package verify

import (
	"context"
	"strings"
	"testing"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// schemaTamper is one change to the schema, and the finding expected.
type schemaTamper struct {
	name     string
	stmts    []string
	what, id string
}

var sqliteTampers = []schemaTamper{
	{"take a trigger away", []string{"DROP TRIGGER ledger_entries_no_update"}, "schema_missing",
		"trigger ledger_entries_no_update on ledger_entries"},
	{"give a trigger another body",
		[]string{"DROP TRIGGER slips_no_delete", "CREATE TRIGGER slips_no_delete BEFORE DELETE ON slips BEGIN SELECT 1; END"},
		"schema_changed", "trigger slips_no_delete on slips"},
	{"put a trigger in", []string{"CREATE TRIGGER t AFTER INSERT ON issues BEGIN UPDATE issues SET severity = 0 WHERE id = " +
		"NEW.id; END"}, "schema_extra", "trigger t on issues"},
	{"take uniqueness away", []string{"DROP INDEX submissions_person",
		"CREATE INDEX submissions_person ON submissions (person_id, campaign_id, audience) WHERE person_id <> ''"},
		"schema_changed", "index submissions_person on submissions"},
	{"narrow what is unique", []string{"DROP INDEX people_no",
		"CREATE UNIQUE INDEX people_no ON people (personnel_no) WHERE personnel_no <> 'x'"}, "schema_changed", "index people_no on people"},
	{"take an index away", []string{"DROP INDEX issues_event"}, "schema_missing", "index issues_event on issues"},
	{"put a column in", []string{"ALTER TABLE issues ADD COLUMN more TEXT"}, "schema_extra", "column more of issues"},
	{"take a check of types away",
		[]string{"PRAGMA writable_schema = ON",
			"UPDATE sqlite_master SET sql = replace(sql, 'severity INTEGER NOT NULL', 'severity INTEGER') WHERE name = 'issues'",
			"PRAGMA writable_schema = OFF"}, "schema_changed", "column severity of issues"},
	{"let a table take any type", []string{"PRAGMA writable_schema = ON",
		"UPDATE sqlite_master SET sql = replace(sql, 'STRICT', '') WHERE name = 'grants'", "PRAGMA writable_schema = OFF"},
		"schema_changed", "table grants"},
	{"take a table's own uniqueness away",
		[]string{"PRAGMA writable_schema = ON",
			"UPDATE sqlite_master SET sql = replace(sql, 'UNIQUE (reveal_id, custodian_id)', 'CHECK (1)') WHERE name = 'releases'",
			"PRAGMA writable_schema = OFF"}, "schema_missing", "constraint UNIQUE (reveal_id, custodian_id) of releases"},
	{"put a view in", []string{"CREATE VIEW seen AS SELECT * FROM people"}, "schema_extra", "view seen"},
	{"put a view in the place of a table", []string{"ALTER TABLE holds RENAME TO held",
		"CREATE VIEW holds AS SELECT * FROM held WHERE 0"}, "schema_missing", "table holds"},
	{"put a table in", []string{"CREATE TABLE kept (a TEXT)"}, "schema_extra", "table kept"},
}

var postgresTampers = []schemaTamper{
	{"take a trigger away", []string{"DROP TRIGGER ledger_entries_append_only ON ledger_entries"}, "schema_missing",
		"trigger ledger_entries_append_only on ledger_entries"},
	{"disable a trigger", []string{"ALTER TABLE slips DISABLE TRIGGER slips_append_only"}, "schema_changed",
		"trigger slips_append_only on slips"},
	{"let a trigger sleep on replicas", []string{"ALTER TABLE slips ENABLE TRIGGER slips_append_only"}, "schema_changed",
		"trigger slips_append_only on slips"},
	{"give all triggers another body",
		[]string{"CREATE OR REPLACE FUNCTION plumbline_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"},
		"schema_changed", "function plumbline_refuse()"},
	{"let a trigger call another function",
		[]string{"CREATE SCHEMA other",
			"CREATE FUNCTION other.plumbline_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
			"DROP TRIGGER slips_append_only ON slips",
			"CREATE TRIGGER slips_append_only BEFORE UPDATE OR DELETE ON slips FOR EACH ROW EXECUTE FUNCTION other.plumbline_refuse()",
			"ALTER TABLE slips ENABLE ALWAYS TRIGGER slips_append_only"}, "schema_changed", "trigger slips_append_only on slips"},
	{"put a trigger in", []string{"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
		"CREATE TRIGGER t BEFORE INSERT ON issues FOR EACH ROW EXECUTE FUNCTION f()"}, "schema_extra", "trigger t on issues"},
	{"put a function in", []string{"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"}, "schema_extra", "function f()"},
	{"take uniqueness away", []string{"DROP INDEX submissions_person",
		"CREATE INDEX submissions_person ON submissions (person_id, campaign_id, audience) WHERE person_id <> ''"},
		"schema_changed", "index submissions_person on submissions"},
	{"put uniqueness out of force",
		[]string{"UPDATE pg_index SET indisready = false WHERE indexrelid = 'people_no'::regclass"}, "schema_changed",
		"index people_no on people"},
	{"take a table's own uniqueness away", []string{"ALTER TABLE cases DROP CONSTRAINT cases_issue_id_key"}, "schema_missing",
		"constraint cases_issue_id_key of cases"},
	{"let a column be empty", []string{"ALTER TABLE issues ALTER severity DROP NOT NULL"}, "schema_changed", "column severity of issues"},
	{"give a column a value of its own", []string{"ALTER TABLE issues ALTER severity SET DEFAULT 0"}, "schema_changed",
		"column severity of issues"},
	{"give a column another type", []string{"ALTER TABLE issues ALTER severity TYPE smallint"}, "schema_changed",
		"column severity of issues"},
	{"put a check in", []string{"ALTER TABLE issues ADD CONSTRAINT c CHECK (severity < 4) NOT VALID"}, "schema_extra",
		"constraint c of issues"},
	{"tie a table of another schema to ours",
		[]string{"CREATE SCHEMA other", "CREATE TABLE other.x (id text REFERENCES issues (id))"}, "schema_extra",
		"constraint x_id_fkey of other.x"},
	{"switch row level security on", []string{"ALTER TABLE findings ENABLE ROW LEVEL SECURITY"}, "schema_changed", "table findings"},
	{"put a policy in", []string{"CREATE POLICY p ON findings USING (person_id <> 'chief')"}, "schema_extra", "policy p on findings"},
	{"put a rule in", []string{"CREATE RULE r AS ON INSERT TO issues WHERE NEW.severity = 4 DO INSTEAD NOTHING"},
		"schema_extra", "rule r on issues"},
	{"hang a table of another schema under ours",
		[]string{"CREATE SCHEMA other", "CREATE TABLE other.more () INHERITS (issues)"}, "schema_extra", "table other.more under issues"},
	{"let a crash empty a table", []string{"ALTER TABLE mappings SET UNLOGGED"}, "schema_changed", "table mappings"},
	{"put a view in the place of a table", []string{"ALTER TABLE holds RENAME TO held",
		"CREATE VIEW holds AS SELECT * FROM held WHERE false"}, "schema_missing", "table holds"},
	{"put an event trigger in", []string{"CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
		"CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f()"}, "schema_extra", "event trigger e"},
	{"let the serving role delete", []string{"GRANT DELETE ON issues TO thief"}, "schema_right", "table issues"},
	{"let the serving role change one column", []string{"GRANT UPDATE (body) ON ledger_entries TO thief"}, "schema_right",
		"table ledger_entries.body"},
	{"let the serving role hand rights on", []string{"GRANT SELECT ON issues TO thief WITH GRANT OPTION"}, "schema_right", "table issues"},
	{"let everybody read", []string{"GRANT SELECT ON people TO PUBLIC"}, "schema_right", "table people"},
	{"let the serving role make tables", []string{"GRANT CREATE ON SCHEMA public TO thief"}, "schema_right", "schema public"},
	{"give rights on what comes later", []string{"ALTER DEFAULT PRIVILEGES GRANT DELETE ON TABLES TO thief"}, "schema_right",
		"default rights of thief"},
	{"give a table away", []string{"ALTER TABLE issues OWNER TO thief"}, "schema_right", "table issues"},
	{"make the serving role an owner", []string{"GRANT SELECT ON issues TO thief", "GRANT plumbline TO thief"}, "schema_right",
		"role thief"},
	{"let the serving role past all policies", []string{"GRANT SELECT ON issues TO thief", "ALTER ROLE thief BYPASSRLS"},
		"schema_right", "role thief"},
	{"switch triggers off for a role", []string{"ALTER ROLE thief SET session_replication_role = replica"}, "schema_right",
		"setting of thief"},
	{"let a role find other tables first", []string{"ALTER ROLE thief SET search_path = other, public"}, "schema_right",
		"setting of thief"},
	{"put a table before ours", []string{"CREATE SCHEMA thief", "CREATE TABLE thief.issues (id text)"}, "schema_right", "schema thief"},
}

// TestTamperedSchemas changes the schema one thing at a time: each change is
// found, and an untouched site has no findings.
func TestTamperedSchemas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		ctx := context.Background()
		tampers := sqliteTampers
		if s.Dialect() == dialect.Postgres {
			tampers = postgresTampers
			if _, err := engine.Writer(s).Exec("CREATE ROLE thief"); err != nil && !strings.Contains(err.Error(), "exists") {
				t.Fatal(err)
			}
		}
		if v, err := Run(ctx, s, Evidence{}, nil); err != nil || !v.OK() || v.Schema < 900 {
			t.Fatalf("an untouched site: %+v %v", v, err)
		}
		for _, c := range tampers {
			t.Run(c.name, func(t *testing.T) {
				tx, err := engine.Writer(s).BeginTx(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback()
				for _, stmt := range c.stmts {
					if _, err := tx.ExecContext(ctx, strings.ReplaceAll(stmt, "?", "\\?")); err != nil {
						t.Fatalf("%s: %v", stmt, err)
					}
				}
				verdict := &Verdict{}
				if err := (&check{v: engine.On(s, tx), verdict: verdict}).schema(ctx); err != nil {
					t.Fatal(err)
				}
				for _, f := range verdict.Findings {
					if f.What == c.what && f.ID == c.id && f.Kind == "schema" {
						return
					}
				}
				t.Fatalf("%s %s is not named; findings:\n%s", c.what, c.id, lines(verdict.Findings))
			})
		}
	})
}

// TestTheServingRolesRightsAreRight: the privileges that GrantTo grants cause
// no finding.
func TestTheServingRolesRightsAreRight(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		if s.Dialect() != dialect.Postgres {
			return
		}
		ctx := context.Background()
		for _, stmt := range []string{"DROP ROLE IF EXISTS server, auditor", "CREATE ROLE server", "CREATE ROLE auditor",
			"GRANT SELECT ON ledger_entries TO auditor", "ALTER ROLE server SET search_path = \"$user\", public"} {
			if _, err := engine.Writer(s).Exec(stmt); err != nil {
				t.Fatal(err)
			}
		}
		defer func() {
			for _, stmt := range []string{"DROP OWNED BY server, auditor", "DROP ROLE server, auditor"} {
				if _, err := engine.Writer(s).Exec(stmt); err != nil {
					t.Error(err)
				}
			}
		}()
		if err := s.GrantTo(ctx, "server"); err != nil {
			t.Fatal(err)
		}
		if v, err := Run(ctx, s, Evidence{}, nil); err != nil || !v.OK() {
			t.Errorf("%v %+v", err, v.Findings)
		}
	})
}
