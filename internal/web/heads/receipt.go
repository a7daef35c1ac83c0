package heads

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/app/heads"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/paper"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

const (
	receiptWait    = 1500 * time.Millisecond // for the signature, before the page says that it is under way
	receiptRetries = 20                      // of a page that refreshes itself
	receiptsShown  = 50
)

// receiptAsk reads which receipt the address asks for.
func receiptAsk(c *page.Call) (ask heads.ReceiptAsk, err error) {
	ask.Seq, err = strconv.ParseInt(c.Param("seq"), 10, 64)
	if err != nil || ask.Seq < 0 || ask.Seq > ledger.SizeMax {
		return ask, fault.NotFound()
	}
	ask.Newest, ask.Wait = c.Query("newest") != "", receiptWait
	ask.Size, _ = strconv.ParseInt(c.Query("size"), 10, 64)
	return ask, nil
}

// acted names what an entry records.
func acted(c *page.Call, verb string) string {
	if key := "receipt.act." + verb; slices.Contains(receiptActs, verb) {
		return c.T(key)
	}
	return c.T("receipt.act.other")
}

// receiptActs are the acts that have a name of their own on receipts.
var receiptActs = []string{"submission.submit", "submission.supplement", "statement.make", "statement.answer", "finding.reply",
	"finding.confirm",
	"decision.propose", "decision.decide", "issue.conceal", "batch.import", "inspection.record", "named_item.reply"}

func (f *face) receiptList(c *page.Call) error {
	before, _ := strconv.ParseInt(c.Query("before"), 10, 64)
	lines, next, err := f.app.Receipts(c.Context(), c.Actor, before, receiptsShown)
	if err != nil {
		return err
	}
	t := ui.Table{Cols: []ui.Col{{Text: c.T("receipt.number")}, {Text: c.T("receipt.act")}, {Text: c.T("receipt.time")}}}
	for _, l := range lines {
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: strconv.FormatInt(l.Seq, 10), Href: page.ReceiptPath(l.Seq)},
			{Text: acted(c, l.Verb)},
			{Text: f.second(l.At)},
		})
	}
	pager := ui.Pager{Shown: len(t.Rows), Total: -1}
	if next > 0 {
		pager.Next = "/receipts?before=" + strconv.FormatInt(next, 10)
	}
	if before > 0 {
		pager.First = "/receipts"
	}
	p := c.Page("nav.receipts")
	p.Lead = c.T("receipt.list.lead")
	return c.Show(receiptListView(p, t, pager))
}

func (f *face) second(t time.Time) string { return t.In(f.app.Zone()).Format("2006-01-02 15:04:05") }

// receiptOpen shows a receipt. Until it is signed the page says so and reloads by a
// header that works without scripts.
func (f *face) receiptOpen(c *page.Call) error {
	ask, err := receiptAsk(c)
	if err != nil {
		return err
	}
	r, err := f.app.Receipt(c.Context(), c.Actor, ask)
	if err != nil {
		return err
	}
	p := c.Page("receipt.title")
	p.Narrow = true
	p.Crumbs = []ui.Link{{Text: c.T("nav.receipts"), Href: "/receipts"}}
	v := receiptView{Base: page.ReceiptPath(r.Seq), Number: strconv.FormatInt(r.Seq, 10), Slip: r.Slip, Defs: []ui.Def{
		{Term: c.T("receipt.act"), Text: acted(c, r.Verb)},
		{Term: c.T("receipt.time"), Text: f.second(r.At)},
	}}
	leaf := ui.Def{Term: c.T("receipt.leaf"), Text: paper.Groups(hex.EncodeToString(r.Leaf[:]))}
	if r.Signed == nil {
		v.Defs = append(v.Defs, leaf)
		again, _ := strconv.Atoi(c.Query("again"))
		if v.Slow = again >= receiptRetries; !v.Slow {
			c.W.Header().Set("Refresh", "1; url="+v.Base+"?again="+strconv.Itoa(again+1))
		}
		return c.Show(receiptPendingView(p, v))
	}
	if v.Wanted = ""; ask.Newest {
		v.Wanted = "?newest=1"
	} else if ask.Size > 0 {
		v.Wanted = "?size=" + strconv.FormatInt(ask.Size, 10)
	}
	var witnesses []string
	for _, w := range r.Opened.Witnesses {
		witnesses = append(witnesses, c.T("receipt.witness.line", "Name", w.Witness, "Time", f.second(w.Time)))
	}
	if len(witnesses) == 0 {
		witnesses = []string{c.T("receipt.witness.none")}
	}
	v.Digits = strings.Fields(r.Opened.Digits())
	v.Defs = append(v.Defs,
		ui.Def{Term: c.T("receipt.log"), Text: r.Opened.Origin},
		ui.Def{Term: c.T("receipt.size"), Text: ui.Number(r.Opened.Size)},
		ui.Def{Term: c.T("receipt.witnesses"), Text: strings.Join(witnesses, "; ")},
		leaf)
	codes, err := r.Signed.Code()
	if err != nil {
		return err
	}
	for i, code := range codes {
		png, err := paper.QR(code, 4)
		if err != nil {
			return err
		}
		v.Codes = append(v.Codes, qrView{
			Image: "data:image/png;base64," + base64.StdEncoding.EncodeToString(png),
			Alt:   c.T("receipt.qr.part", "Part", i+1, "Whole", len(codes)),
		})
	}
	return c.Show(receiptShowView(p, v))
}

