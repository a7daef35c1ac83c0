package selfcheck

// ReviewFilter narrows the list of what a head reviews; empty fields do not.
type ReviewFilter struct {
	CampaignID string
	UnitID     string
	State      State
}
