package engine

import (
	"reflect"
	"strings"

	"github.com/uptrace/bun/schema"

	"plumbline/internal/consent"
	"plumbline/internal/custody"
	"plumbline/internal/inquiry"
	"plumbline/internal/intake"
	"plumbline/internal/issue"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/rectify"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
)

// RowKind declares one kind of ledgered row completely: its table (by type),
// whom it is about, when its texts are destroyed, which exercises cover it and
// which rows it references. Ledger bars, expungement and verify use nothing but
// this declaration; TestKindsAreDeclaredWhole rejects an incomplete one.
type RowKind struct {
	Kind  string // part of the stored bytes: never rename one
	Type  reflect.Type
	About about
	ends  ending
	tried roster.Kind // route-table kind under which the shared exercises plant it
	named refs        // references that do not follow from the column's name
	stale string      // generation of what is cached from rows of the kind, "" if nothing is
}

// about says who is kept from the entries on a row of the kind.
type about int

// What a row is about.
const (
	undeclared  about = iota
	AboutMatter       // a matter: barred for whoever is barred from its subject or from what it belongs to
	rosterFact        // the roster, from which nobody is barred
	aboutNobody       // neither
)

// ending says when the texts of a kind are destroyed.
type ending struct {
	with string // root of the expungement that includes them
	why  string // why they outlive it
}

// The endings.
var (
	noTexts    = ending{why: "it has none"}
	withIssue  = ending{with: "issue"}
	withRecord = ending{with: "audit_record"} // and with an issue made from the record
)

func kept(why string) ending { return ending{why: why} }

// refs says which kind a column references. A column named KIND_id references
// that kind and needs no line; branch_id follows from the tree and is not a
// reference.
type refs map[string]string

// Special references.
const (
	anyRow  = "*" // a row of any kind; the kind is stored beside it or does not matter
	worker  = "+" // a person working on the row, not its subject
	noRow   = "-" // nothing that a row belongs to
	subject = "person"
)

