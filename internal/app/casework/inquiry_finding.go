package casework

import (
	"context"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/seeds"
)

// KnownCategory reports whether the code is one of the conduct categories.
func KnownCategory(code string) bool {
	return slices.ContainsFunc(seeds.Categories(), func(c seeds.Category) bool { return c.Code == code })
}

// RecommendInput recommends a finding on an allegation.
type RecommendInput struct {
	AllegationID string           `json:"-"`
	Key          string           `json:"-"`
	Verdict      inquiry.Verdict  `json:"verdict"`
	Standard     inquiry.Standard `json:"standard"`
	Reason       string           `json:"reason"`
}

// Validate judges the input by itself.
func (in RecommendInput) Validate() error { return fault.Join(desk.RequireText("reason", in.Reason)) }

// Recommend drafts a finding. It is done by an investigator of the track.
func (a *Casework) Recommend(ctx context.Context, who *roster.Actor, in RecommendInput) (string, desk.Receipt, error) {
	load := func(ctx context.Context, tx *store.Tx) (string, string, error) {
		al, err := tx.Allegation(ctx, in.AllegationID)
		if err != nil {
			return "", "", err
		}
		return al.CaseID, al.TrackID, nil
	}
	return a.onTrack(ctx, who, desk.Write{Op: "finding.recommend", Key: in.Key, Body: in}, "finding", load,
		func(ctx context.Context, k *trackWork) (string, error) {
			f, err := k.track.Recommend(k.pack, k.file.Allegation(in.AllegationID), who.Person, in.Verdict, in.Standard, k.file.Members,
				k.file.Findings)
			if err != nil {
				return "", err
			}
			f.ID = k.tx.NewID()
			if f.ReasonC, err = k.tx.PutText(ctx, f.ID, "reason", in.Reason); err != nil {
				return "", err
			}
			return f.ID, k.tx.Insert(ctx, f)
		})
}

func findingByID(id string) func(context.Context, *store.Tx) (string, string, error) {
	return func(ctx context.Context, tx *store.Tx) (string, string, error) {
		f, err := tx.Finding(ctx, id)
		if err != nil {
			return "", "", err
		}
		return f.CaseID, f.TrackID, nil
	}
}

// FindingInput names a finding and the version that was seen.
type FindingInput struct {
	ID      string `json:"-"`
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
}

// ServeFinding records that the subject was told the facts and grounds. It is done
// by the other investigator; from then on the issue counts as notified.
func (a *Casework) ServeFinding(ctx context.Context, who *roster.Actor, in FindingInput) (desk.Receipt, error) {
	_, r, err := a.onTrack(ctx, who, desk.Write{Op: "finding.serve", Key: in.Key, Body: in}, "finding", findingByID(in.ID),
		func(ctx context.Context, k *trackWork) (string, error) {
			f := k.file.Finding(in.ID)
			if err := desk.SameVersion(f.Version, in.Version); err != nil {
				return "", err
			}
			err := desk.Alter(ctx, k.tx, f, func(f *inquiry.Finding) error {
				return f.Serve(k.pack, k.track, who.Person,
					k.file.Members, k.today)
			})
			if err != nil || k.track.Side != inquiry.SideOfficer {
				return f.ID, err
			}
			return f.ID, a.onIssue(ctx, k.tx, k.file.Case.IssueID, func(i *issue.Issue) {
				if i.NoticedAt == nil && i.Source != issue.Self {
					now := k.tx.Now()
					i.NoticedAt = &now
				}
			})
		})
	return r, err
}

// AnswerInput answers the subject's reply, point by point.
type AnswerInput struct {
	ID      string `json:"-"` // the finding
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"` // of the finding
	Answer  string `json:"answer"`
}

// Validate judges the input by itself.
func (in AnswerInput) Validate() error { return fault.Join(desk.RequireText("answer", in.Answer)) }

