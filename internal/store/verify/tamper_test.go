package verify

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/ledger"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

func base64Key(id uint32, sig []byte) string {
	return base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, id), sig...))
}

// flip returns SQL that flips one bit of a bytes column.
func (h *thief) flip(table, column, where string) {
	h.t.Helper()
	var raw []byte
	if err := h.tx.NewSelect().Table(table).Column(column).Where(where).Limit(1).Scan(context.Background(), &raw); err != nil {
		h.t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1 << 3
	if _, err := h.tx.NewRaw("UPDATE ? SET ? = ? WHERE "+where, bun.Ident(table), bun.Ident(column), raw).
		Exec(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// tampering is one act of tampering, who finds it, and the expected finding:
// code, kind and id of the row, and the entry.
type tampering struct {
	name     string
	do       func(h *thief)
	by       func(b *bureau) Evidence // whose evidence finds it
	what     string
	kind, id string
	seq      int64
	quiet    bool   // the site alone does not find it
	found    string // by whom, in TestWhoFindsWhat
}

var tamperNight = []tampering{
	{"edit a row", func(h *thief) { h.editUnit("u1") }, (*bureau).bySite, "row_changed", "unit", "u1", 5, false, "site"},
	{"hang a row under another branch, so that others see it",
		func(h *thief) { h.do("UPDATE statements SET branch_id = 'u1' WHERE id = 's1'") }, (*bureau).bySite, "row_derived",
		"statement", "s1", 6, false, "site"},
	{"edit a row and its leaf", func(h *thief) {
		digest := h.editUnit("u1")
		e := h.entries()[5]
		e.After[0].Digest = digest
		body, _ := e.Marshal()
		leaf := ledger.LeafHash(body)
		if _, err := h.tx.Exec("UPDATE ledger_entries SET body = ?, leaf = ? WHERE seq = 5", body, leaf[:]); err != nil {
			h.t.Fatal(err)
		}
	}, (*bureau).bySite, "entry_tree", "unit", "u1", 5, false, "site witness:note receipt"},
	{"edit a row, its leaf and the whole tree", func(h *thief) {
		all := h.entries()
		all[8].After[0].Digest = h.editUnit("u2")
		h.rewrite(all, false)
	}, (*bureau).bySite, "checkpoint_root", "checkpoint", "9", 6, false, "site witness:note receipt"},
	{"rebuild all and sign with the stolen key: a receipt", func(h *thief) { h.rebuild() }, (*bureau).byReceipt,
		"evidence_differs", "unit", "u2", 8, true, "witness:fork receipt"},
	{"rebuild all and sign with the stolen key: the witness's line is gone", func(h *thief) { h.rebuild() },
		(*bureau).byWitness, "witness_missing", "witness", witnessName, -1, true, "witness:fork receipt"},
	{"rebuild all and sign with the stolen key: the witness's memory", func(h *thief) { h.rebuild() }, (*bureau).byWitness,
		"evidence_differs", "note", "witness", 6, true, "witness:fork receipt"},
	{"rebuild all and sign with the stolen key: the notice board", func(h *thief) { h.rebuild() }, (*bureau).byNotice,
		"evidence_differs", "digits", "notice board", 0, true, "witness:fork receipt"},
	{"rebuild all, sign, and put the old cosignatures back", func(h *thief) {
		h.do("CREATE TEMP TABLE lines AS SELECT * FROM ledger_cosignatures")
		h.rebuild()
		h.do("INSERT INTO ledger_cosignatures SELECT * FROM lines")
	}, (*bureau).byWitness, "witness_signature", "witness", witnessName + "/9", 8, true, "witness:fork receipt"},
	{"truncate the tail", func(h *thief) { h.do("DELETE FROM ledger_entries WHERE seq >= 11") }, (*bureau).bySite,
		"entry_truncated", "ledger", "tree", 11, false, "site witness:note receipt"},
	{"truncate the tail with its nodes", func(h *thief) {
		h.do("DELETE FROM ledger_entries WHERE seq >= 11",
			"DELETE FROM ledger_hashes WHERE idx >= "+strconv.Itoa(int(ledger.StoredCount(11))))
	}, (*bureau).bySite, "checkpoint_beyond", "checkpoint", "12", 11, false, "site witness:note receipt"},
	{"truncate the tail with nodes and checkpoint", func(h *thief) {
		h.do("DELETE FROM ledger_entries WHERE seq >= 10",
			"DELETE FROM ledger_hashes WHERE idx >= "+strconv.Itoa(int(ledger.StoredCount(10))), "DELETE FROM ledger_checkpoints WHERE size > 10")
	}, (*bureau).bySite, "row_unknown", "unit", "u6", -1, false, "site witness:shrink receipt"},
	{"swap neighbours", func(h *thief) {
		h.do("CREATE TEMP TABLE two AS SELECT seq, body, leaf FROM ledger_entries WHERE seq IN (2, 3)",
			"UPDATE ledger_entries SET body = (SELECT body FROM two WHERE two.seq = 5 - ledger_entries.seq), leaf = (SELECT leaf "+
				"FROM two WHERE two.seq = 5 - ledger_entries.seq) WHERE seq IN (2, 3)")
	}, (*bureau).bySite, "entry_columns", "unit", "u2", 2, false, "site witness:note receipt"},
	{"swap neighbours, tree and numbers made to fit", func(h *thief) {
		all := h.entries()
		all[7], all[8] = all[8], all[7]
		all[7].Time, all[8].Time = all[8].Time, all[7].Time
		h.rewrite(all, false)
	}, (*bureau).bySite, "checkpoint_root", "checkpoint", "9", 6, false, "site witness:note receipt"},
	{"insert back-dated at the end", func(h *thief) { h.insert(12, -48*time.Hour) }, (*bureau).bySite, "entry_time", "unit",
		"u9", 12, false, "site"},
	{"insert back-dated into the middle", func(h *thief) { h.insert(7, 0) }, (*bureau).bySite, "checkpoint_root", "checkpoint",
		"9", 6, false, "site witness:note receipt"},
	{"edit only the business table: a row more", func(h *thief) { h.slip("u9") }, (*bureau).bySite, "row_unknown", "unit",
		"u9", -1, false, "site"},
	{"edit only the business table: a row less", func(h *thief) { h.do("DELETE FROM units WHERE id = 'u4'") },
		(*bureau).bySite, "row_missing", "unit", "u4", 4, false, "site"},
	{"edit only the business table: a number of the report", func(h *thief) {
		h.do("INSERT INTO counters (section, unit_id, month, key, n) VALUES ('s', 'u', 'm', 'k', 1)")
	}, (*bureau).bySite, "counter", "counter", "s/u/m/k", -1, false, "site"},
	{"put an old copy back: the witness", func(h *thief) { h.oldCopy(); h.witnessKnows(12) }, (*bureau).byWitness,
		"evidence_beyond", "note", "witness", 10, true, "witness:shrink receipt"},
	{"put an old copy back: a receipt", func(h *thief) { h.oldCopy() }, (*bureau).byReceipt, "evidence_beyond", "receipt",
		"receipt 11", 11, true, "witness:shrink receipt"},
	{"truncate the tail with its rows and sign the rest anew: the witness",
		func(h *thief) { h.oldCopy(); h.signHead(); h.witnessKnows(12) }, (*bureau).byWitness, "evidence_beyond", "note",
		"witness", 10, true, "witness:shrink receipt"},
	{"truncate the tail with its rows and sign the rest anew: a receipt", func(h *thief) { h.oldCopy(); h.signHead() },
		(*bureau).byReceipt, "evidence_beyond", "receipt", "receipt 11", 11, true, "witness:shrink receipt"},
	{"flip a bit of an entry", func(h *thief) { h.flip("ledger_entries", "body", "seq = 7") }, (*bureau).bySite, "entry_leaf",
		"unit", "u5", 7, false, "site witness:note receipt"},
	{"flip a bit of a leaf", func(h *thief) { h.flip("ledger_entries", "leaf", "seq = 7") }, (*bureau).bySite, "entry_leaf",
		"unit", "u5", 7, false, "site"},
	{"flip a bit of a node", func(h *thief) { h.flip("ledger_hashes", "hash", "idx = 2") }, (*bureau).bySite, "entry_tree",
		"ledger", "2", 0, false, "site"},
	{"flip a bit of a row's salt", func(h *thief) { h.flip("units", "salt", "id = 'u3'") }, (*bureau).bySite, "row_changed",
		"unit", "u3", 11, false, "site"},
	{"flip a bit of a text", func(h *thief) { h.flip("contents", "sealed", "record_id = 's1'") }, (*bureau).bySite,
		"text_changed", "statement", "s1", 6, false, "site"},
	{"flip a bit of a salt slip", func(h *thief) { h.flip("slips", "body", "seq = 6") }, (*bureau).bySite, "slip_changed",
		"statement", "s1", 6, false, "site"},
	{"empty a salt slip", func(h *thief) { h.do("UPDATE slips SET body = substr(body, 1, 0) WHERE seq = 6") },
		(*bureau).bySite, "slip_changed", "statement", "s1", 6, false, "site"},
	{"put a salt slip beside no entry", func(h *thief) { h.do("UPDATE slips SET seq = 60 WHERE seq = 6") }, (*bureau).bySite,
		"slip_unknown", "slip", "60", 60, false, "site"},
	{"flip a bit of a checkpoint's root", func(h *thief) { h.flip("ledger_checkpoints", "root", "size = 9") },
		(*bureau).bySite, "checkpoint_root", "checkpoint", "9", 6, false, "site"},
	{"change a checkpoint's note", func(h *thief) {
		h.do("UPDATE ledger_checkpoints SET note = REPLACE(note, '— test', '— tesu') WHERE size = 12")
	}, (*bureau).bySite, "checkpoint_signature", "checkpoint", "12", 11, false, "site"},
	{"delete a checkpoint", func(h *thief) {
		h.do("DELETE FROM ledger_checkpoints WHERE size = 6", "DELETE FROM ledger_cosignatures WHERE size = 6")
	}, (*bureau).bySite, "row_missing", "checkpoint", "6", 9, false, "site receipt"},
	{"delete a witnessed checkpoint alone", func(h *thief) { h.do("DELETE FROM ledger_checkpoints WHERE size = 9") },
		(*bureau).bySite, "checkpoint_missing", "checkpoint", "9", 8, false, "site receipt"},
	{"delete the newest checkpoint", func(h *thief) { h.do("DELETE FROM ledger_checkpoints WHERE size = 12") },
		(*bureau).byReceipt, "checkpoint_missing", "checkpoint", "12", 11, true, "witness:shrink receipt"},
	{"slip a checkpoint in", func(h *thief) {
		h.do("INSERT INTO ledger_checkpoints SELECT 7, at, root, note FROM ledger_checkpoints WHERE size = 6")
	}, (*bureau).bySite, "checkpoint_columns", "checkpoint", "7", 6, false, "site"},
	{"disable the triggers and write an entry without its row", func(h *thief) {
		h.do("INSERT INTO ledger_entries SELECT 12, at, account, verb, kind, object_id, body, leaf FROM ledger_entries WHERE seq = 11")
	}, (*bureau).bySite, "entry_columns", "unit", "u3", 12, false, "site"},
}

// rebuild is the worst attack from inside: it changes a row, the entry that
// named it and everything that follows: the tree and every checkpoint.
func (h *thief) rebuild() {
	all := h.entries()
	all[8].After[0].Digest = h.editUnit("u2")
	h.rewrite(all, true)
}

func (h *thief) slip(id string) {
	h.do("INSERT INTO units SELECT '" + id + "', version, salt, created_at, changed_at, '" + id + "', name, name_en, sort_key, " +
		"tier, parent_id, state, successor_id, from_on, to_on FROM units WHERE id = 'u0'")
}

// insert inserts an entry for a new unit at a position.
func (h *thief) insert(at int, shift time.Duration) {
	h.slip("u9")
	digest := h.editUnit("u9")
	all := h.entries()
	e := *all[at-1]
	e.Object, e.Verb, e.Time = "u9", "unit.create", e.Time.Add(shift)
	e.Kind = "unit"
	e.After = []ledger.After{{Kind: "unit", ID: "u9", Encoding: 1, Digest: digest}}
	all = append(all[:at], append([]*ledger.Entry{&e}, all[at:]...)...)
	h.rewrite(all, false)
}

func (h *thief) oldCopy() {
	for _, table := range tamperTables {
		h.do("DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM old_"+table)
	}
}

// witnessKnows makes the witness aware of a checkpoint whose cosignature the
// site had not stored yet.
func (h *thief) witnessKnows(size int64) {
	for _, n := range h.notes {
		if n.Checkpoint.Size == size {
			h.kept[size] = n.Checkpoint
		}
	}
}

// TestTamperNight tampers in every way the owner of the database can, with the
// triggers disabled, and checks that the false row is named and by whom it is
// found. Verify must not claim to find what the site alone cannot detect.
func TestTamperNight(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *engine.Store) {
		b := newBureau(t, s)
		b.live()
		for name, ev := range map[string]Evidence{"site": b.bySite(), "receipts": b.byReceipt(), "witness": b.byWitness(),
			"notice": b.byNotice()} {
			if v, err := Run(context.Background(), s, ev, nil); err != nil || !v.OK() {
				t.Fatalf("before the night, %s: %+v %v", name, v, err)
			}
		}
		if v, err := Run(context.Background(), s, b.byFalseTime(), nil); err != nil || v.Total != 1 ||
			v.Findings[0].What != "evidence_time" || v.Findings[0].ID != "u2" || v.Findings[0].Seq != 8 {
			t.Errorf("a receipt whose own time was moved: %+v %v", v, err)
		}
		b.disarm()
		for _, c := range tamperNight {
			t.Run(c.name, func(t *testing.T) {
				ctx := context.Background()
				tx, err := engine.Writer(s).BeginTx(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer tx.Rollback()
				h := &thief{bureau: b, tx: tx}
				b.t = t
				defer delete(b.kept, 12)
				c.do(h)
				views := []*engine.View{engine.On(s, tx)}
				alone, err := verifyIn(ctx, s, views, b.bySite(), nil)
				if err != nil {
					t.Fatal(err)
				}
				if quiet := alone.Total == b.armless; quiet != c.quiet {
					t.Errorf("the site alone, but for the triggers: ok is %v; findings: %v", quiet, alone.Findings)
				}
				v, err := verifyIn(ctx, s, views, c.by(b), nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range v.Findings {
					if f.What == c.what && f.Kind == c.kind && f.ID == c.id && f.Seq == c.seq {
						return
					}
				}
				t.Fatalf("not found; findings:\n%s", lines(v.Findings))
			})
		}
	})
}

func lines(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

// disarm drops the triggers, as the owner of the tables can.
func (b *bureau) disarm() {
	ctx := context.Background()
	var stmts []string
	query := "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'"
	if b.s.Dialect() == dialect.Postgres {
		query = "SELECT 'ALTER TABLE ' || table_name || ' DISABLE TRIGGER ALL' FROM information_schema.tables WHERE table_schema " +
			"= current_schema() AND table_type = 'BASE TABLE'"
	}
	if err := engine.Writer(b.s).NewRaw(query).Scan(ctx, &stmts); err != nil {
		b.t.Fatal(err)
	}
	if len(stmts) == 0 {
		b.t.Fatal("no triggers to take away")
	}
	for _, stmt := range stmts {
		if _, err := engine.Writer(b.s).Exec(stmt); err != nil {
			b.t.Fatal(err)
		}
	}
	v, err := Run(ctx, b.s, b.bySite(), nil)
	if err != nil || v.OK() || v.Findings[0].Kind != "schema" {
		b.t.Fatalf("nobody misses the triggers: %+v %v", v, err)
	}
	b.armless = v.Total
}
