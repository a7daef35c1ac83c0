package verify

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"plumbline/internal/apptest/storetest"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store/engine"
)

// The tables that the thief sets aside are no part of the schema.
func init() { guests = append(guests, "old_") }

// plainSigner holds the log's key, as both the signer and a thief do.
type plainSigner struct {
	name string
	key  ed25519.PrivateKey
}

func (p plainSigner) Name() string { return p.name }
func (p plainSigner) KeyHash() uint32 {
	id := strings.SplitN(p.vkey(), "+", 3)[1]
	n, _ := strconv.ParseUint(id, 16, 32)
	return uint32(n)
}
func (p plainSigner) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(p.key, msg), nil }
func (p plainSigner) vkey() string {
	return ledger.LogKey(p.name, p.key.Public().(ed25519.PublicKey))
}

// bureau is a site with a history, a signer, a witness and people who keep
// their receipts.
type bureau struct {
	t        *testing.T
	s        *engine.Store
	log      plainSigner
	witness  ed25519.PrivateKey
	at       time.Time
	points   []int64                     // sizes of the checkpoints, as they were signed
	kept     map[int64]ledger.Checkpoint // what the witness remembers
	receipts []KeptReceipt               // one for each entry under a checkpoint
	notes    []KeptNote                  // the checkpoints that the receipts carry
	armless  int                         // findings once the triggers are away
}

const witnessName = "audit.example/w1"

func newBureau(t *testing.T, s *engine.Store) *bureau {
	b := &bureau{t: t, s: s, log: plainSigner{"test", ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))},
		witness: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32)), at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC),
		kept: make(map[int64]ledger.Checkpoint)}
	engine.SetClock(s, func() time.Time { b.at = b.at.Add(time.Second); return b.at })
	return b
}

func (b *bureau) write(verb, kind, id string, fn func(ctx context.Context, tx *engine.Tx) error) {
	b.t.Helper()
	_, err := b.s.Update(context.Background(), engine.Call{Account: "a", Role: "records_officer", Op: verb},
		func(ctx context.Context, tx *engine.Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: verb, Kind: kind, ID: id}}, id, fn(ctx, tx)
		})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bureau) unit(id string) {
	b.write("unit.create", "unit", id, func(ctx context.Context, tx *engine.Tx) error {
		return tx.Insert(ctx, &roster.Unit{Stamp: ledger.Stamp{ID: id}, Code: id, Name: "单位", Tier: 3, State: roster.UnitActive})
	})
}

func (b *bureau) rename(id, name string) {
	b.write("unit.edit", "unit", id, func(ctx context.Context, tx *engine.Tx) error {
		var u roster.Unit
		if err := engine.DB(&tx.View).NewSelect().Model(&u).Where("id = ?", id).Scan(ctx); err != nil {
			return err
		}
		after := u
		after.Name = name
		return tx.Save(ctx, &u, &after)
	})
}

func (b *bureau) statement(id, text string) {
	b.write("statement.make", "statement", id, func(ctx context.Context, tx *engine.Tx) error {
		tx.KeepSlip()
		c, err := tx.PutText(ctx, id, "text", text)
		if err != nil {
			return err
		}
		return tx.Insert(ctx, &issue.Statement{Stamp: ledger.Stamp{ID: id}, IssueID: "i", TextC: c, AnswerC: ledger.Commitment{}})
	})
}

func (b *bureau) cosigned(note []byte) (line string) {
	b.t.Helper()
	return b.cosignedBy(witnessName, b.witness, note)
}

func (b *bureau) cosignedBy(name string, key ed25519.PrivateKey, note []byte) (line string) {
	b.t.Helper()
	c, err := ledger.NewCosigner(name, key, func() time.Time { return b.at })
	if err != nil {
		b.t.Fatal(err)
	}
	text := note[:bytes.Index(note, []byte("\n\n"))+1]
	sig, err := c.Sign(text)
	if err != nil {
		b.t.Fatal(err)
	}
	return "— " + name + " " + base64Key(c.KeyHash(), sig) + "\n"
}

