package custody_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/chrome"
	"plumbline/internal/seal"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
	"plumbline/internal/words"
)

const sealedName = "举报人某甲"

// sealedStory goes through the pages: custodians, an imported complainant, a
// reveal asked for, one share released; a hold, and an expungement proposed.
type sealedStory struct {
	match, reveal, expungement string
	keys                       map[string]*seal.PrivateKey
}

func tellSealed(t *testing.T, s *apptest.Site, v *webtest.Visitor) (out sealedStory) {
	t.Helper()
	ctx := context.Background()
	out.keys = map[string]*seal.PrivateKey{}
	form := url.Values{}
	for i, n := range []string{"records", "body", "adjudicator"} {
		k, err := seal.NewPrivateKey()
		if err != nil {
			t.Fatal(err)
		}
		out.keys[n] = k
		form.Set(fmt.Sprintf("login%d", i+1), n)
		form.Set(fmt.Sprintf("key%d", i+1), k.Public().String())
	}
	wrong := url.Values{"login1": {"records"}, "key1": {"no key"}, webtest.FormField: {"propose"}}
	if page := v.As("security").Post("/custodians", wrong, 422); !strings.Contains(page, "custodian&#39;s public key") &&
		!strings.Contains(page, "custodian's public key") {
		t.Error("a wrong key is not explained beside its field")
	}
	v.As("security").Post("/custodians", form, 303)
	sets, err := s.App.Custody(ctx, s.Actor("security2"))
	if err != nil || len(sets) != 1 {
		t.Fatal(sets, err)
	}
	v.As("security2").Post("/custodians/"+sets[0].ID+"/approve", url.Values{"version": {"1"}}, 303)
	file := "姓名,警号,问题类别,发生时间,受理日期,问题描述,举报人\n查无此人,999999,态度生硬,2026.2.1,2026年2月28日,窗口推诿," + sealedName + "\n"
	in := appintake.ImportInput{AuditFile: appintake.AuditFile{Name: "p.csv", Data: []byte(file), Source: "petition",
		Classes: map[string]string{"态度生硬": "public_conduct"}, Columns: map[string]string{"举报人": "complainant"}}}
	if _, _, err := s.App.ImportAudit(ctx, s.Actor("inspector"), in); err != nil {
		t.Fatal(err)
	}
	s.Jobs()
	rows, _, _, err := s.App.Matches(ctx, s.Actor("inspector"), appintake.MatchFilter{}, "", 10)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	out.match = rows[0].ID
	page := v.As("inspector").Get("/matches/"+out.match, 200)
	if strings.Contains(page, sealedName) || !strings.Contains(page, "/reveals/new?match="+out.match) {
		t.Error("the match page shows the complainant, or no way to ask")
	}
	v.As("inspector").Post("/reveals", url.Values{"match": {out.match}, "reason": {"核实举报人是否受到打击报复"}}, 303)
	list, err := s.App.Reveals(ctx, s.Actor("inspector"), false, "")
	if err != nil || len(list.Rows) != 1 {
		t.Fatal(list, err)
	}
	out.reveal = list.Rows[0].ID
	out.release(t, s, v, "body")
	v.As("records").Post("/holds", url.Values{"record_kind": {"audit_record"}, "record": {out.match}, "reason": {"诉讼期间"}}, 303)
	v.As("records").Post("/expungements", url.Values{"record_kind": {"audit_record"}, "record": {out.match}, "ground": {"court"},
		"reason": {"x"}, webtest.FormField: {"expunge"}}, 409)
	holds, err := s.App.Holds(ctx, s.Actor("body"))
	if err != nil || len(holds) != 1 {
		t.Fatal(holds, err)
	}
	body := v.As("body")
	body.Post("/holds/"+holds[0].ID+"/lift", url.Values{"version": {"1"}, "reason": {"诉讼终结"}}, 303)
	lift, _, _ := strings.Cut(body.To(), "?")
	v.As("body2").Post(lift+"/approve", url.Values{"version": {"1"}}, 303)
	v.As("records").Post("/expungements", url.Values{"record_kind": {"audit_record"}, "record": {out.match}, "ground": {"court"},
		"reason": {"判决书"}}, 303)
	out.expungement = strings.TrimPrefix(newestExpungement(v), "/expungements/")
	return out
}

// newestExpungement is the id of the newest expungement, as the records officer's list has it.
func newestExpungement(v *webtest.Visitor) string {
	page := v.As("records").Get("/expungements", 200)
	_, rest, _ := strings.Cut(page, `href="/expungements/0`)
	id, _, _ := strings.Cut(rest, `"`)
	return "/expungements/0" + id
}

