package selfcheck

import (
	"context"
	"slices"
	"strconv"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
)

// NamedItem is an item that names a leader, as shown to the tier above him.
type NamedItem struct {
	selfcheck.RoutedAnswer
	Respondent string
	Unit       string
	Leader     string
	Item       selfcheck.ChecklistItem
	Issues     []SaidIssue
	Reason     string // why it was last returned
	Reply      string // what the respondent last replied
	MayDecide  bool
}

// NamedQuery asks for one page of the items that came to the actor's tier.
type NamedQuery struct {
	State  selfcheck.NamedState // "" is all; waiting includes what was replied
	Cursor string
	Limit  int // 1 to 200, default 50
}

// NamedPage is one page, with the exact count.
type NamedPage struct {
	Rows  []NamedItem
	Total int64
	Next  string
}

// NamedItems lists the items naming a leader that were sent to the actor's units.
func (a *Selfcheck) NamedItems(ctx context.Context, who *roster.Actor, in NamedQuery) (out NamedPage, err error) {
	const op = "review.named"
	if in.State != "" && !slices.Contains(selfcheck.NamedStates, in.State) {
		return out, fault.Invalid("filter_value", "state")
	}
	f := selfcheck.NamedFilter{State: in.State}
	out.Next, err = a.ReadPage(ctx, who, op, in.Cursor, in.Limit, func(ctx context.Context, v *store.View, sc roster.Scope, p *desk.Page) error {
		var after *selfcheck.RoutedAnswer
		if len(p.After) == 1 {
			sub, no, _ := selfcheck.ParseNamedID(p.After[0])
			after = &selfcheck.RoutedAnswer{SubmissionID: sub, ItemNo: no}
		}
		rows, err := v.RoutedAnswers(ctx, f, sc, after, p.Limit+1)
		if err != nil {
			return err
		}
		rows = desk.Cut(p, rows, func(r selfcheck.RoutedAnswer) []string { return []string{selfcheck.NamedID(r.SubmissionID, r.ItemNo)} })
		if out.Total, err = v.RoutedCount(ctx, f, sc); err != nil {
			return err
		}
		out.Rows, err = a.nameRouted(ctx, v, who, rows)
		return err
	})
	return out, err
}

// nameRouted adds names and texts to items that name a leader.
func (a *Selfcheck) nameRouted(ctx context.Context, v *store.View, who *roster.Actor, rows []selfcheck.RoutedAnswer) ([]NamedItem, error) {
	people, reviews := make([]string, 0, 2*len(rows)), make([]string, 0, len(rows))
	for _, r := range rows {
		people = append(people, r.PersonID, r.LeaderID)
		if r.ReviewID != "" {
			reviews = append(reviews, r.ReviewID)
		}
	}
	names, err := v.NamesOf(ctx, people)
	if err != nil {
		return nil, err
	}
	texts, err := v.Texts(ctx, reviews...)
	if err != nil {
		return nil, err
	}
	units, err := a.UnitNames(ctx, v, who.Lang)
	if err != nil {
		return nil, err
	}
	out := make([]NamedItem, 0, len(rows))
	said := make(map[string][]SaidIssue)
	for _, r := range rows {
		items, err := a.items(ctx, v, r.ChecklistID)
		if err != nil {
			return nil, err
		}
		n := NamedItem{RoutedAnswer: r, Respondent: names[r.PersonID].Name, Unit: units[r.UnitID], Leader: names[r.LeaderID].Name,
			Reason: lastText(texts[r.ReviewID], "reason"), Reply: lastText(texts[r.ReviewID], "reply")}
		if r.PersonID == "" {
			n.Respondent = units[r.UnitID]
		}
		if it := selfcheck.Item(items, r.ItemNo); it != nil {
			n.Item = *it
		}
		if _, read := said[r.SubmissionID]; !read { // one list each, a page of them at most
			if said[r.SubmissionID], err = a.saidIssues(ctx, v, r.SubmissionID); err != nil {
				return nil, err
			}
		}
		for _, i := range said[r.SubmissionID] {
			if i.ItemNo == r.ItemNo {
				n.Issues = append(n.Issues, i)
			}
		}
		out = append(out, n)
	}
	return out, nil
}

