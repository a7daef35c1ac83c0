package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/issue"
	"plumbline/internal/rectify"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// FileTask is a rectification on a person's file.
type FileTask struct {
	ID           string        `json:"id"` // "" where the reader may not open it
	Ref          string        `json:"ref"`
	IssueID      string        `json:"issue_id"`
	Category     string        `json:"category"`
	State        rectify.State `json:"state"`
	DispatchedOn roster.Date   `json:"dispatched_on"`
	DueOn        roster.Date   `json:"due_on"`
	DoneOn       roster.Date   `json:"done_on,omitempty"`
	Lead         string        `json:"lead_unit"`
}

// FileList is a self-check list on a person's file: when it was filed, and nothing
// of its content.
type FileList struct {
	ID         string             `json:"id"` // for the person himself
	CampaignID string             `json:"campaign_id"`
	Campaign   string             `json:"campaign"`
	Audience   selfcheck.Audience `json:"audience"`
	State      selfcheck.State    `json:"state"`
	FirstFiled *time.Time         `json:"first_filed_at,omitempty"`
	FiledAt    *time.Time         `json:"filed_at,omitempty"`
}

// fileLines adds the tasks that resulted from the issues on the file, and the
// person's lists.
func (a *Casework) fileLines(ctx context.Context, v *store.View, who *roster.Actor, person string, ids []string, own bool, f *File) error {
	f.Tasks, f.Lists = []FileTask{}, []FileList{}
	sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindRectification)
	if err != nil {
		return err
	}
	tasks, err := v.RectificationsOn(ctx, ids)
	if err != nil {
		return err
	}
	units, err := a.UnitNames(ctx, v, who.Lang)
	if err != nil {
		return err
	}
	for i := range tasks {
		t := &tasks[i]
		line := FileTask{Ref: t.Ref, IssueID: t.IssueID, Category: t.Category, State: t.State, DispatchedOn: t.DispatchedOn, DueOn: t.DueOn,
			DoneOn: max(t.VerifiedOn, t.StruckOn), Lead: units[t.LeadUnitID]}
		if !own && sc.Admits(desk.Spot(t.ID, t.UnitID, t.BranchID, t.PersonID, t.EventOn)) {
			line.ID = t.ID
		}
		f.Tasks = append(f.Tasks, line)
	}
	subs, err := v.SubmissionsOf(ctx, person, nil)
	if err != nil {
		return err
	}
	titles := make(map[string]string)
	for i := range subs {
		s := &subs[i]
		if _, read := titles[s.CampaignID]; !read { // a few campaigns in a career
			c, err := v.Campaign(ctx, s.CampaignID)
			if err != nil && !store.Missing(err) {
				return err
			}
			titles[s.CampaignID] = ""
			if err == nil {
				titles[s.CampaignID] = c.Title
			}
		}
		line := FileList{CampaignID: s.CampaignID, Campaign: titles[s.CampaignID], Audience: s.Audience, State: s.State,
			FirstFiled: s.FirstFiledAt, FiledAt: s.FiledAt}
		if own {
			line.ID = s.ID
		}
		f.Lists = append(f.Lists, line)
	}
	return nil
}

// corrections returns, for each granted request, what was done to the issue since:
// the entries that name it. None means that the correction is still to come.
func (a *Casework) corrections(ctx context.Context, v *store.View, i *issue.Issue, said []StatementDetail) error {
	if !slices.ContainsFunc(said, func(s StatementDetail) bool { return s.State == issue.Granted }) {
		return nil
	}
	entries, err := v.EntriesOf(ctx, i.ID)
	if err != nil {
		return err
	}
	for n := range said {
		s := &said[n]
		if s.State != issue.Granted {
			continue
		}
		answers, err := v.EntriesOf(ctx, s.ID)
		if err != nil {
			return err
		}
		granted := int64(-1)
		for _, e := range answers {
			if e.Verb == "statement.answer" {
				granted = e.Seq
			}
		}
		s.Changed = []HistoryLine{}
		for _, e := range entries {
			if e.Seq > granted && granted >= 0 && strings.HasPrefix(e.Verb, "issue.") && e.Verb != "issue.notify" &&
				e.Verb != issue.VerbCompare {
				s.Changed = append(s.Changed, HistoryLine{e.Seq, e.At, e.Verb})
			}
		}
		if len(s.Changed) == 0 && !i.State.Live() && i.SettledAt != nil { // its match was undone, or its batch withdrawn
			s.Changed = append(s.Changed, HistoryLine{-1, *i.SettledAt, "issue.withdraw"})
		}
	}
	return nil
}
