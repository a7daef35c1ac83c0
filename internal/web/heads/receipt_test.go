package heads_test

import (
	"net/url"
	"strings"
	"testing"

	"plumbline/internal/app/desk"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/apptest"
	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
	"plumbline/internal/slip"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
)

// filed opens a campaign and files a list of anna's that declares one thing.
func filed(t *testing.T, s *apptest.Site) desk.Receipt {
	t.Helper()
	webtest.OpenCampaign(t, s)
	lists, err := s.App.MyLists(t.Context(), s.Actor("anna"))
	if err != nil || len(lists) == 0 {
		t.Fatal(lists, err)
	}
	answers := make([]selfcheck.ItemAnswer, selfcheck.ItemCount)
	for i := range answers {
		answers[i] = selfcheck.ItemAnswer{ItemNo: int64(i + 1), Nil: true}
	}
	answers[2] = selfcheck.ItemAnswer{ItemNo: 3, Issues: []selfcheck.Declared{{EventOn: "2025-06-15", Text: "说过的事"}}}
	r, err := s.App.Submit(t.Context(), s.Actor("anna"), appselfcheck.SubmitInput{ID: lists[0].ID, Version: lists[0].Version,
		Answers: answers})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReceiptPages(t *testing.T) {
	s := apptest.SQLite(t)
	r := filed(t, s)
	path := page.ReceiptPath(r.Seq)
	anna := webtest.Visit(t, s, "anna")
	page := anna.Get(path, 200)
	digits := 0
	for _, part := range strings.Split(page, "<span>") {
		if len(part) > 4 && strings.Trim(part[:4], "0123456789") == "" && part[4] == '<' {
			digits++
		}
	}
	if digits != 8 || !strings.Contains(page, "data:image/png;base64,") || !strings.Contains(page, path+"/pdf") ||
		strings.Contains(page, "说过的事") {
		t.Errorf("%d groups of digits\n%s", digits, webtest.PlainText(page))
	}
	if !strings.Contains(anna.Get("/receipts", 200), path) {
		t.Error("my receipts do not list it")
	}
	keys, err := s.App.VerifierKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	trust, err := ledger.ParseTrust(keys)
	if err != nil {
		t.Fatal(err)
	}
	for ending, form := range map[string]ledger.Form{"/text": ledger.FormText, "/pdf": ledger.FormPDF, "/pdf?newest=1": ledger.FormPDF,
		"/text?newest=1": ledger.FormText} {
		body := anna.Get(path+ending, 200)
		if j := ledger.Judge([]byte(body), trust); j.Problem != ledger.Holds || j.Form != form || j.Receipt.Leaf != r.Leaf {
			t.Errorf("%s: %q as %s", ending, j.Problem, j.Form)
		}
	}

	ask := anna.Get(path+"/slip", 200)
	if strings.Contains(ask, "说过的事") {
		t.Error("the page before the slip shows content")
	}
	anna.Post(path+"/slip", anna.Signed(url.Values{}), 422)
	raw := anna.Post(path+"/slip", anna.Signed(url.Values{"confirm": {"1"}}), 200)
	sl, err := slip.Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := sl.Check(r.Seq, r.Leaf); err != nil || v.Missing+v.Closed != 0 || sl.Texts[0].Value != "说过的事" {
		t.Errorf("slip: %+v, %v", v, err)
	}

	ben := webtest.Visit(t, s, "ben")
	unknown := ben.Get("/receipts/999999", 404)
	for _, p := range []string{path, path + "/text", path + "/pdf", path + "/slip", "/receipts/x", "/receipts/-1",
		"/receipts/99999999999999999999"} {
		if page := ben.Get(p, 404); webtest.PlainText(page) == "" || len(page) != len(unknown) {
			t.Errorf("%s differs from an unknown number", p)
		}
	}
	ben.Post(path+"/slip", ben.Signed(url.Values{"confirm": {"1"}}), 404)
}

// A site where nobody signs says so, refreshes by itself, and gives up at last.
func TestReceiptBeforeItIsSigned(t *testing.T) {
	s := apptest.Unsigned(t)
	r := filed(t, s)
	anna, path := webtest.Visit(t, s, "anna"), page.ReceiptPath(r.Seq)
	page := anna.Get(path, 200)
	if !strings.Contains(anna.Last.Header.Get("Refresh"), "again=1") || strings.Contains(page, "/pdf") {
		t.Errorf("Refresh %q\n%s", anna.Last.Header.Get("Refresh"), webtest.PlainText(page))
	}
	anna.Get(path+"?again=20", 200)
	if h := anna.Last.Header.Get("Refresh"); h != "" {
		t.Errorf("after twenty times it still refreshes: %q", h)
	}
	anna.Get(path+"/text", 503)
	anna.Get(path+"/pdf", 503)
}

func TestVerifyPageOfTheServer(t *testing.T) {
	s := apptest.SQLite(t)
	r := filed(t, s)
	anna := webtest.Visit(t, s, "anna")
	text := anna.Get(page.ReceiptPath(r.Seq)+"/text", 200)
	pdf := anna.Get(page.ReceiptPath(r.Seq)+"/pdf", 200)
	keys, _ := s.App.VerifierKeys(t.Context())

	webtest.Visit(t, s, "").Get("/verify", 200) // nobody need sign in
	anyone := webtest.Visit(t, s, "ben")
	page := anyone.Get("/verify", 200)
	policy := anyone.Last.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "script-src 'self' 'wasm-unsafe-eval';") || strings.Contains(policy, "'unsafe-eval'") {
		t.Error(policy)
	}
	if strings.Contains(webtest.Visit(t, s, "anna").Get("/receipts", 200), "wasm") || !strings.Contains(page, strings.TrimSpace(keys)) {
		t.Error("the site's key is not filled in")
	}
	send := func(data string, keys string) string {
		return anyone.Post("/verify", url.Values{"receipt": {data}, "keys": {keys}}, 200)
	}
	if page := send(text, keys); !strings.Contains(page, `data-verdict="holds"`) || !strings.Contains(page, "asking the system about itself") {
		t.Error(webtest.PlainText(page))
	}
	for name, sent := range map[string][2]string{
		"forged":            {strings.Replace(text, "\nindex ", "\nindex 1", 1), keys},
		"a letter":          {"Dear Sir", keys},
		"without a key":     {text, ""},
		"with what is none": {text, "no key"},
	} {
		if page := send(sent[0], sent[1]); !strings.Contains(page, `data-verdict="fails"`) {
			t.Errorf("%s: %s", name, webtest.PlainText(page))
		}
	}
	anyone.Post("/verify", url.Values{"keys": {keys}}, 422)
	if page := anyone.Upload("/verify", url.Values{"keys": {keys}}, "file", "r.pdf", []byte(pdf), 200); !strings.Contains(page, `data-verdict="holds"`) {
		t.Error(webtest.PlainText(page))
	}
}
