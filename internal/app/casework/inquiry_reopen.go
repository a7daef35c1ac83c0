package casework

import (
	"context"
	"slices"
	"strings"

	"plumbline/internal/app/approval"
	"plumbline/internal/app/desk"
	"plumbline/internal/consent"
	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// BackInput takes back something in a case, with a reason.
type BackInput struct {
	ID      string `json:"-"` // member, allegation or finding
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
	Reason  string `json:"reason"`
}

// Validate judges the input by itself.
func (in BackInput) Validate() error { return fault.Join(desk.RequireText("reason", in.Reason)) }

// note records an act on a case with its reason.
func (k *trackWork) note(ctx context.Context, who *roster.Actor, kind inquiry.NoteKind, objectID, text string) error {
	return noteCase(ctx, k.tx, who, k.file.Case.ID, k.track.ID, kind, objectID, text, k.today)
}

func noteCase(ctx context.Context, tx *store.Tx, who *roster.Actor, caseID, trackID string, kind inquiry.NoteKind, objectID, text string,
	today roster.Date) error {
	n := &inquiry.CaseNote{CaseID: caseID, TrackID: trackID, ObjectID: objectID, Kind: kind, NotedBy: who.Person, NotedOn: today}
	n.ID = tx.NewID()
	var err error
	if n.TextC, err = tx.PutText(ctx, n.ID, "text", text); err != nil {
		return err
	}
	return tx.Insert(ctx, n)
}

// ReleaseMember takes a member off a track; the case leaves his reach.
func (a *Casework) ReleaseMember(ctx context.Context, who *roster.Actor, in BackInput) (desk.Receipt, error) {
	load := func(ctx context.Context, tx *store.Tx) (string, string, error) {
		m, err := tx.TrackMember(ctx, in.ID)
		if err != nil {
			return "", "", err
		}
		return m.CaseID, m.TrackID, nil
	}
	_, r, err := a.onTrack(ctx, who, desk.Write{Op: "track.release", Key: in.Key, Body: in}, "track_member", load,
		func(ctx context.Context, k *trackWork) (string, error) {
			at := slices.IndexFunc(k.file.Members, func(m inquiry.TrackMember) bool { return m.ID == in.ID })
			m := &k.file.Members[at]
			if err := desk.SameVersion(m.Version, in.Version); err != nil {
				return "", err
			}
			err := desk.Alter(ctx, k.tx, m, func(m *inquiry.TrackMember) error { return m.Release(k.track, k.me, k.today) })
			if err != nil {
				return "", err
			}
			if err := k.note(ctx, who, inquiry.NoteReleased, m.ID, in.Reason); err != nil {
				return "", err
			}
			return m.ID, k.tx.Bump(ctx, store.GenerationAuthority)
		})
	return r, err
}

// Two members of the deciding body take back what was found: with it goes the
// decision that was built on it.
const (
	opReopen = "allegation.reopen"
	opQuash  = "finding.quash"
)

func (a *Casework) registerReopening() {
	a.Register(opReopen, approval.Act{Run: approval.Typed(func(in *BackInput, id string) { in.ID = id }, a.takingBack(opReopen))})
	a.Register(opQuash, approval.Act{Run: approval.Typed(func(in *BackInput, id string) { in.ID = id }, a.takingBack(opQuash))})
}

// ReopenAllegation proposes to reopen a decided allegation on new evidence, in a
// closed case as well. It returns the proposal's id.
func (a *Casework) ReopenAllegation(ctx context.Context, who *roster.Actor, in BackInput) (string, desk.Receipt, error) {
	return a.proposeBack(ctx, who, opReopen, in)
}

// QuashFinding proposes to quash a final finding. Its allegation is open again once
// a second member agrees. It returns the proposal's id.
func (a *Casework) QuashFinding(ctx context.Context, who *roster.Actor, in BackInput) (string, desk.Receipt, error) {
	return a.proposeBack(ctx, who, opQuash, in)
}

func (a *Casework) proposeBack(ctx context.Context, who *roster.Actor, op string, in BackInput) (string, desk.Receipt, error) {
	r, err := a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		k, al, f, err := a.toTakeBack(ctx, tx, who, op, in)
		if err != nil {
			return nil, "", err
		}
		track, allegation := *k.track, *al // what the rule says of them, nothing more
		if op == opQuash {
			finding := *f
			err = finding.Quash(&track, &allegation, k.me)
		} else {
			err = allegation.Reopen(&track, k.me)
		}
		if err != nil {
			return nil, "", err
		}
		p := k.proposal(op, "case", in.ID, "take_back")
		p.ObjectKind, p.DecideTier = strings.SplitN(op, ".", 2)[0], k.track.DecideTier
		if f != nil { // neither who recommended nor who confirmed it
			p.Excluded = consent.Join([]string{f.RecommendedBy, f.ConfirmedBy}, "")
		}
		return a.Propose(ctx, tx, who, p, in, in.Reason)
	})
	return r.ResultID, r, err
}

