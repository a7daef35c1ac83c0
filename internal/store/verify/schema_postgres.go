package verify

import (
	"context"
	"fmt"
	"strings"

	"plumbline/internal/store/engine"
)

// catalogueQueries return object and definition. ours are the tables and views
// of the schema the program works in; anything attached to one of them counts,
// wherever it lies. Objects of extensions are left out unless attached to one
// of ours. NOT NULL is reported with the column, because only PostgreSQL 18
// stores it as a constraint.
var catalogueQueries = []string{
	`SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'f' THEN 'foreign table ' WHEN 'S'
	    THEN 'sequence ' ELSE 'table ' END || c.relname,
	  CASE c.relkind WHEN 'p' THEN 'partitioned ' ELSE '' END || CASE c.relpersistence WHEN 'p' THEN '' ELSE 'not permanent ' END
	  || CASE WHEN c.relrowsecurity THEN 'row level security ' ELSE '' END || CASE WHEN c.relforcerowsecurity
	      THEN 'forced row level security ' ELSE '' END
	  || CASE WHEN c.relkind IN ('v', 'm') THEN COALESCE(array_to_string(c.reloptions, ' ') || ' ', '') || pg_get_viewdef(c.oid,
	      true) ELSE '' END
	  FROM ours c`,
	`SELECT 'column ' || a.attname || ' of ' || c.relname,
	  format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
	  || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || (SELECT collname FROM pg_collation
	      WHERE oid = a.attcollation) ELSE '' END
	  || CASE WHEN a.attidentity <> '' THEN ' IDENTITY ' || a.attidentity::text ELSE '' END || CASE WHEN a.attgenerated <> ''
	      THEN ' GENERATED ' || a.attgenerated::text ELSE '' END
	  || COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
	  FROM ours c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid
	  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE c.relkind IN ('r', 'p', 'f')`,
	`SELECT 'constraint ' || n.conname || ' of ' || n.conrelid::regclass, pg_get_constraintdef(n.oid, true) || CASE
	    WHEN n.condeferrable THEN ' deferrable' ELSE '' END
	  FROM pg_constraint n WHERE n.contype <> 'n' AND (n.conrelid IN (SELECT oid FROM ours) OR n.confrelid IN (SELECT oid FROM ours))`,
	`SELECT 'index ' || i.relname || ' on ' || c.relname, pg_get_indexdef(x.indexrelid, 0, true)
	  || CASE WHEN x.indisvalid AND x.indisready AND x.indislive AND x.indimmediate THEN '' ELSE ' not in force' END
	  FROM ours c JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid`,
	`SELECT 'trigger ' || t.tgname || ' on ' || c.relname, pg_get_triggerdef(t.oid, true)
	  || CASE t.tgenabled WHEN 'A' THEN ' always' WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' only on a replica' ELSE '' END
	  FROM ours c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal OR t.tgenabled <> 'O'`,
	`SELECT 'rule ' || r.rulename || ' on ' || c.relname, pg_get_ruledef(r.oid, true) || CASE WHEN r.ev_enabled = 'O' THEN ''
	    ELSE ' ' || r.ev_enabled::text END
	  FROM ours c JOIN pg_rewrite r ON r.ev_class = c.oid WHERE r.rulename <> '_RETURN'`,
	`SELECT 'policy ' || p.polname || ' on ' || c.relname, p.polcmd::text || CASE WHEN p.polpermissive THEN ' permissive'
	    ELSE ' restrictive' END
	  || COALESCE(' using ' || pg_get_expr(p.polqual, p.polrelid), '') || COALESCE(' check ' || pg_get_expr(p.polwithcheck, p.polrelid), '')
	  FROM ours c JOIN pg_policy p ON p.polrelid = c.oid`,
	`SELECT 'table ' || h.inhrelid::regclass || ' under ' || c.relname, 'its rows are read as rows of ' || c.relname FROM ours c
	    JOIN pg_inherits h ON h.inhparent = c.oid`,
	`SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
	  l.lanname || ' ' || p.prokind::text || ' ' || p.provolatile::text || CASE WHEN p.prosecdef THEN ' security definer' ELSE '' END
	  || ' returns ' || format_type(p.prorettype, NULL) || COALESCE(' set ' || array_to_string(p.proconfig, ' '),
	      '') || ' as ' || COALESCE(p.prosrc, '')
	  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = current_schema()::regnamespace
	  AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype = 'e')`,
	`SELECT 'event trigger ' || e.evtname, e.evtevent || ' ' || e.evtfoid::regproc::text || ' ' || e.evtenabled::text FROM pg_event_trigger e
	  WHERE NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_event_trigger'::regclass AND x.objid = e.oid AND x.deptype = 'e')`,
}

const ourRelations = `WITH ours AS (SELECT c.* FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e')) `

// schemaOfPostgres reads the system catalogue, which every role may read.
func schemaOfPostgres(ctx context.Context, v *engine.View) (shape, error) {
	var where string
	if err := engine.DB(v).NewRaw("SELECT quote_ident(current_schema()) || '.'").Scan(ctx, &where); err != nil {
		return nil, err
	}
	s := make(shape)
	for _, query := range catalogueQueries {
		var rows []struct {
			Object     string `bun:"object"`
			Definition string `bun:"definition"`
		}
		if err := engine.DB(v).NewRaw("SELECT * FROM ("+ourRelations+query+") AS found (object, definition)").Scan(ctx, &rows); err != nil {
			return nil, fmt.Errorf("read the catalogue: %w", err)
		}
		for _, r := range rows {
			s[strings.ReplaceAll(r.Object, where, "")] = strings.ReplaceAll(oneLine(strings.TrimSpace(r.Definition)), where, "")
		}
	}
	return s, nil
}
