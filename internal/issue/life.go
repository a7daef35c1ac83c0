package issue

import (
	"slices"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/rules"
)

// Act is a step of the life.
type Act string

// The acts.
const (
	ActTriage   Act = "triage"
	ActCorrect  Act = "correct"
	ActRectify  Act = "rectify"
	ActRefer    Act = "refer"
	ActMerge    Act = "merge"
	ActReject   Act = "reject"
	ActWithdraw Act = "withdraw"
	ActClose    Act = "close"
	ActReopen   Act = "reopen"
)

// Acts lists every act.
var Acts = []Act{ActTriage, ActCorrect, ActRectify, ActRefer, ActMerge, ActReject, ActWithdraw, ActClose, ActReopen}

var unsettled = map[Act]State{
	ActTriage: Triaged, ActCorrect: Corrected, ActRectify: Rectifying, ActRefer: Clue,
	ActMerge: Merged, ActReject: Rejected, ActWithdraw: Withdrawn,
}

// life is the table of the package doc.
var life = map[State]map[Act]State{
	Registered: unsettled,
	Triaged:    unsettled,
	Reopened:   unsettled,
	Corrected:  {ActClose: Closed, ActWithdraw: Withdrawn, ActReopen: Reopened},
	Rectifying: {ActRefer: Clue, ActWithdraw: Withdrawn, ActClose: Closed},
	Clue:       {ActRectify: Rectifying, ActMerge: Merged, ActWithdraw: Withdrawn, ActClose: Closed},
	Merged:     {ActWithdraw: Withdrawn},
	Rejected:   {ActWithdraw: Withdrawn, ActReopen: Reopened},
	Closed:     {ActWithdraw: Withdrawn, ActReopen: Reopened},
	Withdrawn:  {},
}

// Next is the state that an act leads to; "" if the act is not legal.
func (s State) Next(a Act) State { return life[s][a] }

// May reports whether the act is legal in the issue's state.
func (i *Issue) May(a Act) bool { return i.State.Next(a) != "" }

// step takes an act by the table; e is asked where it leads to an end.
func (i *Issue) step(a Act, e Ending, now time.Time) error {
	next := i.State.Next(a)
	if next == "" {
		return fault.Conflict("issue_state", "State", string(i.State), "Act", string(a))
	}
	if next.Settled() {
		if err := i.mayEnd(next, e); err != nil {
			return err
		}
	}
	i.State, i.SettledAt = next, nil
	if next.Settled() {
		i.SettledAt = &now
	}
	if a == ActTriage || a == ActCorrect || a == ActRectify || a == ActRefer {
		if i.TriagedAt == nil {
			i.TriagedAt = &now
		}
	}
	if a != ActReject {
		i.RejectBy = ""
	}
	return nil
}

// MayDecide says whether somebody may decide anything about the issue at all:
// never its subject, never a subordinate of the subject, a relative or a party.
// For all but the subject, who may read his own issue, the thing is not there.
func (i *Issue) MayDecide(who *roster.Actor) error {
	if who.Program || i.PersonID == "" {
		if slices.Contains(who.PartyTo, i.ID) {
			return fault.NotFound()
		}
		return nil
	}
	if who.Person == i.PersonID {
		return fault.Forbidden("issue_subject")
	}
	if slices.Contains(who.Superiors, i.PersonID) || slices.Contains(who.Relatives, i.PersonID) || slices.Contains(who.PartyTo, i.ID) {
		return fault.NotFound()
	}
	for _, b := range who.Dated {
		if b.Person == i.PersonID && i.EventOn.Within(b.From, b.To) {
			return fault.NotFound()
		}
	}
	return nil
}