// AnswerReply answers the subject's reply to a finding.
func (a *Casework) AnswerReply(ctx context.Context, who *roster.Actor, in AnswerInput) (desk.Receipt, error) {
	_, r, err := a.onTrack(ctx, who, desk.Write{Op: "finding.answer", Key: in.Key, Body: in}, "finding", findingByID(in.ID),
		func(ctx context.Context, k *trackWork) (string, error) {
			if err := desk.SameVersion(k.file.Finding(in.ID).Version, in.Version); err != nil {
				return "", err
			}
			reply := k.file.ReplyTo(in.ID)
			if reply == nil {
				return "", fault.Conflict("reply_none")
			}
			return in.ID, desk.Alter(ctx, k.tx, reply, func(r *inquiry.Reply) error {
				if err := r.Answer(k.track, who.Person, k.file.Members, k.today); err != nil {
					return err
				}
				c, err := k.tx.PutText(ctx, r.ID, "answer", in.Answer)
				r.AnswerC = c
				return err
			})
		})
	return r, err
}

// ConfirmInput makes a finding final.
type ConfirmInput struct {
	ID      string          `json:"-"`
	Key     string          `json:"-"`
	Version int64           `json:"version,omitempty"`
	Verdict inquiry.Verdict `json:"verdict"`
	Reason  string          `json:"reason"`
}

// Validate judges the input by itself.
func (in ConfirmInput) Validate() error { return fault.Join(desk.RequireText("reason", in.Reason)) }

// ConfirmFinding makes a finding final. It is done by the track's adjudicator. The
// officer track's finding is copied to the issue, separate from its severity.
func (a *Casework) ConfirmFinding(ctx context.Context, who *roster.Actor, in ConfirmInput) (desk.Receipt, error) {
	_, r, err := a.onTrack(ctx, who, desk.Write{Op: "finding.confirm", Key: in.Key, Body: in}, "finding", findingByID(in.ID),
		func(ctx context.Context, k *trackWork) (string, error) {
			f := k.file.Finding(in.ID)
			if err := desk.SameVersion(f.Version, in.Version); err != nil {
				return "", err
			}
			al, reply := k.file.Allegation(f.AllegationID), k.file.ReplyTo(f.ID)
			err := desk.Alter(ctx, k.tx, al, func(al *inquiry.Allegation) error {
				return desk.Alter(ctx, k.tx, f, func(f *inquiry.Finding) error {
					if err := f.Confirm(k.track, al, reply, who.Person, in.Verdict, k.file.Members, k.today); err != nil {
						return err
					}
					c, err := k.tx.PutText(ctx, f.ID, "final_reason", in.Reason)
					f.FinalReasonC = c
					return err
				})
			})
			if err != nil || k.track.Side != inquiry.SideOfficer {
				return f.ID, err
			}
			best := k.file.Verdict()
			return f.ID, a.onIssue(ctx, k.tx, k.file.Case.IssueID, func(i *issue.Issue) { i.Finding = string(best) })
		})
	return r, err
}

// ReplyInput is the subject's reply to a finding served on him.
type ReplyInput struct {
	ID      string `json:"-"` // the finding
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
	Waive   bool   `json:"waive,omitempty"`
	Text    string `json:"text,omitempty"`
}

// Validate judges the input by itself.
func (in ReplyInput) Validate() error {
	if in.Waive {
		return nil
	}
	return fault.Join(desk.RequireText("text", in.Text))
}

