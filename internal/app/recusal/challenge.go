package recusal

import (
	"context"
	"slices"
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// fileChallenge files a challenge against an official and returns its fact. It bars
// nobody until it is upheld.
func (a *Recusal) fileChallenge(ctx context.Context, tx *store.Tx, c recusal.Challenge,
	grounds string) (*recusal.Challenge, ledger.Fact, error) {
	var err error
	if c.UnitID, err = a.challengeUnit(ctx, &tx.View, c); err != nil {
		return nil, ledger.Fact{}, err
	}
	c.State, c.FiledOn = recusal.Filed, roster.DateOf(tx.Now(), a.Zone())
	c.ID, c.GroundsC, c.ReasonC = tx.NewID(), ledger.Commitment{}, ledger.Commitment{}
	if grounds = strings.TrimSpace(grounds); grounds != "" {
		if c.GroundsC, err = tx.PutText(ctx, c.ID, "grounds", grounds); err != nil {
			return nil, ledger.Fact{}, err
		}
	}
	return &c, ledger.Fact{Verb: verbs.ChallengeFile, Kind: kinds.Challenge, ID: c.ID, Unit: c.UnitID}, tx.Insert(ctx, &c)
}

// challengeUnit is the unit one tier above the highest unit where the official holds
// a role or is posted, and no lower than the tier that decides about the person.
func (a *Recusal) challengeUnit(ctx context.Context, v *store.View, c recusal.Challenge) (string, error) {
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return "", err
	}
	today := a.Today()
	postings, err := v.PostingsOn(ctx, []string{c.OfficialID}, today)
	if err != nil {
		return "", err
	}
	var units []string
	for _, p := range postings {
		units = append(units, p.UnitID)
	}
	account, err := v.AccountOfPerson(ctx, c.OfficialID)
	if err != nil {
		return "", err
	}
	if account != "" { // not ActorOf: the rows of this write must not get into its cache
		f, err := v.ActorFacts(ctx, account)
		if err != nil {
			return "", err
		}
		for _, g := range f.Grants {
			if today.Within(g.FromOn, g.ToOn) {
				units = append(units, g.UnitID)
			}
		}
	}
	top := tree.Bureau() // of an official who is posted nowhere
	for i, u := range units {
		if t := tree.Tier(u); t >= 0 && (i == 0 || t < tree.Tier(top)) {
			top = u
		}
	}
	subjectTier := desk.LowestTier
	if c.PersonID != "" {
		on, unit := c.EventOn, ""
		if on == "" {
			on = today
		}
		posted, err := v.PostingsOn(ctx, []string{c.PersonID}, on)
		if err != nil {
			return "", err
		}
		if len(posted) > 0 {
			unit = posted[0].UnitID
		}
		if subjectTier, err = a.SubjectTier(ctx, v, c.PersonID, unit, on); err != nil {
			return "", err
		}
		if unit == "" && subjectTier < 0 {
			subjectTier = desk.LowestTier
		}
	}
	return recusal.DecideUnit(tree, top, subjectTier), nil
}

// officialOf returns the actor of a person's account, or nil if he has none that he
// can sign in to.
func (a *Recusal) officialOf(ctx context.Context, v *store.View, personID string) (*roster.Actor, error) {
	account, err := v.AccountOfPerson(ctx, personID)
	if err != nil || account == "" {
		return nil, err
	}
	return a.ActorOf(ctx, v, account)
}

// handling are the operations by which an issue and its case are worked on or
// decided. Only a third person can bar somebody who may perform one of them.
var handling = []string{
	"issue.triage", "issue.conceal", "issue.correct", "case.open", "case.close", "track.assign", "finding.recommend", "finding.confirm",
	"decision.decide", "question.track", "question.approve", "rectification.verify",
}

// assignable are the roles whose holders can be assigned to a case. Barring all of
// them before the assignment ends a case as surely as barring them after it.
var assignable = []roster.Role{roster.RoleInvestigator, roster.RoleAdjudicator, roster.RoleAppealsReviewer}

// handles reports whether the person works on the issue or its case today, could be
// assigned to it, or decides about it.
func (a *Recusal) handles(ctx context.Context, v *store.View, personID string, i *issue.Issue) (bool, error) {
	who, err := a.officialOf(ctx, v, personID)
	if err != nil || who == nil {
		return false, err
	}
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return false, err
	}
	for _, h := range who.Held {
		if slices.Contains(assignable, h.Role) && tree.Under(i.UnitID, h.Unit) {
			return true, nil
		}
	}
	at := desk.Target(i)
	for _, op := range handling {
		route, _ := a.Route(op)
		sc := a.Table().Scope(who, route.Act, route.Kind, tree)
		if sc.Admits(at) || i.CaseID != "" && slices.Contains(sc.Objects, i.CaseID) {
			return true, nil
		}
	}
	return false, nil
}

