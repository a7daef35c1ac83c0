package accounts_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"plumbline/internal/app/accounts"
	"plumbline/internal/apptest"
	"plumbline/internal/roster"
	"plumbline/internal/web"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// TestFirstSignIn goes the road of a new officer: a code, a password, a
// session, another device that is ended, and out.
func TestFirstSignIn(t *testing.T) {
	s := apptest.SQLite(t)
	face := web.New(web.Options{App: s.App, Who: s.App.Authenticate, Log: slog.New(slog.DiscardHandler)})
	code, _, _, err := s.App.IssueCode(t.Context(), s.Actor("system"), s.Account["anna"])
	if err != nil {
		t.Fatal(err)
	}
	say := func(key string) string { return words.T(words.EN, key) }
	b := webtest.Browse(t, face)
	b.Open("/me")
	if b.At != page.SignInPath {
		t.Fatalf("a stranger is at %s", b.At)
	}
	if status := b.Fill(page.SignInPath, "login", "anna", "password", "wrong"); status != http.StatusUnauthorized {
		t.Errorf("a wrong code: %d", status)
	}
	b.See(say("fault.sign_in_failed"))
	b.Fill(page.SignInPath, "login", "Anna", "password", code)
	if b.At != page.PasswordPath {
		t.Fatalf("after the code at %s: %s", b.At, webtest.PlainText(b.Page))
	}
	if b.Open("/me"); b.At != page.PasswordPath {
		t.Errorf("a session that must set a password is at %s", b.At)
	}
	if status := b.Fill(page.PasswordPath, "new", "correct horse", "again", "other"); status != 422 {
		t.Errorf("two different passwords: %d", status)
	}
	b.Fill(page.PasswordPath, "new", "short", "again", "short")
	b.See("id=\"problems\"")
	b.Fill(page.PasswordPath, "new", "correct horse", "again", "correct horse")
	if b.Open("/me"); b.At != "/me" {
		t.Fatalf("after the password at %s", b.At)
	}
	b.See(say("me.this"))

	other := webtest.Browse(t, face)
	other.Open("/signin?next=/me")
	if other.Fill(page.SignInPath, "login", "anna", "password", "correct horse"); other.At != "/me" {
		t.Fatalf("the other device is at %s", other.At)
	}
	b.Open("/me")
	end := regexp.MustCompile(`action="(/me/sessions/[^"]+/end)"`).FindStringSubmatch(b.Page)
	if end == nil {
		t.Fatal("the other session is not listed")
	}
	b.Fill(end[1])
	b.See(say("me.ended"))
	if other.Open("/me"); other.At != page.SignInPath {
		t.Errorf("an ended session is at %s", other.At)
	}
	b.Fill("/signout")
	if b.Open("/me"); b.At != page.SignInPath {
		t.Errorf("after signing out at %s", b.At)
	}
}

func TestAccountsAndGrants(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "system")
	if page := v.Get("/accounts", 200); !strings.Contains(page, "eastinspector") {
		t.Error("the list lacks an account")
	}
	page := v.Post("/accounts/search", url.Values{"q": {"anna"}}, 200)
	if !strings.Contains(page, ">anna<") || strings.Contains(page, ">ben<") {
		t.Errorf("searching anna: %s", webtest.PlainText(page))
	}
	code := v.Post("/accounts/"+s.Account["anna"]+"/code", nil, 200)
	if !regexp.MustCompile(`[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}`).MatchString(code) {
		t.Errorf("no code: %s", webtest.PlainText(code))
	}
	if page := v.Post("/accounts", url.Values{"login": {"x"}, "personnel_no": {""}}, 422); !strings.Contains(page,
		words.T(words.EN, "fault.required")) {
		t.Errorf("an account without a person: %s", webtest.PlainText(page))
	}
	v.Post("/accounts/"+s.Account["anna"]+"/disable", url.Values{"version": {"1"}}, 303)
	v.Post("/accounts/"+s.Account["anna"]+"/disable", url.Values{"version": {"1"}}, 409)

	g := v.As("security")
	give := url.Values{"login": {"ben"}, "role": {"inspector"}, "unit": {s.Units["east"]}, "from": {"2026-03-02"}}
	g.Post("/grants", give, 303)
	if page := g.Get("/grants?role=inspector", 200); !strings.Contains(page, ">ben<") {
		t.Errorf("the grant is not listed: %s", webtest.PlainText(page))
	}
	give.Set("login", "security")
	g.Post("/grants", give, 403) // not to oneself
	v.As("cara").Get("/grants", 403)
	h := v.As("east1head")
	h.Post("/deputies", url.Values{"unit": {s.Units["east1"]}, "personnel_no": {"nobody"}, "from": {"2026-03-02"},
		"to": {"2026-03-09"}}, 422)
	h.Get("/deputies", 200)
}

