package casework

import (
	"context"
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
	"plumbline/internal/store"
)

// trackWork is a track loaded for an act of its team or of a deciding body.
type trackWork struct {
	tx    *store.Tx
	file  *inquiry.CaseFile
	track *inquiry.Track
	pack  *rules.Pack
	me    inquiry.Standing
	today roster.Date
}

// onTrack performs an act on a track of an open case: it loads the case file for
// somebody who may see the track, does the act, advances track and case, and states the
// fact. load finds the track from the id of whatever the act is about.
func (a *Casework) onTrack(ctx context.Context, who *roster.Actor, w desk.Write, kind string,
	load func(ctx context.Context, tx *store.Tx) (caseID, trackID string, err error),
	act func(ctx context.Context, w *trackWork) (id string, err error)) (id string, r desk.Receipt, err error) {
	r, err = a.Write(ctx, who, w, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		k, err := a.trackFor(ctx, tx, who, w.Op, load)
		if err != nil {
			return nil, "", err
		}
		if k.file.Case.State == inquiry.CaseClosed {
			return nil, "", fault.Conflict("case_closed")
		}
		if id, err = act(ctx, k); err != nil {
			return nil, "", err
		}
		if err := followFindings(ctx, tx, k.file, k.track, k.pack); err != nil {
			return nil, "", err
		}
		return []ledger.Fact{{Verb: w.Op, Kind: kind, ID: id, Unit: k.track.UnitID}}, id, nil
	})
	return desk.PickID(id, r), r, err
}

// trackFor loads a track and its case file for somebody who may perform op on it; a
// track that he may not see does not exist for him.
func (a *Casework) trackFor(ctx context.Context, tx *store.Tx, who *roster.Actor, op string,
	load func(ctx context.Context, tx *store.Tx) (caseID, trackID string, err error)) (*trackWork, error) {
	caseID, trackID, err := load(ctx, tx)
	if err != nil {
		return nil, err
	}
	k := &trackWork{tx: tx, today: roster.DateOf(tx.Now(), a.Zone())}
	if k.file, k.track, k.pack, err = a.inCase(ctx, &tx.View, who, op, caseID, trackID); err != nil {
		return nil, err
	}
	k.me, err = a.standing(ctx, &tx.View, who, op, k.track.UnitID, k.track.EventOn)
	return k, err
}

func trackByID(id string) func(context.Context, *store.Tx) (string, string, error) {
	return func(ctx context.Context, tx *store.Tx) (string, string, error) {
		t, err := tx.Track(ctx, id, roster.Scope{All: true}) // inCase judges who may see it
		if err != nil {
			return "", "", err
		}
		return t.CaseID, t.ID, nil
	}
}

// AssignInput puts a person on a track.
type AssignInput struct {
	TrackID string             `json:"-"`
	Key     string             `json:"-"`
	Person  string             `json:"person"` // personnel number
	Duty    inquiry.MemberDuty `json:"duty"`   // investigator, adjudicator
}

// Validate judges the input by itself.
func (in AssignInput) Validate() error {
	var wrong *fault.Error
	if in.Duty != inquiry.DutyInvestigator && in.Duty != inquiry.DutyAdjudicator {
		wrong = fault.Invalid("duty_unknown", "duty")
	}
	return fault.Join(desk.RequireLine("person", in.Person), wrong)
}

// AssignMember assigns an investigator or the adjudicator to a track. From then on
// the track and its case are within his reach.
func (a *Casework) AssignMember(ctx context.Context, who *roster.Actor, in AssignInput) (string, desk.Receipt, error) {
	return a.onTrack(ctx, who, desk.Write{Op: "track.assign", Key: in.Key, Body: in}, "track_member", trackByID(in.TrackID),
		func(ctx context.Context, k *trackWork) (string, error) {
			if err := k.me.Clear(k.track.PersonID, k.file.Case.ID); err != nil {
				return "", err
			}
			if k.track.Side == inquiry.SideLeader {
				if err := inquiry.HighEnough(k.me.Tier, k.track.DecideTier); err != nil {
					return "", err
				}
			}
			role := roster.RoleInvestigator
			if in.Duty == inquiry.DutyAdjudicator {
				role = roster.RoleAdjudicator
			}
			m, err := a.member(ctx, &k.tx.View, in.Person, role, k.track.EventOn)
			if err != nil {
				return "", err
			}
			// Nobody works on a case whose officer is his own superior either.
			if err := m.Clear(k.file.Case.PersonID, k.file.Case.ID, k.file.Case.IssueID); err != nil {
				return "", fault.As(err).WithField("person")
			}
			row, err := k.track.Assign(k.pack, m, in.Duty, who.Person, k.file.Members, k.today)
			if err != nil {
				return "", fault.As(err).WithField("person")
			}
			if err := k.tx.Insert(ctx, row); err != nil {
				return "", err
			}
			k.file.Members = append(k.file.Members, *row)
			return row.ID, k.tx.Bump(ctx, store.GenerationAuthority)
		})
}

