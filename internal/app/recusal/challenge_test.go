package recusal_test

import (
	"testing"

	"plumbline/internal/app/casework"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/recusal"
)

// The accused declares everybody who could handle his case, and the superior
// authority: they all go on seeing it. The tier above sees the challenges and
// that they are many; one upheld bars that one and nobody else.
func TestTheAccusedBarsNobodyByDeclaring(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		triaged := story.Triage(t, s, i.ID, 3, issue.ActRefer)
		caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Version: triaged.Version, Rule: "r",
			Facts: "f"})
		if err != nil {
			t.Fatal(err)
		}
		sees := func(key string) bool {
			_, onIssue := s.App.Issue(ctx, s.Actor(key), casework.IssueInput{ID: i.ID})
			_, onCase := s.App.Case(ctx, s.Actor(key), caseID)
			return onIssue == nil && onCase == nil
		}
		officials := []string{"authority", "inspector", "inspector2", "eastinspector", "clue", "body", "body2"}
		more := []string{"investigator1", "investigator2", "adjudicator", "adjudicator2", "appeals", "records", "east1head"}
		names := map[string]string{"authority": "上级甲", "inspector": "督察甲", "inspector2": "督察乙", "eastinspector": "督察丙", "clue": "线索甲",
			"body": "集体甲", "body2": "集体乙",
			"investigator1": "承办甲", "investigator2": "承办乙", "adjudicator": "审理甲", "adjudicator2": "审理乙", "appeals": "复核甲", "records": "档案甲", "east1head": "东二"}
		for _, key := range append(officials, more...) {
			if _, _, err := s.App.Declare(ctx, s.Actor("anna"), apprecusal.RelationInput{Number: story.Number(t, s, key), Name: names[key],
				Kind: "interested", Grounds: "同学"}); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range officials {
			if !sees(key) {
				t.Errorf("%s is barred on the word of the accused", key)
			}
		}

		list, err := s.App.Challenges(ctx, s.Actor("authority"), recusal.Filter{State: recusal.Filed, Mass: true})
		if err != nil || len(list.Rows) != 13 || list.Mass != 13 || !list.Rows[0].Mass || list.Rows[0].Grounds != "同学" {
			t.Fatalf("the tier above sees %d of 13, %d as many at once: %v", len(list.Rows), list.Mass, err) // not the one against himself
		}
		byOfficial := map[string]apprecusal.ChallengeView{}
		for _, r := range list.Rows {
			byOfficial[r.Official.ID] = r
		}
		if r := byOfficial[s.People["inspector"]]; r.Unit.ID != s.Units["authority"] {
			t.Errorf("a challenge of one at the bureau is decided at %s", r.Unit.Number)
		}
		if r := byOfficial[s.People["eastinspector"]]; r.Unit.ID != s.Units["bureau"] {
			t.Errorf("a challenge of one at the sub-bureau is decided at %s", r.Unit.Number)
		}
		todo, err := s.App.ToDo(ctx, s.Actor("authority"))
		waiting := map[string]int64{}
		for _, w := range todo.Work {
			waiting[w.What] = w.N
		}
		if err != nil || waiting["challenge"] != 13 || waiting["challenge_mass"] != 13 {
			t.Errorf("to do: %v, %v", waiting, err)
		}

		one := byOfficial[s.People["eastinspector"]]
		in := apprecusal.ChallengeInput{ID: one.ID, Version: one.Version, Decision: "uphold", Reason: "同学关系属实"}
		for _, key := range []string{"eastinspector", "anna", "inspector", "reader", "easthead"} {
			if _, err := s.App.DecideChallenge(ctx, s.Actor(key), in); err == nil {
				t.Errorf("%s decides it", key)
			}
		}
		if _, err := s.App.Challenge(ctx, s.Actor("body"), byOfficial[s.People["inspector"]].ID); !fault.Is(err, fault.NotFoundKind) {
			t.Errorf("the same tier opens a challenge of one beside it: %v", err)
		}
		in.Reason = ""
		_, err = s.App.DecideChallenge(ctx, s.Actor("body"), in)
		story.WantCode(t, "without a reason", err, "required")
		in.Reason, in.Version = "同学关系属实", 9
		_, err = s.App.DecideChallenge(ctx, s.Actor("body"), in)
		story.WantCode(t, "a stale version", err, "stale_version")
		in.Version = one.Version
		if _, err := s.App.DecideChallenge(ctx, s.Actor("body"), in); err != nil {
			t.Fatal(err)
		}
		for _, key := range officials {
			if sees(key) == (key == "eastinspector") {
				t.Errorf("%s sees the case: %v", key, sees(key))
			}
		}
		in.Version++
		_, err = s.App.DecideChallenge(ctx, s.Actor("body"), in)
		story.WantCode(t, "twice", err, "challenge_settled")

		denied := byOfficial[s.People["inspector"]]
		if _, err := s.App.DecideChallenge(ctx, s.Actor("authority"), apprecusal.ChallengeInput{ID: denied.ID, Version: 1, Decision: "deny",
			Reason: "没有依据"}); err != nil || !sees("inspector") {
			t.Errorf("denied: %v", err)
		}
		taken := byOfficial[s.People["clue"]]
		if _, err := s.App.WithdrawChallenge(ctx, s.Actor("ben"), apprecusal.ChallengeWithdrawal{ID: taken.ID, Version: 1}); !fault.Is(err,
			fault.NotFoundKind) {
			t.Errorf("another takes it back: %v", err)
		}
		if _, err := s.App.WithdrawChallenge(ctx, s.Actor("anna"), apprecusal.ChallengeWithdrawal{ID: taken.ID, Version: 1}); err != nil ||
			!sees("clue") {
			t.Errorf("withdrawn: %v", err)
		}
		story.Sound(t, s)
	})
}

