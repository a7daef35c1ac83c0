package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/apptest"
	"plumbline/internal/apptest/story"
	"plumbline/internal/custody"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/rectify"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

var ctx = context.Background()

// matterAbout plants a matter about the chief with one entry for each kind of
// row in it, and gives the ids.
func matterAbout(t *testing.T, s *apptest.Site) map[string]string {
	t.Helper()
	who, unit, on, none := s.People["chief"], s.Units["bureau"], roster.Date("2026-01-05"), ledger.Commitment{}
	ids := map[string]string{}
	var rows []any
	stamp := func(kind string) ledger.Stamp {
		ids[kind] = store.NewID()
		return ledger.Stamp{ID: ids[kind]}
	}
	add := func(row any) { rows = append(rows, row) }
	add(&issue.Issue{Stamp: stamp("issue"), Ref: "CHIEF1", Source: issue.Audit, SourceCode: "petition", Category: "interview", Severity: 3,
		PersonID: who, UnitID: unit,
		Tier: 1, EventOn: on, Month: "2026-01", Received: on, RaisedAt: s.Clock.Now(), State: issue.Registered, Disclosure: issue.NotDisclosed, NarrativeC: none})
	add(&inquiry.Case{Stamp: stamp("case"), Ref: "C1", IssueID: ids["issue"], UnitID: unit, PersonID: who, EventOn: on,
		State: inquiry.CaseOpen, OpenedOn: on, DueOn: "2026-09-01"})
	add(&inquiry.Track{Stamp: stamp("track"), CaseID: ids["case"], Side: inquiry.SideOfficer, UnitID: unit, PersonID: who, EventOn: on,
		State: inquiry.TrackOpen, OpenedOn: on, ProofC: none, EndedC: none})
	add(&inquiry.TrackMember{Stamp: stamp("track_member"), CaseID: ids["case"], TrackID: ids["track"], MemberID: s.People["authority"],
		Duty: inquiry.DutyInvestigator, AssignedOn: on})
	add(&inquiry.Allegation{Stamp: stamp("allegation"), CaseID: ids["case"], TrackID: ids["track"], UnitID: unit, PersonID: who,
		EventOn: on, State: inquiry.AllegationOpen, TextC: none})
	add(&inquiry.Finding{Stamp: stamp("finding"), CaseID: ids["case"], TrackID: ids["track"], AllegationID: ids["allegation"], UnitID: unit,
		PersonID: who, EventOn: on, State: inquiry.FindingDraft, ReasonC: none, FinalReasonC: none})
	add(&inquiry.Reply{Stamp: stamp("reply"), CaseID: ids["case"], FindingID: ids["finding"], PersonID: who, TextC: none, AnswerC: none})
	add(&inquiry.Question{Stamp: stamp("question"), IssueID: store.NewID(), UnitID: unit, PersonID: who, SubjectID: s.People["anna"],
		EventOn: on, State: inquiry.QuestionRaised, RaisedOn: on, DueOn: on, ReasonC: none})
	add(&inquiry.Decision{Stamp: stamp("decision"), CaseID: ids["case"], TrackID: ids["track"], UnitID: unit, PersonID: who, EventOn: on,
		State: inquiry.DecisionProposed, ReasonC: none})
	add(&inquiry.CaseNote{Stamp: stamp("case_note"), CaseID: ids["case"], TrackID: ids["track"], ObjectID: ids["finding"], Kind: "reopened",
		NotedOn: on, TextC: none})
	add(&rectify.Rectification{Stamp: stamp("rectification"), IssueID: ids["issue"], UnitID: unit, PersonID: who, EventOn: on,
		State: rectify.Dispatched, DispatchedOn: on, DueOn: on, TaskC: none, EvidenceC: none, NoteC: none})
	add(&selfcheck.Submission{Stamp: stamp("submission"), CampaignID: "c", Audience: selfcheck.Officers, PersonID: who, UnitID: unit,
		ReviewUnitID: unit, State: selfcheck.Assigned, AnswersDigest: []byte{}, ReasonC: none})
	add(&selfcheck.SubmissionReturn{Stamp: stamp("submission_return"), SubmissionID: ids["submission"], Round: 1, ReasonC: none})
	add(&selfcheck.NamedReview{Stamp: stamp("named_review"), SubmissionID: store.NewID(), Round: 1, LeaderID: who, ReviewUnitID: unit,
		ReasonC: none, ReplyC: none})
	add(&custody.Hold{Stamp: stamp("hold"), RecordKind: "issue", RecordID: ids["issue"], UnitID: unit, PersonID: who, EventOn: on,
		State: custody.HoldLive, ReasonC: none, LiftC: none})
	add(&roster.Relation{Stamp: stamp("relation"), PersonID: s.People["anna"], OtherID: who, Kind: "relative"})
	add(&recusal.Challenge{Stamp: stamp("challenge"), Cause: recusal.CauseRelation, PersonID: who, OfficialID: s.People["authority"],
		UnitID: s.Units["authority"], State: recusal.Filed, GroundsC: none, ReasonC: none})
	for i, row := range rows {
		kind := strings.Fields("issue case track track_member allegation finding reply question decision case_note rectification submission submission_return named_review hold relation challenge")[i]
		_, err := s.Store.Update(ctx, store.Call{Account: "program:test"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: "test.matter", Kind: kind, ID: ids[kind], Unit: unit}}, "", tx.Insert(ctx, row)
		})
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
	}
	return ids
}

