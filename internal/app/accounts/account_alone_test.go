package accounts_test

import (
	"context"
	"testing"
	"time"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/approval"
	"plumbline/internal/app/casework"
	appcustody "plumbline/internal/app/custody"
	"plumbline/internal/app/desk"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/roster"
	"plumbline/internal/seal"
	"plumbline/internal/store"
)

// taken is a newcomer's account after one administrator issued its code alone
// and used it himself.
type taken struct {
	story.Story
	session, script *accounts.SignedIn
}

func take(t *testing.T, s *apptest.Site) taken {
	t.Helper()
	ctx, st := context.Background(), story.New(t, s)
	story.Activate(t, s, "system") // the set-up is over
	code, until, _, err := s.App.IssueCode(ctx, s.Actor("system"), s.Account["anna"])
	if err != nil || until.IsZero() {
		t.Fatalf("a newcomer's code takes two: %v", err)
	}
	in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: code})
	st.Must(err)
	_, err = s.App.SetPassword(ctx, in.Actor, accounts.PasswordInput{New: story.Password})
	st.Must(err)
	script, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password, Bearer: true,
		Scope: []string{desk.ScopeRead}, Label: "script"})
	st.Must(err)
	out := taken{st, in, script}
	out.open("as an officer")
	return out
}

func (k taken) ways() map[string]error {
	_, session := k.Site.App.Authenticate(context.Background(), k.session.Token)
	_, script := k.Site.App.Authenticate(context.Background(), k.script.Token)
	_, word := k.Site.App.SignIn(context.Background(), accounts.SignInInput{Login: "anna", Password: story.Password})
	return map[string]error{"session": session, "token": script, "password": word}
}

func (k taken) open(when string) {
	k.Helper()
	for way, err := range k.ways() {
		if err != nil {
			k.Errorf("%s, by %s: %v", when, way, err)
		}
	}
}

func (k taken) shut(when string) {
	k.Helper()
	for way, err := range k.ways() {
		if story.CodeOf(err) != "code_alone" || fault.KindOf(err) != fault.Unauth {
			k.Errorf("%s, by %s: %v", when, way, err)
		}
	}
	if _, err := k.Site.App.SignIn(context.Background(),
		accounts.SignInInput{Login: "anna", Password: "guess"}); story.CodeOf(err) != "sign_in_failed" {
		k.Errorf("%s, a wrong password is told of the code: %v", when, err)
	}
}

// agreed gives a new code that the security administrator agreed to.
func (k taken) agreed() string {
	k.Helper()
	code, until, rec, err := k.Site.App.IssueCode(context.Background(), k.Site.Actor("system"), k.Site.Account["anna"])
	if k.Must(err); !until.IsZero() {
		k.Fatal("one alone opens an account in use")
	}
	k.Must(k.Approve("security", rec.ResultID))
	return code
}

// Who opened a newcomer's account alone may have kept it: when a role comes to
// it, by a grant, by a date or as a deputy, nobody acts by it until two stand for
// a new code.
func TestACodeIssuedAloneCarriesNoRole(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, k := context.Background(), take(t, s)
		wish := accounts.GrantInput{Login: "anna", Role: roster.RoleInspector, UnitID: s.Units["east"], FromOn: "2026-03-02"}
		id, _, err := s.App.Grant(ctx, s.Actor("security"), wish)
		k.Must(err)
		k.shut("granted")
		_, err = s.App.RevokeGrant(ctx, s.Actor("security"), id, 1)
		k.Must(err)

		// The role of a deputy begins on a day when nobody writes anything.
		_, _, err = s.App.NameDeputy(ctx, s.Actor("east1head"), accounts.DeputyInput{UnitID: s.Units["east1"],
			PersonnelNo: story.Number(t, s, "anna"), FromOn: "2026-03-04", ToOn: "2026-03-09"})
		k.Must(err)
		s.Clock.Add(24 * time.Hour)
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password}); err != nil {
			t.Errorf("the day before: %v", err)
		}
		s.Clock.Add(24 * time.Hour)
		if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password}); story.CodeOf(err) != "code_alone" {
			t.Errorf("on the day: %v", err)
		}
		if _, err := s.App.Authenticate(ctx, k.script.Token); story.CodeOf(err) != "code_alone" {
			t.Errorf("the token, on the day: %v", err)
		}

		code := k.agreed()
		in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: code})
		k.Must(err)
		if _, err := s.App.SetPassword(ctx, in.Actor, accounts.PasswordInput{New: "her own and nobody's"}); err != nil {
			t.Fatal(err)
		}
		who, err := s.App.Authenticate(ctx, in.Token)
		if err != nil || !who.HoldsAt(roster.RoleUnitHead, s.Units["east1"]) {
			t.Errorf("after two stood for the code: %v %+v", err, who)
		}
		if _, err := s.App.Authenticate(ctx, k.script.Token); fault.KindOf(err) != fault.Unauth {
			t.Errorf("the taker's token lives on: %v", err)
		}
		if verdict, err := s.Store.Verify(ctx, nil); err != nil || !verdict.OK() {
			t.Errorf("verify: %v %+v", err, verdict)
		}
	})
}