// A records officer who records a relation between the accused and an official
// bars neither: both are challenges.
func TestARecordsOfficerBarsNobodyAlone(t *testing.T) {
	s := apptest.SQLite(t)
	i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
	if _, _, err := s.App.Declare(ctx, s.Actor("records"), apprecusal.RelationInput{PersonID: s.People["anna"],
		Number: story.Number(t, s, "inspector"), Name: "督察甲", Kind: "relative"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: i.ID}); err != nil {
		t.Errorf("the inspector is barred on the word of one: %v", err)
	}
	list, err := s.App.Challenges(ctx, s.Actor("authority"), recusal.Filter{})
	if err != nil || len(list.Rows) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, r := range list.Rows {
		if r.Official.ID == s.People["inspector"] {
			story.Uphold(t, s, r.ID)
		}
	}
	if _, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: i.ID}); !fault.Is(err, fault.NotFoundKind) {
		t.Errorf("upheld, and he still sees it: %v", err)
	}
}

// One official records a colleague who has work in the matter as a witness: he
// goes on, on the issue and on the case, until the tier above has upheld it.
// Somebody without a part, and the recorder himself, are barred at once.
func TestAColleagueRecordedAsAPartyIsChallenged(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		sees := func(key string) bool {
			_, err := s.App.Issue(ctx, s.Actor(key), casework.IssueInput{ID: i.ID})
			return err == nil
		}
		record := func(by, key string) (string, error) {
			id, _, err := s.App.AddIssueParty(ctx, s.Actor(by), casework.IssuePartyInput{IssueID: i.ID, Person: story.Number(t, s, key),
				Interest: inquiry.InterestWitness})
			return id, err
		}
		id, err := record("inspector", "body2")
		if err != nil || !sees("body2") {
			t.Fatalf("one official bars another: %v", err)
		}
		_, err = record("inspector2", "body2")
		story.WantCode(t, "challenged already", err, "challenge_exists")
		d, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: i.ID})
		if err != nil || len(d.Parties) != 1 || d.Parties[0].Challenge != recusal.Filed {
			t.Errorf("the recorder sees %+v, %v", d.Parties, err)
		}
		// Those who may be put on the case one day are not barred beforehand either.
		for _, key := range []string{"investigator1", "investigator2", "adjudicator", "appeals"} {
			if _, err := record("inspector", key); err != nil {
				t.Fatal(err)
			}
			if who := s.Actor(key); len(who.PartyTo) != 0 {
				t.Errorf("%s is barred at once: %v", key, who.PartyTo)
			}
		}
		if _, err := record("inspector", "reader"); err != nil || sees("reader") {
			t.Errorf("a reader has no part, and is not barred at once: %v", err)
		}
		triaged := story.Triage(t, s, i.ID, 3, issue.ActRefer)
		caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Version: triaged.Version, Rule: "r",
			Facts: "f"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.Case(ctx, s.Actor("body2"), caseID); err != nil {
			t.Errorf("the case grew out of it, and the challenged is barred: %v", err)
		}
		story.Uphold(t, s, id)
		if _, err := s.App.Case(ctx, s.Actor("body2"), caseID); !fault.Is(err, fault.NotFoundKind) || sees("body2") {
			t.Errorf("upheld, and not barred: %v", err)
		}

		onCase, _, err := s.App.AddParty(ctx, s.Actor("body"), casework.PartyInput{CaseID: caseID, Person: story.Number(t, s, "inspector2"),
			Interest: inquiry.InterestComplainant})
		if err != nil || !sees("inspector2") {
			t.Fatalf("from the case's side: %v", err)
		}
		story.Uphold(t, s, onCase)
		if sees("inspector2") {
			t.Error("upheld from the case's side, and not barred")
		}
		if _, err := record("inspector", "inspector"); err != nil || sees("inspector") {
			t.Errorf("who recuses himself is not barred at once: %v", err)
		}
		story.Sound(t, s)
	})
}
