package selfcheck_test

import (
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// TestNamedItemPages: the tier above returns the item, the respondent replies
// on his to-do page, the tier above accepts; nobody else has the page.
func TestNamedItemPages(t *testing.T) {
	s := apptest.SQLite(t)
	webtest.OpenCampaign(t, s)
	path := webtest.NamedItem(t, s)
	head, anna := webtest.Visit(t, s, "easthead"), webtest.Visit(t, s, "anna")
	webtest.Visit(t, s, "east1head").Get(path, 404)
	if got := webtest.LinkTo(t, head.Get("/review/named", 200), "/review/named/"); got != path {
		t.Fatalf("the list leads to %s", got)
	}
	version := func() url.Values {
		return url.Values{"version": {webtest.HiddenValue(t, head.Get(path, 200), "version")}, webtest.FormField: {"return"}}
	}
	head.Post(path+"/return", version(), 422)
	form := version()
	form.Set("reason", "请说明时间和在场人员")
	head.Post(path+"/return", form, 303)
	home := anna.Get("/", 200)
	if !strings.Contains(home, "请说明时间和在场人员") {
		t.Errorf("the reason is not on the to-do page: %s", webtest.PlainText(home))
	}
	reply := webtest.LinkAction(t, home, "/selfcheck/", "/named")
	anna.Post(reply, url.Values{"item": {"3"}, "text": {"去年六月十五日，值班室"}}, 303)
	if page := head.Get(path, 200); !strings.Contains(page, "去年六月十五日，值班室") {
		t.Errorf("the reply is not shown: %s", webtest.PlainText(page))
	}
	head.Post(path+"/accept", version(), 303)
	if page := head.Get("/review/named?state=accepted", 200); !strings.Contains(page, path) {
		t.Error("the accepted item is not under its tab")
	}
}

// TestCompletionListsRestoreAndUncertify: numbers open their lists, an excuse is
// taken back, and so is a certification.
func TestCompletionListsRestoreAndUncertify(t *testing.T) {
	s := apptest.SQLite(t)
	manager, path := webtest.OpenCampaign(t, s)
	campaign := strings.TrimPrefix(path, "/campaigns/")
	unit := "/completion/" + campaign + "/" + s.Units["east1"]
	page := manager.Get(webtest.LinkTo(t, manager.Get("/completion/"+campaign, 200), path+"/lists?of=missing"), 200)
	if !strings.Contains(page, "林甲") {
		t.Errorf("who has not filed: %s", webtest.PlainText(page))
	}
	if page := webtest.Visit(t, s, "reader").Get(path+"/lists?of=owed&unit="+s.Units["east1"], 200); strings.Contains(page, "林甲") {
		t.Error("a leadership reader sees names")
	}
	excuse := webtest.LinkTo(t, manager.Get(unit, 200), unit+"/excuse/")
	manager.Post(excuse, url.Values{"version": {webtest.HiddenValue(t, manager.Get(excuse, 200), "version")}, "reason": {"长期病假"}}, 303)
	restore := webtest.LinkTo(t, manager.Get(unit, 200), unit+"/restore/")
	form := url.Values{"version": {webtest.HiddenValue(t, manager.Get(restore, 200), "version")}, webtest.FormField: {"restore"}}
	manager.Post(restore, form, 422)
	form.Set("reason", "病愈返岗")
	manager.Post(restore, form, 303)
	head := webtest.Visit(t, s, "east1head")
	head.Post(unit+"/certify", nil, 422)
	head.Post(unit+"/uncertify", url.Values{"reason": {"没有确认过"}}, 409)
	head.Get("/checklists", 200)
	list := webtest.LinkTo(t, head.Get("/checklists", 200), "/checklists/")
	head.Get(list, 200)
	head.Post(list+"/details", url.Values{"unit_id": {s.Units["east1"]}, "item": {"3"}}, 422)
	head.Post(list+"/details", url.Values{"unit_id": {s.Units["east1"]}, "item": {"3"}, "text_zh": {"含电话报案"}}, 303)
	if page := head.In(words.ZH).Get(list, 200); !strings.Contains(page, "含电话报案") {
		t.Error("the detail is not shown")
	}
}