// Kinds lists every ledgered row. Verify checks the tables in this order.
var Kinds = []RowKind{
	row[selfcheck.Checklist](kinds.Checklist, aboutNobody, noTexts, roster.KindChecklist),
	row[selfcheck.ChecklistItem](kinds.ChecklistItem, aboutNobody, noTexts, roster.KindChecklist),
	row[selfcheck.Campaign](kinds.Campaign, aboutNobody, noTexts, roster.KindCampaign,
		refs{"officers_id": "checklist", "leaders_id": "checklist"}),
	row[selfcheck.Submission](kinds.Submission, AboutMatter, kept("why a list was sent back, which names no issue"),
		roster.KindSubmission, refs{"review_unit_id": "unit"}),
	row[selfcheck.SubmissionReturn](kinds.SubmissionReturn, AboutMatter, kept("why a list was sent back, which names no issue"),
		roster.KindSubmission),
	row[selfcheck.NamedReview](kinds.NamedReview, AboutMatter, withIssue, roster.KindSubmission,
		refs{"leader_id": "person", "review_unit_id": "unit"}),
	row[selfcheck.RosterAmendment](kinds.RosterAmendment, AboutMatter, kept("why somebody owes a list or not"),
		roster.KindSnapshot, refs{"from_unit_id": "unit", "to_unit_id": "unit"}),
	row[selfcheck.Supplement](kinds.Supplement, AboutMatter, noTexts, roster.KindOwnSubmission),
	row[selfcheck.Certification](kinds.Certification, aboutNobody, noTexts, roster.KindCertification),
	row[selfcheck.CertificationUndo](kinds.CertificationUndo, aboutNobody, kept("why a unit's round was opened again"),
		roster.KindCertification),
	row[selfcheck.ChecklistDetail](kinds.ChecklistDetail, aboutNobody, noTexts, roster.KindChecklist),
	row[intake.AuditBatch](kinds.AuditBatch, aboutNobody, kept("why an import was withdrawn, which names no record"), roster.KindBatch,
		refs{"model_id": "linkage_model"}),
	row[intake.LinkageModel](kinds.LinkageModel, aboutNobody, noTexts, roster.KindBatch, refs{"batch_id": "audit_batch"}),
	row[intake.AuditRecord](kinds.AuditRecord, AboutMatter, withRecord, roster.KindAuditRecord, refs{"batch_id": "audit_batch"}),
	row[intake.Match](kinds.Match, AboutMatter, noTexts, roster.KindMatch,
		refs{"batch_id": "audit_batch", "record_id": "audit_record", "original_id": noRow}),
	row[intake.MatchDecision](kinds.MatchDecision, AboutMatter, withRecord, roster.KindMatch),
	row[issue.Issue](kinds.Issue, AboutMatter, withIssue, roster.KindIssue, refs{"record_id": "audit_record", "bulk_id": noRow}),
	row[issue.Statement](kinds.Statement, AboutMatter, withIssue, roster.KindIssue),
	row[issue.SeverityPeak](kinds.SeverityPeak, AboutMatter, noTexts, roster.KindIssue),
	row[issue.InspectionItem](kinds.InspectionItem, AboutMatter, withIssue, roster.KindIssue, refs{"about_id": "issue"}),
	row[issue.Taking](kinds.Taking, AboutMatter, noTexts, roster.KindFile),
	row[inquiry.Case](kinds.Case, AboutMatter, noTexts, roster.KindCase),
	row[inquiry.Track](kinds.Track, AboutMatter, withIssue, roster.KindTrack),
	row[inquiry.Allegation](kinds.Allegation, AboutMatter, withIssue, roster.KindAllegation),
	row[inquiry.Finding](kinds.Finding, AboutMatter, withIssue, roster.KindFinding),
	row[inquiry.Reply](kinds.Reply, AboutMatter, withIssue, roster.KindFinding),
	row[inquiry.Question](kinds.Question, AboutMatter, withIssue, roster.KindQuestion,
		refs{"subject_id": "person", "link_id": "command_link"}),
	row[inquiry.TrackMember](kinds.TrackMember, AboutMatter, noTexts, roster.KindTrack,
		refs{"member_id": worker, "member_unit_id": "unit"}),
	row[inquiry.Decision](kinds.Decision, AboutMatter, withIssue, roster.KindDecision),
	row[inquiry.Party](kinds.Party, AboutMatter, noTexts, roster.KindCase, refs{"object_id": anyRow}),
	row[inquiry.CaseNote](kinds.CaseNote, AboutMatter, withIssue, roster.KindCase, refs{"object_id": anyRow}),
	row[inquiry.CaseTaking](kinds.CaseTaking, AboutMatter, noTexts, roster.KindCase),
	row[consent.Proposal](kinds.Proposal, AboutMatter, withIssue, roster.KindProposal, refs{"object_id": anyRow, "matter_id": anyRow}),
	row[consent.Vote](kinds.Vote, AboutMatter, withIssue, roster.KindProposal),
	row[rectify.Rectification](kinds.Rectification, AboutMatter, withIssue, roster.KindRectification,
		refs{"lead_unit_id": "unit", "owner_id": worker}),
	row[custody.Expungement](kinds.Expungement, AboutMatter, kept("why texts were destroyed: it is all that is left of them"),
		roster.KindExpungement, refs{"record_id": anyRow}),
	row[custody.ExpungementApproval](kinds.ExpungementApproval, AboutMatter, noTexts, roster.KindExpungement),
	row[custody.Tombstone](kinds.Tombstone, AboutMatter, noTexts, roster.KindExpungement, refs{"record_id": anyRow}),
	row[custody.Hold](kinds.Hold, AboutMatter, kept("why a record was kept beyond its period"), roster.KindHold, refs{"record_id": anyRow}),
	row[custody.Set](kinds.CustodySet, aboutNobody, noTexts, roster.KindCustody),
	row[custody.Custodian](kinds.Custodian, aboutNobody, noTexts, roster.KindCustody, refs{"set_id": "custody_set"}),
	row[custody.SealedField](kinds.SealedField, AboutMatter, withRecord, roster.KindReveal,
		refs{"record_id": "audit_record", "set_id": "custody_set"}),
	row[custody.Reveal](kinds.Reveal, AboutMatter, withRecord, roster.KindReveal,
		refs{"sealed_id": "sealed_field", "record_id": "audit_record", "set_id": "custody_set"}),
	row[custody.Release](kinds.Release, AboutMatter, noTexts, roster.KindShare),
	row[roster.Unit](kinds.Unit, rosterFact, noTexts, roster.KindUnit,
		refs{"parent_id": "unit", "successor_id": "unit"}).outdating(GenerationRoster),
	row[roster.UnitLink](kinds.UnitLink, rosterFact, noTexts, roster.KindUnit, refs{"parent_id": "unit"}),
	row[roster.Person](kinds.Person, rosterFact, noTexts, roster.KindPerson).outdating(GenerationRoster),
	row[roster.Identifier](kinds.Identifier, rosterFact, noTexts, roster.KindPerson).outdating(GenerationRoster),
	row[roster.Posting](kinds.Posting, rosterFact, noTexts, roster.KindPosting).outdating(GenerationRoster),
	row[roster.CommandLink](kinds.CommandLink, rosterFact, noTexts, roster.KindCommandLink,
		refs{"over_unit_id": "unit", "over_person_id": "person"}),
	row[roster.Relation](kinds.Relation, AboutMatter, noTexts, roster.KindPerson, refs{"other_id": "person"}),
	row[roster.Void](kinds.Void, AboutMatter, withIssue, roster.KindPerson, refs{"record_id": anyRow}),
	row[recusal.Challenge](kinds.Challenge, AboutMatter, withIssue, roster.KindChallenge,
		refs{"object_id": anyRow, "official_id": "person"}),
	row[recusal.Alarm](kinds.Alarm, AboutMatter, noTexts, roster.KindAlarm,
		refs{"object_id": anyRow, "other_id": "person", "review_unit_id": "unit"}),
	row[roster.Account](kinds.Account, rosterFact, noTexts, roster.KindAccount),
	row[roster.Grant](kinds.Grant, rosterFact, noTexts, roster.KindGrant),
	row[ledger.Thaw](kinds.Thaw, aboutNobody, kept("why writing was allowed again after a freeze"), roster.KindLedger),
}

