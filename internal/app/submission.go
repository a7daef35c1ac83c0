package app

import (
	"context"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// MyList is one list that the actor owes or signs, as his to-do home shows it.
type MyList struct {
	selfcheck.Submission
	Campaign selfcheck.Campaign
	Unit     string // name of the unit, for a unit's own list
	Drafted  int    // items with a saved answer
	Reason   string // why it was returned
}

// ToDo is what waits for somebody.
type ToDo struct {
	Lists    []MyList
	Review   int64 // lists to review
	Missing  int64 // lists of his units that are not filed
	Named    int   // items naming a leader that came to him
	Campaign string
}

// ToDo gathers the actor's to-do home.
func (a *App) ToDo(ctx context.Context, who *roster.Actor) (*ToDo, error) {
	out := &ToDo{}
	err := a.read(ctx, who, "todo.read", func(ctx context.Context, v *store.View) error {
		var err error
		if out.Lists, err = a.myLists(ctx, v, who); err != nil {
			return err
		}
		review, err := a.scope(ctx, v, who, roster.ActAccept, roster.KindSubmission)
		if err != nil {
			return err
		}
		if !review.Empty() {
			if out.Review, err = v.ReviewCount(ctx, selfcheck.ReviewFilter{State: selfcheck.Submitted}, review); err != nil {
				return err
			}
			named, err := v.RoutedAnswers(ctx, review, 100)
			if err != nil {
				return err
			}
			out.Named = len(named)
		}
		return a.missingOf(ctx, v, who, out)
	})
	return out, err
}

// MyLists lists what the actor owes or signs, newest first.
func (a *App) MyLists(ctx context.Context, who *roster.Actor) (out []MyList, err error) {
	err = a.read(ctx, who, "submission.list_own", func(ctx context.Context, v *store.View) error {
		out, err = a.myLists(ctx, v, who)
		return err
	})
	return out, err
}

// missingOf counts the lists not filed in the units that the actor heads.
func (a *App) missingOf(ctx context.Context, v *store.View, who *roster.Actor, out *ToDo) error {
	units := heads(who)
	if len(units) == 0 {
		return nil
	}
	campaigns, err := v.RunningCampaigns(ctx)
	if err != nil {
		return err
	}
	for i := range campaigns { // one or two at a time
		if campaigns[i].State != selfcheck.CampaignOpen {
			continue
		}
		rows, err := v.Completions(ctx, campaigns[i].ID, roster.Scope{Units: units})
		if err != nil {
			return err
		}
		for _, r := range rows {
			out.Missing += r.Missing()
			out.Campaign = campaigns[i].ID
		}
	}
	return nil
}

// heads lists the units that the actor heads, or whose head he stands in for.
func heads(who *roster.Actor) []string {
	var units []string
	for _, h := range who.Held {
		if h.Role == roster.RoleUnitHead {
			units = append(units, h.Unit)
		}
	}
	return units
}

func (a *App) myLists(ctx context.Context, v *store.View, who *roster.Actor) ([]MyList, error) {
	subs, err := v.SubmissionsOf(ctx, who.Person, heads(who))
	if err != nil || len(subs) == 0 {
		return nil, err
	}
	campaigns, err := v.RunningCampaigns(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]selfcheck.Campaign, len(campaigns))
	for _, c := range campaigns {
		byID[c.ID] = c
	}
	var out []MyList
	var ids []string
	for _, s := range subs {
		c, running := byID[s.CampaignID]
		if !running {
			if c0, err := v.Campaign(ctx, s.CampaignID); err != nil { // closed ones: a few in a career
				return nil, err
			} else {
				c = *c0
				byID[c.ID] = c
			}
		}
		out = append(out, MyList{Submission: s, Campaign: c})
		ids = append(ids, s.ID)
	}
	drafted, err := v.DraftCounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	reasons, err := a.returnReasons(ctx, v, ids)
	if err != nil {
		return nil, err
	}
	units, err := a.unitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Drafted = drafted[out[i].ID]
		if out[i].State == selfcheck.Returned {
			out[i].Reason = reasons[out[i].ID]
		}
		if out[i].PersonID == "" {
			out[i].Unit = units[out[i].UnitID]
		}
	}
	return out, nil
}

