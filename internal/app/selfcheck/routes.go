package selfcheck

import (
	"plumbline/internal/app/desk"
	"plumbline/internal/roster"
)

// Routes are the operations on checklists, campaigns, lists, their
// review, completion and certification.
var Routes = []desk.Route{
	{Op: "checklist.list", Method: "GET", Path: "/checklists", Act: roster.ActList, Kind: roster.KindChecklist},
	{Op: "checklist.read", Method: "GET", Path: "/checklists/{id}", Act: roster.ActRead, Kind: roster.KindChecklist},
	{Op: "checklist.publish", Method: "POST", Path: "/checklists", Act: roster.ActCreate, Kind: roster.KindChecklist, Write: true,
		Create: true, Status: 201},

	{Op: "campaign.list", Method: "GET", Path: "/campaigns", Act: roster.ActList, Kind: roster.KindCampaign},
	{Op: "campaign.read", Method: "GET", Path: "/campaigns/{id}", Act: roster.ActRead, Kind: roster.KindCampaign},
	{Op: "campaign.create", Method: "POST", Path: "/campaigns", Act: roster.ActCreate, Kind: roster.KindCampaign, Write: true, Create: true,
		Status: 201},
	{Op: "campaign.open", Method: "POST", Path: "/campaigns/{id}/open", Act: roster.ActOpen, Kind: roster.KindCampaign, Write: true},
	{Op: "campaign.lock", Method: "POST", Path: "/campaigns/{id}/lock", Act: roster.ActLock, Kind: roster.KindCampaign, Write: true},
	{Op: "campaign.inspect", Method: "POST", Path: "/campaigns/{id}/inspect", Act: roster.ActEdit, Kind: roster.KindCampaign, Write: true},
	{Op: "campaign.rectify", Method: "POST", Path: "/campaigns/{id}/rectify", Act: roster.ActEdit, Kind: roster.KindCampaign, Write: true},
	{Op: "campaign.close", Method: "POST", Path: "/campaigns/{id}/close", Act: roster.ActClose, Kind: roster.KindCampaign, Write: true,
		Proof: true},
	{Op: "campaign.continue", Act: roster.ActOpen, Kind: roster.KindCampaign, Write: true},
	{Op: "campaign.amend", Method: "POST", Path: "/campaigns/{id}/amendments", Act: roster.ActEdit, Kind: roster.KindSnapshot, Write: true,
		Create: true},

	{Op: "submission.list_own", Method: "GET", Path: "/submissions", Act: roster.ActList, Kind: roster.KindOwnSubmission},
	{Op: "submission.read_own", Method: "GET", Path: "/submissions/{id}", Act: roster.ActRead, Kind: roster.KindOwnSubmission},
	{Op: "submission.draft", Method: "PUT", Path: "/submissions/{id}/draft", Act: roster.ActEdit, Kind: roster.KindOwnSubmission},
	{Op: "submission.submit", Method: "POST", Path: "/submissions/{id}/submit", Act: roster.ActSubmit, Kind: roster.KindOwnSubmission,
		Write: true, Slip: true, Proof: true, Create: true},
	{Op: "submission.supplement", Method: "POST", Path: "/submissions/{id}/supplements", Act: roster.ActSupplement,
		Kind: roster.KindOwnSubmission, Write: true, Slip: true, Proof: true, Create: true, Status: 201},
	{Op: "submission.receipt", Method: "GET", Path: "/submissions/{id}/receipts", Act: roster.ActRead, Kind: roster.KindOwnSubmission},
	{Op: "submission.excuse", Method: "POST", Path: "/submissions/{id}/excuse", Act: roster.ActExcuse, Kind: roster.KindSnapshot,
		Write: true},

	{Op: "submission.restore", Method: "POST", Path: "/submissions/{id}/restore", Act: roster.ActExcuse, Kind: roster.KindSnapshot,
		Write: true},
	{Op: "checklist.details", Method: "GET", Path: "/checklists/{id}/details", Act: roster.ActRead, Kind: roster.KindChecklist},
	{Op: "checklist.refine", Method: "POST", Path: "/checklists/{id}/details", Act: roster.ActEdit, Kind: roster.KindChecklist, Write: true,
		Create: true, Status: 201},

	{Op: "review.list", Method: "GET", Path: "/reviews", Act: roster.ActList, Kind: roster.KindSubmission},
	{Op: "review.read", Method: "GET", Path: "/reviews/{id}", Act: roster.ActRead, Kind: roster.KindSubmission},
	{Op: "review.accept", Method: "POST", Path: "/reviews/{id}/accept", Act: roster.ActAccept, Kind: roster.KindSubmission, Write: true,
		Proof: true},
	{Op: "review.accept_many", Method: "POST", Path: "/reviews", Act: roster.ActAccept, Kind: roster.KindSubmission, Write: true,
		Proof: true, Create: true},
	{Op: "review.return", Method: "POST", Path: "/reviews/{id}/return", Act: roster.ActReturn, Kind: roster.KindSubmission, Write: true},
	{Op: "review.named", Method: "GET", Path: "/named-items", Act: roster.ActList, Kind: roster.KindSubmission},

	{Op: "named.read", Method: "GET", Path: "/named-items/{id}", Act: roster.ActRead, Kind: roster.KindSubmission},
	{Op: "named.accept", Method: "POST", Path: "/named-items/{id}/accept", Act: roster.ActAccept, Kind: roster.KindSubmission, Write: true,
		Proof: true},
	{Op: "named.return", Method: "POST", Path: "/named-items/{id}/return", Act: roster.ActReturn, Kind: roster.KindSubmission, Write: true},
	{Op: "named.reply", Method: "POST", Path: "/submissions/{id}/named-replies", Act: roster.ActSubmit, Kind: roster.KindOwnSubmission,
		Write: true, Slip: true, Proof: true, Create: true},

	{Op: "completion.list", Method: "GET", Path: "/campaigns/{id}/completion", Act: roster.ActList, Kind: roster.KindCompletion},
	{Op: "completion.read", Method: "GET", Path: "/campaigns/{id}/completion/{unit}", Act: roster.ActRead, Kind: roster.KindCompletion},
	{Op: "completion.lists", Method: "GET", Path: "/campaigns/{id}/lists", Act: roster.ActList, Kind: roster.KindCompletion},
	{Op: "certification.undo", Method: "POST", Path: "/campaigns/{id}/completion/{unit}/uncertify", Act: roster.ActCertify,
		Kind: roster.KindCertification, Write: true, Proof: true},
	{Op: "certification.create", Method: "POST", Path: "/campaigns/{id}/completion/{unit}/certify", Act: roster.ActCertify,
		Kind: roster.KindCertification, Write: true, Proof: true},
}
