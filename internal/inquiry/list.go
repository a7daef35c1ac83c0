package inquiry

import (
	"net/url"

	"plumbline/internal/roster"
)

// CaseFilter says which cases a list shows; empty fields filter nothing.
type CaseFilter struct {
	State    CaseState
	Category string
	UnitID   string // and all below it
	From, To string // months of opening, "2026-01", inclusive
	Overdue  bool   // past the investigation clock and not closed
}

// QuestionFilter says which leader questions a list shows.
type QuestionFilter struct {
	State    QuestionState
	IssueID  string
	UnitID   string // and all below it
	From, To string // months of raising, inclusive
	Open     bool   // not answered
	Overdue  bool
}

// TrackFilter says which tracks a list shows. With a Form, the months are those
// of the decision, else of opening.
type TrackFilter struct {
	Side     Side
	State    TrackState
	Form     int    // of the decision, 0 for any or none
	Check    bool   // no handling was recorded on a sustained finding, by a form that may have lost the choice
	UnitID   string // and all below it
	From, To string // months, inclusive
}

// ParseTrackFilter reads a filter from a query string's values.
func ParseTrackFilter(q url.Values) (TrackFilter, error) {
	p := roster.NewQuery(q)
	f := TrackFilter{
		Side: Side(p.OneOf("side", string(SideOfficer), string(SideLeader))), State: TrackState(p.OneOf("state", texts(TrackStates)...)),
		UnitID: p.Code("unit"), From: p.Month("from"), To: p.Month("to"), Check: p.Flag("check"),
	}
	if n := p.OneOf("form", "1", "2", "3", "4"); n != "" {
		f.Form = int(n[0] - '0')
	}
	return f, p.Err()
}

// Values is the filter as query values; ParseTrackFilter reads it back.
func (f TrackFilter) Values() url.Values {
	form := ""
	if f.Form > 0 {
		form = string(rune('0' + f.Form))
	}
	return roster.QueryValues("side", string(f.Side), "state", string(f.State), "form", form, "unit", f.UnitID, "from", f.From, "to", f.To,
		"check", map[bool]string{true: "1"}[f.Check])
}

// ParseCaseFilter reads a filter from a query string's values. A value that is
// no code is refused: a typing error must not show a longer list.
func ParseCaseFilter(q url.Values) (CaseFilter, error) {
	p := roster.NewQuery(q)
	f := CaseFilter{
		State: CaseState(p.OneOf("state", texts(CaseStates)...)), Category: p.Code("category"), UnitID: p.Code("unit"),
		From: p.Month("from"), To: p.Month("to"), Overdue: p.Flag("overdue"),
	}
	return f, p.Err()
}

// Values is the filter as query values; ParseCaseFilter reads it back.
func (f CaseFilter) Values() url.Values {
	return roster.QueryValues("state", string(f.State), "category", f.Category, "unit", f.UnitID, "from", f.From, "to", f.To, "overdue",
		flag(f.Overdue))
}

// ParseQuestionFilter reads a filter from a query string's values.
func ParseQuestionFilter(q url.Values) (QuestionFilter, error) {
	p := roster.NewQuery(q)
	f := QuestionFilter{
		State: QuestionState(p.OneOf("state", texts(QuestionStates)...)), IssueID: p.Code("issue"), UnitID: p.Code("unit"),
		From: p.Month("from"), To: p.Month("to"), Open: p.Flag("open"), Overdue: p.Flag("overdue"),
	}
	return f, p.Err()
}

// Values is the filter as query values; ParseQuestionFilter reads it back.
func (f QuestionFilter) Values() url.Values {
	return roster.QueryValues("state", string(f.State), "issue", f.IssueID, "unit", f.UnitID, "from", f.From, "to", f.To,
		"open", flag(f.Open), "overdue", flag(f.Overdue))
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return ""
}

func texts[S ~string](states []S) []string {
	out := make([]string, len(states))
	for i, s := range states {
		out[i] = string(s)
	}
	return out
}

// Overdue reports whether the investigation clock has run out on a case that
// is not closed.
func (c *Case) Overdue(today roster.Date) bool { return c.State != CaseClosed && c.DueOn < today }

// Overdue reports whether the question should have been answered by now.
func (q *Question) Overdue(today roster.Date) bool { return !q.State.Answered() && q.DueOn < today }

// CaseFile is a case with everything that hangs on it.
type CaseFile struct {
	Case      *Case
	Members   []TrackMember
	Replies   []Reply
	Decisions []Decision
	Parties   []Party
	Work
}

// Track finds a track of the file.
func (f *CaseFile) Track(id string) *Track {
	for i := range f.Tracks {
		if f.Tracks[i].ID == id {
			return &f.Tracks[i]
		}
	}
	return nil
}

// Allegation finds an allegation of the file.
func (f *CaseFile) Allegation(id string) *Allegation {
	for i := range f.Allegations {
		if f.Allegations[i].ID == id {
			return &f.Allegations[i]
		}
	}
	return nil
}

// Finding finds a finding of the file.
func (f *CaseFile) Finding(id string) *Finding {
	for i := range f.Findings {
		if f.Findings[i].ID == id {
			return &f.Findings[i]
		}
	}
	return nil
}

// ReplyTo finds the reply to a finding, nil while there is none.
func (f *CaseFile) ReplyTo(findingID string) *Reply {
	for i := range f.Replies {
		if f.Replies[i].FindingID == findingID {
			return &f.Replies[i]
		}
	}
	return nil
}

// Decision finds a decision of the file.
func (f *CaseFile) Decision(id string) *Decision {
	for i := range f.Decisions {
		if f.Decisions[i].ID == id {
			return &f.Decisions[i]
		}
	}
	return nil
}

// verdictOrder says which of several findings the issue shows: one that counts
// on the file if there is any.
var verdictOrder = []Verdict{Sustained, SustainedOther, NotSustained, Exonerated, Unfounded, PolicyFailure, NoFinding}

// Verdict is what the officer track's final findings come to for the issue.
func (f *CaseFile) Verdict() Verdict {
	newest := make(map[string]Finding) // of each allegation: a reopened one may have several
	for _, x := range f.Findings {
		if t := f.Track(x.TrackID); x.State == FindingFinal && t != nil && t.Side == SideOfficer && x.ID > newest[x.AllegationID].ID {
			newest[x.AllegationID] = x
		}
	}
	for _, v := range verdictOrder {
		for _, x := range newest {
			if x.Final == v {
				return v
			}
		}
	}
	return ""
}
