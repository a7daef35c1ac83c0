package casework

import (
	"cmp"
	"context"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// RaiseQuestions evaluates the triggers of section 7 for a triaged issue and raises
// a question for everybody who held a command link over the subject on the event
// date and has not been asked yet. It runs inside the transaction that triages and
// returns the questions raised.
func (a *Casework) RaiseQuestions(ctx context.Context, tx *store.Tx, i *issue.Issue) ([]*inquiry.Question, error) {
	if i.PersonID == "" || !i.State.Live() || i.State == issue.Registered {
		return nil, nil
	}
	t := a.Pack().Triggers
	facts, err := tx.TriggerFacts(ctx, i, t.RepeatSeverity, i.EventOn.AddMonths(-t.RepeatMonths), t.ClusterSeverity,
		i.EventOn.AddDays(-t.ClusterDays))
	if err != nil {
		return nil, err
	}
	triggers := inquiry.Triggers(t, facts)
	if len(triggers) == 0 {
		return nil, nil
	}
	had, err := tx.QuestionsOfIssue(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	var asked []string
	for _, q := range had {
		if q.State != inquiry.QuestionWithdrawn {
			asked = append(asked, q.PersonID)
		}
	}
	holders, err := a.holders(ctx, &tx.View, i.PersonID, i.UnitID, i.EventOn)
	if err != nil {
		return nil, err
	}
	qs := inquiry.Raise(a.Pack(), i.ID, i.CaseID, i.PersonID, i.EventOn, roster.DateOf(tx.Now(), a.Zone()), triggers, holders, asked)
	if len(qs) == 0 {
		return nil, nil
	}
	for _, q := range qs {
		q.Ref = issue.NewRef()
	}
	return qs, tx.Insert(ctx, qs)
}

// holders lists who held a command link over the subject on the event date: over
// himself, over his unit and, if he headed the unit himself or nobody else did, the
// head of the unit above.
func (a *Casework) holders(ctx context.Context, v *store.View, personID, unitID string, on roster.Date) ([]inquiry.Holder, error) {
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return nil, err
	}
	postings, err := v.PostingsOn(ctx, []string{personID}, on)
	if err != nil {
		return nil, err
	}
	units := []string{unitID}
	for _, p := range postings {
		if !slices.Contains(units, p.UnitID) {
			units = append(units, p.UnitID)
		}
	}
	links, err := v.LinksOverOn(ctx, personID, units, on)
	if err != nil {
		return nil, err
	}
	headed := slices.ContainsFunc(links, func(l roster.CommandLink) bool { return l.Kind == roster.LinkHead && l.PersonID != personID })
	if parent := tree.Parent(unitID); !headed && parent != "" {
		above, err := v.LinksOverOn(ctx, "", []string{parent}, on)
		if err != nil {
			return nil, err
		}
		for _, l := range above {
			if l.Kind == roster.LinkHead {
				links = append(links, l)
			}
		}
	}
	var people []string
	for _, l := range links {
		people = append(people, l.PersonID)
	}
	posted, err := v.PostingsOn(ctx, people, on)
	if err != nil {
		return nil, err
	}
	var out []inquiry.Holder
	for _, l := range links {
		// A leader stands where he was posted; who headed a unit stands at least at its tier.
		h := inquiry.Holder{PersonID: l.PersonID, UnitID: l.OverUnitID, Tier: tree.Tier(l.OverUnitID), LinkKind: string(l.Kind),
			LinkID: l.ID}
		for _, p := range posted {
			if t := tree.Tier(p.UnitID); p.PersonID == l.PersonID && t >= 0 && (h.UnitID == "" || t < h.Tier) {
				h.UnitID, h.Tier = p.UnitID, t
			}
		}
		if h.Tier >= 0 {
			out = append(out, h)
		}
	}
	return out, nil
}

// keepQuestions moves the questions of a duplicate to the issue that stays, whose
// severity may call for others.
func (a *Casework) keepQuestions(ctx context.Context, tx *store.Tx, from string, kept *issue.Issue) error {
	qs, err := tx.QuestionsOfIssue(ctx, from)
	if err != nil {
		return err
	}
	for n := range qs { // two or three
		if qs[n].State == inquiry.QuestionWithdrawn {
			continue
		}
		err := desk.Alter(ctx, tx, &qs[n], func(q *inquiry.Question) error { q.IssueID, q.CaseID = kept.ID, kept.CaseID; return nil })
		if err != nil {
			return err
		}
	}
	_, err = a.RaiseQuestions(ctx, tx, kept)
	return err
}

// WithdrawQuestions withdraws the leader questions raised from issues that are taken
// back: a match undone, a batch withdrawn.
func (a *Casework) WithdrawQuestions(ctx context.Context, tx *store.Tx, issueIDs ...string) error {
	for chunk := range slices.Chunk(issueIDs, 200) {
		qs, err := tx.QuestionsOfIssue(ctx, chunk...)
		if err != nil {
			return err
		}
		for n := range qs { // few issues have questions at all
			probe := qs[n]
			if !probe.Withdraw() {
				continue
			}
			if err := desk.Alter(ctx, tx, &qs[n], func(q *inquiry.Question) error { q.Withdraw(); return nil }); err != nil {
				return err
			}
		}
	}
	return nil
}

// QuestionInput names a question, the version that was seen, and a reason where the
// act requires one.
type QuestionInput struct {
	ID      string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// onQuestion performs an act on a question in the actor's scope. Its result is the
// track that the act created, or the question.
func (a *Casework) onQuestion(ctx context.Context, who *roster.Actor, op string, in QuestionInput,
	act func(ctx context.Context, tx *store.Tx, q *inquiry.Question, me inquiry.Standing) error) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		q, err := desk.Find(ctx, a.Desk, tx, who, op, in.Version, func(sc roster.Scope) (*inquiry.Question, error) {
			return tx.Question(ctx,
				in.ID, sc)
		})
		if err != nil {
			return nil, "", err
		}
		me, err := a.standing(ctx, &tx.View, who, op, q.UnitID, q.EventOn)
		if err != nil {
			return nil, "", err
		}
		if err := act(ctx, tx, q, me); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: op, Kind: kinds.Question, ID: q.ID, Unit: q.UnitID}}, cmp.Or(q.TrackID, q.ID), nil
	})
}