// The taker cannot make himself the holder by confirming a code in the session
// that he took.
func TestTheTakerConfirmsNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, k := context.Background(), take(t, s)
		_, _, rec, err := s.App.IssueCode(ctx, s.Actor("system"), s.Account["anna"])
		k.Must(err)
		who, err := s.App.Authenticate(ctx, k.session.Token)
		k.Must(err)
		code, _, _, err := s.App.ConfirmCode(ctx, who, approval.ProposalInput{ID: rec.ResultID, Version: 1})
		k.Must(err)
		in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: code})
		k.Must(err)
		_, err = s.App.SetPassword(ctx, in.Actor, accounts.PasswordInput{New: story.Password})
		k.Must(err)
		_, _, err = s.App.Grant(ctx, s.Actor("security"), accounts.GrantInput{Login: "anna", Role: roster.RoleInspector,
			UnitID: s.Units["east"], FromOn: "2026-03-02"})
		k.Must(err)
		for _, try := range []error{func() error { _, err := s.App.Authenticate(ctx, in.Token); return err }(),
			func() error {
				_, err := s.App.SignIn(ctx, accounts.SignInInput{Login: "anna", Password: story.Password})
				return err
			}()} {
			if story.CodeOf(try) != "code_alone" {
				t.Errorf("confirmed by the taker: %v", try)
			}
		}
	})
}

// A code that nobody has used yet opens nothing either once the role is there;
// the operator at the server stands for his codes.
func TestAnUnusedCodeCarriesNoRole(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		story.Activate(t, s, "system")
		grant := func(login string) {
			t.Helper()
			if _, _, err := s.App.Grant(ctx, s.Actor("security"), accounts.GrantInput{Login: login, Role: roster.RoleInspector,
				UnitID: s.Units["east"], FromOn: "2026-03-02"}); err != nil {
				t.Fatal(err)
			}
		}
		for login, by := range map[string]*roster.Actor{"anna": s.Actor("system"), "ben": desk.Program("cli")} {
			code, until, _, err := s.App.IssueCode(ctx, by, s.Account[login])
			if err != nil || until.IsZero() {
				t.Fatal(err, until)
			}
			grant(login)
			want := map[string]string{"anna": "code_alone"}[login]
			if _, err := s.App.SignIn(ctx, accounts.SignInInput{Login: login, Password: code}); story.CodeOf(err) != want {
				t.Errorf("%s: %v", login, err)
			}
		}
	})
}

// The key of a custodian weighs as much as a role.
func TestACodeIssuedAloneMakesNoCustodian(t *testing.T) {
	s := apptest.SQLite(t)
	story.Activate(t, s, "ben")
	story.Activate(t, s, "east1head")
	k := take(t, s)
	in := appcustody.ProposeCustodyInput{}
	for _, n := range []string{"ben", "anna", "east1head"} {
		key, err := seal.NewPrivateKey()
		k.Must(err)
		in.Custodians = append(in.Custodians, appcustody.CustodianInput{Login: n, PublicKey: key.Public().String()})
	}
	if _, _, err := s.App.ProposeCustody(context.Background(), s.Actor("security"), in); story.CodeOf(err) != "custodian_code_alone" {
		t.Errorf("a key for who took the account: %v", err)
	}
	k.agreed()
	if _, _, err := s.App.ProposeCustody(context.Background(), s.Actor("security"), in); err != nil {
		t.Errorf("after two stood for a code: %v", err)
	}
}

