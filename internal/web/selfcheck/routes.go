// Package selfcheck has the pages of the self-check: filling in and filing a list, reviewing
// it, completion and certification, checklists and campaigns.
package selfcheck

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes are the pages of the self-check.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	get, post := http.MethodGet, http.MethodPost
	return []page.Route{

		{Method: get, Path: "/selfcheck/{id}", Op: "submission.read_own", Handler: f.selfcheckOpen},
		{Method: get, Path: "/selfcheck/{id}/fill", Op: "submission.read_own", Handler: f.selfcheckFill},
		{Method: post, Path: "/selfcheck/{id}/save", Op: "submission.draft", Handler: f.selfcheckSave},
		{Method: post, Path: "/selfcheck/{id}/items/{no}", Op: "submission.draft", Handler: f.selfcheckSaveItem},
		{Method: get, Path: "/selfcheck/{id}/check", Op: "submission.read_own", Handler: f.selfcheckCheck},
		{Method: post, Path: "/selfcheck/{id}/submit", Op: "submission.submit", Handler: f.selfcheckSubmit},
		{Method: get, Path: "/selfcheck/{id}/receipt", Op: "submission.receipt", Handler: f.selfcheckReceipt},
		{Method: post, Path: "/selfcheck/{id}/supplement", Op: "submission.supplement", Handler: f.selfcheckSupplement},

		{Method: get, Path: "/review", Op: "review.list", Handler: f.reviewList},
		{Method: post, Path: "/review/accept", Op: "review.accept_many", Handler: f.reviewAcceptMany},
		{Method: get, Path: "/review/named", Op: "review.named", Handler: f.reviewNamed},
		{Method: get, Path: "/review/named/{id}", Op: "named.read", Handler: f.namedOpen},
		{Method: post, Path: "/review/named/{id}/accept", Op: "named.accept", Handler: f.namedAccept},
		{Method: post, Path: "/review/named/{id}/return", Op: "named.return", Handler: f.namedReturn},
		{Method: post, Path: "/selfcheck/{id}/named", Op: "named.reply", Handler: f.namedReply},
		{Method: get, Path: "/review/{id}", Op: "review.read", Handler: f.reviewOpen},
		{Method: post, Path: "/review/{id}/accept", Op: "review.accept", Handler: f.reviewAccept},
		{Method: post, Path: "/review/{id}/return", Op: "review.return", Handler: f.reviewReturn},

		{Method: get, Path: "/completion", Op: "completion.list", Handler: f.completionNewest},
		{Method: get, Path: "/completion/{id}", Op: "completion.list", Handler: f.completionOpen},
		{Method: get, Path: "/completion/{id}/{unit}", Op: "completion.read", Handler: f.completionUnit},
		{Method: post, Path: "/completion/{id}/{unit}/certify", Op: "certification.create", Handler: f.completionCertify},
		{Method: get, Path: "/completion/{id}/{unit}/excuse/{list}", Op: "completion.read", Handler: f.excuseAsk},
		{Method: post, Path: "/completion/{id}/{unit}/excuse/{list}", Op: "submission.excuse", Handler: f.excuseDo},

		{Method: post, Path: "/completion/{id}/{unit}/uncertify", Op: "certification.undo", Handler: f.completionUncertify},
		{Method: get, Path: "/completion/{id}/{unit}/restore/{list}", Op: "completion.read", Handler: f.restoreAsk},
		{Method: post, Path: "/completion/{id}/{unit}/restore/{list}", Op: "submission.restore", Handler: f.restoreDo},
		{Method: get, Path: "/checklists", Op: "checklist.list", Handler: f.checklists},
		{Method: get, Path: "/checklists/{id}", Op: "checklist.read", Handler: f.checklistPage},
		{Method: post, Path: "/checklists/{id}/details", Op: "checklist.refine", Handler: f.checklistRefine},
		{Method: get, Path: "/campaigns/{id}/lists", Op: "completion.lists", Handler: f.owedList},
		{Method: get, Path: "/campaigns", Op: "campaign.list", Handler: f.campaignList},
		{Method: get, Path: "/campaigns/new", Op: "campaign.create", Handler: f.campaignNew},
		{Method: post, Path: "/campaigns", Op: "campaign.create", Handler: f.campaignCreate},
		{Method: get, Path: "/campaigns/{id}", Op: "campaign.read", Handler: f.campaignOpen},
		{Method: post, Path: "/campaigns/{id}/open", Op: "campaign.open", Handler: f.campaignStep("open")},
		{Method: post, Path: "/campaigns/{id}/lock", Op: "campaign.lock", Handler: f.campaignStep("lock")},
		{Method: post, Path: "/campaigns/{id}/inspect", Op: "campaign.inspect", Handler: f.campaignStep("inspect")},
		{Method: post, Path: "/campaigns/{id}/rectify", Op: "campaign.rectify", Handler: f.campaignStep("rectify")},
		{Method: post, Path: "/campaigns/{id}/close", Op: "campaign.close", Handler: f.campaignStep("close")},
		{Method: post, Path: "/campaigns/{id}/amend", Op: "campaign.amend", Handler: f.campaignAmend},
	}
}

// Nav are the lines of the navigation that lead to them.
var Nav = []page.NavRow{
	{Place: 20, Key: "nav.review", Href: "/review", Icon: "clipboard-check", Op: "review.list"},
	{Place: 22, Key: "nav.completion", Href: "/completion", Icon: "progress", Op: "completion.list"},
	{Place: 23, Key: "checklist.title", Href: "/checklists", Icon: "list-check", Op: "checklist.refine"},
	{Place: 24, Key: "nav.campaigns", Href: "/campaigns", Icon: "flag", Op: "campaign.create"},
}
