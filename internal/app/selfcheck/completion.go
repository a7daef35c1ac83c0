package selfcheck

import (
	"context"
	"time"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// UnitCompletion is one unit in the list of completion: its own roster, and
// with all units below it.
type UnitCompletion struct {
	UnitID    string
	Name      string
	Tier      int
	Own       selfcheck.Completion
	All       selfcheck.Completion // own and below
	Certified *time.Time
	Open      int // units below that have not certified
}

// CompletionList is the completion of a campaign by unit, in tree order.
type CompletionList struct {
	Campaign selfcheck.Campaign
	Units    []UnitCompletion
	Total    selfcheck.Completion // of the units listed
}

// CompletionInput asks for the completion of a campaign by unit. Near limits it to a
// unit and those directly below it, Only to the unit alone, Certified to certified
// units.
type CompletionInput struct {
	ID, Near        string
	Only, Certified bool
}

// Completion lists the completion of the units in the actor's scope.
func (a *Selfcheck) Completion(ctx context.Context, who *roster.Actor, campaignID string) (*CompletionList, error) {
	return a.CompletionOf(ctx, who, CompletionInput{ID: campaignID})
}

// CompletionOf is Completion narrowed to some of the units.
func (a *Selfcheck) CompletionOf(ctx context.Context, who *roster.Actor, in CompletionInput) (*CompletionList, error) {
	campaignID := in.ID
	out := &CompletionList{}
	err := a.Read(ctx, who, "completion.list", func(ctx context.Context, v *store.View) error {
		c, err := v.Campaign(ctx, campaignID)
		if err != nil {
			return err
		}
		if c.State == selfcheck.CampaignDraft {
			return fault.NotFound()
		}
		out.Campaign = *c
		sc, err := a.Scope(ctx, v, who, roster.ActList, roster.KindCompletion)
		if err != nil {
			return err
		}
		own, certified, err := a.Completions(ctx, v, campaignID)
		if err != nil {
			return err
		}
		tree, err := a.Tree(ctx, v)
		if err != nil {
			return err
		}
		for _, u := range tree.Units() {
			if u.Tier == 0 || !sc.Admits(roster.Target{Unit: u.ID,
				Branch: tree.Branch(u.ID)}) { // the superior authority is outside the rosters
				continue
			}
			if in.Near != "" && u.ID != in.Near && (in.Only || tree.Parent(u.ID) != in.Near) || in.Certified && certified[u.ID] == nil {
				continue
			}
			row := UnitCompletion{UnitID: u.ID, Name: u.Name, Tier: u.Tier, Own: own[u.ID], Certified: certified[u.ID]}
			if who.Lang == "en" && u.NameEN != "" {
				row.Name = u.NameEN
			}
			for _, below := range tree.Subtree(u.ID) {
				row.All = row.All.Add(own[below])
				if below != u.ID && own[below].Owed > 0 && certified[below] == nil {
					row.Open++
				}
			}
			if row.All.Owed == 0 {
				continue
			}
			row.Own.UnitID, row.All.UnitID = u.ID, u.ID
			out.Total = out.Total.Add(row.Own)
			out.Units = append(out.Units, row)
		}
		return nil
	})
	return out, err
}

// Completions returns every unit's own figures and whether it has certified, to be
// summed over the tree.
func (a *Selfcheck) Completions(ctx context.Context, v *store.View,
	campaignID string) (map[string]selfcheck.Completion, map[string]*time.Time, error) {
	rows, err := v.Completions(ctx, campaignID, roster.Scope{All: true})
	if err != nil {
		return nil, nil, err
	}
	own := make(map[string]selfcheck.Completion, len(rows))
	for _, r := range rows {
		own[r.UnitID] = r
	}
	certs, err := v.Certifications(ctx, campaignID)
	if err != nil {
		return nil, nil, err
	}
	certified := make(map[string]*time.Time, len(certs))
	for i := range certs {
		certified[certs[i].UnitID] = &certs[i].CertifiedAt
	}
	return own, certified, nil
}

// UnitCompletionView is one unit with its figures and its roster.
type UnitCompletionView struct {
	Campaign      selfcheck.Campaign
	UnitID        string
	Name          string
	Own           selfcheck.Completion
	MedianDoubled int64 // median of declared items, doubled (7 is 3.5)
	Similar       int64 // per mille of lists with a near twin in the unit
	Certification *selfcheck.Certification
	Open          int         // units below that have not certified
	Missing, Done []ReviewRow // states only, nothing of the content
	Names         bool        // whether the rows carry names
	MayCertify    bool
	MayExcuse     bool
}

// UnitCompletion returns one unit's completion: its figures and, for its head and
// the campaign manager, who has and has not filed, by name.
func (a *Selfcheck) UnitCompletion(ctx context.Context, who *roster.Actor, campaignID, unitID string) (*UnitCompletionView, error) {
	out := &UnitCompletionView{UnitID: unitID}
	err := a.Read(ctx, who, "completion.read", func(ctx context.Context, v *store.View) error {
		target, err := a.UnitTarget(ctx, v, unitID)
		if err != nil {
			return err
		}
		sc, err := a.Scope(ctx, v, who, roster.ActRead, roster.KindCompletion)
		if err != nil {
			return err
		}
		c, err := v.Campaign(ctx, campaignID)
		if err != nil {
			return err
		}
		if !sc.Admits(target) || c.State == selfcheck.CampaignDraft {
			return fault.NotFound()
		}
		out.Campaign = *c
		own, certified, err := a.Completions(ctx, v, campaignID)
		if err != nil {
			return err
		}
		if out.Own = own[unitID]; out.Own.Owed == 0 {
			return fault.NotFound()
		}
		units, err := a.UnitNames(ctx, v, who.Lang)
		if err != nil {
			return err
		}
		out.Name = units[unitID]
		if out.Open, err = a.openBelow(ctx, v, unitID, own, certified); err != nil {
			return err
		}
		certs, err := v.Certifications(ctx, campaignID)
		if err != nil {
			return err
		}
		for i := range certs {
			if certs[i].UnitID == unitID {
				out.Certification = &certs[i]
			}
		}
		declared, prints, err := v.FiledFigures(ctx, campaignID, unitID)
		if err != nil {
			return err
		}
		out.MedianDoubled, out.Similar = selfcheck.Median(declared), selfcheck.Similarity(prints)
		certify, err := a.Scope(ctx, v, who, roster.ActCertify, roster.KindCertification)
		if err != nil {
			return err
		}
		snapshot, err := a.Scope(ctx, v, who, roster.ActExcuse, roster.KindSnapshot)
		if err != nil {
			return err
		}
		out.MayCertify, out.MayExcuse = certify.Admits(target), snapshot.Admits(target)
		return a.rosterOf(ctx, v, who, sc, out)
	})
	return out, err
}

// rosterOf fills in who has and has not filed. The unit's head and the campaign
// manager see names; others see states.
func (a *Selfcheck) rosterOf(ctx context.Context, v *store.View, who *roster.Actor, sc roster.Scope, out *UnitCompletionView) error {
	if out.Names = out.MayCertify || out.MayExcuse; !out.Names {
		return nil
	}
	rows, err := v.RosterOf(ctx, out.Campaign.ID, out.UnitID, nil, sc)
	if err != nil {
		return err
	}
	named, err := a.named(ctx, v, who, rows)
	if err != nil {
		return err
	}
	for _, r := range named {
		r.NilItems, r.DeclaredItems, r.DeclaredIssues, r.Fingerprint = 0, 0, 0, 0
		if r.State == selfcheck.Assigned || r.State == selfcheck.Returned {
			out.Missing = append(out.Missing, r)
		} else {
			out.Done = append(out.Done, r)
		}
	}
	return nil
}

func (a *Selfcheck) openBelow(ctx context.Context, v *store.View, unitID string, own map[string]selfcheck.Completion,
	certified map[string]*time.Time) (int, error) {
	tree, err := a.Tree(ctx, v)
	if err != nil {
		return 0, err
	}
	open := 0
	for _, u := range tree.Subtree(unitID) {
		if u != unitID && own[u].Owed > 0 && certified[u] == nil {
			open++
		}
	}
	return open, nil
}

// certifiable loads a running campaign in which the actor may certify the unit;
// otherwise it does not exist for him.
func (a *Selfcheck) certifiable(ctx context.Context, tx *store.Tx, who *roster.Actor, campaignID,
	unitID string) (*selfcheck.Campaign, error) {
	target, err := a.UnitTarget(ctx, &tx.View, unitID)
	if err != nil {
		return nil, err
	}
	sc, err := a.Scope(ctx, &tx.View, who, roster.ActCertify, roster.KindCertification)
	if err != nil {
		return nil, err
	}
	c, err := tx.Campaign(ctx, campaignID)
	if err != nil {
		return nil, err
	}
	if !sc.Admits(target) || c.State == selfcheck.CampaignDraft {
		return nil, fault.NotFound()
	}
	return c, nil
}

// CertifyInput certifies a unit.
type CertifyInput struct {
	CampaignID string
	UnitID     string
	Key        string
}

// Certify certifies that a unit's roster is complete, once all units below it have
// certified.
func (a *Selfcheck) Certify(ctx context.Context, who *roster.Actor, in CertifyInput) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: "certification.create", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		c, err := a.certifiable(ctx, tx, who, in.CampaignID, in.UnitID)
		if err != nil {
			return nil, "", err
		}
		own, certified, err := a.Completions(ctx, &tx.View, in.CampaignID)
		if err != nil {
			return nil, "", err
		}
		open, err := a.openBelow(ctx, &tx.View, in.UnitID, own, certified)
		if err != nil {
			return nil, "", err
		}
		done := own[in.UnitID]
		done.UnitID = in.UnitID
		row, err := selfcheck.Certify(c, done, open, certified[in.UnitID] != nil, who.Person, tx.Now())
		if err != nil {
			return nil, "", err
		}
		if err := tx.Insert(ctx, row); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.UnitCertify, Kind: kinds.Certification, ID: row.ID, Unit: in.UnitID}}, row.ID, nil
	})
}

// ExcuseInput excuses a respondent from a list.
type ExcuseInput struct {
	ID      string
	Version int64
	Reason  string
	Key     string
}

// Validate judges the reason by itself.
func (in ExcuseInput) Validate() error { return selfcheck.CheckReason(in.Reason) }

// Excuse removes a list from what is owed, by a dated amendment of the roster.
func (a *Selfcheck) Excuse(ctx context.Context, who *roster.Actor, in ExcuseInput) (desk.Receipt, error) {
	return desk.Step(ctx, a.Desk, who, desk.Write{Op: "submission.excuse", Key: in.Key, Body: in}, in.Version, a.owedList(in.ID),
		func(ctx context.Context, tx *store.Tx, s *selfcheck.Submission) error {
			certified, err := othersList(ctx, tx, who, s)
			if err != nil {
				return err
			}
			after, err := s.Excuse(in.Reason, certified)
			if err != nil {
				return err
			}
			return a.saveAmended(ctx, tx, s, after, selfcheck.WasExcused, in.Reason)
		})
}