// The holder of an account reads on his home that somebody wants to open it. He
// refuses once; then he asks for it himself, and the code is shown to him alone.
func TestTheHolderIsAskedBeforeHisAccountOpens(t *testing.T) {
	s := apptest.SQLite(t)
	face := web.New(web.Options{App: s.App, Who: s.App.Authenticate, Log: slog.New(slog.DiscardHandler)})
	anna, system := webtest.SignedIn(t, s, face, "anna"), webtest.SignedIn(t, s, face, "system")
	say := func(key string) string { return words.T(words.EN, key) }
	ask := func() (code string) {
		system.Open("/accounts")
		system.Fill("/accounts/" + s.Account["anna"] + "/code")
		system.See(say("account.code.waits"))
		return shownCode(t, system.Page)
	}
	button := func(do string) string {
		anna.Open("/")
		at := regexp.MustCompile(`action="(/me/codes/[^"/]+/` + do + `)"`).FindStringSubmatch(anna.Page)
		if at == nil {
			t.Fatalf("nothing to %s on the home: %s", do, webtest.PlainText(anna.Page))
		}
		return at[1]
	}
	ask()
	to := button("refuse")
	anna.See("系统甲")
	anna.Fill(to)
	anna.See(say("account.code.refused"))
	if strings.Contains(anna.Page, "/me/codes/") {
		t.Error("what is refused still waits")
	}
	theirs := ask()
	anna.Fill(button("confirm"))
	own := shownCode(t, anna.Page)
	if own == theirs {
		t.Error("the asker knows the holder's code")
	}
	if anna.Open("/"); anna.At != page.SignInPath {
		t.Errorf("the session goes on at %s", anna.At)
	}
	if status := anna.Fill(page.SignInPath, "login", "anna", "password", theirs); status != http.StatusUnauthorized {
		t.Errorf("the asker's code: %d", status)
	}
	anna.Fill(page.SignInPath, "login", "anna", "password", own)
	anna.Fill(page.PasswordPath, "new", "another horse 43", "again", "another horse 43")
	anna.Open("/")
	anna.See("your account was reopened with a one-time code")
	anna.See("系统甲")
}

// Who issues a newcomer's code alone reads what it does not carry, the newcomer
// reads who issued it, and when a role comes he is told at the door what to ask for.
func TestACodeIssuedAloneIsSaidOnThePages(t *testing.T) {
	s := apptest.SQLite(t)
	face := web.New(web.Options{App: s.App, Who: s.App.Authenticate, Log: slog.New(slog.DiscardHandler)})
	system := webtest.SignedIn(t, s, face, "system")
	system.Open("/accounts")
	system.Fill("/accounts/" + s.Account["anna"] + "/code")
	system.See(words.T(words.EN, "account.code.one"))
	anna := webtest.Browse(t, face)
	anna.Open(page.SignInPath)
	anna.Fill(page.SignInPath, "login", "anna", "password", shownCode(t, system.Page))
	anna.Fill(page.PasswordPath, "new", "correct horse", "again", "correct horse")
	anna.Open("/")
	anna.See("系统甲 issued a one-time code for your account")
	if _, _, err := s.App.Grant(t.Context(), s.Actor("security"), accounts.GrantInput{Login: "anna", Role: roster.RoleInspector,
		UnitID: s.Units["east"], FromOn: s.App.Today()}); err != nil {
		t.Fatal(err)
	}
	if anna.Open("/"); anna.At != page.SignInPath {
		t.Errorf("the session goes on at %s", anna.At)
	}
	if status := anna.Fill(page.SignInPath, "login", "anna", "password", "correct horse"); status != http.StatusUnauthorized {
		t.Errorf("by the password: %d", status)
	}
	anna.See(words.T(words.EN, "fault.code_alone"))
}

func shownCode(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`<code>([^<]+)</code>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no code: %s", webtest.PlainText(page))
	}
	return m[1]
}
