package casework

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

func (a *Casework) registerDecision() {
	a.Register(opDecide, approval.Act{Run: approval.Typed(func(in *ResolveInput, id string) { in.ID = id }, a.resolveTrack),
		Show: a.showResolve})
}

// ResolveInput records what a deciding body resolved.
type ResolveInput struct {
	ID      string   `json:"-"`
	Key     string   `json:"-"`
	Version int64    `json:"version,omitempty"`
	Members []string `json:"members"` // personnel numbers, the recorder's own included
}

// Validate judges the input by itself.
func (in ResolveInput) Validate() error {
	if len(in.Members) == 0 || len(in.Members) > 99 {
		return fault.Invalid("required", "members")
	}
	return nil
}

// ResolveTrack puts the record of a meeting to the members named in it. Each
// confirms on his own account; the recorder confirms by recording. The decision
// stands when everybody has voted and the quorum agrees. It returns the id of the
// proposal that the members confirm.
func (a *Casework) ResolveTrack(ctx context.Context, who *roster.Actor, in ResolveInput) (id string, r desk.Receipt, err error) {
	r, err = a.Write(ctx, who, desk.Write{Op: opDecide, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		k, d, err := a.decisionFor(ctx, tx, who, in)
		if err != nil {
			return nil, "", err
		}
		var body []inquiry.Standing
		var members []string
		for _, number := range in.Members { // at most a committee
			m, err := a.member(ctx, &tx.View, number, roster.RoleDecidingBody, k.track.EventOn)
			if err != nil {
				return nil, "", fault.As(err).WithField("members")
			}
			body, members = append(body, m), append(members, m.PersonID)
		}
		if err := a.dissentersNamed(ctx, tx, d.ID, members); err != nil {
			return nil, "", err
		}
		decision, track := *d, *k.track
		if err := decision.Decide(k.pack, &track, k.me, body, k.file.Members, k.today); err != nil {
			return nil, "", err
		}
		p := k.proposal(opDecide, "case", k.file.Case.ID, "body")
		p.ObjectKind, p.ObjectID = "decision", d.ID
		p.Members, p.Quorum = consent.Join(members, ""), k.pack.Dual.Quorum
		return a.Propose(ctx, tx, who, p, in, "")
	})
	return r.ResultID, r, err
}

// dissentersNamed refuses a second record of the same decision that leaves out a
// member who dissented from the first: a dissenter cannot be replaced until the vote
// comes out right. Members who have left the body need not be named.
func (a *Casework) dissentersNamed(ctx context.Context, tx *store.Tx, decisionID string, members []string) error {
	people, _, err := tx.Dissenters(ctx, opDecide, decisionID)
	if err != nil {
		return err
	}
	for _, person := range people {
		if slices.Contains(members, person) {
			continue
		}
		account, err := tx.AccountOfPerson(ctx, person)
		if err != nil || account == "" {
			continue
		}
		if who, err := a.ActorOf(ctx, &tx.View, account); err == nil && who.Holds(roster.RoleDecidingBody) {
			return fault.Invalid("members_dissenter", "members")
		}
	}
	return nil
}

// decisionFor loads a proposed decision and its track for somebody who may record
// the body's resolution.
func (a *Casework) decisionFor(ctx context.Context, tx *store.Tx, who *roster.Actor,
	in ResolveInput) (*trackWork, *inquiry.Decision, error) {
	k, err := a.trackFor(ctx, tx, who, opDecide, func(ctx context.Context, tx *store.Tx) (string, string, error) {
		d, err := tx.Decision(ctx, in.ID)
		if err != nil {
			return "", "", err
		}
		return d.CaseID, d.TrackID, nil
	})
	if err != nil {
		return nil, nil, err
	}
	if k.file.Case.State == inquiry.CaseClosed {
		return nil, nil, fault.Conflict("case_closed")
	}
	d := k.file.Decision(in.ID)
	return k, d, desk.SameVersion(d.Version, in.Version)
}

// resolveTrack makes the decision final once the members have confirmed it. Its
// outcome is copied to the issue, separate from severity, disclosure and finding.
func (a *Casework) resolveTrack(ctx context.Context, tx *store.Tx, g approval.Approved, in ResolveInput) ([]ledger.Fact, error) {
	tx.KeepSlip() // whose word carries it can prove what was decided
	k, d, err := a.decisionFor(ctx, tx, g.Proposer, in)
	if err != nil {
		return nil, err
	}
	var body []inquiry.Standing
	for _, v := range g.Votes {
		if v.Choice != consent.Agree {
			continue
		}
		account, err := tx.AccountOfPerson(ctx, v.PersonID)
		if err != nil {
			return nil, err
		}
		who, err := a.ActorOf(ctx, &tx.View, account)
		if err != nil {
			return nil, err
		}
		body = append(body, standingOf(who, k.track.EventOn))
	}
	err = desk.Alter(ctx, tx, k.track, func(t *inquiry.Track) error {
		return desk.Alter(ctx, tx, d, func(d *inquiry.Decision) error {
			return d.Decide(k.pack, t, k.me, body, k.file.Members, k.today)
		})
	})
	if err != nil {
		return nil, err
	}
	if k.track.Side == inquiry.SideOfficer {
		if err := a.onIssue(ctx, tx, k.file.Case.IssueID, func(i *issue.Issue) { i.Form = d.Form }); err != nil {
			return nil, err
		}
	}
	if err := followFindings(ctx, tx, k.file, k.track, k.pack); err != nil {
		return nil, err
	}
	return []ledger.Fact{{Verb: opDecide, Kind: kinds.Decision, ID: d.ID, Unit: k.track.UnitID}}, nil
}

// showResolve shows the members exactly what they confirm.
func (a *Casework) showResolve(ctx context.Context, v *store.View, _ *roster.Actor, p *consent.Proposal,
	_ []byte) ([]approval.ProposalLine, error) {
	d, err := v.Decision(ctx, p.ObjectID)
	if err != nil {
		return nil, err
	}
	texts, err := v.Texts(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	out := []approval.ProposalLine{{Key: "form", TextKey: "form." + strconv.Itoa(d.Form)}}
	if d.Sanction != "" {
		out = append(out, approval.ProposalLine{Key: "sanction", TextKey: "sanction." + d.Sanction},
			approval.ProposalLine{Key: "months", Text: strconv.Itoa(d.Months)})
	}
	return append(out, approval.ProposalLine{Key: "grounds", Text: strings.TrimSpace(texts[d.ID]["reason"])}), nil
}