// OpenLeaderTrack answers a question with a leader track on the issue's case.
func (a *Casework) OpenLeaderTrack(ctx context.Context, who *roster.Actor, in QuestionInput) (trackID string, r desk.Receipt, err error) {
	r, err = a.onQuestion(ctx, who, "question.track", in, func(ctx context.Context, tx *store.Tx, q *inquiry.Question, me inquiry.Standing) error {
		c, err := tx.CaseOfIssue(ctx, q.IssueID)
		if err != nil {
			return err
		}
		if c == nil {
			return fault.Conflict("question_needs_case")
		}
		f, err := tx.CaseFile(ctx, c.ID)
		if err != nil {
			return err
		}
		p, err := packOf(f.Case)
		if err != nil {
			return err
		}
		var t *inquiry.Track
		err = desk.Alter(ctx, tx, q, func(q *inquiry.Question) (err error) {
			if t, err = q.OpenTrack(f.Case, me, roster.DateOf(tx.Now(), a.Zone())); err != nil {
				return err
			}
			t.ID = tx.NewID()
			q.TrackID = t.ID
			return nil
		})
		if err != nil {
			return err
		}
		if err := tx.Insert(ctx, t); err != nil {
			return err
		}
		// The leader is now a subject of the case, and sees nothing of it.
		_, err = a.recusal.RecordParty(ctx, tx, &inquiry.Party{ObjectKind: kinds.Case, ObjectID: c.ID, PersonID: q.PersonID,
			Interest:   inquiry.InterestSubject,
			RecordedBy: who.Person, RecordedOn: roster.DateOf(tx.Now(), a.Zone())})
		if err != nil {
			return err
		}
		f.Tracks = append(f.Tracks, *t)
		if err := followFindings(ctx, tx, f, nil, p); err != nil {
			return err
		}
		return tx.Bump(ctx, store.GenerationAuthority)
	})
	return r.ResultID, r, err
}

// RefuseQuestion answers a question by stating in writing why there is no track. The
// refusal stands once it is approved one tier above the leader.
func (a *Casework) RefuseQuestion(ctx context.Context, who *roster.Actor, in QuestionInput) (desk.Receipt, error) {
	if f := desk.RequireText("reason", in.Reason); f != nil {
		return desk.Receipt{}, f
	}
	return a.onQuestion(ctx, who, "question.refuse", in, func(ctx context.Context, tx *store.Tx, q *inquiry.Question, me inquiry.Standing) error {
		return desk.Alter(ctx, tx, q, func(q *inquiry.Question) error {
			if err := q.ProposeRefusal(me); err != nil {
				return err
			}
			c, err := tx.PutText(ctx, q.ID, desk.NumberedField("reason", q.Version), in.Reason)
			q.ReasonC = c
			return err
		})
	})
}

// ApproveRefusal approves a refusal.
func (a *Casework) ApproveRefusal(ctx context.Context, who *roster.Actor, in QuestionInput) (desk.Receipt, error) {
	return a.onQuestion(ctx, who, "question.approve", in, func(ctx context.Context, tx *store.Tx, q *inquiry.Question, me inquiry.Standing) error {
		return desk.Alter(ctx, tx, q, func(q *inquiry.Question) error { return q.ApproveRefusal(me) })
	})
}

// RejectRefusal sends a question back for another answer.
func (a *Casework) RejectRefusal(ctx context.Context, who *roster.Actor, in QuestionInput) (desk.Receipt, error) {
	return a.onQuestion(ctx, who, "question.reject", in, func(ctx context.Context, tx *store.Tx, q *inquiry.Question, me inquiry.Standing) error {
		return desk.Alter(ctx, tx, q, func(q *inquiry.Question) error { return q.RejectRefusal(me) })
	})
}
