package app

import (
	"context"
	"errors"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// rosterChunk is how many respondents one write of the snapshot takes: a
// closure of about ten milliseconds.
const rosterChunk = 150

// lockChunk is how many lists one write locks.
const lockChunk = 100

// ChecklistInput publishes one edition of a checklist.
type ChecklistInput struct {
	Audience selfcheck.Audience
	TitleZH  string
	TitleEN  string
	Items    []selfcheck.ChecklistItem
	Key      string
}

// Validate judges the checklist by itself.
func (in ChecklistInput) Validate() error {
	if in.Audience != selfcheck.Officers && in.Audience != selfcheck.Leaders {
		return fault.Invalid("bad_code", "audience")
	}
	if strings.TrimSpace(in.TitleZH) == "" || strings.TrimSpace(in.TitleEN) == "" {
		return fault.Invalid("required", "title")
	}
	known := make(map[string]bool)
	for _, c := range seeds.Categories() {
		known[c.Code] = c.Audience == "both" || in.Audience == selfcheck.Leaders
	}
	return selfcheck.CheckItems(in.Items, func(c string) bool { return known[c] })
}

// SeedChecklist is the checklist that the program brings along.
func SeedChecklist(a selfcheck.Audience) ChecklistInput {
	seed := seeds.Officers()
	if a == selfcheck.Leaders {
		seed = seeds.Leaders()
	}
	in := ChecklistInput{Audience: a, TitleZH: seed.Title.ZH, TitleEN: seed.Title.EN, Items: make([]selfcheck.ChecklistItem, len(seed.Items))}
	for i, it := range seed.Items {
		in.Items[i] = selfcheck.ChecklistItem{
			No: int64(it.No), Category: it.Category, Severity: int64(it.Severity),
			TextZH: it.Text.ZH, TextEN: it.Text.EN, HelpZH: it.Help.ZH, HelpEN: it.Help.EN,
		}
	}
	return in
}

// PublishChecklist publishes an edition; the one before it is superseded for
// campaigns to come, and stays what it was for those that use it.
func (a *App) PublishChecklist(ctx context.Context, who *roster.Actor, in ChecklistInput) (string, Receipt, error) {
	r, err := a.write(ctx, who, Write{Op: "checklist.publish", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		all, err := tx.Checklists(ctx)
		if err != nil {
			return nil, "", err
		}
		list := &selfcheck.Checklist{Audience: in.Audience, Edition: 1, State: selfcheck.ChecklistPublished, TitleZH: in.TitleZH, TitleEN: in.TitleEN, UnitID: who.Unit}
		list.ID = tx.NewID()
		for i := range all {
			before := &all[i]
			if before.Audience != in.Audience {
				continue
			}
			list.Edition = max(list.Edition, before.Edition+1)
			if before.State == selfcheck.ChecklistPublished {
				after := *before
				after.State = selfcheck.ChecklistSuperseded
				if err := tx.Save(ctx, before, &after); err != nil {
					return nil, "", err
				}
			}
		}
		items := make([]selfcheck.ChecklistItem, len(in.Items))
		copy(items, in.Items)
		for i := range items {
			items[i].Stamp = ledger.Stamp{}
			items[i].ChecklistID = list.ID
		}
		if err := tx.Insert(ctx, list, items); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "checklist.publish", Kind: "checklist", ID: list.ID, Unit: list.UnitID}}, list.ID, nil
	})
	return r.ResultID, r, err
}

// EnsureChecklists publishes the checklist that the program brings along for
// each audience that has none yet.
func (a *App) EnsureChecklists(ctx context.Context, who *roster.Actor) error {
	for _, audience := range []selfcheck.Audience{selfcheck.Officers, selfcheck.Leaders} {
		have, err := a.Checklists(ctx, who)
		if err != nil {
			return err
		}
		if editionOf(have, audience, "") != "" {
			continue
		}
		if _, _, err := a.PublishChecklist(ctx, who, SeedChecklist(audience)); err != nil {
			return err
		}
	}
	return nil
}

