package accounts_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
)

// TestEverySecretMeetsOneCounter guesses where a password is asked for, and is
// slowed where another one is.
func TestEverySecretMeetsOneCounter(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		story.Activate(t, s, "anna")
		in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password, Bearer: true})
		if err != nil {
			t.Fatal(err)
		}
		set := func(old string) error {
			_, err := s.App.SetPassword(ctx, in.Actor, accounts.PasswordInput{Old: old, New: "another word 77"})
			return err
		}
		for i := range 4 {
			if err := set(fmt.Sprint("guess ", i)); story.CodeOf(err) != "password_wrong" {
				t.Fatalf("guess %d: %v", i, err)
			}
		}
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: "guess",
			Source: "203.0.113.7"}); story.CodeOf(err) != "sign_in_failed" {
			t.Fatal(err)
		}
		if err := set(story.Password); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("the sixth guess, at the other door: %v", err)
		}
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna",
			Password: story.Password}); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("sign-in after guesses at the password page: %v", err)
		}
		s.Clock.Add(31 * time.Second)
		if err := set(story.Password); err != nil {
			t.Errorf("after the wait: %v", err)
		}
		for i := range 4 { // the right one took the count back
			if err := set(fmt.Sprint("guess ", i)); story.CodeOf(err) != "password_wrong" {
				t.Errorf("guess %d after a right one: %v", i, err)
			}
		}
	})
}

// TestOneFunctionComparesSecrets finds whoever compares a password past the
// counter.
func TestOneFunctionComparesSecrets(t *testing.T) {
	callers := map[string][]string{}
	files := 0
	err := filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			name := "(file)"
			if fn, ok := d.(*ast.FuncDecl); ok {
				name = fn.Name.Name
			}
			ast.Inspect(d, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				switch what := sel.Sel.Name; what {
				case "ComparePasswordAndHash", "CheckHash", "IDKey": // of argon2id and of argon2
					callers["compare"] = append(callers["compare"], filepath.ToSlash(path)+" "+name)
				case "fits", "codeFits":
					if strings.Contains(filepath.ToSlash(path), "internal/app/") {
						callers[what] = append(callers[what], name)
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil || files < 400 {
		t.Fatal(files, err)
	}
	if got := fmt.Sprint(callers["compare"]); got != "[../../../internal/app/accounts/secret.go fits]" {
		t.Errorf("a password is compared by %s", got)
	}
	if got := fmt.Sprint(callers["fits"]); got != "[checkSecret]" {
		t.Errorf("fits, which counts nothing, is called by %s", got)
	}
	for _, name := range callers["codeFits"] {
		if name != "fits" && name != "countTry" && name != "forgive" {
			t.Errorf("a one-time code is compared by %s", name)
		}
	}
}

// TestASourceIsSlowedAndItsPeopleAreNot shuts one address out by guessing and
// looks who behind it still gets in.
func TestASourceIsSlowedAndItsPeopleAreNot(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		const station = "198.51.100.4" // everybody's
		signIn := func(login, word, device, source string) (*accounts.SignedIn, error) {
			return s.App.SignIn(ctx, accounts.SignInInput{Login: login, Password: word, Device: device, Source: source})
		}
		story.Activate(t, s, "anna")
		story.Activate(t, s, "ben")
		story.Activate(t, s, "east1head")
		first, err := signIn("anna", story.Password, "", station)
		if err != nil {
			t.Fatal(err)
		}
		shared, err := signIn("ben", story.Password, first.Device, station) // at the same machine
		if err != nil {
			t.Fatal(err)
		}
		if shared.Device != first.Device {
			t.Error("the machine of a station is a stranger to whoever used it before")
		}
		forged, err := signIn("ben", story.Password, "a token of his own making", "10.0.0.1")
		if err != nil || forged.Device == "a token of his own making" {
			t.Errorf("a device was taken that we never gave: %v", err)
		}
		code, _, _, err := s.App.IssueCode(ctx, desk.Program("operator"), s.Account["east2head"])
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; story.CodeOf(err) != "too_many_tries"; i++ {
			if _, err = signIn(fmt.Sprint("login", i), "guess", "", station); i > 40 {
				t.Fatal("nobody slows the source")
			}
		}
		if _, err := signIn("east1head", story.Password, "", station); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("a strange device at the slowed source: %v", err)
		}
		for login, device := range map[string]string{"anna": first.Device, "ben": shared.Device} {
			if _, err := signIn(login, story.Password, device, station); err != nil {
				t.Errorf("%s on the machine that he always uses: %v", login, err)
			}
		}
		if _, err := signIn("east2head", "AAAA-BBBB-CCCC", "", station); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("a wrong code at the slowed source: %v", err)
		}
		if _, err := signIn("east2head", code, "", station); err != nil {
			t.Errorf("a newcomer with his code: %v", err)
		}
		if _, err := signIn("east1head", story.Password, "", "10.0.0.77"); err != nil {
			t.Errorf("from elsewhere: %v", err)
		}
		for i := range 5 { // one account from many sources
			if _, err := signIn("east1head", "guess", "", fmt.Sprint("10.0.1.", i)); story.CodeOf(err) != "sign_in_failed" {
				t.Fatal(err)
			}
		}
		if _, err := signIn("east1head", "guess", "", "10.0.1.99"); fault.KindOf(err) != fault.TooManyKind {
			t.Errorf("one account from many sources: %v", err)
		}
		err = nil
		for i := 0; story.CodeOf(err) != "too_many_tries"; i++ { // a subscriber of IPv6 has 2^64 addresses
			if _, err = signIn(fmt.Sprint("other", i), "guess", "", fmt.Sprintf("2001:db8:1:2::%x", i)); i > 40 {
				t.Fatal("a source that changes its address is not slowed")
			}
		}
	})
}
