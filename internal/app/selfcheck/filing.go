package selfcheck

import (
	"context"
	"time"

	"plumbline/internal/app/casework"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// SubmitInput files a list. Without Answers it files the saved drafts.
type SubmitInput struct {
	ID      string
	Version int64
	Answers []selfcheck.ItemAnswer
	Key     string
}

// Submit files a list: answers, declared issues, their comparison with the records,
// and the ledger entry, in one write.
func (a *Selfcheck) Submit(ctx context.Context, who *roster.Actor, in SubmitInput) (desk.Receipt, error) {
	r, err := a.Write(ctx, who, desk.Write{Op: verbs.SubmissionSubmit, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		before, err := mine(ctx, &tx.View, who, in.ID)
		if err != nil {
			return nil, "", err
		}
		if before.State.Filed() { // said before the version: it is why the version moved
			return nil, "", fault.Conflict("already_submitted", "State", string(before.State), "Current", before.Version)
		}
		if in.Version != before.Version {
			return nil, "", fault.Conflict("stale_version", "Current", before.Version)
		}
		sub, err := a.submitting(ctx, tx, who, before, in.Answers)
		if err != nil {
			return nil, "", err
		}
		after, filing, err := before.Submit(sub)
		if err != nil {
			return nil, "", err
		}
		if err := a.file(ctx, tx, sub, &after, filing); err != nil {
			return nil, "", err
		}
		if err := tx.PutAnswers(ctx, filing.Answers); err != nil {
			return nil, "", err
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		return filed(tx, ledger.Fact{Verb: verbs.SubmissionSubmit, Kind: kinds.Submission, ID: after.ID, Unit: after.UnitID}), after.ID, nil
	})
	if err == nil && in.Answers == nil { // what was filed is on record; its drafts need not lie about
		err := a.Store.DropDrafts(ctx, in.ID)
		if err != nil {
			a.Log.Warn("drop drafts of a filed list", "submission", in.ID, "err", err)
		}
	}
	return r, err
}

// filed returns the fact of a filing and, separately, one fact for each issue whose
// comparison changed because of it or because of something that the filer does not
// know.
func filed(tx *store.Tx, fact ledger.Fact) []ledger.Fact {
	facts := []ledger.Fact{fact}
	for _, i := range tx.SeparateEntry() {
		facts = append(facts, ledger.Fact{Verb: issue.VerbCompare, Kind: i.Kind, ID: i.ID, Rows: []ledger.After{i}})
	}
	return facts
}

// submitting gathers what the rule looks at.
func (a *Selfcheck) submitting(ctx context.Context, tx *store.Tx, who *roster.Actor, s *selfcheck.Submission,
	answers []selfcheck.ItemAnswer) (in selfcheck.Submitting, err error) {
	in = selfcheck.Submitting{Answers: answers, By: who.Person, Now: tx.Now(), Today: roster.DateOf(tx.Now(), a.Zone())}
	if in.Campaign, err = tx.Campaign(ctx, s.CampaignID); err != nil {
		return in, err
	}
	if in.Items, err = a.items(ctx, &tx.View, s.ChecklistID); err != nil {
		return in, err
	}
	if in.Answers == nil {
		drafts, err := tx.Drafts(ctx, s)
		if err != nil {
			return in, err
		}
		list := SubmissionView{OwnSubmission: OwnSubmission{Submission: *s}, Items: in.Items, Seq: map[int64]int64{}}
		if s.Round > 0 {
			if list.Answers, err = tx.Answers(ctx, s.ID, s.Round); err != nil {
				return in, err
			}
			if list.Issues, err = a.saidIssues(ctx, &tx.View, s.ID); err != nil {
				return in, err
			}
		}
		if err := list.mergeDrafts(drafts); err != nil {
			return in, err
		}
		in.Answers = list.Draft
		for i := range in.Answers { // a draft may hold both; the choice made last counts
			if in.Answers[i].Nil {
				in.Answers[i].Issues = nil
			}
		}
	}
	named := false
	for i := range in.Answers {
		named = named || in.Answers[i].LeaderID != ""
	}
	if named {
		if in.Leaders, err = tx.LeadersAbove(ctx, s.PersonID, s.UnitID, in.Today); err != nil {
			return in, err
		}
	}
	if s.Round > 0 {
		rows, err := tx.IssuesOfSubmission(ctx, s.ID)
		if err != nil {
			return in, err
		}
		for _, r := range rows {
			if r.State != issue.Withdrawn {
				in.Prior = append(in.Prior, selfcheck.PriorIssue{ID: r.ID, ItemNo: int64(r.ItemNo)})
			}
		}
	}
	return in, nil
}

// file registers new declarations, revises kept ones and withdraws dropped ones.
func (a *Selfcheck) file(ctx context.Context, tx *store.Tx, in selfcheck.Submitting, s *selfcheck.Submission, f selfcheck.Filing) error {
	timing := issue.TimingOf(a.Pack())
	tree, err := a.Tree(ctx, &tx.View)
	if err != nil {
		return err
	}
	if len(f.Kept)+len(f.Withdrawn) > 0 {
		if err := a.refile(ctx, tx, s, f, tree, timing, in.Now); err != nil {
			return err
		}
	}
	if len(f.Added) == 0 {
		return nil
	}
	texts := make([]store.Content, len(f.Added))
	fresh := make([]*issue.Issue, len(f.Added))
	for i := range f.Added {
		id := tx.NewID()
		texts[i] = store.NewText(id, "narrative", f.Added[i].Text)
		fresh[i] = declared(id, s, &f.Added[i], tree, in.Today, in.Now, texts[i].Commitment())
	}
	if err := tx.PutTexts(ctx, texts); err != nil {
		return err
	}
	return tx.AddDeclared(ctx, fresh, timing)
}

func declared(id string, s *selfcheck.Submission, d *selfcheck.Declaration, tree *roster.Tree, today roster.Date, now time.Time,
	c ledger.Commitment) *issue.Issue {
	unit := s.UnitID
	if d.LeaderID != "" { // the tier above that leader, out of the ordinary reviewer's sight
		unit = d.ReviewUnitID
	}
	return issue.NewDeclared(issue.Declared{
		ID: id, Person: s.PersonID, Unit: unit, Tier: tree.Tier(unit), Category: d.Category, ItemNo: int(d.ItemNo), Severity: int(d.Severity),
		EventOn: d.EventOn, On: today, At: now, List: string(s.Audience), Campaign: s.CampaignID, Submission: s.ID, NarrativeC: c,
	})
}

// refile updates the issues of an earlier round to the new list: a kept one keeps
// its first date, a dropped one is withdrawn.
func (a *Selfcheck) refile(ctx context.Context, tx *store.Tx, s *selfcheck.Submission, f selfcheck.Filing, tree *roster.Tree,
	timing issue.Timing, now time.Time) error {
	rows, err := tx.IssuesOfSubmission(ctx, s.ID)
	if err != nil {
		return err
	}
	texts, err := tx.Texts(ctx, issueIDs(rows)...)
	if err != nil {
		return err
	}
	byID := make(map[string]*issue.Issue, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	var changes []issue.Change
	for i := range f.Kept {
		d := &f.Kept[i]
		before := byID[d.IssueID]
		after := *before
		if d.Text != issue.Narrative(texts[before.ID]) {
			if after.NarrativeC, err = tx.PutText(ctx, before.ID, issue.NarrativeField(s.Round), d.Text); err != nil {
				return err
			}
		}
		after.EventOn, after.Month = d.EventOn, d.EventOn.Month()
		if after.UnitID = s.UnitID; d.LeaderID != "" {
			after.UnitID = d.ReviewUnitID
		}
		after.Tier = tree.Tier(after.UnitID)
		if after.EventOn != before.EventOn || after.UnitID != before.UnitID || string(after.NarrativeC) != string(before.NarrativeC) {
			changes = append(changes, issue.Change{Before: before, After: &after})
		}
	}
	ends, err := a.casework.Endings(ctx, &tx.View, &roster.Actor{Person: s.FiledBy}, "", f.Withdrawn...)
	if err != nil {
		return err
	}
	for _, id := range f.Withdrawn {
		before := byID[id]
		after := *before
		if err := after.Withdraw(ends[id], now); err != nil {
			return dropped(err, before)
		}
		changes = append(changes, issue.Change{Before: before, After: &after})
	}
	if len(changes) == 0 {
		return nil
	}
	return tx.SaveDeclared(ctx, changes, timing)
}

// dropped explains why a declaration stays on the list. A severe one cannot be
// withdrawn by its subject, even if his list was returned.
func dropped(err error, i *issue.Issue) error {
	if casework.NeedsTwo(err) {
		return fault.Invalid("declared_stays", "", "Item", i.ItemNo)
	}
	return err
}

func issueIDs(rows []*issue.Issue) []string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}
