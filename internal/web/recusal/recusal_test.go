package recusal_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/app/accounts"
	"plumbline/internal/apptest"
	"plumbline/internal/issue"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// A declaration is shown as what it is, a recusal of oneself and a challenge of
// the other; the tier above decides on its page, which leads to nobody's file.
func TestChallengePages(t *testing.T) {
	s := apptest.SQLite(t)
	anna := webtest.Visit(t, s, "anna")
	if page := anna.Post("/my-relations", url.Values{"personnel_no": {"P0001"}, "name": {"上级甲"}, "kind": {"interested"},
		"grounds": {strings.Repeat("x", 4001)}, "form": {"declare"}}, 422); !strings.Contains(page, "4000") {
		t.Errorf("too long: %s", webtest.PlainText(page))
	}
	anna.Post("/my-relations", url.Values{"personnel_no": {"P0018"}, "name": {"督察甲"}, "kind": {"interested"}, "grounds": {"同学"}}, 303)
	page := anna.Get("/my-relations", 200)
	webtest.Holds(t, page, "The other: Undecided", "Withdraw the challenge", "until then they are not barred")
	withdraw := webtest.LinkAction(t, page, "/challenges/", "/withdraw")
	at := strings.TrimSuffix(withdraw, "/withdraw")
	webtest.Visit(t, s, "body").Get(at, 404) // the tier of the challenged, not the one above

	above := webtest.Visit(t, s, "authority")
	webtest.Holds(t, above.Get("/", 200), "Challenges to decide")
	webtest.Holds(t, above.Get("/challenges?state=filed", 200), at, "督察甲")
	page = above.In(words.ZH).Get(at, 200)
	webtest.Holds(t, page, "被申请回避人", "督察甲", "利害关系人", "同学")
	if strings.Contains(page, "/people/") {
		t.Error("the page leads to a file")
	}
	above = webtest.Visit(t, s, "authority")
	webtest.Holds(t, above.Post(at+"/decide", url.Values{"version": {"1"}, "decision": {"uphold"}, "form": {"decide"}}, 422),
		"This is required.")
	above.Post(at+"/decide", url.Values{"version": {"1"}, "decision": {"deny"}, "reason": {"no ground"}, "form": {"decide"}}, 303)
	webtest.Holds(t, above.Get(at, 200), "Denied", "no ground")
	webtest.Holds(t, anna.Get("/my-relations", 200), "The other: Denied")
	anna.Post(withdraw, url.Values{"version": {"2"}}, 409)
}

// The tier that is told finds an alarm on its page with the way to the matter;
// an administrator finds that there is one and nothing of it; and the ledger's
// page has no line about a matter that its reader is barred from.
func TestAlarmAndLedgerPagesShowWhatOneMayKnow(t *testing.T) {
	s := apptest.SQLite(t)
	ids := s.Issues(apptest.IssueSeed{Name: "found", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "interview", Severity: 2,
		Event: "2026-01-10"})
	chief := s.Issues(apptest.IssueSeed{Name: "chief", Source: issue.Audit, Person: "chief", Unit: "bureau", Category: "interview",
		Severity: 3, Event: "2026-01-11"})
	recuse := func(key string) {
		webtest.Visit(t, s, key).Post("/my-relations", url.Values{"personnel_no": {"P0012"}, "name": {"林甲"}, "kind": {"relative"}}, 303)
		if _, err := s.App.WatchMatters(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	recuse("eastinspector")
	told := webtest.Visit(t, s, "inspector")
	webtest.Holds(t, told.Get("/", 200), "Matters with nobody to handle them")
	webtest.Holds(t, told.Get("/alarms", 200), "/issues/"+ids["found"], "Triage", "Can be handled one tier above")
	webtest.Holds(t, told.In(words.ZH).Get("/alarms", 200), "问题分类定级", "上一级可以办理")
	for _, key := range []string{"inspector", "inspector2", "authority"} {
		recuse(key)
	}
	page := webtest.Visit(t, s, "security").Get("/alarms", 200)
	webtest.Holds(t, page, "A matter (its content is not shown to you)", "Nobody at any tier may handle it")
	if strings.Contains(page, ids["found"]) {
		t.Errorf("the administrator is shown more: %s", webtest.PlainText(page))
	}
	webtest.Visit(t, s, "anna").Get("/alarms", 403)

	grants, _, err := s.App.Grants(context.Background(), s.Actor("security"), accounts.GrantQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range grants {
		if g.AccountID != s.Account["body2"] {
			continue
		}
		if _, err := s.App.RevokeGrant(context.Background(), s.Actor("security"), g.ID, g.Version); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.App.WatchMatters(context.Background()); err != nil {
		t.Fatal(err)
	}
	body := webtest.Visit(t, s, "body")
	webtest.Holds(t, body.Get("/alarms", 200), "A role that is vacant or short of members", "Decide on a track",
		"Members available: 2; quorum: 3")
	webtest.Holds(t, body.In(words.ZH).Get("/alarms", 200), "可参加研究 2 人，法定人数 3 人")

	page = webtest.Visit(t, s, "audit").Get("/ledger", 200)
	webtest.Holds(t, page, "Alarm: nobody may handle a matter", "Relation declared")
	tail := func(id string) string { return id[len(id)-12:] } // as much of it as the page shows
	if !strings.Contains(page, tail(ids["found"])) || strings.Contains(page, tail(chief["chief"])) {
		t.Errorf("the ledger's page names the chief's matter, or not the other: %s", webtest.PlainText(page))
	}
}
