package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/apptest"
)

// TestCampaignRoad opens a campaign over a roster, follows it and locks it.
func TestCampaignRoad(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	if status, _, errOut := run(t, "migrate", "--db", db); status != 0 {
		t.Fatal(errOut)
	}
	if status, _, errOut := run(t, "campaign", "completion", "--db", db); status == 0 || !strings.Contains(errOut, "campaign open") {
		t.Errorf("completion without a campaign: %d %q", status, errOut)
	}
	apptest.New(t, db)
	status, out, errOut := run(t, "campaign", "open", "--title", "自查自纠", "--db", db)
	if status != 0 || !strings.Contains(out, "53 lists owed in 8 units") {
		t.Fatalf("open: %d %q %q", status, out, errOut)
	}
	if status, out, errOut = run(t, "campaign", "list", "--output", "csv", "--db", db); status != 0 || strings.Count(out, "\n") != 2 {
		t.Errorf("list: %d %q %q", status, out, errOut)
	}
	if status, out, errOut = run(t, "campaign", "completion", "--output", "json", "--db", db); status != 0 ||
		!strings.Contains(out, `"owed": 53`) {
		t.Errorf("completion: %d %q %q", status, out, errOut)
	}
	if status, out, errOut := run(t, "report", "--unit", "nowhere", "--db", db); status == 0 || !strings.Contains(errOut, "unit: ") {
		t.Errorf("the report of no unit: %d %s%s", status, out, errOut)
	}
	if status, out, errOut := run(t, "report", "--unit", "east", "--output", "csv", "--db", db); status != 0 ||
		!strings.Contains(out, "Completion,0.0%") {
		t.Errorf("the report of a unit by its code: %d %s%s", status, out, errOut)
	}
	if status, out, errOut = run(t, "report", "--output", "csv", "--db", db); status != 0 ||
		!strings.Contains(out, "Total,Completion,0.0%\n") {
		t.Errorf("a rate is not printed as one: %d %q %q", status, out, errOut)
	}
	if status, out, errOut = run(t, "campaign", "lock", "--db", db); status != 0 || !strings.Contains(out, "locked") {
		t.Errorf("lock: %d %q %q", status, out, errOut)
	}
	if status, _, _ = run(t, "campaign", "lock", "no-such-id", "--db", db); status == 0 {
		t.Error("an unknown campaign was locked")
	}
}
