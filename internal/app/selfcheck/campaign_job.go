package selfcheck

import (
	"context"
	"errors"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/jobs"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// rosterChunk is the number of respondents per write of the snapshot, about ten
// milliseconds.
const rosterChunk = 150

// lockChunk is the number of lists that one write locks.
const lockChunk = 100

// jobCampaign is the kind of the job that writes the roster or locks lists.
const jobCampaign = "campaign.continue"

func (a *Selfcheck) registerCampaignJob() {
	a.Handle(jobCampaign, func(ctx context.Context, j *store.Job) (bool, error) {
		return true, a.continueCampaign(ctx, j.ObjectID, func(done int64) error {
			j.Position = done
			j.LeaseUntil = a.Store.Now().Add(jobs.JobLease)
			return a.SaveJob(ctx, j)
		})
	})
}

// continueCampaign completes the roster snapshot of an open campaign and locks the
// remaining lists of a locked one, in small writes. It is safe to repeat: it looks
// for what is missing.
func (a *Selfcheck) continueCampaign(ctx context.Context, id string, progress func(done int64) error) error {
	after := ""
	for done := int64(0); ; {
		var next string
		var n int
		_, err := a.Write(ctx, desk.Program("campaign"), desk.Write{Op: "campaign.continue"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			c, err := tx.Campaign(ctx, id)
			if err != nil {
				return nil, "", err
			}
			var facts []ledger.Fact
			switch {
			case c.State == selfcheck.CampaignOpen && !c.RosterDone:
				facts, next, n, err = a.rosterChunk(ctx, tx, c, after)
			case c.State == selfcheck.CampaignLocked && !c.LockDone:
				facts, n, err = a.lockChunk(ctx, tx, c)
			default:
				return nil, "", store.ErrUnchanged
			}
			return facts, id, err
		})
		if errors.Is(err, store.ErrUnchanged) {
			return nil
		}
		if err != nil {
			return err
		}
		after, done = next, done+int64(n)
		if err := progress(done); err != nil {
			return err
		}
	}
}

// rosterChunk writes the next lists of the snapshot: first people, then units,
// then the mark that it is complete.
func (a *Selfcheck) rosterChunk(ctx context.Context, tx *store.Tx, c *selfcheck.Campaign,
	after string) ([]ledger.Fact, string, int, error) {
	rows, err := tx.RosterToWrite(ctx, c.ID, c.UnitID, c.RosterOn, after, rosterChunk)
	if err != nil {
		return nil, after, 0, err
	}
	if len(rows) == 0 {
		if rows, err = tx.UnitsToWrite(ctx, c.ID, c.UnitID, rosterChunk); err != nil {
			return nil, after, 0, err
		}
	}
	if len(rows) == 0 {
		done := *c
		done.RosterDone = true
		if err := tx.Save(ctx, c, &done); err != nil {
			return nil, after, 0, err
		}
		return []ledger.Fact{{Verb: verbs.CampaignRoster, Kind: kinds.Campaign, ID: c.ID, Unit: c.UnitID}}, after, 0, nil
	}
	var subs []*selfcheck.Submission
	last := ""
	for _, r := range rows {
		if r.PersonID != "" && r.PersonID == last {
			continue // two main postings on one day: the first by unit counts
		}
		last = r.PersonID
		for _, o := range r.Respondent().Owes(r.ParentID) {
			subs = append(subs, selfcheck.NewSubmission(c, o, c.RosterOn))
		}
	}
	if err := tx.Insert(ctx, subs); err != nil {
		return nil, after, 0, err
	}
	return []ledger.Fact{{Verb: verbs.CampaignRoster, Kind: kinds.Campaign, ID: c.ID,
		Unit: c.UnitID}}, rows[len(rows)-1].PersonID, len(subs), nil
}

// lockChunk locks the next filed lists.
func (a *Selfcheck) lockChunk(ctx context.Context, tx *store.Tx, c *selfcheck.Campaign) ([]ledger.Fact, int, error) {
	fact := []ledger.Fact{{Verb: verbs.CampaignLockLists, Kind: kinds.Campaign, ID: c.ID, Unit: c.UnitID}}
	rows, err := tx.SubmissionsToLock(ctx, c.ID, lockChunk)
	if err != nil {
		return nil, 0, err
	}
	if len(rows) == 0 {
		done := *c
		done.LockDone = true
		return fact, 0, tx.Save(ctx, c, &done)
	}
	for i := range rows { // each row has its own version and digest
		after, err := rows[i].Lock()
		if err != nil {
			return nil, 0, err
		}
		if err := tx.Save(ctx, &rows[i], &after); err != nil {
			return nil, 0, err
		}
	}
	return fact, len(rows), nil
}
