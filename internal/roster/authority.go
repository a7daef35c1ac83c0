package roster

import (
	"slices"
	"time"
)

// Role is a named set of duties (domain rules, section 3). A Grant gives a role
// at a unit for a period; only the officer role comes from the roster.
type Role string

// The roles.
const (
	RoleOfficer          Role = "officer"
	RoleUnitHead         Role = "unit_head"
	RoleCampaignManager  Role = "campaign_manager"
	RoleInspector        Role = "inspector"
	RoleClueManager      Role = "clue_manager"
	RoleInvestigator     Role = "investigator"
	RoleAdjudicator      Role = "adjudicator"
	RoleDecidingBody     Role = "deciding_body"
	RoleAppealsReviewer  Role = "appeals_reviewer"
	RoleLeadDepartment   Role = "lead_department"
	RoleLeadershipReader Role = "leadership_reader"
	RoleRecordsOfficer   Role = "records_officer"
	RoleSystemAdmin      Role = "system_admin"
	RoleSecurityAdmin    Role = "security_admin"
	RoleAuditAdmin       Role = "audit_admin"
)

// Roles lists every role in the order of the rules.
var Roles = []Role{
	RoleOfficer, RoleUnitHead, RoleCampaignManager, RoleInspector, RoleClueManager,
	RoleInvestigator, RoleAdjudicator, RoleDecidingBody, RoleAppealsReviewer,
	RoleLeadDepartment, RoleLeadershipReader, RoleRecordsOfficer,
	RoleSystemAdmin, RoleSecurityAdmin, RoleAuditAdmin,
}

// Administrator reports whether r is one of the three administrator roles. A
// person may hold at most one of them, and no content role beside it.
func (r Role) Administrator() bool {
	return r == RoleSystemAdmin || r == RoleSecurityAdmin || r == RoleAuditAdmin
}

// Reach is how far a role sees from the unit where it is held.
type Reach int

// The reaches, narrowest first.
const (
	ReachNone     Reach = iota
	ReachSelf           // the holder's own things
	ReachAssigned       // what the holder is assigned to
	ReachUnit           // the unit where the role is held
	ReachSubtree        // that unit and everything below it in today's tree
)

// Reach is a property of the role, not of the grant.
func (r Role) Reach() Reach {
	switch r {
	case RoleOfficer:
		return ReachSelf
	case RoleInvestigator, RoleAdjudicator, RoleAppealsReviewer:
		return ReachAssigned
	case RoleUnitHead, RoleLeadDepartment:
		return ReachUnit
	case RoleCampaignManager, RoleInspector, RoleClueManager, RoleDecidingBody,
		RoleLeadershipReader, RoleRecordsOfficer, RoleSystemAdmin, RoleSecurityAdmin, RoleAuditAdmin:
		return ReachSubtree
	}
	return ReachNone
}

// Act is what somebody wants to do.
type Act string

// The acts. Read opens one object, List several; the Scope judges both.
const (
	ActRead       Act = "read"
	ActList       Act = "list"
	ActCreate     Act = "create"
	ActEdit       Act = "edit"
	ActSubmit     Act = "submit"
	ActAccept     Act = "accept"
	ActReturn     Act = "return"
	ActSupplement Act = "supplement"
	ActExcuse     Act = "excuse"
	ActCertify    Act = "certify"
	ActCorrect    Act = "correct" // correct S0 and S1 on the spot
	ActOpen       Act = "open"
	ActLock       Act = "lock"
	ActClose      Act = "close"
	ActImport     Act = "import"
	ActWithdraw   Act = "withdraw"
	ActDecide     Act = "decide"
	ActTriage     Act = "triage"
	ActNotify     Act = "notify"
	ActReply      Act = "reply"
	ActMerge      Act = "merge"
	ActReopen     Act = "reopen"
	ActPropose    Act = "propose"
	ActApprove    Act = "approve"
	ActAssign     Act = "assign"
	ActRecommend  Act = "recommend"
	ActConfirm    Act = "confirm"
	ActAnswer     Act = "answer"
	ActProgress   Act = "progress"
	ActVerify     Act = "verify"
	ActStrikeOff  Act = "strike_off"
	ActGrant      Act = "grant"
	ActRevoke     Act = "revoke"
	ActExport     Act = "export"
	ActRun        Act = "run"
	ActRelease    Act = "release" // a custodian's share of a sealed field
)

