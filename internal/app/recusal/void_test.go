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
)

// A relation recorded by mistake bars nobody any more, keeps its history, and
// can be recorded again; only a records officer voids it, with a reason.
func TestAVoidedRelationBarsNobody(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		sees := func(key string) bool {
			_, err := s.App.Issue(ctx, s.Actor(key), casework.IssueInput{ID: i.ID})
			return err == nil
		}
		in := apprecusal.RelationInput{Number: story.Number(t, s, "anna"), Name: "林甲", Kind: "relative"}
		id, _, err := s.App.Declare(ctx, s.Actor("inspector"), in)
		if err != nil || sees("inspector") {
			t.Fatalf("declared, and not barred: %v", err)
		}
		void := apprecusal.VoidInput{ID: id, Version: 1, Reason: "同名不同人"}
		for _, who := range []string{"inspector", "anna", "reader"} {
			if _, _, err := s.App.VoidRelation(ctx, s.Actor(who), void); err == nil {
				t.Errorf("%s voids the relation", who)
			}
		}
		_, _, err = s.App.VoidRelation(ctx, s.Actor("records"), apprecusal.VoidInput{ID: id, Version: 1, Reason: " "})
		story.WantCode(t, "without a reason", err, "void_reason")
		_, _, err = s.App.VoidRelation(ctx, s.Actor("records"), apprecusal.VoidInput{ID: id, Version: 7, Reason: "x"})
		story.WantCode(t, "a stale version", err, "stale_version")
		void.Key = "k"
		asked, first, err := s.App.VoidRelation(ctx, s.Actor("records"), void)
		if err != nil || sees("inspector") {
			t.Fatalf("one person lifts the bar: %v", err)
		}
		if _, again, err := s.App.VoidRelation(ctx, s.Actor("records"), void); err != nil || again.Seq != first.Seq {
			t.Errorf("retried: %+v, %v", again, err)
		}
		st := story.New(t, s)
		if err := st.Approve("inspector", asked); err == nil {
			t.Error("the barred one agrees that he is not")
		}
		st.Must(st.Approve("body", asked))
		if !sees("inspector") {
			t.Error("still barred by a mistake")
		}
		rows, _, err := s.App.Relations(ctx, s.Actor("records"), s.People["anna"])
		if err != nil || len(rows) != 1 || rows[0].VoidedOn == "" || rows[0].Live {
			t.Errorf("the history: %+v, %v", rows, err)
		}
		void.Key = ""
		_, _, err = s.App.VoidRelation(ctx, s.Actor("records"), void)
		story.WantCode(t, "twice", err, "record_voided")
		_, _, err = s.App.EndRelation(ctx, s.Actor("records"), apprecusal.RelationEnd{ID: id, Version: 1})
		story.WantCode(t, "ended after", err, "record_voided")
		if _, _, err := s.App.Declare(ctx, s.Actor("inspector"), in); err != nil || sees("inspector") {
			t.Errorf("declared again, rightly: %v", err)
		}
		story.Sound(t, s)
	})
}

