package accounts_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

func TestFirstSignInByCode(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		code, _, _, err := s.App.IssueCode(ctx, s.Actor("system"), s.Account["anna"])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna",
			Password: "AAAA-BBBB-CCCC"}); story.CodeOf(err) != "sign_in_failed" {
			t.Fatalf("a wrong code: %v", err)
		}
		in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: " ＡNNA ", Password: strings.ToLower(strings.ReplaceAll(code, "-", " "))})
		if err != nil {
			t.Fatal(err)
		}
		if !in.Renew || !in.Actor.MustRenew {
			t.Error("a session by code must first set a password")
		}
		if _, _, err := s.App.Jobs(ctx, in.Actor, "", 0); fault.KindOf(err) != fault.ForbiddenKind {
			t.Errorf("a session by code did something else: %v", err)
		}
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: code}); story.CodeOf(err) != "sign_in_failed" {
			t.Errorf("the code worked twice: %v", err)
		}
		for _, bad := range []struct{ word, code string }{{"short", "password_short"}, {"ANNA is my name", "password_simple"},
			{"ää" + strings.Repeat("ä", 20), "password_simple"}, {strings.Repeat("ab", 100), "password_long"}} {
			if _, err := s.App.SetPassword(ctx, in.Actor, accounts.PasswordInput{New: bad.word}); story.CodeOf(err) != bad.code {
				t.Errorf("password %q: %v", bad.word, err)
			}
		}
		if _, err := s.App.SetPassword(ctx, in.Actor, accounts.PasswordInput{New: story.Password}); err != nil {
			t.Fatal(err)
		}
		who, err := s.App.Authenticate(ctx, in.Token)
		if err != nil || who.MustRenew {
			t.Fatalf("after the password: %+v %v", who, err)
		}
		again, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password})
		if err != nil || again.Renew {
			t.Fatalf("by password: %v", err)
		}
		if _, err := s.App.SetPassword(ctx, again.Actor, accounts.PasswordInput{Old: "not it at all",
			New: "another word 77"}); story.CodeOf(err) != "password_wrong" {
			t.Errorf("with a wrong old password: %v", err)
		}
		if _, err := s.App.SetPassword(ctx, again.Actor, accounts.PasswordInput{Old: story.Password, New: "another word 77"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.Authenticate(ctx, in.Token); fault.KindOf(err) != fault.Unauth {
			t.Errorf("the other session outlived a new password: %v", err)
		}
	})
}

func TestSessionsEndAtOnce(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	first := story.Activate(t, s, "anna")
	second, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password, Label: "phone\x00"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.App.Sessions(ctx, second.Actor)
	if err != nil || len(list) != 2 || list[0].Label != "phone" && list[1].Label != "phone" {
		t.Fatalf("sessions: %+v %v", list, err)
	}
	for _, x := range list {
		if !x.Current {
			if err := s.App.EndSession(ctx, second.Actor, x.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.App.Authenticate(ctx, first.Token); fault.KindOf(err) != fault.Unauth {
		t.Errorf("an ended session goes on: %v", err)
	}
	other := story.Activate(t, s, "ben")
	if err := s.App.EndSession(ctx, second.Actor, other.Actor.Session); fault.KindOf(err) != fault.NotFoundKind {
		t.Errorf("somebody else's session: %v", err)
	}
	s.Clock.Add(90 * time.Minute)
	if _, err := s.App.Authenticate(ctx, second.Token); err != nil {
		t.Errorf("within the idle time: %v", err)
	}
	s.Clock.Add(90 * time.Minute)
	if _, err := s.App.Authenticate(ctx, second.Token); err != nil {
		t.Errorf("use did not keep it alive: %v", err)
	}
	s.Clock.Add(2*time.Hour + time.Minute)
	if _, err := s.App.Authenticate(ctx, second.Token); fault.KindOf(err) != fault.Unauth {
		t.Errorf("an idle session goes on: %v", err)
	}
	script, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password, Bearer: true, Label: "nightly",
		Scope: []string{desk.ScopeRead}})
	if err != nil || script.Device != "" {
		t.Fatalf("%+v %v", script, err)
	}
	for range 5 {
		s.Clock.Add(5 * 24 * time.Hour)
		if _, err := s.App.Authenticate(ctx, script.Token); err != nil {
			t.Errorf("a script's token: %v", err)
		}
	}
	system := s.Actor("system")
	views, _, err := s.App.Accounts(ctx, system, accounts.AccountQuery{Query: "anna"})
	if err != nil || len(views) != 1 {
		t.Fatalf("%+v %v", views, err)
	}
	if _, err := s.App.SetAccountState(ctx, system, s.Account["anna"], views[0].Version, true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.Authenticate(ctx, script.Token); fault.KindOf(err) != fault.Unauth {
		t.Errorf("a disabled account goes on: %v", err)
	}
	if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password}); story.CodeOf(err) != "sign_in_failed" {
		t.Errorf("a disabled account signs in: %v", err)
	}
}

