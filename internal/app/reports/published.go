package reports

import (
	"context"
	"slices"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/report"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// published says how a report is made from the published grid.
type published struct {
	periods []report.Period
	file    bool // for whoever will read the file
	opens   bool // the reader may open the issues
}

// gridRoot is the unit for which the published grid is made, for all its readers:
// the bureau, or the highest unit.
func gridRoot(tree *roster.Tree, unit string) string {
	if b := tree.Bureau(); b != "" {
		return b
	}
	return unit
}

// reportPeriods are the fixed periods that have ended: every month, quarter and year
// with counted issues, and the review windows of bureau-wide campaigns.
func (a *Reporting) reportPeriods(ctx context.Context, v *store.View, tree *roster.Tree, sc roster.Scope) ([]report.Period, error) {
	root := gridRoot(tree, "")
	first, err := firstMonth(ctx, v, root, sc)
	if err != nil {
		return nil, err
	}
	all, err := v.Campaigns(ctx, roster.Scope{All: true})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(x, y selfcheck.Campaign) int { return strings.Compare(x.ID, y.ID) })
	var windows []report.Window
	for _, c := range all {
		if c.UnitID != root || c.State == selfcheck.CampaignDraft || c.OpenedAt == nil {
			continue
		}
		opened := c.OpenedAt.In(a.Zone()).Format("2006-01")
		windows = append(windows, report.Window{ID: c.ID, Title: c.Title, From: c.PeriodFrom.Month(), To: c.PeriodTo.Month(),
			Settled: max(c.ClosesOn.Month(), opened)})
	}
	return report.Periods(first, lastEnded(a.Today()), windows), nil
}

// firstMonth is the first month with counted issues from which the reader is not
// barred, or "".
func firstMonth(ctx context.Context, v *store.View, root string, sc roster.Scope) (string, error) {
	counts, err := v.GridCounts(ctx, []string{root}, []string{issue.SectionSource})
	if err != nil {
		return "", err
	}
	n := make(map[string]int64)
	for _, c := range counts {
		n[c.Month] += c.N
	}
	err = v.IssueDeltas(ctx, root, sc, func(section, _, month, _ string, less int64) {
		if section == issue.SectionSource {
			n[month] -= less
		}
	})
	first := ""
	for m, any := range n {
		if any > 0 && (first == "" || m < first) {
			first = m
		}
	}
	return first, err
}

// lastEnded is the last month that had ended by the date.
func lastEnded(today roster.Date) string {
	t := today.Time()
	return t.AddDate(0, 0, -t.Day()).Format("2006-01")
}

// noSuchPeriod names the newest of the available periods.
func noSuchPeriod(periods []report.Period) error {
	newest := map[string]string{}
	for _, p := range periods {
		if p.Kind != "campaign" {
			newest[p.Kind] = p.Code
		}
	}
	var names []string
	for _, kind := range []string{"month", "quarter", "year"} {
		if newest[kind] != "" {
			names = append(names, newest[kind])
		}
	}
	if len(names) == 0 {
		return fault.Invalid("report_no_period", "period")
	}
	return fault.Invalid("report_period", "period", "Newest", strings.Join(names, ", "))
}

