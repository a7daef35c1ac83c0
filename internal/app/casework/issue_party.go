package casework

import (
	"context"
	"slices"

	"plumbline/internal/app/desk"
	apprecusal "plumbline/internal/app/recusal"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// IssuePartyInput records somebody's interest in an issue. From then on he sees
// nothing of it, nor of a case opened on it.
type IssuePartyInput struct {
	IssueID  string           `json:"-"`
	Key      string           `json:"-"`
	Person   string           `json:"person"` // personnel number
	Interest inquiry.Interest `json:"interest"`
}

// Validate judges the input by itself.
func (in IssuePartyInput) Validate() error {
	return PartyInput{Person: in.Person, Interest: in.Interest}.Validate()
}

// AddIssueParty records a complainant, witness or other party on an issue, and on
// its case if there is one. Somebody else who works on the matter or decides about
// it is challenged instead; the id is then that of the challenge.
func (a *Casework) AddIssueParty(ctx context.Context, who *roster.Actor, in IssuePartyInput) (id string, r desk.Receipt, err error) {
	const op = "issue.party"
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		i, err := a.IssueFor(ctx, tx, who, in.IssueID, roster.ActTriage, roster.KindIssue)
		if err != nil {
			return nil, "", err
		}
		p, err := tx.PersonByNumber(ctx, roster.FoldNumber(in.Person))
		if store.Missing(err) {
			return nil, "", fault.Invalid("person_unknown", "person")
		}
		if err != nil {
			return nil, "", err
		}
		if c, fact, err := a.recusal.ChallengeParty(ctx, tx, who, i, "issue", i.ID, p, in.Interest); err != nil {
			return nil, "", err
		} else if c != nil {
			id = c.ID
			return []ledger.Fact{fact}, c.ID, nil
		}
		row := &inquiry.Party{ObjectKind: kinds.Issue, ObjectID: i.ID, PersonID: p.ID, Interest: in.Interest, RecordedBy: who.Person,
			RecordedOn: roster.DateOf(tx.Now(), a.Zone())}
		row.ID = tx.NewID()
		fresh, err := a.recusal.RecordParty(ctx, tx, row)
		if err != nil {
			return nil, "", err
		}
		if !fresh {
			return nil, "", fault.Conflict("party_exists")
		}
		id = row.ID
		if i.CaseID != "" {
			if _, err := a.recusal.RecordParty(ctx, tx, apprecusal.PartyOn(*row, "case", i.CaseID)); err != nil {
				return nil, "", err
			}
		}
		return []ledger.Fact{{Verb: op, Kind: string(roster.KindIssue), ID: i.ID, Unit: i.UnitID}}, row.ID, tx.Bump(ctx,
			store.GenerationAuthority)
	})
	return desk.PickID(id, r), r, err
}

// inheritParties bars everybody who is barred from the issue from its new case.
func inheritParties(ctx context.Context, tx *store.Tx, issueID, caseID string) error {
	have, err := tx.StandingParties(ctx, issueID)
	if err != nil || len(have) == 0 {
		return err
	}
	for _, p := range have { // one or two
		if err := tx.Insert(ctx, apprecusal.PartyOn(p, "case", caseID)); err != nil {
			return err
		}
	}
	return tx.Bump(ctx, store.GenerationAuthority)
}

// issueParties fills in the parties for those who may record them.
func (a *Casework) issueParties(ctx context.Context, v *store.View, who *roster.Actor, d *IssueDetail) error {
	sc, err := a.Scope(ctx, v, who, roster.ActTriage, roster.KindIssue)
	if err != nil || !sc.Admits(desk.Target(d.Issue)) {
		return err
	}
	d.MayParty = true
	rows, err := v.PartiesOf(ctx, d.ID)
	if err != nil {
		return err
	}
	var people []string
	for _, p := range rows {
		people = append(people, p.PersonID)
	}
	n, err := a.Names(ctx, v, who, people, nil)
	if err != nil {
		return err
	}
	if d.Parties, err = partyViews(ctx, v, n, rows); err != nil {
		return err
	}
	asked, err := a.challengedParties(ctx, v, who, d.ID, d.CaseID)
	d.Parties = append(d.Parties, asked...)
	return err
}

// challengedParties shows officials who were to be recorded as parties, as long as
// their challenge is not upheld.
func (a *Casework) challengedParties(ctx context.Context, v *store.View, who *roster.Actor, issueID,
	caseID string) (out []PartyView, err error) {
	by, err := v.ChallengesOf(ctx, issueID, caseID)
	if err != nil {
		return nil, err
	}
	rows := slices.Concat(by[issueID], by[caseID])
	var people []string
	for _, c := range rows {
		people = append(people, c.OfficialID)
	}
	n, err := a.Names(ctx, v, who, people, nil)
	if err != nil {
		return nil, err
	}
	for _, c := range rows {
		if c.State != recusal.Upheld && c.OfficialID != who.Person {
			out = append(out, PartyView{ID: c.ID, Person: n.Person(c.OfficialID), Interest: inquiry.Interest(c.Kind), On: c.FiledOn,
				Challenge: c.State})
		}
	}
	return out, nil
}

// partyViews shows parties, including those recorded by mistake.
func partyViews(ctx context.Context, v *store.View, n desk.Names, rows []inquiry.Party) ([]PartyView, error) {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	voids, err := v.Voids(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]PartyView, 0, len(rows))
	for _, p := range rows {
		view := PartyView{ID: p.ID, Person: n.Person(p.PersonID), Interest: p.Interest, On: p.RecordedOn}
		if void := voids[p.ID]; void != nil {
			view.VoidedOn = void.VoidedOn
		}
		out = append(out, view)
	}
	return out, nil
}
