package inspection

import (
	"context"
	"strings"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// InspectInput is one item as an inspector found it.
type InspectInput struct {
	Key      string                 `json:"-"`
	UnitID   string                 `json:"unit_id"`
	Person   string                 `json:"person,omitempty"` // personnel number, "" for the unit
	Result   issue.InspectionResult `json:"result" enum:"agrees,under_reported,over_reported,misclassified,not_rectified"`
	About    string                 `json:"about,omitempty"` // id or reference of the issue that was looked into
	Category string                 `json:"category,omitempty"`
	ItemNo   int                    `json:"item,omitempty"`
	Severity int                    `json:"severity,omitempty"`
	EventOn  roster.Date            `json:"event_on,omitempty"`
	Text     string                 `json:"text"`
}

// Validate judges the input by itself.
func (in InspectInput) Validate() error {
	if in.EventOn != "" {
		if _, err := roster.ParseDate(string(in.EventOn)); err != nil {
			return fault.As(err).WithField("event_on")
		}
	}
	if in.Category != "" && !casework.KnownCategory(in.Category) {
		return fault.Invalid("issue_category", "category")
	}
	return fault.Join(desk.RequireText("text", in.Text))
}

// RecordInspection records what an inspector found for one item. A discrepancy
// becomes an issue with source inspection and is handled like any other.
func (a *Inspection) RecordInspection(ctx context.Context, who *roster.Actor, in InspectInput) (id string, r desk.Receipt, err error) {
	const op = "inspection.record"
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		row, found, err := a.inspected(ctx, tx, who, in)
		if err != nil {
			return nil, "", err
		}
		row.ID = tx.NewID()
		if row.TextC, err = tx.PutText(ctx, row.ID, "text", in.Text); err != nil {
			return nil, "", err
		}
		if row.Result != issue.Agrees {
			if err := a.discrepancy(ctx, tx, row, found, in.Text); err != nil {
				return nil, "", err
			}
		}
		id = row.ID
		return []ledger.Fact{{Verb: op, Kind: kinds.InspectionItem, ID: row.ID, Unit: row.UnitID}}, row.ID, tx.Insert(ctx, row)
	})
	return desk.PickID(id, r), r, err
}

// inspected loads the subject of the item and judges the result.
func (a *Inspection) inspected(ctx context.Context, tx *store.Tx, who *roster.Actor,
	in InspectInput) (*issue.InspectionItem, issue.Inspecting, error) {
	found := issue.Inspecting{Result: in.Result, Category: in.Category, Severity: in.Severity, EventOn: in.EventOn}
	sc, err := a.Scope(ctx, &tx.View, who, roster.ActCreate, roster.KindIssue)
	if err != nil {
		return nil, found, err
	}
	target, err := a.UnitTarget(ctx, &tx.View, in.UnitID)
	if fault.Is(err, fault.NotFoundKind) || err == nil && !sc.Unbarred().Admits(target) {
		return nil, found, fault.Invalid("unit_unknown", "unit_id")
	}
	if err != nil {
		return nil, found, err
	}
	today := roster.DateOf(tx.Now(), a.Zone())
	row := &issue.InspectionItem{UnitID: in.UnitID, Result: in.Result, Category: in.Category, ItemNo: in.ItemNo, EventOn: in.EventOn,
		InspectedBy: who.Person, InspectedOn: today}
	if strings.TrimSpace(in.About) != "" {
		if found.About, err = a.casework.OtherIssue(ctx, tx, who, in.About, "about"); err != nil {
			return nil, found, err
		}
		row.AboutID, row.PersonID, row.UnitID = found.About.ID, found.About.PersonID, found.About.UnitID
		if row.ItemNo == 0 {
			row.ItemNo = found.About.ItemNo
		}
		if row.Category == "" {
			row.Category = found.About.Category
		}
		if row.EventOn == "" {
			row.EventOn = found.About.EventOn
		}
	}
	if in.Person != "" && row.PersonID == "" {
		p, err := tx.PersonByNumber(ctx, roster.FoldNumber(in.Person))
		if err != nil && !store.Missing(err) {
			return nil, found, err
		}
		if err != nil || sc.Bars(roster.Target{Person: p.ID, EventOn: in.EventOn}) {
			return nil, found, fault.Invalid("person_unknown", "person")
		}
		row.PersonID = p.ID
	}
	if row.EventOn == "" {
		row.EventOn = today
	}
	found.Category, found.EventOn = row.Category, row.EventOn
	if in.Result != issue.Agrees && found.Category == "" {
		return nil, found, fault.Invalid("issue_category", "category")
	}
	served, err := a.servedLately(ctx, &tx.View, who, today)
	if err != nil {
		return nil, found, err
	}
	return row, found, issue.Inspect(found, row.UnitID, served, today)
}

