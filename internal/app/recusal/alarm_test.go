package recusal_test

import (
	"context"
	"testing"
	"time"

	"plumbline/internal/app/accounts"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

func alarms(t *testing.T, s *apptest.Site, key string) []apprecusal.AlarmView {
	t.Helper()
	list, err := s.App.Alarms(ctx, s.Actor(key))
	if err != nil || int64(len(list.Rows)) != list.Total {
		t.Fatalf("%s: %d of %d alarms, %v", key, len(list.Rows), list.Total, err)
	}
	return list.Rows
}

// Each who could triage an issue recuses himself, tier by tier. The next tier is
// told by the program; where nobody is left at all the security administrator
// learns that there is something and nothing of it; and when somebody may again,
// the alarm ends.
func TestAnAlarmWhenTheLastHandlerIsBarred(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		story.Audited(t, s, "chief", "bureau", 3, "2026-01-11") // a leader's matter goes to the tier above without one
		story.Sweep(t, s, "a quiet site", 0)
		recuse := func(key string) string {
			id, _, err := s.App.Declare(ctx, s.Actor(key), apprecusal.RelationInput{Number: story.Number(t, s, "anna"), Name: "林甲",
				Kind: "relative"})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		east := recuse("eastinspector")
		story.Sweep(t, s, "the sub-bureau's only inspector is barred", 1)
		story.Sweep(t, s, "again", 0)
		rows := alarms(t, s, "inspector")
		if len(rows) != 1 || rows[0].Object != i.ID || rows[0].Duty != "issue.triage" || rows[0].Unit.ID != s.Units["bureau"] ||
			rows[0].Blank {
			t.Errorf("the next tier is told %+v", rows)
		}
		todo, err := s.App.ToDo(ctx, s.Actor("inspector"))
		told := false
		for _, w := range todo.Work {
			told = told || w.What == "alarm" && w.N == 1 && w.Late
		}
		if err != nil || !told {
			t.Errorf("not among what is to be done: %+v, %v", todo.Work, err)
		}
		if rows := alarms(t, s, "eastinspector"); len(rows) != 0 {
			t.Errorf("the barred one is told %+v", rows)
		}
		if rows := alarms(t, s, "security"); len(rows) != 0 {
			t.Errorf("an administrator is told of a matter that somebody may handle: %+v", rows)
		}
		if _, err := s.App.Alarms(ctx, s.Actor("anna")); err == nil {
			t.Error("the subject lists alarms")
		}

		recuse("inspector")
		recuse("inspector2")
		story.Sweep(t, s, "the bureau's are barred too", 2)
		if rows := alarms(t, s, "authority"); len(rows) != 1 || rows[0].Object != i.ID || rows[0].Unit.ID != s.Units["authority"] {
			t.Errorf("tier 0 is told %+v", rows)
		}
		recuse("authority")
		// Nor may anybody decide what he says of anna: he is alone at tier 0.
		story.Sweep(t, s, "nobody is left", 3)
		blank := map[string]bool{}
		for _, r := range alarms(t, s, "security") {
			if blank[r.Duty] = true; !r.Blank || r.Object != "" || r.What != "" || r.Unit.ID != "" {
				t.Errorf("the administrator is told %+v", r)
			}
		}
		if len(blank) != 2 || !blank["issue.triage"] || !blank["challenge.decide"] {
			t.Errorf("the administrator is told of %v", blank)
		}
		if rows := alarms(t, s, "authority"); len(rows) != 0 {
			t.Errorf("the barred tier 0 is told %+v", rows)
		}

		end, _, err := s.App.EndRelation(ctx, s.Actor("records"), apprecusal.RelationEnd{ID: east, Version: 1, ToOn: "2026-03-01"})
		if err != nil {
			t.Fatal(err)
		}
		story.Sweep(t, s, "one records officer alone ends the relation", 0)
		if err := (story.New(t, s)).Approve("body", end); err != nil {
			t.Fatal(err)
		}
		story.Sweep(t, s, "the sub-bureau's inspector may again", 1)
		if rows := alarms(t, s, "security"); len(rows) != 1 || rows[0].Duty != "challenge.decide" {
			t.Errorf("the alarm stands on: %+v", rows)
		}
		story.Sound(t, s)
	})
}

// Not only a bar: the account of a unit's only inspector is closed.
func TestAnAlarmWhenADutyHasNoHolder(t *testing.T) {
	s := apptest.SQLite(t)
	story.Sweep(t, s, "a quiet site", 0)
	_, err := s.Store.Update(ctx, store.Call{Account: "program:test"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		f, err := tx.ActorFacts(ctx, s.Account["eastinspector"])
		if err != nil {
			return nil, "", err
		}
		before, after := f.Account, f.Account
		after.State = roster.AccountDisabled
		if err := tx.Save(ctx, &before, &after); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "test.close", Kind: "account", ID: after.ID}}, "", tx.Bump(ctx, store.GenerationAuthority)
	})
	if err != nil {
		t.Fatal(err)
	}
	story.Sweep(t, s, "nobody triages or verifies in the east", 2)
	for _, r := range alarms(t, s, "inspector") {
		if r.What != "unit" || r.Unit.ID != s.Units["east"] || r.Duty != "issue.triage" && r.Duty != "rectification.verify" {
			t.Errorf("%+v", r)
		}
	}
}

// Revoking the role of the only one who triages in the east ends triage there no
// less than closing his account: the tier above is told, for a time.
func TestAnAlarmWhenADutyIsTakenFromAll(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		story.Sweep(t, s, "a quiet site", 0)
		grants, _, err := s.App.Grants(ctx, s.Actor("security"), accounts.GrantQuery{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, g := range grants {
			if g.AccountID == s.Account["eastinspector"] {
				n++
				if _, err := s.App.RevokeGrant(ctx, s.Actor("security"), g.ID, g.Version); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n != 1 {
			t.Fatalf("%d grants", n)
		}
		story.Sweep(t, s, "nobody triages or verifies in the east", 2)
		s.Clock.Add(91 * 24 * time.Hour)
		story.Sweep(t, s, "the duty has moved for good", 2) // both have ended
		if left := alarms(t, s, "inspector"); len(left) != 0 {
			t.Errorf("%+v", left)
		}
	})
}