// The holder is told of a code for which one alone stands, also where it is long
// ago that somebody else had the account by it.
func TestTheHolderIsToldOfACodeIssuedAlone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, k := context.Background(), take(t, s)
		told := func() []accounts.OwnCode {
			t.Helper()
			todo, err := s.App.ToDo(ctx, s.Actor("anna"))
			k.Must(err)
			return todo.Codes
		}
		first := s.Clock.Now()
		if got := told(); len(got) != 1 || !got[0].Alone || got[0].By != "系统甲" || !got[0].At.Equal(first) {
			t.Errorf("not told: %+v", got)
		}
		s.Clock.Add(31 * 24 * time.Hour)
		if got := told(); len(got) != 0 {
			t.Errorf("told for ever: %+v", got)
		}
		k.agreed()
		if got := told(); len(got) != 2 || got[0].Alone || got[0].With != "安全甲" || !got[1].Alone || !got[1].At.Equal(first) {
			t.Errorf("who comes after the taker is not told of him: %+v", got)
		}
	})
}

// Who may not sign in agrees to nothing, and is not counted on as the second.
func TestTheSecondAdministratorCanSignIn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx, k := context.Background(), take(t, s)
		id, _, err := s.App.Grant(ctx, s.Actor("security"), accounts.GrantInput{Login: "anna", Role: roster.RoleSecurityAdmin,
			UnitID: s.Units["east"], FromOn: "2026-03-02"})
		k.Must(err)
		_, err = s.App.ApproveGrant(ctx, s.Actor("security2"), id, 1)
		k.Must(err)
		holders := func() (n int64) {
			k.Must(s.Store.View(ctx, func(ctx context.Context, v *store.View) (err error) {
				n, err = v.HoldersBeside(ctx, roster.RoleSecurityAdmin, []string{s.Units["east"]}, "2026-03-02", s.People["ben"])
				return err
			}))
			return n
		}
		if n := holders(); n != 0 {
			t.Errorf("%d could agree", n)
		}
		k.agreed()
		if n := holders(); n != 1 {
			t.Errorf("after two stood for her code, %d could agree", n)
		}
	})
}

// Who may not sign in handles no matter: the alarm that nobody does goes on.
func TestAnAlarmIsNotEndedByWhoMayNotSignIn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		k := take(t, s)
		story.Audited(t, s, "ben", "east1", 3, "2026-01-10")
		_, _, err := s.App.Declare(context.Background(), s.Actor("eastinspector"),
			apprecusal.RelationInput{Number: story.Number(t, s, "ben"), Name: "林乙", Kind: "relative"})
		k.Must(err)
		story.Sweep(t, s, "the only inspector is barred", 1)
		_, _, err = s.App.Grant(context.Background(), s.Actor("security"), accounts.GrantInput{Login: "anna", Role: roster.RoleInspector,
			UnitID: s.Units["east"], FromOn: "2026-03-02"})
		k.Must(err)
		story.Sweep(t, s, "the second may not sign in", 0)
		k.agreed()
		story.Sweep(t, s, "two stood for her code", 1)
	})
}

// Whoever took a newcomer's account surrenders no right of his when he is accused:
// a finding is answered from an account that two stand for.
func TestTheTakerAnswersNoFinding(t *testing.T) {
	s := apptest.SQLite(t)
	k, ctx := take(t, s), context.Background()
	st := story.New(t, s)
	caseID := st.Opened("clue")
	track := st.See("body", caseID).Tracks[0].ID
	for who, duty := range map[string]inquiry.MemberDuty{"investigator1": inquiry.DutyInvestigator,
		"investigator2": inquiry.DutyInvestigator, "adjudicator": inquiry.DutyAdjudicator} {
		st.Must(st.Assign(track, who, duty))
	}
	a := st.See("investigator1", caseID).Tracks[0].Allegations[0]
	id, _, err := s.App.Recommend(ctx, s.Actor("investigator1"), casework.RecommendInput{AllegationID: a.ID, Verdict: inquiry.Sustained,
		Standard: inquiry.ClearConvincing, Reason: "statements agree"})
	st.Must(err)
	_, err = s.App.ServeFinding(ctx, s.Actor("investigator2"), casework.FindingInput{ID: id, Version: 1})
	st.Must(err)
	for _, in := range []casework.ReplyInput{{ID: id, Version: 2, Waive: true}, {ID: id, Version: 2, Text: "it was me"}} {
		_, _, err = s.App.Reply(ctx, s.Actor("anna"), in)
		story.WantCode(t, "the taker replies", err, "reply_code_alone")
	}
	k.agreed()
	_, _, err = s.App.Reply(ctx, s.Actor("anna"), casework.ReplyInput{ID: id, Version: 2, Text: "I was elsewhere"})
	st.Must(err)
}