// lastText returns the newest of the texts stored under field.1, field.2 and so on.
func lastText(texts map[string]string, field string) (last string) {
	for n := int64(1); ; n++ {
		t, ok := texts[desk.NumberedField(field, n)]
		if !ok {
			return last
		}
		last = t
	}
}

// NamedItem opens one item that came to the actor's tier.
func (a *Selfcheck) NamedItem(ctx context.Context, who *roster.Actor, id string) (out *NamedItem, err error) {
	err = a.Read(ctx, who, "named.read", func(ctx context.Context, v *store.View) error {
		r, err := a.routed(ctx, v, who, roster.ActRead, id)
		if err != nil {
			return err
		}
		rows, err := a.nameRouted(ctx, v, who, []selfcheck.RoutedAnswer{*r})
		if err != nil {
			return err
		}
		out = &rows[0]
		out.MayDecide = r.State.Decidable() && a.Table().May(who, roster.ActAccept, roster.KindSubmission)
		return nil
	})
	return out, err
}

// routed loads an item under the scope of the tier above the named leader.
func (a *Selfcheck) routed(ctx context.Context, v *store.View, who *roster.Actor, act roster.Act,
	id string) (*selfcheck.RoutedAnswer, error) {
	sub, no, ok := selfcheck.ParseNamedID(id)
	if !ok {
		return nil, fault.NotFound()
	}
	sc, err := a.Scope(ctx, v, who, act, roster.KindSubmission)
	if err != nil {
		return nil, err
	}
	rows, err := v.RoutedAnswers(ctx, selfcheck.NamedFilter{SubmissionID: sub, ItemNo: no}, sc, nil, 2)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return &rows[0], nil
}

// NamedDecision accepts or returns an item that names a leader.
type NamedDecision struct {
	ID      string // "list.item"
	Version int64  // of the last decision, 0 for none
	Reason  string // of a return
	Key     string
}

// namedReturn is a decision that needs a reason.
type namedReturn struct{ NamedDecision }

// Validate judges the reason by itself.
func (in namedReturn) Validate() error { return selfcheck.CheckReason(in.Reason) }

// AcceptNamed accepts an item that names a leader.
func (a *Selfcheck) AcceptNamed(ctx context.Context, who *roster.Actor, in NamedDecision) (desk.Receipt, error) {
	return a.decideNamed(ctx, who, "named.accept", roster.ActAccept, selfcheck.NamedAccepted, in)
}

// ReturnNamed returns the item to its respondent with a reason. The list's state
// does not change, so the ordinary reviewer learns nothing.
func (a *Selfcheck) ReturnNamed(ctx context.Context, who *roster.Actor, in NamedDecision) (desk.Receipt, error) {
	return a.decideNamed(ctx, who, "named.return", roster.ActReturn, selfcheck.NamedReturned, in)
}

func (a *Selfcheck) decideNamed(ctx context.Context, who *roster.Actor, op string, act roster.Act, to selfcheck.NamedState,
	in NamedDecision) (desk.Receipt, error) {
	var body any = in
	if to == selfcheck.NamedReturned {
		body = namedReturn{in}
	}
	return a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: body}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		r, err := a.routed(ctx, &tx.View, who, act, in.ID)
		if err != nil {
			return nil, "", err
		}
		if in.Version != r.Version {
			return nil, "", fault.Conflict("stale_version", "Current", r.Version)
		}
		s, err := tx.Submission(ctx, r.SubmissionID)
		if err != nil {
			return nil, "", err
		}
		before, err := namedReview(ctx, tx, r)
		if err != nil {
			return nil, "", err
		}
		after, err := before.Decide(to, who.Person, s, tx.Now())
		if err != nil {
			return nil, "", err
		}
		if after.ID == "" {
			after.ID = tx.NewID()
		}
		if to == selfcheck.NamedReturned {
			if after.ReasonC, err = tx.PutText(ctx, after.ID, desk.NumberedField("reason", after.Turns), in.Reason); err != nil {
				return nil, "", err
			}
		}
		if before.Version == 0 {
			err = tx.Insert(ctx, &after)
		} else {
			err = tx.Save(ctx, before, &after)
		}
		verb := verbs.NamedItemAccept
		if to == selfcheck.NamedReturned {
			verb = verbs.NamedItemReturn
		}
		return []ledger.Fact{{Verb: verb, Kind: kinds.NamedReview, ID: after.ID, Unit: r.ReviewUnitID}}, after.ID, err
	})
}