// Triage fixes severity and category and, where decision names one, takes the
// next step: "" stays triaged, else correct, rectify, refer or reject. What is
// severe (pack) can only stay triaged, become a clue, or be rejected by two;
// what is not slight cannot be corrected on the spot. What once was severe ends
// by two, whatever it is lowered to.
func (i *Issue) Triage(severity int, category string, decision Act, by string, e Ending, r rules.Review, now time.Time) error {
	if severity < 0 || severity > MaxSeverity {
		return fault.Invalid("issue_severity", "severity")
	}
	e.Peak = max(e.Peak, i.Severity)
	if err := i.step(ActTriage, e, now); err != nil {
		return err
	}
	i.Severity, i.Category = severity, category
	switch decision {
	case "":
		return nil
	case ActCorrect:
		return i.correct(e, r, now)
	case ActRectify:
		return i.Rectify(r, now)
	case ActRefer:
		return i.Refer(now)
	case ActReject:
		return i.Reject(by, e, now)
	}
	return fault.Invalid("issue_decision", "decision")
}

// CorrectOnSpot is what the head of a unit may do by himself: he corrects a
// slight issue that his staff declared, on a list that was accepted. What
// others found about his staff goes to an inspector's triage, always.
func (i *Issue) CorrectOnSpot(accepted bool, e Ending, r rules.Review, now time.Time) error {
	if err := i.MayCorrectOnSpot(accepted); err != nil {
		return err
	}
	return i.correct(e, r, now)
}

// MayCorrectOnSpot says why an issue is not the head's to correct.
func (i *Issue) MayCorrectOnSpot(accepted bool) error {
	switch {
	case i.Source != Self:
		return fault.Invalid("issue_correct_found", "")
	case !accepted:
		return fault.Invalid("issue_correct_unaccepted", "")
	}
	return nil
}

// correct closes a slight issue (S0, S1 by the pack).
func (i *Issue) correct(e Ending, r rules.Review, now time.Time) error {
	if i.Severity > r.SpotCorrectMaxSeverity {
		return fault.Invalid("issue_too_severe_to_correct", "severity", "Max", r.SpotCorrectMaxSeverity)
	}
	return i.step(ActCorrect, e, now)
}

// Rectify starts rectification; what is severe must be a clue first.
func (i *Issue) Rectify(r rules.Review, now time.Time) error {
	if i.State != Clue && i.Severity >= r.ClueMinSeverity {
		return fault.Invalid("issue_must_be_clue", "severity", "Min", r.ClueMinSeverity)
	}
	return i.step(ActRectify, Ending{}, now)
}

// Refer makes the issue a clue, which needs a disposition decision.
func (i *Issue) Refer(now time.Time) error { return i.step(ActRefer, Ending{}, now) }

// Reject sets the issue aside as no issue. What one person may not end (mayEnd)
// is only proposed by the first, whose account by is, and rejected by a second.
func (i *Issue) Reject(by string, e Ending, now time.Time) error {
	if i.May(ActReject) && i.mayEnd(Rejected, e) != nil {
		if i.RejectBy != "" {
			return fault.Forbidden("issue_second_person")
		}
		i.RejectBy = by
		if i.TriagedAt == nil {
			i.TriagedAt = &now
		}
		return nil
	}
	return i.step(ActReject, e, now)
}

// Merge links a duplicate to the issue that stays, which keeps the earlier
// receipt date and the higher severity of the two; Merge reports whether keep
// changed. What has a case is not a duplicate of anything: the other is merged
// into it. The questions of both are the caller's to keep.
func (i *Issue) Merge(keep *Issue, e Ending, now time.Time) (keepChanged bool, err error) {
	switch {
	case i.ID == keep.ID:
		return false, fault.Invalid("issue_merge_self", "into")
	case i.PersonID != keep.PersonID || (i.PersonID == "" && i.UnitID != keep.UnitID):
		return false, fault.Invalid("issue_merge_other_subject", "into")
	case i.Source != keep.Source:
		return false, fault.Invalid("issue_merge_other_source", "into")
	case !keep.State.Live() || keep.DuplicateOf != "":
		return false, fault.Conflict("issue_merge_target", "State", string(keep.State))
	case i.CaseID != "":
		return false, fault.Conflict("issue_merge_case")
	}
	if err := i.step(ActMerge, e, now); err != nil {
		return false, err
	}
	i.DuplicateOf = keep.ID
	if i.Received < keep.Received {
		keep.Received, keepChanged = i.Received, true
	}
	if i.Severity > keep.Severity {
		keep.Severity, keepChanged = i.Severity, true
	}
	return keepChanged, nil
}

