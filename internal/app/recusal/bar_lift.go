package recusal

import (
	"context"
	"slices"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// The acts that lift a bar. Nobody does so alone: one proposes, and the deciding
// body of the tier that decides about the two agrees.
const (
	opRelationEnd    = "relation.end"
	opRelationVoid   = "relation.void"
	opIssuePartyVoid = "issue.party_void"
	opCasePartyVoid  = "case.party_void"
)

func (a *Recusal) registerBarLift() {
	of := func(in *VoidInput, id string) { in.ID = id }
	a.Register(opRelationEnd, approval.Act{Run: approval.Typed(func(in *RelationEnd, id string) { in.ID = id }, a.endRelation),
		Show: a.showRelation})
	a.Register(opRelationVoid, approval.Act{Run: approval.Typed(of, a.voidRelationRow), Show: a.showRelation})
	a.Register(opIssuePartyVoid, approval.Act{Run: approval.Typed(of, a.voidIssueParty), Show: a.showParty})
	a.Register(opCasePartyVoid, approval.Act{Run: approval.Typed(of, a.voidCaseParty), Show: a.showParty})
}

// RelationEnd ends a relation on a day.
type RelationEnd struct {
	ID      string      `json:"-"`
	Key     string      `json:"-"`
	Version int64       `json:"version,omitempty"`
	ToOn    roster.Date `json:"to,omitempty"` // last day; "" is the day on which it is approved
}

// ended returns the relation as the end leaves it.
func (in RelationEnd) ended(r roster.Relation, today roster.Date) (roster.Relation, error) {
	if r.ToOn = in.ToOn; r.ToOn == "" {
		r.ToOn = today
	} else if _, err := roster.ParseDate(string(r.ToOn)); err != nil {
		return r, fault.As(err).WithField("to")
	}
	if r.ToOn < r.FromOn {
		return r, fault.Invalid("period_reversed", "to")
	}
	return r, nil
}

// EndRelation proposes to end a relation. Only a records officer may: nobody lifts
// his own bar. It returns the proposal's id.
func (a *Recusal) EndRelation(ctx context.Context, who *roster.Actor, in RelationEnd) (id string, r desk.Receipt, err error) {
	r, err = a.Write(ctx, who, desk.Write{Op: opRelationEnd, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		row, err := a.relationFor(ctx, tx, who, in.ID, in.Version)
		if err != nil {
			return nil, "", err
		}
		if _, err := in.ended(*row, roster.DateOf(tx.Now(), a.Zone())); err != nil {
			return nil, "", err
		}
		return a.proposeOnRelation(ctx, tx, who, opRelationEnd, row, in, "")
	})
	return r.ResultID, r, err
}

// VoidRelation proposes to void a relation. As with ending one, only a records
// officer whom it does not concern may. It returns the proposal's id.
func (a *Recusal) VoidRelation(ctx context.Context, who *roster.Actor, in VoidInput) (id string, r desk.Receipt, err error) {
	r, err = a.Write(ctx, who, desk.Write{Op: opRelationVoid, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		row, err := a.relationFor(ctx, tx, who, in.ID, in.Version)
		if err != nil {
			return nil, "", err
		}
		return a.proposeOnRelation(ctx, tx, who, opRelationVoid, row, in, in.Reason)
	})
	return r.ResultID, r, err
}

// proposeOnRelation puts the proposal to the tier that decides about both people.
func (a *Recusal) proposeOnRelation(ctx context.Context, tx *store.Tx, who *roster.Actor, op string, r *roster.Relation, in any,
	reason string) ([]ledger.Fact, string, error) {
	today := roster.DateOf(tx.Now(), a.Zone())
	tree, err := a.Tree(ctx, &tx.View)
	if err != nil {
		return nil, "", err
	}
	p := consent.Proposal{Op: op, ObjectKind: voidRelation, ObjectID: r.ID, UnitID: tree.Bureau(), PersonID: r.PersonID, Ground: "lift_bar",
		Approver: roster.RoleDecidingBody, DecideTier: desk.LowestTier, Excluded: consent.Join([]string{r.PersonID, r.OtherID}, "")}
	for _, person := range []string{r.OtherID, r.PersonID} { // the two
		posted, err := tx.PostingsOn(ctx, []string{person}, today)
		if err != nil {
			return nil, "", err
		}
		if len(posted) == 0 {
			continue
		}
		tier, err := a.SubjectTier(ctx, &tx.View, person, posted[0].UnitID, today)
		if err != nil {
			return nil, "", err
		}
		p.UnitID, p.DecideTier = posted[0].UnitID, min(p.DecideTier, max(tier, 0))
	}
	return a.Propose(ctx, tx, who, p, in, reason)
}

func (a *Recusal) endRelation(ctx context.Context, tx *store.Tx, g approval.Approved, in RelationEnd) ([]ledger.Fact, error) {
	before, err := a.relationFor(ctx, tx, g.Proposer, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	after, err := in.ended(*before, roster.DateOf(tx.Now(), a.Zone()))
	if err != nil {
		return nil, err
	}
	if err := tx.Save(ctx, before, &after); err != nil {
		return nil, err
	}
	return []ledger.Fact{{Verb: opRelationEnd, Kind: voidRelation, ID: before.ID}}, tx.Bump(ctx, store.GenerationAuthority)
}

func (a *Recusal) voidRelationRow(ctx context.Context, tx *store.Tx, g approval.Approved, in VoidInput) ([]ledger.Fact, error) {
	r, err := a.relationFor(ctx, tx, g.Proposer, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	if err := a.void(ctx, tx, g.Proposer, voidRelation, r.ID, in.Reason); err != nil {
		return nil, err
	}
	return []ledger.Fact{{Verb: opRelationVoid, Kind: voidRelation, ID: r.ID}}, tx.Bump(ctx, store.GenerationAuthority)
}

// partyMatter is the issue or case whose party is to be voided.
type partyMatter struct {
	op, kind, object, issueID, caseID string
	unit, person                      string
	eventOn                           roster.Date
	party                             inquiry.Party
}

// VoidIssueParty proposes to void a party to an issue, and to its case if there
// is one. It returns the proposal's id.
func (a *Recusal) VoidIssueParty(ctx context.Context, who *roster.Actor, in VoidInput) (id string, r desk.Receipt, err error) {
	return a.proposeVoidParty(ctx, who, opIssuePartyVoid, in)
}

// VoidCaseParty proposes to void a party to a case and to the issue on which it was
// opened. It returns the proposal's id.
func (a *Recusal) VoidCaseParty(ctx context.Context, who *roster.Actor, in VoidInput) (id string, r desk.Receipt, err error) {
	return a.proposeVoidParty(ctx, who, opCasePartyVoid, in)
}

func (a *Recusal) proposeVoidParty(ctx context.Context, who *roster.Actor, op string, in VoidInput) (string, desk.Receipt, error) {
	r, err := a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		m, err := a.partyMatterFor(ctx, tx, who, op, in)
		if err != nil {
			return nil, "", err
		}
		tier := desk.LowestTier
		if m.person != "" {
			if tier, err = a.SubjectTier(ctx, &tx.View, m.person, m.unit, m.eventOn); err != nil {
				return nil, "", err
			}
		}
		return a.Propose(ctx, tx, who, consent.Proposal{Op: op, ObjectKind: m.kind, ObjectID: m.object, MatterID: m.object, UnitID: m.unit,
			PersonID: m.person, EventOn: m.eventOn,
			Ground: "lift_bar", Approver: roster.RoleDecidingBody, DecideTier: max(tier,
				0), Excluded: consent.Join([]string{m.party.PersonID}, "")}, in, in.Reason)
	})
	return r.ResultID, r, err
}

// partyMatterFor loads the matter and its party for somebody who may record
// parties there.
func (a *Recusal) partyMatterFor(ctx context.Context, tx *store.Tx, who *roster.Actor, op string, in VoidInput) (*partyMatter, error) {
	m := &partyMatter{op: op}
	if op == opIssuePartyVoid {
		i, err := a.IssueFor(ctx, tx, who, in.ID, roster.ActTriage, roster.KindIssue)
		if err != nil {
			return nil, err
		}
		m.of(i)
		m.kind, m.object = "issue", i.ID
	} else {
		sc, err := a.Scope(ctx, &tx.View, who, roster.ActAssign, roster.KindCase)
		if err != nil {
			return nil, err
		}
		c, err := tx.Case(ctx, in.ID, sc)
		if err != nil {
			return nil, err
		}
		m.issueID, m.caseID, m.unit, m.person, m.eventOn = c.IssueID, c.ID, c.UnitID, c.PersonID, c.EventOn
		m.kind, m.object = "case", c.ID
	}
	have, err := tx.StandingParties(ctx, m.object)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(have, func(p inquiry.Party) bool { return p.ID == in.Party })
	if at < 0 {
		return nil, fault.Invalid("party_unknown", "party")
	}
	m.party = have[at]
	if m.caseID == "" || m.party.Interest != inquiry.InterestSubject {
		return m, nil
	}
	f, err := tx.CaseFile(ctx, m.caseID)
	if err == nil && slices.ContainsFunc(f.Tracks, func(t inquiry.Track) bool { return t.PersonID == m.party.PersonID }) {
		err = fault.Conflict("party_of_track")
	}
	return m, err
}

func (m *partyMatter) of(i *issue.Issue) {
	m.issueID, m.caseID, m.unit, m.person, m.eventOn = i.ID, i.CaseID, i.UnitID, i.PersonID, i.EventOn
}

func (a *Recusal) voidIssueParty(ctx context.Context, tx *store.Tx, g approval.Approved, in VoidInput) ([]ledger.Fact, error) {
	return a.voidParty(ctx, tx, g, opIssuePartyVoid, in)
}

func (a *Recusal) voidCaseParty(ctx context.Context, tx *store.Tx, g approval.Approved, in VoidInput) ([]ledger.Fact, error) {
	return a.voidParty(ctx, tx, g, opCasePartyVoid, in)
}

// voidParty voids the party on the issue and the case: barred from one of them, he
// would still count as a party.
func (a *Recusal) voidParty(ctx context.Context, tx *store.Tx, g approval.Approved, op string, in VoidInput) ([]ledger.Fact, error) {
	m, err := a.partyMatterFor(ctx, tx, g.Proposer, op, in)
	if err != nil {
		return nil, err
	}
	for _, object := range []string{m.issueID, m.caseID} { // "" has none
		have, err := tx.StandingParties(ctx, object)
		if err != nil {
			return nil, err
		}
		for _, p := range have {
			if p.PersonID == m.party.PersonID && p.Interest == m.party.Interest {
				if err := a.void(ctx, tx, g.Proposer, voidParty, p.ID, in.Reason); err != nil {
					return nil, err
				}
			}
		}
	}
	return []ledger.Fact{{Verb: op, Kind: m.kind, ID: m.object, Unit: m.unit}}, tx.Bump(ctx, store.GenerationAuthority)
}