// AllegationInput adds an allegation to a track.
type AllegationInput struct {
	TrackID  string `json:"-"`
	Key      string `json:"-"`
	Category string `json:"category"`
	Rule     string `json:"rule"`
	Facts    string `json:"facts"`
}

// Validate judges the input by itself.
func (in AllegationInput) Validate() error {
	var wrong *fault.Error
	if !KnownCategory(in.Category) {
		wrong = fault.Invalid("choice_unknown", "category")
	}
	return fault.Join(wrong, desk.RequireLine("rule", in.Rule), desk.RequireText("facts", in.Facts))
}

// AddAllegation adds an allegation (person, rule, event) to a track.
func (a *Casework) AddAllegation(ctx context.Context, who *roster.Actor, in AllegationInput) (string, desk.Receipt, error) {
	return a.onTrack(ctx, who, desk.Write{Op: "allegation.add", Key: in.Key, Body: in}, "allegation", trackByID(in.TrackID),
		func(ctx context.Context, k *trackWork) (string, error) {
			if !k.track.On(k.file.Members, who.Person, inquiry.DutyInvestigator) {
				return "", fault.Forbidden("guard_not_investigator")
			}
			al, err := k.track.NewAllegation(in.Category, in.Rule)
			if err != nil {
				return "", err
			}
			al.ID = k.tx.NewID()
			if al.TextC, err = k.tx.PutText(ctx, al.ID, "text", in.Facts); err != nil {
				return "", err
			}
			k.file.Allegations = append(k.file.Allegations, *al)
			return al.ID, k.tx.Insert(ctx, al)
		})
}

// ProveInput states the result of the four proofs of a leader track.
type ProveInput struct {
	TrackID   string         `json:"-"`
	Key       string         `json:"-"`
	Version   int64          `json:"version,omitempty"`
	Duty      inquiry.Proof  `json:"duty"`
	Knowledge inquiry.Proof  `json:"knowledge"`
	Conduct   inquiry.Proof  `json:"conduct"`
	Link      inquiry.Proof  `json:"link"`
	Class     inquiry.Class  `json:"class,omitempty"`
	Result    inquiry.Result `json:"result"`
	Grounds   string         `json:"grounds"`
}

// Validate judges the input by itself.
func (in ProveInput) Validate() error { return fault.Join(desk.RequireText("grounds", in.Grounds)) }

// ProveTrack records the result of the four proofs of a leader track.
func (a *Casework) ProveTrack(ctx context.Context, who *roster.Actor, in ProveInput) (desk.Receipt, error) {
	_, r, err := a.onTrack(ctx, who, desk.Write{Op: "track.prove", Key: in.Key, Body: in}, "track", trackByID(in.TrackID),
		func(ctx context.Context, k *trackWork) (string, error) {
			if err := desk.SameVersion(k.track.Version, in.Version); err != nil {
				return "", err
			}
			return k.track.ID, desk.Alter(ctx, k.tx, k.track, func(t *inquiry.Track) error {
				p := inquiry.Proofs{Duty: in.Duty, Knowledge: in.Knowledge, Conduct: in.Conduct, Link: in.Link, Class: in.Class,
					Result: in.Result}
				if err := t.Prove(who.Person, p, k.file.Members); err != nil {
					return err
				}
				c, err := k.tx.PutText(ctx, t.ID, desk.NumberedField("proof", t.Version), in.Grounds)
				t.ProofC = c
				return err
			})
		})
	return r, err
}

// ProposeInput proposes how a subject is handled.
type ProposeInput struct {
	TrackID  string `json:"-"`
	Key      string `json:"-"`
	Form     int    `json:"form"` // 0 no handling, 1 to 4
	Sanction string `json:"sanction,omitempty"`
	Reason   string `json:"reason"`
}

// Validate judges the input by itself.
func (in ProposeInput) Validate() error { return fault.Join(desk.RequireText("reason", in.Reason)) }

