package app

import (
	"context"
	"slices"

	"plumbline/internal/fault"
	"plumbline/internal/inquiry"
	"plumbline/internal/issue"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// BackInput takes something of a case back, with the reason.
type BackInput struct {
	ID      string `json:"-"` // member, allegation or finding
	Key     string `json:"-"`
	Version int64  `json:"version,omitempty"`
	Reason  string `json:"reason"`
}

// Validate judges the input by itself.
func (in BackInput) Validate() error { return fault.Join(written("reason", in.Reason)) }

// note keeps one act on a case with its reason.
func (k *trackWork) note(ctx context.Context, who *roster.Actor, kind inquiry.NoteKind, objectID, text string) error {
	return noteCase(ctx, k.tx, who, k.file.Case.ID, k.track.ID, kind, objectID, text, k.today)
}

func noteCase(ctx context.Context, tx *store.Tx, who *roster.Actor, caseID, trackID string, kind inquiry.NoteKind, objectID, text string, today roster.Date) error {
	n := &inquiry.CaseNote{CaseID: caseID, TrackID: trackID, ObjectID: objectID, Kind: kind, NotedBy: who.Person, NotedOn: today}
	n.ID = tx.NewID()
	var err error
	if n.TextC, err = tx.PutText(ctx, n.ID, "text", text); err != nil {
		return err
	}
	return tx.Insert(ctx, n)
}

// ReleaseMember takes a member off a track; case and track leave his reach.
func (a *App) ReleaseMember(ctx context.Context, who *roster.Actor, in BackInput) (Receipt, error) {
	load := func(ctx context.Context, tx *store.Tx) (string, string, error) {
		m, err := tx.TrackMember(ctx, in.ID)
		if err != nil {
			return "", "", err
		}
		return m.CaseID, m.TrackID, nil
	}
	_, r, err := a.onTrack(ctx, who, Write{Op: "track.release", Key: in.Key, Body: in}, "track_member", load,
		func(ctx context.Context, k *trackWork) (string, error) {
			at := slices.IndexFunc(k.file.Members, func(m inquiry.TrackMember) bool { return m.ID == in.ID })
			m := &k.file.Members[at]
			if err := sameVersion(m.Version, in.Version); err != nil {
				return "", err
			}
			err := alter(ctx, k.tx, m, func(m *inquiry.TrackMember) error { return m.Release(k.track, k.me, k.today) })
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

// ReopenAllegation takes a found allegation up again on new evidence, in a
// closed case as well.
func (a *App) ReopenAllegation(ctx context.Context, who *roster.Actor, in BackInput) (Receipt, error) {
	load := func(ctx context.Context, tx *store.Tx) (string, string, error) {
		al, err := tx.Allegation(ctx, in.ID)
		if err != nil {
			return "", "", err
		}
		return al.CaseID, al.TrackID, nil
	}
	_, r, err := a.onAnyTrack(ctx, who, Write{Op: "allegation.reopen", Key: in.Key, Body: in}, "allegation", load,
		func(ctx context.Context, k *trackWork) (string, error) {
			al := k.file.Allegation(in.ID)
			if err := sameVersion(al.Version, in.Version); err != nil {
				return "", err
			}
			err := alter(ctx, k.tx, k.track, func(t *inquiry.Track) error {
				return alter(ctx, k.tx, al, func(al *inquiry.Allegation) error { return al.Reopen(t, k.me) })
			})
			if err != nil {
				return "", err
			}
			if err := k.note(ctx, who, inquiry.NoteReopened, al.ID, in.Reason); err != nil {
				return "", err
			}
			return al.ID, a.takeBack(ctx, k, in.Reason)
		})
	return r, err
}

// QuashFinding ends a final finding; its allegation is open again.
func (a *App) QuashFinding(ctx context.Context, who *roster.Actor, in BackInput) (Receipt, error) {
	_, r, err := a.onAnyTrack(ctx, who, Write{Op: "finding.quash", Key: in.Key, Body: in}, "finding", findingByID(in.ID),
		func(ctx context.Context, k *trackWork) (string, error) {
			f := k.file.Finding(in.ID)
			if err := sameVersion(f.Version, in.Version); err != nil {
				return "", err
			}
			al := k.file.Allegation(f.AllegationID)
			err := alter(ctx, k.tx, k.track, func(t *inquiry.Track) error {
				return alter(ctx, k.tx, al, func(al *inquiry.Allegation) error {
					return alter(ctx, k.tx, f, func(f *inquiry.Finding) error { return f.Quash(t, al, k.me) })
				})
			})
			if err != nil {
				return "", err
			}
			if err := k.note(ctx, who, inquiry.NoteQuashed, f.ID, in.Reason); err != nil {
				return "", err
			}
			return f.ID, a.takeBack(ctx, k, in.Reason)
		})
	return r, err
}

// takeBack is what follows when an allegation is open again: the decision on
// its track is revoked, a closed case and its issue are open, and the issue
// shows what the remaining findings come to.
func (a *App) takeBack(ctx context.Context, k *trackWork, reason string) error {
	revoked := false
	for i := range k.file.Decisions {
		d := &k.file.Decisions[i]
		if d.TrackID != k.track.ID || d.State == inquiry.DecisionRevoked {
			continue
		}
		if err := alter(ctx, k.tx, d, func(d *inquiry.Decision) error { return d.Revoke() }); err != nil {
			return err
		}
		revoked = true
	}
	if k.file.Case.State == inquiry.CaseClosed {
		if err := alter(ctx, k.tx, k.file.Case, func(c *inquiry.Case) error { c.Reopen(); return nil }); err != nil {
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
	return k.tx.SaveIssue(ctx, &before, i, issue.TimingOf(a.pack))
}

// referredBy is the person who sent an issue to be disposed of as a clue: who
// triaged it last, for in that state it is triaged no more.
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

// groundWithdrawn flags the cases that were opened on issues which are taken
// back. Without it being stated that they may be, the act is refused: a case
// does not lose its ground in silence.
func (a *App) groundWithdrawn(ctx context.Context, tx *store.Tx, who *roster.Actor, issueIDs []string, stated bool, reason string) error {
	if err := groundStated(ctx, tx, issueIDs, stated); err != nil {
		return err
	}
	cases, err := tx.OpenCasesOf(ctx, issueIDs)
	if err != nil {
		return err
	}
	for i := range cases { // a handful among thousands of records
		c := &cases[i]
		if err := noteCase(ctx, tx, who, c.ID, "", inquiry.NoteGroundWithdrawn, c.IssueID, reason, roster.DateOf(tx.Now(), a.zone)); err != nil {
			return err
		}
	}
	return nil
}

// groundStated refuses to take the ground of open cases in silence.
func groundStated(ctx context.Context, tx *store.Tx, issueIDs []string, stated bool) error {
	cases, err := tx.OpenCasesOf(ctx, issueIDs)
	if err == nil && len(cases) > 0 && !stated {
		err = fault.Conflict("case_on_ground", "Count", len(cases))
	}
	return err
}

// NoteView is one act on a case with its reason.
type NoteView struct {
	Kind inquiry.NoteKind `json:"kind"`
	On   roster.Date      `json:"on"`
	By   Named            `json:"by"`
	Text string           `json:"text"`
}

// viewNotes fills in the notes on the tracks that the reader sees.
func (a *App) viewNotes(ctx context.Context, v *store.View, who *roster.Actor, shown map[string]bool, out *CaseView) error {
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
	names, err := a.namer(ctx, v, who, people, nil)
	if err != nil {
		return err
	}
	for _, n := range notes {
		if n.Kind == inquiry.NoteGroundWithdrawn {
			out.GroundWithdrawn = true
		}
		if n.TrackID == "" || shown[n.TrackID] {
			out.Notes = append(out.Notes, NoteView{n.Kind, n.NotedOn, names.person(n.NotedBy), texts[n.ID]["text"]})
		}
	}
	return nil
}
