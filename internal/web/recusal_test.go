package web

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/app/accounts"
	"plumbline/internal/apptest"
	"plumbline/internal/issue"
	"plumbline/internal/words"
)

// A declaration is shown as what it is, a recusal of oneself and a challenge of
// the other; the tier above decides on its page, which leads to nobody's file.
func TestChallengePages(t *testing.T) {
	s := apptest.SQLite(t)
	anna := visit(t, s, "anna")
	if page := anna.post("/my-relations", url.Values{"personnel_no": {"P0001"}, "name": {"上级甲"}, "kind": {"interested"}, "grounds": {strings.Repeat("x", 4001)}, "form": {"declare"}}, 422); !strings.Contains(page, "4000") {
		t.Errorf("too long: %s", plainText(page))
	}
	anna.post("/my-relations", url.Values{"personnel_no": {"P0018"}, "name": {"督察甲"}, "kind": {"interested"}, "grounds": {"同学"}}, 303)
	page := anna.get("/my-relations", 200)
	holds(t, page, "The other: Undecided", "Withdraw the challenge", "until then they are not barred")
	withdraw := linkAction(t, page, "/challenges/", "/withdraw")
	at := strings.TrimSuffix(withdraw, "/withdraw")
	visit(t, s, "body").get(at, 404) // the tier of the challenged, not the one above

	above := visit(t, s, "authority")
	holds(t, above.get("/", 200), "Challenges to decide")
	holds(t, above.get("/challenges?state=filed", 200), at, "督察甲")
	page = above.in(words.ZH).get(at, 200)
	holds(t, page, "被申请回避人", "督察甲", "利害关系人", "同学")
	if strings.Contains(page, "/people/") {
		t.Error("the page leads to a file")
	}
	above = visit(t, s, "authority")
	holds(t, above.post(at+"/decide", url.Values{"version": {"1"}, "decision": {"uphold"}, "form": {"decide"}}, 422), "This is required.")
	above.post(at+"/decide", url.Values{"version": {"1"}, "decision": {"deny"}, "reason": {"no ground"}, "form": {"decide"}}, 303)
	holds(t, above.get(at, 200), "Denied", "no ground")
	holds(t, anna.get("/my-relations", 200), "The other: Denied")
	anna.post(withdraw, url.Values{"version": {"2"}}, 409)
}

// The tier that is told finds an alarm on its page with the way to the matter;
// an administrator finds that there is one and nothing of it; and the ledger's
// page has no line about a matter that its reader is barred from.
func TestAlarmAndLedgerPagesShowWhatOneMayKnow(t *testing.T) {
	s := apptest.SQLite(t)
	ids := s.Issues(apptest.IssueSeed{Name: "found", Source: issue.Audit, Person: "anna", Unit: "east1", Category: "interview", Severity: 2, Event: "2026-01-10"})
	chief := s.Issues(apptest.IssueSeed{Name: "chief", Source: issue.Audit, Person: "chief", Unit: "bureau", Category: "interview", Severity: 3, Event: "2026-01-11"})
	recuse := func(key string) {
		visit(t, s, key).post("/my-relations", url.Values{"personnel_no": {"P0012"}, "name": {"林甲"}, "kind": {"relative"}}, 303)
		if _, err := s.App.WatchMatters(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	recuse("eastinspector")
	told := visit(t, s, "inspector")
	holds(t, told.get("/", 200), "Matters with nobody to handle them")
	holds(t, told.get("/alarms", 200), "/issues/"+ids["found"], "Triage", "Can be handled one tier above")
	holds(t, told.in(words.ZH).get("/alarms", 200), "问题分类定级", "上一级可以办理")
	for _, key := range []string{"inspector", "inspector2", "authority"} {
		recuse(key)
	}
	page := visit(t, s, "security").get("/alarms", 200)
	holds(t, page, "A matter (its content is not shown to you)", "Nobody at any tier may handle it")
	if strings.Contains(page, ids["found"]) {
		t.Errorf("the administrator is shown more: %s", plainText(page))
	}
	visit(t, s, "anna").get("/alarms", 403)

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
	body := visit(t, s, "body")
	holds(t, body.get("/alarms", 200), "A role that is vacant or short of members", "Decide on a track", "Members available: 2; quorum: 3")
	holds(t, body.in(words.ZH).get("/alarms", 200), "可参加研究 2 人，法定人数 3 人")

	page = visit(t, s, "audit").get("/ledger", 200)
	holds(t, page, "Alarm: nobody may handle a matter", "Relation declared")
	if !strings.Contains(page, ids["found"][24:]) || strings.Contains(page, chief["chief"][24:]) {
		t.Errorf("the ledger's page names the chief's matter, or not the other: %s", plainText(page))
	}
}
