package store

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/rectify"
	"plumbline/internal/roster"
)

func TestInquiryQueries(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		c := &inquiry.Case{Ref: "R", IssueID: "i", UnitID: "u", PersonID: "p", EventOn: "2026-01-05", State: inquiry.CaseOpen,
			OpenedOn: "2026-02-01", DueOn: "2026-05-01"}
		tr := &inquiry.Track{Side: inquiry.SideOfficer, UnitID: "u", PersonID: "p", EventOn: "2026-01-05",
			State: inquiry.TrackOpen, OpenedOn: "2026-02-01", ProofC: []byte{}, EndedC: []byte{}}
		q := &inquiry.Question{Ref: "Q", IssueID: "i", UnitID: "u", PersonID: "boss", SubjectID: "p", EventOn: "2026-01-05",
			State: inquiry.QuestionRaised, RaisedOn: "2026-02-01", DueOn: "2026-03-01", ReasonC: []byte{}}
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			if err := tx.Insert(ctx, c); err != nil {
				return nil, "", err
			}
			tr.CaseID = c.ID
			err := tx.Insert(ctx, tr, q,
				&inquiry.TrackMember{CaseID: c.ID, TrackID: "t1", MemberID: "inv", Duty: inquiry.DutyInvestigator},
				&inquiry.TrackMember{CaseID: c.ID, TrackID: "t2", MemberID: "inv", Duty: inquiry.DutyInvestigator, EndedOn: "2026-02-02"},
				&inquiry.Party{ObjectKind: "case", ObjectID: c.ID, PersonID: "kin", Interest: inquiry.InterestRelative})
			return []ledger.Fact{{Verb: "case.open", Kind: "case", ID: c.ID}}, "", err
		})
		// A row that was read can be saved again: what was empty stays empty.
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			before, err := tx.Track(ctx, tr.ID, roster.Scope{All: true})
			if err != nil {
				return nil, "", err
			}
			after := *before
			after.State = inquiry.TrackEnded
			return []ledger.Fact{{Verb: "track.end", Kind: "track", ID: tr.ID}}, "", tx.Save(ctx, before, &after)
		})
		err := s.View(ctx, func(ctx context.Context, v *View) error {
			for name, sc := range map[string]struct {
				sc   roster.Scope
				want int
			}{
				"whole bureau": {roster.Scope{All: true}, 1},
				"the unit":     {roster.Scope{Units: []string{"u"}}, 1},
				"assigned":     {roster.Scope{Objects: []string{c.ID}}, 1},
				"elsewhere":    {roster.Scope{Units: []string{"x"}}, 0},
				"the subject":  {roster.Scope{All: true, BarPeople: []string{"p"}}, 0},
				"a party":      {roster.Scope{All: true, BarObjects: []string{c.ID}}, 0},
				"then under":   {roster.Scope{All: true, BarDated: []roster.DatedBar{{Person: "p", To: "2026-01-31"}}}, 0},
				"before then":  {roster.Scope{All: true, BarDated: []roster.DatedBar{{Person: "p", To: "2026-01-04"}}}, 1},
			} {
				rows, err := v.CaseList(ctx, inquiry.CaseFilter{From: "2026-02", To: "2026-02", Overdue: true}, sc.sc, "2026-05-02", "", 10)
				if err != nil || len(rows) != sc.want {
					t.Errorf("%s: %d cases, want %d (%v)", name, len(rows), sc.want, err)
				}
				n, err := v.CaseCount(ctx, inquiry.CaseFilter{State: inquiry.CaseOpen}, sc.sc, "2026-05-02")
				if err != nil || n != int64(sc.want) {
					t.Errorf("%s: counted %d (%v)", name, n, err)
				}
				if got, err := v.Case(ctx, c.ID, sc.sc); (err == nil) != (sc.want == 1) {
					t.Errorf("%s: page gives %v, %v", name, got, err)
				}
			}
			qs, err := v.QuestionList(ctx, inquiry.QuestionFilter{Open: true, Overdue: true}, roster.Scope{All: true}, "2026-03-02", "", 10)
			if err != nil || len(qs) != 1 {
				t.Errorf("questions %v, %v", qs, err)
			}
			if n, err := v.QuestionCount(ctx, inquiry.QuestionFilter{Overdue: true}, roster.Scope{All: true},
				"2026-03-01"); err != nil || n != 0 {
				t.Errorf("overdue on its last day: %d, %v", n, err)
			}
			f, err := v.CaseFile(ctx, c.ID)
			if err != nil || len(f.Tracks) != 1 || len(f.Questions) != 1 || len(f.Members) != 2 || len(f.Parties) != 1 {
				t.Errorf("file %+v, %v", f, err)
			}
			if ids, err := v.AssignedTo(ctx, "inv"); err != nil || !cmp.Equal(ids, []string{"t1", c.ID}) {
				t.Errorf("assigned to %v, %v", ids, err)
			}
			if ids, err := v.PartyTo(ctx, "kin"); err != nil || !cmp.Equal(ids, []string{c.ID}) {
				t.Errorf("party to %v, %v", ids, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRectificationListPagesAndLeads(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		var tasks []*rectify.Rectification
		for i, due := range []roster.Date{"2026-03-01", "2026-03-01", "2026-02-01", "2026-04-01"} {
			r := &rectify.Rectification{Ref: string(rune('a' + i)), IssueID: "i", UnitID: "u", PersonID: "p", LeadUnitID: "lead",
				EventOn: "2026-01-01",
				State:   rectify.Dispatched, DispatchedOn: "2026-01-02", DueOn: due, TaskC: []byte{}, EvidenceC: []byte{}, NoteC: []byte{}}
			if i == 3 {
				r.State = rectify.StruckOff
			}
			tasks = append(tasks, r)
		}
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: "t", Kind: "rectification", ID: "x"}}, "", tx.Insert(ctx, tasks)
		})
		err := s.View(ctx, func(ctx context.Context, v *View) error {
			all := roster.Scope{All: true}
			first, err := v.RectificationList(ctx, rectify.Filter{}, all, nil, "2026-03-15", "", "", 2)
			if err != nil || len(first) != 2 || first[0].ID != tasks[2].ID || first[1].ID != tasks[0].ID {
				t.Fatalf("first page %+v, %v", first, err)
			}
			rest, err := v.RectificationList(ctx, rectify.Filter{}, all, nil, "2026-03-15", first[1].DueOn, first[1].ID, 9)
			if err != nil || len(rest) != 2 || rest[0].ID != tasks[1].ID {
				t.Errorf("second page %+v, %v", rest, err)
			}
			if n, err := v.RectificationCount(ctx, rectify.Filter{Overdue: true}, all, nil, "2026-06-01"); err != nil || n != 3 {
				t.Errorf("overdue %d, %v: what is struck off is not", n, err)
			}
			for name, c := range map[string]struct {
				sc   roster.Scope
				lead []string
				want int64
			}{
				"nobody":               {roster.Scope{}, nil, 0},
				"lead department":      {roster.Scope{Units: []string{"lead"}}, []string{"lead"}, 4},
				"another department":   {roster.Scope{Units: []string{"x"}}, []string{"x"}, 0},
				"lead and subordinate": {roster.Scope{Units: []string{"lead"}, BarPeople: []string{"p"}}, []string{"lead"}, 0},
				"the unit":             {roster.Scope{Units: []string{"u"}}, []string{"u"}, 4},
			} {
				if n, err := v.RectificationCount(ctx, rectify.Filter{}, c.sc, c.lead, "2026-06-01"); err != nil || n != c.want {
					t.Errorf("%s: %d, want %d (%v)", name, n, c.want, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTriggerFacts(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		add := func(person, category string, severity int, on roster.Date, st issue.State) *issue.Issue {
			i := issue.NewAudit(issue.Found{Person: person, Unit: "u", Category: category, Severity: severity, EventOn: on, ReceivedOn: on})
			i.State = st
			return i
		}
		rows := []*issue.Issue{
			add("p", "interview", 2, "2026-05-01", issue.Clue), // the one that is asked about
			add("q", "interview", 2, "2026-04-01", issue.Triaged),
			add("q", "interview", 2, "2026-04-02", issue.Registered), // nobody has looked at it
			add("q", "interview", 1, "2026-04-03", issue.Triaged),
			add("r", "traffic_alcohol", 3, "2026-04-20", issue.Closed),
			add("r", "traffic_alcohol", 3, "2026-04-21", issue.Withdrawn),
			add("z", "traffic_alcohol", 3, "2026-06-01", issue.Closed), // later
		}
		late := &rectify.Rectification{Ref: "x", UnitID: "u", DueOn: "2026-04-30", State: rectify.Dispatched, TaskC: []byte{},
			EvidenceC: []byte{}, NoteC: []byte{}}
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: "t", Kind: "issue", ID: "x"}}, "", tx.Insert(ctx, rows, late)
		})
		err := s.View(ctx, func(ctx context.Context, v *View) error {
			got, err := v.TriggerFacts(ctx, rows[0], 2, "2025-05-01", 2, "2026-02-01")
			want := inquiry.TriggerFacts{EventOn: "2026-05-01", PersonID: "p", Severity: 2, Overdue: true,
				Prior: []roster.Date{"2026-04-01"}, Cluster: []inquiry.PersonEvent{{PersonID: "q", EventOn: "2026-04-01"},
					{PersonID: "r", EventOn: "2026-04-20"}}}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
			early := *rows[0]
			early.EventOn = "2026-04-30"
			if got, err := v.TriggerFacts(ctx, &early, 2, "2025-05-01", 2, "2026-02-01"); err != nil || got.Overdue {
				t.Errorf("overdue on its due day: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// What a list hides is exactly what the report leaves out, whether the bar is
// on the officer, the case or the issue that a row belongs to.
func TestBarredCountsAgreeWithLists(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		question := func(ref, issueID, leader, subject string) *inquiry.Question {
			return &inquiry.Question{Ref: ref, IssueID: issueID, UnitID: "u", PersonID: leader, SubjectID: subject, EventOn: "2026-01-05",
				State: inquiry.QuestionRaised, RaisedOn: "2026-02-01", ReasonC: []byte{}}
		}
		task := func(ref, issueID, caseID string) *rectify.Rectification {
			return &rectify.Rectification{Ref: ref, IssueID: issueID, CaseID: caseID, UnitID: "u", PersonID: "p", State: rectify.Dispatched,
				DispatchedOn: "2026-02-01", TaskC: []byte{}, EvidenceC: []byte{}, NoteC: []byte{}}
		}
		write(t, s, func(ctx context.Context, tx *Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: "t", Kind: "question", ID: "x"}}, "", tx.Insert(ctx,
				question("q1", "i1", "boss", "p"), question("q2", "i2", "boss", "mine"), question("q3", "i3", "other", "q"),
				task("r1", "i1", ""), task("r2", "i2", "c2"), task("r3", "i3", ""))
		})
		err := s.View(ctx, func(ctx context.Context, v *View) error {
			for name, sc := range map[string]roster.Scope{
				"nobody barred":      {All: true},
				"below the leader":   {All: true, BarPeople: []string{"boss"}},
				"below the officer":  {All: true, BarPeople: []string{"mine"}},
				"below him then":     {All: true, BarDated: []roster.DatedBar{{Person: "mine", To: "2026-01-31"}}},
				"below him later":    {All: true, BarDated: []roster.DatedBar{{Person: "mine", From: "2026-02-01"}}},
				"party to an issue":  {All: true, BarObjects: []string{"i3"}},
				"party to a case":    {All: true, BarObjects: []string{"c2"}},
				"several of these":   {All: true, BarPeople: []string{"boss", "x"}, BarObjects: []string{"i3", "c2"}},
				"a narrower reach":   {Units: []string{"u"}, BarObjects: []string{"i1"}},
				"out of reach, bars": {Units: []string{"x"}, BarObjects: []string{"i1"}},
			} {
				hidden := map[string]int64{}
				if err := v.BarredDeltas(ctx, "", sc, func(section, _, _, _ string, n int64) { hidden[section] += n }); err != nil {
					return err
				}
				reach := sc.Unbarred()
				for section, count := range map[string]func(roster.Scope) (int64, error){
					inquiry.SectionQuestions: func(sc roster.Scope) (int64, error) {
						return v.QuestionCount(ctx, inquiry.QuestionFilter{}, sc, "2026-03-01")
					},
					rectify.Section: func(sc roster.Scope) (int64, error) {
						return v.RectificationCount(ctx, rectify.Filter{}, sc, nil, "2026-03-01")
					},
				} {
					all, err := count(reach)
					if err != nil {
						return err
					}
					shown, err := count(sc)
					if err != nil {
						return err
					}
					if all-hidden[section] != shown {
						t.Errorf("%s: %s counts %d less %d, its list shows %d", name, section, all, hidden[section], shown)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