// receiptView is what the pages of a receipt show.
type receiptView struct {
	Base, Number string
	Wanted       string // query that leads to the same receipt
	Slow, Slip   bool
	Digits       []string
	Defs         []ui.Def
	Codes        []qrView
}

type qrView struct{ Image, Alt string }

// signedReceipt is the receipt for a download; without a signature there is none yet.
func (f *face) signedReceipt(c *page.Call) (r heads.ReceiptView, err error) {
	ask, err := receiptAsk(c)
	if err != nil {
		return r, err
	}
	if r, err = f.app.Receipt(c.Context(), c.Actor, ask); err == nil && r.Signed == nil {
		err = fault.Unavailable("receipt_unsigned")
	}
	return r, err
}

func (f *face) receiptText(c *page.Call) error {
	r, err := f.signedReceipt(c)
	if err != nil {
		return err
	}
	return c.Download(paper.ReceiptName(r.Seq)+".tlog-proof", "text/plain; charset=utf-8", r.Signed.Marshal())
}

func (f *face) receiptPDF(c *page.Call) error {
	r, err := f.signedReceipt(c)
	if err != nil {
		return err
	}
	pdf, err := paper.Receipt(c.Lang, r.Signed, r.Opened, f.app.Zone())
	if err != nil {
		return err
	}
	return c.Download(paper.ReceiptName(r.Seq)+".pdf", "application/pdf", pdf)
}

// slipOpen explains what a salt slip is before anything can be downloaded.
func (f *face) slipOpen(c *page.Call) error { return f.showSlip(c, nil, http.StatusOK) }

func (f *face) showSlip(c *page.Call, errs ui.Errors, status int) error {
	ask, err := receiptAsk(c)
	if err != nil {
		return err
	}
	s, erased, err := f.app.Slip(c.Context(), c.Actor, ask.Seq)
	if err != nil {
		return err
	}
	p := c.Page("receipt.slip.title")
	p.Narrow = true
	p.Crumbs = []ui.Link{{Text: c.T("nav.receipts"), Href: "/receipts"}, {Text: c.T("receipt.number") + " " + strconv.FormatInt(ask.Seq,
		10), Href: page.ReceiptPath(ask.Seq)}}
	defs := []ui.Def{
		{Term: c.T("receipt.number"), Text: strconv.FormatInt(ask.Seq, 10)},
		{Term: c.T("receipt.slip.rows"), Text: strconv.Itoa(len(s.Rows))},
		{Term: c.T("receipt.slip.texts"), Text: strconv.Itoa(len(s.Texts))},
	}
	if _, round := s.List(); round > 0 { // filed again since, it stays provable
		defs = append(defs, ui.Def{Term: c.T("receipt.slip.round"), Text: strconv.FormatInt(round, 10)})
	}
	if len(s.Answers) > 0 {
		defs = append(defs, ui.Def{Term: c.T("receipt.slip.answers"), Text: strconv.Itoa(len(s.Answers))})
	}
	return c.ShowStatus(status, slipView(p, page.ReceiptPath(ask.Seq), defs, erased, errs))
}

// slipDownload downloads the slip once the warning is confirmed.
func (f *face) slipDownload(c *page.Call) error {
	if c.Form("confirm") == "" {
		return f.showSlip(c, ui.Errors{"confirm": c.T("receipt.slip.warning")}, http.StatusUnprocessableEntity)
	}
	ask, err := receiptAsk(c)
	if err != nil {
		return err
	}
	s, _, err := f.app.Slip(c.Context(), c.Actor, ask.Seq)
	if err != nil {
		return err
	}
	raw, err := s.Marshal()
	if err != nil {
		return err
	}
	return c.Download("salt-slip-"+strconv.FormatInt(ask.Seq, 10)+".json", "application/json", raw)
}
