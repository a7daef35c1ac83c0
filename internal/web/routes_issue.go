package web

import "net/http"

func init() {
	area(func(f *Face) []Route {
		return []Route{
			{Method: http.MethodGet, Path: "/issues", Op: "issue.list", Handler: f.issueList},
			{Method: http.MethodGet, Path: "/issues/{id}", Op: "issue.read", Handler: f.issueDetail},
			{Method: http.MethodPost, Path: "/issues/{id}/triage", Op: "issue.triage", Handler: f.issueTriage},
			{Method: http.MethodPost, Path: "/issues/{id}/reject", Op: "issue.reject", Handler: f.issueReject},
			{Method: http.MethodPost, Path: "/issues/{id}/correct", Op: "issue.correct", Handler: f.issueCorrect},
			{Method: http.MethodPost, Path: "/issues/{id}/merge", Op: "issue.merge", Handler: f.issueMerge},
			{Method: http.MethodPost, Path: "/issues/{id}/recurrence", Op: "issue.recur", Handler: f.issueRecur},
			{Method: http.MethodPost, Path: "/issues/{id}/withdraw", Op: "issue.withdraw", Handler: f.issueWithdraw},
			{Method: http.MethodPost, Path: "/issues/{id}/reopen", Op: "issue.reopen", Handler: f.issueReopen},
			{Method: http.MethodPost, Path: "/issues/{id}/notify", Op: "issue.notify", Handler: f.issueNotify},
			{Method: http.MethodPost, Path: "/issues/{id}/parties", Op: "issue.party", Handler: f.issueParty},
			{Method: http.MethodPost, Path: "/issues/{id}/party-voids", Op: "issue.party_void", Handler: f.voidIssueParty},
			{Method: http.MethodPost, Path: "/issues/{id}/concealment", Op: "issue.conceal", Handler: f.issueConceal},
			{Method: http.MethodGet, Path: "/inspections", Op: "inspection.list", Handler: f.inspections},
			{Method: http.MethodPost, Path: "/inspections", Op: "inspection.record", Handler: f.recordInspection},
			{Method: http.MethodGet, Path: "/bulk-corrections", Op: "issue.bulk_preview", Handler: f.bulkPreview},
			{Method: http.MethodPost, Path: "/bulk-corrections", Op: "issue.bulk_correct", Handler: f.bulkCorrect},
			{Method: http.MethodGet, Path: "/my-file", Op: "file.own", Handler: f.ownFile},
			{Method: http.MethodPost, Path: "/my-file/issues/{id}/statements", Op: "file.reply", Handler: f.ownFileReply},
			{Method: http.MethodGet, Path: "/people/{id}/file", Op: "file.read", Handler: f.personFile},
			{Method: http.MethodPost, Path: "/people/{id}/file/export", Op: "file.export", Handler: f.exportFile},
			{Method: http.MethodPost, Path: "/my-file/export", Op: "file.take", Handler: f.takeOwnFile},
			{Method: http.MethodGet, Path: "/statements", Op: "statement.list", Handler: f.statementList},
			{Method: http.MethodPost, Path: "/statements/{id}/answer", Op: "statement.answer", Handler: f.statementAnswer},
			{Method: http.MethodGet, Path: "/reconciliation", Op: "reconciliation.read", Handler: f.reconPage},
			{Method: http.MethodGet, Path: "/reconciliation/people", Op: "reconciliation.people", Handler: f.reconPeople},
			{Method: http.MethodGet, Path: "/reconciliation/untouched", Op: "reconciliation.untouched", Handler: f.untouchedList},
		}
	},
		NavRow{Place: 12, Key: "nav.myfile", Href: "/my-file", Icon: "file-text", Op: "file.own"},
		NavRow{Place: 40, Key: "nav.issues", Href: "/issues", Icon: "flag", Op: "issue.list"},
		NavRow{Place: 42, Key: "issue.bulk.title", Href: "/bulk-corrections", Icon: "list-check", Op: "issue.bulk_preview"},
		NavRow{Place: 43, Key: "inspection.title", Href: "/inspections", Icon: "clipboard-check", Op: "inspection.record"},
		NavRow{Place: 44, Key: "nav.reconcile", Href: "/reconciliation", Icon: "arrows-exchange", Op: "reconciliation.read"},
		NavRow{Place: 46, Key: "file.correction.nav", Href: "/statements", Icon: "message-question", Op: "statement.list"})
}
