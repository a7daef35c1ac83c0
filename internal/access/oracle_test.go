package access_test

import (
	"slices"
	"strings"

	"plumbline/internal/roster"
)

// The oracle says from the rules of the trade, not from the policy file, what
// a role may do. It is written role by role from the table of roles; "see"
// stands for read and list.

type duties map[roster.Kind]string

// roster facts and units that those who work with people need to find them.
var finding = duties{roster.KindUnit: "see", roster.KindPerson: "see"}

var oracle = map[roster.Role][]duties{
	roster.RoleOfficer: {{
		roster.KindSelf: "see edit", roster.KindChecklist: "see", roster.KindCampaign: "see",
		roster.KindOwnSubmission: "see edit submit supplement", roster.KindOwnFile: "see reply create export",
		roster.KindShare: "see release",
	}},
	// see who has and has not filed; accept or return staff's lists, never edit;
	// correct accepted S0 and S1 issues on the spot; certify; own
	// rectifications; may name a dated deputy; a unit refines checklist items
	roster.RoleUnitHead: {finding, {
		roster.KindCompletion: "see", roster.KindSubmission: "see accept return", roster.KindIssue: "see correct",
		roster.KindCertification: "see certify", roster.KindRectification: "see accept progress submit",
		roster.KindDeputy: "list create revoke", roster.KindChecklist: "edit", roster.KindJob: "see", roster.KindReport: "read",
	}},
	// open, lock and close campaigns; amend the roster snapshot; excuse
	roster.RoleCampaignManager: {finding, {
		roster.KindCampaign: "create edit open lock close", roster.KindChecklist: "create", roster.KindSnapshot: "see edit excuse",
		roster.KindCompletion: "see", roster.KindCertification: "see", roster.KindJob: "see run", roster.KindReport: "read export",
		roster.KindProposal: "see propose",
	}},
	// import audit records; decide matches; triage; inspect; verify
	// rectification; read files in reach, take them out with their proofs
	roster.RoleInspector: {finding, {
		roster.KindAlarm: "see",
		roster.KindBatch: "see create import withdraw", roster.KindAuditRecord: "see export", roster.KindMatch: "see decide withdraw",
		roster.KindIssue: "see create triage merge reopen notify withdraw export", roster.KindConcealment: "decide", roster.KindFile: "read export",
		roster.KindReconciliation: "read", roster.KindRectification: "see create return verify strike_off",
		roster.KindCase: "see export", roster.KindQuestion: "see", roster.KindCompletion: "see", roster.KindCertification: "see",
		roster.KindJob: "see run", roster.KindReport: "read export", roster.KindReveal: "see create",
		roster.KindProposal: "see propose approve",
	}},
	// sole intake of clues; propose dispositions; never investigates
	roster.RoleClueManager: {finding, {
		roster.KindAlarm: "see",
		roster.KindIssue: "see propose", roster.KindCase: "see create", roster.KindQuestion: "see", roster.KindReport: "read",
		roster.KindProposal: "see propose",
	}},
	// work a track; recommend findings
	roster.RoleInvestigator: {{
		roster.KindCase: "see", roster.KindTrack: "see edit", roster.KindAllegation: "see create edit", roster.KindFinding: "read recommend",
	}},
	// check and confirm findings
	roster.RoleAdjudicator: {{
		roster.KindCase: "see export", roster.KindTrack: "see", roster.KindAllegation: "see", roster.KindFinding: "read confirm",
		roster.KindProposal: "see propose",
	}},
	// approve dispositions, answer leader questions, decide; take a finding back
	roster.RoleDecidingBody: {finding, {
		roster.KindIssue: "see approve", roster.KindCase: "see create close assign export", roster.KindTrack: "see create assign",
		roster.KindAllegation: "see reopen", roster.KindFinding: "read revoke", roster.KindQuestion: "see answer approve",
		roster.KindDecision: "see create decide", roster.KindRectification: "see create", roster.KindFile: "read export", roster.KindReport: "read",
		roster.KindExpungement: "see approve", roster.KindHold: "see create revoke", roster.KindChallenge: "see decide", roster.KindAlarm: "see",
		roster.KindProposal: "see propose approve",
	}},
	// review decisions he had no part in
	roster.RoleAppealsReviewer: {{roster.KindCase: "see", roster.KindDecision: "see"}},
	// carry out rectification
	roster.RoleLeadDepartment: {{roster.KindRectification: "see accept progress submit"}},
	// reports; lists from a report; rows with a purpose
	roster.RoleLeadershipReader: {{
		roster.KindReport: "read export", roster.KindReconciliation: "read", roster.KindIssue: "see", roster.KindFile: "read export",
		roster.KindCompletion: "see", roster.KindRectification: "see", roster.KindCase: "see", roster.KindQuestion: "see", roster.KindUnit: "see",
		roster.KindProposal: "see propose",
	}},
	// roster, postings, command links; corrections
	roster.RoleRecordsOfficer: {{
		roster.KindUnit: "see create edit import", roster.KindPerson: "see create edit import", roster.KindPosting: "see create edit import",
		roster.KindCommandLink: "see create edit import", roster.KindOwnFile: "answer", roster.KindFile: "edit", roster.KindJob: "see run",
		roster.KindExpungement: "see propose approve", roster.KindHold: "see create revoke", roster.KindReveal: "see confirm",
		roster.KindProposal: "see propose approve",
	}},
	// units, accounts, operation; no content
	roster.RoleSystemAdmin: {finding, {
		roster.KindUnit: "see create edit import", roster.KindAccount: "see create edit", roster.KindJob: "see",
		roster.KindProposal: "see propose approve",
	}},
	// grants roles
	roster.RoleSecurityAdmin: {finding, {roster.KindAlarm: "see", roster.KindGrant: "see grant approve revoke", roster.KindAccount: "see",
		roster.KindCustody:  "see propose approve",
		roster.KindProposal: "see propose approve"}},
	// logs and ledger only
	roster.RoleAuditAdmin: {{roster.KindLedger: "see verify reopen", roster.KindReadLog: "see", roster.KindUnit: "see"}},
}

// content is what no administrator touches, whatever other role he came to
// hold.
var content = []roster.Kind{
	roster.KindSubmission, roster.KindBatch, roster.KindAuditRecord, roster.KindMatch, roster.KindIssue, roster.KindConcealment,
	roster.KindFile, roster.KindReconciliation, roster.KindCase, roster.KindTrack, roster.KindAllegation, roster.KindFinding,
	roster.KindQuestion, roster.KindDecision, roster.KindRectification, roster.KindReport,
	roster.KindExpungement, roster.KindHold, roster.KindReveal, roster.KindChallenge,
}

// oracleMay says whether one who holds just these roles may.
func oracleMay(roles []roster.Role, act roster.Act, kind roster.Kind) bool {
	ok := false
	for _, r := range roles {
		if r.Administrator() && slices.Contains(content, kind) {
			return false
		}
		for _, d := range oracle[r] {
			for _, word := range strings.Fields(d[kind]) {
				if word == string(act) || word == "see" && (act == roster.ActRead || act == roster.ActList) {
					ok = true
				}
			}
		}
	}
	return ok
}