// sign stores a checkpoint of the present head. The witness signs it too.
func (b *bureau) sign(witnessed bool) {
	b.t.Helper()
	ctx := context.Background()
	var c ledger.Checkpoint
	storetest.View(b.t, b.s, func(ctx context.Context, v *engine.View) (err error) {
		c.Origin = b.s.Origin()
		c.Size, c.Root, err = v.Head(ctx)
		return err
	})
	note, err := ledger.SignCheckpoint(c, b.log)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.s.SaveCheckpoint(ctx, engine.LedgerCheckpoint{Size: c.Size, At: b.at, Root: c.Root[:], Note: string(note)},
		b.log.vkey()); err != nil {
		b.t.Fatal(err)
	}
	b.points = append(b.points, c.Size)
	if !witnessed {
		return
	}
	b.kept[c.Size] = c
	if err := b.s.SaveCosignature(ctx, engine.LedgerCosignature{Size: c.Size, Witness: witnessName, At: b.at,
		Line: b.cosigned(note)}); err != nil {
		b.t.Fatal(err)
	}
}

// live writes the initial history. The table in TestTamperNight relies on its
// numbers.
func (b *bureau) live() {
	for i := range 5 {
		b.unit(fmt.Sprintf("u%d", i)) // entries 0 to 4
	}
	b.rename("u1", "改名单位") // 5
	b.sign(true)           // 6 entries
	b.statement("s1", "what was said")
	b.unit("u5")            // 7
	b.rename("u2", "另一个名字") // 8
	b.sign(true)            // 9 entries
	if _, err := b.s.AnchorCheckpoints(context.Background(), engine.Call{Account: "a"}, 2); err != nil {
		b.t.Fatal(err) // 9
	}
	b.backup()
	b.unit("u6")            // 10
	b.rename("u3", "第三个名字") // 11
	b.sign(false)           // 12 entries
	b.keepReceipts()
}

// tables lists the tables that a thief must adjust.
var tamperTables = []string{"units", "statements", "contents", "ledger_entries", "ledger_hashes", "ledger_checkpoints",
	"ledger_cosignatures", "counters"}

// backup copies the tables, for the thief who restores an old copy.
func (b *bureau) backup() {
	for _, table := range tamperTables {
		if _, err := engine.Writer(b.s).Exec("CREATE TABLE old_" + table + " AS SELECT * FROM " + table); err != nil {
			b.t.Fatal(err)
		}
	}
}

// keepReceipts issues a receipt for every entry under the last checkpoint.
func (b *bureau) keepReceipts() {
	storetest.View(b.t, b.s, func(ctx context.Context, v *engine.View) error {
		for seq := range b.points[len(b.points)-1] {
			e, err := v.EntryAt(ctx, seq)
			if err != nil {
				return err
			}
			p, err := v.CheckpointFor(ctx, seq)
			if err != nil {
				return err
			}
			path, err := v.Proof(ctx, p.Size, seq)
			if err != nil {
				return err
			}
			note, err := v.SignedNote(ctx, p)
			if err != nil {
				return err
			}
			r := &ledger.Receipt{Seq: seq, Time: e.At, Leaf: ledger.Hash(e.Leaf), Path: path, Note: note}
			o, err := r.Check(b.logOnly())
			if err != nil {
				return err
			}
			from := "receipt " + strconv.FormatInt(seq, 10)
			b.receipts = append(b.receipts, KeptReceipt{From: from, Receipt: r, Size: o.Size})
			b.notes = append(b.notes, KeptNote{From: from, Checkpoint: o.Checkpoint})
		}
		return nil
	})
}

func (b *bureau) logOnly() ledger.Trust {
	trust, err := ledger.ParseTrust(b.log.vkey())
	if err != nil {
		b.t.Fatal(err)
	}
	return trust
}

// The evidence that each of them can supply.
func (b *bureau) bySite() Evidence { return Evidence{Trust: b.logOnly()} }
func (b *bureau) byReceipt() Evidence {
	return Evidence{Trust: b.logOnly(), Receipts: b.receipts, Notes: b.notes}
}

// byFalseTime is a receipt whose holder or printer altered its time.
func (b *bureau) byFalseTime() Evidence {
	ev := b.byReceipt()
	moved := *b.receipts[8].Receipt
	moved.Time = moved.Time.Add(-24 * time.Hour)
	ev.Receipts = []KeptReceipt{{From: "receipt 8", Receipt: &moved, Size: b.receipts[8].Size}}
	return ev
}
func (b *bureau) byWitness() Evidence {
	ev := b.bySite()
	trust, err := ledger.ParseTrust(ledger.CosignerKey(witnessName, b.witness.Public().(ed25519.PublicKey)))
	if err != nil {
		b.t.Fatal(err)
	}
	ev.Trust.Witnesses, ev.Trust.Quorum = trust.Witnesses, 1
	for _, c := range b.kept {
		ev.Notes = append(ev.Notes, KeptNote{From: "witness", Checkpoint: c})
	}
	return ev
}

