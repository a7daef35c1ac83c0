package selfcheck

import (
	"strconv"
	"time"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// A Filing is what a submission writes beside its own row.
type Filing struct {
	Answers   []Answer
	Added     []Declaration // issues to register
	Kept      []Declaration // issues of an earlier round, with what they say now
	Withdrawn []string      // issues of the earlier round that were dropped
}

// A Declaration is one declared issue with what its item says about it.
type Declaration struct {
	Declared
	ItemNo       int64
	Category     string
	Severity     int64
	LeaderID     string
	ReviewUnitID string
}

// A PriorIssue is an issue that an earlier round of the same list declared and
// that has not been withdrawn.
type PriorIssue struct {
	ID     string
	ItemNo int64
}

// Submitting is everything that Submit looks at beside the submission.
type Submitting struct {
	Campaign *Campaign
	Items    []ChecklistItem
	Answers  []ItemAnswer
	Leaders  []Leader     // the leaders who may be named: those above the respondent
	Prior    []PriorIssue // of an earlier round
	By       string       // person who signs
	Now      time.Time
	Today    roster.Date
}

// Submit files the list: the window is open, every item is answered once, nil
// explicitly, and each declared issue has a date and a text. Each item at fault
// is named. An item that names a leader goes to the unit above that leader and
// leaves the ordinary reviewer's counts. What an earlier round declared and
// this one drops is withdrawn.
func (s Submission) Submit(in Submitting) (Submission, Filing, error) {
	next, err := s.Move("submit")
	if err != nil {
		return s, Filing{}, err
	}
	if err := in.Campaign.Filing(in.Today); err != nil {
		return s, Filing{}, err
	}
	given, err := in.answersByItem()
	if err != nil {
		return s, Filing{}, err
	}
	next.Round++
	next.FiledAt, next.FiledBy = &in.Now, in.By
	if next.FirstFiledAt == nil {
		next.FirstFiledAt = &in.Now
	}
	next.ReviewedAt, next.ReviewedBy = nil, ""
	next.NilItems, next.DeclaredItems, next.DeclaredIssues = 0, 0, 0

	prior := make(map[string]int64, len(in.Prior))
	for _, p := range in.Prior {
		prior[p.ID] = p.ItemNo
	}
	filing := Filing{Answers: make([]Answer, 0, len(in.Items))}
	var texts similarity
	var faults []*fault.Error
	for i := range in.Items {
		item, a := &in.Items[i], given[i]
		review := s.ReviewUnitID
		if a.LeaderID != "" {
			leader := in.leader(a.LeaderID)
			if leader == nil {
				faults = append(faults, fault.Invalid("leader_unknown", itemField(int(item.No)), "Item", item.No))
				continue
			}
			review = leader.Parent
		}
		filing.Answers = append(filing.Answers, Answer{
			SubmissionID: s.ID, Round: next.Round, ItemNo: item.No, Nil: a.Nil,
			Declared: int64(len(a.Issues)), LeaderID: a.LeaderID, ReviewUnitID: review,
		})
		if a.LeaderID == "" {
			if a.Nil {
				next.NilItems++
			} else {
				next.DeclaredItems++
				next.DeclaredIssues += int64(len(a.Issues))
			}
		}
		for _, d := range a.Issues {
			if a.LeaderID == "" {
				texts.add(d.Text)
			}
			decl := Declaration{d, item.No, item.Category, item.Severity, a.LeaderID, review}
			if d.IssueID == "" {
				filing.Added = append(filing.Added, decl)
				continue
			}
			if no, ok := prior[d.IssueID]; !ok || no != item.No {
				faults = append(faults, fault.Invalid("issue_not_yours", itemField(int(item.No)), "Item", item.No))
				continue
			}
			delete(prior, d.IssueID)
			filing.Kept = append(filing.Kept, decl)
		}
	}
	if err := fault.Join(faults...); err != nil {
		return s, Filing{}, err
	}
	for _, p := range in.Prior {
		if _, dropped := prior[p.ID]; dropped {
			filing.Withdrawn = append(filing.Withdrawn, p.ID)
		}
	}
	next.Fingerprint = texts.fingerprint()
	next.AnswersDigest = AnswersDigest(filing.Answers)
	return next, filing, nil
}

// answersByItem puts the answers in the order of the items, or names every item
// that is missing, given twice, unknown or wrong in itself.
func (in *Submitting) answersByItem() ([]*ItemAnswer, error) {
	given := make([]*ItemAnswer, len(in.Items))
	var faults []*fault.Error
	for i := range in.Answers {
		a := &in.Answers[i]
		at := int(a.ItemNo) - 1
		switch {
		case at < 0 || at >= len(in.Items):
			faults = append(faults, fault.Invalid("answer_unknown_item", itemField(int(a.ItemNo)), "Item", a.ItemNo))
			continue
		case given[at] != nil:
			faults = append(faults, fault.Invalid("answer_twice", itemField(int(a.ItemNo)), "Item", a.ItemNo))
			continue
		}
		given[at] = a
		if f := a.Check(in.Campaign, in.Today); f != nil {
			faults = append(faults, f)
		}
	}
	for i := range given {
		if given[i] == nil {
			no := in.Items[i].No
			faults = append(faults, fault.Invalid("answer_missing", "items."+strconv.FormatInt(no, 10), "Item", no))
		}
	}
	return given, fault.Join(faults...)
}

func (in *Submitting) leader(id string) *Leader {
	for i := range in.Leaders {
		if in.Leaders[i].PersonID == id {
			return &in.Leaders[i]
		}
	}
	return nil
}

func findItem(items []ChecklistItem, no int64) *ChecklistItem {
	if no < 1 || no > int64(len(items)) {
		return nil
	}
	return &items[no-1]
}

// Item finds an item by number; nil if there is none.
func Item(items []ChecklistItem, no int64) *ChecklistItem { return findItem(items, no) }

// VisibleTo filters the answers of a list for one reviewing unit: the ordinary
// reviewer gets every item but those that name a leader, the unit above a
// leader only those that name him.
func VisibleTo(answers []Answer, reviewUnits []string) []Answer {
	var out []Answer
	for _, a := range answers {
		for _, u := range reviewUnits {
			if a.ReviewUnitID == u {
				out = append(out, a)
				break
			}
		}
	}
	return out
}
