package reports_test

import (
	"reflect"
	"testing"
	"time"

	"plumbline/internal/app/reports"
	"plumbline/internal/apptest"
	"plumbline/internal/issue"
	"plumbline/internal/report"
)

// TestWhatIsLeftOutIsSaidAlike: a leader's total is less than an inspector's by
// the issues about himself and his superiors. That matters are left out is said
// to every reader, before there are any as well as after, and his report and
// comparison do not change in anything by them.
func TestWhatIsLeftOutIsSaidAlike(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		s.Issues(apptest.IssueSeed{Name: "of all", Source: issue.Audit, Person: "dong", Unit: "west1", Category: "interview", Severity: 1,
			Event: "2025-12-10"})
		readers := []string{"chief", "deputy", "reader", "inspector", "eastinspector", "manager", "westhead"}
		type pages struct {
			report *report.Report
			recon  *reports.Recon
		}
		read := func(key string) (p pages) {
			t.Helper()
			var err error
			if p.report, err = s.App.Report(ctx, s.Actor(key), reports.ReportInput{}); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			p.report.MadeAt = time.Time{}
			if p.report.LeavesOut != report.BarredOut {
				t.Errorf("%s is told %q of his report", key, p.report.LeavesOut)
			}
			if !s.App.May(s.Actor(key), "reconciliation.read") {
				return p
			}
			if p.recon, err = s.App.Reconciliation(ctx, s.Actor(key), reports.ReconInput{}); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			if p.recon.LeavesOut != report.BarredOut {
				t.Errorf("%s is told %q of his comparison", key, p.recon.LeavesOut)
			}
			return p
		}
		before := make(map[string]pages)
		for _, key := range readers {
			before[key] = read(key)
		}
		var seeds []apptest.IssueSeed
		for n, name := range []string{"a", "b", "c", "d", "e", "f"} { // more than a small cell
			seeds = append(seeds, apptest.IssueSeed{Name: name, Source: issue.Audit, Person: "chief", Unit: "bureau",
				Category: "gifts_business", Severity: 2, Event: "2025-12-01"})
			seeds[n].Event = seeds[n].Event.AddDays(n)
		}
		s.Issues(seeds...)
		for _, key := range []string{"chief", "deputy"} { // the chief himself, and one whose superior he is
			if after := read(key); !reflect.DeepEqual(before[key], after) {
				t.Errorf("%s reads another report for what he may not see:\n%+v\n%+v", key, before[key].report, after.report)
			}
		}
		found := func(p pages) int64 { return p.report.Section("issues").Value("all", "found").N }
		if n, was := found(read("authority")), int64(1); n != was+6 {
			t.Errorf("the superior inspector counts %d, and the test proves nothing", n)
		}
	})
}
