package store

import (
	"reflect"

	"plumbline/internal/consent"
	"plumbline/internal/custody"
	"plumbline/internal/inquiry"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/ledger"
	"plumbline/internal/rectify"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// rowKind ties a ledgered row's type to the kind that entries name. Kinds are
// part of the stored bytes: never rename one.
type rowKind struct {
	kind string
	typ  reflect.Type
}

// kinds lists every ledgered row. Verify checks the tables in this order.
var kinds = []rowKind{
	row[selfcheck.Checklist]("checklist"),
	row[selfcheck.ChecklistItem]("checklist_item"),
	row[selfcheck.Campaign]("campaign"),
	row[selfcheck.Submission]("submission"),
	row[selfcheck.SubmissionReturn]("submission_return"),
	row[selfcheck.NamedReview]("named_review"),
	row[selfcheck.RosterAmendment]("roster_amendment"),
	row[selfcheck.Supplement]("supplement"),
	row[selfcheck.Certification]("certification"),
	row[selfcheck.CertificationUndo]("certification_undo"),
	row[selfcheck.ChecklistDetail]("checklist_detail"),
	row[intake.AuditBatch]("audit_batch"),
	row[intake.AuditRecord]("audit_record"),
	row[intake.Match]("match"),
	row[intake.MatchDecision]("match_decision"),
	row[issue.Issue]("issue"),
	row[issue.Statement]("statement"),
	row[issue.SeverityPeak]("severity_peak"),
	row[issue.InspectionItem]("inspection_item"),
	row[issue.Taking]("taking"),
	row[inquiry.Case]("case"),
	row[inquiry.Track]("track"),
	row[inquiry.Allegation]("allegation"),
	row[inquiry.Finding]("finding"),
	row[inquiry.Reply]("reply"),
	row[inquiry.Question]("question"),
	row[inquiry.TrackMember]("track_member"),
	row[inquiry.Decision]("decision"),
	row[inquiry.Party]("party"),
	row[inquiry.CaseNote]("case_note"),
	row[inquiry.CaseTaking]("case_taking"),
	row[consent.Proposal]("proposal"),
	row[consent.Vote]("vote"),
	row[rectify.Rectification]("rectification"),
	row[custody.Expungement]("expungement"),
	row[custody.ExpungementApproval]("expungement_approval"),
	row[custody.Tombstone]("tombstone"),
	row[custody.Hold]("hold"),
	row[custody.Set]("custody_set"),
	row[custody.Custodian]("custodian"),
	row[custody.SealedField]("sealed_field"),
	row[custody.Reveal]("reveal"),
	row[custody.Release]("release"),
	row[roster.Unit]("unit"),
	row[roster.UnitLink]("unit_link"),
	row[roster.Person]("person"),
	row[roster.Identifier]("identifier"),
	row[roster.Posting]("posting"),
	row[roster.CommandLink]("command_link"),
	row[roster.Relation]("relation"),
	row[roster.Void]("void"),
	row[recusal.Challenge]("challenge"),
	row[recusal.Alarm]("alarm"),
	row[roster.Account]("account"),
	row[roster.Grant]("grant"),
	row[ledger.Thaw]("thaw"),
}

func row[T any](kind string) rowKind { return rowKind{kind, reflect.TypeFor[T]()} }

var kindByType = func() map[reflect.Type]string {
	m := make(map[reflect.Type]string, len(kinds))
	for _, k := range kinds {
		m[k.typ] = k.kind
	}
	return m
}()

func kindOf(r ledger.Row) string { return kindByType[reflect.TypeOf(r).Elem()] }
