package web

import (
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/words"
)

// TestNamedItemPages: the tier above returns the item, the respondent replies
// on his to-do page, the tier above accepts; nobody else has the page.
func TestNamedItemPages(t *testing.T) {
	s := apptest.SQLite(t)
	openCampaign(t, s)
	path := namedItem(t, s)
	head, anna := visit(t, s, "easthead"), visit(t, s, "anna")
	visit(t, s, "east1head").get(path, 404)
	if got := linkTo(t, head.get("/review/named", 200), "/review/named/"); got != path {
		t.Fatalf("the list leads to %s", got)
	}
	version := func() url.Values {
		return url.Values{"version": {hiddenValue(t, head.get(path, 200), "version")}, formField: {"return"}}
	}
	head.post(path+"/return", version(), 422)
	form := version()
	form.Set("reason", "请说明时间和在场人员")
	head.post(path+"/return", form, 303)
	home := anna.get("/", 200)
	if !strings.Contains(home, "请说明时间和在场人员") {
		t.Errorf("the reason is not on the to-do page: %s", plainText(home))
	}
	reply := linkAction(t, home, "/selfcheck/", "/named")
	anna.post(reply, url.Values{"item": {"3"}, "text": {"去年六月十五日，值班室"}}, 303)
	if page := head.get(path, 200); !strings.Contains(page, "去年六月十五日，值班室") {
		t.Errorf("the reply is not shown: %s", plainText(page))
	}
	head.post(path+"/accept", version(), 303)
	if page := head.get("/review/named?state=accepted", 200); !strings.Contains(page, path) {
		t.Error("the accepted item is not under its tab")
	}
}

// TestCompletionListsRestoreAndUncertify: numbers open their lists, an excuse is
// taken back, and so is a certification.
func TestCompletionListsRestoreAndUncertify(t *testing.T) {
	s := apptest.SQLite(t)
	manager, path := openCampaign(t, s)
	campaign := strings.TrimPrefix(path, "/campaigns/")
	unit := "/completion/" + campaign + "/" + s.Units["east1"]
	page := manager.get(linkTo(t, manager.get("/completion/"+campaign, 200), path+"/lists?of=missing"), 200)
	if !strings.Contains(page, "林甲") {
		t.Errorf("who has not filed: %s", plainText(page))
	}
	if page := visit(t, s, "reader").get(path+"/lists?of=owed&unit="+s.Units["east1"], 200); strings.Contains(page, "林甲") {
		t.Error("a leadership reader sees names")
	}
	excuse := linkTo(t, manager.get(unit, 200), unit+"/excuse/")
	manager.post(excuse, url.Values{"version": {hiddenValue(t, manager.get(excuse, 200), "version")}, "reason": {"长期病假"}}, 303)
	restore := linkTo(t, manager.get(unit, 200), unit+"/restore/")
	form := url.Values{"version": {hiddenValue(t, manager.get(restore, 200), "version")}, formField: {"restore"}}
	manager.post(restore, form, 422)
	form.Set("reason", "病愈返岗")
	manager.post(restore, form, 303)
	head := visit(t, s, "east1head")
	head.post(unit+"/certify", nil, 422)
	head.post(unit+"/uncertify", url.Values{"reason": {"没有确认过"}}, 409)
	head.get("/checklists", 200)
	list := linkTo(t, head.get("/checklists", 200), "/checklists/")
	head.get(list, 200)
	head.post(list+"/details", url.Values{"unit_id": {s.Units["east1"]}, "item": {"3"}}, 422)
	head.post(list+"/details", url.Values{"unit_id": {s.Units["east1"]}, "item": {"3"}, "text_zh": {"含电话报案"}}, 303)
	if page := head.in(words.ZH).get(list, 200); !strings.Contains(page, "含电话报案") {
		t.Error("the detail is not shown")
	}
}
