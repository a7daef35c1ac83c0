package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/apptest"
	"plumbline/internal/roster"
)

// The system administrator cannot make a second account for somebody and then
// act as him.
func TestNoSecondAccountForAPerson(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	a := send(f, "system", "POST", Prefix+"/accounts", `{"login":"chief.too","personnel_no":"P0002"}`)
	if a.status != 409 || !strings.Contains(a.body, `"code":"account_held"`) || !strings.Contains(a.body, `"field":"personnel_no"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Every operation that asks for a proof really asks, whoever does it and
// whatever he sends, and the ledger does not move: the check stands in the one
// way that writes go.
func TestAnOldSessionDoesNothingGrave(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	fits := bodies(t, f)
	actors := make(map[string]*roster.Actor)
	for key := range s.Account {
		who := *s.Actor(key)
		who.Session, who.ProvedAt = "a session", s.Clock.Now().Add(-desk.ProofLasts)
		actors[key] = &who
	}
	f.Who = func(_ context.Context, token string) (*roster.Actor, error) { return actors[token], nil }
	for op, field := range map[string]string{"question.refuse": "reason", "expungement.refuse": "reason", "rectification.submit": "note",
		"proposal.refuse": "note"} {
		fits[op] = `{"` + field + `":"x"}` // which is looked at before anything else
	}
	before := head(t, s)
	ask := func(r desk.Route) answer {
		return send(f, able(s, r), r.Method, fill(r.Path, unknownID), fits[r.Op], "If-Match", "1")
	}
	tried := 0
	eachRoute(t, func(t *testing.T, r desk.Route) {
		if !r.Proof {
			return
		}
		if a := ask(r); a.status != 403 || !strings.Contains(a.body, `"code":"proof_needed"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
		tried++
	})
	if tried < 30 {
		t.Errorf("only %d operations were tried", tried)
	}
	if after := head(t, s); after != before {
		t.Errorf("the ledger grew from %d to %d", before, after)
	}
	for _, who := range actors {
		who.ProvedAt = s.Clock.Now().Add(time.Second - desk.ProofLasts)
	}
	eachRoute(t, func(t *testing.T, r desk.Route) {
		if a := ask(r); r.Write && strings.Contains(a.body, "proof_needed") {
			t.Errorf("with a fresh proof: %d %s", a.status, a.body)
		}
	})
}

