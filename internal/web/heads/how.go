package heads

import "plumbline/internal/web/page"

// howStep is one step of the explanation for laymen, as catalogue keys.
type howStep struct {
	Title, Text, Command string
	Link, Href           string
}

// howSteps are the five steps of docs/ledger.md.
var howSteps = []howStep{
	{Title: "ledger.how.key", Text: "ledger.how.key.text"},
	{Title: "ledger.how.receipt", Text: "ledger.how.receipt.text", Command: "ledger.how.receipt.command", Link: "nav.verify",
		Href: "/verify"},
	{Title: "ledger.how.history", Text: "ledger.how.history.text", Command: "ledger.how.history.command", Link: "ledger.how.history.link",
		Href: "/api/v1/ledger/history"},
	{Title: "ledger.how.together", Text: "ledger.how.together.text", Command: "ledger.how.together.command"},
	{Title: "ledger.how.read", Text: "ledger.how.read.text"},
}

// ledgerHow shows the explanation; no sign-in is needed.
func (f *face) ledgerHow(c *page.Call) error {
	p := c.Page("ledger.how.title")
	p.Lead, p.Narrow = c.T("ledger.how.lead"), true
	return c.Show(howPage(p, howSteps))
}