// A party recorded by mistake is void on issue and case alike; recorded again
// the void is lifted; the leader of a track stays barred while there is one.
func TestAVoidedPartyBarsNobody(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
		in := casework.IssuePartyInput{IssueID: i.ID, Person: story.Number(t, s, "body2"), Interest: inquiry.InterestWitness}
		asked, _, err := s.App.AddIssueParty(ctx, s.Actor("inspector"), in)
		if err != nil {
			t.Fatal(err)
		}
		story.Uphold(t, s, asked)
		recorded, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: i.ID})
		if err != nil || len(recorded.Parties) != 1 {
			t.Fatalf("%+v %v", recorded, err)
		}
		party := recorded.Parties[0].ID
		caseID, _, err := s.App.OpenCase(ctx, s.Actor("body"), casework.OpenCaseInput{IssueID: i.ID, Version: story.Triage(t, s, i.ID, 3,
			issue.ActRefer).Version, Rule: "r", Facts: "f"})
		if err != nil {
			t.Fatal(err)
		}
		barred := func() bool {
			_, onIssue := s.App.Issue(ctx, s.Actor("body2"), casework.IssueInput{ID: i.ID})
			_, onCase := s.App.Case(ctx, s.Actor("body2"), caseID)
			if fault.Is(onIssue, fault.NotFoundKind) != fault.Is(onCase, fault.NotFoundKind) {
				t.Errorf("issue %v, case %v", onIssue, onCase)
			}
			return onIssue != nil
		}
		if !barred() {
			t.Fatal("the witness is not barred")
		}
		void := apprecusal.VoidInput{ID: i.ID, Party: party, Reason: "记错了人"}
		for _, who := range []string{"body2", "anna", "reader", "east1head"} {
			if _, _, err := s.App.VoidIssueParty(ctx, s.Actor(who), void); err == nil {
				t.Errorf("%s voids the party", who)
			}
		}
		_, _, err = s.App.VoidIssueParty(ctx, s.Actor("inspector"), apprecusal.VoidInput{ID: i.ID, Party: i.ID, Reason: "x"})
		story.WantCode(t, "no party", err, "party_unknown")
		lift, _, err := s.App.VoidIssueParty(ctx, s.Actor("inspector"), void)
		if err != nil || !barred() {
			t.Fatalf("one person lifts the bar: %v", err)
		}
		st := story.New(t, s)
		for _, key := range []string{"inspector", "body2", "anna"} {
			if err := st.Approve(key, lift); err == nil {
				t.Errorf("%s agrees to it", key)
			}
		}
		st.Must(st.Approve("body", lift))
		if barred() {
			t.Error("still barred by a mistake")
		}
		_, _, err = s.App.VoidIssueParty(ctx, s.Actor("inspector"), void)
		story.WantCode(t, "twice", err, "party_unknown")
		d, err := s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: i.ID})
		if err != nil || len(d.Parties) != 1 || d.Parties[0].VoidedOn == "" {
			t.Errorf("the history: %+v, %v", d, err)
		}
		if asked, _, err = s.App.AddIssueParty(ctx, s.Actor("inspector"), in); err != nil || barred() {
			t.Errorf("recorded again by one: %v", err)
		}
		story.Uphold(t, s, asked)
		if d, err = s.App.Issue(ctx, s.Actor("inspector"), casework.IssueInput{ID: i.ID}); err != nil || len(d.Parties) != 1 ||
			d.Parties[0].ID != party || !barred() {
			t.Errorf("recorded again and upheld: %+v, %v", d.Parties, err)
		}

		// From the case's side, and a subject of a track.
		c, err := s.App.Case(ctx, s.Actor("body"), caseID)
		if err != nil || len(c.Parties) != 1 {
			t.Fatalf("%+v %v", c.Parties, err)
		}
		lift, _, err = s.App.VoidCaseParty(ctx, s.Actor("body"), apprecusal.VoidInput{ID: caseID, Party: c.Parties[0].ID, Reason: "记错了人"})
		st.Must(err)
		st.Must(st.Approve("authority", lift))
		if barred() {
			t.Error("voided on the case, and still barred")
		}
		q := c.Questions[0]
		if _, _, err := s.App.OpenLeaderTrack(ctx, s.Actor("body"), casework.QuestionInput{ID: q.ID, Version: q.Version}); err != nil {
			t.Fatal(err)
		}
		if c, err = s.App.Case(ctx, s.Actor("body"), caseID); err != nil {
			t.Fatal(err)
		}
		tried := 0
		for _, p := range c.Parties {
			if p.Interest == inquiry.InterestSubject {
				_, _, err = s.App.VoidCaseParty(ctx, s.Actor("body"), apprecusal.VoidInput{ID: caseID, Party: p.ID, Reason: "x"})
				story.WantCode(t, "the leader of a track", err, "party_of_track")
				tried++
			}
		}
		if tried != 1 {
			t.Errorf("%d leaders among %+v", tried, c.Parties)
		}
		story.Sound(t, s)
	})
}