// DecisionPreview is exactly what a proposal would record.
type DecisionPreview struct {
	Form      int    `json:"form"`
	Sanction  string `json:"sanction"`
	Months    int    `json:"months"`
	Reason    string `json:"reason"`
	Unhandled bool   `json:"unhandled"` // no handling, although a finding is sustained
}

// PreviewDecision returns what ProposeDecision would record, or why it would refuse.
func (a *Casework) PreviewDecision(ctx context.Context, who *roster.Actor, in ProposeInput) (out DecisionPreview, err error) {
	const op = "decision.propose"
	if err := in.Validate(); err != nil {
		return out, err
	}
	err = a.Read(ctx, who, op, func(ctx context.Context, v *store.View) error {
		t, err := v.Track(ctx, in.TrackID, desk.Everything) // inCase judges who may see it
		if err != nil {
			return err
		}
		file, track, pack, err := a.inCase(ctx, v, who, op, t.CaseID, t.ID)
		if err != nil {
			return err
		}
		if file.Case.State == inquiry.CaseClosed {
			return fault.Conflict("case_closed")
		}
		me, err := a.standing(ctx, v, who, op, track.UnitID, track.EventOn)
		if err != nil {
			return err
		}
		if _, err := a.refusedDecision(ctx, v, file, track); err != nil {
			return err
		}
		d, err := propose(file, track, pack, me, in)
		if err != nil {
			return err
		}
		out = DecisionPreview{Form: d.Form, Sanction: d.Sanction, Months: d.Months, Reason: in.Reason, Unhandled: d.Form == 0 &&
			track.Sustained(file.Findings)}
		return nil
	})
	return out, err
}

// refusedDecision removes the track's proposed decision that the body refused from
// the file, so that another can be drafted; nil if there is none.
func (a *Casework) refusedDecision(ctx context.Context, v *store.View, file *inquiry.CaseFile,
	t *inquiry.Track) (*inquiry.Decision, error) {
	for i := range file.Decisions {
		d := file.Decisions[i]
		if d.TrackID != t.ID || d.State != inquiry.DecisionProposed {
			continue
		}
		pending, err := v.ProposalPending(ctx, opDecide, d.ID)
		if err != nil || pending {
			return nil, err
		}
		_, refused, err := v.Dissenters(ctx, opDecide, d.ID)
		if err != nil || !refused {
			return nil, err
		}
		file.Decisions = slices.Delete(file.Decisions, i, i+1)
		return &d, nil
	}
	return nil, nil
}

// propose drafts the decision of a track without one.
func propose(file *inquiry.CaseFile, t *inquiry.Track, p *rules.Pack, me inquiry.Standing, in ProposeInput) (*inquiry.Decision, error) {
	for _, d := range file.Decisions {
		if d.TrackID == t.ID && d.State != inquiry.DecisionRevoked {
			return nil, fault.Conflict("decision_exists")
		}
	}
	return t.Propose(p, me, in.Form, in.Sanction, file.Findings)
}

// ProposeDecision drafts the handling of a subject once there are findings on the
// track.
func (a *Casework) ProposeDecision(ctx context.Context, who *roster.Actor, in ProposeInput) (string, desk.Receipt, error) {
	return a.onTrack(ctx, who, desk.Write{Op: "decision.propose", Key: in.Key, Body: in}, "decision", trackByID(in.TrackID),
		func(ctx context.Context, k *trackWork) (string, error) {
			refused, err := a.refusedDecision(ctx, &k.tx.View, k.file, k.track)
			if err != nil {
				return "", err
			}
			d, err := propose(k.file, k.track, k.pack, k.me, in)
			if err != nil {
				return "", err
			}
			if refused != nil {
				if err := desk.Alter(ctx, k.tx, refused, func(d *inquiry.Decision) error { return d.Revoke() }); err != nil {
					return "", err
				}
			}
			d.ID = k.tx.NewID()
			if d.ReasonC, err = k.tx.PutText(ctx, d.ID, "reason", in.Reason); err != nil {
				return "", err
			}
			return d.ID, k.tx.Insert(ctx, d)
		})
}

// onIssue copies a result of the inquiry to its issue.
func (a *Casework) onIssue(ctx context.Context, tx *store.Tx, issueID string, change func(*issue.Issue)) error {
	i, err := tx.Issue(ctx, issueID, roster.Scope{All: true})
	if err != nil {
		return err
	}
	before := *i
	change(i)
	return tx.SaveIssue(ctx, &before, i, issue.TimingOf(a.Pack()))
}
