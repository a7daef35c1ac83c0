package inquiry

import (
	"slices"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// Missing is one thing that keeps a case from closing. Code is a catalogue key
// below "case.missing"; ID is the track, question, rectification or allegation.
type Missing struct {
	Code string `json:"code"`
	ID   string `json:"id"`
}

// The things that can be missing.
const (
	MissingOfficerTrack  = "officer_track"
	MissingTrack         = "track"
	MissingQuestion      = "question"
	MissingRectification = "rectification"
	MissingAllegation    = "allegation"
	MissingAllegations   = "allegations" // a track that never got one
)

// Work is what hangs on a case when somebody asks whether it may close.
type Work struct {
	Tracks         []Track
	Questions      []Question
	Allegations    []Allegation
	Findings       []Finding
	Rectifications []RectificationState
}

// RectificationState is what the close rule needs to know of a task.
type RectificationState struct {
	ID       string
	Verified bool // verified or struck off
}

// Missing lists everything that keeps the case from closing (section 7): every
// track terminal, every leader question answered, every rectification
// verified, every allegation with a final finding. A track ended without
// finding owes no finding for its allegations.
func (w Work) Missing() []Missing {
	var out []Missing
	if !slices.ContainsFunc(w.Tracks, func(t Track) bool { return t.Side == SideOfficer }) {
		out = append(out, Missing{Code: MissingOfficerTrack})
	}
	ended := map[string]bool{}
	for _, t := range w.Tracks {
		if t.State == TrackEnded {
			ended[t.ID] = true
			continue
		}
		if !t.State.Terminal() {
			out = append(out, Missing{MissingTrack, t.ID})
		}
		if !slices.ContainsFunc(w.Allegations, func(a Allegation) bool { return a.TrackID == t.ID }) {
			out = append(out, Missing{MissingAllegations, t.ID})
		}
	}
	for _, a := range w.Allegations {
		final := slices.ContainsFunc(w.Findings, func(f Finding) bool {
			return f.AllegationID == a.ID && f.State == FindingFinal
		})
		if !ended[a.TrackID] && (a.State != AllegationFound || !final) {
			out = append(out, Missing{MissingAllegation, a.ID})
		}
	}
	for _, q := range w.Questions {
		if !q.State.Answered() {
			out = append(out, Missing{MissingQuestion, q.ID})
		}
	}
	for _, r := range w.Rectifications {
		if !r.Verified {
			out = append(out, Missing{MissingRectification, r.ID})
		}
	}
	return out
}

// FollowTracks moves the case between open and decided-pending when its tracks have
// changed, and reports whether it did. It never closes: closing is an act.
func (c *Case) FollowTracks(tracks []Track) bool {
	if c.State == CaseClosed {
		return false
	}
	to := CaseOpen
	if len(tracks) > 0 && !slices.ContainsFunc(tracks, func(t Track) bool { return !t.State.Terminal() }) {
		to = CaseDecidedPending
	}
	if to == c.State {
		return false
	}
	c.State = to
	return true
}

// WithoutFinding reports whether every track ended without a finding: such a
// case is closed by the body with its quorum, never by one person.
func (w Work) WithoutFinding() bool {
	return len(w.Tracks) > 0 && !slices.ContainsFunc(w.Tracks, func(t Track) bool { return t.State != TrackEnded })
}

// Close closes the case, or says that something is missing and how much.
// enders are the people who proposed or approved the end of a track without a
// finding: whoever opened the case as well may not close it too.
func (c *Case) Close(by Standing, enders []string, w Work, today roster.Date) error {
	if by.PersonID == c.OpenedBy && slices.Contains(enders, by.PersonID) {
		return fault.Forbidden("guard_opened_ended")
	}
	if err := by.Clear(c.PersonID, c.IssueID, c.ID); err != nil {
		return err
	}
	if err := move(caseMoves, c.State, CaseClosed); err != nil {
		return err
	}
	if missing := w.Missing(); len(missing) > 0 {
		var all []*fault.Error
		for _, m := range missing {
			code := "case_missing_" + m.Code
			all = append(all, fault.Invalid(code, m.Code))
		}
		first := fault.Invalid("case_incomplete", "", "Count", len(missing))
		first.More = all
		return first
	}
	c.State, c.ClosedBy, c.ClosedOn = CaseClosed, by.PersonID, today
	return nil
}
