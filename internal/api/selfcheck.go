package api

import (
	"context"

	"plumbline/internal/app/accounts"
	"plumbline/internal/app/desk"
	"plumbline/internal/app/home"
	appselfcheck "plumbline/internal/app/selfcheck"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

func registerSelfcheck(r *registry) {
	registerCampaigns(r)
	registerLists(r)
	registerReviews(r)
	registerNamed(r)
	registerCompletion(r)
}

// ByID is an id in the path. It is exported because huma only fills exported fields,
// including embedded ones.
type ByID struct {
	ID string `path:"id"`
}

// Done is the answer of a write: the id concerned and the receipt.
type Done struct {
	ID      string      `json:"id"`
	Receipt ReceiptView `json:"receipt"`
}

func done(r desk.Receipt, id string) Done {
	if r.ResultID != "" {
		id = r.ResultID
	}
	return Done{id, receipt(r)}
}

// ListView is one list without its content.
type ListView struct {
	ID             string `json:"id"`
	Version        int64  `json:"version"`
	Campaign       string `json:"campaign_id"`
	Checklist      string `json:"checklist_id"`
	Audience       string `json:"audience" enum:"officers,leaders"`
	Person         string `json:"person_id,omitempty"`
	Unit           string `json:"unit_id"`
	ReviewUnit     string `json:"review_unit_id"`
	State          string `json:"state"`
	Round          int64  `json:"round"`
	FirstFiledAt   string `json:"first_filed_at,omitempty"`
	FiledAt        string `json:"filed_at,omitempty"`
	NilItems       int64  `json:"nil_items"`
	DeclaredItems  int64  `json:"declared_items"`
	DeclaredIssues int64  `json:"declared_issues"`
	Drafted        int    `json:"drafted,omitempty" doc:"items with a saved answer"`
	Reason         string `json:"reason,omitempty" doc:"why it was returned"`
	Name           string `json:"name,omitempty"`
}

func listView(s *selfcheck.Submission) ListView {
	return ListView{ID: s.ID, Version: s.Version, Campaign: s.CampaignID, Checklist: s.ChecklistID, Audience: string(s.Audience),
		Person: s.PersonID, Unit: s.UnitID, ReviewUnit: s.ReviewUnitID, State: string(s.State), Round: s.Round,
		FirstFiledAt: instant(s.FirstFiledAt), FiledAt: instant(s.FiledAt),
		NilItems: s.NilItems, DeclaredItems: s.DeclaredItems, DeclaredIssues: s.DeclaredIssues}
}

// SaidView is one declared issue.
type SaidView struct {
	ID       string `json:"id"`
	Item     int64  `json:"item"`
	EventOn  string `json:"event_on"`
	Text     string `json:"text"`
	State    string `json:"state"`
	Severity int    `json:"severity"`
	Added    string `json:"added_on,omitempty" doc:"set for a supplement"`
}

func saidViews(said []appselfcheck.SaidIssue) []SaidView {
	out := make([]SaidView, len(said))
	for i, s := range said {
		out[i] = SaidView{s.IssueID, s.ItemNo, string(s.EventOn), s.Text, string(s.State), s.Severity, string(s.Added)}
	}
	return out
}

// AnswerView is the filed answer to one item.
type AnswerView struct {
	Item     int64  `json:"item"`
	Nil      bool   `json:"nil"`
	Declared int64  `json:"declared"`
	Leader   string `json:"leader_id,omitempty"`
}

func answerViews(answers []selfcheck.Answer) []AnswerView {
	out := make([]AnswerView, len(answers))
	for i, a := range answers {
		out[i] = AnswerView{a.ItemNo, a.Nil, a.Declared, a.LeaderID}
	}
	return out
}

// SavedAnswer is one draft answer with its sequence number.
type SavedAnswer struct {
	selfcheck.ItemAnswer
	Seq int64 `json:"seq"`
}

// OwnListView is one's own list with all of its content.
type OwnListView struct {
	ListView
	Answers []AnswerView  `json:"answers"`
	Issues  []SaidView    `json:"issues"`
	Draft   []SavedAnswer `json:"draft"`
	Leaders []LeaderView  `json:"leaders" doc:"who may be named on an item"`
}

// LeaderView is a leader above the respondent.
type LeaderView struct {
	Person string `json:"person_id"`
	Name   string `json:"name"`
	Unit   string `json:"unit_id"`
}

// ToDoView is the to-do home.
type ToDoView struct {
	Lists   []ListView         `json:"lists"`
	Codes   []accounts.OwnCode `json:"codes" doc:"one-time codes for my own account: those that wait, and those that were issued in the last 30 days"`
	Review  int64              `json:"to_review"`
	Missing int64              `json:"not_filed"`
	Named   int64              `json:"items_naming_a_leader"`
	Noticed int64              `json:"notices_unanswered"`
	Served  int64              `json:"findings_to_reply_to"`
	Work    []home.Waiting     `json:"work"` // the queues that wait for you, each with the operation that lists it
}

func registerLists(r *registry) {
	mine := func(lists []appselfcheck.OwnSubmission) []ListView {
		out := make([]ListView, len(lists))
		for i := range lists {
			out[i] = listView(&lists[i].Submission)
			out[i].Drafted, out[i].Reason = lists[i].Drafted, lists[i].Reason
		}
		return out
	}
	handle(r, "todo.read", func(ctx context.Context, c *Call, _ *struct{}) (ToDoView, error) {
		t, err := r.f.App.ToDo(ctx, c.Actor)
		if err != nil {
			return ToDoView{}, err
		}
		return ToDoView{mine(t.Lists), append([]accounts.OwnCode{}, t.Codes...), t.Review, t.Missing, t.Named, t.Noticed, t.Served,
			append([]home.Waiting{}, t.Work...)}, nil
	}, Summary("What waits for me"))
	handle(r, "submission.list_own", func(ctx context.Context, c *Call, _ *struct{}) (Paged[ListView], error) {
		lists, err := r.f.App.MyLists(ctx, c.Actor)
		return Paged[ListView]{Items: mine(lists)}, err
	}, Summary("The lists that I owe or sign"))
	handle(r, "submission.read_own", func(ctx context.Context, c *Call, in *ByID) (OwnListView, error) {
		l, err := r.f.App.List(ctx, c.Actor, in.ID)
		if err != nil {
			return OwnListView{}, err
		}
		out := OwnListView{ListView: listView(&l.Submission), Answers: answerViews(l.Answers), Issues: saidViews(l.Issues),
			Draft: []SavedAnswer{}, Leaders: []LeaderView{}}
		out.Drafted, out.Reason = l.Drafted, l.Reason
		for _, d := range l.Draft {
			out.Draft = append(out.Draft, SavedAnswer{d, l.Seq[d.ItemNo]})
		}
		for _, x := range l.Leaders {
			out.Leaders = append(out.Leaders, LeaderView{x.PersonID, x.Name, x.UnitID})
		}
		return out, nil
	}, Summary("My own list"))
	handle(r, "submission.draft", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body struct {
			Items []SavedAnswer `json:"items" maxItems:"200"`
		}
	}) (struct {
		Items []SeqView `json:"items"`
	}, error) {
		save := appselfcheck.SaveDraftInput{ID: in.ID}
		for _, s := range in.Body.Items {
			save.Saves = append(save.Saves, appselfcheck.DraftSave{Seq: s.Seq, ItemAnswer: s.ItemAnswer})
		}
		var out struct {
			Items []SeqView `json:"items"`
		}
		seqs, err := r.f.App.SaveDraft(ctx, c.Actor, save)
		for _, s := range in.Body.Items {
			out.Items = append(out.Items, SeqView{s.ItemNo, seqs[s.ItemNo]})
		}
		return out, err
	}, Summary("Save answers of a list, item by item, each with a sequence number"))
	handle(r, "submission.submit", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body struct {
			Version int64                  `json:"version,omitempty"`
			Answers []selfcheck.ItemAnswer `json:"answers,omitempty" maxItems:"200" doc:"absent: what is saved as drafts is filed"`
		}
	}) (Done, error) {
		rc, err := r.f.App.Submit(ctx, c.Actor, appselfcheck.SubmitInput{ID: in.ID, Version: c.Version(in.Body.Version),
			Answers: in.Body.Answers, Key: c.Key})
		return done(rc, in.ID), err
	}, Summary("Submit a list: every item answered, nil explicitly"))
	handle(r, "submission.supplement", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body struct {
			Item    int64  `json:"item"`
			EventOn string `json:"event_on"`
			Text    string `json:"text"`
		}
	}) (Done, error) {
		rc, err := r.f.App.Supplement(ctx, c.Actor, appselfcheck.SupplementInput{ID: in.ID, ItemNo: in.Body.Item,
			Declared: selfcheck.Declared{EventOn: roster.Date(in.Body.EventOn), Text: in.Body.Text}, Key: c.Key})
		return done(rc, in.ID), err
	}, Summary("Add a dated issue to my locked list"))
	handle(r, "submission.receipt", func(ctx context.Context, c *Call, in *ByID) (Paged[ReceiptView], error) {
		rows, err := r.f.App.ListReceipts(ctx, c.Actor, in.ID)
		out := Paged[ReceiptView]{Items: []ReceiptView{}}
		for _, e := range rows {
			out.Items = append(out.Items, ReceiptView{e.Seq, e.At.UTC(), hexOf(e.Leaf), receiptLinks(e.Seq)})
		}
		return out, err
	}, Summary("Ledger entries of my list; no content"))
	handle(r, "submission.excuse", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body reasonBody
	}) (Done, error) {
		rc, err := r.f.App.Excuse(ctx, c.Actor, appselfcheck.ExcuseInput{ID: in.ID, Version: c.Version(in.Body.Version),
			Reason: in.Body.Reason, Key: c.Key})
		return done(rc, in.ID), err
	}, Summary("Excuse a respondent from a list"))
	handle(r, "submission.restore", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body reasonBody
	}) (Done, error) {
		rc, err := r.f.App.Restore(ctx, c.Actor, appselfcheck.ExcuseInput{ID: in.ID, Version: c.Version(in.Body.Version),
			Reason: in.Body.Reason, Key: c.Key})
		return done(rc, in.ID), err
	}, Summary("Take an excuse back: the list is owed again"))
}

