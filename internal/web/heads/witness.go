package heads

import (
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"plumbline/internal/app/heads"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/paper"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/internal/witness"
)

// witnessPart is what the ledger page says of the witnesses.
type witnessPart struct {
	Alarms []witnessAlarm
	Rows   ui.Table
	Any    bool
}

type witnessAlarm struct {
	Text, Ground string
	Proof        string // address of the note that proves it, "" without one
}

func (f *face) witnessPart(c *page.Call) (v witnessPart, err error) {
	list, err := f.app.Witnesses(c.Context(), c.Actor)
	if err != nil {
		return v, err
	}
	v.Any = len(list) > 0
	v.Rows = ui.Table{Cols: []ui.Col{{Text: c.T("ledger.witness.title")}, {Text: c.T("ledger.witnessed")}, {Text: c.T("field.state")}}}
	for _, s := range list {
		upto := c.T("ledger.witness.never")
		if s.Size > 0 {
			upto = c.T("ledger.witness.upto", "N", ui.Number(s.Size), "Time", f.second(s.At))
		}
		tag, text := f.witnessState(c, s)
		v.Rows.Rows = append(v.Rows.Rows, []ui.Cell{{Text: s.Name}, {Text: upto, Sub: text}, {Tag: tag}})
		if s.Trouble == witness.Diverged {
			alarm := witnessAlarm{Text: c.T("ledger.witness.alarm", "Name", s.Name, "Told", ui.Number(s.Told)),
				Ground: c.T("ledger.witness.claim")}
			if s.Proof != nil {
				alarm.Ground, alarm.Proof = c.T("ledger.witness.proof"), "/ledger/witness.txt?name="+url.QueryEscape(s.Name)
			}
			v.Alarms = append(v.Alarms, alarm)
		}
	}
	return v, nil
}

func (f *face) witnessState(c *page.Call, s heads.Standing) (*ui.Tag, string) {
	tones := map[witness.Trouble]string{witness.Down: "warn", witness.Local: "warn", witness.Refused: "bad", witness.Strange: "bad",
		witness.Diverged: "bad"}
	switch {
	case s.Trouble != witness.Fine:
		key := "ledger.witness." + string(s.Trouble)
		return &ui.Tag{Tone: tones[s.Trouble], Text: c.T(key + ".tag")}, c.T(key, "Time", f.second(s.Since), "Detail", s.Detail, "Told",
			ui.Number(s.Told))
	case s.URL == "":
		return &ui.Tag{Text: c.T("ledger.witness.stick")}, ""
	}
	return &ui.Tag{Tone: "ok", Text: c.T("ledger.witness.fine")}, ""
}

// posted is the checkpoint for the notice board: the last one cosigned by a witness,
// unless that is over an hour old and a newer one is signed.
func (f *face) posted(c *page.Call) (paper.Posted, error) {
	state, err := f.app.LedgerState(c.Context(), c.Actor)
	if err != nil {
		return paper.Posted{}, err
	}
	v := state.Signed
	if w := state.Witness; w != nil && v != nil && v.At.Sub(w.At) < time.Hour {
		v = w
	}
	if v == nil {
		return paper.Posted{}, fault.NotFound()
	}
	p := paper.Posted{Checkpoint: ledger.Checkpoint{Origin: state.Origin, Size: v.Size}, At: v.At, Witnesses: v.Witnesses, Note: v.Note}
	copy(p.Root[:], v.Root)
	for _, k := range state.Keys {
		if k.Now || len(state.Keys) == 1 {
			p.Keys = append(p.Keys, k.VKey+"\n"+k.Algorithm+"  "+k.Fingerprint)
		}
	}
	return p, nil
}

// noticeView is the notice as a page.
type noticeView struct {
	Groups [2][]string
	Facts  []ui.Def
	QR     string // data: address of the picture
	None   bool
}

// noticePage shows the checkpoint in large digits, to be printed for the notice
// board.
func (f *face) noticePage(c *page.Call) error {
	p := c.Page("notice.title")
	p.Crumbs = []ui.Link{{Text: c.T("nav.ledger"), Href: "/ledger"}}
	n, err := f.posted(c)
	if fault.Is(err, fault.NotFoundKind) {
		return c.Show(noticeSheet(p, noticeView{None: true}))
	}
	if err != nil {
		return err
	}
	p.Lead = c.T("notice.lead")
	p.Actions = []ui.Action{
		{Text: c.T("notice.pdf"), Href: "/ledger/notice.pdf", Icon: "download", Primary: true},
		{Text: c.T("notice.file"), Href: "/ledger/checkpoint.txt", Icon: "download"},
	}
	png, err := paper.QR(n.Note, 4)
	if err != nil {
		return err
	}
	digits := strings.Fields(n.Digits())
	return c.Show(noticeSheet(p, noticeView{
		Groups: [2][]string{digits[:4], digits[4:]},
		QR:     "data:image/png;base64," + base64.StdEncoding.EncodeToString(png),
		Facts: []ui.Def{
			{Term: c.T("notice.time"), Text: f.second(n.At)},
			{Term: c.T("notice.size"), Text: ui.Number(n.Size)},
			{Term: c.T("notice.origin"), Text: n.Origin},
			{Term: c.T("notice.witnesses"), Text: paper.WitnessList(c.Lang, n.Witnesses)},
			{Term: c.T("notice.key"), Text: strings.Join(n.Keys, "\n")},
		},
	}))
}

func (f *face) noticePDF(c *page.Call) error {
	n, err := f.posted(c)
	if err != nil {
		return err
	}
	pdf, err := paper.Notice(c.Lang, n, f.app.Zone())
	if err != nil {
		return err
	}
	return c.Download(paper.NoticeName(n.Size)+".pdf", "application/pdf", pdf)
}

// checkpointFile is the export for a memory stick, starting from what the first
// witness last cosigned.
func (f *face) checkpointFile(c *page.Call) error {
	list, err := f.app.Witnesses(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	old := int64(0)
	for _, s := range list {
		if s.Name == c.Query("for") || len(list) == 1 {
			old = s.Size
		}
	}
	body, err := f.app.CheckpointRequest(c.Context(), old)
	if err != nil {
		return err
	}
	return c.Download("checkpoint.txt", "text/plain; charset=utf-8", body)
}

// witnessProof is the note by which a witness proves that the ledger was a different
// one. plumbline verify --checkpoint accepts it.
func (f *face) witnessProof(c *page.Call) error {
	list, err := f.app.Witnesses(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.Proof != nil && s.Name == c.Query("name") {
			return c.Download("witness-proof.txt", "text/plain; charset=utf-8", s.Proof)
		}
	}
	return fault.NotFound()
}
