package page_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// A form that is refused for want of a proof comes back as a page that asks for
// the password and carries every field along, repeated ones and breaks of line
// too; with the right password it does what it would have done.
func TestARefusedFormLosesNothing(t *testing.T) {
	s := apptest.SQLite(t)
	face := web.New(web.Options{App: s.App, Who: s.App.Authenticate, Log: slog.New(slog.DiscardHandler)})
	b := webtest.SignedIn(t, s, face, "security")
	s.Clock.Add(6 * time.Minute)
	b.Open("/grants")
	sent := b.Fields("/grants")
	sent["note"], sent["list"] = []string{"one <b>\r\ntwo & \"three\""}, []string{"b", "a", "b"}
	for name, v := range map[string]string{"login": "anna", "role": "inspector", "unit": s.Units["east"], "from": "2026-03-01", "to": ""} {
		sent.Set(name, v)
	}
	if status := b.Send("/grants", sent); status != 403 || b.At != "/grants" {
		t.Fatalf("%d at %s: %s", status, b.At, webtest.PlainText(b.Page))
	}
	b.See(words.T(words.EN, "proof.lead"))
	b.See(`type="password" name="` + page.ProofField + `"`)
	carried := b.Fields("/grants")
	for name, want := range sent {
		if got := carried[name]; name != "form_token" && strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s was %q, is carried as %q", name, want, got)
		}
	}
	if carried.Get(page.ProofBack) != "/grants" || len(carried["form_token"]) != 1 || strings.Contains(b.Page, webtest.OwnPassword) {
		t.Errorf("beside its fields: %v", carried)
	}

	carried.Set(page.ProofField, "a guess")
	if status := b.Send("/grants", carried); status != 422 {
		t.Errorf("a wrong password: %d", status)
	}
	b.See(words.T(words.EN, "fault.proof_wrong"))
	if strings.Contains(b.Page, "a guess") {
		t.Error("what was typed comes back")
	}
	again := b.Fields("/grants")
	again.Set(page.ProofField, webtest.OwnPassword)
	if status := b.Send("/grants", again); status != 200 || b.At != "/grants" {
		t.Fatalf("the right password: %d at %s: %s", status, b.At, webtest.PlainText(b.Page))
	}
	b.See(words.T(words.EN, "grant.given"))
	if !s.Actor("anna").Holds("inspector") {
		t.Error("the form was not carried out")
	}
	b.Open("/grants")
	other := b.Fields("/grants")
	for name, v := range map[string]string{"login": "ben", "role": "inspector", "unit": s.Units["east"], "from": "2026-03-01"} {
		other.Set(name, v)
	}
	b.Send("/grants", other)
	if !s.Actor("ben").Holds("inspector") {
		t.Errorf("the proof does not last: %s", webtest.PlainText(b.Page))
	}
}

// An officer who took an hour over his list gives the password in the form that
// submits it: no page more.
func TestASlowOfficerSubmitsInOneStep(t *testing.T) {
	s := apptest.SQLite(t)
	webtest.OpenCampaign(t, s)
	face := web.New(web.Options{App: s.App, Who: s.App.Authenticate, Log: slog.New(slog.DiscardHandler)})
	b := webtest.SignedIn(t, s, face, "anna")
	b.Open("/")
	base := webtest.LinkTo(t, b.Page, "/selfcheck/")
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
	if b.Open(base + "/check"); strings.Contains(b.Page, page.ProofField) {
		t.Error("the password is asked for within five minutes")
	}
	s.Clock.Add(time.Hour)
	b.Open(base + "/check")
	b.See(`type="password" name="` + page.ProofField + `"`)
	b.Fill(base+"/submit", page.ProofField, webtest.OwnPassword)
	if !strings.HasPrefix(b.At, "/receipts/") {
		t.Errorf("at %s: %s", b.At, webtest.PlainText(b.Page))
	}
}