// ChallengeParty files a challenge if the person to be recorded as a party has a
// part in the matter. It returns nil if the record may bar him at once: he has no
// part, or recuses himself.
func (a *Recusal) ChallengeParty(ctx context.Context, tx *store.Tx, who *roster.Actor, i *issue.Issue, kind, object string,
	p *roster.Person, interest inquiry.Interest) (*recusal.Challenge, ledger.Fact, error) {
	none := ledger.Fact{}
	if p.ID == who.Person || p.ID == i.PersonID {
		return nil, none, nil
	}
	part, err := a.handles(ctx, &tx.View, p.ID, i)
	if err != nil || !part {
		return nil, none, err
	}
	have, err := tx.ChallengesOf(ctx, i.ID, i.CaseID)
	if err != nil {
		return nil, none, err
	}
	for _, c := range slices.Concat(have[i.ID], have[i.CaseID]) {
		if c.OfficialID == p.ID && c.State == recusal.Filed {
			return nil, none, fault.Conflict("challenge_exists")
		}
	}
	return a.fileChallenge(ctx, tx, recusal.Challenge{Cause: recusal.CauseParty, ObjectKind: kind, ObjectID: object, Kind: string(interest),
		PersonID: i.PersonID, OfficialID: p.ID, EventOn: i.EventOn, FiledBy: who.Person}, "")
}

// ChallengeInput decides a challenge.
type ChallengeInput struct {
	ID       string `json:"-"`
	Key      string `json:"-"`
	Version  int64  `json:"version,omitempty"`
	Decision string `json:"decision"` // uphold, deny
	Reason   string `json:"reason"`
}

// Validate judges the input by itself.
func (in ChallengeInput) Validate() error {
	var wrong *fault.Error
	if in.Decision != "uphold" && in.Decision != "deny" {
		wrong = fault.Invalid("choice_unknown", "decision")
	}
	return fault.Join(wrong, desk.RequireText("reason", in.Reason))
}

// DecideChallenge upholds or denies a challenge. An upheld challenge bars the
// official from matters about the person, or from the one matter.
func (a *Recusal) DecideChallenge(ctx context.Context, who *roster.Actor, in ChallengeInput) (desk.Receipt, error) {
	const op = "challenge.decide"
	return a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		c, err := desk.Find(ctx, a.Desk, tx, who, op, in.Version,
			func(sc roster.Scope) (*recusal.Challenge, error) { return tx.Challenge(ctx, in.ID, sc) })
		if err != nil {
			return nil, "", err
		}
		err = desk.Alter(ctx, tx, c, func(c *recusal.Challenge) (err error) {
			if err := c.Decide(who.Person, in.Decision == "uphold", roster.DateOf(tx.Now(), a.Zone())); err != nil {
				return err
			}
			c.ReasonC, err = tx.PutText(ctx, c.ID, "reason", strings.TrimSpace(in.Reason))
			return err
		})
		if err != nil {
			return nil, "", err
		}
		facts := []ledger.Fact{{Verb: "challenge." + in.Decision, Kind: kinds.Challenge, ID: c.ID, Unit: c.UnitID}}
		if c.State != recusal.Upheld {
			return facts, c.ID, nil
		}
		if c.Cause == recusal.CauseParty {
			if err := a.barParty(ctx, tx, c); err != nil {
				return nil, "", err
			}
		}
		return facts, c.ID, tx.Bump(ctx, store.GenerationAuthority)
	})
}

// barParty records the party of an upheld challenge on the issue, and on its case if
// there is one by now.
func (a *Recusal) barParty(ctx context.Context, tx *store.Tx, c *recusal.Challenge) error {
	issueID := c.ObjectID
	if c.ObjectKind == "case" {
		opened, err := tx.Case(ctx, c.ObjectID, roster.Scope{All: true})
		if err != nil {
			return err
		}
		issueID = opened.IssueID
	}
	i, err := tx.Issue(ctx, issueID, roster.Scope{All: true})
	if err != nil {
		return err
	}
	row := inquiry.Party{ObjectKind: kinds.Issue, ObjectID: i.ID, PersonID: c.OfficialID, Interest: inquiry.Interest(c.Kind),
		RecordedBy: c.FiledBy, RecordedOn: c.DecidedOn}
	row.ID = tx.NewID()
	if _, err := a.RecordParty(ctx, tx, &row); err != nil || i.CaseID == "" {
		return err
	}
	on := PartyOn(row, "case", i.CaseID)
	on.ID = tx.NewID()
	_, err = a.RecordParty(ctx, tx, on)
	return err
}

// WithdrawChallenge takes back a challenge that the actor filed.
func (a *Recusal) WithdrawChallenge(ctx context.Context, who *roster.Actor, in ChallengeWithdrawal) (desk.Receipt, error) {
	const op = "challenge.withdraw"
	return desk.Step(ctx, a.Desk, who, desk.Write{Op: op, Key: in.Key, Body: in}, in.Version,
		func(ctx context.Context, tx *store.Tx, _ roster.Scope) (*recusal.Challenge, error) {
			return tx.ChallengeBy(ctx, in.ID, who.Person)
		},
		func(ctx context.Context, tx *store.Tx, c *recusal.Challenge) error {
			return desk.Alter(ctx, tx, c, func(c *recusal.Challenge) error {
				return c.Withdraw(who.Person, roster.DateOf(tx.Now(), a.Zone()))
			})
		})
}

// ChallengeWithdrawal withdraws a challenge.
type ChallengeWithdrawal struct {
	ID      string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
}
