package inquiry

import (
	"slices"

	"plumbline/internal/fault"
)

// CaseState is where a case stands.
type CaseState string

// The states of a case.
const (
	CaseOpen           CaseState = "open"
	CaseDecidedPending CaseState = "decided_pending"
	CaseClosed         CaseState = "closed"
)

// TrackState is where a track stands.
type TrackState string

// The states of a track.
const (
	TrackOpen     TrackState = "open"
	TrackAssigned TrackState = "assigned"
	TrackFound    TrackState = "found"
	TrackDecided  TrackState = "decided"
	TrackEnded    TrackState = "ended"
)

// Terminal reports whether nothing more is owed on the track.
func (s TrackState) Terminal() bool { return s == TrackDecided || s == TrackEnded }

// AllegationState is where an allegation stands.
type AllegationState string

// The states of an allegation.
const (
	AllegationOpen     AllegationState = "open"
	AllegationFound    AllegationState = "found"
	AllegationReopened AllegationState = "reopened"
)

// FindingState is where a finding stands.
type FindingState string

// The states of a finding.
const (
	FindingDraft   FindingState = "draft"
	FindingServed  FindingState = "served"
	FindingReplied FindingState = "replied"
	FindingFinal   FindingState = "final"
	FindingQuashed FindingState = "quashed"
)

// QuestionState is where a leader question stands.
type QuestionState string

// The states of a question.
const (
	QuestionRaised          QuestionState = "raised"
	QuestionRefusalProposed QuestionState = "refusal_proposed"
	QuestionTrackOpened     QuestionState = "track_opened"
	QuestionRefused         QuestionState = "refused"
	QuestionWithdrawn       QuestionState = "withdrawn"
)

// Answered reports whether the question has its answer: a track, or a refusal
// approved above the leader. What was withdrawn asks nothing any more.
func (s QuestionState) Answered() bool {
	return s == QuestionTrackOpened || s == QuestionRefused || s == QuestionWithdrawn
}

// DecisionState is where a decision stands.
type DecisionState string

// The states of a decision; served, in force and lapsed come with sanctions.
const (
	DecisionProposed DecisionState = "proposed"
	DecisionDecided  DecisionState = "decided"
	DecisionRevoked  DecisionState = "revoked"
)

var (
	// CaseStates, TrackStates, QuestionStates list the states in the order of
	// their life, for filters and reports.
	CaseStates     = []CaseState{CaseOpen, CaseDecidedPending, CaseClosed}
	TrackStates    = []TrackState{TrackOpen, TrackAssigned, TrackFound, TrackDecided, TrackEnded}
	QuestionStates = []QuestionState{QuestionRaised, QuestionRefusalProposed, QuestionTrackOpened, QuestionRefused, QuestionWithdrawn}

	caseMoves = map[CaseState][]CaseState{
		CaseOpen:           {CaseDecidedPending, CaseClosed},
		CaseDecidedPending: {CaseOpen, CaseClosed},
		CaseClosed:         {CaseOpen},
	}
	trackMoves = map[TrackState][]TrackState{
		TrackOpen:     {TrackAssigned, TrackEnded},
		TrackAssigned: {TrackOpen, TrackFound, TrackEnded},
		TrackFound:    {TrackAssigned, TrackDecided, TrackEnded},
		TrackDecided:  {TrackAssigned},
	}
	allegationMoves = map[AllegationState][]AllegationState{
		AllegationOpen:     {AllegationFound},
		AllegationFound:    {AllegationReopened},
		AllegationReopened: {AllegationFound},
	}
	findingMoves = map[FindingState][]FindingState{
		FindingDraft:   {FindingServed},
		FindingServed:  {FindingReplied, FindingFinal},
		FindingReplied: {FindingFinal},
		FindingFinal:   {FindingQuashed},
	}
	questionMoves = map[QuestionState][]QuestionState{
		QuestionRaised:          {QuestionTrackOpened, QuestionRefusalProposed, QuestionWithdrawn},
		QuestionRefusalProposed: {QuestionRaised, QuestionRefused, QuestionWithdrawn},
		QuestionTrackOpened:     {QuestionWithdrawn},
		QuestionRefused:         {QuestionWithdrawn},
	}
	decisionMoves = map[DecisionState][]DecisionState{
		DecisionProposed: {DecisionDecided, DecisionRevoked},
		DecisionDecided:  {DecisionRevoked},
	}
)

// move is the one guard of every state table: it says where a thing is when
// the step is not in the table.
func move[S ~string](table map[S][]S, from, to S) error {
	if slices.Contains(table[from], to) {
		return nil
	}
	return fault.Conflict("inquiry_state", "From", string(from), "To", string(to))
}
