package verify

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// decidesNothing lists the derived columns that verify does not recompute, as
// "kind.column", each with the reason why it cannot change what anybody sees.
var decidesNothing = map[string]string{}

// TestDerivedColumnsAreRecomputed: digests exclude columns tagged `ledger:"-"`,
// so verify must recompute each such column of each kind, unless it is in the
// list above.
func TestDerivedColumnsAreRecomputed(t *testing.T) {
	tree := &engine.Placement{Parent: map[string]string{"branch": "bureau", "unit": "branch"},
		Tier: map[string]int{"bureau": 1, "branch": 2, "unit": 3}}
	n := 0
	for _, k := range engine.Kinds {
		fieldsOf(k.Type, func(f reflect.StructField, top bool) {
			if f.Tag.Get("ledger") != "-" {
				return
			}
			n++
			name := k.Kind + "." + f.Tag.Get("bun")
			row := reflect.New(k.Type)
			field := row.Elem().FieldByIndex(f.Index)
			switch {
			case decidesNothing[name] != "":
			case !top || field.Kind() != reflect.String:
				t.Errorf("%s: misplaced does not see it", name)
			default:
				field.SetString("poison")
				if r := misplaced(tree, row.Interface().(ledger.Row)); r.Args["Column"] != f.Tag.Get("bun") {
					t.Errorf("%s is derived, and verify does not recompute it: %+v", name, r)
				}
			}
		})
	}
	if n < 15 {
		t.Errorf("only %d derived columns were found", n)
	}
}

// fieldsOf visits the fields of a row, including those of embedded structs.
func fieldsOf(typ reflect.Type, visit func(f reflect.StructField, top bool)) {
	for _, f := range reflect.VisibleFields(typ) {
		visit(f, len(f.Index) == 1)
	}
}

// TestMovedRowsAreNamed moves rows to another branch behind the ledger's back,
// as somebody would to hide a case from its own branch.
func TestMovedRowsAreNamed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		ctx := context.Background()
		storetest.Write(t, s, func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
			var units []*roster.Unit
			for _, u := range []roster.Unit{{Code: "bureau", Tier: 1}, {Code: "here", Tier: 2, ParentID: "bureau"},
				{Code: "there", Tier: 2, ParentID: "bureau"}, {Code: "station", Tier: 3, ParentID: "here"}} {
				u.ID, u.State = u.Code, roster.UnitActive
				units = append(units, &u)
			}
			return []ledger.Fact{{Verb: "unit.create", Kind: "unit", ID: "bureau"}}, "",
				errors.Join(tx.Insert(ctx, units), tx.Bump(ctx, engine.GenerationTree))
		})
		storetest.Write(t, s, func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: "person.create", Kind: "person", ID: "p"}}, "p",
				tx.Insert(ctx, &roster.Person{Stamp: ledger.Stamp{ID: "p"}, PersonnelNo: "1", UnitID: "station"})
		})
		if v, err := Run(ctx, s, Evidence{}, nil); err != nil || !v.OK() {
			t.Fatalf("before: %v %v", v.Findings, err)
		}
		if _, err := engine.Writer(s).Exec("UPDATE people SET branch_id = 'there' WHERE id = 'p'"); err != nil {
			t.Fatal(err)
		}
		v, err := Run(ctx, s, Evidence{}, nil)
		if err != nil || v.Total != 1 {
			t.Fatalf("%v %v", v.Findings, err)
		}
		if f := v.Findings[0]; f.What != "row_derived" || f.Kind != "person" || f.ID != "p" || f.Seq != 1 ||
			f.Args["Is"] != "there" || f.Args["Made"] != "here" {
			t.Errorf("%+v", f)
		}
	})
}
