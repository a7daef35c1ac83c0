package selfcheck

import (
	"context"
	"strings"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// AmendmentView is one dated change of the roster with its words.
type AmendmentView struct {
	selfcheck.RosterAmendment
	Person string
	From   string // names of the units
	To     string
	Reason string
}

func (a *Selfcheck) amendments(ctx context.Context, v *store.View, who *roster.Actor, campaignID string) ([]AmendmentView, error) {
	rows, err := v.Amendments(ctx, campaignID, 100)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids, subs := make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		ids[i], subs[i] = r.ID, r.SubmissionID
	}
	texts, err := v.Texts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	owed, err := v.SubmissionsByID(ctx, subs)
	if err != nil {
		return nil, err
	}
	people := make([]string, 0, len(owed))
	for _, s := range owed {
		people = append(people, s.PersonID)
	}
	names, err := v.NamesOf(ctx, people)
	if err != nil {
		return nil, err
	}
	units, err := a.UnitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	out := make([]AmendmentView, len(rows))
	for i, r := range rows {
		s := owed[r.SubmissionID]
		out[i] = AmendmentView{RosterAmendment: r, Person: names[s.PersonID].Name, From: units[r.FromUnitID], To: units[r.ToUnitID],
			Reason: texts[r.ID]["reason"]}
		if s.PersonID == "" {
			out[i].Person = units[s.UnitID]
		}
	}
	return out, nil
}

// AmendInput adds a late joiner to the roster, or moves the unfiled lists of
// somebody transferred to his present unit.
type AmendInput struct {
	CampaignID string
	Number     string // personnel number
	Reason     string
	Key        string
}

// Validate judges the amendment by itself.
func (in AmendInput) Validate() error {
	if strings.TrimSpace(in.Number) == "" {
		return fault.Invalid("required", "number")
	}
	return selfcheck.CheckReason(in.Reason)
}

// AmendRoster amends the snapshot, dated today.
func (a *Selfcheck) AmendRoster(ctx context.Context, who *roster.Actor, in AmendInput) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: verbs.CampaignAmend, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		c, err := a.managed(ctx, &tx.View, who, in.CampaignID, roster.ActEdit)
		if err != nil {
			return nil, "", err
		}
		if c.State != selfcheck.CampaignOpen || !c.RosterDone {
			return nil, "", fault.Conflict("campaign_not_open")
		}
		today := roster.DateOf(tx.Now(), a.Zone())
		person, err := tx.PersonByNumber(ctx, strings.TrimSpace(in.Number))
		if err != nil {
			return nil, "", fault.Invalid("amend_nobody", "number").WithCause(err)
		}
		row, err := tx.RosterEntry(ctx, person.ID, c.UnitID, today)
		if err != nil {
			return nil, "", err
		}
		if row == nil {
			return nil, "", fault.Invalid("amend_nobody", "number")
		}
		if done, err := tx.Certified(ctx, c.ID, row.UnitID); err != nil {
			return nil, "", err
		} else if done {
			return nil, "", fault.Conflict("unit_certified")
		}
		have, err := tx.SubmissionsIn(ctx, c.ID, person.ID)
		if err != nil {
			return nil, "", err
		}
		var changed []*selfcheck.RosterAmendment
		for _, o := range row.Respondent().Owes(row.ParentID) {
			amendment := &selfcheck.RosterAmendment{CampaignID: c.ID, ToUnitID: o.UnitID, EffectiveOn: today}
			amendment.ID = tx.NewID()
			before := have[o.Audience]
			switch {
			case before == nil:
				s := selfcheck.NewSubmission(c, o, today)
				s.ID = tx.NewID()
				if err := tx.Insert(ctx, s); err != nil {
					return nil, "", err
				}
				amendment.Change, amendment.SubmissionID = selfcheck.Joined, s.ID
			case before.UnitID == o.UnitID && before.ReviewUnitID == o.ReviewUnitID:
				continue
			default:
				certified, err := tx.Certified(ctx, c.ID, before.UnitID)
				if err != nil {
					return nil, "", err
				}
				after, err := before.Transfer(o, certified)
				if err != nil {
					return nil, "", err
				}
				if err := tx.Save(ctx, before, &after); err != nil {
					return nil, "", err
				}
				amendment.Change, amendment.SubmissionID, amendment.FromUnitID = selfcheck.Transferred, before.ID, before.UnitID
			}
			if amendment.ReasonC, err = tx.PutText(ctx, amendment.ID, "reason", in.Reason); err != nil {
				return nil, "", err
			}
			changed = append(changed, amendment)
		}
		if len(changed) == 0 {
			return nil, "", fault.Conflict("amend_nothing")
		}
		if err := tx.Insert(ctx, changed); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.CampaignAmend, Kind: kinds.Campaign, ID: c.ID, Unit: row.UnitID}}, c.ID, nil
	})
}

// Restore takes an excuse back by a dated amendment of the roster.
func (a *Selfcheck) Restore(ctx context.Context, who *roster.Actor, in ExcuseInput) (desk.Receipt, error) {
	return desk.Step(ctx, a.Desk, who, desk.Write{Op: "submission.restore", Key: in.Key, Body: in}, in.Version, a.owedList(in.ID),
		func(ctx context.Context, tx *store.Tx, s *selfcheck.Submission) error {
			certified, err := othersList(ctx, tx, who, s)
			if err != nil {
				return err
			}
			c, err := tx.Campaign(ctx, s.CampaignID)
			if err != nil {
				return err
			}
			after, err := s.Restore(c, certified, in.Reason)
			if err != nil {
				return err
			}
			return a.saveAmended(ctx, tx, s, after, selfcheck.WasRestored, in.Reason)
		})
}

// owedList loads a list whose unit is within reach.
func (a *Selfcheck) owedList(id string) func(context.Context, *store.Tx, roster.Scope) (*selfcheck.Submission, error) {
	return func(ctx context.Context, tx *store.Tx, sc roster.Scope) (*selfcheck.Submission, error) {
		s, err := tx.Submission(ctx, id)
		if err != nil {
			return nil, err
		}
		target, err := a.UnitTarget(ctx, &tx.View, s.UnitID)
		if err == nil && !sc.Admits(target) {
			err = fault.NotFound()
		}
		return s, err
	}
}

// othersList refuses the actor's own list, and says whether the list's unit has certified.
func othersList(ctx context.Context, tx *store.Tx, who *roster.Actor, s *selfcheck.Submission) (certified bool, err error) {
	if s.PersonID != "" && s.PersonID == who.Person {
		return false, fault.Forbidden("own_list")
	}
	return tx.Certified(ctx, s.CampaignID, s.UnitID)
}

// saveAmended saves a list that is owed no more, or again, with a dated amendment.
func (a *Selfcheck) saveAmended(ctx context.Context, tx *store.Tx, before *selfcheck.Submission, after selfcheck.Submission,
	change selfcheck.Change, reason string) (err error) {
	row := &selfcheck.RosterAmendment{
		CampaignID: before.CampaignID, SubmissionID: before.ID, Change: change,
		FromUnitID: before.UnitID, EffectiveOn: roster.DateOf(tx.Now(), a.Zone()),
	}
	row.ID = tx.NewID()
	if row.ReasonC, err = tx.PutText(ctx, row.ID, "reason", reason); err != nil {
		return err
	}
	// The list keeps a text of its own, so that each row's commitment opens.
	if after.ReasonC, err = tx.PutText(ctx, before.ID, desk.NumberedField("reason", before.Version), reason); err != nil {
		return err
	}
	if err := tx.Insert(ctx, row); err != nil {
		return err
	}
	return tx.Save(ctx, before, &after)
}