// Acts lists every act.
var Acts = []Act{
	ActRead, ActList, ActCreate, ActEdit, ActSubmit, ActAccept, ActReturn, ActSupplement, ActExcuse,
	ActCertify, ActCorrect, ActOpen, ActLock, ActClose, ActImport, ActWithdraw, ActDecide, ActTriage,
	ActNotify, ActReply, ActMerge, ActReopen, ActPropose, ActApprove, ActAssign, ActRecommend,
	ActConfirm, ActAnswer, ActProgress, ActVerify, ActStrikeOff, ActGrant, ActRevoke, ActExport, ActRun, ActRelease,
}

// Kind is what an act is done to.
type Kind string

// The kinds.
const (
	KindSelf           Kind = "self" // the actor's own session, password, language, to-do list
	KindUnit           Kind = "unit"
	KindPerson         Kind = "person"
	KindPosting        Kind = "posting"
	KindCommandLink    Kind = "command_link"
	KindAccount        Kind = "account"
	KindGrant          Kind = "grant"
	KindDeputy         Kind = "deputy" // a head's dated deputy
	KindChecklist      Kind = "checklist"
	KindCampaign       Kind = "campaign"
	KindSnapshot       Kind = "snapshot" // who owes a list
	KindOwnSubmission  Kind = "own_submission"
	KindSubmission     Kind = "submission" // somebody else's
	KindCompletion     Kind = "completion"
	KindCertification  Kind = "certification"
	KindBatch          Kind = "batch"
	KindAuditRecord    Kind = "audit_record"
	KindMatch          Kind = "match"
	KindIssue          Kind = "issue"
	KindConcealment    Kind = "concealment"
	KindOwnFile        Kind = "own_file"
	KindFile           Kind = "file" // somebody else's
	KindReconciliation Kind = "reconciliation"
	KindCase           Kind = "case"
	KindTrack          Kind = "track"
	KindAllegation     Kind = "allegation"
	KindFinding        Kind = "finding"
	KindQuestion       Kind = "question"
	KindDecision       Kind = "decision"
	KindRectification  Kind = "rectification"
	KindReport         Kind = "report"
	KindLedger         Kind = "ledger"
	KindReadLog        Kind = "read_log"
	KindJob            Kind = "job"
	KindExpungement    Kind = "expungement"
	KindHold           Kind = "hold"
	KindCustody        Kind = "custody"   // sets of custodians
	KindReveal         Kind = "reveal"    // reveal of a sealed field
	KindShare          Kind = "share"     // a custodian's own part in a reveal
	KindChallenge      Kind = "challenge" // challenge to an official's part in a matter
	KindAlarm          Kind = "alarm"     // a matter that nobody can handle any more
	KindProposal       Kind = "proposal"  // a serious act awaiting a second person
)

// Kinds lists every kind.
var Kinds = []Kind{
	KindSelf, KindUnit, KindPerson, KindPosting, KindCommandLink, KindAccount, KindGrant, KindDeputy,
	KindChecklist, KindCampaign, KindSnapshot, KindOwnSubmission, KindSubmission, KindCompletion,
	KindCertification, KindBatch, KindAuditRecord, KindMatch, KindIssue, KindConcealment, KindOwnFile,
	KindFile, KindReconciliation, KindCase, KindTrack, KindAllegation, KindFinding, KindQuestion,
	KindDecision, KindRectification, KindReport, KindLedger, KindReadLog, KindJob, KindExpungement, KindHold,
	KindCustody, KindReveal, KindShare, KindChallenge, KindAlarm, KindProposal,
}

// Held is one role held today at a unit: through a live grant, or the officer
// role from the roster.
type Held struct {
	Role Role
	Unit string // unit id
}

// DatedBar bars a subject for events in a period when the actor was posted
// under that person's command.
type DatedBar struct {
	Person   string
	From, To Date // inclusive; "" is open
}

