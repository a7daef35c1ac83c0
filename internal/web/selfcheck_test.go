package web

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/words"
)

// TestOfficerFilesAListWithoutScripts walks every category as a plain form,
// declares two issues, checks, submits and gets a receipt; the head returns it
// and the officer sees why.
func TestOfficerFilesAListWithoutScripts(t *testing.T) {
	s := apptest.SQLite(t)
	openCampaign(t, s)
	anna := visit(t, s, "anna")
	base := linkTo(t, anna.get("/", 200), "/selfcheck/")
	overview := anna.get(base, 200)
	at := linkTo(t, overview, base+"/fill?c=case_filing")
	for steps := 0; strings.Contains(at, "/fill"); steps++ {
		if steps > 20 {
			t.Fatal("the form leads nowhere")
		}
		page := anna.get(at, 200)
		form := url.Values{"category": {hiddenValue(t, page, "category")}, "do": {"next"}}
		for _, m := range regexp.MustCompile(`name="seq\.(\d+)"`).FindAllStringSubmatch(page, -1) {
			no := m[1]
			form.Set("seq."+no, hiddenValue(t, page, "seq."+no))
			form.Set("was."+no, hiddenValue(t, page, "was."+no))
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
			t.Fatalf("no items on %s: %s", at, plainText(page))
		}
		if strings.Contains(at, "case_filing") { // a second blank issue, then on
			form.Set("do", "add.1")
			anna.post(base+"/save", form, 303)
			to, _, _ := strings.Cut(anna.to(), "#") // a browser keeps the fragment to itself
			if again := anna.get(to, 200); !strings.Contains(again, "d.1.2.text") {
				t.Error("no room for another issue after asking for it")
			}
			form.Set("seq.1", "1")
			form.Set("was.1", "")
			form.Set("do", "next")
		}
		anna.post(base+"/save", form, 303)
		at = anna.to()
	}
	if at != base+"/check" {
		t.Fatalf("after the last category: %s", at)
	}
	check := anna.get(at, 200)
	if !strings.Contains(check, "次日补登") || strings.Contains(check, "No answer") {
		t.Errorf("check page: %s", plainText(check))
	}
	form := url.Values{"version": {hiddenValue(t, check, "version")}, "request_key": {"tap"}}
	fix := func(seq, on string) { // what is saved may be wrong; the check says so at the item, and leads there
		anna.post(base+"/items/1", url.Values{"seq.1": {seq}, "a.1": {"declare"}, "d.1.0.on": {on}, "d.1.0.text": {"次日补登"}}, 200)
	}
	fix("2", "2031-01-01")
	for _, page := range []string{anna.get(base+"/check", 200), anna.post(base+"/submit", form, 422)} {
		if !strings.Contains(page, "Items to correct: 1.") || !strings.Contains(page, "after today") || strings.Contains(page, "All items are answered") || strings.Contains(page, `href="#`+"f-items") {
			t.Errorf("a date to come: %s", plainText(page))
		}
	}
	fix("3", "2025-06-15")
	anna.post(base+"/submit", form, 303)
	anna.post(base+"/submit", form, 303) // a double tap: the same answer
	receipt := anna.get(anna.to(), 200)
	if !strings.Contains(receipt, "in the ledger. This is your receipt") || strings.Contains(receipt, "次日补登") {
		t.Errorf("receipt: %s", plainText(receipt))
	}
	form.Set("request_key", "another")
	if page := anna.post(base+"/submit", form, 409); !strings.Contains(page, "already been submitted") {
		t.Errorf("a second submit: %s", plainText(page))
	}
	for _, who := range []string{"ben", "east1head", "inspector"} {
		anna.as(who).get(base, 404)
	}

	head := anna.as("east1head")
	review := linkTo(t, head.get("/review", 200), "/review/0")
	page := head.get(review, 200)
	if !strings.Contains(page, "次日补登") {
		t.Errorf("the head does not see the list: %s", plainText(page))
	}
	version := hiddenValue(t, page, "version")
	if bad := head.post(review+"/return", url.Values{"version": {version}, "reason": {""}}, 422); !strings.Contains(bad, "field-error") {
		t.Error("a return without reason is not explained at its field")
	}
	head.post(review+"/accept", url.Values{"version": {"99"}}, 409)
	head.post(review+"/return", url.Values{"version": {version}, "reason": {"请写清经过"}}, 303)
	if home := anna.in(words.ZH).get("/", 200); !strings.Contains(home, "请写清经过") || !strings.Contains(home, "已退回") {
		t.Errorf("the returned list does not show its reason: %s", plainText(home))
	}
	again := anna.get(base+"/check", 200)
	anna.post(base+"/submit", url.Values{"version": {hiddenValue(t, again, "version")}}, 303)
	page = head.get("/review", 200)
	chosen := regexp.MustCompile(`name="list" value="([^"]+)"`).FindStringSubmatch(page)
	if chosen == nil {
		t.Fatalf("nothing to choose: %s", plainText(page))
	}
	head.post("/review/accept", url.Values{"list": {chosen[1]}}, 303)
	if page = head.get("/review?state=accepted", 200); !strings.Contains(page, "林甲") {
		t.Errorf("not accepted: %s", plainText(page))
	}
}

