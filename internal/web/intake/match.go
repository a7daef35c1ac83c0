package intake

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/intake"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

func matchTag(lang words.Lang, state string) ui.Tag {
	tones := map[string]string{"matched": "ok", "probable": "warn", "ambiguous": "warn", "unmatched": "bad"}
	return ui.Tag{Tone: tones[state], Text: words.T(lang, "state.match."+state)}
}

// matchesPage is the queue of records and whom they were matched to.
func (f *face) matchesPage(c *page.Call) error {
	in := appintake.MatchFilter{Level: c.Query("level"), State: c.Query("state"), Source: c.Query("source"), Unit: c.Query("unit"),
		Batch: c.Query("batch"), Open: c.Query("open") != ""}
	rows, total, next, err := f.app.Matches(c.Context(), c.Actor, in, c.Query("cursor"), 0)
	if err != nil {
		return err
	}
	p := c.Page("nav.matching")
	p.Lead = c.T("match.lead")
	t := ui.Table{Empty: c.T("match.none"), Cols: []ui.Col{{Text: c.T("match.named")}, {Text: c.T("match.state")},
		{Text: c.T("match.level")}, {Text: c.T("match.event")},
		{Text: c.T("intake.source")}, {Text: c.T("match.category")}, {Text: c.T("match.unit")}, {Text: c.T("match.who")}}}
	for _, r := range rows {
		tag := matchTag(c.Lang, r.State)
		who := r.Person
		if who == "" && r.People > 0 {
			who = c.T("match.people", "Count", r.People)
		}
		named := r.Named
		if named == "" {
			named = c.T("intake.row_no", "Row", r.Row)
		}
		category := ""
		if r.Category != "" {
			category = c.T("category." + r.Category)
		}
		whom := ui.Cell{Text: who}
		if r.Proposed {
			whom.Sub = c.T("match.one_of_two")
		}
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: named, Href: "/matches/" + r.ID}, {Tag: &tag}, {Text: c.T("match.level." + r.Level)}, {Text: r.EventOn},
			{Text: c.T("source." + r.Source)}, {Text: category}, {Text: r.Unit}, whom,
		})
	}
	filters, err := f.matchFilters(c, in)
	if err != nil {
		return err
	}
	return c.Show(matchesTempl(p, matchTabs(c, in), filters, t, pager(c, "/matches", len(rows), total, next)))
}

func matchTabs(c *page.Call, in appintake.MatchFilter) []ui.Nav {
	batch := ""
	if in.Batch != "" {
		batch = "&batch=" + in.Batch
	}
	all := strings.Replace(batch, "&", "?", 1)
	tabs := []ui.Nav{{Text: c.T("match.tab.open"), Href: "/matches?open=1" + batch, Current: in.Open},
		{Text: c.T("page.all"), Href: "/matches" + all, Current: !in.Open && in.State == ""}}
	for _, s := range []intake.MatchState{intake.StateMatched, intake.StateDuplicate, intake.StateRejected} {
		tabs = append(tabs, ui.Nav{Text: c.T("state.match." + string(s)), Href: "/matches?state=" + string(s) + batch,
			Current: in.State == string(s)})
	}
	return tabs
}

func (f *face) matchFilters(c *page.Call, in appintake.MatchFilter) ([]ui.Input, error) {
	var levels []string
	for _, l := range intake.Levels {
		levels = append(levels, string(l))
	}
	var states []string
	for _, s := range intake.MatchStates {
		states = append(states, string(s))
	}
	open := ""
	if in.Open {
		open = "1"
	}
	units, err := c.UnitOptions("match.list", "page.all")
	if err != nil {
		return nil, err
	}
	return []ui.Input{
		{Name: "level", Label: c.T("match.level"), Kind: "select", Value: in.Level,
			Options: ui.Codes(c.Lang, "match.level", "page.all", levels...)},
		{Name: "state", Label: c.T("match.state"), Kind: "select", Value: in.State,
			Options: ui.Codes(c.Lang, "state.match", "page.all", states...)},
		{Name: "source", Label: c.T("intake.source"), Kind: "select", Value: in.Source, Options: sourceOptions(c, "page.all")},
		{Name: "unit", Label: c.T("match.unit"), Kind: "select", Value: in.Unit, Options: units},
		{Name: "batch", Kind: "hidden", Value: in.Batch},
		{Name: "open", Kind: "hidden", Value: open},
	}, nil
}

func (f *face) matchPage(c *page.Call) error { return f.showMatch(c, http.StatusOK, nil) }