// SeqView is the sequence number of a saved answer.
type SeqView struct {
	Item int64 `json:"item"`
	Seq  int64 `json:"seq"`
}

type reasonBody struct {
	Version int64  `json:"version,omitempty"`
	Reason  string `json:"reason"`
}

type versionBody struct {
	Version int64 `json:"version,omitempty"`
}

// ReviewView is a list as its reviewer sees it.
type ReviewView struct {
	ListView
	Answers []AnswerView `json:"answers" doc:"without the items that name a leader"`
	Issues  []SaidView   `json:"issues"`
}

func registerReviews(r *registry) {
	handle(r, "review.list", func(ctx context.Context, c *Call, in *struct {
		Campaign string `query:"campaign"`
		Unit     string `query:"unit"`
		State    string `query:"state" enum:"submitted,returned,accepted,locked,assigned,excused"`
		Cursor   string `query:"cursor"`
		Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}) (struct {
		Paged[ListView]
		Total int64 `json:"total"`
	}, error) {
		q := appselfcheck.ReviewQuery{Cursor: in.Cursor, Limit: in.Limit}
		q.CampaignID, q.UnitID, q.State = in.Campaign, in.Unit, selfcheck.State(in.State)
		rows, total, next, err := r.f.App.Reviews(ctx, c.Actor, q)
		var out struct {
			Paged[ListView]
			Total int64 `json:"total"`
		}
		out.Items, out.Next, out.Total = make([]ListView, len(rows)), next, total
		for i := range rows {
			out.Items[i] = listView(&rows[i].Submission)
			out.Items[i].Name = rows[i].Name
		}
		return out, err
	}, Summary("Lists that I review"))
	handle(r, "review.read", func(ctx context.Context, c *Call, in *ByID) (ReviewView, error) {
		v, err := r.f.App.Review(ctx, c.Actor, in.ID)
		if err != nil {
			return ReviewView{}, err
		}
		out := ReviewView{listView(&v.Submission), answerViews(v.Answers), saidViews(v.Issues)}
		out.Name, out.Reason = v.Name, v.Reason
		return out, nil
	}, Summary("One list that I review"))
	handle(r, "review.accept", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body versionBody
	}) (Done, error) {
		rc, err := r.f.App.AcceptList(ctx, c.Actor, appselfcheck.AcceptInput{ID: in.ID, Version: c.Version(in.Body.Version), Key: c.Key})
		return done(rc, in.ID), err
	}, Summary("Accept a list"))
	handle(r, "review.accept_many", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Lists []struct {
				ID      string `json:"id"`
				Version int64  `json:"version"`
			} `json:"lists" maxItems:"200"`
		}
	}) (Done, error) {
		many := appselfcheck.AcceptManyInput{Key: c.Key}
		for _, l := range in.Body.Lists {
			many.Lists = append(many.Lists, appselfcheck.AcceptInput{ID: l.ID, Version: l.Version})
		}
		rc, err := r.f.App.AcceptLists(ctx, c.Actor, many)
		return done(rc, ""), err
	}, Summary("Accept several lists, all or none"))
	handle(r, "review.return", func(ctx context.Context, c *Call, in *struct {
		ByID
		Body reasonBody
	}) (Done, error) {
		rc, err := r.f.App.ReturnList(ctx, c.Actor, appselfcheck.ReturnInput{ID: in.ID, Version: c.Version(in.Body.Version),
			Reason: in.Body.Reason, Key: c.Key})
		return done(rc, in.ID), err
	}, Summary("Return a list with a reason"))
}
