package story

import (
	"testing"

	"plumbline/internal/app/desk"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/selfcheck"
)

// Campaign opens a campaign on the test site and writes its roster.
func Campaign(t *testing.T, s *apptest.Site) string {
	t.Helper()
	manager := s.Actor("manager")
	for _, a := range []selfcheck.Audience{selfcheck.Officers, selfcheck.Leaders} {
		if _, _, err := s.App.PublishChecklist(ctx, manager, appselfcheck.SeedChecklist(a)); err != nil {
			t.Fatal(err)
		}
	}
	id, _, err := s.App.CreateCampaign(ctx, manager, appselfcheck.CampaignInput{Title: "自查自纠", OpensOn: "2026-03-01",
		ClosesOn: "2026-03-31", PeriodFrom: "2024-01-01", PeriodTo: "2026-02-28"})
	if err != nil {
		t.Fatal(err)
	}
	Step(t, s, id, "open")
	return id
}

// Step takes a campaign on.
func Step(t *testing.T, s *apptest.Site, id, name string) {
	t.Helper()
	manager := s.Actor("manager")
	c, err := s.App.Campaign(ctx, manager, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.MoveCampaign(ctx, manager, appselfcheck.CampaignStep{ID: id, Version: c.Version, Step: name}); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	s.Jobs()
}

// List gives the actor's list of the audience, his own or his unit's.
func List(t *testing.T, s *apptest.Site, who string, a selfcheck.Audience, body bool) *appselfcheck.SubmissionView {
	t.Helper()
	lists, err := s.App.MyLists(ctx, s.Actor(who))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lists {
		if l.Audience == a && (l.PersonID == "") == body {
			v, err := s.App.List(ctx, s.Actor(who), l.ID)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("%s owes no list of %s among %d", who, a, len(lists))
	return nil
}

// Says declares the texts under an item.
func Says(item int64, texts ...string) selfcheck.ItemAnswer {
	a := selfcheck.ItemAnswer{ItemNo: item}
	for _, x := range texts {
		a.Issues = append(a.Issues, selfcheck.Declared{EventOn: "2025-06-15", Text: x})
	}
	return a
}

// Submit files a list in which everything else is answered by nothing to declare.
func Submit(t *testing.T, s *apptest.Site, who string, l *appselfcheck.SubmissionView, given ...selfcheck.ItemAnswer) desk.Receipt {
	t.Helper()
	r, err := s.App.Submit(ctx, s.Actor(who), appselfcheck.SubmitInput{ID: l.ID, Version: l.Version, Answers: Answers(given...)})
	if err != nil {
		t.Fatalf("submit as %s: %v", who, err)
	}
	return r
}

// Answers is a whole list: what is given, and nothing to declare elsewhere.
func Answers(given ...selfcheck.ItemAnswer) []selfcheck.ItemAnswer {
	out := make([]selfcheck.ItemAnswer, selfcheck.ItemCount)
	for i := range out {
		out[i] = selfcheck.ItemAnswer{ItemNo: int64(i + 1), Nil: true}
	}
	for _, g := range given {
		out[g.ItemNo-1] = g
	}
	return out
}
