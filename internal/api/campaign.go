package api

import (
	"context"
	"encoding/hex"
	"time"

	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

func instant(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// CampaignView is one campaign.
type CampaignView struct {
	ID         string `json:"id"`
	Version    int64  `json:"version"`
	Unit       string `json:"unit_id"`
	Title      string `json:"title"`
	State      string `json:"state"`
	OpensOn    string `json:"opens_on"`
	ClosesOn   string `json:"closes_on"`
	PeriodFrom string `json:"period_from"`
	PeriodTo   string `json:"period_to"`
	Officers   string `json:"officers_checklist_id"`
	Leaders    string `json:"leaders_checklist_id"`
	RosterOn   string `json:"roster_on,omitempty"`
	RosterDone bool   `json:"roster_done"`
	LockDone   bool   `json:"lock_done"`
}

func campaignView(c *selfcheck.Campaign) CampaignView {
	return CampaignView{c.ID, c.Version, c.UnitID, c.Title, string(c.State), string(c.OpensOn), string(c.ClosesOn),
		string(c.PeriodFrom), string(c.PeriodTo), c.OfficersID, c.LeadersID, string(c.RosterOn), c.RosterDone, c.LockDone}
}

// ChecklistView is one edition of a checklist.
type ChecklistView struct {
	ID       string `json:"id"`
	Audience string `json:"audience"`
	Edition  int64  `json:"edition"`
	State    string `json:"state"`
	TitleZH  string `json:"title_zh"`
	TitleEN  string `json:"title_en"`
}

// ItemView is one question.
type ItemView struct {
	No       int64  `json:"no"`
	Category string `json:"category"`
	Severity int64  `json:"severity"`
	TextZH   string `json:"text_zh"`
	TextEN   string `json:"text_en"`
	HelpZH   string `json:"help_zh,omitempty"`
	HelpEN   string `json:"help_en,omitempty"`
}

// ChecklistItemsView is one edition with its questions.
type ChecklistItemsView struct {
	ChecklistView
	Items []ItemView `json:"items"`
}

func checklistView(c *selfcheck.Checklist) ChecklistView {
	return ChecklistView{c.ID, string(c.Audience), c.Edition, string(c.State), c.TitleZH, c.TitleEN}
}

func registerCampaigns(r *registry) {
	handle(r, "checklist.list", func(ctx context.Context, c *Call, _ *struct{}) (Paged[ChecklistView], error) {
		rows, err := r.f.App.Checklists(ctx, c.Actor)
		out := Paged[ChecklistView]{Items: make([]ChecklistView, len(rows))}
		for i := range rows {
			out.Items[i] = checklistView(&rows[i])
		}
		return out, err
	}, Summary("Editions of the checklists"))
	handle(r, "checklist.read", func(ctx context.Context, c *Call, in *ByID) (ChecklistItemsView, error) {
		list, items, err := r.f.App.ChecklistItems(ctx, c.Actor, in.ID)
		if err != nil {
			return ChecklistItemsView{}, err
		}
		out := ChecklistItemsView{checklistView(list), make([]ItemView, len(items))}
		for i, it := range items {
			out.Items[i] = ItemView{it.No, it.Category, it.Severity, it.TextZH, it.TextEN, it.HelpZH, it.HelpEN}
		}
		return out, nil
	}, Summary("One edition with its questions"))
	handle(r, "checklist.details", func(ctx context.Context, c *Call, in *ByID) (Paged[appselfcheck.DetailView], error) {
		rows, err := r.f.App.ChecklistDetails(ctx, c.Actor, in.ID)
		return Paged[appselfcheck.DetailView]{Items: rows}, err
	}, Summary("What my units, and those above them, added under the items"))
	made(r, "checklist.refine", "Add a detail under an item, for a unit and those below it", func(in *appselfcheck.RefineInput, id string, c *Call) {
		in.ChecklistID, in.Key = id, c.Key
	}, r.f.App.Refine)
	handle(r, "checklist.publish", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Audience string     `json:"audience" enum:"officers,leaders"`
			Seed     bool       `json:"seed,omitempty" doc:"publish the checklist that the program brings along"`
			TitleZH  string     `json:"title_zh,omitempty"`
			TitleEN  string     `json:"title_en,omitempty"`
			Items    []ItemView `json:"items,omitempty" maxItems:"200"`
		}
	}) (Done, error) {
		list := appselfcheck.SeedChecklist(selfcheck.Audience(in.Body.Audience))
		if !in.Body.Seed {
			list.TitleZH, list.TitleEN, list.Items = in.Body.TitleZH, in.Body.TitleEN, nil
			for _, it := range in.Body.Items {
				list.Items = append(list.Items, selfcheck.ChecklistItem{No: it.No, Category: it.Category, Severity: it.Severity,
					TextZH: it.TextZH, TextEN: it.TextEN, HelpZH: it.HelpZH, HelpEN: it.HelpEN})
			}
		}
		list.Key = c.Key
		id, rc, err := r.f.App.PublishChecklist(ctx, c.Actor, list)
		return done(rc, id), err
	}, Summary("Publish an edition of a checklist"))
	handle(r, "campaign.list", func(ctx context.Context, c *Call, _ *struct{}) (Paged[CampaignView], error) {
		rows, err := r.f.App.Campaigns(ctx, c.Actor)
		out := Paged[CampaignView]{Items: make([]CampaignView, len(rows))}
		for i := range rows {
			out.Items[i] = campaignView(&rows[i])
		}
		return out, err
	}, Summary("Campaigns"))
	handle(r, "campaign.read", func(ctx context.Context, c *Call, in *ByID) (CampaignView, error) {
		v, err := r.f.App.Campaign(ctx, c.Actor, in.ID)
		if err != nil {
			return CampaignView{}, err
		}
		return campaignView(&v.Campaign), nil
	}, Summary("One campaign"))
	handle(r, "campaign.create", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Unit       string `json:"unit_id,omitempty" doc:"absent: where the actor manages campaigns"`
			Title      string `json:"title"`
			OpensOn    string `json:"opens_on"`
			ClosesOn   string `json:"closes_on"`
			PeriodFrom string `json:"period_from"`
			PeriodTo   string `json:"period_to"`
			Officers   string `json:"officers_checklist_id,omitempty"`
			Leaders    string `json:"leaders_checklist_id,omitempty"`
		}
	}) (Done, error) {
		b := in.Body
		id, rc, err := r.f.App.CreateCampaign(ctx, c.Actor, appselfcheck.CampaignInput{UnitID: b.Unit, Title: b.Title,
			OpensOn: roster.Date(b.OpensOn), ClosesOn: roster.Date(b.ClosesOn), PeriodFrom: roster.Date(b.PeriodFrom), PeriodTo: roster.Date(b.PeriodTo),
			OfficersID: b.Officers, LeadersID: b.Leaders, Key: c.Key})
		return done(rc, id), err
	}, Summary("Draft a campaign"))
	for _, step := range []string{"open", "lock", "inspect", "rectify", "close"} {
		handle(r, "campaign."+step, func(ctx context.Context, c *Call, in *struct {
			ByID
			Body versionBody
		}) (Done, error) {
			rc, err := r.f.App.MoveCampaign(ctx, c.Actor, appselfcheck.CampaignStep{ID: in.ID, Version: c.Version(in.Body.Version),
				Step: step, Key: c.Key})
			return done(rc, in.ID), err
		}, Summary("Campaign: "+step))
	}
	handle(r, "campaign.amend", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body struct {
			Number string `json:"personnel_no"`
			Reason string `json:"reason"`
		}
	}) (Done, error) {
		rc, err := r.f.App.AmendRoster(ctx, c.Actor, appselfcheck.AmendInput{CampaignID: in.ID, Number: in.Body.Number,
			Reason: in.Body.Reason, Key: c.Key})
		return done(rc, in.ID), err
	}, Summary("Amend the roster: a late joiner or a transfer, dated today"))
}