func (x *sealedStory) release(t *testing.T, s *apptest.Site, v *webtest.Visitor, who string) {
	t.Helper()
	share, err := s.App.Share(context.Background(), s.Actor(who), x.reveal)
	if err != nil {
		t.Fatal(err)
	}
	q, err := seal.ParseRequest(share.Request)
	if err != nil {
		t.Fatal(err)
	}
	r, err := q.Release(x.keys[who])
	if err != nil {
		t.Fatal(err)
	}
	v.As(who).Post("/shares/"+x.reveal+"/release", url.Values{"response": {"nonsense"}, webtest.FormField: {"release"}}, 422)
	v.As(who).Post("/shares/"+x.reveal+"/release", url.Values{"response": {strings.ReplaceAll(r.Text(), "\n", "\r\n")}}, 303)
}

func TestASealedNameThroughThePages(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "inspector")
	x := tellSealed(t, s, v)
	if page := v.As("adjudicator").Get("/shares", 200); !strings.Contains(page, "/shares/"+x.reveal) {
		t.Error("a custodian does not find the request")
	}
	v.As("anna").Get("/shares/"+x.reveal, 404)
	v.As("anna").Get("/reveals/"+x.reveal, 404)
	x.release(t, s, v, "adjudicator")
	page := v.Get("/reveals/"+x.reveal, 200)
	if !strings.Contains(page, "/reveals/"+x.reveal+"/show") || strings.Contains(page, sealedName) {
		t.Error("the page of a released reveal")
	}
	page = v.Post("/reveals/"+x.reveal+"/show", url.Values{"version": {"3"}}, 200)
	if !strings.Contains(page, sealedName) || v.Last.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("not shown, or to be kept by a cache: %q", v.Last.Header.Get("Cache-Control"))
	}
	for _, p := range []string{"/reveals/" + x.reveal, "/matches/" + x.match} {
		if strings.Contains(v.Get(p, 200), sealedName) {
			t.Errorf("%s shows it again", p)
		}
	}
	v.Post("/reveals/"+x.reveal+"/show", url.Values{"version": {"4"}}, 409)
	if page := v.As("records").Get("/", 200); !strings.Contains(page, "/reveals?unnoted=1") {
		t.Error("the records officer is not told")
	}
	v.As("records").Post("/reveals/"+x.reveal+"/note", url.Values{"version": {"4"}}, 303)
	v.As("body").Post("/expungements/"+x.expungement+"/approve", url.Values{"version": {"1"}}, 303)
	if page := v.As("body2").Get("/expungements/"+x.expungement, 200); !strings.Contains(page, "1 of 2 approvals") ||
		strings.Contains(page, "The texts of") {
		t.Error("the page does not say that one approval is given and nothing is destroyed")
	}
	v.As("body2").Post("/expungements/"+x.expungement+"/approve", url.Values{"version": {"1"}}, 303)
	if page := v.As("body").Get("/expungements/"+x.expungement, 200); !strings.Contains(page, "destroyed") {
		t.Error("the page of an expungement does not say what was destroyed")
	}
}

func TestSealingInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are looked at without -short")
	}
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "inspector")
	x := tellSealed(t, s, v)
	site := httptest.NewServer(v.Face)
	t.Cleanup(site.Close)
	b := chrome.Start(t)
	for _, lang := range []words.Lang{words.ZH, words.EN} {
		for _, width := range []int{360, 1440} {
			tab, err := b.Tab(width, string(lang))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range []struct{ who, path, name string }{
				{"security2", "/custodians", "custodians"}, {"security", "/custodians", "custodians-propose"}, {"inspector", "/reveals",
					"reveals"}, {"inspector", "/reveals/new", "reveal-new"},
				{"inspector", "/reveals/" + x.reveal, "reveal"}, {"inspector", "/matches/" + x.match, "match-sealed"}, {"adjudicator",
					"/shares", "shares"},
				{"adjudicator", "/shares/" + x.reveal, "share"}, {"records", "/expungements", "expungements"}, {"records",
					"/expungements/new", "expungement-new"},
				{"body", "/expungements/" + x.expungement, "expungement"}, {"body", "/holds", "holds"},
			} {
				if err := tab.Cookie(site.URL, page.SessionCookie, p.who); err != nil {
					t.Fatal(err)
				}
				webtest.Look(t, tab, webtest.Judged(width, lang), site.URL, p.path, fmt.Sprintf("%s-%s-%d", p.name, lang, width))
			}
		}
	}
}

// The kinds of record that fall due are offered by their names, and either can
// be chosen.
func TestTheKindsThatFallDueHaveNames(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "records")
	for _, lang := range words.Langs {
		page := v.In(lang).Get("/retention", 200)
		for _, kind := range []string{"issue", "audit_record"} {
			if want := `<option value="` + kind + `"`; !strings.Contains(page, want) || !strings.Contains(page, ">"+words.T(lang, "custody.kind."+kind)+"</option>") {
				t.Errorf("%s: %s is not offered", lang, kind)
			}
			v.Get("/retention?kind="+kind, 200)
		}
	}
}
