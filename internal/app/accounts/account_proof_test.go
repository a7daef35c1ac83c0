package accounts_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// A session that is five minutes old grants nothing until its holder gives his
// password again; a wrong one counts like one at sign-in, and what one session
// proved speaks for no other.
func TestAnOldSessionProvesWhoHoldsIt(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		story.Activate(t, s, "security")
		signIn := func(bearer bool) *accounts.SignedIn {
			in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "security", Password: story.Password, Bearer: bearer})
			if err != nil {
				t.Fatal(err)
			}
			return in
		}
		laptop, script := signIn(false), signIn(true)
		grant := func(in *accounts.SignedIn, unit string) error {
			who, err := s.App.Authenticate(ctx, in.Token)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = s.App.Grant(ctx, who, accounts.GrantInput{Login: "anna", Role: roster.RoleInspector, UnitID: s.Units[unit],
				FromOn: "2026-03-01"})
			return err
		}
		s.Clock.Add(4 * time.Minute)
		if err := grant(laptop, "east1"); err != nil {
			t.Fatalf("after four minutes: %v", err)
		}
		s.Clock.Add(time.Minute)
		for name, in := range map[string]*accounts.SignedIn{"page": laptop, "token": script} {
			if err := grant(in, "east2"); story.CodeOf(err) != "proof_needed" || fault.KindOf(err) != fault.ForbiddenKind {
				t.Errorf("after five minutes, by %s: %v", name, err)
			}
		}
		who, err := s.App.Authenticate(ctx, laptop.Token)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.App.Grants(ctx, who, accounts.GrantQuery{}); err != nil {
			t.Errorf("reading asks for a proof: %v", err)
		}
		for range 3 {
			if _, err := s.App.Prove(ctx, who, accounts.ProofInput{Password: "guess"}); story.CodeOf(err) != "proof_wrong" {
				t.Fatalf("a wrong password: %v", err)
			}
		}
		if err := grant(laptop, "east2"); story.CodeOf(err) != "proof_needed" {
			t.Errorf("a wrong password proved something: %v", err)
		}
		if _, err := s.App.Prove(ctx, who, accounts.ProofInput{}); story.CodeOf(err) != "required" {
			t.Errorf("an empty password: %v", err)
		}
		until, err := s.App.Prove(ctx, who, accounts.ProofInput{Password: story.Password})
		if err != nil || !until.Equal(s.Clock.Now().Add(desk.ProofLasts)) {
			t.Fatalf("the right password: %v, until %s", err, until)
		}
		if err := grant(script, "east2"); story.CodeOf(err) != "proof_needed" {
			t.Errorf("one session proved for another: %v", err)
		}
		if err := grant(laptop, "east2"); err != nil {
			t.Errorf("after the proof: %v", err)
		}
		for range 5 {
			_, _ = s.App.Prove(ctx, who, accounts.ProofInput{Password: "guess"})
		}
		if _, err := s.App.Prove(ctx, who, accounts.ProofInput{Password: story.Password}); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("guessing at the proof is not slowed: %v", err)
		}
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "security",
			Password: story.Password}); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("guesses at the proof do not count at sign-in: %v", err)
		}
		if _, err := s.App.Prove(ctx, s.Actor("anna"), accounts.ProofInput{Password: story.Password}); fault.KindOf(err) != fault.Unauth {
			t.Errorf("without a session: %v", err)
		}
	})
}

// Whoever owns the database and sits at a browser that was left open moves the
// time of the proof: he is asked for the password all the same.
func TestATimeOfProofIsNotWrittenIntoTheDatabase(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		mine, others := story.Activate(t, s, "security"), story.Activate(t, s, "anna")
		who := func(in *accounts.SignedIn) *roster.Actor {
			t.Helper()
			a, err := s.App.Authenticate(ctx, in.Token)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		due := func(in *accounts.SignedIn) bool { return s.App.ProofDue(who(in), "grant.create") }
		if due(mine) {
			t.Fatal("a fresh sign-in is asked for a proof")
		}
		s.Clock.Add(desk.ProofLasts)
		if _, err := s.App.Prove(ctx, who(others), accounts.ProofInput{Password: story.Password}); err != nil {
			t.Fatal(err)
		}
		if due(others) || !due(mine) {
			t.Fatal("before anything was written")
		}
		driver := "sqlite"
		if s.Store.Dialect() == store.Postgres {
			driver = "pgx"
		}
		db, err := sql.Open(driver, s.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		anna := "(SELECT proved_at, proof FROM sessions WHERE account_id = '" + s.Account["anna"] + "') AS hers WHERE account_id = '" +
			s.Account["security"] + "'"
		for _, c := range []struct{ name, stmt string }{
			{"the time alone", "UPDATE sessions SET proved_at = hers.proved_at FROM " + anna},
			{"another's time and mark", "UPDATE sessions SET proved_at = hers.proved_at, proof = hers.proof FROM " + anna},
			{"an empty mark", "UPDATE sessions SET proof = substr(proof, 1, 0)"},
			{"no mark", "UPDATE sessions SET proof = NULL"},
		} {
			if _, err := db.Exec(c.stmt); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if !due(mine) {
				t.Errorf("%s: the session passes for proved", c.name)
			}
		}
		if _, err := s.App.Prove(ctx, who(mine), accounts.ProofInput{Password: story.Password}); err != nil || due(mine) {
			t.Errorf("by the password: %v", err)
		}
	})
}
