package reports

import (
	"context"
	"slices"
	"strings"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/report"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// ReportInput asks for the report of a unit and a period.
type ReportInput struct {
	Unit     string // "" takes the highest unit of the reader's reach
	From, To string // months of the event, "" is open
	Campaign string // whose completion is shown; "" takes the newest
	Period   string // code of a published period, instead of the months
}

// reportSections are the counters that a report reads for its root.
var reportSections = []string{
	issue.SectionState, issue.SectionSource,
	inquiry.SectionCases, inquiry.SectionTracks, inquiry.SectionQuestions, inquiry.SectionDecisions, rectify.Section,
}

// Report makes the leadership report under the reader's own scope. It reads
// counters, subtracts what the reader is barred from, and never scans the issues;
// small cells are hidden from readers who may not open the rows.
func (a *Reporting) Report(ctx context.Context, who *roster.Actor, in ReportInput) (*report.Report, error) {
	return a.reportFor(ctx, who, in, false)
}

// reportFor makes the report; a file uses the published grid, whoever asks.
func (a *Reporting) reportFor(ctx context.Context, who *roster.Actor, in ReportInput, file bool) (*report.Report, error) {
	if err := (ReconInput{Unit: in.Unit, From: in.From, To: in.To}).check(); err != nil {
		return nil, err
	}
	var out *report.Report
	err := a.Read(ctx, who, "report.read", func(ctx context.Context, v *store.View) (err error) {
		if out, err = a.report(ctx, v, who, in, file); err != nil {
			return err
		}
		if out.LeavesOut = leavesOut(who); out.Suppressed {
			return nil
		}
		lists, err := a.reachesLists(ctx, v, who, out.Unit)
		if err != nil {
			return err
		}
		out.Unlink(func(l report.List) bool {
			return a.May(who, listOps[l]) && (lists || l != report.Lists && l != report.Completion)
		})
		return nil
	})
	return out, err
}

// leavesOut reports whether bars were subtracted from the figures: for everybody
// except the program.
func leavesOut(who *roster.Actor) string {
	if who.Program {
		return ""
	}
	return report.BarredOut
}

// reachesLists reports whether the reader's reach over the lists of a campaign
// covers the report's unit. A head who reads the report by another role reaches only
// his own unit's lists.
func (a *Reporting) reachesLists(ctx context.Context, v *store.View, who *roster.Actor, unit string) (bool, error) {
	sc, err := a.Scope(ctx, v, who, roster.ActList, roster.KindCompletion)
	if err != nil {
		return false, err
	}
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return false, err
	}
	_, err = desk.UnitInReach(tree, sc, unit)
	return err == nil, nil
}

// listOps are the operations that open the lists behind numbers.
var listOps = map[report.List]string{
	report.Issues: "issue.list", report.Rectifications: "rectification.list", report.Cases: "case.list", report.Questions: "question.list",
	report.Tracks: "track.list", report.Lists: "completion.lists", report.Completion: "completion.list",
	report.Untouched: "reconciliation.untouched", report.Categories: "reconciliation.read",
}

func (a *Reporting) report(ctx context.Context, v *store.View, who *roster.Actor, in ReportInput, file bool) (*report.Report, error) {
	sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindReport)
	if err != nil {
		return nil, err
	}
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return nil, err
	}
	unit, err := desk.UnitInReach(tree, sc, in.Unit)
	if err != nil {
		return nil, err
	}
	opens, err := a.opensIssues(ctx, v, tree, who, unit)
	if err != nil {
		return nil, err
	}
	periods, err := a.reportPeriods(ctx, v, tree, sc)
	if err != nil {
		return nil, err
	}
	if !opens || file {
		return a.publishedReport(ctx, v, who, tree, sc, unit, in, published{periods: periods, file: file, opens: opens})
	}
	if in.Period != "" {
		p := report.FindPeriod(periods, in.Period, "", "")
		if p == nil {
			return nil, noSuchPeriod(periods)
		}
		in.From, in.To = p.From, p.To
	}
	b := reportUnits(who, tree, unit)
	b.From, b.To = in.From, in.To
	if err := a.reportCompletion(ctx, v, tree, in.Campaign, &b); err != nil {
		return nil, err
	}
	if err := a.reportCounts(ctx, v, tree, sc, &b); err != nil {
		return nil, err
	}
	out := reportOf(&b, a.Store.Now())
	out.Opens, out.Periods, out.Sections = true, periods, report.Build(b)
	if p := report.FindPeriod(periods, in.Period, in.From, in.To); p != nil {
		out.Period = p.Code
	}
	return out, nil
}

