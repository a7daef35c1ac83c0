package heads

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/signer"
	"plumbline/internal/slip"
	"plumbline/internal/store"
)

// ReceiptLine is one entry that the actor made and may have a receipt of.
type ReceiptLine struct {
	Seq  int64
	At   time.Time
	Verb string
	Leaf ledger.Hash
}

// ReceiptView is the receipt of one entry.
type ReceiptView struct {
	ReceiptLine
	Slip   bool            // a salt slip was kept
	Signed *ledger.Receipt // nil while no checkpoint covers the entry
	Opened *ledger.Opened  // the receipt's checkpoint, with the witnesses' times
}

// ReceiptAsk says which receipt is wanted.
type ReceiptAsk struct {
	Seq    int64
	Newest bool          // under the newest checkpoint
	Size   int64         // under the checkpoint of exactly this size; 0 for no wish
	Wait   time.Duration // how long to wait for the first checkpoint
}

// Receipt gives the receipt of an entry that the actor's own account made.
// Without a wish it stands under the smallest checkpoint that a witness signed,
// or while none did, the smallest of all: the same entry has the same receipt
// until there is a better one.
func (h *Heads) Receipt(ctx context.Context, who *roster.Actor, ask ReceiptAsk) (out ReceiptView, err error) {
	for first := true; ; first = false {
		err = h.Read(ctx, who, "receipt.read", func(ctx context.Context, v *store.View) error {
			e, err := ownEntry(ctx, v, who, ask.Seq)
			if err != nil {
				return err
			}
			out = ReceiptView{ReceiptLine: receiptLine(e)}
			if out.Slip, err = v.HasSlip(ctx, e.Seq); err != nil {
				return err
			}
			return h.signed(ctx, v, ask, &out)
		})
		if err != nil || out.Signed != nil || ask.Wait <= 0 || !first {
			return out, err
		}
		wait, done := context.WithTimeout(ctx, ask.Wait)
		err := h.WaitCheckpoint(wait, ask.Seq)
		done()
		if err != nil {
			return out, nil // the page says that it is being signed
		}
	}
}

// ownEntry reads an entry of the actor's own account; anybody else's is not there.
func ownEntry(ctx context.Context, v *store.View, who *roster.Actor, seq int64) (*store.LedgerEntry, error) {
	if seq < 0 || seq > ledger.SizeMax || who.Program {
		return nil, fault.NotFound()
	}
	e, err := v.EntryAt(ctx, seq)
	if err != nil {
		return nil, err
	}
	if e.Account != who.Account || e.Verb == issue.VerbCompare {
		return nil, fault.NotFound()
	}
	return e, nil
}

func receiptLine(e *store.LedgerEntry) ReceiptLine {
	l := ReceiptLine{Seq: e.Seq, At: e.At.UTC(), Verb: e.Verb}
	copy(l.Leaf[:], e.Leaf)
	return l
}

// signed puts the checkpoint and the proof to the receipt, if there are any.
func (h *Heads) signed(ctx context.Context, v *store.View, ask ReceiptAsk, out *ReceiptView) error {
	c, err := receiptCheckpoint(ctx, v, ask)
	if errors.Is(err, store.ErrNone) && ask.Size == 0 {
		return nil
	} else if err != nil {
		return err
	}
	note, err := v.SignedNote(ctx, c)
	if err != nil {
		return err
	}
	path, err := v.Proof(ctx, c.Size, out.Seq)
	if err != nil {
		return err
	}
	text, _, _ := strings.Cut(string(note), "\n\n")
	parsed, err := ledger.ParseCheckpoint(text + "\n")
	if err != nil {
		return err
	}
	lines, err := v.Cosignatures(ctx, c.Size)
	if err != nil {
		return err
	}
	out.Signed = &ledger.Receipt{Seq: out.Seq, Time: out.At, Leaf: out.Leaf, Path: path, Note: note}
	out.Opened = &ledger.Opened{Checkpoint: parsed}
	for _, l := range lines {
		out.Opened.Witnesses = append(out.Opened.Witnesses, ledger.Cosignature{Witness: l.Witness, Time: l.At.UTC(), Line: l.Line})
	}
	return nil
}

