package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/store/engine"
)

// wrongRight is a PostgreSQL privilege, owner or setting that gives a role more
// than the program grants.
type wrongRight struct {
	object string
	why    Reason
}

// Privileges held by roles other than the owner: on tables and columns, on the
// schema, and by default on future objects. "" is PUBLIC.
const rightsHeld = `SELECT 'table' AS what, c.relname::text AS name, COALESCE(r.rolname, '')::text AS role,
    x.privilege_type AS held, x.is_grantable AS passes_on
  FROM ours c CROSS JOIN LATERAL aclexplode(c.relacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE x.grantee <> c.relowner
UNION ALL SELECT 'table', c.relname || '.' || a.attname, COALESCE(r.rolname, ''), x.privilege_type, x.is_grantable
  FROM ours c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL CROSS JOIN LATERAL aclexplode(a.attacl) x
      LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE x.grantee <> c.relowner
UNION ALL SELECT 'schema', n.nspname, COALESCE(r.rolname, ''), x.privilege_type, x.is_grantable
  FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
      WHERE n.nspname = current_schema() AND x.grantee <> n.nspowner
  AND x.grantee <> (SELECT relowner FROM pg_class WHERE oid = 'migrations'::regclass)
UNION ALL SELECT 'default', d.defaclobjtype::text, COALESCE(r.rolname, ''), x.privilege_type, x.is_grantable
  FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
  WHERE d.defaclrole = (SELECT relowner FROM pg_class WHERE oid = 'migrations'::regclass)
      AND d.defaclnamespace IN (0, current_schema()::regnamespace) AND x.grantee <> d.defaclrole
ORDER BY 1, 2, 3, 4`

// Tables and functions owned by a role other than the owner of the migrations
// table: an owner may do anything with them.
const wrongOwners = `SELECT 'table ' || c.relname AS object, c.relowner::regrole::text AS role FROM ours c
    WHERE c.relowner <> (SELECT relowner FROM pg_class WHERE oid = 'migrations'::regclass)
UNION ALL SELECT 'function ' || p.proname, p.proowner::regrole::text FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
  AND p.proowner <> (SELECT relowner FROM pg_class WHERE oid = 'migrations'::regclass)
  AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype = 'e') ORDER BY 1`

// Roles with privileges on the tables that could assume the owner's role or
// that bypass row-level security.
const strongRoles = `SELECT DISTINCT r.rolname::text AS role FROM ours c CROSS JOIN LATERAL aclexplode(c.relacl) x
    JOIN pg_roles r ON r.oid = x.grantee
  WHERE x.grantee <> c.relowner AND (r.rolsuper OR r.rolbypassrls OR r.rolreplication
      OR pg_has_role(r.oid, c.relowner, 'MEMBER')) ORDER BY 1`

// Settings of a role or database that disable triggers or redirect table names,
// and schemas searched before ours.
const wrongSettings = `SELECT 'setting of ' || COALESCE(r.rolname, current_database()) AS object, s.setting AS setting
  FROM pg_db_role_setting d CROSS JOIN LATERAL unnest(d.setconfig) s(setting) LEFT JOIN pg_roles r ON r.oid = d.setrole
  WHERE d.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND (s.setting LIKE 'session_replication_role=%' AND s.setting <> 'session_replication_role=origin'
    OR s.setting LIKE 'search_path=%' AND trim('"' FROM split_part(regexp_replace(substr(s.setting, 13),
        '^("\$user"|\$user) *, *', ''), ',', 1)) <> current_schema())
UNION ALL SELECT 'schema ' || n.nspname, 'the table ' || c.relname FROM pg_namespace n
    JOIN pg_roles r ON r.rolname = n.nspname JOIN pg_class c ON c.relnamespace = n.oid
  WHERE n.nspname <> current_schema() AND c.relname IN (SELECT relname FROM ours) ORDER BY 1, 2`

// wrongRights lists privileges beyond GrantTo. A role that may only read some
// tables, or has fewer privileges than the program needs, is fine.
func wrongRights(ctx context.Context, v *engine.View) ([]wrongRight, error) {
	fixed, err := engine.AppendOnlyTables()
	if err != nil {
		return nil, err
	}
	var out []wrongRight
	add := func(object string, why Reason) { out = append(out, wrongRight{object, why}) }

	var held []struct {
		What     string `bun:"what"`
		Name     string `bun:"name"`
		Role     string `bun:"role"`
		Held     string `bun:"held"`
		PassesOn bool   `bun:"passes_on"`
	}
	if err := engine.DB(v).NewRaw(ourRelations+rightsHeld).Scan(ctx, &held); err != nil {
		return nil, fmt.Errorf("read the rights: %w", err)
	}
	for _, h := range held {
		table, _, _ := strings.Cut(h.Name, ".")
		switch {
		case h.What == "default":
			add("default rights of "+rolesName(h.Role), reason("schema_right_default", "Right", h.Held))
		case h.What == "schema" && (h.Held != "USAGE" || h.PassesOn):
			add("schema "+h.Name, reason("schema_right", "Role", rolesName(h.Role), "Right", h.Held))
		case h.What == "table" && !guest(h.Name) && (h.Role == "" || h.PassesOn || !slices.Contains(engine.ServingRights(table,
			fixed), h.Held)):
			add("table "+h.Name, reason("schema_right", "Role", rolesName(h.Role), "Right", h.Held))
		}
	}
	var owners, strong []struct {
		Object string `bun:"object"`
		Role   string `bun:"role"`
	}
	if err := engine.DB(v).NewRaw(ourRelations+wrongOwners).Scan(ctx, &owners); err != nil {
		return nil, fmt.Errorf("read the owners: %w", err)
	}
	for _, o := range owners {
		if !guest(tableIn(o.Object)) {
			add(o.Object, reason("schema_owner", "Role", o.Role))
		}
	}
	if err := engine.DB(v).NewRaw(ourRelations+strongRoles).Scan(ctx, &strong); err != nil {
		return nil, fmt.Errorf("read the roles: %w", err)
	}
	for _, r := range strong {
		add("role "+r.Role, reason("schema_strong"))
	}
	var settings []struct {
		Object  string `bun:"object"`
		Setting string `bun:"setting"`
	}
	if err := engine.DB(v).NewRaw(ourRelations+wrongSettings).Scan(ctx, &settings); err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	for _, s := range settings {
		add(s.Object, reason("schema_setting", "Setting", brief(s.Setting)))
	}
	return out, nil
}

// rolesName is the grantee's name in a finding.
func rolesName(role string) string {
	if role == "" {
		return "PUBLIC"
	}
	return role
}
