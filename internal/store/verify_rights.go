package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// wrongRight is a right, an owner or a setting on PostgreSQL by which a role
// can do more than the program gives it.
type wrongRight struct {
	object string
	why    Reason
}

// The rights that roles other than the owner hold: on tables and their columns,
// on the schema, and by default on what is made later. "" is everybody.
const rightsHeld = `SELECT 'table' AS what, c.relname::text AS name, COALESCE(r.rolname, '')::text AS role, x.privilege_type AS held, x.is_grantable AS passes_on
  FROM ours c CROSS JOIN LATERAL aclexplode(c.relacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE x.grantee <> c.relowner
UNION ALL SELECT 'table', c.relname || '.' || a.attname, COALESCE(r.rolname, ''), x.privilege_type, x.is_grantable
  FROM ours c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL CROSS JOIN LATERAL aclexplode(a.attacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE x.grantee <> c.relowner
UNION ALL SELECT 'schema', n.nspname, COALESCE(r.rolname, ''), x.privilege_type, x.is_grantable
  FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE n.nspname = current_schema() AND x.grantee <> n.nspowner
  AND x.grantee <> (SELECT relowner FROM pg_class WHERE oid = 'migrations'::regclass)
UNION ALL SELECT 'default', d.defaclobjtype::text, COALESCE(r.rolname, ''), x.privilege_type, x.is_grantable
  FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
  WHERE d.defaclrole = (SELECT relowner FROM pg_class WHERE oid = 'migrations'::regclass) AND d.defaclnamespace IN (0, current_schema()::regnamespace) AND x.grantee <> d.defaclrole
ORDER BY 1, 2, 3, 4`

// Tables and functions that another than the owner of the list of migrations
// owns: an owner may do anything with them.
const wrongOwners = `SELECT 'table ' || c.relname AS object, c.relowner::regrole::text AS role FROM ours c WHERE c.relowner <> (SELECT relowner FROM pg_class WHERE oid = 'migrations'::regclass)
UNION ALL SELECT 'function ' || p.proname, p.proowner::regrole::text FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
  AND p.proowner <> (SELECT relowner FROM pg_class WHERE oid = 'migrations'::regclass)
  AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype = 'e') ORDER BY 1`

// Roles that hold rights on the tables and could take the owner's, or that go
// past row level security and everything else.
const strongRoles = `SELECT DISTINCT r.rolname::text AS role FROM ours c CROSS JOIN LATERAL aclexplode(c.relacl) x JOIN pg_roles r ON r.oid = x.grantee
  WHERE x.grantee <> c.relowner AND (r.rolsuper OR r.rolbypassrls OR r.rolreplication OR pg_has_role(r.oid, c.relowner, 'MEMBER')) ORDER BY 1`

// Settings of a role or of this database that switch triggers off or make names
// of tables mean others; and schemas that PostgreSQL searches before ours.
const wrongSettings = `SELECT 'setting of ' || COALESCE(r.rolname, current_database()) AS object, s.setting AS setting
  FROM pg_db_role_setting d CROSS JOIN LATERAL unnest(d.setconfig) s(setting) LEFT JOIN pg_roles r ON r.oid = d.setrole
  WHERE d.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND (s.setting LIKE 'session_replication_role=%' AND s.setting <> 'session_replication_role=origin'
    OR s.setting LIKE 'search_path=%' AND trim('"' FROM split_part(regexp_replace(substr(s.setting, 13), '^("\$user"|\$user) *, *', ''), ',', 1)) <> current_schema())
UNION ALL SELECT 'schema ' || n.nspname, 'the table ' || c.relname FROM pg_namespace n JOIN pg_roles r ON r.rolname = n.nspname JOIN pg_class c ON c.relnamespace = n.oid
  WHERE n.nspname <> current_schema() AND c.relname IN (SELECT relname FROM ours) ORDER BY 1, 2`

// wrongRights lists what goes beyond GrantTo. A role that may only read some
// tables, or fewer than the program needs, is not wrong.
func (v *View) wrongRights(ctx context.Context) ([]wrongRight, error) {
	fixed, err := appendOnlyTables()
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
	if err := v.db.NewRaw(ourRelations+rightsHeld).Scan(ctx, &held); err != nil {
		return nil, fmt.Errorf("read the rights: %w", err)
	}
	for _, h := range held {
		table, _, _ := strings.Cut(h.Name, ".")
		switch {
		case h.What == "default":
			add("default rights of "+rolesName(h.Role), reason("schema_right_default", "Right", h.Held))
		case h.What == "schema" && (h.Held != "USAGE" || h.PassesOn):
			add("schema "+h.Name, reason("schema_right", "Role", rolesName(h.Role), "Right", h.Held))
		case h.What == "table" && !guest(h.Name) && (h.Role == "" || h.PassesOn || !slices.Contains(servingRights(table, fixed), h.Held)):
			add("table "+h.Name, reason("schema_right", "Role", rolesName(h.Role), "Right", h.Held))
		}
	}
	var owners, strong []struct {
		Object string `bun:"object"`
		Role   string `bun:"role"`
	}
	if err := v.db.NewRaw(ourRelations+wrongOwners).Scan(ctx, &owners); err != nil {
		return nil, fmt.Errorf("read the owners: %w", err)
	}
	for _, o := range owners {
		if !guest(tableIn(o.Object)) {
			add(o.Object, reason("schema_owner", "Role", o.Role))
		}
	}
	if err := v.db.NewRaw(ourRelations+strongRoles).Scan(ctx, &strong); err != nil {
		return nil, fmt.Errorf("read the roles: %w", err)
	}
	for _, r := range strong {
		add("role "+r.Role, reason("schema_strong"))
	}
	var settings []struct {
		Object  string `bun:"object"`
		Setting string `bun:"setting"`
	}
	if err := v.db.NewRaw(ourRelations+wrongSettings).Scan(ctx, &settings); err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	for _, s := range settings {
		add(s.Object, reason("schema_setting", "Setting", brief(s.Setting)))
	}
	return out, nil
}

// rolesName is how a finding calls the grantee.
func rolesName(role string) string {
	if role == "" {
		return "PUBLIC"
	}
	return role
}
