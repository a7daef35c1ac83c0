package casework

import (
	"context"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/store"
)

// OpenCaseInput opens a formal inquiry on a clue.
type OpenCaseInput struct {
	IssueID string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"` // of the issue
	Rule    string `json:"rule"`              // provision said to be breached
	Facts   string `json:"facts"`             // what is alleged
}

// Validate judges the input by itself.
func (in OpenCaseInput) Validate() error {
	return fault.Join(desk.RequireLine("rule", in.Rule), desk.RequireText("facts", in.Facts))
}

// OpenCase opens a case on a clue, with its officer track and first allegation, and
// takes over the leader questions raised so far.
func (a *Casework) OpenCase(ctx context.Context, who *roster.Actor, in OpenCaseInput) (id string, r desk.Receipt, err error) {
	const op = "case.open"
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		i, err := desk.Find(ctx, a.Desk, tx, who, op, in.Version, func(sc roster.Scope) (*issue.Issue, error) {
			return tx.Issue(ctx,
				in.IssueID, sc)
		})
		if err != nil {
			return nil, "", err
		}
		if had, err := tx.CaseOfIssue(ctx, i.ID); err != nil || had != nil {
			if err == nil {
				err = fault.Conflict("case_exists")
			}
			return nil, "", err
		}
		switch {
		case i.State != issue.Clue:
			return nil, "", fault.Conflict("case_needs_clue")
		case i.PersonID == "":
			return nil, "", fault.Invalid("case_needs_person", "")
		}
		me, err := a.standing(ctx, &tx.View, who, op, i.UnitID, i.EventOn)
		if err != nil {
			return nil, "", err
		}
		sentBy, err := referredBy(ctx, &tx.View, i.ID)
		if err != nil {
			return nil, "", err
		}
		c, err := a.newCase(ctx, tx, me, sentBy, i, in)
		if err != nil {
			return nil, "", err
		}
		id = c.ID
		return []ledger.Fact{{Verb: op, Kind: kinds.Case, ID: c.ID, Unit: c.UnitID}}, c.ID, nil
	})
	return desk.PickID(id, r), r, err
}

func (a *Casework) newCase(ctx context.Context, tx *store.Tx, me inquiry.Standing, sentBy string, i *issue.Issue,
	in OpenCaseInput) (*inquiry.Case, error) {
	today := roster.DateOf(tx.Now(), a.Zone())
	c, err := inquiry.OpenCase(a.Pack(), me, sentBy, inquiry.Case{
		Ref: issue.NewRef(), IssueID: i.ID, UnitID: i.UnitID, PersonID: i.PersonID, EventOn: i.EventOn, Category: i.Category, Severity: i.Severity,
	}, today)
	if err != nil {
		return nil, err
	}
	c.ID = tx.NewID()
	tier, err := a.SubjectTier(ctx, &tx.View, i.PersonID, i.UnitID, i.EventOn)
	if err != nil {
		return nil, err
	}
	t, err := c.NewTrack(inquiry.SideOfficer, "", i.PersonID, i.UnitID, tier, today)
	if err != nil {
		return nil, err
	}
	t.ID = tx.NewID()
	al, err := t.NewAllegation(i.Category, in.Rule)
	if err != nil {
		return nil, err
	}
	al.ID = tx.NewID()
	if al.TextC, err = tx.PutText(ctx, al.ID, "text", in.Facts); err != nil {
		return nil, err
	}
	if err := tx.Insert(ctx, c, t, al); err != nil {
		return nil, err
	}
	if err := inheritParties(ctx, tx, i.ID, c.ID); err != nil {
		return nil, err
	}
	qs, err := tx.QuestionsOfIssue(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	for n := range qs { // a handful: one for each leader
		if err := desk.Alter(ctx, tx, &qs[n], func(q *inquiry.Question) error { q.CaseID = c.ID; return nil }); err != nil {
			return nil, err
		}
	}
	before := *i
	i.CaseID = c.ID
	return c, tx.SaveIssue(ctx, &before, i, issue.TimingOf(a.Pack()))
}

// PartyInput records somebody's interest in a case. From then on he sees nothing of
// it.
type PartyInput struct {
	CaseID   string           `json:"-"`
	Key      string           `json:"-"`
	Person   string           `json:"person"` // personnel number
	Interest inquiry.Interest `json:"interest"`
}

// Validate judges the input by itself.
func (in PartyInput) Validate() error {
	var wrong *fault.Error
	if !slices.Contains(inquiry.Interests, in.Interest) {
		wrong = fault.Invalid("choice_unknown", "interest")
	}
	return fault.Join(desk.RequireLine("person", in.Person), wrong)
}

// AddParty records a party to a case and to the issue on which it was opened.
// Anybody else who works on the case or decides about it is challenged instead.
func (a *Casework) AddParty(ctx context.Context, who *roster.Actor, in PartyInput) (id string, r desk.Receipt, err error) {
	const op = "case.party"
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		sc, err := a.Scope(ctx, &tx.View, who, roster.ActAssign, roster.KindCase)
		if err != nil {
			return nil, "", err
		}
		c, err := tx.Case(ctx, in.CaseID, sc)
		if err != nil {
			return nil, "", err
		}
		p, err := tx.PersonByNumber(ctx, in.Person)
		if store.Missing(err) {
			return nil, "", fault.Invalid("person_unknown", "person")
		}
		if err != nil {
			return nil, "", err
		}
		i, err := tx.Issue(ctx, c.IssueID, roster.Scope{All: true})
		if err != nil {
			return nil, "", err
		}
		if ch, fact, err := a.recusal.ChallengeParty(ctx, tx, who, i, "case", c.ID, p, in.Interest); err != nil {
			return nil, "", err
		} else if ch != nil {
			id = ch.ID
			return []ledger.Fact{fact}, ch.ID, nil
		}
		today := roster.DateOf(tx.Now(), a.Zone())
		on := &inquiry.Party{ObjectKind: kinds.Case, ObjectID: c.ID, PersonID: p.ID, Interest: in.Interest, RecordedBy: who.Person,
			RecordedOn: today}
		from := *on
		from.ObjectKind, from.ObjectID = "issue", c.IssueID
		on.ID = tx.NewID()
		fresh, err := a.recusal.RecordParty(ctx, tx, on)
		if err != nil {
			return nil, "", err
		}
		if !fresh {
			return nil, "", fault.Conflict("party_exists")
		}
		if _, err := a.recusal.RecordParty(ctx, tx, &from); err != nil {
			return nil, "", err
		}
		id = on.ID
		return []ledger.Fact{{Verb: op, Kind: kinds.Case, ID: c.ID, Unit: c.UnitID}}, on.ID, tx.Bump(ctx, store.GenerationAuthority)
	})
	return desk.PickID(id, r), r, err
}

// packOf returns the rule pack under which a case was opened.
func packOf(c *inquiry.Case) (*rules.Pack, error) { return rules.Version(c.Pack) }
