package web

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
	"plumbline/internal/words"
)

// TestFirstSignIn goes the road of a new officer: a code, a password, a
// session, another device that is ended, and out.
func TestFirstSignIn(t *testing.T) {
	s := apptest.SQLite(t)
	face := New(Options{App: s.App, Who: s.App.Authenticate, Log: slog.New(slog.DiscardHandler)})
	code, _, _, err := s.App.IssueCode(t.Context(), s.Actor("system"), s.Account["anna"])
	if err != nil {
		t.Fatal(err)
	}
	say := func(key string) string { return words.T(words.EN, key) }
	b := browse(t, face)
	b.open("/me")
	if b.at != SignInPath {
		t.Fatalf("a stranger is at %s", b.at)
	}
	if status := b.fill(SignInPath, "login", "anna", "password", "wrong"); status != http.StatusUnauthorized {
		t.Errorf("a wrong code: %d", status)
	}
	b.see(say("fault.sign_in_failed"))
	b.fill(SignInPath, "login", "Anna", "password", code)
	if b.at != PasswordPath {
		t.Fatalf("after the code at %s: %s", b.at, plainText(b.page))
	}
	if b.open("/me"); b.at != PasswordPath {
		t.Errorf("a session that must set a password is at %s", b.at)
	}
	if status := b.fill(PasswordPath, "new", "correct horse", "again", "other"); status != 422 {
		t.Errorf("two different passwords: %d", status)
	}
	b.fill(PasswordPath, "new", "short", "again", "short")
	b.see("id=\"problems\"")
	b.fill(PasswordPath, "new", "correct horse", "again", "correct horse")
	if b.open("/me"); b.at != "/me" {
		t.Fatalf("after the password at %s", b.at)
	}
	b.see(say("me.this"))

	other := browse(t, face)
	other.open("/signin?next=/me")
	if other.fill(SignInPath, "login", "anna", "password", "correct horse"); other.at != "/me" {
		t.Fatalf("the other device is at %s", other.at)
	}
	b.open("/me")
	end := regexp.MustCompile(`action="(/me/sessions/[^"]+/end)"`).FindStringSubmatch(b.page)
	if end == nil {
		t.Fatal("the other session is not listed")
	}
	b.fill(end[1])
	b.see(say("me.ended"))
	if other.open("/me"); other.at != SignInPath {
		t.Errorf("an ended session is at %s", other.at)
	}
	b.fill("/signout")
	if b.open("/me"); b.at != SignInPath {
		t.Errorf("after signing out at %s", b.at)
	}
}

func TestAccountsAndGrants(t *testing.T) {
	s := apptest.SQLite(t)
	v := visit(t, s, "system")
	if page := v.get("/accounts", 200); !strings.Contains(page, "eastinspector") {
		t.Error("the list lacks an account")
	}
	page := v.post("/accounts/search", url.Values{"q": {"anna"}}, 200)
	if !strings.Contains(page, ">anna<") || strings.Contains(page, ">ben<") {
		t.Errorf("searching anna: %s", plainText(page))
	}
	code := v.post("/accounts/"+s.Account["anna"]+"/code", nil, 200)
	if !regexp.MustCompile(`[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}`).MatchString(code) {
		t.Errorf("no code: %s", plainText(code))
	}
	if page := v.post("/accounts", url.Values{"login": {"x"}, "personnel_no": {""}}, 422); !strings.Contains(page, words.T(words.EN, "fault.required")) {
		t.Errorf("an account without a person: %s", plainText(page))
	}
	v.post("/accounts/"+s.Account["anna"]+"/disable", url.Values{"version": {"1"}}, 303)
	v.post("/accounts/"+s.Account["anna"]+"/disable", url.Values{"version": {"1"}}, 409)

	g := v.as("security")
	give := url.Values{"login": {"ben"}, "role": {"inspector"}, "unit": {s.Units["east"]}, "from": {"2026-03-02"}}
	g.post("/grants", give, 303)
	if page := g.get("/grants?role=inspector", 200); !strings.Contains(page, ">ben<") {
		t.Errorf("the grant is not listed: %s", plainText(page))
	}
	give.Set("login", "security")
	g.post("/grants", give, 403) // not to oneself
	v.as("cara").get("/grants", 403)
	h := v.as("east1head")
	h.post("/deputies", url.Values{"unit": {s.Units["east1"]}, "personnel_no": {"nobody"}, "from": {"2026-03-02"}, "to": {"2026-03-09"}}, 422)
	h.get("/deputies", 200)
}

