package selfcheck_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/chrome"
	"plumbline/internal/selfcheck"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

// TestSelfCheckInABrowser fills in items on a phone with scripts on, goes on
// upon another device, and looks at every page of the self-check in both
// languages at both widths.
func TestSelfCheckInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are looked at without -short")
	}
	b := chrome.Start(t)
	s := apptest.SQLite(t)
	manager, campaign := webtest.OpenCampaign(t, s)
	site := httptest.NewServer(manager.Face)
	defer site.Close()
	as := func(key string, width int, lang words.Lang) *chrome.Tab {
		t.Helper()
		tab, err := b.Tab(width, string(lang))
		if err != nil {
			t.Fatal(err)
		}
		if err := tab.Cookie(site.URL, page.SessionCookie, key); err != nil {
			t.Fatal(err)
		}
		return tab
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	anna := manager.As("anna")
	base := webtest.LinkTo(t, anna.Get("/", 200), "/selfcheck/")
	saved := `document.getElementById("sc-status").textContent === document.getElementById("sc-status").getAttribute("data-saved")`

	phone := as("anna", 360, words.ZH)
	must(phone.Open(site.URL + base + "/fill?c=case_filing"))
	must(phone.Tick(`input[name="a.2"][value="nil"]`))
	must(phone.Until(saved))
	must(phone.Tick(`input[name="a.1"][value="declare"]`))
	must(phone.Until(`!document.getElementById("d-1").hidden`))
	must(phone.Fill(`[name="d.1.0.on"]`, "2025-06-15"))
	must(phone.Fill(`[name="d.1.0.text"]`, "报案后当天没有登记"))
	must(phone.Until(saved + ` && document.querySelector("[name='seq.1']").value > 0`))

	desk := as("anna", 1440, words.ZH)
	must(desk.Open(site.URL + base + "/fill?c=case_filing"))
	var text string
	must(desk.Eval(`document.querySelector("[name='d.1.0.text']").value + document.querySelector("[name='a.2']:checked").value`, &text))
	if text != "报案后当天没有登记nil" {
		t.Errorf("on the other device: %q", text)
	}

	var given []selfcheck.ItemAnswer
	for i := range selfcheck.ItemCount {
		given = append(given, selfcheck.ItemAnswer{ItemNo: int64(i + 1), Nil: true})
	}
	given[42] = selfcheck.ItemAnswer{ItemNo: 43, Issues: []selfcheck.Declared{{EventOn: "2025-06-15",
		Text: "值班期间离开岗位约二十分钟，没有向值班领导报告；事后补登记。"}}}
	lists, err := s.App.MyLists(t.Context(), s.Actor("ben"))
	must(err)
	_, err = s.App.Submit(t.Context(), s.Actor("ben"), appselfcheck.SubmitInput{ID: lists[0].ID, Version: lists[0].Version, Answers: given})
	must(err)
	head := manager.As("east1head")
	review := webtest.LinkTo(t, head.Get("/review", 200), "/review/0")
	id := strings.TrimPrefix(campaign, "/campaigns/")
	unit := "/completion/" + id + "/" + s.Units["east1"]
	page := manager.Get(unit, 200)
	excuse := webtest.LinkTo(t, page, unit+"/excuse/")

	pages := []struct{ key, path string }{
		{"anna", "/"}, {"anna", base}, {"anna", base + "/fill?c=case_filing"}, {"anna", base + "/check"},
		{"ben", "/selfcheck/" + lists[0].ID}, {"ben", "/selfcheck/" + lists[0].ID + "/receipt"},
		{"east1head", "/"}, {"east1head", "/review"}, {"east1head", review}, {"east1head", unit},
		{"manager", "/completion/" + id}, {"manager", excuse}, {"manager", campaign}, {"manager", "/campaigns/new"},
	}
	for _, lang := range words.Langs {
		for _, width := range []int{360, 1440} {
			tabs := map[string]*chrome.Tab{}
			for i, x := range pages {
				if tabs[x.key] == nil {
					tabs[x.key] = as(x.key, width, lang)
				}
				webtest.Look(t, tabs[x.key], webtest.Judged(width, lang), site.URL, x.path,
					"selfcheck-"+string(rune('a'+i))+"-"+url.PathEscape(string(lang))+"-"+map[int]string{360: "phone", 1440: "desk"}[width])
			}
		}
	}
}

