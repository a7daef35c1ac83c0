package issue

import (
	"slices"
	"time"

	"plumbline/internal/rules"
)

// Timing is what the rule pack says of the comparison.
type Timing struct {
	WindowDays   int      // days either side of the event
	FirstContact []string // triaged, noticed: whichever of these comes first
}

// TimingOf reads the pack.
func TimingOf(p *rules.Pack) Timing {
	return Timing{WindowDays: p.Reconciliation.WindowDays, FirstContact: p.Disclosure.FirstContact}
}

// Key is what two issues must share to be about the same matter, besides
// happening within the window: the person (or the unit, for a unit's issue)
// and the category.
type Key struct{ Person, Unit, Category string }

// Key of the issue.
func (i *Issue) Key() Key {
	if i.PersonID != "" {
		return Key{Person: i.PersonID, Category: i.Category}
	}
	return Key{Unit: i.UnitID, Category: i.Category}
}

// Contact is the first contact with the subject about this audit issue, nil
// while there was none.
func (i *Issue) Contact(t Timing) *time.Time {
	var first *time.Time
	for _, e := range t.FirstContact {
		at := i.TriagedAt
		if e == "noticed" {
			at = i.NoticedAt
		}
		if at != nil && (first == nil || at.Before(*first)) {
			first = at
		}
	}
	return first
}

// Matches reports whether a declared and an audit issue of the same key are
// about the same matter: their events lie within the window.
func (t Timing) Matches(declared, audit *Issue) bool {
	d := declared.EventOn.Days(audit.EventOn)
	return d <= t.WindowDays && -d <= t.WindowDays
}

// Disclosed says when a declaration came, seen from the audit issue: before
// the day on which the source received the record, else before first contact,
// else after it.
func (t Timing) Disclosed(declared, audit *Issue) Disclosure {
	if declared.Received < audit.Received {
		return BeforeRecord
	}
	if c := audit.Contact(t); c == nil || declared.RaisedAt.Before(*c) {
		return BeforeContact
	}
	return AfterContact
}

// Change is a stored issue that the comparison altered.
type Change struct{ Before, After *Issue }

// Compare compares the issues of any number of keys anew: fresh are not stored
// yet and are changed in place, stored are left alone and come back as Changes
// where something differs. All stored issues of the keys concerned must be
// given. It sets
//
//   - Disclosure of audit issues: by the earliest matching live declaration;
//   - Paired of declared issues: whether a live audit issue matches;
//   - Concealment: a live undisclosed audit issue about a person raises the
//     question; a disclosure or a withdrawal takes an open one back, and a
//     withdrawal a decided one too;
//   - FirstOfKey: the live issue of a person and category that happened first.
func Compare(stored, fresh []*Issue, t Timing) []Change {
	work := make([]*Issue, 0, len(stored)+len(fresh))
	for _, i := range stored {
		c := *i
		work = append(work, &c)
	}
	work = append(work, fresh...)
	groups := make(map[Key][]*Issue, len(fresh))
	for _, i := range work {
		groups[i.Key()] = append(groups[i.Key()], i)
	}
	for _, g := range groups {
		t.compareKey(g)
	}
	var changed []Change
	for n, before := range stored {
		if !before.comparedLike(work[n]) {
			changed = append(changed, Change{before, work[n]})
		}
	}
	return changed
}

func (t Timing) compareKey(group []*Issue) {
	var first *Issue
	for _, i := range group {
		i.Paired, i.FirstOfKey = false, false
		if i.PersonID != "" && i.State.Live() && (first == nil || earlier(i, first)) {
			first = i
		}
	}
	if first != nil {
		first.FirstOfKey = true
	}
	declared := slices.DeleteFunc(slices.Clone(group), func(i *Issue) bool { return i.Source != Self || !i.State.Live() })
	for _, a := range group {
		if a.Source != Audit {
			continue
		}
		if !a.State.Live() {
			a.Concealment, a.ConcealAs, a.ConcealBy = ConcealmentNone, ConcealmentNone, ""
			continue
		}
		a.Disclosure = NotDisclosed
		var earliest *Issue
		for _, d := range declared {
			if !t.Matches(d, a) {
				continue
			}
			d.Paired = true
			if earliest == nil || d.RaisedAt.Before(earliest.RaisedAt) {
				earliest = d
			}
		}
		if earliest != nil {
			a.Disclosure = t.Disclosed(earliest, a)
		}
		switch {
		case earliest != nil && a.Concealment == ConcealmentQuestion:
			a.Concealment, a.ConcealAs, a.ConcealBy = ConcealmentNone, ConcealmentNone, ""
		case earliest == nil && a.Concealment == ConcealmentNone && a.PersonID != "":
			a.Concealment = ConcealmentQuestion
		}
	}
}

// earlier orders by event, then by id; an id not given yet comes last.
func earlier(a, b *Issue) bool {
	if a.EventOn != b.EventOn {
		return a.EventOn < b.EventOn
	}
	if (a.ID == "") != (b.ID == "") {
		return b.ID == ""
	}
	return a.ID < b.ID
}

func (i *Issue) comparedLike(o *Issue) bool {
	return i.Disclosure == o.Disclosure && i.Paired == o.Paired && i.FirstOfKey == o.FirstOfKey &&
		i.Concealment == o.Concealment && i.ConcealAs == o.ConcealAs && i.ConcealBy == o.ConcealBy
}

// Unsettles reports whether turning before into after can alter the comparison.
func Unsettles(before, after *Issue, t Timing) bool {
	if before.Key() != after.Key() || before.EventOn != after.EventOn || before.State.Live() != after.State.Live() {
		return true
	}
	if after.Source != Audit {
		return false
	}
	b, a := before.Contact(t), after.Contact(t)
	return before.Received != after.Received || (b == nil) != (a == nil) || (a != nil && !a.Equal(*b))
}