// byNotice is yesterday's digits from the notice board.
func (b *bureau) byNotice() Evidence {
	ev := b.bySite()
	ev.Digits = []KeptDigits{{From: "notice board", Digits: b.kept[9].Digits(), Size: 9}}
	return ev
}

// thief works inside a transaction that is rolled back after verification.
type thief struct {
	*bureau
	tx bun.Tx
}

func (h *thief) do(stmts ...string) {
	h.t.Helper()
	for _, stmt := range stmts {
		if _, err := h.tx.Exec(stmt); err != nil {
			h.t.Fatalf("%s: %v", stmt, err)
		}
	}
}

func (h *thief) entries() (out []*ledger.Entry) {
	h.t.Helper()
	rows, err := (engine.On(h.s, h.tx)).Entries(context.Background(), 0, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range rows {
		e, err := ledger.ParseEntry(r.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// editUnit changes a unit as its owner can, following all the program's rules
// except the ledger, and returns the row's new digest.
func (h *thief) editUnit(id string) ledger.Hash {
	h.t.Helper()
	h.do("UPDATE units SET name = 'falsified' WHERE id = '" + id + "'")
	var u roster.Unit
	if err := h.tx.NewSelect().Model(&u).Where("id = ?", id).Scan(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	d, err := ledger.Digest("unit", &u)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// rewrite replaces the log by the given entries with consistent numbers,
// predecessors, leaves and nodes. With sign, the checkpoints are re-signed with
// the stolen key, and entries that name checkpoints name the new ones.
func (h *thief) rewrite(entries []*ledger.Entry, sign bool) {
	h.t.Helper()
	ctx := context.Background()
	h.do("DELETE FROM ledger_entries", "DELETE FROM ledger_hashes")
	if sign {
		h.do("DELETE FROM ledger_checkpoints", "DELETE FROM ledger_cosignatures")
	}
	edge, _ := ledger.NewEdge(0, nil)
	prev := map[string]int64{}
	var rows []engine.LedgerEntry
	var nodes []engine.LedgerHash
	notes := map[int64]string{}
	for i, e := range entries {
		e.Seq, e.Prev = int64(i), -1
		if p, ok := prev[e.Object]; ok {
			e.Prev = p
		}
		prev[e.Object] = e.Seq
		for j, a := range e.After {
			if size, _ := strconv.ParseInt(a.ID, 10, 64); a.Kind == engine.CheckpointKind && sign {
				e.After[j].Digest = engine.NoteDigest(notes[size])
			}
		}
		body, err := e.Marshal()
		if err != nil {
			h.t.Fatal(err)
		}
		leaf, stored, err := edge.Append(body)
		if err != nil {
			h.t.Fatal(err)
		}
		rows = append(rows, engine.LedgerEntry{Seq: e.Seq, At: e.Time, Account: e.Actor, Verb: e.Verb, Kind: e.Kind, ObjectID: e.Object,
			Body: body, Leaf: leaf[:]})
		for _, n := range stored {
			nodes = append(nodes, engine.LedgerHash{Idx: n.Index, Hash: n.Hash[:]})
		}
		for _, size := range h.points {
			if size != edge.Size() || !sign {
				continue
			}
			root, _ := edge.Root()
			note, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: h.s.Origin(), Size: size, Root: root}, h.log)
			if err != nil {
				h.t.Fatal(err)
			}
			notes[size] = string(note)
			if _, err := h.tx.NewInsert().Model(&engine.LedgerCheckpoint{Size: size, At: e.Time, Root: root[:],
				Note: string(note)}).Exec(ctx); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	if err := engine.InsertAll(ctx, h.s, h.tx, rows); err != nil {
		h.t.Fatal(err)
	}
	if err := engine.InsertAll(ctx, h.s, h.tx, nodes); err != nil {
		h.t.Fatal(err)
	}
}