// TestScriptSavesOneAnswer is what the page's script does, and what it is told
// when another device was faster.
func TestScriptSavesOneAnswer(t *testing.T) {
	s := apptest.SQLite(t)
	openCampaign(t, s)
	anna := visit(t, s, "anna")
	base := linkTo(t, anna.get("/", 200), "/selfcheck/")
	send := func(seq int, choice, text string, status int) string {
		t.Helper()
		return anna.post(base+"/items/5", url.Values{"seq.5": {strconv.Itoa(seq)}, "a.5": {choice}, "d.5.0.on": {"2025-01-02"}, "d.5.0.text": {text}}, status)
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
	page := anna.get(base+"/fill?c=evidence_property", 200)
	if !strings.Contains(page, "录像过期") || strings.Contains(page, "旧设备") {
		t.Errorf("resumed: %s", plainText(page))
	}
	conflict := url.Values{"category": {"evidence_property"}, "do": {"next"}, "seq.5": {"0"}, "a.5": {"declare"}, "d.5.0.on": {"2025-01-03"}, "d.5.0.text": {"我刚写的"}}
	if got := anna.post(base+"/save", conflict, 409); !strings.Contains(got, "我刚写的") || !strings.Contains(got, "changed elsewhere") {
		t.Errorf("what was typed is lost in a conflict: %s", plainText(got))
	}
}

// TestHeadSeesWhoHasNotFiled opens completion as the head, the manager, a
// reader without names, and somebody outside.
func TestHeadSeesWhoHasNotFiled(t *testing.T) {
	s := apptest.SQLite(t)
	manager, _ := openCampaign(t, s)
	manager.get("/completion", 303)
	id := strings.TrimPrefix(manager.to(), "/completion/")
	whole := manager.get("/completion/"+id, 200)
	unit := "/completion/" + id + "/" + s.Units["east1"]
	if none := manager.get("/completion/"+id+"?unit=nowhere", 200); !strings.Contains(none, "no units to show") || strings.Contains(none, "Once a campaign opens") {
		t.Errorf("a campaign runs, over no such unit: %s", plainText(none))
	}
	if !strings.Contains(whole, unit) {
		t.Errorf("the manager does not see the unit: %s", plainText(whole))
	}
	head := manager.as("east1head")
	page := head.get(unit, 200)
	if !strings.Contains(page, "林甲") || !strings.Contains(page, "Certify this unit") {
		t.Errorf("the head's page: %s", plainText(page))
	}
	if got := head.post(unit+"/certify", nil, 422); !strings.Contains(got, "not filed") {
		t.Errorf("certifying too early: %s", plainText(got))
	}
	head.get("/completion/"+id+"/"+s.Units["east2"], 404)
	manager.as("anna").get(unit, 404)
	if reader := manager.as("reader").get(unit, 200); strings.Contains(reader, "林甲") {
		t.Error("a leadership reader sees names")
	}
	excuse := linkTo(t, manager.get(unit, 200), unit+"/excuse/")
	ask := manager.get(excuse, 200)
	manager.post(excuse, url.Values{"version": {hiddenValue(t, ask, "version")}, "reason": {"x"}}, 422)
	manager.post(excuse, url.Values{"version": {hiddenValue(t, ask, "version")}, "reason": {"长期病假"}}, 303)
	if head.get(excuse, 404) == "" {
		t.Error("no page")
	}
}
