package accounts_test

import (
	"context"
	"testing"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/people"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// A second account for a person would file, read and reply as him beside him.
// Neither the operator nor an administrator makes one, also where the first is
// disabled, and the database itself refuses it.
func TestOnePersonHasOneAccount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		ctx := context.Background()
		second := accounts.AccountInput{Login: "anna.too", PersonnelNo: "P0012"}
		refused := func(when string) {
			t.Helper()
			for _, who := range []*roster.Actor{s.Actor("system"), desk.Program("operator")} {
				if _, _, err := s.App.AddAccount(ctx, who, second); story.CodeOf(err) != "account_held" ||
					fault.KindOf(err) != fault.ConflictKind {
					t.Errorf("%s: a second account: %v", when, err)
				}
			}
			if made, _, err := s.App.AddAccounts(ctx, desk.Program("operator"), people.AccountsInput{Codes: true}); err != nil ||
				len(made) != 0 {
				t.Errorf("%s: accounts for everybody: %d made, %v", when, len(made), err)
			}
		}
		refused("in use")
		view, _, err := s.App.Accounts(ctx, s.Actor("system"), accounts.AccountQuery{Query: "anna"})
		if err != nil || len(view) != 1 {
			t.Fatalf("%+v %v", view, err)
		}
		if _, err := s.App.SetAccountState(ctx, s.Actor("system"), view[0].ID, view[0].Version, true); err != nil {
			t.Fatal(err)
		}
		refused("disabled")

		_, err = s.Store.Update(ctx, store.Call{Account: "program:test", Role: "program", Op: "test.second"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			acc := &roster.Account{Login: "anna.three", LoginFolded: "anna.three", PersonID: s.People["anna"], State: roster.AccountNew}
			acc.ID = tx.NewID()
			return []ledger.Fact{{Verb: "test.second", Kind: "account", ID: acc.ID}}, "", tx.Insert(ctx, acc)
		})
		if story.CodeOf(err) != "already_exists" {
			t.Errorf("the database took a second account: %v", err)
		}
	})
}
