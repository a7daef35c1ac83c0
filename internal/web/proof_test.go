package web

import (
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/app/desk"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/selfcheck"
	"plumbline/internal/words"
)

const ownPassword = "correct horse 42"

// signedIn is a browser in which somebody of the small bureau has signed in
// with a password of his own.
func signedIn(t *testing.T, s *apptest.Site, face http.Handler, login string) *browser {
	t.Helper()
	code, _, _, err := s.App.IssueCode(t.Context(), desk.Program("operator"), s.Account[login])
	if err != nil {
		t.Fatal(err)
	}
	b := browse(t, face)
	b.open(SignInPath)
	b.fill(SignInPath, "login", login, "password", code)
	b.fill(PasswordPath, "new", ownPassword, "again", ownPassword)
	return b
}

// send posts values to a path.
func (b *browser) send(path string, values url.Values) int {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Referer", b.base+b.at)
	return b.take(b.http.Do(r))
}

// fields reads the hidden fields of the form on the page that posts to action,
// as a browser would send them.
func (b *browser) fields(action string) url.Values {
	b.t.Helper()
	form := regexp.MustCompile(`(?s)<form method="post" action="` + regexp.QuoteMeta(html.EscapeString(action)) + `".*?</form>`).FindString(b.page)
	if form == "" {
		b.t.Fatalf("no form to %s at %s: %s", action, b.at, plainText(b.page))
	}
	values := url.Values{}
	for _, m := range regexp.MustCompile(`(?s)type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		name := html.UnescapeString(m[1])
		values[name] = append(values[name], html.UnescapeString(m[2]))
	}
	return values
}

// A form that is refused for want of a proof comes back as a page that asks for
// the password and carries every field along, repeated ones and breaks of line
// too; with the right password it does what it would have done.
func TestARefusedFormLosesNothing(t *testing.T) {
	s := apptest.SQLite(t)
	face := New(Options{App: s.App, Who: s.App.Authenticate, Log: slog.New(slog.DiscardHandler)})
	b := signedIn(t, s, face, "security")
	s.Clock.Add(6 * time.Minute)
	b.open("/grants")
	sent := b.fields("/grants")
	sent["note"], sent["list"] = []string{"one <b>\r\ntwo & \"three\""}, []string{"b", "a", "b"}
	for name, v := range map[string]string{"login": "anna", "role": "inspector", "unit": s.Units["east"], "from": "2026-03-01", "to": ""} {
		sent.Set(name, v)
	}
	if status := b.send("/grants", sent); status != 403 || b.at != "/grants" {
		t.Fatalf("%d at %s: %s", status, b.at, plainText(b.page))
	}
	b.see(words.T(words.EN, "proof.lead"))
	b.see(`type="password" name="` + proofField + `"`)
	carried := b.fields("/grants")
	for name, want := range sent {
		if got := carried[name]; name != "form_token" && strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s was %q, is carried as %q", name, want, got)
		}
	}
	if carried.Get(proofBack) != "/grants" || len(carried["form_token"]) != 1 || strings.Contains(b.page, ownPassword) {
		t.Errorf("beside its fields: %v", carried)
	}

	carried.Set(proofField, "a guess")
	if status := b.send("/grants", carried); status != 422 {
		t.Errorf("a wrong password: %d", status)
	}
	b.see(words.T(words.EN, "fault.proof_wrong"))
	if strings.Contains(b.page, "a guess") {
		t.Error("what was typed comes back")
	}
	again := b.fields("/grants")
	again.Set(proofField, ownPassword)
	if status := b.send("/grants", again); status != 200 || b.at != "/grants" {
		t.Fatalf("the right password: %d at %s: %s", status, b.at, plainText(b.page))
	}
	b.see(words.T(words.EN, "grant.given"))
	if !s.Actor("anna").Holds("inspector") {
		t.Error("the form was not carried out")
	}
	b.open("/grants")
	other := b.fields("/grants")
	for name, v := range map[string]string{"login": "ben", "role": "inspector", "unit": s.Units["east"], "from": "2026-03-01"} {
		other.Set(name, v)
	}
	b.send("/grants", other)
	if !s.Actor("ben").Holds("inspector") {
		t.Errorf("the proof does not last: %s", plainText(b.page))
	}
}

// An officer who took an hour over his list gives the password in the form that
// submits it: no page more.
func TestASlowOfficerSubmitsInOneStep(t *testing.T) {
	s := apptest.SQLite(t)
	openCampaign(t, s)
	face := New(Options{App: s.App, Who: s.App.Authenticate, Log: slog.New(slog.DiscardHandler)})
	b := signedIn(t, s, face, "anna")
	b.open("/")
	base := linkTo(t, b.page, "/selfcheck/")
	list, err := s.App.List(t.Context(), s.Actor("anna"), strings.TrimPrefix(base, "/selfcheck/"))
	if err != nil {
		t.Fatal(err)
	}
	in := appselfcheck.SaveDraftInput{ID: list.ID}
	for _, it := range list.Items {
		in.Saves = append(in.Saves, appselfcheck.DraftSave{Seq: 1, ItemAnswer: selfcheck.ItemAnswer{ItemNo: it.No, Nil: true}})
	}
	if _, err := s.App.SaveDraft(t.Context(), s.Actor("anna"), in); err != nil {
		t.Fatal(err)
	}
	if b.open(base + "/check"); strings.Contains(b.page, proofField) {
		t.Error("the password is asked for within five minutes")
	}
	s.Clock.Add(time.Hour)
	b.open(base + "/check")
	b.see(`type="password" name="` + proofField + `"`)
	b.fill(base+"/submit", proofField, ownPassword)
	if !strings.HasPrefix(b.at, "/receipts/") {
		t.Errorf("at %s: %s", b.at, plainText(b.page))
	}
}

// A form with files could not be carried along: none asks for a proof.
func TestNoFormWithFilesAsksForAProof(t *testing.T) {
	for _, r := range visit(t, apptest.SQLite(t), "").face.allRoutes() {
		if op, ok := app.RouteOf(r.Op); ok && op.Proof && r.Body != 0 {
			t.Errorf("%s %s takes files and asks for a proof", r.Method, r.Path)
		}
	}
}
