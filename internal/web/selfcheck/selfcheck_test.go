package selfcheck_test

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// TestOfficerFilesAListWithoutScripts walks every category as a plain form,
// declares two issues, checks, submits and gets a receipt; the head returns it
// and the officer sees why.
func TestOfficerFilesAListWithoutScripts(t *testing.T) {
	s := apptest.SQLite(t)
	webtest.OpenCampaign(t, s)
	anna := webtest.Visit(t, s, "anna")
	base := webtest.LinkTo(t, anna.Get("/", 200), "/selfcheck/")
	overview := anna.Get(base, 200)
	at := webtest.LinkTo(t, overview, base+"/fill?c=case_filing")
	for steps := 0; strings.Contains(at, "/fill"); steps++ {
		if steps > 20 {
			t.Fatal("the form leads nowhere")
		}
		page := anna.Get(at, 200)
		form := url.Values{"category": {webtest.HiddenValue(t, page, "category")}, "do": {"next"}}
		for _, m := range regexp.MustCompile(`name="seq\.(\d+)"`).FindAllStringSubmatch(page, -1) {
			no := m[1]
			form.Set("seq."+no, webtest.HiddenValue(t, page, "seq."+no))
			form.Set("was."+no, webtest.HiddenValue(t, page, "was."+no))
			form.Set("a."+no, "nil")
			if no == "1" {
				form.Set("a."+no, "declare")
				form.Set("d.1.0.on", "2025-06-15")
				form.Set("d.1.0.text", "报案后当天没有登记\r\n次日补登")
				form.Set("d.1.1.on", "2025-07-15")
				form.Set("d.1.1.text", "第二次")
			}
		}
		if len(form) < 6 {
			t.Fatalf("no items on %s: %s", at, webtest.PlainText(page))
		}
		if strings.Contains(at, "case_filing") { // a second blank issue, then on
			form.Set("do", "add.1")
			anna.Post(base+"/save", form, 303)
			to, _, _ := strings.Cut(anna.To(), "#") // a browser keeps the fragment to itself
			if again := anna.Get(to, 200); !strings.Contains(again, "d.1.2.text") {
				t.Error("no room for another issue after asking for it")
			}
			form.Set("seq.1", "1")
			form.Set("was.1", "")
			form.Set("do", "next")
		}
		anna.Post(base+"/save", form, 303)
		at = anna.To()
	}
	if at != base+"/check" {
		t.Fatalf("after the last category: %s", at)
	}
	check := anna.Get(at, 200)
	if !strings.Contains(check, "次日补登") || strings.Contains(check, "No answer") {
		t.Errorf("check page: %s", webtest.PlainText(check))
	}
	form := url.Values{"version": {webtest.HiddenValue(t, check, "version")}, "request_key": {"tap"}}
	fix := func(seq, on string) { // what is saved may be wrong; the check says so at the item, and leads there
		anna.Post(base+"/items/1", url.Values{"seq.1": {seq}, "a.1": {"declare"}, "d.1.0.on": {on}, "d.1.0.text": {"次日补登"}}, 200)
	}
	fix("2", "2031-01-01")
	for _, page := range []string{anna.Get(base+"/check", 200), anna.Post(base+"/submit", form, 422)} {
		if !strings.Contains(page, "Items to correct: 1.") || !strings.Contains(page, "after today") || strings.Contains(page, "All items are answered") || strings.Contains(page, `href="#`+"f-items") {
			t.Errorf("a date to come: %s", webtest.PlainText(page))
		}
	}
	fix("3", "2025-06-15")
	anna.Post(base+"/submit", form, 303)
	anna.Post(base+"/submit", form, 303) // a double tap: the same answer
	receipt := anna.Get(anna.To(), 200)
	if !strings.Contains(receipt, "in the ledger. This is your receipt") || strings.Contains(receipt, "次日补登") {
		t.Errorf("receipt: %s", webtest.PlainText(receipt))
	}
	form.Set("request_key", "another")
	if page := anna.Post(base+"/submit", form, 409); !strings.Contains(page, "already been submitted") {
		t.Errorf("a second submit: %s", webtest.PlainText(page))
	}
	for _, who := range []string{"ben", "east1head", "inspector"} {
		anna.As(who).Get(base, 404)
	}

	head := anna.As("east1head")
	review := webtest.LinkTo(t, head.Get("/review", 200), "/review/0")
	page := head.Get(review, 200)
	if !strings.Contains(page, "次日补登") {
		t.Errorf("the head does not see the list: %s", webtest.PlainText(page))
	}
	version := webtest.HiddenValue(t, page, "version")
	if bad := head.Post(review+"/return", url.Values{"version": {version}, "reason": {""}}, 422); !strings.Contains(bad, "field-error") {
		t.Error("a return without reason is not explained at its field")
	}
	head.Post(review+"/accept", url.Values{"version": {"99"}}, 409)
	head.Post(review+"/return", url.Values{"version": {version}, "reason": {"请写清经过"}}, 303)
	if home := anna.In(words.ZH).Get("/", 200); !strings.Contains(home, "请写清经过") || !strings.Contains(home, "已退回") {
		t.Errorf("the returned list does not show its reason: %s", webtest.PlainText(home))
	}
	again := anna.Get(base+"/check", 200)
	anna.Post(base+"/submit", url.Values{"version": {webtest.HiddenValue(t, again, "version")}}, 303)
	page = head.Get("/review", 200)
	chosen := regexp.MustCompile(`name="list" value="([^"]+)"`).FindStringSubmatch(page)
	if chosen == nil {
		t.Fatalf("nothing to choose: %s", webtest.PlainText(page))
	}
	head.Post("/review/accept", url.Values{"list": {chosen[1]}}, 303)
	if page = head.Get("/review?state=accepted", 200); !strings.Contains(page, "林甲") {
		t.Errorf("not accepted: %s", webtest.PlainText(page))
	}
}