// Recur says that the issue repeats an earlier one of the same subject.
func (i *Issue) Recur(earlier *Issue) error {
	switch {
	case i.ID == earlier.ID:
		return fault.Invalid("issue_recur_self", "of")
	case i.Key().Person != earlier.Key().Person || i.Key().Unit != earlier.Key().Unit:
		return fault.Invalid("issue_recur_other_subject", "of")
	case earlier.EventOn > i.EventOn:
		return fault.Invalid("issue_recur_later", "of")
	case earlier.RecurrenceOf == i.ID:
		return fault.Invalid("issue_recur_circle", "of")
	}
	i.RecurrenceOf = earlier.ID
	return nil
}

// Withdraw takes the issue back: dropped on resubmission, or its match undone.
// The row stays and keeps its first date.
func (i *Issue) Withdraw(e Ending, now time.Time) error { return i.step(ActWithdraw, e, now) }

// Close ends the issue: its rectification is verified, or its case closed.
func (i *Issue) Close(e Ending, now time.Time) error { return i.step(ActClose, e, now) }

// Reopen takes a settled issue up again; evidence is what is new, in words.
func (i *Issue) Reopen(evidence string, now time.Time) error {
	if evidence == "" {
		return fault.Invalid("issue_new_evidence", "evidence")
	}
	return i.step(ActReopen, Ending{}, now)
}

// BackToCase takes a closed issue up again because its case was reopened:
// evidence is what is new, in words. One that is not closed stays as it is.
func (i *Issue) BackToCase(evidence string, now time.Time) error {
	if i.State != Closed {
		return nil
	}
	if err := i.Reopen(evidence, now); err != nil {
		return err
	}
	return i.Refer(now)
}

// Notice tells the subject: from here on the issue shows in his own view.
func (i *Issue) Notice(now time.Time) error {
	switch {
	case i.PersonID == "":
		return fault.Invalid("issue_notice_unit", "")
	case !i.State.Live():
		return fault.Conflict("issue_state", "State", string(i.State), "Act", "notify")
	case i.Source == Self:
		return fault.Invalid("issue_notice_own", "")
	case i.NoticedAt != nil:
		return fault.Conflict("issue_noticed")
	}
	i.NoticedAt = &now
	return nil
}

// VisibleToSubject reports whether the subject sees the issue in his own file:
// his declarations at once, the rest after notice.
func (i *Issue) VisibleToSubject() bool { return i.Source == Self || i.NoticedAt != nil }

// AnswerConcealment proposes an answer to the question (confirmed, dismissed);
// a second person who proposes the same settles it, one who proposes the other
// answer replaces the proposal.
func (i *Issue) AnswerConcealment(answer Concealment, by string) error {
	if answer != ConcealmentConfirmed && answer != ConcealmentDismissed {
		return fault.Invalid("concealment_answer", "answer")
	}
	if i.Concealment != ConcealmentQuestion {
		return fault.Conflict("concealment_state", "State", string(i.Concealment))
	}
	switch {
	case i.ConcealAs != answer:
		i.ConcealAs, i.ConcealBy = answer, by
	case i.ConcealBy == by:
		return fault.Forbidden("issue_second_person")
	default:
		i.Concealment, i.ConcealAs = answer, ConcealmentNone // ConcealBy keeps who proposed
	}
	return nil
}

// Counts reports whether the issue counts on the person's file: only a
// sustained finding does.
func (i *Issue) Counts() bool {
	return i.State.Live() && (i.Finding == "sustained" || i.Finding == "sustained_other")
}