// The holder of an account reads on his home that somebody wants to open it. He
// refuses once; then he asks for it himself, and the code is shown to him alone.
func TestTheHolderIsAskedBeforeHisAccountOpens(t *testing.T) {
	s := apptest.SQLite(t)
	face := New(Options{App: s.App, Who: s.App.Authenticate, Log: slog.New(slog.DiscardHandler)})
	anna, system := signedIn(t, s, face, "anna"), signedIn(t, s, face, "system")
	say := func(key string) string { return words.T(words.EN, key) }
	ask := func() (code string) {
		system.open("/accounts")
		system.fill("/accounts/" + s.Account["anna"] + "/code")
		system.see(say("account.code.waits"))
		return shownCode(t, system.page)
	}
	button := func(do string) string {
		anna.open("/")
		at := regexp.MustCompile(`action="(/me/codes/[^"/]+/` + do + `)"`).FindStringSubmatch(anna.page)
		if at == nil {
			t.Fatalf("nothing to %s on the home: %s", do, plainText(anna.page))
		}
		return at[1]
	}
	ask()
	to := button("refuse")
	anna.see("系统甲")
	anna.fill(to)
	anna.see(say("account.code.refused"))
	if strings.Contains(anna.page, "/me/codes/") {
		t.Error("what is refused still waits")
	}
	theirs := ask()
	anna.fill(button("confirm"))
	own := shownCode(t, anna.page)
	if own == theirs {
		t.Error("the asker knows the holder's code")
	}
	if anna.open("/"); anna.at != SignInPath {
		t.Errorf("the session goes on at %s", anna.at)
	}
	if status := anna.fill(SignInPath, "login", "anna", "password", theirs); status != http.StatusUnauthorized {
		t.Errorf("the asker's code: %d", status)
	}
	anna.fill(SignInPath, "login", "anna", "password", own)
	anna.fill(PasswordPath, "new", "another horse 43", "again", "another horse 43")
	anna.open("/")
	anna.see("your account was reopened with a one-time code")
	anna.see("系统甲")
}

// Who issues a newcomer's code alone reads what it does not carry, the newcomer
// reads who issued it, and when a role comes he is told at the door what to ask for.
func TestACodeIssuedAloneIsSaidOnThePages(t *testing.T) {
	s := apptest.SQLite(t)
	face := New(Options{App: s.App, Who: s.App.Authenticate, Log: slog.New(slog.DiscardHandler)})
	system := signedIn(t, s, face, "system")
	system.open("/accounts")
	system.fill("/accounts/" + s.Account["anna"] + "/code")
	system.see(words.T(words.EN, "account.code.one"))
	anna := browse(t, face)
	anna.open(SignInPath)
	anna.fill(SignInPath, "login", "anna", "password", shownCode(t, system.page))
	anna.fill(PasswordPath, "new", "correct horse", "again", "correct horse")
	anna.open("/")
	anna.see("系统甲 issued a one-time code for your account")
	if _, _, err := s.App.Grant(t.Context(), s.Actor("security"), accounts.GrantInput{Login: "anna", Role: roster.RoleInspector, UnitID: s.Units["east"], FromOn: s.App.Today()}); err != nil {
		t.Fatal(err)
	}
	if anna.open("/"); anna.at != SignInPath {
		t.Errorf("the session goes on at %s", anna.at)
	}
	if status := anna.fill(SignInPath, "login", "anna", "password", "correct horse"); status != http.StatusUnauthorized {
		t.Errorf("by the password: %d", status)
	}
	anna.see(words.T(words.EN, "fault.code_alone"))
}

func shownCode(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`<code>([^<]+)</code>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no code: %s", plainText(page))
	}
	return m[1]
}