// returnReasons reads why each list was last returned.
func (a *App) returnReasons(ctx context.Context, v *store.View, ids []string) (map[string]string, error) {
	returns, err := v.LastReturns(ctx, ids)
	if err != nil || len(returns) == 0 {
		return nil, err
	}
	rows := make([]string, 0, len(returns))
	for _, r := range returns {
		rows = append(rows, r.ID)
	}
	texts, err := v.Texts(ctx, rows...)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(returns))
	for id, r := range returns {
		out[id] = texts[r.ID]["reason"]
	}
	return out, nil
}

// unitNames gives the name of every unit in the language.
func (a *App) unitNames(ctx context.Context, v *store.View, lang string) (map[string]string, error) {
	tree, err := a.tree(ctx, v)
	if err != nil {
		return nil, err
	}
	units := tree.Units()
	out := make(map[string]string, len(units))
	for _, u := range units {
		out[u.ID] = u.Name
		if lang == "en" && u.NameEN != "" {
			out[u.ID] = u.NameEN
		}
	}
	return out, nil
}

// mine loads a list that the actor fills in and signs: his own, or that of a
// unit which he heads. Any other is not there.
func mine(ctx context.Context, v *store.View, who *roster.Actor, id string) (*selfcheck.Submission, error) {
	s, err := v.Submission(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ownList(who, s) {
		return nil, fault.NotFound()
	}
	return s, nil
}

func ownList(who *roster.Actor, s *selfcheck.Submission) bool {
	if s.PersonID != "" {
		return s.PersonID == who.Person
	}
	return who.Person != "" && who.HoldsAt(roster.RoleUnitHead, s.UnitID)
}

// SaidIssue is a declared issue as its respondent and its reviewer see it.
type SaidIssue struct {
	ID       string
	ItemNo   int64
	EventOn  roster.Date
	Text     string
	State    issue.State
	Severity int
	Added    roster.Date // set for a supplement: the day it was added
}

// ListView is one list with everything that its respondent sees.
type ListView struct {
	MyList
	Checklist selfcheck.Checklist
	Items     []selfcheck.ChecklistItem
	Draft     []selfcheck.ItemAnswer // what is saved; before the first save of a returned list, what was filed
	Seq       map[int64]int64        // sequence number of each saved answer
	Answers   []selfcheck.Answer     // of the current round
	Issues    []SaidIssue
	Leaders   []selfcheck.Leader // who may be named
}

// List opens the actor's own list.
func (a *App) List(ctx context.Context, who *roster.Actor, id string) (*ListView, error) {
	var out *ListView
	err := a.read(ctx, who, "submission.read_own", func(ctx context.Context, v *store.View) error {
		s, err := mine(ctx, v, who, id)
		if err != nil {
			return err
		}
		out, err = a.openList(ctx, v, who, s)
		return err
	})
	return out, err
}

func (a *App) openList(ctx context.Context, v *store.View, who *roster.Actor, s *selfcheck.Submission) (*ListView, error) {
	out := &ListView{MyList: MyList{Submission: *s}, Seq: map[int64]int64{}}
	c, err := v.Campaign(ctx, s.CampaignID)
	if err != nil {
		return nil, err
	}
	out.Campaign = *c
	list, err := v.Checklist(ctx, s.ChecklistID)
	if err != nil {
		return nil, err
	}
	out.Checklist = *list
	if out.Items, err = a.items(ctx, v, s.ChecklistID); err != nil {
		return nil, err
	}
	if s.Round > 0 {
		if out.Answers, err = v.Answers(ctx, s.ID, s.Round); err != nil {
			return nil, err
		}
	}
	if out.Issues, err = a.saidIssues(ctx, v, s.ID); err != nil {
		return nil, err
	}
	reasons, err := a.returnReasons(ctx, v, []string{s.ID})
	if err != nil {
		return nil, err
	}
	out.Reason = reasons[s.ID]
	units, err := a.unitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	out.Unit = units[s.UnitID]
	if s.State != selfcheck.Assigned && s.State != selfcheck.Returned {
		return out, nil
	}
	if out.Leaders, err = v.LeadersAbove(ctx, s.PersonID, s.UnitID, a.Today()); err != nil {
		return nil, err
	}
	drafts, err := v.Drafts(ctx, s)
	if err != nil {
		return nil, err
	}
	return out, out.mergeDrafts(drafts)
}

// mergeDrafts puts what is saved over what was filed before: a returned list
// starts from its own last round.
func (l *ListView) mergeDrafts(drafts []selfcheck.Draft) error {
	at := make(map[int64]selfcheck.ItemAnswer, len(l.Items))
	for _, f := range l.Answers {
		at[f.ItemNo] = selfcheck.ItemAnswer{ItemNo: f.ItemNo, Nil: f.Nil, LeaderID: f.LeaderID}
	}
	for _, i := range l.Issues {
		if i.State == issue.Withdrawn {
			continue
		}
		a := at[i.ItemNo]
		a.Issues = append(a.Issues, selfcheck.Declared{IssueID: i.ID, EventOn: i.EventOn, Text: i.Text})
		at[i.ItemNo] = a
	}
	for _, d := range drafts {
		a, err := d.Answer()
		if err != nil {
			return err
		}
		at[d.ItemNo] = a
		l.Seq[d.ItemNo] = d.Seq
	}
	l.Drafted = 0
	for _, it := range l.Items {
		if a, ok := at[it.No]; ok {
			a.ItemNo = it.No
			l.Draft = append(l.Draft, a)
			if a.Answered() {
				l.Drafted++
			}
		}
	}
	return nil
}

// saidIssues reads what a list declared, with its texts.
func (a *App) saidIssues(ctx context.Context, v *store.View, submissionID string) ([]SaidIssue, error) {
	rows, err := v.IssuesOfSubmission(ctx, submissionID)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	texts, err := v.Texts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	added, err := v.Supplements(ctx, submissionID)
	if err != nil {
		return nil, err
	}
	on := make(map[string]roster.Date, len(added))
	for _, s := range added {
		on[s.IssueID] = s.AddedOn
	}
	out := make([]SaidIssue, len(rows))
	for i, r := range rows {
		out[i] = SaidIssue{ID: r.ID, ItemNo: int64(r.ItemNo), EventOn: r.EventOn, Text: issue.Narrative(texts[r.ID]), State: r.State, Severity: r.Severity, Added: on[r.ID]}
	}
	return out, nil
}

// DraftSave is the save of one answer.
type DraftSave struct {
	Seq int64 `json:"seq"`
	selfcheck.ItemAnswer
}

// SaveDraftInput saves one or more answers of a list.
type SaveDraftInput struct {
	ID    string
	Saves []DraftSave
}

// SaveDraft saves answers, item by item. Each carries a sequence number: the
// same save again changes nothing, and one that has not seen a later save is a
// conflict that names it; nothing is saved then. It gives the sequence numbers
// as they now stand.
func (a *App) SaveDraft(ctx context.Context, who *roster.Actor, in SaveDraftInput) (map[int64]int64, error) {
	if _, err := a.gate(who, "submission.draft"); err != nil {
		return nil, err
	}
	if len(in.Saves) > selfcheck.ItemCount*4 {
		return nil, fault.Shape("too_large", "items")
	}
	seqs := make(map[int64]int64, len(in.Saves))
	err := a.store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error {
		s, err := mine(ctx, &sx.View, who, in.ID)
		if err != nil {
			return err
		}
		if s.State != selfcheck.Assigned && s.State != selfcheck.Returned {
			return fault.Conflict("already_submitted", "State", string(s.State))
		}
		items, err := a.items(ctx, &sx.View, s.ChecklistID)
		if err != nil {
			return err
		}
		stored, err := sx.Drafts(ctx, s)
		if err != nil {
			return err
		}
		have := make(map[int64]*selfcheck.Draft, len(stored))
		for i := range stored {
			have[stored[i].ItemNo] = &stored[i]
		}
		var rows []selfcheck.Draft
		var conflict *fault.Error
		for _, save := range in.Saves {
			if selfcheck.Item(items, save.ItemNo) == nil {
				return fault.Invalid("answer_unknown_item", "item", "Item", save.ItemNo)
			}
			d, err := selfcheck.NewDraft(s, save.Seq, save.ItemAnswer, a.store.Now())
			if err != nil {
				return err
			}
			before := have[d.ItemNo]
			write, err := d.Over(before)
			switch {
			case err != nil:
				f := fault.As(err)
				if conflict == nil {
					conflict = f
				} else {
					conflict.More = append(conflict.More, f)
				}
			case write:
				rows = append(rows, d)
				have[d.ItemNo] = &d
				seqs[d.ItemNo] = d.Seq
			default:
				seqs[d.ItemNo] = before.Seq
			}
		}
		if conflict != nil {
			return conflict
		}
		return sx.SaveDrafts(ctx, rows)
	})
	if err != nil {
		return nil, err
	}
	return seqs, nil
}