// CountsView is the completion of a roster.
type CountsView struct {
	Owed      int64 `json:"owed"`
	Filed     int64 `json:"filed"`
	Assigned  int64 `json:"assigned"`
	Submitted int64 `json:"submitted"`
	Returned  int64 `json:"returned"`
	Accepted  int64 `json:"accepted"`
	Locked    int64 `json:"locked"`
	Excused   int64 `json:"excused"`
	PerMille  int64 `json:"per_mille" doc:"filed and excused of owed; 1000 only when complete"`
	Nil       int64 `json:"nil_per_mille" doc:"nil answers among the items of filed lists"`
	Issues    int64 `json:"declared_issues"`
}

func countsView(c selfcheck.Completion) CountsView {
	return CountsView{c.Owed, c.Filed(), c.Assigned, c.Submitted, c.Returned, c.Accepted, c.Locked, c.Excused, c.PerMille(),
		c.NilPerMille(), c.Issues}
}

// UnitCountsView is one unit's completion.
type UnitCountsView struct {
	Unit      string     `json:"unit_id"`
	Name      string     `json:"name"`
	Tier      int        `json:"tier"`
	Own       CountsView `json:"own"`
	All       CountsView `json:"with_units_below"`
	Certified string     `json:"certified_at,omitempty"`
	Open      int        `json:"units_below_not_certified"`
}

// UnitRosterView is one unit with its figures and its roster.
type UnitRosterView struct {
	Unit          string     `json:"unit_id"`
	Name          string     `json:"name"`
	Own           CountsView `json:"own"`
	MedianDoubled int64      `json:"median_declared_doubled" doc:"median of declared items times two"`
	Similar       int64      `json:"similar_per_mille" doc:"filed lists with a near twin in the unit; about the unit, never a person"`
	Certified     string     `json:"certified_at,omitempty"`
	Open          int        `json:"units_below_not_certified"`
	NotFiled      []ListView `json:"not_filed" doc:"for the unit's head and the campaign manager"`
	Filed         []ListView `json:"filed_or_excused"`
}

