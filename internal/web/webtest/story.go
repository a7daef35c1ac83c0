package webtest

import (
	"context"
	"net/url"
	"testing"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/selfcheck"
)

// OpenCampaign drafts and opens a campaign through the pages.
func OpenCampaign(t *testing.T, s *apptest.Site) (manager *Visitor, path string) {
	t.Helper()
	manager = Visit(t, s, "manager")
	manager.Post("/campaigns", url.Values{"title": {""}, "opens_on": {"2026-03-01"}, "closes_on": {"2026-02-01"}}, 422)
	manager.Post("/campaigns", url.Values{"title": {"自查自纠"}, "opens_on": {"2026-03-01"}, "closes_on": {"2026-03-31"},
		"period_from": {"2024-01-01"}, "period_to": {"2026-02-28"}}, 303)
	path = manager.To()
	page := manager.Get(path, 200)
	manager.Post(path+"/open", url.Values{"version": {HiddenValue(t, page, "version")}}, 303)
	s.Jobs()
	return manager, path
}

// NamedItem has anna file a list whose item 3 names the head of her station,
// and gives the item's page.
func NamedItem(t *testing.T, s *apptest.Site) string {
	t.Helper()
	ctx := context.Background()
	lists, err := s.App.MyLists(ctx, s.Actor("anna"))
	if err != nil || len(lists) != 1 {
		t.Fatalf("%d lists, %v", len(lists), err)
	}
	answers := make([]selfcheck.ItemAnswer, selfcheck.ItemCount)
	for i := range answers {
		answers[i] = selfcheck.ItemAnswer{ItemNo: int64(i + 1), Nil: true}
	}
	answers[2] = selfcheck.ItemAnswer{ItemNo: 3, LeaderID: s.People["east1head"],
		Issues: []selfcheck.Declared{{EventOn: "2025-06-15", Text: "所长要求不予登记"}}}
	if _, err := s.App.Submit(ctx, s.Actor("anna"), appselfcheck.SubmitInput{ID: lists[0].ID, Version: lists[0].Version,
		Answers: answers}); err != nil {
		t.Fatal(err)
	}
	return "/review/named/" + selfcheck.NamedID(lists[0].ID, 3)
}
