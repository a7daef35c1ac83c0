package accounts_test

import (
	"context"
	"strings"
	"testing"

	"plumbline/internal/app/accounts"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// TestOwnAndCommonPasswordsAreRefused tries to set what is guessed first.
func TestOwnAndCommonPasswordsAreRefused(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	in := story.Activate(t, s, "anna")
	mine := in.Actor
	for word, want := range map[string]string{
		"Qwertyuiop1":            "password_common",
		"woaini1314":             "password_common",
		"Password2026":           "password_common",
		"1qaz2wsx3edc":           "password_common",
		"manchester!!":           "password_common",
		"P0012-P0012":            "password_own", // personnel number
		"p0012123456":            "password_own",
		"p-0012-2026!":           "password_own",
		"anna is my name":        "password_simple",
		"quiet rivers bend 2026": "",
		"清晨江边的两只白鹭飞":             "",
	} {
		_, err := s.App.SetPassword(ctx, mine, accounts.PasswordInput{Old: story.Password, New: word})
		if got := story.CodeOf(err); got != want && got != "password_wrong" { // it may be hers by now
			t.Errorf("%q: %v, want %q", word, err, want)
		}
	}
}

// TestAPasswordOfOnesOwnNames asks before a code is spent, as the command line
// does, for somebody of whom everything is known.
func TestAPasswordOfOnesOwnNames(t *testing.T) {
	s := apptest.SQLite(t)
	ctx := context.Background()
	login, p := somebody(t, s)
	born := strings.ReplaceAll(string(p.BornOn), "-", "")
	for _, word := range []string{
		"欧阳明珠2026!!", "欧阳小草19900308", "OuyangMingzhu", "ouyangmingzhu@123", "oymz19900308", "OYMZ-0308-123", "1990-03-08-0308", born + "8888",
		"44018877aa", "abc44018877", "078231078231", "Y078231!!!!", "440106199003081234", "单位east1单位east1",
	} {
		if got := story.CodeOf(s.App.JudgePassword(ctx, word, login)); got != "password_own" {
			t.Errorf("%q: %q", word, got)
		}
	}
	for _, word := range []string{"quiet rivers bend", p.Pinyin + " lights the old harbour", "清晨江边的两只白鹭飞走了"} {
		if err := s.App.JudgePassword(ctx, word, login); err != nil {
			t.Errorf("%q: %v", word, err)
		}
	}
}

// somebody is on the roster with all that others know of a person.
func somebody(t *testing.T, s *apptest.Site) (login string, p *roster.Person) {
	t.Helper()
	p = &roster.Person{PersonnelNo: "44018877", Name: "欧阳明珠", NameFolded: "欧阳明珠", Pinyin: "ouyangmingzhu", Initials: "oymz", SortKey: "o",
		Kind:   roster.Officer,
		BornOn: "1990-03-08", State: roster.Serving, UnitID: s.Units["east1"], IDHash: s.App.NationalIDHash("440106199003081234")}
	_, err := s.Store.Update(context.Background(), store.Call{Account: "program:test", Role: "program", Op: "test.seed"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		if err := tx.Insert(ctx, p); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "test.people", Kind: "person", ID: p.ID}}, "", tx.Insert(ctx,
			&roster.Identifier{PersonID: p.ID, Kind: roster.PoliceNo, Value: "078231", Folded: "078231", FromOn: "2024-01-01"},
			&roster.Identifier{PersonID: p.ID, Kind: roster.FormerName, Value: "欧阳小草", Folded: "欧阳小草", FromOn: "2024-01-01"},
			&roster.Account{Login: "pearl", LoginFolded: "pearl", PersonID: p.ID, State: roster.AccountNew})
	})
	if err != nil {
		t.Fatal(err)
	}
	return "pearl", p
}

// A number or the full name of its owner is in no password, whatever is beside it.
func TestAPasswordHoldsNoOwnNumber(t *testing.T) {
	s := apptest.SQLite(t)
	login, _ := somebody(t, s)
	for _, word := range []string{"44018877 44018877", "policeman-078231!", "44018877 quiet rivers bend", "欧阳明珠和江边的两只白鹭飞走了"} {
		if err := s.App.JudgePassword(context.Background(), word, login); story.CodeOf(err) != "password_own" {
			t.Errorf("%s is taken: %v", word, err)
		}
	}
	if err := s.App.JudgePassword(context.Background(), "four plain words here", login); err != nil {
		t.Error(err)
	}
}
