package inquiry

import (
	"slices"
	"strings"

	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// Trigger is one reason to ask whether a leader has to answer.
type Trigger string

// The triggers of the domain rules, section 7.
const (
	TriggerSeverity    Trigger = "severity"
	TriggerRepeat      Trigger = "repeat"
	TriggerConcealment Trigger = "concealment"
	TriggerCluster     Trigger = "cluster"
	TriggerOverdue     Trigger = "overdue"
	TriggerNamed       Trigger = "leader_named"
)

// TriggerFacts is what the records say about one confirmed issue. Dates of
// Prior and Cluster are event dates; the present issue is in neither.
type TriggerFacts struct {
	EventOn     roster.Date
	PersonID    string
	Severity    int
	Concealment bool          // concealment was confirmed, not merely asked
	Overdue     bool          // an alert, clue or rectification of the unit was overdue on the event date
	LeaderNamed bool          // the record names a leader
	Prior       []roster.Date // issues of RepeatSeverity or above, same unit and category
	Cluster     []PersonEvent // other people's issues of ClusterSeverity or above in the unit
}

// PersonEvent is one person's issue on one day.
type PersonEvent struct {
	PersonID string
	EventOn  roster.Date
}

// Triggers judges the facts under the pack and names every trigger that is
// met, in a fixed order. It decides nothing about anybody: what follows is a
// question.
func Triggers(t rules.Triggers, f TriggerFacts) []Trigger {
	var out []Trigger
	if f.Severity >= t.SeverityAtLeast {
		out = append(out, TriggerSeverity)
	}
	if f.Severity >= t.RepeatSeverity {
		from := f.EventOn.AddMonths(-t.RepeatMonths)
		n := 1
		for _, on := range f.Prior {
			if on.Within(from, f.EventOn) {
				n++
			}
		}
		if n >= t.RepeatCount {
			out = append(out, TriggerRepeat)
		}
	}
	if t.Concealment && f.Concealment {
		out = append(out, TriggerConcealment)
	}
	if f.Severity >= t.ClusterSeverity && f.PersonID != "" {
		from := f.EventOn.AddDays(-t.ClusterDays)
		people := []string{f.PersonID}
		for _, e := range f.Cluster {
			if e.PersonID != "" && e.EventOn.Within(from, f.EventOn) && !slices.Contains(people, e.PersonID) {
				people = append(people, e.PersonID)
			}
		}
		if len(people) >= t.ClusterOfficers {
			out = append(out, TriggerCluster)
		}
	}
	if t.OverdueBeforeEvent && f.Overdue {
		out = append(out, TriggerOverdue)
	}
	if t.LeaderNamed && f.LeaderNamed {
		out = append(out, TriggerNamed)
	}
	return out
}

// Holder is a person who held a command link over the subject at the event
// date, and the tier of the unit that he led from.
type Holder struct {
	PersonID string
	UnitID   string // the unit that he led from
	Tier     int
	LinkKind string
	LinkID   string
}

// linkOrder ranks the links; who holds several is asked once, for the closest.
var linkOrder = []string{"head", "in_charge", "point_leader"}

// Raise makes one question for every holder, none for the subject himself and
// none for a leader who was already asked about this issue (asked). Refs and
// ids are given by the caller.
func Raise(p *rules.Pack, issueID, caseID, subjectID string, eventOn, today roster.Date, triggers []Trigger, holders []Holder,
	asked []string) []*Question {
	if len(triggers) == 0 {
		return nil
	}
	holders = slices.Clone(holders)
	slices.SortStableFunc(holders, func(a, b Holder) int {
		return slices.Index(linkOrder, a.LinkKind) - slices.Index(linkOrder, b.LinkKind)
	})
	words := make([]string, len(triggers))
	for i, t := range triggers {
		words[i] = string(t)
	}
	done := slices.Clone(asked)
	var out []*Question
	for _, h := range holders {
		if h.PersonID == "" || h.PersonID == subjectID || slices.Contains(done, h.PersonID) ||
			!slices.Contains(p.Dual.QuestionLinks, h.LinkKind) {
			continue
		}
		done = append(done, h.PersonID)
		out = append(out, &Question{
			IssueID: issueID, CaseID: caseID, UnitID: h.UnitID, PersonID: h.PersonID, SubjectID: subjectID,
			EventOn: eventOn, LinkKind: h.LinkKind, LinkID: h.LinkID,
			DecideTier: h.Tier - p.Dual.RefusalTiersAbove, Triggers: strings.Join(words, " "),
			State: QuestionRaised, RaisedOn: today,
			DueOn:   roster.Date(p.Clock("question_answer").Due(today.Time()).Format("2006-01-02")),
			ReasonC: []byte{},
		})
	}
	return out
}
