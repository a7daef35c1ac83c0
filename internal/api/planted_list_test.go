package api

import (
	"fmt"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
)

// campaign plants one of the place's sub-bureau.
func (w *world) campaign(at place, s selfcheck.CampaignState) *selfcheck.Campaign {
	w.Helper()
	c := &selfcheck.Campaign{Stamp: ledger.Stamp{ID: store.NewID()}, UnitID: w.Units[at.branch], Title: "自查自纠", State: s,
		OpensOn: "2026-03-01", ClosesOn: "2026-03-31",
		PeriodFrom: "2024-01-01", PeriodTo: "2026-02-28", OfficersID: w.checklists[selfcheck.Officers], LeadersID: w.checklists[selfcheck.Leaders]}
	if s != selfcheck.CampaignDraft {
		c.RosterOn, c.RosterDone, c.OpenedAt = "2026-03-01", true, ago(w, 24*time.Hour)
	}
	if s != selfcheck.CampaignDraft && s != selfcheck.CampaignOpen {
		c.LockDone, c.LockedAt = true, ago(w, time.Hour)
	}
	w.insert(c)
	return c
}

// listOf says what is special about a list.
type listOf struct {
	state    selfcheck.State
	campaign *selfcheck.Campaign // nil makes an open one
	named    string              // who is named on the first item
	review   selfcheck.NamedState
}

// list plants the list that the place's person owes.
func (w *world) list(at place, of listOf) *selfcheck.Submission {
	w.Helper()
	if of.campaign == nil {
		of.campaign = w.campaign(at, selfcheck.CampaignOpen)
	}
	unit := w.Units[at.unit]
	s := selfcheck.NewSubmission(of.campaign, selfcheck.Owed{Audience: selfcheck.Officers, PersonID: w.People[at.person], UnitID: unit,
		ReviewUnitID: unit}, "2026-03-01")
	s.ID, s.State = store.NewID(), of.state
	rows := []any{s}
	if of.state != selfcheck.Assigned && of.state != selfcheck.Excused {
		s.Round, s.FiledAt, s.FirstFiledAt, s.FiledBy, s.NilItems = 1, ago(w, time.Hour), ago(w, time.Hour), s.PersonID, selfcheck.ItemCount
		var answers []selfcheck.Answer
		for n := range selfcheck.ItemCount {
			answers = append(answers, selfcheck.Answer{SubmissionID: s.ID, Round: 1, ItemNo: int64(n + 1), Nil: true, ReviewUnitID: unit})
		}
		answers[0].LeaderID = of.named
		s.AnswersDigest = selfcheck.AnswersDigest(answers)
		sheet, named := selfcheck.PackAnswers(answers)
		rows = append(rows, []selfcheck.AnswerSheet{sheet})
		if len(named) > 0 {
			rows = append(rows, named)
		}
		if of.review != "" {
			rows = append(rows, &selfcheck.NamedReview{SubmissionID: s.ID, Round: 1, ItemNo: 1, LeaderID: of.named, ReviewUnitID: unit,
				State: of.review, Turns: 1,
				DecidedBy: w.People["easthead"], DecidedAt: w.App.Now(), ReasonC: noText, ReplyC: noText})
		}
	}
	w.insert(rows...)
	return s
}

func campaignIn(s selfcheck.CampaignState) func(w *world, at place) object {
	return func(w *world, at place) object { return one(w.campaign(at, s).ID) }
}

func listIn(s selfcheck.State) func(w *world, at place) object {
	return func(w *world, at place) object { return one(w.list(at, listOf{state: s}).ID) }
}

// roll is a unit in a campaign, whose list is in.
func roll(w *world, at place) (object, *selfcheck.Campaign) {
	l := w.list(at, listOf{state: selfcheck.Accepted, campaign: w.campaign(here, selfcheck.CampaignOpen)})
	return object{ids: []string{l.CampaignID, l.UnitID}}, &selfcheck.Campaign{Stamp: ledger.Stamp{ID: l.CampaignID}}
}

var listPlanters = map[string]func(w *world, at place) object{
	"checklist": func(w *world, at place) object {
		if at == west {
			return one(w.checklists[selfcheck.Leaders], "detail", fmt.Sprint("本所另查第", w.number(), "项"))
		}
		return one(w.checklists[selfcheck.Officers], "detail", fmt.Sprint("本所另查第", w.number(), "项"))
	},
	"campaign":             campaignIn(selfcheck.CampaignOpen),
	"campaign, draft":      campaignIn(selfcheck.CampaignDraft),
	"campaign, locked":     campaignIn(selfcheck.CampaignLocked),
	"campaign, inspecting": campaignIn(selfcheck.CampaignInspecting),
	"campaign, rectifying": campaignIn(selfcheck.CampaignRectifying),
	"list":                 listIn(selfcheck.Assigned),
	"list, submitted":      listIn(selfcheck.Submitted),
	"list, excused":        listIn(selfcheck.Excused),
	"list, locked": func(w *world, at place) object {
		return one(w.list(at, listOf{state: selfcheck.Locked, campaign: w.campaign(at, selfcheck.CampaignLocked)}).ID)
	},
	"list, item returned": func(w *world, at place) object {
		return one(w.list(at, listOf{state: selfcheck.Submitted, named: w.People["easthead"], review: selfcheck.NamedReturned}).ID)
	},
	"named item": func(w *world, at place) object {
		o := one(selfcheck.NamedID(w.list(at, listOf{state: selfcheck.Submitted, named: w.People[at.leader]}).ID, 1))
		o.version = "" // nobody has decided on it
		return o
	},
	"unit in a campaign": func(w *world, at place) object { o, _ := roll(w, at); return o },
	"unit in a campaign, certified": func(w *world, at place) object {
		o, c := roll(w, at)
		w.insert(&selfcheck.Certification{CampaignID: c.ID, UnitID: o.ids[1], Owed: 1, Filed: 1, CertifiedBy: w.People["east1head"],
			CertifiedAt: w.App.Now()})
		return o
	},
}
