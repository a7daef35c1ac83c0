package web

import (
	"fmt"
	"strconv"
	"strings"

	"plumbline/internal/web/ui"
)

const ledgerPageSize = 50

// ledgerPage shows the head of the tree and a stretch of entries, the newest
// first: what kind of thing was written and when, never its content.
func (f *Face) ledgerPage(c *Call) error {
	head, err := f.app.LedgerHead(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	end := head.Size
	if n, err := strconv.ParseInt(c.Query("before"), 10, 64); err == nil && n > 0 && n < end {
		end = n
	}
	from := max(0, end-ledgerPageSize)
	entries, err := f.app.LedgerEntries(c.Context(), c.Actor, from, int(max(1, end-from)))
	if err != nil {
		return err
	}
	p := c.Page("nav.ledger")
	p.Lead = c.T("ledger.lead")
	t := ui.Table{Cols: []ui.Col{{Text: c.T("ledger.seq")}, {Text: c.T("field.time")}, {Text: c.T("ledger.verb")}, {Text: c.T("ledger.object")}, {Text: c.T("ledger.leaf")}}}
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: strconv.FormatInt(e.Seq, 10)},
			{Text: e.At.In(f.app.Zone()).Format("2006-01-02 15:04:05")},
			{Text: e.Verb},
			{Text: e.Kind, Sub: tail(e.ObjectID)},
			{Text: fmt.Sprintf("%.8x…", e.Leaf[:min(8, len(e.Leaf))])},
		})
	}
	pager := ui.Pager{Shown: len(t.Rows), Total: head.Size}
	if from > 0 {
		pager.Next = "/ledger?before=" + strconv.FormatInt(from, 10)
	}
	if end < head.Size {
		pager.First = "/ledger"
	}
	stats := []ui.Stat{
		{Label: c.T("ledger.size"), Value: ui.Number(head.Size)},
		{Label: c.T("ledger.origin"), Value: head.Origin},
	}
	return c.Show(ledgerView(p, stats, groups(fmt.Sprintf("%x", head.Root[:])), t, pager))
}

// tail is the end of an id, which tells it from its neighbours.
func tail(id string) string {
	if len(id) > 12 {
		return "…" + id[len(id)-12:]
	}
	return id
}

// groups writes a hash in groups of eight digits, for comparing by eye.
func groups(hash string) string {
	var parts []string
	for len(hash) > 8 {
		parts, hash = append(parts, hash[:8]), hash[8:]
	}
	return strings.Join(append(parts, hash), " ")
}
