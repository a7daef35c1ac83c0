package web

import (
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/apptest"
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
	holds(t, page, "The other: Undecided", "Withdraw the challenge", "until then he is not barred")
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