// TestSavedIsAPromise: the page of a list says "saved" only while the site has
// every answer, takes along what was not sent when its reader leaves, and is no
// rival to itself when the form is sent while an answer is under way.
func TestSavedIsAPromise(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are looked at without -short")
	}
	b := chrome.Start(t)
	s := apptest.SQLite(t)
	manager, _ := webtest.OpenCampaign(t, s)
	site := httptest.NewServer(manager.Face)
	defer site.Close()
	phone, err := b.Tab(360, string(words.ZH))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	anna := manager.As("anna")
	must(phone.Cookie(site.URL, page.SessionCookie, "anna"))
	page := webtest.LinkTo(t, anna.Get("/", 200), "/selfcheck/") + "/fill?c=case_filing"
	says := func(word string) string {
		return `document.getElementById("sc-status").textContent === document.getElementById("sc-status").getAttribute("data-` + word + `")`
	}
	// What is sent while held is set waits in line, as on a slow network.
	slow := func() {
		t.Helper()
		must(phone.Open(site.URL + page))
		must(phone.Eval(`
			window.line = [];
			const send = XMLHttpRequest.prototype.send;
			XMLHttpRequest.prototype.send = function (body) {
				if (window.held) line.push(() => send.call(this, body)); else send.call(this, body);
			};
			window.held = true`, nil))
	}

	slow()
	must(phone.Tick(`input[name="a.1"][value="nil"]`))
	must(phone.Until(`line.length === 1`))
	must(phone.Eval(`window.held = false`, nil))
	must(phone.Tick(`input[name="a.2"][value="nil"]`))
	must(phone.Until(`document.querySelector("[name='seq.2']").value > 0`))
	must(phone.Until(says("saving")))
	must(phone.Eval(`line.forEach(f => f())`, nil))
	must(phone.Until(says("saved") + ` && document.querySelector("[name='seq.1']").value > 0`))

	// The reader leaves: one answer was not sent yet, another is under way and
	// was changed meanwhile.
	slow()
	must(phone.Tick(`input[name="a.3"][value="nil"]`))
	must(phone.Until(`line.length === 1`))
	must(phone.Tick(`input[name="a.3"][value="declare"]`))
	must(phone.Fill(`[name="d.3.0.on"]`, "2025-06-15"))
	must(phone.Fill(`[name="d.3.0.text"]`, "离开页面之前写下"))
	must(phone.Eval(`
		document.querySelector('input[name="a.4"][value="nil"]').click();
		setTimeout(() => { location.href = "/"; }, 0)`, nil))
	must(phone.Until(`location.pathname === "/" && document.readyState === "complete"`))
	must(phone.Until(`(() => {
		const x = new XMLHttpRequest();
		x.open("GET", "` + page + `", false);
		x.send();
		const d = new DOMParser().parseFromString(x.responseText, "text/html");
		return d.querySelector('[name="a.4"][value="nil"]').checked && d.querySelector('[name="d.3.0.text"]').value === "离开页面之前写下";
	})()`))

	// The form is sent while an older answer to one of its items is under way.
	slow()
	must(phone.Tick(`input[name="a.1"][value="declare"]`))
	must(phone.Fill(`[name="d.1.0.on"]`, "2025-06-15"))
	must(phone.Fill(`[name="d.1.0.text"]`, "写了一半"))
	must(phone.Until(`line.length === 1`))
	must(phone.Fill(`[name="d.1.0.text"]`, "写了一半，又写完了"))
	must(phone.Eval(`document.querySelector('#sc-form button[value=next]').click()`, nil))
	must(phone.Eval(`window.held = false; line.forEach(f => f())`, nil))
	must(phone.Until(`location.search !== "?c=case_filing" && document.readyState === "complete"`))
	if path, err := phone.Path(); err != nil || !strings.Contains(path, "/fill?c=") {
		t.Errorf("the form led to %s, %v", path, err)
	}
	must(phone.Open(site.URL + page))
	must(phone.Until(`document.querySelector("[name='d.1.0.text']").value === "写了一半，又写完了"`))
}
