package people_test

import (
	"path/filepath"
	"testing"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/people"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/roster"
)

// TestSetUpOfAnEmptySite takes a site from nothing to granted heads: the roster
// from files, the first administrators, accounts for everybody, the heads.
func TestSetUpOfAnEmptySite(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { setUp(t, apptest.Empty(t, filepath.Join(t.TempDir(), "site.db"))) })
	t.Run("postgres", func(t *testing.T) { setUp(t, apptest.Empty(t, apptest.Postgres(t))) })
}

func setUp(t *testing.T, s *apptest.Site) {
	first := people.SetUpInput{System: "n1", Security: "N2", Audit: "N3", AuthoritySecurity: "N7"}
	if _, _, err := s.App.SetUp(ctx, first); story.CodeOf(err) != "setup_no_bureau" {
		t.Fatalf("set-up without units: %v", err)
	}
	files := map[people.RosterTable]string{
		people.UnitTable:    "code,name,tier,parent_code\nA,上级,0,\nB,市局,1,A\nC,东分局,2,B\n",
		people.PeopleTable:  "personnel_no,name\nN1,甲一\nN2,乙二\nN3,丙三\nN4,丁四\nN5,戊五\nN6,己六\nN7,庚七\nN8,辛八\n",
		people.PostingTable: "personnel_no,unit_code,team\nN1,B,no\nN2,B,no\nN3,B,no\nN4,B,yes\nN5,C,yes\nN6,C,no\nN7,A,no\nN8,A,yes\n",
		people.LinkTable:    "personnel_no,link,unit_code\nN4,head,B\nN5,head,C\nN8,head,A\n",
	}
	for _, table := range people.RosterTables {
		res, err := s.App.ImportRoster(ctx, desk.Program("test"), people.RosterImport{Table: table, Name: "x.csv",
			Data: []byte(files[table])})
		if err != nil || res.Rejected > 0 {
			t.Fatalf("import %s: %v %+v", table, err, res)
		}
	}
	for in, want := range map[people.SetUpInput]string{
		{System: "N1", Security: "N1", Audit: "N3"}:                          "setup_people",
		{System: "N1", Security: "N2"}:                                       "required",
		{System: "N1", Security: "N2", Audit: "N99"}:                         "person_unknown",
		{System: "N1", Security: "N2", Audit: "N3", SecondSecurity: "n2"}:    "setup_people",
		{System: "N1", Security: "N2", Audit: "N3", AuthoritySecurity: "N4"}: "setup_authority",
	} {
		if _, _, err := s.App.SetUp(ctx, in); story.CodeOf(err) != want {
			t.Errorf("%+v: %v, want %s", in, err, want)
		}
	}
	made, _, err := s.App.SetUp(ctx, first)
	if err != nil || len(made) != 4 {
		t.Fatalf("set-up: %v %+v", err, made)
	}
	if _, _, err := s.App.SetUp(ctx, people.SetUpInput{System: "N4", Security: "N5", Audit: "N6"}); story.CodeOf(err) != "setup_done" {
		t.Errorf("the set-up actor has not ended: %v", err)
	}

	got, skipped, err := s.App.AddAccounts(ctx, desk.Program("test"), people.AccountsInput{Codes: true})
	if err != nil || len(got) != 4 || len(skipped) != 0 {
		t.Fatalf("accounts: %v, %d made, skipped %v", err, len(got), skipped)
	}
	if again, _, err := s.App.AddAccounts(ctx, desk.Program("test"), people.AccountsInput{Codes: true}); err != nil || len(again) != 0 {
		t.Errorf("the second time: %v, %d made", err, len(again))
	}
	if in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: got[0].Login, Password: got[0].Code}); err != nil || !in.Renew {
		t.Errorf("the code of one of many: %v", err)
	}

	// Each security administrator sets a password and grants: the bureau's not
	// above it, the authority's there as well.
	who := grantor(t, s, made[1])
	heads, _, err := s.App.GrantHeads(ctx, who, "")
	if err != nil || heads.Granted != 2 || len(heads.Skipped) != 1 {
		t.Errorf("heads: %v %+v", err, heads)
	}
	if heads, _, err := s.App.GrantHeads(ctx, who, ""); err != nil || heads.Granted != 0 {
		t.Errorf("heads again: %v %+v", err, heads)
	}
	if heads, _, err := s.App.GrantHeads(ctx, grantor(t, s, made[3]), ""); err != nil || heads.Granted != 1 || len(heads.Skipped) != 0 {
		t.Errorf("heads of the authority: %v %+v", err, heads)
	}
	grants, _, err := s.App.Grants(ctx, who, accounts.GrantQuery{Role: roster.RoleUnitHead})
	if err != nil || len(grants) != 2 {
		t.Errorf("grants: %v %d", err, len(grants))
	}
	verdict, err := s.Store.Verify(ctx, nil)
	if err != nil || !verdict.OK() {
		t.Errorf("verify: %v %+v", err, verdict)
	}
}

// grantor is who signs in with his first code and sets a password.
func grantor(t *testing.T, s *apptest.Site, made people.NewAccess) *roster.Actor {
	t.Helper()
	in, err := s.App.SignIn(ctx, accounts.SignInInput{Login: made.Login, Password: made.Code})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.SetPassword(ctx, in.Actor, accounts.PasswordInput{New: "long enough, and mine"}); err != nil {
		t.Fatal(err)
	}
	who, err := s.App.Authenticate(ctx, in.Token)
	if err != nil {
		t.Fatal(err)
	}
	return who
}