// reportUnits are the unit of a report and its children.
func reportUnits(who *roster.Actor, tree *roster.Tree, unit string) report.Input {
	b := report.Input{Root: report.Unit{ID: unit, Name: desk.UnitName(who.Lang, tree.Unit(unit))}, Cells: make(map[string]issue.Cells)}
	for _, u := range tree.Children(unit) {
		b.Children = append(b.Children, report.Unit{ID: u, Name: desk.UnitName(who.Lang, tree.Unit(u))})
	}
	for _, s := range seeds.Sources() {
		b.Sources = append(b.Sources, s.Code)
	}
	return b
}

func reportOf(b *report.Input, made time.Time) *report.Report {
	return &report.Report{Unit: b.Root.ID, UnitName: b.Root.Name, From: b.From, To: b.To, Campaign: b.Campaign, Title: b.Title,
		Campaigns: b.Campaigns, MadeAt: made}
}

// reportCounts reads all counters, less what the reader is barred from.
func (a *Reporting) reportCounts(ctx context.Context, v *store.View, tree *roster.Tree, sc roster.Scope, b *report.Input) (err error) {
	if b.Counts, err = v.ReportCounts(ctx, b.Root.ID, reportSections, b.From, b.To); err != nil {
		return err
	}
	below, err := v.ReportUnitCounts(ctx, tree.Children(b.Root.ID), issue.SectionSource, b.From, b.To)
	if err != nil {
		return err
	}
	b.Counts = append(b.Counts, below...)
	cells, err := a.reportCells(ctx, v, tree, sc, b)
	if err != nil {
		return err
	}
	f := issue.All()
	f.Unit, f.From, f.To = b.Root.ID, b.From, b.To
	if err := a.touch(ctx, v, tree, map[string]map[string]*issue.Cells{b.Root.ID: cells}, []string{b.Root.ID}, f, sc); err != nil {
		return err
	}
	today := a.Today()
	if err := a.reportCategories(ctx, v, tree, today, cells, b); err != nil {
		return err
	}
	return a.reportTasks(ctx, v, sc, today, b)
}

// reportCells reads the four cells of the report's unit by category, and subtracts
// what the reader is barred from from them and from the counts.
func (a *Reporting) reportCells(ctx context.Context, v *store.View, tree *roster.Tree, sc roster.Scope,
	b *report.Input) (map[string]*issue.Cells, error) {
	unit := b.Root.ID
	byUnit, err := v.CellsOf(ctx, []string{unit}, b.From, b.To)
	if err != nil {
		return nil, err
	}
	cells := byUnit[unit]
	if cells == nil {
		cells = make(map[string]*issue.Cells)
	}
	child := make(map[string]bool, len(b.Children))
	for _, u := range b.Children {
		child[u.ID] = true
	}
	err = v.BarredDeltas(ctx, unit, sc, func(section, at, month, key string, n int64) {
		if b.To != "" && month > b.To {
			return
		}
		inside := month >= b.From
		if section == issue.SectionCell { // an earlier month tells what was declared first
			cell, category, first := issue.ParseCellKey(key)
			if cells[category] == nil {
				cells[category] = &issue.Cells{}
			}
			cells[category].Add(cell, first, -n, inside)
			return
		}
		if !inside {
			return
		}
		b.Counts = append(b.Counts, report.Count{Section: section, Unit: unit, Month: month, Key: key, N: -n})
		if section != issue.SectionSource {
			return
		}
		for _, above := range tree.Ancestors(at) {
			if child[above] {
				b.Counts = append(b.Counts, report.Count{Section: section, Unit: above, Key: key, N: -n})
			}
		}
	})
	return cells, err
}

