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
)

// CampaignStep moves a campaign on. Step is open, lock, inspect, rectify or
// close.
type CampaignStep struct {
	ID      string
	Version int64
	Step    string
	Key     string
}

// Validate judges the step by itself.
func (in CampaignStep) Validate() error {
	switch in.Step {
	case "open", "lock", "inspect", "rectify", "close":
		return nil
	}
	return fault.Invalid("bad_code", "step")
}

var stepActs = map[string]roster.Act{
	"open": roster.ActOpen, "lock": roster.ActLock, "inspect": roster.ActEdit, "rectify": roster.ActEdit, "close": roster.ActClose,
}

// MoveCampaign carries out one step. Opening writes the roster snapshot and locking
// locks the filed lists, both as resumable jobs.
func (a *Selfcheck) MoveCampaign(ctx context.Context, who *roster.Actor, in CampaignStep) (desk.Receipt, error) {
	r, err := a.Write(ctx, who, desk.Write{Op: "campaign." + in.Step, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := a.managed(ctx, &tx.View, who, in.ID, stepActs[in.Step])
		if err != nil {
			return nil, "", err
		}
		if in.Version != before.Version {
			return nil, "", fault.Conflict("stale_version", "Current", before.Version)
		}
		var after selfcheck.Campaign
		switch in.Step {
		case "open":
			after, err = before.Open(tx.Now(), roster.DateOf(tx.Now(), a.Zone()))
		case "lock":
			after, err = before.Lock(tx.Now())
		case "inspect":
			after, err = before.Inspect()
		case "rectify":
			after, err = before.Rectify()
		default:
			after, err = before.Close(tx.Now())
		}
		if err != nil {
			return nil, "", err
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "campaign." + in.Step, Kind: kinds.Campaign, ID: after.ID, Unit: after.UnitID}}, after.ID, nil
	})
	if err != nil {
		return r, err
	}
	if in.Step == "open" || in.Step == "lock" {
		j, err := a.NewJob(jobCampaign, in.ID, who, 0, struct{}{})
		if err != nil {
			return r, err
		}
		return r, a.QueueJob(ctx, j)
	}
	return r, nil
}
