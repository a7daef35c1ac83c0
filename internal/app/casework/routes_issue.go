package casework

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// issueRoutes are the operations on issues, people's files and the comparison.
var issueRoutes = []desk.Route{
	{Op: "issue.list", Method: "GET", Path: "/issues", Act: roster.ActList, Kind: roster.KindIssue},
	{Op: "issue.read", Method: "GET", Path: "/issues/{id}", Act: roster.ActRead, Kind: roster.KindIssue},
	{Op: "issue.triage", Method: "POST", Path: "/issues/{id}/triage", Act: roster.ActTriage, Kind: roster.KindIssue, Write: true},
	{Op: "issue.reject", Method: "POST", Path: "/issues/{id}/reject", Act: roster.ActTriage, Kind: roster.KindIssue, Write: true,
		Proof: true},
	{Op: "issue.correct", Method: "POST", Path: "/issues/{id}/correct", Act: roster.ActCorrect, Kind: roster.KindIssue, Write: true},
	{Op: "issue.merge", Method: "POST", Path: "/issues/{id}/merge", Act: roster.ActMerge, Kind: roster.KindIssue, Write: true},
	{Op: "issue.recur", Method: "POST", Path: "/issues/{id}/recurrence", Act: roster.ActMerge, Kind: roster.KindIssue, Write: true},
	{Op: "issue.withdraw", Method: "POST", Path: "/issues/{id}/withdraw", Act: roster.ActWithdraw, Kind: roster.KindIssue, Write: true},
	{Op: "issue.reopen", Method: "POST", Path: "/issues/{id}/reopen", Act: roster.ActReopen, Kind: roster.KindIssue, Write: true},
	{Op: "issue.notify", Method: "POST", Path: "/issues/{id}/notify", Act: roster.ActNotify, Kind: roster.KindIssue, Write: true},
	{Op: "issue.party", Method: "POST", Path: "/issues/{id}/parties", Act: roster.ActTriage, Kind: roster.KindIssue, Write: true,
		Create: true, Status: 201},
	{Op: "issue.party_void", Method: "POST", Path: "/issues/{id}/party-voids", Act: roster.ActTriage, Kind: roster.KindIssue, Write: true},
	{Op: "issue.conceal", Method: "POST", Path: "/issues/{id}/concealment", Act: roster.ActDecide, Kind: roster.KindConcealment,
		Write: true, Slip: true, Proof: true},
	{Op: "issue.bulk_preview", Method: "GET", Path: "/bulk-corrections", Act: roster.ActCorrect, Kind: roster.KindIssue},
	{Op: "issue.bulk_correct", Method: "POST", Path: "/bulk-corrections", Act: roster.ActCorrect, Kind: roster.KindIssue, Write: true,
		Create: true},
	{Op: "file.own", Method: "GET", Path: "/my-file", Act: roster.ActRead, Kind: roster.KindOwnFile},
	{Op: "file.reply", Method: "POST", Path: "/my-file/issues/{id}/statements", Act: roster.ActReply, Kind: roster.KindOwnFile, Write: true,
		Slip: true, Proof: true, Create: true, Status: 201},
	{Op: "file.read", Method: "GET", Path: "/people/{id}/file", Act: roster.ActRead, Kind: roster.KindFile},
	{Op: "file.export", Method: "POST", Path: "/people/{id}/file/exports", Act: roster.ActExport, Kind: roster.KindFile, Write: true,
		Create: true},
	{Op: "file.take", Method: "POST", Path: "/my-file/exports", Act: roster.ActExport, Kind: roster.KindOwnFile, Write: true, Create: true},
	{Op: "statement.list", Method: "GET", Path: "/statements", Act: roster.ActAnswer, Kind: roster.KindOwnFile},
	{Op: "statement.answer", Method: "POST", Path: "/statements/{id}/answer", Act: roster.ActAnswer, Kind: roster.KindOwnFile, Write: true,
		Slip: true, Proof: true},
	{Op: "reconciliation.read", Method: "GET", Path: "/reconciliation", Act: roster.ActRead, Kind: roster.KindReconciliation},
	{Op: "reconciliation.people", Method: "GET", Path: "/reconciliation/people", Act: roster.ActRead, Kind: roster.KindReconciliation},
	{Op: "reconciliation.untouched", Method: "GET", Path: "/reconciliation/untouched", Act: roster.ActRead,
		Kind: roster.KindReconciliation},
}
