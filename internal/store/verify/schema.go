package verify

import (
	"context"
	"maps"
	"slices"
	"time"

	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// schema compares the database's schema with the expected one. An added
// trigger, policy or view can change what rows say, or which are visible,
// without touching any row.
func (c *check) schema(ctx context.Context) error {
	made, err := schemaAsMade(engine.Of(c.v).Dialect())
	if err != nil {
		return err
	}
	is, err := schemaAsIs(ctx, c.v)
	if err != nil {
		return err
	}
	c.verdict.Schema = len(is)
	bad := func(what, object string, why Reason) {
		c.verdict.add(Finding{-1, time.Time{}, "schema", object, what, why})
	}
	for _, object := range slices.Sorted(maps.Keys(made)) {
		definition, there := is[object]
		switch {
		case !there && is.lacksTableOf(object):
			// The missing or extra table itself is reported.
		case !there:
			bad("schema_missing", object, reason("schema_missing"))
		case definition != made[object]:
			bad("schema_changed", object, reason("schema_changed", "Is", brief(definition), "Made", brief(made[object])))
		}
	}
	for _, object := range slices.Sorted(maps.Keys(is)) {
		if _, known := made[object]; !known && !(made.lacksTableOf(object) && !is.lacksTableOf(object)) {
			bad("schema_extra", object, reason("schema_extra", "Is", brief(is[object])))
		}
	}
	if engine.Of(c.v).Dialect() != dialect.Postgres {
		return nil
	}
	wrong, err := wrongRights(ctx, c.v)
	for _, w := range wrong {
		bad("schema_right", w.object, w.why)
	}
	return err
}

// lacksTableOf reports whether the object belongs to a table that the schema
// lacks. For a missing or extra table only the table is reported, not each of
// its columns.
func (s shape) lacksTableOf(object string) bool {
	table := "table " + tableIn(object)
	_, there := s[table]
	return !there && object != table && table != "table "
}

// brief shortens a definition for a finding.
func brief(definition string) string {
	const most = 200
	if r := []rune(definition); len(r) > most {
		return string(r[:most]) + "…"
	}
	return definition
}
