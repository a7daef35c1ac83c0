package selfcheck

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// acceptMax bounds how many lists one act accepts.
const acceptMax = 200

// ReviewRow is one list in a reviewer's list.
type ReviewRow struct {
	selfcheck.Submission
	Name   string // of the person, or of the unit for its own list
	Number string
	Unit   string
}

// ReviewQuery asks for a page of the lists that the actor reviews.
type ReviewQuery struct {
	selfcheck.ReviewFilter
	Cursor string
	Limit  int
}

// reviewed is the target by which the reviewer of a list is authorized: the unit
// that reviews it.
func reviewed(s *selfcheck.Submission) roster.Target {
	return roster.Target{ID: s.ID, Unit: s.ReviewUnitID, Person: s.PersonID, EventOn: s.EventOn}
}

// Reviews lists what the actor reviews, a page at a time, with the exact count.
func (a *Selfcheck) Reviews(ctx context.Context, who *roster.Actor,
	in ReviewQuery) (rows []ReviewRow, total int64, next string, err error) {
	next, err = a.ReadPage(ctx, who, "review.list", in.Cursor, in.Limit, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		subs, err := v.ReviewList(ctx, in.ReviewFilter, sc, p.AfterID(), p.Limit+1)
		if err != nil {
			return err
		}
		if total, err = v.ReviewCount(ctx, in.ReviewFilter, sc); err != nil {
			return err
		}
		subs = desk.Cut(p, subs, func(r selfcheck.Submission) []string { return []string{r.ID} })
		rows, err = a.named(ctx, v, who, subs)
		return err
	})
	return rows, total, next, err
}

// named adds names to lists.
func (a *Selfcheck) named(ctx context.Context, v *store.View, who *roster.Actor, subs []selfcheck.Submission) ([]ReviewRow, error) {
	people := make([]string, 0, len(subs))
	for i := range subs {
		if subs[i].PersonID != "" {
			people = append(people, subs[i].PersonID)
		}
	}
	names, err := v.NamesOf(ctx, people)
	if err != nil {
		return nil, err
	}
	units, err := a.UnitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	out := make([]ReviewRow, len(subs))
	for i, s := range subs {
		out[i] = ReviewRow{Submission: s, Name: names[s.PersonID].Name, Number: names[s.PersonID].PersonnelNo, Unit: units[s.UnitID]}
		if s.PersonID == "" {
			out[i].Name = units[s.UnitID]
		}
	}
	return out, nil
}

// Review is one list as shown to its reviewer: without the items that name a leader,
// answered or not.
type Review struct {
	ReviewRow
	Campaign  selfcheck.Campaign
	Items     []selfcheck.ChecklistItem
	Answers   []selfcheck.Answer
	Issues    []SaidIssue
	Reason    string // why it was last returned
	Certified bool
}

// Review opens a list that the actor reviews.
func (a *Selfcheck) Review(ctx context.Context, who *roster.Actor, id string) (*Review, error) {
	var out *Review
	err := a.Read(ctx, who, "review.read", func(ctx context.Context, v *store.View) error {
		s, err := a.toReview(ctx, v, who, id, roster.ActRead)
		if err != nil {
			return err
		}
		rows, err := a.named(ctx, v, who, []selfcheck.Submission{*s})
		if err != nil {
			return err
		}
		list, err := a.openList(ctx, v, who, s)
		if err != nil {
			return err
		}
		out = &Review{ReviewRow: rows[0], Campaign: list.Campaign, Items: list.Items, Reason: list.Reason}
		out.Answers = selfcheck.VisibleTo(list.Answers, []string{s.ReviewUnitID})
		seen := make(map[int64]bool, len(out.Answers))
		for _, x := range out.Answers {
			seen[x.ItemNo] = true
		}
		for _, i := range list.Issues {
			if seen[i.ItemNo] {
				out.Issues = append(out.Issues, i)
			}
		}
		out.Certified, err = v.Certified(ctx, s.CampaignID, s.UnitID)
		return err
	})
	return out, err
}