// SubmitInput files a list. Without Answers it files what is saved as drafts.
type SubmitInput struct {
	ID      string
	Version int64
	Answers []selfcheck.ItemAnswer
	Key     string
}

// Submit files a list: answers, declared issues, their comparison with what is
// on record, and the ledger entry in one write.
func (a *App) Submit(ctx context.Context, who *roster.Actor, in SubmitInput) (Receipt, error) {
	r, err := a.write(ctx, who, Write{Op: "submission.submit", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
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
		if err := tx.Insert(ctx, filing.Answers); err != nil {
			return nil, "", err
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "submission.submit", Kind: "submission", ID: after.ID, Unit: after.UnitID}}, after.ID, nil
	})
	if err == nil && in.Answers == nil { // what was filed is on record; its drafts need not lie about
		err := a.store.Scratch(ctx, func(ctx context.Context, sx *store.ScratchTx) error { return sx.DropDrafts(ctx, in.ID) })
		if err != nil {
			a.log.Warn("drop drafts of a filed list", "submission", in.ID, "err", err)
		}
	}
	return r, err
}

// submitting gathers what the rule looks at.
func (a *App) submitting(ctx context.Context, tx *store.Tx, who *roster.Actor, s *selfcheck.Submission, answers []selfcheck.ItemAnswer) (in selfcheck.Submitting, err error) {
	in = selfcheck.Submitting{Answers: answers, By: who.Person, Now: tx.Now(), Today: roster.DateOf(tx.Now(), a.zone)}
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
		list := ListView{MyList: MyList{Submission: *s}, Items: in.Items, Seq: map[int64]int64{}}
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

// file registers what was declared, revises what is kept and withdraws what
// was dropped.
func (a *App) file(ctx context.Context, tx *store.Tx, in selfcheck.Submitting, s *selfcheck.Submission, f selfcheck.Filing) error {
	timing := issue.TimingOf(a.pack)
	tree, err := a.tree(ctx, &tx.View)
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
	return tx.AddIssues(ctx, fresh, timing)
}

func declared(id string, s *selfcheck.Submission, d *selfcheck.Declaration, tree *roster.Tree, today roster.Date, now time.Time, c ledger.Commitment) *issue.Issue {
	unit := s.UnitID
	if d.LeaderID != "" { // the tier above that leader, out of the ordinary reviewer's sight
		unit = d.ReviewUnitID
	}
	return issue.NewDeclared(issue.Declared{
		ID: id, Person: s.PersonID, Unit: unit, Tier: tree.Tier(unit), Category: d.Category, ItemNo: int(d.ItemNo), Severity: int(d.Severity),
		EventOn: d.EventOn, On: today, At: now, List: string(s.Audience), Campaign: s.CampaignID, Submission: s.ID, NarrativeC: c,
	})
}

// refile brings the issues of an earlier round to what the list says now: a
// kept one keeps its first date, a dropped one is withdrawn.
func (a *App) refile(ctx context.Context, tx *store.Tx, s *selfcheck.Submission, f selfcheck.Filing, tree *roster.Tree, timing issue.Timing, now time.Time) error {
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
	for _, id := range f.Withdrawn {
		before := byID[id]
		after := *before
		if err := after.Withdraw(now); err != nil {
			return err
		}
		changes = append(changes, issue.Change{Before: before, After: &after})
	}
	if len(changes) == 0 {
		return nil
	}
	return tx.SaveIssues(ctx, changes, timing)
}

func issueIDs(rows []*issue.Issue) []string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}