// toTakeBack loads what op takes back: an allegation, or a finding with its
// allegation.
func (a *Casework) toTakeBack(ctx context.Context, tx *store.Tx, who *roster.Actor, op string,
	in BackInput) (*trackWork, *inquiry.Allegation, *inquiry.Finding, error) {
	load := findingByID(in.ID)
	if op == opReopen {
		load = func(ctx context.Context, tx *store.Tx) (string, string, error) {
			al, err := tx.Allegation(ctx, in.ID)
			if err != nil {
				return "", "", err
			}
			return al.CaseID, al.TrackID, nil
		}
	}
	k, err := a.trackFor(ctx, tx, who, op, load)
	if err != nil {
		return nil, nil, nil, err
	}
	if op == opReopen {
		al := k.file.Allegation(in.ID)
		return k, al, nil, desk.SameVersion(al.Version, in.Version)
	}
	f := k.file.Finding(in.ID)
	return k, k.file.Allegation(f.AllegationID), f, desk.SameVersion(f.Version, in.Version)
}

// takingBack is op once a second member has agreed.
func (a *Casework) takingBack(op string) func(context.Context, *store.Tx, approval.Approved, BackInput) ([]ledger.Fact, error) {
	return func(ctx context.Context, tx *store.Tx, g approval.Approved, in BackInput) ([]ledger.Fact, error) {
		k, al, f, err := a.toTakeBack(ctx, tx, g.Proposer, op, in)
		if err != nil {
			return nil, err
		}
		note, kind, object := inquiry.NoteReopened, "allegation", al.ID
		err = desk.Alter(ctx, tx, k.track, func(t *inquiry.Track) error {
			return desk.Alter(ctx, tx, al, func(al *inquiry.Allegation) error {
				if op == opReopen {
					return al.Reopen(t, k.me)
				}
				note, kind, object = inquiry.NoteQuashed, "finding", f.ID
				return desk.Alter(ctx, tx, f, func(f *inquiry.Finding) error { return f.Quash(t, al, k.me) })
			})
		})
		if err != nil {
			return nil, err
		}
		if err := k.note(ctx, g.Proposer, note, object, in.Reason); err != nil {
			return nil, err
		}
		if err := a.takeBack(ctx, k, in.Reason); err != nil {
			return nil, err
		}
		if err := followFindings(ctx, tx, k.file, k.track, k.pack); err != nil {
			return nil, err
		}
		return []ledger.Fact{{Verb: op, Kind: kind, ID: object, Unit: k.track.UnitID}}, nil
	}
}

