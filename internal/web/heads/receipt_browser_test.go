package heads_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
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

// TestReceiptInABrowser files a list on a phone, ends on its receipt, and
// verifies that on the site, and on the saved page from the disk after the site
// has gone. What was forged is refused on both.
func TestReceiptInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are looked at without -short")
	}
	b := chrome.Start(t)
	s := apptest.SQLite(t)
	manager, _ := webtest.OpenCampaign(t, s)
	site := httptest.NewServer(manager.Face)
	defer site.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	anna := manager.As("anna")
	base := webtest.LinkTo(t, anna.Get("/", 200), "/selfcheck/")
	draft := appselfcheck.SaveDraftInput{ID: strings.TrimPrefix(base, "/selfcheck/")}
	for no := range int64(selfcheck.ItemCount) {
		draft.Saves = append(draft.Saves, appselfcheck.DraftSave{Seq: 1, ItemAnswer: selfcheck.ItemAnswer{ItemNo: no + 1, Nil: true}})
	}
	_, err := s.App.SaveDraft(t.Context(), s.Actor("anna"), draft)
	must(err)

	phone, err := b.Tab(360, string(words.ZH))
	must(err)
	must(phone.Cookie(site.URL, page.SessionCookie, "anna"))
	must(phone.Open(site.URL + base + "/check"))
	must(phone.Follow(`form[action$="/submit"] [type="submit"]`))
	path, err := phone.Path()
	must(err)
	if text, err := phone.Text("main"); err != nil || !strings.HasPrefix(path, "/receipts/") || !strings.Contains(text, "已记入台账") ||
		!strings.Contains(text, "公告数字") {
		t.Fatalf("after submitting: %s\n%s (%v)", path, text, err)
	}
	for _, lang := range words.Langs {
		for _, width := range []int{360, 1440} {
			tab, err := b.Tab(width, string(lang))
			must(err)
			must(tab.Cookie(site.URL, page.SessionCookie, "anna"))
			for name, p := range map[string]string{"receipt": path, "slip": path + "/slip", "receipts": "/receipts", "verify": "/verify"} {
				webtest.Look(t, tab, webtest.Judged(width, lang), site.URL, p,
					name+"-"+string(lang)+"-"+map[int]string{360: "phone", 1440: "desk"}[width])
			}
		}
	}

	folder := t.TempDir()
	keep := func(name, body string) string {
		file := filepath.Join(folder, name)
		must(os.WriteFile(file, []byte(body), 0o600))
		return file
	}
	text := anna.Get(path+"/text", 200)
	pdf := keep("receipt.pdf", anna.Get(path+"/pdf", 200))
	forged := strings.Replace(text, "\nindex ", "\nindex 1", 1)
	page := keep("plumbline-verify.html", anna.Get("/verify/page", 200))

	judge := func(tab *chrome.Tab, receipt, want string) {
		t.Helper()
		must(tab.Eval(`document.getElementById("verify-result").textContent = ""`, nil))
		must(tab.Fill("#f-receipt", receipt))
		must(tab.Press(`#verify [type="submit"]`))
		must(tab.Until(`document.querySelector("[data-verdict]") !== null`))
		got := ""
		must(tab.Eval(`document.querySelector("[data-verdict]").getAttribute("data-verdict")`, &got))
		if said, _ := tab.Text("#verify-result"); got != want {
			t.Errorf("%s, want %s: %s", got, want, said)
		}
	}
	online, err := b.Tab(360, string(words.EN))
	must(err)
	must(online.Open(site.URL + "/verify"))
	judge(online, text, "holds")
	if said, _ := online.Text("#verify-result"); !strings.Contains(said, "Your browser does the verification") {
		t.Errorf("it was not verified in the browser: %s", said)
	}
	judge(online, forged, "fails")
	must(online.Attach("#f-file", pdf))
	judge(online, "", "holds")

	const old = `window.WebAssembly = undefined` // as in a browser that has none
	must(online.Open(site.URL + "/verify"))
	must(online.Eval(old, nil))
	must(online.Fill("#f-receipt", text))
	must(online.Follow(`#verify [type="submit"]`))
	if said, _ := online.Text("main"); !strings.Contains(said, "The receipt holds") ||
		strings.Contains(said, "Your browser does the verification") {
		t.Errorf("without WebAssembly the server should answer: %s", said)
	}

	site.Close()
	offline, err := b.Tab(360, string(words.ZH))
	must(err)
	must(offline.Open("file://" + page))
	judge(offline, text, "holds")
	if by, what, err := offline.Wide(); err != nil || by > 0 {
		t.Errorf("the saved page is %d px too wide: %s (%v)", by, what, err)
	}
	if wrong, err := offline.Wrong(); err != nil || len(wrong) > 0 {
		t.Errorf("the saved page: %v %v", wrong, err)
	}
	if shots := os.Getenv("PLUMBLINE_SHOTS"); shots != "" {
		must(offline.Shot(filepath.Join(shots, "saved.png")))
	}
	judge(offline, forged, "fails")
	judge(offline, strings.ReplaceAll(text, "\n", " \r\n"), "holds")
	must(offline.Press(`[data-lang="en"]`))
	if said, _ := offline.Text("body"); !strings.Contains(said, "The receipt holds") {
		t.Errorf("in English: %s", said)
	}
	judge(offline, "", "fails")
	must(offline.Eval(old, nil))
	must(offline.Fill("#f-receipt", text))
	must(offline.Press(`#verify [type="submit"]`))
	if said, _ := offline.Text("#verify-result"); !strings.Contains(said, "This browser is too old") || strings.Contains(said, "holds") {
		t.Errorf("the saved page without WebAssembly: %s", said)
	}
}
