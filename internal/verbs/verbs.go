// Package verbs names what the ledger records as done, unless a step completes the name
// or a noun's own constant of an operation serves. A verb is part of the hashed bytes of its entries: never rename one.
// Each has a sentence in the catalogue, under verb.
package verbs

// The verbs, by what they are done to.
const (
	AccountCreate         = "account.create"
	AccountCreateMany     = "account.create_many"
	AccountPasswordSet    = "account.password_set"
	AccountSessionEnd     = "account.session_end"
	AccountSessionEndAll  = "account.session_end_all"
	AccountSignIn         = "account.sign_in"
	AccountSignInByCode   = "account.sign_in_by_code"
	AccountSignInFailures = "account.sign_in_failures"
	AccountSignOut        = "account.sign_out"
	AccountToken          = "account.token"

	AlarmEnd   = "alarm.end"
	AlarmRaise = "alarm.raise"

	BatchErrors        = "batch.errors"
	BatchImport        = "batch.import"
	BatchImported      = "batch.imported"
	BatchModel         = "batch.model"
	BatchResume        = "batch.resume"
	BatchRows          = "batch.rows"
	BatchRowsWithdrawn = "batch.rows_withdrawn"
	BatchStop          = "batch.stop"
	BatchWithdrawn     = "batch.withdrawn"

	CampaignAmend     = "campaign.amend"
	CampaignCreate    = "campaign.create"
	CampaignLockLists = "campaign.lock_lists"
	CampaignRoster    = "campaign.roster"

	CaseExport = "case.export"

	ChallengeFile = "challenge.file"

	ChecklistPublish = "checklist.publish"

	CustodyRetire    = "custody.retire"
	CustodyRewrap    = "custody.rewrap"
	CustodyRewrapped = "custody.rewrapped"
	CustodySeal      = "custody.seal"

	GrantApprove = "grant.approve"
	GrantCreate  = "grant.create"
	GrantPropose = "grant.propose"

	IssueCorrectBulk = "issue.correct_bulk"

	LedgerKeysBack = "ledger.keys_back"
	LedgerThaw     = "ledger.thaw"

	NamedItemAccept = "named_item.accept"
	NamedItemReply  = "named_item.reply"
	NamedItemReturn = "named_item.return"

	PersonExport   = "person.export"
	PersonNameKeys = "person.name_keys"

	ProposalPropose = "proposal.propose"

	RectificationCreate = "rectification.create"

	RevealLapse = "reveal.lapse"

	RosterEstablish = "roster.establish"
	RosterPlace     = "roster.place"

	ShareRefuse = "share.refuse"

	SiteSetup = "site.setup"

	StatementAnswer = "statement.answer"
	StatementMake   = "statement.make"

	SubmissionAccept     = "submission.accept"
	SubmissionReturn     = "submission.return"
	SubmissionSubmit     = "submission.submit"
	SubmissionSupplement = "submission.supplement"

	UnitCertify   = "unit.certify"
	UnitUncertify = "unit.uncertify"
)
