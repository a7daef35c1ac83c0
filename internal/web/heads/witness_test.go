package heads_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"html"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/app"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/chrome"
	"plumbline/internal/ledger"
	"plumbline/internal/store"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
	"plumbline/internal/witness"
	"plumbline/internal/words"
)

// signHead signs the head of the site and stores the checkpoint.
func signHead(t *testing.T, s *apptest.Site, signer note.Signer, vkey string) ledger.Checkpoint {
	t.Helper()
	ctx, c := context.Background(), ledger.Checkpoint{Origin: s.Store.Origin()}
	err := s.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
		c.Size, c.Root, err = v.Head(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := ledger.SignCheckpoint(c, signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store.SaveCheckpoint(ctx, store.LedgerCheckpoint{Size: c.Size, At: s.Clock.Now(), Root: c.Root[:], Note: string(signed)},
		vkey); err != nil {
		t.Fatal(err)
	}
	return c
}

// withWitness gives the site a signed head and a witness that follows it.
func withWitness(t *testing.T, s *apptest.Site) (c ledger.Checkpoint, w *witness.Witness) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, s.Store.Origin())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	c = signHead(t, s, signer, vkey)
	w, err = witness.New(witness.Options{Dir: t.TempDir(), Name: "audit.example/w1", Clock: s.Clock.Now,
		Logs: []witness.Log{{Origin: c.Origin, Keys: []string{vkey}}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.Handler())
	t.Cleanup(server.Close)
	target, err := witness.ParseTarget(w.Public() + "@" + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if s.App, err = app.New(app.Config{Store: s.Store, Secret: apptest.Secret, Witnesses: []witness.Target{target}}); err != nil {
		t.Fatal(err)
	}
	return c, w
}

func TestNoticeForTheBoard(t *testing.T) {
	s := apptest.SQLite(t)
	for _, lang := range words.Langs {
		v := webtest.Visit(t, s, "anna").In(lang)
		if page := v.Get("/ledger/notice", 200); !strings.Contains(page, words.T(lang, "notice.none")) {
			t.Errorf("%s: a notice before the first checkpoint: %s", lang, page)
		}
		v.Get("/ledger/notice.pdf", 404)
	}
	c, _ := withWitness(t, s)
	for _, lang := range words.Langs {
		v := webtest.Visit(t, s, "anna").In(lang)
		page := v.Get("/ledger/notice", 200)
		for _, want := range append(strings.Fields(c.Digits()), "data:image/png;base64,", "Ed25519  ", words.T(lang, "notice.witness.none"),
			words.T(lang, "notice.how.differ")) {
			if !strings.Contains(page, want) {
				t.Errorf("%s: %q is missing", lang, want)
			}
		}
		pdf := v.Get("/ledger/notice.pdf", 200)
		if !strings.HasPrefix(pdf, "%PDF-") || len(pdf) > 200<<10 {
			t.Errorf("%s: a PDF of %d bytes", lang, len(pdf))
		}
		if folder := os.Getenv("PLUMBLINE_SHOTS"); folder != "" {
			if err := os.WriteFile(folder+"/notice-"+string(lang)+".pdf", []byte(pdf), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	body := webtest.Visit(t, s, "anna").Get("/ledger/checkpoint.txt", 200)
	req, err := witness.ParseRequest([]byte(body))
	if err != nil || req.Checkpoint != c || req.Old != 0 {
		t.Errorf("%+v %v", req, err)
	}
	s.App.StepWitnesses(context.Background())
	for _, lang := range words.Langs {
		v := webtest.Visit(t, s, "anna").In(lang)
		if page := v.Get("/ledger/notice", 200); !strings.Contains(page, "audit.example/w1") {
			t.Errorf("%s: the notice names no witness", lang)
		}
		if page := v.Get("/ledger", 200); !strings.Contains(page, words.T(lang, "ledger.witness.fine")) {
			t.Errorf("%s: the ledger page names no witness", lang)
		}
		page := webtest.Visit(t, s, "audit").In(lang).Get("/ledger", 200)
		if !strings.Contains(page, words.T(lang, "ledger.standing.witnessed")) ||
			strings.Contains(page, words.T(lang, "ledger.standing.unsigned")) {
			t.Errorf("%s: the entries do not stand as witnessed", lang)
		}
	}
	if body := webtest.Visit(t, s, "anna").Get("/ledger/checkpoint.txt", 200); !bytes.HasPrefix([]byte(body), []byte("old ")) ||
		strings.HasPrefix(body, "old 0\n") {
		t.Errorf("the stick begins anew: %.20q", body)
	}
}

// TestAWitnessAlarmIsSeen: everybody sees it on the ledger page, the audit
// administrator on his to-do home as well.
func TestAWitnessAlarmIsSeen(t *testing.T) {
	ctx, fresh := context.Background(), apptest.SQLite(t)
	skey, vkey, err := note.GenerateKey(rand.Reader, fresh.Store.Origin())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	c := signHead(t, fresh, signer, vkey)
	// The witness saw another tree of that size under the same key, as after a
	// rebuild.
	other := c
	other.Root[0] ^= 1
	signed, err := ledger.SignCheckpoint(other, signer)
	if err != nil {
		t.Fatal(err)
	}
	rebuilt, err := witness.New(witness.Options{Dir: t.TempDir(), Name: "audit.example/w2", Clock: fresh.Clock.Now,
		Logs: []witness.Log{{Origin: c.Origin, Keys: []string{vkey}}}})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := rebuilt.Add(ctx, (&witness.Request{Note: signed}).Marshal()); err != nil || a.Status != 200 {
		t.Fatalf("%+v %v", a, err)
	}
	server := httptest.NewServer(rebuilt.Handler())
	defer server.Close()
	target, err := witness.ParseTarget(rebuilt.Public() + "@" + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if fresh.App, err = app.New(app.Config{Store: fresh.Store, Secret: apptest.Secret, Witnesses: []witness.Target{target}}); err != nil {
		t.Fatal(err)
	}
	fresh.App.StepWitnesses(ctx)
	for _, lang := range words.Langs {
		page := webtest.Visit(t, fresh, "anna").In(lang).Get("/ledger", 200)
		if !strings.Contains(page, html.EscapeString(words.T(lang, "ledger.witness.proof"))) ||
			!strings.Contains(page, words.T(lang, "ledger.witness.diverged.tag")) {
			t.Errorf("%s: the alarm is not shown", lang)
		}
		if home := webtest.Visit(t, fresh, "audit").In(lang).Get("/", 200); !strings.Contains(home, words.T(lang, "home.work.witness")) {
			t.Errorf("%s: the audit administrator's home says nothing", lang)
		}
		if home := webtest.Visit(t, fresh, "anna").In(lang).Get("/", 200); strings.Contains(home, words.T(lang, "home.work.witness")) {
			t.Errorf("%s: an officer is given the alarm to work on", lang)
		}
	}
	proof := webtest.Visit(t, fresh, "anna").Get("/ledger/witness.txt?name=audit.example%2Fw2", 200)
	key, err := ledger.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	if o, err := ledger.OpenCheckpoint([]byte(proof), ledger.Trust{Log: []note.Verifier{key}}); err != nil || o.Root != other.Root {
		t.Errorf("the proof proves nothing: %s %v", proof, err)
	}
	webtest.Visit(t, fresh, "anna").Get("/ledger/witness.txt?name=nobody", 404)
	if os.Getenv("PLUMBLINE_SHOTS") != "" {
		site := httptest.NewServer(webtest.Visit(t, fresh, "").Face)
		defer site.Close()
		tab, err := chrome.Start(t).Tab(1440, "zh-CN")
		if err != nil {
			t.Fatal(err)
		}
		if err := tab.Cookie(site.URL, page.SessionCookie, "anna"); err != nil {
			t.Fatal(err)
		}
		webtest.Look(t, tab, true, site.URL, "/ledger", "ledger-alarm")
	}
}

func TestNoticeInABrowser(t *testing.T) {
	b := chrome.Start(t)
	s := apptest.SQLite(t)
	withWitness(t, s)
	s.App.StepWitnesses(context.Background())
	site := httptest.NewServer(webtest.Visit(t, s, "").Face)
	defer site.Close()
	for _, lang := range words.Langs {
		for _, width := range []int{360, 1440} {
			tab, err := b.Tab(width, string(lang))
			if err != nil {
				t.Fatal(err)
			}
			if err := tab.Cookie(site.URL, page.SessionCookie, "anna"); err != nil {
				t.Fatal(err)
			}
			for _, page := range []string{"notice", "ledger"} {
				path := map[string]string{"notice": "/ledger/notice", "ledger": "/ledger"}[page]
				webtest.Look(t, tab, webtest.Judged(width, lang), site.URL, path,
					page+"-"+string(lang)+"-"+map[int]string{360: "360", 1440: "1440"}[width])
			}
		}
	}
}
