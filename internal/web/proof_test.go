package web

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/selfcheck"
	"plumbline/internal/words"
)

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
	b.see(`type="password" name="` + ProofField + `"`)
	carried := b.fields("/grants")
	for name, want := range sent {
		if got := carried[name]; name != "form_token" && strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s was %q, is carried as %q", name, want, got)
		}
	}
	if carried.Get(ProofBack) != "/grants" || len(carried["form_token"]) != 1 || strings.Contains(b.page, ownPassword) {
		t.Errorf("beside its fields: %v", carried)
	}

	carried.Set(ProofField, "a guess")
	if status := b.send("/grants", carried); status != 422 {
		t.Errorf("a wrong password: %d", status)
	}
	b.see(words.T(words.EN, "fault.proof_wrong"))
	if strings.Contains(b.page, "a guess") {
		t.Error("what was typed comes back")
	}
	again := b.fields("/grants")
	again.Set(ProofField, ownPassword)
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
	if b.open(base + "/check"); strings.Contains(b.page, ProofField) {
		t.Error("the password is asked for within five minutes")
	}
	s.Clock.Add(time.Hour)
	b.open(base + "/check")
	b.see(`type="password" name="` + ProofField + `"`)
	b.fill(base+"/submit", ProofField, ownPassword)
	if !strings.HasPrefix(b.at, "/receipts/") {
		t.Errorf("at %s: %s", b.at, plainText(b.page))
	}
}
