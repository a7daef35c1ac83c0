package story

import (
	"context"
	"testing"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/apptest"
)

const Password = "correct horse 42"

// Activate gives an account of the small bureau a password, as its holder
// would: by a code, and then a password of his own.
func Activate(t *testing.T, s *apptest.Site, key string) *accounts.SignedIn {
	t.Helper()
	ctx := context.Background()
	code, _, _, err := s.App.IssueCode(ctx, desk.Program("operator"), s.Account[key])
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: key, Password: code, Source: "10.0.0.9"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.SetPassword(ctx, in.Actor, accounts.PasswordInput{New: Password}); err != nil {
		t.Fatal(err)
	}
	return in
}
