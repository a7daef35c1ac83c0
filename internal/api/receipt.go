package api

import (
	"context"
	"encoding/hex"
	"strconv"
	"time"

	"plumbline/internal/app/heads"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/slip"
)

// ReceiptLinks leads to the other forms of a receipt.
type ReceiptLinks struct {
	Receipt string `json:"receipt" doc:"this receipt as JSON"`
	Page    string `json:"page"`
	Text    string `json:"text" doc:"C2SP tlog-proof; needs the browser's session"`
	PDF     string `json:"pdf"`
}

func receiptLinks(seq int64) ReceiptLinks {
	n := strconv.FormatInt(seq, 10)
	return ReceiptLinks{Prefix + "/receipts/" + n, "/receipts/" + n, "/receipts/" + n + "/text", "/receipts/" + n + "/pdf"}
}

// ReceiptLineView is an entry for which there is a receipt.
type ReceiptLineView struct {
	ReceiptView
	Verb string `json:"verb"`
}

// FullReceiptView is a receipt, once it is signed with its proof.
type FullReceiptView struct {
	ReceiptLineView
	Signed     bool             `json:"signed" doc:"false for the moment between the commit and the signature: ask again"`
	Slip       bool             `json:"slip" doc:"a salt slip can be had"`
	Text       string           `json:"text,omitempty" doc:"the receipt itself: C2SP tlog-proof"`
	Code       []string         `json:"code,omitempty" doc:"the same in the fewest characters, one for each QR code"`
	Checkpoint *CheckpointShort `json:"checkpoint,omitempty"`
}

// CheckpointShort is the signed tree head that a receipt stands under.
type CheckpointShort struct {
	Origin    string        `json:"origin"`
	Size      int64         `json:"size"`
	Root      string        `json:"root" doc:"hexadecimal"`
	Digits    string        `json:"digits" doc:"eight groups of four digits, as on the notice board"`
	Witnesses []WitnessLine `json:"witnesses"`
}

// WitnessLine is one witness's cosignature.
type WitnessLine struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

func lineView(l heads.ReceiptLine) ReceiptLineView {
	return ReceiptLineView{ReceiptView{l.Seq, l.At, hex.EncodeToString(l.Leaf[:]), receiptLinks(l.Seq)}, l.Verb}
}

// bySeq parses an entry number; anything else is not found.
func bySeq(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > ledger.SizeMax {
		return 0, fault.NotFound()
	}
	return n, nil
}

// receiptWait is how long an answer waits for the signature.
const receiptWait = time.Second

func registerReceipt(r *registry) {
	handle(r, "receipt.list", func(ctx context.Context, c *Call, in *struct {
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (Paged[ReceiptLineView], error) {
		before := int64(0)
		if in.Cursor != "" {
			var err error
			if before, err = bySeq(in.Cursor); err != nil {
				return Paged[ReceiptLineView]{}, fault.Shape("cursor_unreadable", "cursor")
			}
		}
		lines, next, err := r.f.App.Receipts(ctx, c.Actor, before, in.Limit)
		out := Paged[ReceiptLineView]{Items: []ReceiptLineView{}}
		for _, l := range lines {
			out.Items = append(out.Items, lineView(l))
		}
		if next > 0 {
			out.Next = strconv.FormatInt(next, 10)
		}
		return out, err
	}, Summary("My entries that a receipt is offered for, newest first"))
	handle(r, "receipt.read", func(ctx context.Context, c *Call, in *struct {
		Seq    string `path:"seq"`
		Newest bool   `query:"newest" doc:"under the newest checkpoint"`
		Size   int64  `query:"size" minimum:"0" doc:"under the checkpoint of exactly this size"`
	}) (out FullReceiptView, err error) {
		seq, err := bySeq(in.Seq)
		if err != nil {
			return out, err
		}
		v, err := r.f.App.Receipt(ctx, c.Actor, heads.ReceiptAsk{Seq: seq, Newest: in.Newest, Size: in.Size, Wait: receiptWait})
		if err != nil {
			return out, err
		}
		return fullReceipt(v)
	}, Summary("The receipt of an entry that I made: number, time, leaf hash, proof and checkpoint"))
	handle(r, "receipt.slip", func(ctx context.Context, c *Call, in *struct {
		Seq string `path:"seq"`
	}) (*slip.Slip, error) {
		seq, err := bySeq(in.Seq)
		if err != nil {
			return nil, err
		}
		s, _, err := r.f.App.Slip(ctx, c.Actor, seq)
		return s, err
	}, Summary("The salt slip of an entry that I made: it shows all that was filed; never give it away unless you want to prove that"))
}

func fullReceipt(v heads.ReceiptView) (FullReceiptView, error) {
	out := FullReceiptView{ReceiptLineView: lineView(v.ReceiptLine), Signed: v.Signed != nil, Slip: v.Slip}
	if v.Signed == nil {
		return out, nil
	}
	var err error
	if out.Code, err = v.Signed.Code(); err != nil {
		return out, err
	}
	o := v.Opened
	out.Text = string(v.Signed.Marshal())
	out.Checkpoint = &CheckpointShort{Origin: o.Origin, Size: o.Size, Root: hex.EncodeToString(o.Root[:]), Digits: o.Digits(),
		Witnesses: []WitnessLine{}}
	for _, w := range o.Witnesses {
		out.Checkpoint.Witnesses = append(out.Checkpoint.Witnesses, WitnessLine{w.Witness, w.Time})
	}
	return out, nil
}
