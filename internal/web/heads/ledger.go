package heads

import (
	"fmt"
	"strconv"
	"strings"

	"plumbline/internal/app/heads"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

const ledgerPageSize = 50

// ledgerPage shows everybody the state of the ledger: its size, the last signed
// checkpoint, the keys and who holds them. The audit administrator also sees the
// newest entries: what kind of thing was written and when, never its content.
func (f *face) ledgerPage(c *page.Call) error {
	state, err := f.app.LedgerState(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := c.Page("nav.ledger")
	p.Lead = c.T("ledger.lead")
	v := ledgerParts{State: state, Stats: ledgerStats(c, state), Root: page.HashGroups(fmt.Sprintf("%x", state.Root[:]))}
	v.Signed = []ui.Def{{Term: c.T("ledger.origin"), Text: state.Origin}}
	if s := state.Signed; s != nil {
		v.Signed = append(v.Signed, f.checkpointDefs(c, s)...)
	}
	if v.Witnesses, err = f.witnessPart(c); err != nil {
		return err
	}
	p.Actions = []ui.Action{{Text: c.T("notice.open"), Href: "/ledger/notice", Icon: "printer"}}
	for _, k := range state.Keys {
		v.Keys = append(v.Keys, f.keyDefs(c, k))
	}
	if c.May("ledger.entries") {
		if err := f.ledgerEntries(c, state, &v); err != nil {
			return err
		}
	}
	return c.Show(ledgerView(p, v))
}

// ledgerParts is what the page shows; Entries is nil for those who may not
// list them.
type ledgerParts struct {
	State       heads.LedgerState
	Stats       []ui.Stat
	Root        string
	Signed      []ui.Def
	Keys        [][]ui.Def
	Witnesses   witnessPart
	Entries     *ui.Table
	Pager       ui.Pager
	Checkpoints ui.Table
}

func ledgerStats(c *page.Call, s heads.LedgerState) []ui.Stat {
	signed, witnessed := int64(0), int64(0)
	if s.Signed != nil {
		signed = s.Signed.Size
	}
	if s.Witness != nil {
		witnessed = s.Witness.Size
	}
	stats := []ui.Stat{
		{Label: c.T("ledger.size"), Value: ui.Number(s.Size)},
		{Label: c.T("ledger.signed"), Value: ui.Number(signed)},
		{Label: c.T("ledger.witnessed"), Value: ui.Number(witnessed)},
	}
	if s.Unsigned > 0 {
		stats[1].Note, stats[1].Tone = c.T("ledger.unsigned", "N", ui.Number(s.Unsigned)), "warn"
	}
	return stats
}

func (f *face) checkpointDefs(c *page.Call, s *heads.CheckpointView) []ui.Def {
	witnesses := strings.Join(s.Witnesses, " · ")
	if witnesses == "" {
		witnesses = c.T("ledger.witness.none")
	}
	return []ui.Def{
		{Term: c.T("ledger.checkpoint.size"), Text: ui.Number(s.Size)},
		{Term: c.T("field.time"), Text: s.At.In(f.app.Zone()).Format("2006-01-02 15:04:05")},
		{Term: c.T("ledger.root"), Text: page.HashGroups(fmt.Sprintf("%x", s.Root))},
		{Term: c.T("ledger.witnesses"), Text: witnesses},
		{Term: c.T("ledger.checkpoint.text"), Text: "/api/v1/ledger/checkpoint", Href: "/api/v1/ledger/checkpoint"},
	}
}

func (f *face) keyDefs(c *page.Call, k heads.KeyView) []ui.Def {
	tag := &ui.Tag{Text: c.T("ledger.key.former")}
	if k.Now {
		tag = &ui.Tag{Tone: "ok", Text: c.T("ledger.key.now")}
	}
	since := c.T("ledger.key.unused")
	if !k.Since.IsZero() {
		since = k.Since.In(f.app.Zone()).Format("2006-01-02 15:04:05")
	}
	return []ui.Def{
		{Term: c.T("ledger.key.fingerprint"), Text: k.Fingerprint, Tag: tag},
		{Term: c.T("ledger.key.algorithm"), Text: k.Algorithm},
		{Term: c.T("ledger.key.vkey"), Text: k.VKey},
		{Term: c.T("ledger.key.since"), Text: since},
	}
}

// ledgerEntries adds the lists for the audit administrator.
func (f *face) ledgerEntries(c *page.Call, state heads.LedgerState, v *ledgerParts) error {
	end := state.Size
	if n, err := strconv.ParseInt(c.Query("before"), 10, 64); err == nil && n > 0 && n < end {
		end = n
	}
	entries, err := f.app.LedgerBefore(c.Context(), c.Actor, end, ledgerPageSize)
	if err != nil {
		return err
	}
	t := ui.Table{Cols: []ui.Col{{Text: c.T("ledger.seq")}, {Text: c.T("field.time")}, {Text: c.T("ledger.verb")},
		{Text: c.T("ledger.object")}, {Text: c.T("ledger.leaf")}, {Text: c.T("ledger.standing")}}}
	for _, e := range entries {
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: strconv.FormatInt(e.Seq, 10)},
			{Text: e.At.In(f.app.Zone()).Format("2006-01-02 15:04:05")},
			{Text: c.Verb(e.Verb), Sub: e.Verb},
			{Text: e.Kind, Sub: tail(e.ObjectID)},
			{Text: fmt.Sprintf("%.8x…", e.Leaf[:min(8, len(e.Leaf))])},
			{Tag: standing(c, state, e.Seq)},
		})
	}
	v.Entries, v.Pager = &t, ui.Pager{Shown: len(t.Rows), Total: state.Size}
	if len(entries) == ledgerPageSize {
		v.Pager.Next = "/ledger?before=" + strconv.FormatInt(entries[len(entries)-1].Seq, 10)
	}
	if end < state.Size {
		v.Pager.First = "/ledger"
	}
	points, err := f.app.LedgerCheckpoints(c.Context(), c.Actor, 0, 20)
	if err != nil {
		return err
	}
	v.Checkpoints = ui.Table{Cols: []ui.Col{{Text: c.T("ledger.checkpoint.size"), Num: true}, {Text: c.T("field.time")},
		{Text: c.T("ledger.digits")}, {Text: c.T("ledger.witnesses")}}, Empty: c.T("ledger.checkpoint.none")}
	for _, s := range points {
		v.Checkpoints.Rows = append(v.Checkpoints.Rows, []ui.Cell{
			{Text: ui.Number(s.Size), Num: true}, {Text: s.At.In(f.app.Zone()).Format("2006-01-02 15:04:05")},
			{Text: s.Digits}, {Text: strings.Join(s.Witnesses, " · ")},
		})
	}
	return nil
}

// standing says how far an entry is secured: witnessed, signed, or neither yet.
func standing(c *page.Call, s heads.LedgerState, seq int64) *ui.Tag {
	switch {
	case s.Witness != nil && seq < s.Witness.Size:
		return &ui.Tag{Tone: "ok", Text: c.T("ledger.standing.witnessed")}
	case s.Signed != nil && seq < s.Signed.Size:
		return &ui.Tag{Tone: "info", Text: c.T("ledger.standing.signed")}
	}
	return &ui.Tag{Tone: "warn", Text: c.T("ledger.standing.unsigned")}
}

// tail is the end of an id, which distinguishes it from its neighbours.
func tail(id string) string {
	if len(id) > 12 {
		return "…" + id[len(id)-12:]
	}
	return id
}
