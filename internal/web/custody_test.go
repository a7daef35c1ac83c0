package web

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
	"plumbline/internal/words"
)

const sealedName = "举报人某甲"

// sealedStory goes through the pages: custodians, an imported complainant, a
// reveal asked for, one share released; a hold, and an expungement proposed.
type sealedStory struct {
	match, reveal, expungement string
	keys                       map[string]*seal.PrivateKey
}

func tellSealed(t *testing.T, s *apptest.Site, v *visitor) (out sealedStory) {
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
	wrong := url.Values{"login1": {"records"}, "key1": {"no key"}, formField: {"propose"}}
	if page := v.as("security").post("/custodians", wrong, 422); !strings.Contains(page, "custodian&#39;s public key") && !strings.Contains(page, "custodian's public key") {
		t.Error("a wrong key is not explained beside its field")
	}
	v.as("security").post("/custodians", form, 303)
	sets, err := s.App.Custody(ctx, s.Actor("security2"))
	if err != nil || len(sets) != 1 {
		t.Fatal(sets, err)
	}
	v.as("security2").post("/custodians/"+sets[0].ID+"/approve", url.Values{"version": {"1"}}, 303)
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
	page := v.as("inspector").get("/matches/"+out.match, 200)
	if strings.Contains(page, sealedName) || !strings.Contains(page, "/reveals/new?match="+out.match) {
		t.Error("the match page shows the complainant, or no way to ask")
	}
	v.as("inspector").post("/reveals", url.Values{"match": {out.match}, "reason": {"核实举报人是否受到打击报复"}}, 303)
	list, err := s.App.Reveals(ctx, s.Actor("inspector"), false, "")
	if err != nil || len(list.Rows) != 1 {
		t.Fatal(list, err)
	}
	out.reveal = list.Rows[0].ID
	out.release(t, s, v, "body")
	v.as("records").post("/holds", url.Values{"record_kind": {"audit_record"}, "record": {out.match}, "reason": {"诉讼期间"}}, 303)
	v.as("records").post("/expungements", url.Values{"record_kind": {"audit_record"}, "record": {out.match}, "ground": {"court"}, "reason": {"x"}, formField: {"expunge"}}, 409)
	holds, err := s.App.Holds(ctx, s.Actor("body"))
	if err != nil || len(holds) != 1 {
		t.Fatal(holds, err)
	}
	body := v.as("body")
	body.post("/holds/"+holds[0].ID+"/lift", url.Values{"version": {"1"}, "reason": {"诉讼终结"}}, 303)
	lift, _, _ := strings.Cut(body.to(), "?")
	v.as("body2").post(lift+"/approve", url.Values{"version": {"1"}}, 303)
	v.as("records").post("/expungements", url.Values{"record_kind": {"audit_record"}, "record": {out.match}, "ground": {"court"}, "reason": {"判决书"}}, 303)
	out.expungement = strings.TrimPrefix(newestExpungement(v), "/expungements/")
	return out
}

// newestExpungement is the id of the newest expungement, as the records officer's list has it.
func newestExpungement(v *visitor) string {
	page := v.as("records").get("/expungements", 200)
	_, rest, _ := strings.Cut(page, `href="/expungements/0`)
	id, _, _ := strings.Cut(rest, `"`)
	return "/expungements/0" + id
}

func (x *sealedStory) release(t *testing.T, s *apptest.Site, v *visitor, who string) {
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
	v.as(who).post("/shares/"+x.reveal+"/release", url.Values{"response": {"nonsense"}, formField: {"release"}}, 422)
	v.as(who).post("/shares/"+x.reveal+"/release", url.Values{"response": {strings.ReplaceAll(r.Text(), "\n", "\r\n")}}, 303)
}