func receiptCheckpoint(ctx context.Context, v *store.View, ask ReceiptAsk) (*store.LedgerCheckpoint, error) {
	switch {
	case ask.Size > 0:
		if ask.Size <= ask.Seq {
			return nil, store.ErrNone
		}
		return v.CheckpointAt(ctx, ask.Size)
	case ask.Newest:
		c, err := v.LastCheckpoint(ctx)
		if err == nil && c.Size <= ask.Seq {
			return nil, store.ErrNone
		}
		return c, err
	}
	c, err := v.WitnessedFor(ctx, ask.Seq, 1)
	if errors.Is(err, store.ErrNone) {
		return v.CheckpointFor(ctx, ask.Seq)
	}
	return c, err
}

// Receipts lists the actor's own entries that a receipt is offered for, the
// newest first. before is a number to go on below; 0 begins with the newest.
func (h *Heads) Receipts(ctx context.Context, who *roster.Actor, before int64, limit int) (out []ReceiptLine, next int64, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	limit = min(max(limit, 1), store.PageMax)
	err = h.Read(ctx, who, "receipt.list", func(ctx context.Context, v *store.View) error {
		rows, err := v.ReceiptEntries(ctx, who.Account, before, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows, next = rows[:limit], rows[limit-1].Seq
		}
		for i := range rows {
			out = append(out, receiptLine(&rows[i]))
		}
		return nil
	})
	return out, next, err
}

// Slip gives what opens the commitments of an entry that the actor's own
// account made: the entry's bytes, its rows with their salts, the texts that
// were not erased, and the answers of a list. erased says that texts are gone.
func (h *Heads) Slip(ctx context.Context, who *roster.Actor, seq int64) (s *slip.Slip, erased bool, err error) {
	err = h.Read(ctx, who, "receipt.slip", func(ctx context.Context, v *store.View) error {
		e, err := ownEntry(ctx, v, who, seq)
		if err != nil {
			return err
		}
		kept, err := v.SlipOf(ctx, seq)
		if err != nil {
			return err
		}
		entry, err := ledger.ParseEntry(e.Body)
		if err != nil {
			return err
		}
		s = &slip.Slip{Version: slip.Version, Seq: seq, Entry: string(e.Body), Texts: []slip.OpenText{}}
		var ids []string
		for _, row := range kept { // rows that a further fact of the same write claimed are not this entry's
			if slices.ContainsFunc(entry.After, func(x ledger.After) bool { return x.Kind == row.Kind && x.ID == row.ID }) {
				s.Rows = append(s.Rows, slip.OpenRow{Kind: row.Kind, ID: row.ID, Columns: row.Columns})
				ids = append(ids, row.ID)
			}
		}
		texts, err := v.Openings(ctx, ids...)
		if err != nil {
			return err
		}
		for _, t := range texts {
			if text := (slip.OpenText{Record: t.RecordID, Field: t.Field, Salt: t.Salt, Value: t.Value}); s.Commits(text) {
				s.Texts = append(s.Texts, text)
			}
		}
		if list, round := s.List(); list != "" {
			answers, err := v.Answers(ctx, list, round)
			if err != nil {
				return err
			}
			s.Answers = slip.AnswersOf(answers)
		}
		verdict, err := s.Check(seq, ledger.Hash(e.Leaf))
		if err != nil {
			return err
		}
		erased = verdict.Closed > 0
		return nil
	})
	return s, erased, err
}

// VerifierKeys lists the verifier keys of this log, one a line; "" before the
// first. They are the log's own word: a reader should have them from elsewhere.
func (h *Heads) VerifierKeys(ctx context.Context) (string, error) {
	text, err := h.KeyText(ctx)
	if fault.Is(err, fault.NotFoundKind) {
		return "", nil
	}
	return string(text), err
}

// KeyFingerprint is the fingerprint of the first of the keys, as the notice
// board shows it; "" for none.
func KeyFingerprint(keys string) string {
	first, _, _ := strings.Cut(keys, "\n")
	if first == "" {
		return ""
	}
	return signer.Fingerprint(first)
}