// reportCategories fills in the comparison by category, including the untouched
// pairs of person and category.
func (a *Reporting) reportCategories(ctx context.Context, v *store.View, tree *roster.Tree, today roster.Date,
	cells map[string]*issue.Cells, b *report.Input) error {
	people, leaders, err := a.headcount(ctx, v, tree, b.Root.ID, today)
	if err != nil {
		return err
	}
	for _, c := range seeds.Categories() {
		b.Categories = append(b.Categories, c.Code)
		b.Cells[c.Code] = cellsOf(c, cells, people, leaders)
	}
	return nil
}

// opensIssues reports whether the reader may open the issues behind the
// numbers of a unit.
func (a *Reporting) opensIssues(ctx context.Context, v *store.View, tree *roster.Tree, who *roster.Actor, unit string) (bool, error) {
	if !a.Table().May(who, roster.ActList, roster.KindIssue) {
		return false, nil
	}
	list, err := a.Scope(ctx, v, who, roster.ActList, roster.KindIssue)
	if err != nil {
		return false, err
	}
	_, err = desk.UnitInReach(tree, list, unit)
	return err == nil, nil
}

// reportTasks counts live what depends on today: overdue tasks and questions.
func (a *Reporting) reportTasks(ctx context.Context, v *store.View, sc roster.Scope, today roster.Date, b *report.Input) (err error) {
	f := rectify.Filter{UnitID: b.Root.ID, From: b.From, To: b.To, Open: true}
	if b.OpenTasks, err = v.RectificationCount(ctx, f, sc, nil, today); err != nil {
		return err
	}
	f.Open, f.Overdue = false, true
	if b.Overdue, err = v.RectificationCount(ctx, f, sc, nil, today); err != nil {
		return err
	}
	b.OverdueQ, err = v.QuestionCount(ctx, inquiry.QuestionFilter{UnitID: b.Root.ID, From: b.From, To: b.To, Overdue: true}, sc, today)
	return err
}

// reportCompletion fills in the completion of the newest campaign that covers the
// unit, or of the requested one, which must be among those.
func (a *Reporting) reportCompletion(ctx context.Context, v *store.View, tree *roster.Tree, campaign string, b *report.Input) error {
	all, err := v.Campaigns(ctx, roster.Scope{All: true})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(x, y selfcheck.Campaign) int { return strings.Compare(y.ID, x.ID) }) // the newest first
	for _, c := range all {
		if c.State == selfcheck.CampaignDraft || !tree.Under(b.Root.ID, c.UnitID) {
			continue
		}
		b.Campaigns = append(b.Campaigns, report.Campaign{ID: c.ID, Title: c.Title})
		if b.Campaign == "" && (campaign == "" || campaign == c.ID) {
			b.Campaign, b.Title = c.ID, c.Title
		}
	}
	if b.Campaign == "" {
		if campaign != "" {
			return fault.NotFound()
		}
		return nil
	}
	own, certified, err := a.selfcheck.Completions(ctx, v, b.Campaign)
	if err != nil {
		return err
	}
	below := func(unit string) (sum selfcheck.Completion) {
		for _, u := range tree.Subtree(unit) {
			sum = sum.Add(own[u])
		}
		return sum
	}
	b.Root.Completion, b.RootOwn, b.Root.Certified = below(b.Root.ID), own[b.Root.ID], certified[b.Root.ID] != nil
	for i := range b.Children {
		u := &b.Children[i]
		u.Completion, u.Certified = below(u.ID), certified[u.ID] != nil
	}
	return nil
}

// ParentInReport is the parent unit if the reader may see its report, else "".
func (a *Reporting) ParentInReport(ctx context.Context, who *roster.Actor, unit string) (parent string, err error) {
	err = a.Read(ctx, who, "report.read", func(ctx context.Context, v *store.View) error {
		tree, err := a.Tree(ctx, v)
		if err != nil {
			return err
		}
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindReport)
		if err != nil {
			return err
		}
		above := tree.Parent(unit)
		if above == "" || tree.Tier(above) < 1 {
			return nil
		}
		if _, err := desk.UnitInReach(tree, sc, above); err == nil {
			parent = above
		}
		return nil
	})
	return parent, err
}