func TestASealedNameThroughThePages(t *testing.T) {
	s := apptest.SQLite(t)
	v := visit(t, s, "inspector")
	x := tellSealed(t, s, v)
	if page := v.as("adjudicator").get("/shares", 200); !strings.Contains(page, "/shares/"+x.reveal) {
		t.Error("a custodian does not find the request")
	}
	v.as("anna").get("/shares/"+x.reveal, 404)
	v.as("anna").get("/reveals/"+x.reveal, 404)
	x.release(t, s, v, "adjudicator")
	page := v.get("/reveals/"+x.reveal, 200)
	if !strings.Contains(page, "/reveals/"+x.reveal+"/show") || strings.Contains(page, sealedName) {
		t.Error("the page of a released reveal")
	}
	page = v.post("/reveals/"+x.reveal+"/show", url.Values{"version": {"3"}}, 200)
	if !strings.Contains(page, sealedName) || v.last.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("not shown, or to be kept by a cache: %q", v.last.Header.Get("Cache-Control"))
	}
	for _, p := range []string{"/reveals/" + x.reveal, "/matches/" + x.match} {
		if strings.Contains(v.get(p, 200), sealedName) {
			t.Errorf("%s shows it again", p)
		}
	}
	v.post("/reveals/"+x.reveal+"/show", url.Values{"version": {"4"}}, 409)
	if page := v.as("records").get("/", 200); !strings.Contains(page, "/reveals?unnoted=1") {
		t.Error("the records officer is not told")
	}
	v.as("records").post("/reveals/"+x.reveal+"/note", url.Values{"version": {"4"}}, 303)
	v.as("body").post("/expungements/"+x.expungement+"/approve", url.Values{"version": {"1"}}, 303)
	if page := v.as("body2").get("/expungements/"+x.expungement, 200); !strings.Contains(page, "1 of 2 approvals") || strings.Contains(page, "The texts of") {
		t.Error("the page does not say that one approval is given and nothing is destroyed")
	}
	v.as("body2").post("/expungements/"+x.expungement+"/approve", url.Values{"version": {"1"}}, 303)
	if page := v.as("body").get("/expungements/"+x.expungement, 200); !strings.Contains(page, "destroyed") {
		t.Error("the page of an expungement does not say what was destroyed")
	}
}

func TestSealingInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("pages are looked at without -short")
	}
	s := apptest.SQLite(t)
	v := visit(t, s, "inspector")
	x := tellSealed(t, s, v)
	site := httptest.NewServer(v.face)
	t.Cleanup(site.Close)
	b := chrome.Start(t)
	for _, lang := range []words.Lang{words.ZH, words.EN} {
		for _, width := range []int{360, 1440} {
			tab, err := b.Tab(width, string(lang))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range []struct{ who, path, name string }{
				{"security2", "/custodians", "custodians"}, {"security", "/custodians", "custodians-propose"}, {"inspector", "/reveals", "reveals"}, {"inspector", "/reveals/new", "reveal-new"},
				{"inspector", "/reveals/" + x.reveal, "reveal"}, {"inspector", "/matches/" + x.match, "match-sealed"}, {"adjudicator", "/shares", "shares"},
				{"adjudicator", "/shares/" + x.reveal, "share"}, {"records", "/expungements", "expungements"}, {"records", "/expungements/new", "expungement-new"},
				{"body", "/expungements/" + x.expungement, "expungement"}, {"body", "/holds", "holds"},
			} {
				if err := tab.Cookie(site.URL, SessionCookie, p.who); err != nil {
					t.Fatal(err)
				}
				look(t, tab, judged(width, lang), site.URL, p.path, fmt.Sprintf("%s-%s-%d", p.name, lang, width))
			}
		}
	}
}

// The kinds of record that fall due are offered by their names, and either can
// be chosen.
func TestTheKindsThatFallDueHaveNames(t *testing.T) {
	s := apptest.SQLite(t)
	v := visit(t, s, "records")
	for _, lang := range words.Langs {
		page := v.in(lang).get("/retention", 200)
		for _, kind := range []string{"issue", "audit_record"} {
			if want := `<option value="` + kind + `"`; !strings.Contains(page, want) || !strings.Contains(page, ">"+words.T(lang, "custody.kind."+kind)+"</option>") {
				t.Errorf("%s: %s is not offered", lang, kind)
			}
			v.get("/retention?kind="+kind, 200)
		}
	}
}