func row[T any](kind string, a about, e ending, tried roster.Kind, named ...refs) RowKind {
	k := RowKind{Kind: kind, Type: reflect.TypeFor[T](), About: a, ends: e, tried: tried}
	if len(named) > 0 {
		k.named = named[0]
	}
	return k
}

// outdating declares that writing a row of the kind increments a generation.
func (k RowKind) outdating(generation string) RowKind {
	k.stale = generation
	return k
}

// KindByName finds a kind by its name, and KindByType its name by the type of its rows.
var KindByName, KindByType = func() (map[string]*RowKind, map[reflect.Type]string) {
	names, types := make(map[string]*RowKind, len(Kinds)), make(map[reflect.Type]string, len(Kinds))
	for i := range Kinds {
		names[Kinds[i].Kind], types[Kinds[i].Type] = &Kinds[i], Kinds[i].Kind
	}
	return names, types
}()

func kindOf(r ledger.Row) string { return KindByType[reflect.TypeOf(r).Elem()] }

// Ref returns the kind that a column references, or "" if none.
func (k *RowKind) Ref(column string) string {
	if to, ok := k.named[column]; ok {
		return to
	}
	if name, ok := strings.CutSuffix(column, "_id"); ok && KindByName[name] != nil {
		return name
	}
	return ""
}

// Hangs reports whether the column makes a row part of the row it references,
// which must be of a matter or of any kind.
func (k *RowKind) Hangs(column string) bool {
	to := k.Ref(column)
	return to == anyRow || KindByName[to] != nil && KindByName[to].About == AboutMatter
}

// KindExercises maps each ledgered kind to the route-table kind under which the
// API's shared exercises plant it.
func KindExercises() map[string]roster.Kind {
	out := make(map[string]roster.Kind, len(Kinds))
	for _, k := range Kinds {
		out[k.Kind] = k.tried
	}
	return out
}

// Table describes the table of a kind.
func (v *View) Table(k *RowKind) *schema.Table { return v.s.writer.Dialect().Tables().Get(k.Type) }

// Subjects names the columns of the kind's table that say whom a row is about.
func (k *RowKind) Subjects(t *schema.Table) (columns []string) {
	for _, f := range t.Fields {
		if k.Ref(f.Name) == subject {
			columns = append(columns, f.Name)
		}
	}
	return columns
}

// CommitmentFields returns the fields of a row that commit to erasable texts.
func CommitmentFields(t reflect.Type) (fields []int) {
	for i := range t.NumField() {
		if t.Field(i).Type == commitmentType {
			fields = append(fields, i)
		}
	}
	return fields
}

var commitmentType = reflect.TypeFor[ledger.Commitment]()