func TestGuessingIsSlowedAndLocksNobodyOut(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		story.Activate(t, s, "anna")
		own, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password, Source: "10.0.0.1"})
		if err != nil || own.Device == "" {
			t.Fatal(err)
		}
		head := func() int64 {
			var n int64
			if err := s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
				var err error
				n, _, err = v.Head(ctx)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := head()
		guess := func(login string) error {
			_, err := s.App.SignIn(ctx, accounts.SignInInput{Login: login, Password: "guess", Source: "203.0.113.7"})
			return err
		}
		for i, login := range []string{"anna", "ANNA", " anna", "Ａnna", "an\u200bna"} {
			if err := guess(login); story.CodeOf(err) != "sign_in_failed" {
				t.Fatalf("guess %d: %v", i, err)
			}
		}
		if got := head(); got != before+1 {
			t.Errorf("a burst of failures wrote %d entries, want 1", got-before)
		}
		if err := guess("anna"); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("the sixth guess: %v", err)
		}
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password,
			Source: "10.0.0.2"}); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("a new device during the wait: %v", err)
		}
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password, Source: "203.0.113.7",
			Device: own.Device}); err != nil {
			t.Errorf("her own device was shut out: %v", err)
		}
		s.Clock.Add(31 * time.Second)
		if err := guess("anna"); story.CodeOf(err) != "sign_in_failed" {
			t.Errorf("after the wait: %v", err)
		}
		s.Clock.Add(31 * time.Second)
		if err := guess("anna"); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("the wait did not double: %v", err)
		}
		for range 5 {
			if err := guess("nobody-at-all"); story.CodeOf(err) != "sign_in_failed" {
				t.Errorf("an unknown login looks different: %v", err)
			}
		}
		if err := guess("nobody-at-all"); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("an unknown login is not slowed: %v", err)
		}
		for i := range 40 { // one source over many accounts
			err = guess("login" + strings.Repeat("x", i))
			if fault.KindOf(err) == fault.TooManyKind {
				break
			}
		}
		if fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("a source over many accounts: %v", err)
		}
		for range 12 { // somebody holds her phone
			_, err = s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: "guess", Source: "10.0.0.3", Device: own.Device})
		}
		if fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("guessing on her own device: %v", err)
		}
	})
}

func TestCountersSurviveARestart(t *testing.T) {
	dsn := t.TempDir() + "/site.db"
	s := apptest.New(t, dsn)
	ctx := context.Background()
	for range 5 {
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: "guess"}); story.CodeOf(err) != "sign_in_failed" {
			t.Fatal(err)
		}
	}
	again, err := app.New(app.Config{Store: s.Store, Secret: apptest.Secret})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: "guess"}); fault.KindOf(err) != fault.TooManyKind {
		t.Errorf("a new program forgot the failures: %v", err)
	}
}