// TestScriptSavesOneAnswer is what the page's script does, and what it is told
// when another device was faster.
func TestScriptSavesOneAnswer(t *testing.T) {
	s := apptest.SQLite(t)
	webtest.OpenCampaign(t, s)
	anna := webtest.Visit(t, s, "anna")
	base := webtest.LinkTo(t, anna.Get("/", 200), "/selfcheck/")
	send := func(seq int, choice, text string, status int) string {
		t.Helper()
		return anna.Post(base+"/items/5", url.Values{"seq.5": {strconv.Itoa(seq)}, "a.5": {choice}, "d.5.0.on": {"2025-01-02"},
			"d.5.0.text": {text}}, status)
	}
	if got := send(0, "nil", "", 200); !strings.Contains(got, `"seq":1`) {
		t.Errorf("first save: %s", got)
	}
	if got := send(1, "declare", "录像过期", 200); !strings.Contains(got, `"seq":2`) {
		t.Errorf("second save: %s", got)
	}
	if got := send(1, "declare", "录像过期", 200); !strings.Contains(got, `"seq":2`) {
		t.Errorf("the same save again: %s", got)
	}
	send(0, "declare", "旧设备", 409)
	send(2, "declare", "a\x01b", 400)
	page := anna.Get(base+"/fill?c=evidence_property", 200)
	if !strings.Contains(page, "录像过期") || strings.Contains(page, "旧设备") {
		t.Errorf("resumed: %s", webtest.PlainText(page))
	}
	conflict := url.Values{"category": {"evidence_property"}, "do": {"next"}, "seq.5": {"0"}, "a.5": {"declare"},
		"d.5.0.on": {"2025-01-03"}, "d.5.0.text": {"我刚写的"}}
	if got := anna.Post(base+"/save", conflict, 409); !strings.Contains(got, "我刚写的") || !strings.Contains(got, "changed elsewhere") {
		t.Errorf("what was typed is lost in a conflict: %s", webtest.PlainText(got))
	}
}

// TestHeadSeesWhoHasNotFiled opens completion as the head, the manager, a
// reader without names, and somebody outside.
func TestHeadSeesWhoHasNotFiled(t *testing.T) {
	s := apptest.SQLite(t)
	manager, _ := webtest.OpenCampaign(t, s)
	manager.Get("/completion", 303)
	id := strings.TrimPrefix(manager.To(), "/completion/")
	whole := manager.Get("/completion/"+id, 200)
	unit := "/completion/" + id + "/" + s.Units["east1"]
	if none := manager.Get("/completion/"+id+"?unit=nowhere", 200); !strings.Contains(none, "no units to show") ||
		strings.Contains(none, "Once a campaign opens") {
		t.Errorf("a campaign runs, over no such unit: %s", webtest.PlainText(none))
	}
	if !strings.Contains(whole, unit) {
		t.Errorf("the manager does not see the unit: %s", webtest.PlainText(whole))
	}
	head := manager.As("east1head")
	page := head.Get(unit, 200)
	if !strings.Contains(page, "林甲") || !strings.Contains(page, "Certify this unit") {
		t.Errorf("the head's page: %s", webtest.PlainText(page))
	}
	if got := head.Post(unit+"/certify", nil, 422); !strings.Contains(got, "not filed") {
		t.Errorf("certifying too early: %s", webtest.PlainText(got))
	}
	head.Get("/completion/"+id+"/"+s.Units["east2"], 404)
	manager.As("anna").Get(unit, 404)
	if reader := manager.As("reader").Get(unit, 200); strings.Contains(reader, "林甲") {
		t.Error("a leadership reader sees names")
	}
	excuse := webtest.LinkTo(t, manager.Get(unit, 200), unit+"/excuse/")
	ask := manager.Get(excuse, 200)
	manager.Post(excuse, url.Values{"version": {webtest.HiddenValue(t, ask, "version")}, "reason": {"x"}}, 422)
	manager.Post(excuse, url.Values{"version": {webtest.HiddenValue(t, ask, "version")}, "reason": {"长期病假"}}, 303)
	if head.Get(excuse, 404) == "" {
		t.Error("no page")
	}
}
