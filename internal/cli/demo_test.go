package cli

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/custody"
	"plumbline/internal/demo"
	"plumbline/internal/inquiry"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/selfcheck"
	"plumbline/internal/words"
)

func plumbline(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = Main(args, &o, &e)
	return status, o.String(), e.String()
}

// The small bureau is created, marked and verified, shows every state of the
// life cycle, and is recognized when reopened.
func TestDemoShowsEveryState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.db")
	status, out, errs := plumbline(t, "demo", "--db", file, "--no-serve")
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	for _, a := range demo.Accounts() {
		if !strings.Contains(out, "  "+a.Login+" ") {
			t.Errorf("the account %s is not printed", a.Login)
		}
	}
	if !strings.Contains(out, "demo-authority       Deciding body · 集体研究 (superior authority · 上级机关)\n") {
		t.Errorf("the authority above the bureau is not named as such:\n%s", out)
	}
	if status, out, errs := plumbline(t, "verify", "--db", file); status != 0 {
		t.Errorf("verify: status %d: %s %s", status, out, errs)
	}
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for table, want := range map[string][]string{
		"submissions":    texts(selfcheck.States),
		"issues":         texts(issue.States),
		"rectifications": texts(rectify.States),
		"cases":          {string(inquiry.CaseOpen), string(inquiry.CaseDecidedPending), string(inquiry.CaseClosed)},
		"accounts":       {"new", "active"},
		"tracks": {string(inquiry.TrackOpen), string(inquiry.TrackAssigned), string(inquiry.TrackFound),
			string(inquiry.TrackDecided), string(inquiry.TrackEnded)},
		"allegations": {string(inquiry.AllegationOpen), string(inquiry.AllegationFound), string(inquiry.AllegationReopened)},
		"findings": {string(inquiry.FindingDraft), string(inquiry.FindingServed), string(inquiry.FindingReplied),
			string(inquiry.FindingFinal), string(inquiry.FindingQuashed)},
		"questions": {string(inquiry.QuestionRaised), string(inquiry.QuestionRefusalProposed),
			string(inquiry.QuestionTrackOpened), string(inquiry.QuestionRefused)},
		"decisions":     {string(inquiry.DecisionProposed), string(inquiry.DecisionDecided)},
		"campaigns":     {"draft", "open", "locked", "inspecting", "rectifying", "closed"},
		"matches":       texts(intake.MatchStates),
		"audit_batches": {"imported", "withdrawn"}, // the others last as long as a job does
		"expungements":  texts(custody.ExpungementStates),
		"holds":         {string(custody.HoldLive), string(custody.HoldLifted)},
		// Pending matches have no issue row yet.
		"named_reviews":         {string(selfcheck.NamedAccepted), string(selfcheck.NamedReturned), string(selfcheck.NamedReplied)},
		"relations":             nil,
		"inspection_items":      nil,
		"expungement_approvals": nil,
		"certifications":        nil,
		"supplements":           nil,
		"statements":            {"noted", "asked", "granted", "refused"},
		"track_members":         nil,
		"match_decisions":       nil,
	} {
		if want == nil {
			n := 0
			if err := db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil || n == 0 {
				t.Errorf("%s: %d rows, %v", table, n, err)
			}
			continue
		}
		rows, err := db.Query("SELECT DISTINCT state FROM " + table)
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			have = append(have, s)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		for _, s := range want {
			if !slices.Contains(have, s) {
				t.Errorf("no row of %s is %s; there are %v", table, s, have)
			}
		}
	}
	verbs, err := db.Query("SELECT DISTINCT verb FROM ledger_entries")
	if err != nil {
		t.Fatal(err)
	}
	for verbs.Next() {
		var verb string
		if err := verbs.Scan(&verb); err != nil {
			t.Fatal(err)
		}
		if !words.Has("verb." + verb) {
			t.Errorf("the act %s has no name", verb)
		}
	}
	if err := verbs.Close(); err != nil {
		t.Error(err)
	}
	began := time.Now()
	if status, _, errs := plumbline(t, "demo", "--db", file, "--no-serve"); status != 0 || strings.Contains(errs, "made in") {
		t.Errorf("the second start: status %d after %s: %s", status, time.Since(began), errs)
	}
}

func texts[T ~string](states []T) []string {
	out := make([]string, len(states))
	for i, s := range states {
		out[i] = string(s)
	}
	return out
}

// A database that is not a demonstration is left unchanged.
func TestDemoRefusesARealSite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "site.db")
	if status, _, errs := plumbline(t, "migrate", "--db", file); status != 0 {
		t.Fatal(errs)
	}
	status, _, errs := plumbline(t, "demo", "--db", file, "--no-serve")
	if status == 0 || !strings.Contains(errs, "is not a demonstration") {
		t.Errorf("status %d: %s", status, errs)
	}
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	n := -1
	if err := db.QueryRow("SELECT count(*) FROM units").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d units, %v", n, err)
	}
}
