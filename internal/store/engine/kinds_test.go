package engine

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/roster"
	"plumbline/internal/store/dialect"
)

// unledgered lists the tables whose rows no entry digests, each with what
// protects it instead. A table either belongs to a kind or is listed here.
var unledgered = map[string]string{
	"answer_sheets":       "digested into the submission",
	"leader_items":        "digested into the submission",
	"contents":            "committed to by the row that each text belongs to",
	"counters":            "recomputed by verify",
	"ledger_entries":      "the ledger",
	"ledger_hashes":       "the ledger",
	"ledger_checkpoints":  "signed",
	"ledger_cosignatures": "signed",
	"ledger_keys":         "bound by checkpoints",
	"slips":               "recomputed by verify",
	"requests":            "name an entry",
	"read_logs":           "chained, and folded into entries",
	"migrations":          "compared with the program's own",
	"sites":               "compared with the ledger where it decides anything",
}

// TestEveryTableIsDeclared: a table that belongs to no declared kind, is not
// scratch and is not listed above would be outside the ledger unnoticed.
func TestEveryTableIsDeclared(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "site.db"))
	v := &View{db: s.reader, s: s}
	declared := make(map[string]bool)
	for i := range Kinds {
		declared[v.Table(&Kinds[i]).Name] = true
	}
	tables, err := dialect.TablesOf(t.Context(), s.reader, s.dialect)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tables {
		if name == "widgets" {
			continue
		}
		n := 0
		for _, known := range []bool{declared[name], unledgered[name] != "", slices.Contains(scratchTables, name)} {
			if known {
				n++
			}
		}
		if n != 1 {
			t.Errorf("table %s is declared %d times: as a kind (kinds.go), as scratch (scratch.go) or here, once", name, n)
		}
		delete(declared, name)
	}
	for name := range declared {
		t.Errorf("a kind is declared whose table %s does not exist", name)
	}
}

// notRefs are columns named like a reference that are none.
var notRefs = []string{"branch_id", "account_id"} // the tree's; and ids that entries carry as pseudonyms

// TestKindsAreDeclaredWhole checks each declaration against the kind's own
// columns: anything missing or contradictory fails here.
func TestKindsAreDeclaredWhole(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "site.db"))
	v := &View{db: s.reader, s: s}
	for i := range Kinds {
		k := &Kinds[i]
		t.Run(k.Kind, func(t *testing.T) {
			table := v.Table(k)
			hangs := len(k.Subjects(table)) > 0
			for _, f := range table.Fields {
				to := k.Ref(f.Name)
				if to == "" && strings.HasSuffix(f.Name, "_id") && !slices.Contains(notRefs, f.Name) {
					t.Errorf("column %s names a row: say of which kind", f.Name)
				}
				if to != "" && KindByName[to] == nil && !slices.Contains([]string{anyRow, worker, noRow}, to) {
					t.Errorf("column %s names a %q, which is no kind", f.Name, to)
				}
				if parent := KindByName[to]; to == anyRow || to == "audit_record" || parent != nil && parent.About == AboutMatter &&
					len(parent.Subjects(v.Table(parent))) > 0 {
					hangs = true
				}
			}
			for column := range k.named {
				if !table.HasField(column) {
					t.Errorf("it has no column %s", column)
				}
			}
			switch k.About {
			case undeclared:
				t.Error("say whom it is about")
			case AboutMatter:
				if !hangs && k.Kind != "audit_record" { // judged by its match
					t.Error("it is about a matter, and no column leads to one that has a subject")
				}
			case aboutNobody:
				if hangs {
					t.Error("it is said to be about nobody, and a column leads to a subject")
				}
			}
			switch texts := len(CommitmentFields(k.Type)) > 0; {
			case k.ends.with == "" && k.ends.why == "":
				t.Error("say when its texts end")
			case texts == (k.ends == noTexts):
				t.Errorf("it has texts: %v; it is declared to end %+v", texts, k.ends)
			case k.ends.with != "" && k.About != AboutMatter:
				t.Error("its texts end with a matter that it is not about")
			}
			if !slices.Contains(roster.Kinds, k.tried) {
				t.Errorf("the route table has no kind %q, so no exercise reaches it", k.tried)
			}
		})
	}
}

// TestTextsThatEndAreReached: expungement walks from an issue and its record
// along references. A kind whose texts end with the matter but that the walk
// cannot reach would keep them for ever.
func TestTextsThatEndAreReached(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "site.db"))
	v := &View{db: s.reader, s: s}
	reached := map[string]bool{"issue": true, "audit_record": true, "match": true, "named_review": true}
	for grown := true; grown; {
		grown = false
		for i := range Kinds {
			k := &Kinds[i]
			for _, f := range v.Table(k).Fields {
				if to := k.Ref(f.Name); !reached[k.Kind] && k.About == AboutMatter && k.Hangs(f.Name) && (to == anyRow || reached[to]) {
					reached[k.Kind], grown = true, true
				}
			}
		}
	}
	for i := range Kinds {
		if k := &Kinds[i]; k.ends.with != "" && !reached[k.Kind] {
			t.Errorf("%s: its texts end with an %s, and nothing leads there", k.Kind, k.ends.with)
		}
	}
}
