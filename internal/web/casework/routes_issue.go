package casework

import (
	"net/http"

	"plumbline/internal/web/page"
)

func (f *face) issueRoutes() []page.Route {
	return []page.Route{
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
		{Method: http.MethodGet, Path: "/bulk-corrections", Op: "issue.bulk_preview", Handler: f.bulkPreview},
		{Method: http.MethodPost, Path: "/bulk-corrections", Op: "issue.bulk_correct", Handler: f.bulkCorrect},
		{Method: http.MethodGet, Path: "/my-file", Op: "file.own", Handler: f.ownFile},
		{Method: http.MethodPost, Path: "/my-file/issues/{id}/statements", Op: "file.reply", Handler: f.ownFileReply},
		{Method: http.MethodGet, Path: "/people/{id}/file", Op: "file.read", Handler: f.personFile},
		{Method: http.MethodPost, Path: "/people/{id}/file/export", Op: "file.export", Handler: f.exportFile},
		{Method: http.MethodPost, Path: "/my-file/export", Op: "file.take", Handler: f.takeOwnFile},
		{Method: http.MethodGet, Path: "/statements", Op: "statement.list", Handler: f.statementList},
		{Method: http.MethodPost, Path: "/statements/{id}/answer", Op: "statement.answer", Handler: f.statementAnswer},
	}
}
