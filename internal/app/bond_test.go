package app_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/store"
)

// verbsOf lists the verbs of the entries about an account, the oldest first.
func verbsOf(t *testing.T, s *apptest.Site, account string) (verbs []string) {
	t.Helper()
	if err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		for from := int64(0); ; {
			rows, err := v.Entries(ctx, from, store.PageMax)
			if err != nil || len(rows) == 0 {
				return err
			}
			for _, r := range rows {
				if r.ObjectID == account {
					verbs = append(verbs, r.Verb)
				}
				from = r.Seq + 1
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	return verbs
}

// TestSignInsStandInTheLedger goes through the life of an account's sessions
// and secrets, and looks for the fact of each step.
func TestSignInsStandInTheLedger(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		anna := s.Account["anna"]
		before := len(verbsOf(t, s, anna))
		first := story.Activate(t, s, "anna")
		second, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password})
		if err != nil {
			t.Fatal(err)
		}
		token, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password, Bearer: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.App.EndSession(ctx, second.Actor, first.Actor.Session); err != nil {
			t.Fatal(err)
		}
		if err := s.App.EndSession(ctx, token.Actor, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.SetPassword(ctx, second.Actor, accounts.PasswordInput{Old: story.Password, New: "another word 77"}); err != nil {
			t.Fatal(err)
		}
		if err := s.App.EndSessions(ctx, second.Actor); err != nil {
			t.Fatal(err)
		}
		want := []string{"account.code", "account.sign_in_by_code", "account.password_set", "account.sign_in", "account.token",
			"account.session_end", "account.sign_out", "account.password_set", "account.session_end_all"}
		if got := verbsOf(t, s, anna)[before:]; !slices.Equal(got, want) {
			t.Errorf("%v,\nwant %v", got, want)
		}
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: "another word 77"}); err != nil {
			t.Fatal(err)
		}
		if v := story.Verify(t, s); !v.OK() || v.Rows["session"] != 1 || v.Rows["credential"] == 0 {
			t.Errorf("%v of %v", v.Findings, v.Rows)
		}
	})
}

// TestASessionPastTheLedgerIsNamed does to the sessions and secrets what only
// somebody with the database's files can do.
func TestASessionPastTheLedgerIsNamed(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	story.Activate(t, s, "ben")
	in := story.Activate(t, s, "anna")
	ended, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password, Bearer: true})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // whose temporary tables hold the copies: verify knows every other one
	do := func(text string, args ...any) {
		t.Helper()
		if _, err := db.Exec(text, args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	do("CREATE TEMP TABLE kept_sessions AS SELECT * FROM sessions")
	do("CREATE TEMP TABLE kept_credentials AS SELECT * FROM credentials")
	if err := s.App.EndSession(ctx, ended.Actor, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.SetPassword(ctx, in.Actor, accounts.PasswordInput{Old: story.Password, New: "another word 77"}); err != nil {
		t.Fatal(err)
	}
	if v := story.Verify(t, s); !v.OK() {
		t.Fatalf("before: %v", v.Findings)
	}
	do("CREATE TEMP TABLE true_sessions AS SELECT * FROM sessions")
	do("CREATE TEMP TABLE true_credentials AS SELECT * FROM credentials")
	anna, ben := s.Account["anna"], s.Account["ben"]
	for _, c := range []struct{ name, sql, want string }{
		{"a session slipped in", "INSERT INTO sessions SELECT 'f00', '" + ben +
			"', form_seed, label, bearer, renew, scope, idle_s, created_at, seen_at, until_at, proved_at, proof FROM sessions LIMIT 1", "session_unknown"},
		{"a session handed to somebody else", "UPDATE sessions SET account_id = '" + ben + "' WHERE account_id = '" + anna + "'",
			"session_changed"},
		{"a session that lasts longer", "UPDATE sessions SET until_at = until_at + 1000000000 WHERE account_id = '" + anna + "'",
			"session_changed"},
		{"a token that may do more", "UPDATE sessions SET scope = 'x' WHERE account_id = '" + anna + "'", "session_changed"},
		{"an ended session put back", "INSERT INTO sessions SELECT * FROM kept_sessions WHERE token_hash NOT IN (SELECT token_hash FROM sessions)", "session_ended"},
		{"a password exchanged", "UPDATE credentials SET hash = (SELECT hash FROM credentials WHERE account_id = '" + ben +
			"') WHERE account_id = '" + anna + "'", "credential_changed"},
		{"an old password put back", "UPDATE credentials SET (hash, code_hash, code_until, changed_at, salt) = (SELECT hash, code_hash, code_until, changed_at, salt FROM kept_credentials AS k WHERE k.account_id = '" + anna + "') WHERE account_id = '" + anna + "'", "credential_changed"},
		{"a code slipped in", "UPDATE credentials SET code_hash = 'c0de', code_until = code_until + 1000000000 WHERE account_id = '" +
			anna + "'", "credential_changed"},
		{"a secret for whoever has none", "INSERT INTO credentials SELECT 'nobody', hash, code_hash, code_until, changed_at, salt FROM credentials LIMIT 1", "credential_unknown"},
		{"a secret away", "DELETE FROM credentials WHERE account_id = '" + ben + "'", "credential_missing"},
		{"a reader's place beyond the end", "INSERT INTO positions (name, seq) VALUES ('x', 999999)", "position_beyond"},
	} {
		do(c.sql)
		var codes []string
		for _, f := range story.Verify(t, s).Findings {
			codes = append(codes, f.What)
		}
		if !slices.Equal(slices.Compact(codes), []string{c.want}) {
			t.Errorf("%s: %v, want %s", c.name, codes, c.want)
		}
		do("DELETE FROM sessions")
		do("INSERT INTO sessions SELECT * FROM true_sessions")
		do("DELETE FROM credentials")
		do("INSERT INTO credentials SELECT * FROM true_credentials")
		do("DELETE FROM positions WHERE name = 'x'")
	}
	if v := story.Verify(t, s); !v.OK() {
		t.Errorf("after: %v", v.Findings)
	}
	do("INSERT INTO requests (account, op, key_hash, body_hash, result_id, seq) VALUES ('" + ben + "', 'x', x'01', x'02', 'id', 1)")
	if v := story.Verify(t, s); v.Total != 1 || v.Findings[0].What != "request_unknown" {
		t.Errorf("a request's record slipped in: %v", v.Findings)
	}
}

// TestWhoMustLookGetsInWhileWritingIsFrozen signs in where no entry can be
// written.
func TestWhoMustLookGetsInWhileWritingIsFrozen(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	running := story.Activate(t, s, "anna")
	s.Store.Freeze(store.Freeze{Code: "root_differs", By: store.BySigner})
	in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.Authenticate(ctx, in.Token); err != nil {
		t.Error(err)
	}
	if err := s.App.EndSession(ctx, running.Actor, ""); err != nil {
		t.Errorf("signing out while frozen: %v", err)
	}
	s.Clock.Add(61 * time.Minute)
	if _, err := s.App.Authenticate(ctx, in.Token); err == nil {
		t.Error("a session without an entry lasts")
	}
	for _, f := range story.Verify(t, s).Findings {
		if f.Kind == "session" {
			t.Errorf("it stands in the table: %v", f)
		}
	}
}