// Over the API a script gives its password again and then repeats the act.
func TestProofOverTheAPI(t *testing.T) {
	s := apptest.SQLite(t)
	f, err := New(Options{App: s.App, Who: s.App.Authenticate, SessionCookie: "plumbline"})
	if err != nil {
		t.Fatal(err)
	}
	code, _, _, err := s.App.IssueCode(t.Context(), desk.Program("operator"), s.Account["security"])
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.App.SignIn(t.Context(), accounts.SignInInput{Login: "security", Password: code, Bearer: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.SetPassword(t.Context(), in.Actor, accounts.PasswordInput{New: "correct horse 42"}); err != nil {
		t.Fatal(err)
	}
	wish := `{"login":"anna","role":"inspector","unit_id":"` + s.Units["east"] + `","from":"2026-03-01"}`
	grant := func() answer { return send(f, in.Token, "POST", Prefix+"/grants", wish, "Idempotency-Key", "one") }
	s.Clock.Add(6 * time.Minute)
	if a := grant(); a.status != 403 || !strings.Contains(a.body, `"proof_needed"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := send(f, in.Token, "POST", Prefix+"/session/proof", `{"password":"guess"}`); a.status != 422 || !strings.Contains(a.body, `"proof_wrong"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := send(f, in.Token, "POST", Prefix+"/session/proof", `{"password":"correct horse 42"}`); a.status != 200 || !strings.Contains(a.body, `"until"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := grant(); a.status != 201 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// The system administrator asks for a code of the chief's account over the API:
// it opens nothing until the security administrator agrees there.
func TestACodeForARoleHolderWaitsOverTheAPI(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	var asked struct {
		Code     string     `json:"code"`
		Until    *time.Time `json:"until"`
		Proposal string     `json:"proposal_id"`
	}
	a := send(f, "system", "POST", Prefix+"/accounts/"+s.Account["chief"]+"/code", "")
	if err := json.Unmarshal([]byte(a.body), &asked); a.status != 200 || err != nil || asked.Code == "" || asked.Until != nil ||
		asked.Proposal == "" {
		t.Fatalf("%d %s (%v)", a.status, a.body, err)
	}
	signIn := func() int {
		return send(f, "", "POST", Prefix+"/sessions", `{"login":"chief","password":"`+asked.Code+`"}`).status
	}
	if got := signIn(); got != 401 {
		t.Errorf("one person's code signs the chief in: %d", got)
	}
	approve := func(who string) answer {
		return send(f, who, "POST", Prefix+"/proposals/"+asked.Proposal+"/approve", `{}`, "If-Match", "1")
	}
	for _, who := range []string{"system", "chief", "audit", "anna"} {
		if a := approve(who); a.status != 403 && a.status != 404 {
			t.Errorf("%s agrees: %d %s", who, a.status, a.body)
		}
	}
	if a := send(f, "chief", "GET", Prefix+"/todo", ""); !strings.Contains(a.body, `"by":"系统甲"`) {
		t.Errorf("the chief is not told: %s", a.body)
	}
	if a := approve("security"); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if got := signIn(); got != 200 && got != 201 {
		t.Errorf("the agreed code: %d", got)
	}
}

// Over the API: one administrator issues a newcomer's code, takes the account by
// it, and waits until somebody else makes the newcomer an inspector.
func TestATakenAccountCarriesNoRoleOverTheAPI(t *testing.T) {
	s := apptest.SQLite(t)
	office := face(t, s)
	f, err := New(Options{App: s.App, Who: s.App.Authenticate, SessionCookie: "plumbline"})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() (code, proposal string) {
		t.Helper()
		var got struct {
			Code     string `json:"code"`
			Proposal string `json:"proposal_id"`
		}
		a := send(office, "system", "POST", Prefix+"/accounts/"+s.Account["anna"]+"/code", "")
		if err := json.Unmarshal([]byte(a.body), &got); a.status != 200 || err != nil || got.Code == "" {
			t.Fatalf("%d %s (%v)", a.status, a.body, err)
		}
		return got.Code, got.Proposal
	}
	signIn := func(word string) (a answer, token string) {
		a = send(f, "", "POST", Prefix+"/sessions", `{"login":"anna","password":"`+word+`"}`)
		var got struct {
			Token string `json:"token"`
		}
		_ = json.Unmarshal([]byte(a.body), &got) // an error has no token
		return a, got.Token
	}
	take := func(code string) (token string) {
		t.Helper()
		a, token := signIn(code)
		if token == "" {
			t.Fatalf("by the code: %d %s", a.status, a.body)
		}
		if a := send(f, token, "POST", Prefix+"/password", `{"new":"correct horse 42"}`); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return token
	}
	code, _ := ask()
	token := take(code)
	if a := send(f, token, "GET", Prefix+"/todo", ""); a.status != 200 || !strings.Contains(a.body, `"by":"系统甲","alone":true`) {
		t.Errorf("the holder is not told: %d %s", a.status, a.body)
	}
	wish := `{"login":"anna","role":"inspector","unit_id":"` + s.Units["east"] + `","from":"2026-03-01"}`
	if a := send(office, "security", "POST", Prefix+"/grants", wish, "Idempotency-Key", "one"); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, path := range []string{"/session", "/todo", "/issues"} {
		if a := send(f, token, "GET", Prefix+path, ""); a.status != 401 || !strings.Contains(a.body, `"code_alone"`) {
			t.Errorf("the taker reads %s: %d %s", path, a.status, a.body)
		}
	}
	if a, _ := signIn("correct horse 42"); a.status != 401 || !strings.Contains(a.body, `"code_alone"`) {
		t.Errorf("the taker's password: %d %s", a.status, a.body)
	}
	code, proposal := ask()
	if a := send(office, "security", "POST", Prefix+"/proposals/"+proposal+"/approve", `{}`, "If-Match", "1"); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := send(f, take(code), "GET", Prefix+"/issues", ""); a.status != 200 {
		t.Errorf("the inspector, by a code of two: %d %s", a.status, a.body)
	}
}
