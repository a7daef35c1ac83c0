package api

import (
	"context"
	"time"

	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/rectify"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// matter is a case as far as it was planted.
type matter struct {
	kase       inquiry.Case
	track      inquiry.Track
	allegation inquiry.Allegation
	member     inquiry.TrackMember
	finding    inquiry.Finding
	reply      inquiry.Reply
	decision   inquiry.Decision
}

// stage is how far an inquiry has come.
type stage int

const (
	fresh stage = iota // nobody is on the track
	manned
	drafted // a finding is recommended
	served
	replied
	found // the finding is final
	proposed
	decided
)

// party records somebody as a witness.
func (w *world) party(kind, object, key string) string {
	p := &inquiry.Party{Stamp: ledger.Stamp{ID: store.NewID()}, ObjectKind: kind, ObjectID: object, PersonID: w.People[key],
		Interest:   inquiry.InterestWitness,
		RecordedBy: w.People["inspector"], RecordedOn: "2026-02-01"}
	w.insert(p)
	return p.ID
}

// inquiry plants a case with its officer track at the stage. The officials of
// the east are on the track, unless it lies in the west.
func (w *world) inquiry(at place, to stage, change func(m *matter)) *matter {
	w.Helper()
	m := &matter{}
	person, unit, on := w.People[at.person], w.Units[at.unit], roster.Date("2026-01-05")
	team := []string{official(roster.RoleInvestigator), "investigator2", official(roster.RoleAdjudicator)}
	if at == west {
		team = []string{"investigator3", "investigator4", "adjudicator2"}
	}
	w.write(func(ctx context.Context, tx *store.Tx) error {
		m.kase = inquiry.Case{Stamp: ledger.Stamp{ID: tx.NewID()}, Ref: issue.NewRef(), UnitID: unit, PersonID: person, EventOn: on,
			Category: "interview", Severity: 3,
			Pack: w.App.Pack().Version, State: inquiry.CaseOpen, OpenedBy: w.People["clue"], OpenedOn: "2026-01-07", DueOn: "2026-09-01"}
		i, err := w.found(ctx, tx, at, func(i *issue.Issue) { i.State, i.Severity, i.CaseID = issue.Clue, 3, m.kase.ID })
		if err != nil {
			return err
		}
		m.kase.IssueID = i.ID
		m.track = inquiry.Track{Stamp: ledger.Stamp{ID: tx.NewID()}, CaseID: m.kase.ID, Side: inquiry.SideOfficer, UnitID: unit,
			PersonID: person, EventOn: on, DecideTier: 3,
			State: inquiry.TrackOpen, OpenedOn: "2026-01-07", ProofC: noText, EndedC: noText}
		m.allegation = inquiry.Allegation{Stamp: ledger.Stamp{ID: tx.NewID()}, CaseID: m.kase.ID, TrackID: m.track.ID, UnitID: unit,
			PersonID: person, EventOn: on,
			Category: "interview", Rule: "第七条", State: inquiry.AllegationOpen}
		if m.allegation.TextC, err = tx.PutText(ctx, m.allegation.ID, "text", "超时讯问"); err != nil {
			return err
		}
		m.finding = inquiry.Finding{Stamp: ledger.Stamp{ID: tx.NewID()}, CaseID: m.kase.ID, TrackID: m.track.ID,
			AllegationID: m.allegation.ID, UnitID: unit, PersonID: person,
			EventOn: on, State: inquiry.FindingDraft, Recommended: inquiry.Sustained, Standard: inquiry.Preponderance, RecommendedBy: w.People[team[1]], ReasonC: noText, FinalReasonC: noText}
		m.reply = inquiry.Reply{CaseID: m.kase.ID, FindingID: m.finding.ID, PersonID: person, FiledOn: "2026-02-01", AnswerC: noText}
		m.reply.ID = tx.NewID()
		if m.reply.TextC, err = tx.PutText(ctx, m.reply.ID, "text", "不属实"); err != nil {
			return err
		}
		m.decision = inquiry.Decision{Stamp: ledger.Stamp{ID: tx.NewID()}, CaseID: m.kase.ID, TrackID: m.track.ID, UnitID: unit,
			PersonID: person, EventOn: on, Form: 1,
			State: inquiry.DecisionProposed, ProposedBy: w.People["authority"], ReasonC: noText}
		return w.plantMatter(ctx, tx, m, team, to, change)
	})
	return m
}

func (w *world) plantMatter(ctx context.Context, tx *store.Tx, m *matter, team []string, to stage, change func(m *matter)) error {
	rows := []any{&m.kase, &m.track, &m.allegation}
	if to >= manned {
		m.track.State = inquiry.TrackAssigned
		for n, key := range team {
			on := &inquiry.TrackMember{CaseID: m.kase.ID, TrackID: m.track.ID, MemberID: w.People[key], MemberUnitID: w.Units["east"],
				MemberTier: 2,
				Duty:       inquiry.DutyInvestigator, AssignedBy: w.People["body"], AssignedOn: "2026-01-08"}
			if n == 2 {
				on.Duty = inquiry.DutyAdjudicator
			}
			if n == 0 {
				m.member.ID = tx.NewID()
				on.ID = m.member.ID
			}
			rows = append(rows, on)
		}
	}
	if to >= drafted {
		rows = append(rows, &m.finding)
	}
	if to >= served {
		m.finding.State, m.finding.ServedOn, m.finding.ReplyDueOn = inquiry.FindingServed, "2026-01-15", "2026-02-01"
	}
	if to == replied {
		m.finding.State = inquiry.FindingReplied
		rows = append(rows, &m.reply)
	}
	if to >= found {
		m.finding.State, m.finding.Final, m.finding.ConfirmedBy, m.finding.FinalOn = inquiry.FindingFinal, inquiry.Sustained, w.People[team[2]], "2026-02-10"
		m.allegation.State, m.track.State = inquiry.AllegationFound, inquiry.TrackFound
	}
	if to >= proposed {
		rows = append(rows, &m.decision)
	}
	if to >= decided {
		m.decision.State, m.decision.DecidedBy, m.decision.DecidedOn = inquiry.DecisionDecided, w.People["body"], "2026-02-20"
		m.track.State, m.kase.State = inquiry.TrackDecided, inquiry.CaseDecidedPending
	}
	if change != nil {
		change(m)
	}
	return tx.Insert(ctx, rows...)
}

// question plants a leader question to the place's leader, on an issue that has a
// case.
func (w *world) question(at place, change func(q *inquiry.Question)) object {
	w.Helper()
	m := w.inquiry(at, fresh, nil)
	q := &inquiry.Question{Stamp: ledger.Stamp{ID: store.NewID()}, Ref: issue.NewRef(), IssueID: m.kase.IssueID, CaseID: m.kase.ID,
		UnitID: w.Units[at.unit], PersonID: w.People[at.leader],
		SubjectID: w.People[at.person], EventOn: "2026-01-05", LinkKind: "head", DecideTier: 2, Triggers: "severity", State: inquiry.QuestionRaised,
		RaisedOn: "2026-01-07", DueOn: "2026-09-01", ReasonC: noText}
	if change != nil {
		change(q)
	}
	w.insert(q)
	return m.named(q.ID)
}

// task plants a rectification.
func (w *world) task(at place, change func(r *rectify.Rectification)) object {
	w.Helper()
	i := w.issue(at, func(i *issue.Issue) { i.State, i.TriagedAt = issue.Rectifying, ago(w, time.Hour) })
	r := &rectify.Rectification{Stamp: ledger.Stamp{ID: store.NewID()}, Ref: issue.NewRef(), IssueID: i.ID, UnitID: i.UnitID,
		PersonID: i.PersonID, EventOn: i.EventOn, Category: i.Category,
		LeadUnitID: i.UnitID, State: rectify.Dispatched, DispatchedBy: w.People["inspector2"], DispatchedOn: "2026-02-01", DueOn: "2026-09-01", Round: 1,
		TaskC: noText, EvidenceC: noText, NoteC: noText}
	if change != nil {
		change(r)
	}
	w.insert(r)
	return one(r.ID).of(r.IssueID, "")
}

// named is the object of the matter that the id names.
func (m *matter) named(id string, said ...string) object {
	return one(id, said...).of(m.kase.IssueID, m.kase.ID)
}

func caseAt(to stage) func(w *world, at place) object {
	return func(w *world, at place) object { m := w.inquiry(at, to, nil); return m.named(m.kase.ID) }
}

func trackAt(to stage) func(w *world, at place) object {
	return func(w *world, at place) object { m := w.inquiry(at, to, nil); return m.named(m.track.ID) }
}

func allegationAt(to stage) func(w *world, at place) object {
	return func(w *world, at place) object { m := w.inquiry(at, to, nil); return m.named(m.allegation.ID) }
}

func findingAt(to stage) func(w *world, at place) object {
	return func(w *world, at place) object { m := w.inquiry(at, to, nil); return m.named(m.finding.ID) }
}

func taskIn(s rectify.State) func(w *world, at place) object {
	return func(w *world, at place) object {
		return w.task(at, func(r *rectify.Rectification) {
			r.State = s
			switch s {
			case rectify.Submitted:
				r.AcceptedBy, r.SubmittedBy, r.SubmittedOn = w.People["east1head"], w.People["east1head"], "2026-02-10"
			case rectify.Verified:
				r.VerifiedBy, r.VerifiedOn = w.People["inspector2"], "2026-02-20"
			}
		})
	}
}

var inquiryPlanters = map[string]func(w *world, at place) object{
	"case":          caseAt(fresh),
	"case, manned":  caseAt(manned),
	"case, decided": caseAt(decided),
	"case with a party": func(w *world, at place) object {
		m := w.inquiry(at, fresh, nil)
		return m.named(m.kase.ID, "party", w.party("case", m.kase.ID, "erin"))
	},
	"track":         trackAt(fresh),
	"track, manned": trackAt(manned),
	"track, found":  trackAt(found),
	"leader track": func(w *world, at place) object {
		m := w.inquiry(at, manned, func(m *matter) { m.track.Side, m.track.DecideTier = inquiry.SideLeader, 2 })
		return m.named(m.track.ID)
	},
	"member":            func(w *world, at place) object { m := w.inquiry(at, manned, nil); return m.named(m.member.ID) },
	"allegation":        allegationAt(manned),
	"allegation, found": allegationAt(found),
	"finding":           findingAt(drafted),
	"finding, served":   findingAt(served),
	"finding, replied":  findingAt(replied),
	"finding, final":    findingAt(found),
	"decision":          func(w *world, at place) object { m := w.inquiry(at, proposed, nil); return m.named(m.decision.ID) },
	"question":          func(w *world, at place) object { return w.question(at, nil) },
	"question, refused": func(w *world, at place) object {
		return w.question(at, func(q *inquiry.Question) { q.State, q.ProposedBy = inquiry.QuestionRefusalProposed, w.People["body"] })
	},
	"task":            taskIn(rectify.Dispatched),
	"task, accepted":  taskIn(rectify.Accepted),
	"task, submitted": taskIn(rectify.Submitted),
	"task, verified":  taskIn(rectify.Verified),
}
