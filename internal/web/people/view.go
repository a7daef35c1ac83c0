package people

import (
	"strconv"
	"strings"

	"plumbline/internal/app/people"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

type unitPageView struct {
	Defs            []ui.Def
	Places          []ui.Event
	Links, Children ui.Table
}

type peopleView struct {
	Query, Unit, State, Next string
	Units, States            []ui.Option
	Errs                     ui.Errors
	Table                    ui.Table
	Pager                    ui.Pager
}

type personView struct {
	ID, Pinyin                          string
	Version                             int64
	Edit                                bool
	Errs                                ui.Errors
	Defs                                []ui.Def
	Postings, Numbers, Leads, Superiors ui.Table
}

type importView struct {
	Table           people.RosterTable
	Tables          []people.RosterTable
	Tabs            []ui.Nav
	AsOf, Sheet     string
	Errs            ui.Errors
	Result          *people.RosterResult
	Stats           []ui.Stat
	Rejected        ui.Table
	Flagged         ui.Table
	Note, Tone      string
	Ignored, Capped string
	FlagsCapped     string
	Ask, Leave      bool // whether to ask if unknown columns are left out; the answer
}

// rejectedShown bounds the rejected rows listed on a page.
const rejectedShown = 200

// result puts what an import did into figures and rows.
func (v *importView) result(c *page.Call) {
	r := v.Result
	for _, s := range []struct {
		key string
		n   int
	}{{"rows", r.Rows}, {"created", r.Created}, {"updated", r.Updated}, {"ended", r.Ended}, {"unchanged", r.Unchanged}, {"flagged", r.Flagged},
		{"rejected", r.Rejected}, {"proposed", r.Proposed}} {
		tone := ""
		if s.key == "rejected" && s.n > 0 {
			tone = "bad"
		}
		v.Stats = append(v.Stats, ui.Stat{Label: c.T("rosterpage.result." + s.key), Value: ui.Number(s.n), Tone: tone})
	}
	switch {
	case r.Proposed > 0 && r.DryRun:
		v.Note, v.Tone = c.T("rosterpage.result.past_dry", "Count", r.Proposed), "warn"
	case r.Proposed > 0:
		v.Note, v.Tone = c.T("rosterpage.result.past", "Count", r.Proposed), "warn"
	case r.Nothing() && r.Rejected > 0:
		v.Note, v.Tone = c.T("rosterpage.result.none"), "warn"
	case r.Nothing():
		v.Note, v.Tone = c.T("rosterpage.result.nothing"), "info"
	case r.DryRun:
		v.Note, v.Tone = c.T("rosterpage.result.dry"), "info"
	default:
		v.Note, v.Tone = c.T("rosterpage.result.done"), "ok"
	}
	if len(r.Ignored) > 0 {
		v.Ignored = c.T("rosterpage.result.ignored", "Columns", strings.Join(r.Ignored, ", "))
	}
	v.Rejected, v.Capped = rowsOf(c, r.Errors)
	v.Flagged, v.FlagsCapped = rowsOf(c, r.Flags)
}

// rowsOf shows rows of a file with what was said about each, and how many of how
// many where that is not all of them.
func rowsOf(c *page.Call, rows []people.RowError) (t ui.Table, capped string) {
	t.Cols = []ui.Col{{Text: c.T("rosterpage.row"), Num: true}, {Text: c.T("rosterpage.column")}, {Text: c.T("rosterpage.value")},
		{Text: c.T("field.reason")}}
	for _, e := range rows[:min(len(rows), rejectedShown)] {
		column := e.Column
		if key := "roster.column." + column; words.Has(key) {
			column = c.T(key)
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: strconv.Itoa(e.Row), Num: true}, {Text: column}, {Text: e.Value},
			{Text: ui.Message(c.Lang, e.Fault)}})
	}
	if len(rows) > rejectedShown {
		capped = c.T("rosterpage.result.capped", "Shown", rejectedShown, "Count", len(rows))
	}
	return t, capped
}
