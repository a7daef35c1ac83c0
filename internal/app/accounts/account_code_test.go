package accounts_test

import (
	"context"
	"testing"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// opens reports whether the word signs somebody in.
func opens(s *apptest.Site, login, word string) bool {
	_, err := s.App.SignIn(context.Background(), accounts.SignInInput{Login: login, Password: word})
	return err == nil
}

// A code for anybody but a newcomer would let who issues it act as him. It
// opens nothing until a second administrator agrees; then the sessions end, the
// holder is told who it was, and so does the ledger.
func TestNobodyOpensAnAccountAlone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story.New(t, s)
		head := story.Activate(t, s, "east1head")
		story.Activate(t, s, "anna")
		story.Activate(t, s, "system") // the set-up is over
		alive := func(in *accounts.SignedIn) bool {
			_, err := s.App.Authenticate(ctx, in.Token)
			return err == nil
		}
		issue := func(who *roster.Actor, account string) (code, proposal string) {
			t.Helper()
			code, until, rec, err := s.App.IssueCode(ctx, who, s.Account[account])
			if err != nil {
				t.Fatal(err)
			}
			if !until.IsZero() || opens(s, account, code) {
				t.Fatalf("%s: one person's code opens the account", account)
			}
			return code, rec.ResultID
		}
		code, asked := issue(s.Actor("system"), "east1head")
		if !alive(head) || !opens(s, "east1head", story.Password) {
			t.Error("to ask for a code ended something")
		}
		if _, _, _, err := s.App.IssueCode(ctx, desk.Program("operator"), s.Account["east1head"]); story.CodeOf(err) != "proposal_pending" {
			t.Errorf("asked for twice: %v", err)
		}
		if err := st.Approve("system", asked); story.CodeOf(err) != "guard_same_person" {
			t.Errorf("who asked agrees: %v", err)
		}
		for _, who := range []string{"audit", "records", "inspector", "east1head", "ben"} {
			if err := st.Approve(who, asked); !fault.Is(err, fault.ForbiddenKind) && !fault.Is(err, fault.NotFoundKind) {
				t.Errorf("%s agrees: %v", who, err)
			}
		}
		if todo, err := s.App.ToDo(ctx, s.Actor("east1head")); err != nil || len(todo.Codes) != 2 ||
			todo.Codes[0].State != consent.Proposed || todo.Codes[0].By != "系统甲" {
			t.Errorf("the holder is not asked: %v %+v", err, todo.Codes)
		}
		st.Must(st.Approve("security", asked))
		if alive(head) || opens(s, "east1head", story.Password) {
			t.Error("the password or a session outlived the code")
		}
		if !opens(s, "east1head", code) {
			t.Error("the agreed code opens nothing")
		}
		if todo, err := s.App.ToDo(ctx, s.Actor("east1head")); err != nil || len(todo.Codes) != 2 ||
			todo.Codes[0].State != consent.Approved || todo.Codes[0].By != "系统甲" || todo.Codes[0].With != "安全甲" {
			t.Errorf("the holder is not told: %v %+v", err, todo.Codes)
		}
		by := map[string]string{} // verb → account
		st.Must(s.Store.View(ctx, func(ctx context.Context, v *store.View) error {
			rows, err := v.Entries(ctx, 0, 10_000)
			for _, e := range rows {
				if e.ObjectID == asked || e.ObjectID == s.Account["east1head"] {
					by[e.Verb] = e.Account
				}
			}
			return err
		}))
		if by["proposal.propose"] != s.Account["system"] || by["account.code"] != s.Account["security"] {
			t.Errorf("in the ledger: %v", by)
		}

		// Who holds a role is no newcomer, whether he ever signed in or not; the
		// operator at the server is one of two; disabling makes nobody new.
		_, waits := issue(s.Actor("system"), "west1head")
		st.Must(st.Refuse("security", waits))
		code, waits = issue(desk.Program("operator"), "west1head")
		st.Must(st.Approve("security2", waits))
		if !opens(s, "west1head", code) {
			t.Error("the operator's code, agreed to, opens nothing")
		}
		for _, disabled := range []bool{true, false} {
			view, _, err := s.App.Accounts(ctx, s.Actor("system"), accounts.AccountQuery{Query: "anna"})
			st.Must(err)
			_, err = s.App.SetAccountState(ctx, s.Actor("system"), view[0].ID, view[0].Version, disabled)
			st.Must(err)
		}
		issue(s.Actor("system"), "anna")

		// An administrator's account too, and never his own word for himself.
		_, waits = issue(s.Actor("system"), "security")
		if err := st.Approve("security", waits); story.CodeOf(err) != "guard_same_person" {
			t.Errorf("the security administrator agrees for himself: %v", err)
		}
		st.Must(st.Approve("security2", waits))
		if _, _, _, err := s.App.IssueCode(ctx, s.Actor("system"), s.Account["system"]); story.CodeOf(err) != "code_own" {
			t.Errorf("a code for oneself: %v", err)
		}
		if verdict, err := s.Store.Verify(ctx, nil); err != nil || !verdict.OK() {
			t.Errorf("verify: %v %+v", err, verdict)
		}
	})
}

