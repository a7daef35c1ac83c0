package app_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/custody"
	"plumbline/internal/selfcheck"
)

// TestTheServingRoleDoesTheWork runs the program on PostgreSQL as the role that
// migrate --app-role made, over the whole schema: all that a day brings can be
// done with its rights, and verify, run by it, finds nothing wrong with them.
func TestTheServingRoleDoesTheWork(t *testing.T) {
	ctx := context.Background()
	s := apptest.New(t, pgtest.DSN(t))
	const role = "plumbline_day_test"
	owner := s.DSN
	db, err := sql.Open("pgx", owner)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE ROLE " + role + " LOGIN"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := db.Exec("DROP OWNED BY " + role + "; DROP ROLE " + role)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Error(err)
		}
	})
	if err := s.Store.GrantTo(ctx, role); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	lesser := *s
	lesser.DSN = strings.Replace(owner, "user=plumbline", "user="+role, 1)
	if lesser.DSN == owner {
		t.Fatal("the address names no user")
	}
	s = lesser.Again(t)

	in := story.Activate(t, s, "security") // sessions, secrets, devices, counters
	if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "security", Password: "guess", Source: "10.0.0.9"}); err == nil {
		t.Error("a wrong password")
	}
	who, err := s.App.Authenticate(ctx, in.Token)
	if err == nil {
		_, err = s.App.Prove(ctx, who, accounts.ProofInput{Password: story.Password})
	}
	if err == nil {
		err = s.App.EndSessions(ctx, who)
	}
	if err != nil {
		t.Fatal(err)
	}

	story.Campaign(t, s) // campaigns, jobs, lists, drafts, answers, slips
	l := story.List(t, s, "anna", selfcheck.Officers, false)
	if _, err := s.App.SaveDraft(ctx, s.Actor("anna"), appselfcheck.SaveDraftInput{ID: l.ID, Saves: []appselfcheck.DraftSave{{Seq: 1,
		ItemAnswer: story.Says(5, "监控录像未及时调取")}}}); err != nil {
		t.Fatal(err)
	}
	story.Submit(t, s, "anna", l, story.Says(5, "监控录像未及时调取"))

	story.ImportFile(t, s, story.PetitionFile(story.Petitions)) // uploads, batches, matches, issues

	id := story.TheIssue(t, s) // texts and their keys, tombstones
	if _, err := s.App.PersonFile(ctx, s.Actor("reader"), casework.FileInput{Person: s.People["anna"],
		Purpose: "supervision"}); err != nil {
		t.Fatal(err)
	}
	s.Clock.Add(2 * time.Minute)
	if n, err := s.App.FoldReadings(ctx); err != nil || n == 0 {
		t.Fatalf("%d readings folded: %v", n, err)
	}
	e, err := story.ProposeExpungement(s, "records", id, custody.GroundCourt)
	for _, member := range []string{"body", "body2"} {
		if err == nil {
			_, err = s.App.ApproveExpungement(ctx, s.Actor(member), appcustody.ExpungementInput{ID: e, Version: 1})
		}
	}
	if err == nil {
		err = s.App.SignHead(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}

	if v := story.Verify(t, s); !v.OK() || v.Rows["read_log"] == 0 || v.Erased == 0 || v.Checkpoints == 0 {
		t.Errorf("%+v", v)
	}
	served, err := sql.Open("pgx", s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = served.Close() }()
	for _, stmt := range []string{"DELETE FROM read_logs", "UPDATE requests SET result_id = ''", "DELETE FROM votes",
		"UPDATE severity_peaks SET severity = 1", "DELETE FROM proposals", "UPDATE tombstones SET texts = 0"} {
		if _, err := served.Exec(stmt); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", stmt, err)
		}
	}
	if _, err := db.Exec("GRANT DELETE ON read_logs TO " + role); err != nil {
		t.Fatal(err)
	}
	if v := story.Verify(t, s); v.Total != 1 || v.Findings[0].What != "schema_right" {
		t.Errorf("a right too many: %v", v.Findings)
	}
}