// toReview loads a list under the reviewer's scope. A list that has not been filed
// does not exist for him.
func (a *Selfcheck) toReview(ctx context.Context, v *store.View, who *roster.Actor, id string,
	act roster.Act) (*selfcheck.Submission, error) {
	s, err := v.Submission(ctx, id)
	if err != nil {
		return nil, err
	}
	sc, err := a.Scope(ctx, v, who, act, roster.KindSubmission)
	if err != nil {
		return nil, err
	}
	if !sc.Admits(reviewed(s)) || s.Round == 0 {
		return nil, fault.NotFound()
	}
	return s, nil
}

// AcceptInput accepts one list.
type AcceptInput struct {
	ID      string
	Version int64
	Key     string
}

// AcceptList accepts a list.
func (a *Selfcheck) AcceptList(ctx context.Context, who *roster.Actor, in AcceptInput) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: "review.accept", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		fact, err := a.accept(ctx, tx, who, in.ID, in.Version)
		return []ledger.Fact{fact}, in.ID, err
	})
}

func (a *Selfcheck) accept(ctx context.Context, tx *store.Tx, who *roster.Actor, id string, version int64) (ledger.Fact, error) {
	before, err := a.toReview(ctx, &tx.View, who, id, roster.ActAccept)
	if err != nil {
		return ledger.Fact{}, err
	}
	if version != before.Version {
		return ledger.Fact{}, fault.Conflict("stale_version", "Current", before.Version)
	}
	after, err := before.Accept(who.Person, tx.Now())
	if err != nil {
		return ledger.Fact{}, err
	}
	return ledger.Fact{Verb: verbs.SubmissionAccept, Kind: kinds.Submission, ID: id, Unit: after.UnitID}, tx.Save(ctx, before, &after)
}

// AcceptManyInput accepts several lists, each at the version that was seen.
type AcceptManyInput struct {
	Lists []AcceptInput
	Key   string
}

// Validate judges the choice by itself.
func (in AcceptManyInput) Validate() error {
	if len(in.Lists) == 0 {
		return fault.Invalid("required", "lists")
	}
	if len(in.Lists) > acceptMax {
		return fault.Invalid("too_many_chosen", "lists", "Max", acceptMax)
	}
	return nil
}

// AcceptLists accepts all of the lists or none.
func (a *Selfcheck) AcceptLists(ctx context.Context, who *roster.Actor, in AcceptManyInput) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: "review.accept_many", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		facts := make([]ledger.Fact, 0, len(in.Lists))
		for _, l := range in.Lists { // each has its own version, digest and entry
			fact, err := a.accept(ctx, tx, who, l.ID, l.Version)
			if err != nil {
				return nil, "", err
			}
			facts = append(facts, fact)
		}
		return facts, in.Lists[0].ID, nil
	})
}

// ReturnInput returns a list with a reason.
type ReturnInput struct {
	ID      string
	Version int64
	Reason  string
	Key     string
}

// Validate judges the reason by itself.
func (in ReturnInput) Validate() error { return selfcheck.CheckReason(in.Reason) }

// ReturnList returns a list to its respondent, who sees the reason.
func (a *Selfcheck) ReturnList(ctx context.Context, who *roster.Actor, in ReturnInput) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: "review.return", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := a.toReview(ctx, &tx.View, who, in.ID, roster.ActReturn)
		if err != nil {
			return nil, "", err
		}
		if in.Version != before.Version {
			return nil, "", fault.Conflict("stale_version", "Current", before.Version)
		}
		c, err := tx.Campaign(ctx, before.CampaignID)
		if err != nil {
			return nil, "", err
		}
		if c.State != selfcheck.CampaignOpen { // it could never be filed again
			return nil, "", fault.Conflict("campaign_not_open")
		}
		certified, err := tx.Certified(ctx, before.CampaignID, before.UnitID)
		if err != nil {
			return nil, "", err
		}
		after, err := before.Return(who.Person, in.Reason, certified, tx.Now())
		if err != nil {
			return nil, "", err
		}
		row := &selfcheck.SubmissionReturn{SubmissionID: before.ID, Round: before.Round, ReturnedBy: who.Person}
		row.ID = tx.NewID()
		if row.ReasonC, err = tx.PutText(ctx, row.ID, "reason", in.Reason); err != nil {
			return nil, "", err
		}
		if err := tx.Insert(ctx, row); err != nil {
			return nil, "", err
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.SubmissionReturn, Kind: kinds.Submission, ID: before.ID, Unit: before.UnitID}}, before.ID, nil
	})
}