// The holder's own word is enough, in a session of his: he is shown a fresh
// code, the asker's opens nothing, and his sessions end. He can refuse it.
func TestTheHolderConfirmsACodeOnHisDevice(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, st := context.Background(), story.New(t, s)
		phone := story.Activate(t, s, "anna")
		story.Activate(t, s, "system")
		ask := func() (code string, in approval.ProposalInput) {
			code, _, rec, err := s.App.IssueCode(ctx, s.Actor("system"), s.Account["anna"])
			st.Must(err)
			return code, approval.ProposalInput{ID: rec.ResultID, Version: 1}
		}
		who, err := s.App.Authenticate(ctx, phone.Token)
		st.Must(err)
		theirs, in := ask()
		if _, err := s.App.RefuseCode(ctx, s.Actor("anna"), in); fault.KindOf(err) != fault.Unauth {
			t.Errorf("without a session: %v", err)
		}
		if _, _, _, err := s.App.ConfirmCode(ctx, s.Actor("ben"), in); fault.KindOf(err) != fault.NotFoundKind {
			t.Errorf("somebody else's word: %v", err)
		}
		if _, err := s.App.RefuseCode(ctx, who, in); err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.Authenticate(ctx, phone.Token); err != nil || opens(s, "anna", theirs) {
			t.Errorf("refused, and yet: %v", err)
		}
		theirs, in = ask()
		own, until, _, err := s.App.ConfirmCode(ctx, who, in)
		if err != nil || until.IsZero() {
			t.Fatal(err)
		}
		if _, err := s.App.Authenticate(ctx, phone.Token); fault.KindOf(err) != fault.Unauth {
			t.Errorf("his sessions go on: %v", err)
		}
		if opens(s, "anna", theirs) || opens(s, "anna", story.Password) {
			t.Error("the asker's code or the old password opens the account")
		}
		if !opens(s, "anna", own) {
			t.Error("the holder's code opens nothing")
		}
		if _, _, _, err := s.App.ConfirmCode(ctx, who,
			approval.ProposalInput{ID: in.ID, Version: 2}); story.CodeOf(err) != "proposal_state" {
			t.Errorf("a second time: %v", err)
		}
	})
}

// Somebody who never signed in and of whom something is asked is no newcomer:
// whoever opened his account alone could waive his reply.
func TestWhoMustAnswerIsNoNewcomer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		story.Activate(t, s, "system")
		alone := func(key string) bool {
			t.Helper()
			_, until, _, err := s.App.IssueCode(ctx, s.Actor("system"), s.Account[key])
			if err != nil {
				t.Fatal(err)
			}
			return !until.IsZero()
		}
		if !alone("anna") {
			t.Error("a newcomer's code takes two")
		}
		story.New(t, s).Opened("body") // a case about anna, with questions to her leaders
		if alone("anna") {
			t.Error("one person opens the account of somebody against whom a case runs")
		}
	})
}