type completionQuery struct {
	ID        string `path:"id"`
	Near      string `query:"unit" doc:"This unit and those directly below it"`
	Only      bool   `query:"only" doc:"That unit alone"`
	Certified bool   `query:"certified" doc:"Those that have certified"`
}

// OwedPage is one page of the lists behind a number of the completion.
type OwedPage struct {
	Items []ListView `json:"items"`
	Total int64      `json:"total"`
	Next  string     `json:"next,omitempty" doc:"Cursor of the next page; absent on the last"`
}

func registerOwed(r *registry) {
	handle(r, "completion.lists", func(ctx context.Context, c *Call, in *struct {
		ID     string `path:"id"`
		Unit   string `query:"unit" doc:"This unit and all below it"`
		Only   bool   `query:"only" doc:"That unit alone"`
		Of     string `query:"of" doc:"owed, filed, excused or missing"`
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit"`
	}) (OwedPage, error) {
		v, err := r.f.App.Owed(ctx, c.Actor, appselfcheck.OwedInput{OwedFilter: selfcheck.OwedFilter{CampaignID: in.ID, UnitID: in.Unit,
			Only: in.Only, Of: selfcheck.Owing(in.Of)}, Cursor: in.Cursor, Limit: in.Limit})
		if err != nil {
			return OwedPage{}, err
		}
		out := OwedPage{Items: make([]ListView, len(v.Rows)), Total: v.Total, Next: v.Next}
		for i := range v.Rows {
			out.Items[i] = listView(&v.Rows[i].Submission)
			out.Items[i].Name = v.Rows[i].Name
		}
		return out, nil
	}, Summary("The lists behind a number of the completion: states, never content"))
}

func registerCompletion(r *registry) {
	registerOwed(r)
	handle(r, "completion.list", func(ctx context.Context, c *Call, in *completionQuery) (struct {
		Items []UnitCountsView `json:"items"`
		Total CountsView       `json:"total"`
	}, error) {
		var out struct {
			Items []UnitCountsView `json:"items"`
			Total CountsView       `json:"total"`
		}
		v, err := r.f.App.CompletionOf(ctx, c.Actor, appselfcheck.CompletionInput{ID: in.ID, Near: in.Near, Only: in.Only,
			Certified: in.Certified})
		if err != nil {
			return out, err
		}
		out.Items, out.Total = make([]UnitCountsView, len(v.Units)), countsView(v.Total)
		for i, u := range v.Units {
			out.Items[i] = UnitCountsView{u.UnitID, u.Name, u.Tier, countsView(u.Own), countsView(u.All), instant(u.Certified), u.Open}
		}
		return out, nil
	}, Summary("Completion by unit, live"))
	type unitPath struct {
		ID   string `path:"id"`
		Unit string `path:"unit"`
	}
	handle(r, "completion.read", func(ctx context.Context, c *Call, in *unitPath) (UnitRosterView, error) {
		v, err := r.f.App.UnitCompletion(ctx, c.Actor, in.ID, in.Unit)
		if err != nil {
			return UnitRosterView{}, err
		}
		rows := func(in []appselfcheck.ReviewRow) []ListView {
			out := make([]ListView, len(in))
			for i := range in {
				out[i] = listView(&in[i].Submission)
				out[i].Name = in[i].Name
			}
			return out
		}
		out := UnitRosterView{v.UnitID, v.Name, countsView(v.Own), v.MedianDoubled, v.Similar, "", v.Open, rows(v.Missing), rows(v.Done)}
		if v.Certification != nil {
			out.Certified = instant(&v.Certification.CertifiedAt)
		}
		return out, nil
	}, Summary("One unit: figures, and who has and has not filed"))
	handle(r, "certification.undo", func(ctx context.Context, c *Call, in *struct {
		ID   string `path:"id"`
		Unit string `path:"unit"`
		Body struct {
			Reason string `json:"reason"`
		}
	}) (Done, error) {
		rc, err := r.f.App.UndoCertify(ctx, c.Actor, appselfcheck.UndoCertifyInput{CampaignID: in.ID, UnitID: in.Unit,
			Reason: in.Body.Reason, Key: c.Key})
		return done(rc, in.Unit), err
	}, Versionless, Summary("Take a unit's certification back, from the top down"))
	handle(r, "certification.create", func(ctx context.Context, c *Call, in *unitPath) (Done, error) {
		rc, err := r.f.App.Certify(ctx, c.Actor, appselfcheck.CertifyInput{CampaignID: in.ID, UnitID: in.Unit, Key: c.Key})
		return done(rc, in.Unit), err
	}, Versionless, Summary("Certify a unit: 100 % filed or excused, after all below it"))
}
