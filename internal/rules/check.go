package rules

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// check judges the whole pack and names everything that is wrong with it.
func (p *Pack) check() error {
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	within := func(name string, v, low, high int) {
		if v < low || v > high {
			bad("%s is %d, not within %d to %d", name, v, low, high)
		}
	}
	if p.Version == "" {
		bad("version is missing")
	}
	if _, err := time.Parse("2006-01-02", p.EffectiveFrom); err != nil {
		bad("effective_from %q is no date", p.EffectiveFrom)
	}
	if len(p.Matching.Sufficient) == 0 {
		bad("matching.sufficient is empty")
	}
	for i, s := range p.Matching.Sufficient {
		// One fact alone never attaches a record to a person.
		if len(s.All)+s.More < 2 {
			bad("matching.sufficient[%d] asks for fewer than two facts", i)
		}
		within(fmt.Sprintf("matching.sufficient[%d].more", i), s.More, 0, len(Facts)-len(s.All))
		for j, f := range s.All {
			if !slices.Contains(Facts, f) {
				bad("matching.sufficient[%d] names unknown fact %q", i, f)
			}
			if slices.Contains(s.All[:j], f) {
				bad("matching.sufficient[%d] names %q twice", i, f)
			}
		}
	}
	within("matching.posterior.at_least_ppm", p.Matching.Posterior.AtLeastPPM, 990_000, 1_000_000)
	within("matching.posterior.times_next", p.Matching.Posterior.TimesNext, 10, 1_000_000)
	within("matching.reviewers.probable", p.Matching.Reviewers.Probable, 1, 2)
	within("matching.reviewers.ambiguous", p.Matching.Reviewers.Ambiguous, 2, 2)
	within("reconciliation.window_days", p.Reconciliation.WindowDays, 1, 366)
	if len(p.Disclosure.FirstContact) == 0 {
		bad("disclosure.first_contact is empty")
	}
	for _, e := range p.Disclosure.FirstContact {
		if e != "triaged" && e != "noticed" {
			bad("disclosure.first_contact names unknown event %q", e)
		}
	}
	r := p.Review
	within("review.bulk_correct_max_severity", r.BulkCorrectMaxSeverity, 0, 1)
	within("review.bulk_correct_max_rows", r.BulkCorrectMaxRows, 1, 100_000)
	within("review.spot_correct_max_severity", r.SpotCorrectMaxSeverity, 0, 2)
	within("review.clue_min_severity", r.ClueMinSeverity, r.SpotCorrectMaxSeverity+1, 5)

	p.Retention.check(bad, within)
	t := p.Triggers
	within("triggers.severity_at_least", t.SeverityAtLeast, 1, 5)
	within("triggers.repeat_severity", t.RepeatSeverity, 0, 5)
	within("triggers.repeat_count", t.RepeatCount, 2, 100)
	within("triggers.repeat_months", t.RepeatMonths, 1, 120)
	within("triggers.cluster_officers", t.ClusterOfficers, 2, 1000)
	within("triggers.cluster_days", t.ClusterDays, 1, 3660)
	within("triggers.cluster_severity", t.ClusterSeverity, 0, 5)

	within("dual.investigators_per_track", p.Dual.InvestigatorsPerTrack, 2, 20)
	within("dual.leader_team_tiers_above", p.Dual.LeaderTeamTiersAbove, 1, 3)
	within("dual.refusal_tiers_above", p.Dual.RefusalTiersAbove, 1, 3)
	within("dual.quorum", p.Dual.Quorum, 2, 99)
	if len(p.Dual.TrackEndGrounds) == 0 {
		bad("dual.track_end_grounds is empty")
	}
	for i, g := range p.Dual.TrackEndGrounds {
		if g == "" || slices.Contains(p.Dual.TrackEndGrounds[:i], g) {
			bad("dual.track_end_grounds[%d] is empty or stands twice", i)
		}
	}
	if len(p.Dual.QuestionLinks) == 0 {
		bad("dual.question_links is empty")
	}
	for _, l := range p.Dual.QuestionLinks {
		if l != "head" && l != "in_charge" && l != "point_leader" {
			bad("dual.question_links names unknown link %q", l)
		}
	}
	p.checkClocks(bad, within)
	within("inspection.sample_share_percent", p.Inspection.SampleSharePercent, 1, 100)
	within("inspection.cooling_off_months", p.Inspection.CoolingOffMonths, 0, 120)
	within("suppression.small_cell_under", p.Suppression.SmallCellUnder, 2, 100)
	within("recusal.open_most", p.Recusal.OpenMost, 1, 100)
	within("recusal.recent_most", p.Recusal.RecentMost, 1, 1000)
	within("recusal.days", p.Recusal.Days, 1, 366)
	within("suppression.interval_min", p.Suppression.IntervalMin, 2, 100)
	for _, b := range p.Budgets {
		within("budgets."+b.Role+".openings", b.Openings, 0, 100_000)
		within("budgets."+b.Role+".exports", b.Exports, 0, 10_000)
	}
	p.checkOutcomes(bad, within)
	return errors.Join(wrong...)
}

func (p *Pack) checkClocks(bad func(string, ...any), within func(string, int, int, int)) {
	for _, name := range clockNames {
		if _, ok := p.Clocks[name]; !ok {
			bad("clocks.%s is missing", name)
		}
	}
	for name, c := range p.Clocks {
		if !slices.Contains(clockNames, name) {
			bad("clocks.%s is unknown", name)
		}
		within("clocks."+name+".amount", c.Amount, 1, 3660)
		if c.Unit != Day && c.Unit != WorkingDay && c.Unit != Month {
			bad("clocks.%s counts unknown unit %q", name, c.Unit)
		}
	}
	w := p.ClockWarnings
	if len(w) == 0 || !slices.IsSorted(w) || w[0] < 1 || w[len(w)-1] != 100 {
		bad("clock_warnings_percent must rise and end at 100")
	}
}

func (p *Pack) checkOutcomes(bad func(string, ...any), within func(string, int, int, int)) {
	o := p.Outcomes
	if len(o.SeverityForms) != 6 {
		bad("outcomes.severity_forms needs one list for each severity 0 to 5")
	}
	for _, forms := range o.SeverityForms {
		for _, f := range forms {
			within("outcomes.severity_forms", f, 1, 4)
		}
	}
	for i, s := range o.Sanctions {
		if s.Code == "" {
			bad("outcomes.sanctions[%d] has no code", i)
		}
		within("outcomes.sanctions."+s.Code+".form", s.Form, 2, 3)
		within("outcomes.sanctions."+s.Code+".months", s.Months, 0, o.SanctionCapMonths)
	}
	within("outcomes.sanction_cap_months", o.SanctionCapMonths, 1, 120)
}