// Checklists lists every edition.
func (a *App) Checklists(ctx context.Context, who *roster.Actor) ([]selfcheck.Checklist, error) {
	var out []selfcheck.Checklist
	err := a.read(ctx, who, "checklist.list", func(ctx context.Context, v *store.View) (err error) {
		out, err = v.Checklists(ctx)
		return err
	})
	return out, err
}

// ChecklistItems gives the items of one edition, in order.
func (a *App) ChecklistItems(ctx context.Context, who *roster.Actor, id string) (*selfcheck.Checklist, []selfcheck.ChecklistItem, error) {
	var list *selfcheck.Checklist
	var items []selfcheck.ChecklistItem
	err := a.read(ctx, who, "checklist.read", func(ctx context.Context, v *store.View) (err error) {
		if list, err = v.Checklist(ctx, id); err != nil {
			return err
		}
		items, err = a.items(ctx, v, id)
		return err
	})
	return list, items, err
}

// items reads the items of a checklist once: a published edition never
// changes.
func (a *App) items(ctx context.Context, v *store.View, checklistID string) ([]selfcheck.ChecklistItem, error) {
	if got, ok := a.checklists.Load(checklistID); ok {
		return got.([]selfcheck.ChecklistItem), nil
	}
	items, err := v.ChecklistItems(ctx, checklistID)
	if err == nil && len(items) > 0 {
		a.checklists.Store(checklistID, items)
	}
	return items, err
}

// CampaignInput drafts a campaign.
type CampaignInput struct {
	UnitID     string // the unit that runs it; "" takes where the actor manages campaigns
	Title      string
	OpensOn    roster.Date
	ClosesOn   roster.Date
	PeriodFrom roster.Date
	PeriodTo   roster.Date
	OfficersID string // "" takes the published edition
	LeadersID  string
	Key        string
}

// Validate judges the draft by itself.
func (in CampaignInput) Validate() error {
	for _, d := range []struct {
		field string
		date  roster.Date
	}{{"opens_on", in.OpensOn}, {"closes_on", in.ClosesOn}, {"period_from", in.PeriodFrom}, {"period_to", in.PeriodTo}} {
		if _, err := roster.ParseDate(string(d.date)); err != nil {
			return fault.Invalid("bad_date", d.field)
		}
	}
	if len([]rune(in.Title)) > 120 {
		return fault.Invalid("too_long", "title", "Max", 120)
	}
	return in.campaign().Check()
}

func (in CampaignInput) campaign() selfcheck.Campaign {
	return selfcheck.Campaign{
		UnitID: in.UnitID, Title: strings.TrimSpace(in.Title), State: selfcheck.CampaignDraft,
		OpensOn: in.OpensOn, ClosesOn: in.ClosesOn, PeriodFrom: in.PeriodFrom, PeriodTo: in.PeriodTo,
		OfficersID: in.OfficersID, LeadersID: in.LeadersID,
	}
}

// CreateCampaign drafts a campaign.
func (a *App) CreateCampaign(ctx context.Context, who *roster.Actor, in CampaignInput) (string, Receipt, error) {
	if in.UnitID == "" {
		in.UnitID = managesAt(who)
	}
	r, err := a.write(ctx, who, Write{Op: "campaign.create", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		c := in.campaign()
		if c.UnitID == "" && who.Program { // the operator opens it for the bureau
			tree, err := a.tree(ctx, &tx.View)
			if err != nil {
				return nil, "", err
			}
			if c.UnitID = tree.Bureau(); c.UnitID == "" {
				return nil, "", fault.Invalid("campaign_no_bureau", "unit")
			}
		}
		sc, err := a.scope(ctx, &tx.View, who, roster.ActCreate, roster.KindCampaign)
		if err != nil {
			return nil, "", err
		}
		if target, err := a.unitTarget(ctx, &tx.View, c.UnitID); err != nil || !sc.Admits(target) {
			return nil, "", orNotFound(err)
		}
		lists, err := tx.Checklists(ctx)
		if err != nil {
			return nil, "", err
		}
		c.OfficersID = editionOf(lists, selfcheck.Officers, c.OfficersID)
		c.LeadersID = editionOf(lists, selfcheck.Leaders, c.LeadersID)
		if c.OfficersID == "" || c.LeadersID == "" {
			return nil, "", fault.Invalid("campaign_no_checklist", "checklist")
		}
		if err := tx.Insert(ctx, &c); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "campaign.create", Kind: "campaign", ID: c.ID, Unit: c.UnitID}}, c.ID, nil
	})
	return r.ResultID, r, err
}