// SupplementInput adds one issue to a locked list.
type SupplementInput struct {
	ID      string
	ItemNo  int64
	EventOn roster.Date
	Text    string
	Key     string
}

// Supplement adds a dated issue to the actor's own locked list.
func (a *App) Supplement(ctx context.Context, who *roster.Actor, in SupplementInput) (Receipt, error) {
	return a.write(ctx, who, Write{Op: "submission.supplement", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		s, err := mine(ctx, &tx.View, who, in.ID)
		if err != nil {
			return nil, "", err
		}
		c, err := tx.Campaign(ctx, s.CampaignID)
		if err != nil {
			return nil, "", err
		}
		items, err := a.items(ctx, &tx.View, s.ChecklistID)
		if err != nil {
			return nil, "", err
		}
		tree, err := a.tree(ctx, &tx.View)
		if err != nil {
			return nil, "", err
		}
		today := roster.DateOf(tx.Now(), a.zone)
		said := selfcheck.Declared{EventOn: in.EventOn, Text: in.Text}
		if err := s.CheckSupplement(c, items, selfcheck.ItemAnswer{ItemNo: in.ItemNo, Issues: []selfcheck.Declared{said}}, today); err != nil {
			return nil, "", err
		}
		item := selfcheck.Item(items, in.ItemNo)
		id := tx.NewID()
		commitment, err := tx.PutText(ctx, id, "narrative", in.Text)
		if err != nil {
			return nil, "", err
		}
		d := selfcheck.Declaration{Declared: said, ItemNo: item.No, Category: item.Category, Severity: item.Severity}
		if err := tx.AddIssues(ctx, []*issue.Issue{declared(id, s, &d, tree, today, tx.Now(), commitment)}, issue.TimingOf(a.pack)); err != nil {
			return nil, "", err
		}
		row := &selfcheck.Supplement{SubmissionID: s.ID, ItemNo: in.ItemNo, IssueID: id, PersonID: who.Person, AddedOn: today}
		if err := tx.Insert(ctx, row); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: "submission.supplement", Kind: "submission", ID: s.ID, Unit: s.UnitID}}, id, nil
	})
}

// ListReceipt is the record of one submission in the ledger; it holds no
// content.
type ListReceipt struct {
	Seq  int64
	At   time.Time
	Leaf []byte
	Verb string
}

// ListReceipts gives the ledger entries of the actor's own list, oldest first:
// its submissions and supplements.
func (a *App) ListReceipts(ctx context.Context, who *roster.Actor, id string) ([]ListReceipt, error) {
	var out []ListReceipt
	err := a.read(ctx, who, "submission.receipt", func(ctx context.Context, v *store.View) error {
		if _, err := mine(ctx, v, who, id); err != nil {
			return err
		}
		entries, err := v.EntriesOf(ctx, id)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Verb == "submission.submit" || e.Verb == "submission.supplement" {
				out = append(out, ListReceipt{e.Seq, e.At, e.Leaf, e.Verb})
			}
		}
		return nil
	})
	return out, err
}
