package intake

import (
	"context"
	"errors"

	"plumbline/internal/app/desk"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// auditIssue creates the issue of a confirmed match, and its text.
func auditIssue(tx *store.Tx, rec *intake.AuditRecord, reading *intake.Reading, m *intake.Match,
	x *intake.Index) (*issue.Issue, []store.Content) {
	if s, ok := x.Subject(m.PersonID); ok {
		if u := s.UnitOn(rec.EventOn); u != "" {
			m.UnitID = u
		}
	}
	m.IssueID = tx.NewID()
	var texts []store.Content
	var c ledger.Commitment
	if reading.Narrative != "" {
		text := store.NewText(m.IssueID, "narrative", reading.Narrative)
		c, texts = text.Commitment(), append(texts, text)
	}
	return issue.NewAudit(issue.Found{
		ID: m.IssueID, SourceCode: rec.Source, Person: m.PersonID, Unit: m.UnitID, Tier: x.Tier(m.UnitID), Category: rec.Category,
		Severity: rec.Severity, EventOn: rec.EventOn, ReceivedOn: rec.ReceivedOn, At: tx.Now(), Record: rec.ID, NarrativeC: c,
	}), texts
}

// receipt is the day on which a record behind an issue was received.
type receipt struct {
	issue string
	on    roster.Date
}

// receivedEarlier applies the earliest receipt date of the duplicates.
func (a *Intake) receivedEarlier(ctx context.Context, tx *store.Tx, list []receipt) error {
	first := make(map[string]roster.Date)
	var ids []string
	for _, r := range list {
		if on, ok := first[r.issue]; !ok || r.on < on {
			if !ok {
				ids = append(ids, r.issue)
			}
			first[r.issue] = r.on
		}
	}
	stored, err := tx.IssuesByID(ctx, ids, desk.Everything)
	if err != nil {
		return err
	}
	var changes []issue.Change
	for _, i := range stored {
		if on := first[i.ID]; on < i.Received && i.State.Live() {
			after := *i
			after.Received = on
			changes = append(changes, issue.Change{Before: i, After: &after})
		}
	}
	return tx.SaveIssues(ctx, changes, issue.TimingOf(a.Pack()))
}

// stopBatch records that an import stopped and can be resumed.
func (a *Intake) stopBatch(ctx context.Context, j *store.Job) error {
	who := &roster.Actor{Account: j.Account, Program: true}
	_, err := a.Write(ctx, who, desk.Write{Op: "audit.import"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := tx.Batch(ctx, j.ObjectID, desk.Everything)
		if err != nil {
			return nil, "", err
		}
		after := *before
		if err := after.Move(intake.Stopped); err != nil {
			return nil, "", store.ErrUnchanged
		}
		return []ledger.Fact{{Verb: verbs.BatchStop, Kind: kinds.AuditBatch, ID: after.ID, Unit: after.UnitID}}, "", tx.Save(ctx,
			before, &after)
	})
	if errors.Is(err, store.ErrUnchanged) {
		return nil
	}
	return err
}