// Actor is the person acting, with today's roster and grants. It is plain data,
// built once per request and never modified.
type Actor struct {
	Account   string // account id: the pseudonym that ledger entries carry
	Person    string // person id, "" for the set-up actor and the program itself
	Name      string // for the page head only; never for a log
	Lang      string
	Session   string   // hash of the session, "" for the command line
	Scope     []string // operations that a token allows; empty means all
	Unit      string   // unit of the main posting
	Units     []string
	Held      []Held
	Superiors []string   // current heads and in-charge leaders above the actor
	Dated     []DatedBar // the same, from former postings
	Relatives []string   // declared relatives and interested persons
	PartyTo   []string   // issues and cases the actor is a party to
	Assigned  []string   // cases and tracks the actor is assigned to
	Program   bool       // the program itself: jobs, set-up, demo; never a session
	MustRenew bool       // signed in by a one-time code: may only set a password
	ProvedAt  time.Time  // when the session's holder last entered the password
	Unvouched bool       // holds a role, but entered by a code that only one person vouches for: may not sign in
}

// Holds reports whether the actor holds the role anywhere.
func (a *Actor) Holds(r Role) bool {
	return slices.ContainsFunc(a.Held, func(h Held) bool { return h.Role == r })
}

// HoldsAt reports whether the actor holds the role at exactly that unit.
func (a *Actor) HoldsAt(r Role, unit string) bool {
	return slices.Contains(a.Held, Held{r, unit})
}

// Scope says which rows an actor may see: reach minus bars. It is plain data,
// built by package access and turned into SQL by one function of package store,
// so that a page and a list cannot disagree. The zero Scope admits nothing.
type Scope struct {
	All      bool     // every unit
	Except   []string // except these units (tier 0, for those below it); only with All
	Branches []string // everything in these tier-2 branches
	Units    []string // these units
	Objects  []string // these objects, by id (assigned reach)
	Own      string   // what belongs to this person ("" none), regardless of bars

	BarPeople  []string   // subjects never visible: the actor, superiors, relatives
	BarDated   []DatedBar // subjects not visible for events of a period
	BarObjects []string   // objects the actor is a party to
}

// Target is the row that a Scope is asked about.
type Target struct {
	ID, Unit, Branch, Person string
	EventOn                  Date
}

// Empty reports whether the scope admits nothing at all.
func (s Scope) Empty() bool {
	return !s.All && len(s.Branches) == 0 && len(s.Units) == 0 && len(s.Objects) == 0 && s.Own == ""
}

// Admits is the check for one row. It allocates nothing and must agree with the
// SQL.
func (s Scope) Admits(t Target) bool {
	if s.Own != "" && s.Own == t.Person {
		return true
	}
	reached := s.All && !slices.Contains(s.Except, t.Unit) || t.Branch != "" && slices.Contains(s.Branches, t.Branch) ||
		slices.Contains(s.Units, t.Unit) || slices.Contains(s.Objects, t.ID)
	if !reached {
		return false
	}
	return !s.Bars(t)
}

// Bars reports whether the target is hidden from the actor whatever the reach.
func (s Scope) Bars(t Target) bool {
	if t.Person != "" && slices.Contains(s.BarPeople, t.Person) {
		return true
	}
	if slices.Contains(s.BarObjects, t.ID) {
		return true
	}
	for _, b := range s.BarDated {
		if b.Person == t.Person && t.Person != "" && (b.From == "" || t.EventOn >= b.From) && (b.To == "" || t.EventOn <= b.To) {
			return true
		}
	}
	return false
}

// BarsAlone returns a scope with the same bars and unlimited reach, to apply
// the bars to a second object.
func (s Scope) BarsAlone() Scope {
	return Scope{All: true, BarPeople: s.BarPeople, BarDated: s.BarDated, BarObjects: s.BarObjects}
}

// Unbarred returns the same reach without bars, to count what the bars remove.
// It must never decide what is shown.
func (s Scope) Unbarred() Scope {
	s.BarPeople, s.BarDated, s.BarObjects = nil, nil, nil
	return s
}
