package api

import (
	"context"
	"time"

	"plumbline/internal/issue"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// found is an audit issue about the place's person, as a change leaves it.
func (w *world) found(ctx context.Context, tx *store.Tx, at place, change func(i *issue.Issue)) (*issue.Issue, error) {
	id := tx.NewID()
	c, err := tx.PutText(ctx, id, "narrative", "来信反映的情况")
	if err != nil {
		return nil, err
	}
	i := issue.NewAudit(issue.Found{ID: id, SourceCode: "petition", Person: w.People[at.person], Unit: w.Units[at.unit], Tier: 3,
		Category: "interview",
		Severity: 1, EventOn: "2026-01-05", ReceivedOn: "2026-01-06", At: tx.Now(), Record: tx.NewID(), NarrativeC: c})
	if change != nil {
		change(i)
	}
	return i, tx.AddIssues(ctx, []*issue.Issue{i}, issue.TimingOf(w.App.Pack()))
}

// issue plants one and changes it as the comparison with others left it.
func (w *world) issue(at place, change func(i *issue.Issue)) *issue.Issue {
	w.Helper()
	var i *issue.Issue
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		i, err = w.found(ctx, tx, at, change)
		return err
	})
	return i
}

func ago(w *world, d time.Duration) *time.Time {
	at := w.App.Now().Add(-d)
	return &at
}

func ofIssue(i *issue.Issue, said ...string) object { return one(i.ID, said...).of(i.ID, "") }

var issuePlanters = map[string]func(w *world, at place) object{
	"issue": func(w *world, at place) object { return ofIssue(w.issue(at, nil)) },
	"issue of a pair": func(w *world, at place) object {
		earlier := w.issue(at, nil)
		return ofIssue(w.issue(at, nil), "other", earlier.ID)
	},
	"issue, declared": func(w *world, at place) object {
		list := w.list(at, listOf{state: selfcheck.Accepted})
		return ofIssue(w.issue(at, func(i *issue.Issue) {
			i.Source, i.SourceCode, i.SubmissionID, i.Disclosure = issue.Self, "officers", list.ID, ""
		}))
	},
	"issue, closed": func(w *world, at place) object {
		return ofIssue(w.issue(at, func(i *issue.Issue) { i.State, i.SettledAt = issue.Closed, ago(w, time.Hour) }))
	},
	"issue, noticed": func(w *world, at place) object {
		return ofIssue(w.issue(at, func(i *issue.Issue) { i.NoticedAt = ago(w, time.Hour) }))
	},
	"issue, undeclared": func(w *world, at place) object {
		return ofIssue(w.issue(at, func(i *issue.Issue) { i.Category = "public_conduct" }))
	},
	"issue with a party": func(w *world, at place) object {
		i := w.issue(at, nil)
		return ofIssue(i, "party", w.party("issue", i.ID, "erin"))
	},
	"clue": func(w *world, at place) object {
		return ofIssue(w.issue(at, func(i *issue.Issue) { i.State, i.Severity = issue.Clue, 3 }))
	},
	"statement": func(w *world, at place) object {
		var s *issue.Statement
		w.write(func(ctx context.Context, tx *store.Tx) error {
			i, err := w.found(ctx, tx, at, func(i *issue.Issue) { i.NoticedAt = ago(w, time.Hour) })
			if err != nil {
				return err
			}
			s = &issue.Statement{IssueID: i.ID, PersonID: i.PersonID, UnitID: i.UnitID, EventOn: i.EventOn, Kind: issue.Correction,
				State:  issue.Asked,
				SaidBy: w.Account[at.person], AnswerC: noText}
			s.ID = tx.NewID()
			if s.TextC, err = tx.PutText(ctx, s.ID, "text", "日期不对"); err != nil {
				return err
			}
			return tx.Insert(ctx, s)
		})
		return one(s.ID).of(s.IssueID, "")
	},
}