// managesAt is the unit where the actor manages campaigns, "" if none.
func managesAt(who *roster.Actor) string {
	for _, h := range who.Held {
		if h.Role == roster.RoleCampaignManager {
			return h.Unit
		}
	}
	return ""
}

// editionOf is the wanted edition if it is published, or the published one.
func editionOf(lists []selfcheck.Checklist, a selfcheck.Audience, want string) string {
	for _, l := range lists {
		if l.Audience == a && l.State == selfcheck.ChecklistPublished && (want == "" || want == l.ID) {
			return l.ID
		}
	}
	return ""
}

// Campaigns lists the campaigns that the actor may see.
func (a *App) Campaigns(ctx context.Context, who *roster.Actor) ([]selfcheck.Campaign, error) {
	var out []selfcheck.Campaign
	err := a.read(ctx, who, "campaign.list", func(ctx context.Context, v *store.View) error {
		manages, err := a.scope(ctx, v, who, roster.ActEdit, roster.KindCampaign)
		if err != nil {
			return err
		}
		if out, err = v.RunningCampaigns(ctx); err != nil {
			return err
		}
		if !manages.Empty() {
			out, err = v.Campaigns(ctx, manages)
		}
		return err
	})
	return out, err
}

// CampaignView is one campaign with what has been changed on its roster.
type CampaignView struct {
	selfcheck.Campaign
	Amendments []AmendmentView
	MayEdit    bool
}

// AmendmentView is one dated change of the roster with its words.
type AmendmentView struct {
	selfcheck.RosterAmendment
	Person string
	From   string // names of the units
	To     string
	Reason string
}

// Campaign opens one campaign. A draft is there for its managers only.
func (a *App) Campaign(ctx context.Context, who *roster.Actor, id string) (*CampaignView, error) {
	var out *CampaignView
	err := a.read(ctx, who, "campaign.read", func(ctx context.Context, v *store.View) error {
		c, err := v.Campaign(ctx, id)
		if err != nil {
			return err
		}
		manages, err := a.scope(ctx, v, who, roster.ActEdit, roster.KindCampaign)
		if err != nil {
			return err
		}
		target, err := a.unitTarget(ctx, v, c.UnitID)
		if err != nil {
			return err
		}
		out = &CampaignView{Campaign: *c, MayEdit: manages.Admits(target)}
		if c.State == selfcheck.CampaignDraft && !out.MayEdit {
			return fault.NotFound()
		}
		if out.MayEdit {
			out.Amendments, err = a.amendments(ctx, v, who, id)
		}
		return err
	})
	return out, err
}

func (a *App) amendments(ctx context.Context, v *store.View, who *roster.Actor, campaignID string) ([]AmendmentView, error) {
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
	units, err := a.unitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	out := make([]AmendmentView, len(rows))
	for i, r := range rows {
		s := owed[r.SubmissionID]
		out[i] = AmendmentView{RosterAmendment: r, Person: names[s.PersonID].Name, From: units[r.FromUnitID], To: units[r.ToUnitID], Reason: texts[r.ID]["reason"]}
		if s.PersonID == "" {
			out[i].Person = units[s.UnitID]
		}
	}
	return out, nil
}

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

// MoveCampaign carries out one step. Opening then writes the roster snapshot,
// locking then locks the filed lists, both as a job that goes on where it
// stopped.
func (a *App) MoveCampaign(ctx context.Context, who *roster.Actor, in CampaignStep) (Receipt, error) {
	r, err := a.write(ctx, who, Write{Op: "campaign." + in.Step, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
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
			after, err = before.Open(tx.Now(), roster.DateOf(tx.Now(), a.zone))
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
		return []ledger.Fact{{Verb: "campaign." + in.Step, Kind: "campaign", ID: after.ID, Unit: after.UnitID}}, after.ID, nil
	})
	if err != nil {
		return r, err
	}
	if in.Step == "open" || in.Step == "lock" {
		j, err := a.newJob(jobCampaign, in.ID, who, 0, struct{}{})
		if err != nil {
			return r, err
		}
		return r, a.queueJob(ctx, j)
	}
	return r, nil
}