func TestGrants(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		sec, sec2 := s.Actor("security"), s.Actor("security2")
		give := func(who *roster.Actor, login string, role roster.Role, unit string) (string, error) {
			id, _, err := s.App.Grant(ctx, who, accounts.GrantInput{Login: login, Role: role, UnitID: s.Units[unit], FromOn: "2026-03-01"})
			return id, err
		}
		id, err := give(sec, "anna", roster.RoleInspector, "east")
		if err != nil {
			t.Fatal(err)
		}
		if !s.Actor("anna").HoldsAt(roster.RoleInspector, s.Units["east"]) {
			t.Error("the grant is not in force at once")
		}
		for name, c := range map[string]struct {
			who         *roster.Actor
			login       string
			role        roster.Role
			unit, fault string
		}{
			"to himself":                 {sec, "security", roster.RoleInspector, "east", "grant_to_self"},
			"an administrator's content": {sec, "audit", roster.RoleInspector, "east", "grant_administrator_content"},
			"two administrators":         {sec, "audit", roster.RoleSystemAdmin, "bureau", "grant_two_administrators"},
			"content then administrator": {sec, "anna", roster.RoleAuditAdmin, "bureau", "grant_administrator_content"},
			"the officer's role":         {sec, "ben", roster.RoleOfficer, "east", "grant_officer"},
			"above the bureau":           {sec, "ben", roster.RoleInspector, "authority", "unit_unknown"},
			"nobody":                     {sec, "nobody", roster.RoleInspector, "east", "account_unknown"},
			"by a system administrator":  {s.Actor("system"), "ben", roster.RoleInspector, "east", "not_allowed"},
			"by an officer":              {s.Actor("ben"), "anna", roster.RoleInspector, "east", "not_allowed"},
		} {
			if _, err := give(c.who, c.login, c.role, c.unit); story.CodeOf(err) != c.fault {
				t.Errorf("%s: %v, want %s", name, err, c.fault)
			}
		}
		admin, err := give(sec, "ben", roster.RoleAuditAdmin, "bureau")
		if err != nil {
			t.Fatal(err)
		}
		if s.Actor("ben").Holds(roster.RoleAuditAdmin) {
			t.Error("an administrator's grant is in force before the second person")
		}
		if _, err := s.App.ApproveGrant(ctx, sec, admin, 1); story.CodeOf(err) != "grant_second_person" {
			t.Errorf("approved by the proposer: %v", err)
		}
		if _, err := s.App.ApproveGrant(ctx, sec2, admin, 9); story.CodeOf(err) != "stale_version" {
			t.Errorf("a stale version: %v", err)
		}
		if _, err := s.App.ApproveGrant(ctx, sec2, admin, 1); err != nil {
			t.Fatal(err)
		}
		if !s.Actor("ben").Holds(roster.RoleAuditAdmin) {
			t.Error("the approved grant is not in force")
		}
		if _, err := s.App.RevokeGrant(ctx, sec, id, 1); err != nil {
			t.Fatal(err)
		}
		if s.Actor("anna").Holds(roster.RoleInspector) {
			t.Error("a revoked role is still held")
		}
		list, _, err := s.App.Grants(ctx, sec, accounts.GrantQuery{AccountID: s.Account["anna"]})
		if err != nil || len(list) != 1 || list[0].State != roster.GrantRevoked {
			t.Errorf("the revoked grant is kept: %+v %v", list, err)
		}
	})
}

// A database that fails is no grant that is not there.
func TestABrokenReadIsNoMissingGrant(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	sec := s.Actor("security")
	id, _, err := s.App.Grant(ctx, sec, accounts.GrantInput{Login: "anna", Role: roster.RoleInspector, UnitID: s.Units["east"],
		FromOn: "2026-03-01"})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec("ALTER TABLE accounts RENAME TO accounts_away"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.RevokeGrant(ctx, sec, id, 1); fault.KindOf(err) != fault.Internal {
		t.Errorf("%v", err)
	}
}

func TestDeputy(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	head := s.Actor("east1head")
	in := accounts.DeputyInput{UnitID: s.Units["east1"], PersonnelNo: "P0012", FromOn: "2026-03-02", ToOn: "2026-03-10"}
	id, _, err := s.App.NameDeputy(ctx, head, in)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Actor("anna").HoldsAt(roster.RoleUnitHead, s.Units["east1"]) {
		t.Error("the deputy does not act")
	}
	in.PersonnelNo = "P0014" // of another station
	if _, _, err := s.App.NameDeputy(ctx, head, in); story.CodeOf(err) != "deputy_not_posted" {
		t.Errorf("somebody from elsewhere: %v", err)
	}
	in.PersonnelNo = "P0013"
	if _, _, err := s.App.NameDeputy(ctx, s.Actor("anna"), in); story.CodeOf(err) != "deputy_of_deputy" {
		t.Errorf("a deputy's deputy: %v", err)
	}
	if _, err := s.App.RevokeDeputy(ctx, s.Actor("east2head"), id, 1); fault.KindOf(err) != fault.NotFoundKind {
		t.Errorf("another head revokes: %v", err)
	}
	s.Clock.Add(9 * 24 * time.Hour)
	if s.Actor("anna").Holds(roster.RoleUnitHead) {
		t.Error("the deputy acts after his time")
	}
	if _, err := s.App.RevokeDeputy(ctx, head, id, 1); err != nil {
		t.Error(err)
	}
}

func TestAnAdministratorCannotBecomeAnother(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	code, until, _, err := s.App.IssueCode(ctx, s.Actor("system"), s.Account["security"])
	if err != nil || !until.IsZero() {
		t.Errorf("a code for the security administrator is good until %s: %v", until, err)
	}
	if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "security", Password: code}); story.CodeOf(err) != "sign_in_failed" {
		t.Errorf("by one administrator's code: %v", err)
	}
	if _, _, _, err := s.App.IssueCode(ctx, s.Actor("security"), s.Account["anna"]); story.CodeOf(err) == "" {
		t.Error("the security administrator issues codes")
	}
}
