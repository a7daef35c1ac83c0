package accounts_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
)

func TestATokenDoesWhatItsScopeSays(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	story.Activate(t, s, "anna")
	token := func(days int, scope ...string) (*accounts.SignedIn, error) {
		return s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password, Bearer: true, Label: "nightly", Scope: scope,
			Days: days})
	}
	for _, c := range []struct {
		scope []string
		days  int
		want  string
	}{
		{[]string{"password.set"}, 1, "token_scope_unknown"},
		{[]string{"read", "session.create"}, 1, "token_scope_unknown"},
		{[]string{"ledger.thaw"}, 1, "token_scope_unknown"}, // only the command line has it
		{[]string{"everything"}, 1, "token_scope_unknown"},
		{[]string{"read"}, 31, "token_days"},
		{nil, 3, "token_days_scope"},
	} {
		if _, err := token(c.days, c.scope...); story.CodeOf(err) != c.want {
			t.Errorf("%v for %d days: %v, want %s", c.scope, c.days, err, c.want)
		}
	}
	if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password, Bearer: true,
		Scope: []string{"read"}}); story.CodeOf(err) != "required" {
		t.Errorf("a token without a name: %v", err)
	}
	reads, err := token(0, "read")
	if err != nil {
		t.Fatal(err)
	}
	ends, err := token(2, "session.end")
	if err != nil {
		t.Fatal(err)
	}
	if got := ends.Until.Sub(s.App.Now()); got != 48*time.Hour {
		t.Errorf("two days are %v", got)
	}
	list, err := s.App.Sessions(ctx, reads.Actor)
	if err != nil || !slices.ContainsFunc(list, func(v accounts.SessionView) bool {
		return slices.Equal(v.Scope, []string{"session.end"}) && v.Label == "nightly"
	}) {
		t.Errorf("the list of tokens: %+v %v", list, err)
	}
	if _, err := s.App.Sessions(ctx, ends.Actor); story.CodeOf(err) != "token_scope" {
		t.Errorf("a token that may only end lists: %v", err)
	}
	if err := s.App.EndSession(ctx, reads.Actor, ends.Actor.Session); story.CodeOf(err) != "token_scope" {
		t.Errorf("a token that may only read ends: %v", err)
	}
	if _, err := s.App.SetPassword(ctx, reads.Actor, accounts.PasswordInput{Old: story.Password,
		New: "another word 77"}); story.CodeOf(err) != "token_scope" {
		t.Errorf("a token sets the password: %v", err)
	}
	if err := s.App.EndSessions(ctx, ends.Actor); story.CodeOf(err) != "token_scope" {
		t.Errorf("a token ends all: %v", err)
	}
	if s.App.May(reads.Actor, "password.set") || !s.App.May(reads.Actor, "session.list") {
		t.Error("May does not know the scope")
	}
	if err := s.App.EndSession(ctx, ends.Actor, reads.Actor.Session); err != nil { // by its owner's other token
		t.Errorf("ending a token: %v", err)
	}
	if _, err := s.App.Authenticate(ctx, reads.Token); fault.KindOf(err) != fault.Unauth {
		t.Errorf("an ended token goes on: %v", err)
	}
	if err := s.App.EndSession(ctx, ends.Actor, ""); err != nil {
		t.Errorf("a token ends itself: %v", err)
	}
}

func TestHowLongATokenLasts(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	story.Activate(t, s, "anna")
	story.Activate(t, s, "audit")
	token := func(login string, scope ...string) *accounts.SignedIn {
		t.Helper()
		in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: login, Password: story.Password, Bearer: true, Label: "nightly",
			Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	lasts := func(in *accounts.SignedIn) time.Duration { return in.Until.Sub(s.App.Now()) }
	month, idle, full, admin := token("anna", "read"), token("anna", "read"), token("anna"), token("audit", "read")
	if lasts(month) != 30*24*time.Hour || lasts(full) != 12*time.Hour || lasts(admin) != 24*time.Hour {
		t.Errorf("a token %v, one without a scope %v, an administrator's %v", lasts(month), lasts(full), lasts(admin))
	}
	alive := func(in *accounts.SignedIn) bool {
		_, err := s.App.Authenticate(ctx, in.Token)
		return err == nil
	}
	s.Clock.Add(3 * time.Hour)
	if alive(full) || alive(admin) || !alive(month) {
		t.Error("three hours unused: one without a scope and an administrator's end, another goes on")
	}
	for range 7 {
		s.Clock.Add(4 * 24 * time.Hour)
		if !alive(month) {
			t.Fatal("a token in use ended")
		}
	}
	if alive(idle) {
		t.Error("a token unused for four weeks goes on")
	}
	s.Clock.Add(2 * 24 * time.Hour)
	if alive(month) {
		t.Error("a token outlives its month")
	}
	// Whoever becomes an administrator keeps no token of a month.
	later := token("anna", "read")
	sec, sec2 := s.Actor("security"), s.Actor("security2")
	id, _, err := s.App.Grant(ctx, sec, accounts.GrantInput{Login: "anna", Role: "audit_admin", UnitID: s.Units["bureau"],
		FromOn: s.App.Today()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.ApproveGrant(ctx, sec2, id, 1); err != nil {
		t.Fatal(err)
	}
	if !alive(later) {
		t.Error("a young token of a new administrator ended")
	}
	s.Clock.Add(25 * time.Hour)
	if alive(later) {
		t.Error("an administrator's token of a month goes on")
	}
}