// unitTarget is a unit as a scope is asked about it.
func (a *App) unitTarget(ctx context.Context, v *store.View, unit string) (roster.Target, error) {
	tree, err := a.tree(ctx, v)
	if err != nil {
		return roster.Target{}, err
	}
	return roster.Target{Unit: unit, Branch: tree.Branch(unit)}, nil
}

// orNotFound is err, or that the thing is not there.
func orNotFound(err error) error {
	if err == nil {
		return fault.NotFound()
	}
	return err
}

// managed loads a campaign that the actor may manage; otherwise it is not
// there.
func (a *App) managed(ctx context.Context, v *store.View, who *roster.Actor, id string, act roster.Act) (*selfcheck.Campaign, error) {
	c, err := v.Campaign(ctx, id)
	if err != nil {
		return nil, err
	}
	sc, err := a.scope(ctx, v, who, act, roster.KindCampaign)
	if err != nil {
		return nil, err
	}
	if target, err := a.unitTarget(ctx, v, c.UnitID); err != nil || !sc.Admits(target) {
		return nil, orNotFound(err)
	}
	return c, nil
}

// jobCampaign is the kind of the job that writes the roster or locks lists.
const jobCampaign = "campaign.continue"

func init() {
	jobSteps[jobCampaign] = func(ctx context.Context, a *App, j *store.Job) (bool, error) {
		return true, a.continueCampaign(ctx, j.ObjectID, func(done int64) error {
			j.Position = done
			j.LeaseUntil = a.store.Now().Add(jobLease)
			return a.saveJob(ctx, j)
		})
	}
}

// continueCampaign writes what is missing of the roster snapshot of an open
// campaign, and locks what is left of a locked one, in small writes. It may be
// repeated: it looks for what is missing.
func (a *App) continueCampaign(ctx context.Context, id string, progress func(done int64) error) error {
	after := ""
	for done := int64(0); ; {
		var next string
		var n int
		_, err := a.write(ctx, Program("campaign"), Write{Op: "campaign.continue"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
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
func (a *App) rosterChunk(ctx context.Context, tx *store.Tx, c *selfcheck.Campaign, after string) ([]ledger.Fact, string, int, error) {
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
		return []ledger.Fact{{Verb: "campaign.roster", Kind: "campaign", ID: c.ID, Unit: c.UnitID}}, after, 0, nil
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
	return []ledger.Fact{{Verb: "campaign.roster", Kind: "campaign", ID: c.ID, Unit: c.UnitID}}, rows[len(rows)-1].PersonID, len(subs), nil
}

// lockChunk locks the next filed lists.
func (a *App) lockChunk(ctx context.Context, tx *store.Tx, c *selfcheck.Campaign) ([]ledger.Fact, int, error) {
	fact := []ledger.Fact{{Verb: "campaign.lock_lists", Kind: "campaign", ID: c.ID, Unit: c.UnitID}}
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

// AmendInput adds a late joiner to the roster, or moves what somebody
// transferred has not filed yet to his present unit.
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
func (a *App) AmendRoster(ctx context.Context, who *roster.Actor, in AmendInput) (Receipt, error) {
	return a.write(ctx, who, Write{Op: "campaign.amend", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		c, err := a.managed(ctx, &tx.View, who, in.CampaignID, roster.ActEdit)
		if err != nil {
			return nil, "", err
		}
		if c.State != selfcheck.CampaignOpen || !c.RosterDone {
			return nil, "", fault.Conflict("campaign_not_open")
		}
		today := roster.DateOf(tx.Now(), a.zone)
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
		return []ledger.Fact{{Verb: "campaign.amend", Kind: "campaign", ID: c.ID, Unit: row.UnitID}}, c.ID, nil
	})
}
