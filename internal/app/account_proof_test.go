package app_test

import (
	"context"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// A session that is five minutes old grants nothing until its holder gives his
// password again; a wrong one counts like one at sign-in, and what one session
// proved speaks for no other.
func TestAnOldSessionProvesWhoHoldsIt(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		activate(t, s, "security")
		signIn := func(bearer bool) *app.SignedIn {
			in, err := s.App.SignIn(ctx, app.SignInInput{Login: "security", Password: password, Bearer: bearer})
			if err != nil {
				t.Fatal(err)
			}
			return in
		}
		laptop, script := signIn(false), signIn(true)
		grant := func(in *app.SignedIn, unit string) error {
			who, err := s.App.Authenticate(ctx, in.Token)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = s.App.Grant(ctx, who, app.GrantInput{Login: "anna", Role: roster.RoleInspector, UnitID: s.Units[unit], FromOn: "2026-03-01"})
			return err
		}
		s.Clock.Add(4 * time.Minute)
		if err := grant(laptop, "east1"); err != nil {
			t.Fatalf("after four minutes: %v", err)
		}
		s.Clock.Add(time.Minute)
		for name, in := range map[string]*app.SignedIn{"page": laptop, "token": script} {
			if err := grant(in, "east2"); codeOf(err) != "proof_needed" || kind(err) != fault.ForbiddenKind {
				t.Errorf("after five minutes, by %s: %v", name, err)
			}
		}
		who, err := s.App.Authenticate(ctx, laptop.Token)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.App.Grants(ctx, who, app.GrantQuery{}); err != nil {
			t.Errorf("reading asks for a proof: %v", err)
		}
		for range 3 {
			if _, err := s.App.Prove(ctx, who, app.ProofInput{Password: "guess"}); codeOf(err) != "proof_wrong" {
				t.Fatalf("a wrong password: %v", err)
			}
		}
		if err := grant(laptop, "east2"); codeOf(err) != "proof_needed" {
			t.Errorf("a wrong password proved something: %v", err)
		}
		if _, err := s.App.Prove(ctx, who, app.ProofInput{}); codeOf(err) != "required" {
			t.Errorf("an empty password: %v", err)
		}
		until, err := s.App.Prove(ctx, who, app.ProofInput{Password: password})
		if err != nil || !until.Equal(s.Clock.Now().Add(app.ProofLasts)) {
			t.Fatalf("the right password: %v, until %s", err, until)
		}
		if err := grant(script, "east2"); codeOf(err) != "proof_needed" {
			t.Errorf("one session proved for another: %v", err)
		}
		if err := grant(laptop, "east2"); err != nil {
			t.Errorf("after the proof: %v", err)
		}
		for range 5 {
			_, _ = s.App.Prove(ctx, who, app.ProofInput{Password: "guess"})
		}
		if _, err := s.App.Prove(ctx, who, app.ProofInput{Password: password}); kind(err) != fault.TooManyKind {
			t.Errorf("guessing at the proof is not slowed: %v", err)
		}
		if _, err := s.App.SignIn(ctx, app.SignInInput{Login: "security", Password: password}); kind(err) != fault.TooManyKind {
			t.Errorf("guesses at the proof do not count at sign-in: %v", err)
		}
		if _, err := s.App.Prove(ctx, s.Actor("anna"), app.ProofInput{Password: password}); kind(err) != fault.Unauth {
			t.Errorf("without a session: %v", err)
		}
	})
}
