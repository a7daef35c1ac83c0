package web

import (
	"context"
	"net/url"
	"testing"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/selfcheck"
)

// openCampaign drafts and opens a campaign through the pages.
func openCampaign(t *testing.T, s *apptest.Site) (manager *visitor, path string) {
	t.Helper()
	manager = visit(t, s, "manager")
	manager.post("/campaigns", url.Values{"title": {""}, "opens_on": {"2026-03-01"}, "closes_on": {"2026-02-01"}}, 422)
	manager.post("/campaigns", url.Values{"title": {"自查自纠"}, "opens_on": {"2026-03-01"}, "closes_on": {"2026-03-31"}, "period_from": {"2024-01-01"}, "period_to": {"2026-02-28"}}, 303)
	path = manager.to()
	page := manager.get(path, 200)
	manager.post(path+"/open", url.Values{"version": {hiddenValue(t, page, "version")}}, 303)
	s.Jobs()
	return manager, path
}

// namedItem has anna file a list whose item 3 names the head of her station,
// and gives the item's page.
func namedItem(t *testing.T, s *apptest.Site) string {
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
	answers[2] = selfcheck.ItemAnswer{ItemNo: 3, LeaderID: s.People["east1head"], Issues: []selfcheck.Declared{{EventOn: "2025-06-15", Text: "所长要求不予登记"}}}
	if _, err := s.App.Submit(ctx, s.Actor("anna"), appselfcheck.SubmitInput{ID: lists[0].ID, Version: lists[0].Version, Answers: answers}); err != nil {
		t.Fatal(err)
	}
	return "/review/named/" + selfcheck.NamedID(lists[0].ID, 3)
}
