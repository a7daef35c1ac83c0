package selfcheck

import (
	"context"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// mine loads a list that the actor signs: his own, or that of a unit he heads. Any
// other does not exist for him.
func mine(ctx context.Context, v *store.View, who *roster.Actor, id string) (*selfcheck.Submission, error) {
	s, err := v.Submission(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ownList(who, s) {
		return nil, fault.NotFound()
	}
	return s, nil
}

func ownList(who *roster.Actor, s *selfcheck.Submission) bool {
	if s.PersonID != "" {
		return s.PersonID == who.Person
	}
	return who.Person != "" && who.HoldsAt(roster.RoleUnitHead, s.UnitID)
}

// SaidIssue is a declared issue as shown to its respondent and its reviewer.
type SaidIssue struct {
	selfcheck.Declared
	ItemNo   int64
	State    issue.State
	Severity int
	Added    roster.Date // set for a supplement: the day it was added
}

// SubmissionView is one list with everything that its respondent sees.
type SubmissionView struct {
	OwnSubmission
	Checklist selfcheck.Checklist
	Items     []selfcheck.ChecklistItem
	Draft     []selfcheck.ItemAnswer // what is saved; before the first save of a returned list, what was filed
	Seq       map[int64]int64        // sequence number of each saved answer
	Answers   []selfcheck.Answer     // of the current round
	Issues    []SaidIssue
	Leaders   []selfcheck.Leader // who may be named
	Details   map[int64][]string // what the respondent's units added under an item
}

// List opens the actor's own list.
func (a *Selfcheck) List(ctx context.Context, who *roster.Actor, id string) (*SubmissionView, error) {
	var out *SubmissionView
	err := a.Read(ctx, who, "submission.read_own", func(ctx context.Context, v *store.View) error {
		s, err := mine(ctx, v, who, id)
		if err != nil {
			return err
		}
		out, err = a.openList(ctx, v, who, s)
		return err
	})
	return out, err
}

func (a *Selfcheck) openList(ctx context.Context, v *store.View, who *roster.Actor, s *selfcheck.Submission) (*SubmissionView, error) {
	out := &SubmissionView{OwnSubmission: OwnSubmission{Submission: *s}, Seq: map[int64]int64{}}
	c, err := v.Campaign(ctx, s.CampaignID)
	if err != nil {
		return nil, err
	}
	out.Campaign = *c
	list, err := v.Checklist(ctx, s.ChecklistID)
	if err != nil {
		return nil, err
	}
	out.Checklist = *list
	if out.Items, err = a.items(ctx, v, s.ChecklistID); err != nil {
		return nil, err
	}
	if out.Details, err = a.detailsFor(ctx, v, who.Lang, s.ChecklistID, s.UnitID); err != nil {
		return nil, err
	}
	if s.Round > 0 {
		if out.Answers, err = v.Answers(ctx, s.ID, s.Round); err != nil {
			return nil, err
		}
	}
	if out.Issues, err = a.saidIssues(ctx, v, s.ID); err != nil {
		return nil, err
	}
	reasons, err := a.returnReasons(ctx, v, []string{s.ID})
	if err != nil {
		return nil, err
	}
	out.Reason = reasons[s.ID]
	units, err := a.UnitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	out.Unit = units[s.UnitID]
	if s.State != selfcheck.Assigned && s.State != selfcheck.Returned {
		return out, nil
	}
	if out.Leaders, err = v.LeadersAbove(ctx, s.PersonID, s.UnitID, a.Today()); err != nil {
		return nil, err
	}
	drafts, err := v.Drafts(ctx, s)
	if err != nil {
		return nil, err
	}
	return out, out.mergeDrafts(drafts)
}

// mergeDrafts overlays saved drafts on what was filed before: a returned list starts
// from its last round.
func (l *SubmissionView) mergeDrafts(drafts []selfcheck.Draft) error {
	at := make(map[int64]selfcheck.ItemAnswer, len(l.Items))
	for _, f := range l.Answers {
		at[f.ItemNo] = selfcheck.ItemAnswer{ItemNo: f.ItemNo, Nil: f.Nil, LeaderID: f.LeaderID}
	}
	for _, i := range l.Issues {
		if i.State == issue.Withdrawn {
			continue
		}
		a := at[i.ItemNo]
		a.Issues = append(a.Issues, i.Declared)
		at[i.ItemNo] = a
	}
	for _, d := range drafts {
		a, err := d.Answer()
		if err != nil {
			return err
		}
		at[d.ItemNo] = a
		l.Seq[d.ItemNo] = d.Seq
	}
	l.Drafted = 0
	for _, it := range l.Items {
		if a, ok := at[it.No]; ok {
			a.ItemNo = it.No
			l.Draft = append(l.Draft, a)
			if a.Answered() {
				l.Drafted++
			}
		}
	}
	return nil
}

// saidIssues reads what a list declared, with its texts.
func (a *Selfcheck) saidIssues(ctx context.Context, v *store.View, submissionID string) ([]SaidIssue, error) {
	rows, err := v.IssuesOfSubmission(ctx, submissionID)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	texts, err := v.Texts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	added, err := v.Supplements(ctx, submissionID)
	if err != nil {
		return nil, err
	}
	on := make(map[string]roster.Date, len(added))
	for _, s := range added {
		on[s.IssueID] = s.AddedOn
	}
	out := make([]SaidIssue, len(rows))
	for i, r := range rows {
		out[i] = SaidIssue{Declared: selfcheck.Declared{IssueID: r.ID, EventOn: r.EventOn, Text: issue.Narrative(texts[r.ID])},
			ItemNo: int64(r.ItemNo), State: r.State, Severity: r.Severity, Added: on[r.ID]}
	}
	return out, nil
}

// OwnSubmission is one list that the actor owes or signs, as his home page shows it.
type OwnSubmission struct {
	selfcheck.Submission
	Campaign selfcheck.Campaign
	Unit     string // name of the unit, for a unit's own list
	Drafted  int    // items with a saved answer
	Reason   string // why it was returned
}

// returnReasons returns why each list was last returned.
func (a *Selfcheck) returnReasons(ctx context.Context, v *store.View, ids []string) (map[string]string, error) {
	returns, err := v.LastReturns(ctx, ids)
	if err != nil || len(returns) == 0 {
		return nil, err
	}
	rows := make([]string, 0, len(returns))
	for _, r := range returns {
		rows = append(rows, r.ID)
	}
	texts, err := v.Texts(ctx, rows...)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(returns))
	for id, r := range returns {
		out[id] = texts[r.ID]["reason"]
	}
	return out, nil
}

// MyLists lists what the actor owes or signs, newest first.
func (a *Selfcheck) MyLists(ctx context.Context, who *roster.Actor) (out []OwnSubmission, err error) {
	err = a.Read(ctx, who, "submission.list_own", func(ctx context.Context, v *store.View) error {
		out, err = a.ListsOf(ctx, v, who)
		return err
	})
	return out, err
}

// ListsOf is MyLists inside a read.
func (a *Selfcheck) ListsOf(ctx context.Context, v *store.View, who *roster.Actor) ([]OwnSubmission, error) {
	subs, err := v.SubmissionsOf(ctx, who.Person, desk.UnitsLed(who))
	if err != nil || len(subs) == 0 {
		return nil, err
	}
	campaigns, err := v.RunningCampaigns(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]selfcheck.Campaign, len(campaigns))
	for _, c := range campaigns {
		byID[c.ID] = c
	}
	var out []OwnSubmission
	var ids []string
	for _, s := range subs {
		c, running := byID[s.CampaignID]
		if !running {
			if c0, err := v.Campaign(ctx, s.CampaignID); err != nil { // closed ones: a few in a career
				return nil, err
			} else {
				c = *c0
				byID[c.ID] = c
			}
		}
		out = append(out, OwnSubmission{Submission: s, Campaign: c})
		ids = append(ids, s.ID)
	}
	drafted, err := v.DraftCounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	reasons, err := a.returnReasons(ctx, v, ids)
	if err != nil {
		return nil, err
	}
	units, err := a.UnitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Drafted = drafted[out[i].ID]
		if out[i].State == selfcheck.Returned {
			out[i].Reason = reasons[out[i].ID]
		}
		if out[i].PersonID == "" {
			out[i].Unit = units[out[i].UnitID]
		}
	}
	return out, nil
}