// Two sites that differ by a matter about the chief look the same to the audit
// administrator, who is his subordinate, but for the numbers: on the ledger from
// either end, in his receipts and jobs, and after somebody read the chief's file.
func TestTheChiefsCaseIsNotInTheAuditorsLedger(t *testing.T) {
	apptest.Each(t, func(t *testing.T, s *apptest.Site) {
		seen := func() (verbs []string, all string) {
			who := s.Actor("audit")
			for from := int64(0); ; {
				rows, err := s.App.LedgerEntries(ctx, who, from, 3)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range rows {
					verbs, all = append(verbs, e.Verb+" "+e.Kind), all+e.ObjectID+"\n"+string(e.Body)+"\n"
					from = e.Seq + 1
				}
				if len(rows) < 3 {
					break
				}
			}
			var down []string
			for before := int64(1 << 40); ; {
				rows, err := s.App.LedgerBefore(ctx, who, before, 4)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range rows {
					down, before = append(down, e.Verb+" "+e.Kind), e.Seq
				}
				if len(rows) < 4 {
					break
				}
			}
			if len(down) != len(verbs) {
				t.Errorf("%d entries upwards, %d downwards", len(verbs), len(down))
			}
			return verbs, all
		}
		before, _ := seen()
		ids := matterAbout(t, s)
		// Somebody above opens his file, and that is folded into the ledger too.
		if _, err := s.App.PersonFile(ctx, s.Actor("authority"), casework.FileInput{Person: s.People["chief"],
			Purpose: "supervision"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.App.Issue(ctx, s.Actor("authority"), casework.IssueInput{ID: ids["issue"]}); err != nil {
			t.Fatal(err)
		}
		s.Clock.Add(2 * time.Minute)
		if n, err := s.App.FoldReadings(ctx); err != nil || n == 0 {
			t.Fatalf("%d readings folded, %v", n, err)
		}
		after, all := seen()
		if strings.Join(before, "\n") != strings.Join(after, "\n") {
			t.Errorf("without the matter:\n%s\nwith it:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
		}
		for kind, id := range ids {
			if strings.Contains(all, id) {
				t.Errorf("the %s of the chief is named", kind)
			}
		}
		if lines, next, err := s.App.Receipts(ctx, s.Actor("audit"), 0, 50); err != nil || len(lines) != 0 || next != 0 {
			t.Errorf("receipts %+v, %v", lines, err)
		}
		if jobs, _, err := s.App.Jobs(ctx, s.Actor("system"), "", 50); err != nil || len(jobs) != 0 {
			t.Errorf("jobs %+v, %v", jobs, err)
		}

		// The same matter about somebody who is not above him is there, each kind.
		s.Clock.Add(time.Second)
		size := len(after)
		if _, err := s.Store.Update(ctx, store.Call{Account: "program:test"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			row := &inquiry.Case{Ref: "C2", IssueID: "i", UnitID: s.Units["east1"], PersonID: s.People["anna"], EventOn: "2026-01-05",
				State: inquiry.CaseOpen, OpenedOn: "2026-01-05", DueOn: "2026-09-01"}
			row.ID = tx.NewID()
			return []ledger.Fact{{Verb: "test.matter", Kind: "case", ID: row.ID}}, "", tx.Insert(ctx, row)
		}); err != nil {
			t.Fatal(err)
		}
		if now, _ := seen(); len(now) != size+1 {
			t.Errorf("a matter about somebody else: %d entries, not %d", len(now), size+1)
		}
	})
}

// Whoever was made a party to a matter, or declared an interest in its subject,
// no longer finds it in the ledger.
func TestAPartyIsKeptFromTheLedgersEntries(t *testing.T) {
	s := apptest.SQLite(t)
	i := story.Audited(t, s, "anna", "east1", 3, "2026-01-10")
	story.Triage(t, s, i.ID, 3, issue.ActRefer)
	there := func() bool {
		rows, err := s.App.LedgerBefore(ctx, s.Actor("audit"), 1<<40, 200)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range rows {
			if e.ObjectID == i.ID {
				return true
			}
		}
		return false
	}
	if !there() {
		t.Fatal("the issue is not in the ledger to begin with")
	}
	if _, _, err := s.App.AddIssueParty(ctx, s.Actor("inspector"), casework.IssuePartyInput{IssueID: i.ID, Person: story.Number(t, s,
		"audit"), Interest: inquiry.InterestWitness}); err != nil {
		t.Fatal(err)
	}
	if there() {
		t.Error("a witness finds the matter in the ledger")
	}
}