// servedLately lists the units where somebody serves, or served within the rule
// pack's cooling-off time.
func (a *Inspection) servedLately(ctx context.Context, v *store.View, who *roster.Actor, today roster.Date) ([]string, error) {
	postings, err := v.PostingsOf(ctx, []string{who.Person})
	if err != nil {
		return nil, err
	}
	since := today.AddMonths(-a.Pack().Inspection.CoolingOffMonths)
	var units []string
	for _, p := range postings[who.Person] {
		if !p.Unserved() && p.FromOn <= today && (p.ToOn == "" || p.ToOn >= since) {
			units = append(units, p.UnitID)
		}
	}
	return units, nil
}

// discrepancy registers the issue of a discrepancy.
func (a *Inspection) discrepancy(ctx context.Context, tx *store.Tx, row *issue.InspectionItem, found issue.Inspecting, text string) error {
	tree, err := a.Tree(ctx, &tx.View)
	if err != nil {
		return err
	}
	row.IssueID = tx.NewID()
	narrative, err := tx.PutText(ctx, row.IssueID, "narrative", text)
	if err != nil {
		return err
	}
	i := issue.NewInspection(issue.Found{ID: row.IssueID, Person: row.PersonID, Unit: row.UnitID, Tier: tree.Tier(row.UnitID),
		Category: found.Category,
		Severity: found.Severity, EventOn: found.EventOn, ReceivedOn: row.InspectedOn, At: tx.Now(), NarrativeC: narrative})
	i.ItemNo = row.ItemNo
	return tx.AddIssues(ctx, []*issue.Issue{i}, issue.TimingOf(a.Pack()))
}

// InspectionView is one line of what inspectors found.
type InspectionView struct {
	ID          string                 `json:"id"`
	Unit        desk.Ref               `json:"unit"`
	Person      desk.Ref               `json:"person"`
	Result      issue.InspectionResult `json:"result"`
	Category    string                 `json:"category"`
	ItemNo      int                    `json:"item"`
	AboutID     string                 `json:"about_id,omitempty"`
	IssueID     string                 `json:"issue_id,omitempty"`
	Inspector   desk.Ref               `json:"inspected_by"`
	InspectedOn roster.Date            `json:"inspected_on"`
	Text        string                 `json:"text"`
}

// InspectionPage is one page of them.
type InspectionPage struct {
	Rows []InspectionView `json:"items"`
	Next string           `json:"next,omitempty"`
}

// Inspections lists what inspectors found in the actor's reach, newest first.
func (a *Inspection) Inspections(ctx context.Context, who *roster.Actor, unit, cursor string) (out InspectionPage, err error) {
	const op = "inspection.list"
	out.Rows = []InspectionView{}
	out.Next, err = a.ReadPage(ctx, who, op, cursor, desk.PageSize, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		rows, err := v.InspectionItems(ctx, unit, sc, p.AfterID(), p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r issue.InspectionItem) []string { return []string{r.ID} })
		var ids, people, units []string
		for i := range rows {
			ids, people, units = append(ids, rows[i].ID), append(people, rows[i].PersonID, rows[i].InspectedBy), append(units,
				rows[i].UnitID)
		}
		texts, err := v.Texts(ctx, ids...)
		if err != nil {
			return err
		}
		n, err := a.Names(ctx, v, who, people, units)
		if err != nil {
			return err
		}
		for i := range rows {
			x := &rows[i]
			out.Rows = append(out.Rows, InspectionView{x.ID, n.Unit(x.UnitID), n.Person(x.PersonID), x.Result, x.Category, x.ItemNo,
				x.AboutID, x.IssueID, n.Person(x.InspectedBy), x.InspectedOn, texts[x.ID]["text"]})
		}
		return nil
	})
	return out, err
}