func (f *face) showMatch(c *page.Call, status int, errs ui.Errors) error {
	m, err := f.app.Match(c.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	title := m.Named
	if title == "" {
		title = c.T("intake.row_no", "Row", m.Row)
	}
	p := c.Page("match.title", "Name", title)
	p.Crumbs = []ui.Link{{Text: c.T("nav.matching"), Href: "/matches?open=1"}}
	tag := matchTag(c.Lang, m.State)
	v := matchPageView{Nobody: c.T("match.nobody"), ID: m.ID, Version: m.Version, MayDecide: m.MayDecide, MayNone: m.MayDecide &&
		m.State != "unmatched", MayUndo: m.MayUndo, Number: c.Form("number"), Reason: c.Form("reason")}
	category := ""
	if m.Category != "" {
		category = c.T("category." + m.Category)
	}
	v.Record = []ui.Def{
		{Term: c.T("match.state"), Tag: &tag},
		{Term: c.T("match.level"), Text: c.T("match.level." + m.Level)},
		{Term: c.T("intake.source"), Text: c.T("source." + m.Source)},
		{Term: c.T("match.event"), Text: m.EventOn},
		{Term: c.T("intake.field.received_on"), Text: m.Received},
		{Term: c.T("match.category"), Text: category},
		{Term: c.T("intake.field.narrative"), Text: m.Narrative},
		{Term: c.T("match.from_batch"), Text: c.T("match.batch_row", "Batch", m.Batch, "Row", m.Row), Href: "/audit/batches/" + m.BatchID},
	}
	if s := m.Sealed; s != nil {
		d := ui.Def{Term: c.T("reveal.complainant"), Text: c.T("reveal.sealed")}
		if s.MayReveal {
			d.Href = "/reveals/new?match=" + m.ID
		}
		if !s.Custodians {
			d.Text = m.Complainant + " · " + c.T("reveal.unsealed")
		}
		v.Record = append(v.Record, d)
	}
	v.Record = slices.DeleteFunc(v.Record, func(d ui.Def) bool { return d.Text == "" && d.Tag == nil })
	for _, cell := range m.Cells {
		term := cell.Header
		if cell.Field != "" && cell.Field != string(intake.Ignore) {
			term += " → " + c.T("intake.field."+cell.Field)
		}
		v.Raw = append(v.Raw, ui.Def{Term: term, Text: cell.Text})
	}
	f.noteMatch(c, &m, &v)
	if m.ForNobody > 1 && !m.ProposedNone {
		v.Nobody = c.T("match.nobody.propose")
	}
	for _, x := range m.Candidates {
		v.Candidates = append(v.Candidates, candidateOf(c, &m, x))
	}
	for _, s := range m.Steps {
		e := ui.Event{When: c.When(s.At), Title: c.T("match.step." + s.Step), Text: s.Reason, By: c.T("match.by_other")}
		if s.ByYou {
			e.By = c.T("match.by_you")
		}
		if s.Person != "" {
			e.Tags = []ui.Tag{{Text: s.Person}}
		}
		v.Steps = append(v.Steps, e)
	}
	return c.ShowStatus(status, matchTempl(p, v, errs))
}

// namesUnit reports whether the record itself names a unit. If not, the units beside
// the candidates come from the roster alone, and the reader must not take them for
// something that the record said.
func namesUnit(m *appintake.MatchView) bool {
	for _, cell := range m.Cells {
		if (cell.Field == string(intake.Unit) || cell.Field == string(intake.FormerUnit)) && strings.TrimSpace(cell.Text) != "" {
			return true
		}
	}
	return false
}

// noteMatch says what is asked of the reader.
func (f *face) noteMatch(c *page.Call, m *appintake.MatchView, v *matchPageView) {
	v.NoteKind = "info"
	switch {
	case m.Rejected != nil:
		v.NoteKind, v.Rejected = "bad", true
		v.Note = c.T("match.note.rejected", "Cell", m.Rejected.Cell, "Reason", ui.Message(c.Lang, m.Rejected.Fault))
	case m.Pending:
		v.NoteKind, v.Note, v.NoteHref = "warn", c.T("match.note.undo_pending"), "/proposals/"+m.Proposal
	case m.IssueID != "":
		v.NoteKind, v.Note = "ok", c.T("match.note.issue", "Name", m.Person)
		if c.May("issue.read") {
			v.NoteHref = "/issues/" + m.IssueID
		}
	case m.Duplicate != "":
		v.Note, v.NoteHref = c.T("match.note.duplicate"), "/matches/"+m.Duplicate
	case m.Proposed && m.ByYou:
		v.NoteKind, v.Note = "warn", c.T("match.note.yours")
	case m.Proposed:
		v.NoteKind, v.Note = "warn", c.T("match.note.second")
	case m.State == "ambiguous":
		v.Note = c.T("match.note.ambiguous")
		if !namesUnit(m) {
			v.Note += c.T("match.note.no_unit")
		}
	case m.State == "probable":
		v.Note = c.T("match.note.probable")
		if m.ForNobody > 1 {
			v.Note = c.T("match.note.probable_severe")
		}
	case m.State == "unmatched":
		v.Note = c.T("match.note.unmatched")
	}
}

func candidateOf(c *page.Call, m *appintake.MatchView, x appintake.CandidateView) candidateView {
	v := candidateView{ID: x.PersonID, Name: x.Name, Counts: x.Counts, Button: c.T("match.choose")}
	switch {
	case x.Proposed:
		v.Tags = []ui.Tag{{Tone: "warn", Text: c.T("match.proposed")}}
	case m.Reviewers > 1 || !x.Counts:
		v.Button = c.T("match.propose")
	}
	if m.PersonID == x.PersonID && m.PersonID != "" {
		v.Tags = append(v.Tags, ui.Tag{Tone: "ok", Text: c.T("state.match.matched")})
	}
	sex := ""
	if x.Sex == "m" || x.Sex == "f" {
		sex = c.T("match.sex." + x.Sex)
	}
	for _, d := range []ui.Def{
		{Term: c.T("match.unit_then"), Text: x.Unit}, {Term: c.T("match.personnel_no"), Text: x.PersonnelNo},
		{Term: c.T("match.numbers_then"), Text: strings.Join(x.Numbers, ", ")}, {Term: c.T("intake.field.rank"), Text: c.Rank(x.Rank)},
		{Term: c.T("intake.field.sex"), Text: sex}, {Term: c.T("match.born"), Text: x.Born},
	} {
		if d.Text != "" {
			v.Facts = append(v.Facts, d)
		}
	}
	for _, e := range x.Evidence {
		v.Evidence = append(v.Evidence, evidenceOf(c, e))
	}
	for _, s := range x.Service {
		v.Service = append(v.Service, serviceOf(c, s))
	}
	if x.Probability > 0 {
		v.Probability = c.T("match.probability", "Percent", percentOf(x.Probability))
	}
	return v
}

// evidenceOf is a field in words and as a bar.
func evidenceOf(c *page.Call, e appintake.EvidenceView) evidenceView {
	key := "match.point." + e.Point
	if !e.Agrees {
		key = "match.unlike." + e.Point
	}
	out := evidenceView{Text: c.T(key), Weight: strconv.FormatFloat(e.Bits, 'f', 1, 64), For: e.Bits >= 0}
	long := min(math.Abs(e.Bits)/longestBits, 1) * 50
	out.Width, out.From = strconv.FormatFloat(long, 'f', 1, 64), "50"
	if !out.For {
		out.From = strconv.FormatFloat(50-long, 'f', 1, 64)
	}
	switch {
	case e.Bits >= 10:
		out.Words = c.T("match.weight.strong_for")
	case e.Bits >= 3:
		out.Words = c.T("match.weight.for")
	case e.Bits > -1 && e.Bits < 3:
		out.Words = c.T("match.weight.little")
	case e.Bits > -5:
		out.Words = c.T("match.weight.against")
	default:
		out.Words = c.T("match.weight.strong_against")
	}
	return out
}

// longestBits is the weight of the longest bar.
const longestBits = 20

func serviceOf(c *page.Call, s appintake.ServiceView) serviceView {
	to := s.To
	if to == "" {
		to = c.T("match.service.now")
	}
	return serviceView{Text: strings.TrimSpace(s.Unit + " " + c.Rank(s.Rank)), When: c.T("match.service.when", "From", s.From, "To", to), Then: s.Then}
}

// percentOf writes a probability so that 100 is said of nothing that is not sure.
func percentOf(p float64) string {
	switch {
	case p >= .99995:
		return "> 99.99"
	case p < .0001:
		return "< 0.01"
	}
	return strconv.FormatFloat(p*100, 'f', 2, 64)
}

func (f *face) matchDecide(c *page.Call) error {
	in := appintake.DecideInput{ID: c.Param("id"), Version: c.Version(), Person: c.Form("person"), Number: c.Form("number"),
		Nobody: c.Form("nobody") != "", Reason: c.Form("reason"), Key: c.Key()}
	if in.Nobody {
		in.Number = ""
	}
	m, _, err := f.app.DecideMatch(c.Context(), c.Actor, in)
	if errs := c.Errors(err); errs != nil {
		return f.showMatch(c, page.StatusOf(err), errs)
	}
	if err != nil {
		return err
	}
	key := "match.decided"
	if m.Proposed {
		key = "match.proposal_kept"
	}
	return c.Go("/matches/"+m.ID, key)
}

func (f *face) matchUndo(c *page.Call) error {
	m, _, err := f.app.UndoMatch(c.Context(), c.Actor, appintake.UndoInput{ID: c.Param("id"), Version: c.Version(),
		Reason: c.Form("reason"), Key: c.Key(), Stated: c.Form("stated") != ""})
	if errs := c.Errors(err); errs != nil {
		return f.showMatch(c, page.StatusOf(err), errs)
	}
	if err != nil {
		return err
	}
	if m.Pending { // it stands until a second inspector agrees
		return c.Go("/matches/"+m.ID, "proposal.flash.filed")
	}
	return c.Go("/matches/"+m.ID, "match.undone")
}