// takeBack follows up a reopened allegation: the decision on its track is revoked, a
// closed case and its issue are reopened, and the issue shows what the remaining
// findings amount to.
func (a *Casework) takeBack(ctx context.Context, k *trackWork, reason string) error {
	revoked := false
	for i := range k.file.Decisions {
		d := &k.file.Decisions[i]
		if d.TrackID != k.track.ID || d.State == inquiry.DecisionRevoked {
			continue
		}
		if err := desk.Alter(ctx, k.tx, d, func(d *inquiry.Decision) error { return d.Revoke() }); err != nil {
			return err
		}
		revoked = true
	}
	if k.file.Case.State == inquiry.CaseClosed {
		if err := desk.Alter(ctx, k.tx, k.file.Case, func(c *inquiry.Case) error { c.Reopen(); return nil }); err != nil {
			return err
		}
	}
	i, err := k.tx.Issue(ctx, k.file.Case.IssueID, roster.Scope{All: true})
	if err != nil {
		return err
	}
	before := *i
	if err := i.BackToCase(reason, k.tx.Now()); err != nil {
		return err
	}
	if k.track.Side == inquiry.SideOfficer {
		i.Finding = string(k.file.Verdict())
		if revoked {
			i.Form = 0
		}
	}
	if before.State == i.State && before.Finding == i.Finding && before.Form == i.Form {
		return nil
	}
	return k.tx.SaveIssue(ctx, &before, i, issue.TimingOf(a.Pack()))
}

// referredBy is who referred an issue as a clue: whoever triaged it last, because a
// clue is not triaged again.
func referredBy(ctx context.Context, v *store.View, issueID string) (string, error) {
	entries, err := v.EntriesOf(ctx, issueID)
	if err != nil {
		return "", err
	}
	for _, e := range slices.Backward(entries) {
		if e.Verb == "issue.triage" {
			return v.PersonOfAccount(ctx, e.Account)
		}
	}
	return "", nil
}

// GroundWithdrawn flags the cases opened on issues that are taken back. Unless the
// caller states that they may lose their ground, the act is refused: a case does not
// lose it silently.
func (a *Casework) GroundWithdrawn(ctx context.Context, tx *store.Tx, who *roster.Actor, issueIDs []string, stated bool,
	reason string) error {
	if err := GroundStated(ctx, tx, issueIDs, stated); err != nil {
		return err
	}
	cases, err := tx.OpenCasesOf(ctx, issueIDs)
	if err != nil {
		return err
	}
	for i := range cases { // a handful among thousands of records
		c := &cases[i]
		if err := noteCase(ctx, tx, who, c.ID, "", inquiry.NoteGroundWithdrawn, c.IssueID, reason,
			roster.DateOf(tx.Now(), a.Zone())); err != nil {
			return err
		}
	}
	return nil
}

// GroundStated refuses to take the ground from open cases silently.
func GroundStated(ctx context.Context, tx *store.Tx, issueIDs []string, stated bool) error {
	cases, err := tx.OpenCasesOf(ctx, issueIDs)
	if err == nil && len(cases) > 0 && !stated {
		err = fault.Conflict("case_on_ground", "Count", len(cases))
	}
	return err
}

// NoteView is an act on a case with its reason.
type NoteView struct {
	Kind inquiry.NoteKind `json:"kind"`
	On   roster.Date      `json:"on"`
	By   desk.Ref         `json:"by"`
	Text string           `json:"text"`
}

// viewNotes fills in the notes on the tracks that the reader sees.
func (a *Casework) viewNotes(ctx context.Context, v *store.View, who *roster.Actor, shown map[string]bool, out *CaseView) error {
	notes, err := v.CaseNotes(ctx, out.ID)
	if err != nil || len(notes) == 0 {
		return err
	}
	var people, ids []string
	for _, n := range notes {
		people, ids = append(people, n.NotedBy), append(ids, n.ID)
	}
	texts, err := v.Texts(ctx, ids...)
	if err != nil {
		return err
	}
	names, err := a.Names(ctx, v, who, people, nil)
	if err != nil {
		return err
	}
	for _, n := range notes {
		if n.Kind == inquiry.NoteGroundWithdrawn {
			out.GroundWithdrawn = true
		}
		if n.TrackID == "" || shown[n.TrackID] {
			out.Notes = append(out.Notes, NoteView{n.Kind, n.NotedOn, names.Person(n.NotedBy), texts[n.ID]["text"]})
		}
	}
	return nil
}