// Reply files the subject's reply to a finding, or his waiver. For anybody else the
// finding does not exist.
func (a *Casework) Reply(ctx context.Context, who *roster.Actor, in ReplyInput) (id string, r desk.Receipt, err error) {
	const op = "finding.reply"
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		f, err := tx.Finding(ctx, in.ID)
		if err != nil {
			return nil, "", err
		}
		if who.Person == "" || f.PersonID != who.Person || f.State == inquiry.FindingDraft {
			return nil, "", fault.NotFound()
		}
		if err := desk.SameVersion(f.Version, in.Version); err != nil {
			return nil, "", err
		}
		// One administrator could have taken the account by the code that he issued,
		// and would surrender a right in another's name.
		alone, err := tx.OpenedAlone(ctx, who.Account)
		if err != nil {
			return nil, "", err
		}
		if alone {
			return nil, "", fault.Forbidden("reply_code_alone")
		}
		var reply *inquiry.Reply
		err = desk.Alter(ctx, tx, f, func(f *inquiry.Finding) (err error) {
			reply, err = f.Receive(who.Person, in.Waive, roster.DateOf(tx.Now(), a.Zone()))
			return err
		})
		if err != nil {
			return nil, "", err
		}
		reply.ID, reply.TextC = tx.NewID(), ledger.Commitment{}
		if in.Text != "" {
			if reply.TextC, err = tx.PutText(ctx, reply.ID, "text", in.Text); err != nil {
				return nil, "", err
			}
		}
		id = reply.ID
		return []ledger.Fact{{Verb: op, Kind: kinds.Reply, ID: reply.ID, Unit: f.UnitID}}, reply.ID, tx.Insert(ctx, reply)
	})
	return desk.PickID(id, r), r, err
}

// ServedFinding is a finding as shown to its subject: what was found and why, but
// not who said so.
type ServedFinding struct {
	ID         string           `json:"id"`
	Version    int64            `json:"version,omitempty"`
	State      string           `json:"state"`
	Category   string           `json:"category"`
	Rule       string           `json:"rule"`
	EventOn    roster.Date      `json:"event_on"`
	Facts      string           `json:"facts"`
	Verdict    inquiry.Verdict  `json:"verdict"`
	Reason     string           `json:"reason"`
	Standard   inquiry.Standard `json:"standard"`
	ServedOn   roster.Date      `json:"served_on"`
	ReplyDueOn roster.Date      `json:"reply_due_on"`
	MayReply   bool             `json:"may_reply"`
	Reply      *ServedReply     `json:"reply,omitempty"`
}

// ServedReply is the subject's own reply and the answer to it.
type ServedReply struct {
	Waived     bool        `json:"waived"`
	FiledOn    roster.Date `json:"filed_on"`
	Text       string      `json:"text"`
	AnsweredOn roster.Date `json:"answered_on"`
	Answer     string      `json:"answer"`
}

// MyFindings lists the findings served on the actor.
func (a *Casework) MyFindings(ctx context.Context, who *roster.Actor) ([]ServedFinding, error) {
	out := []ServedFinding{}
	err := a.Read(ctx, who, "finding.mine", func(ctx context.Context, v *store.View) error {
		if who.Person == "" {
			return nil
		}
		fs, as, rs, err := v.FindingsServedOn(ctx, who.Person)
		if err != nil {
			return err
		}
		var ids []string
		for _, f := range fs {
			ids = append(ids, f.ID, f.AllegationID)
		}
		for _, r := range rs {
			ids = append(ids, r.ID)
		}
		texts, err := v.Texts(ctx, ids...)
		if err != nil {
			return err
		}
		for _, f := range fs {
			out = append(out, servedFinding(f, as, rs, texts))
		}
		return nil
	})
	return out, err
}

func servedFinding(f inquiry.Finding, as []inquiry.Allegation, rs []inquiry.Reply, texts map[string]map[string]string) ServedFinding {
	s := ServedFinding{
		ID: f.ID, Version: f.Version, State: string(f.State), EventOn: f.EventOn, Verdict: f.Recommended, Standard: f.Standard,
		Reason: texts[f.ID]["reason"], ServedOn: f.ServedOn, ReplyDueOn: f.ReplyDueOn, MayReply: f.State == inquiry.FindingServed,
	}
	if f.Final != "" {
		s.Verdict, s.Reason = f.Final, texts[f.ID]["final_reason"]
	}
	for _, al := range as {
		if al.ID == f.AllegationID {
			s.Category, s.Rule, s.Facts = al.Category, al.Rule, texts[al.ID]["text"]
		}
	}
	for _, r := range rs {
		if r.FindingID == f.ID {
			s.Reply = &ServedReply{Waived: r.Waived, FiledOn: r.FiledOn, Text: texts[r.ID]["text"], AnsweredOn: r.AnsweredOn,
				Answer: texts[r.ID]["answer"]}
		}
	}
	return s
}