// namedReview is the decision on an item so far; an undecided one has no row.
func namedReview(ctx context.Context, tx *store.Tx, r *selfcheck.RoutedAnswer) (*selfcheck.NamedReview, error) {
	rows, err := tx.NamedReviews(ctx, []string{r.SubmissionID}, "")
	if err != nil {
		return nil, err
	}
	for _, n := range rows {
		if n.ItemNo == r.ItemNo {
			return n, nil
		}
	}
	return &selfcheck.NamedReview{
		SubmissionID: r.SubmissionID, Round: r.Round, ItemNo: r.ItemNo, LeaderID: r.LeaderID, ReviewUnitID: r.ReviewUnitID,
		State: selfcheck.NamedWaiting, ReasonC: ledger.Commitment{}, ReplyC: ledger.Commitment{},
	}, nil
}

// AskedOf lists the items of the actor's own lists that the tier above has returned
// to him.
func (a *Selfcheck) AskedOf(ctx context.Context, v *store.View, who *roster.Actor) ([]NamedItem, error) {
	subs, err := v.SubmissionsOf(ctx, who.Person, desk.UnitsLed(who))
	if err != nil || len(subs) == 0 {
		return nil, err
	}
	lists := make(map[string]*selfcheck.Submission, len(subs))
	ids := make([]string, len(subs))
	for i := range subs {
		ids[i], lists[subs[i].ID] = subs[i].ID, &subs[i]
	}
	rows, err := v.NamedReviews(ctx, ids, selfcheck.NamedReturned)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var routed []selfcheck.RoutedAnswer
	for _, n := range rows {
		s := lists[n.SubmissionID]
		routed = append(routed, selfcheck.RoutedAnswer{SubmissionID: n.SubmissionID, ItemNo: n.ItemNo, LeaderID: n.LeaderID,
			PersonID: s.PersonID, UnitID: s.UnitID,
			ChecklistID: s.ChecklistID, ReviewID: n.ID, Version: n.Version, State: n.State})
	}
	return a.nameRouted(ctx, v, who, routed)
}

// NamedReplyInput answers a returned item.
type NamedReplyInput struct {
	ID     string // the list
	ItemNo int64
	Text   string
	Key    string
}

// Validate judges the text by itself.
func (in NamedReplyInput) Validate() error { return selfcheck.CheckReason(in.Text) }

// ReplyNamed answers an item that the tier above returned. Only that tier sees the
// answer.
func (a *Selfcheck) ReplyNamed(ctx context.Context, who *roster.Actor, in NamedReplyInput) (desk.Receipt, error) {
	return a.Write(ctx, who, desk.Write{Op: "named.reply", Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		s, err := mine(ctx, &tx.View, who, in.ID)
		if err != nil {
			return nil, "", err
		}
		rows, err := tx.NamedReviews(ctx, []string{s.ID}, "")
		if err != nil {
			return nil, "", err
		}
		i := slices.IndexFunc(rows, func(n *selfcheck.NamedReview) bool { return n.ItemNo == in.ItemNo })
		if i < 0 {
			return nil, "", fault.Invalid("named_not_asked", "item", "Item", strconv.FormatInt(in.ItemNo, 10))
		}
		before := rows[i]
		after, err := before.Reply()
		if err != nil {
			return nil, "", err
		}
		if after.ReplyC, err = tx.PutText(ctx, before.ID, desk.NumberedField("reply", before.Turns), in.Text); err != nil {
			return nil, "", err
		}
		if err := tx.Save(ctx, before, &after); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: verbs.NamedItemReply, Kind: kinds.NamedReview, ID: before.ID,
			Unit: before.ReviewUnitID}}, before.ID, nil
	})
}