// publishedReport makes the report from the published grid.
func (a *Reporting) publishedReport(ctx context.Context, v *store.View, who *roster.Actor, tree *roster.Tree, sc roster.Scope, unit string,
	in ReportInput, how published) (*report.Report, error) {
	if tree.Tier(unit) == 0 && tree.Bureau() != "" { // tier 0 is outside the statistics
		unit = tree.Bureau()
	}
	p := report.FindPeriod(how.periods, in.Period, in.From, in.To)
	if in.Period == "" && in.From == "" && in.To == "" {
		p = report.Newest(how.periods)
	}
	if p == nil && (len(how.periods) > 0 || in.Period != "" || in.From != "" || in.To != "") {
		return nil, noSuchPeriod(how.periods)
	}
	if p == nil {
		p = &report.Period{}
	}
	b := reportUnits(who, tree, unit)
	b.From, b.To = p.From, p.To
	if err := a.reportCompletion(ctx, v, tree, in.Campaign, &b); err != nil {
		return nil, err
	}
	out := report.Published{Period: *p, Root: b.Root, RootOwn: b.RootOwn, Children: b.Children, Sources: b.Sources}
	for _, c := range seeds.Categories() {
		out.Categories = append(out.Categories, c.Code)
	}
	var err error
	if out.Grid, err = a.grid(ctx, v, tree, sc, unit, how.periods); err != nil {
		return nil, err
	}
	opens, err := a.opensLists(ctx, v, who, unit)
	if err != nil {
		return nil, err
	}
	if opens && !how.file {
		s := report.BuildCompletion(b)
		out.Completion = &s
	} else if out.Lists, err = a.listsGrid(ctx, v, tree, unit, b.Campaign); err != nil {
		return nil, err
	}
	r := reportOf(&b, a.Store.Now())
	r.Opens, r.Suppressed, r.Period, r.Periods = how.opens, true, p.Code, how.periods
	r.Sections = report.BuildPublished(out)
	return r, nil
}

// opensLists reports whether the reader may open the lists behind a unit's
// completion.
func (a *Reporting) opensLists(ctx context.Context, v *store.View, who *roster.Actor, unit string) (bool, error) {
	if !a.May(who, listOps[report.Lists]) {
		return false, nil
	}
	return a.reachesLists(ctx, v, who, unit)
}

// descent are the units from the root down to one, each with its children: what the
// grid has to be split over to reach it.
func descent(tree *roster.Tree, root, unit string) (children map[string][]string, all []string) {
	children = make(map[string][]string)
	for _, u := range tree.Ancestors(unit) {
		if u == root || tree.Under(u, root) {
			children[u] = tree.Children(u)
			all = append(all, children[u]...)
		}
	}
	all = append(all, root)
	slices.Sort(all)
	return children, slices.Compact(all)
}

// gridSections are the counters of the published grid.
var gridSections = append(slices.Clone(reportSections), issue.SectionCell)

// grid reads as much of the published grid as a unit needs. It is decided over the
// whole bureau whatever the reader's reach, leaving out what he is barred from as if
// it did not exist.
func (a *Reporting) grid(ctx context.Context, v *store.View, tree *roster.Tree, sc roster.Scope, unit string,
	periods []report.Period) (*report.Grid, error) {
	root := gridRoot(tree, unit)
	children, units := descent(tree, root, unit)
	g := report.NewGrid(a.Pack().Suppression.Bound(), root, children, periods)
	counts, err := v.GridCounts(ctx, units, gridSections)
	if err != nil {
		return nil, err
	}
	for _, c := range counts {
		g.Count(c)
	}
	err = v.BarredDeltas(ctx, root, sc, func(section, at, month, key string, n int64) {
		for _, u := range tree.Ancestors(at) {
			if slices.Contains(units, u) {
				g.Count(report.Count{Section: section, Unit: u, Month: month, Key: key, N: -n})
			}
		}
	})
	return g, err
}

// listsGrid is the grid of a campaign's lists, or nil until they are locked: a
// number that grows by one would tell who filed today.
func (a *Reporting) listsGrid(ctx context.Context, v *store.View, tree *roster.Tree, unit, campaign string) (*report.Grid, error) {
	if campaign == "" {
		return nil, nil
	}
	c, err := v.Campaign(ctx, campaign)
	if err != nil || c.LockedAt == nil {
		return nil, err
	}
	own, _, err := a.selfcheck.Completions(ctx, v, campaign)
	if err != nil {
		return nil, err
	}
	children, units := descent(tree, c.UnitID, unit)
	g := report.NewLists(a.Pack().Suppression.Bound(), c.UnitID, children)
	for _, u := range units {
		var sum selfcheck.Completion
		for _, below := range tree.Subtree(u) {
			sum = sum.Add(own[below])
		}
		g.CountLists(u, sum)
	}
	return g, nil
}
