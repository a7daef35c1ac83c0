// Package heads has the pages of the ledger: its state and witnesses, the notice for the
// board, receipts, and their verification, for which nobody need sign in.
package heads

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes are the pages of the ledger.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	get, post := http.MethodGet, http.MethodPost
	return []page.Route{
		{Method: get, Path: "/ledger", Op: "ledger.state", Handler: f.ledgerPage},
		{Method: get, Path: "/ledger/how", Op: "ledger.history", Public: true, Renew: true, Handler: f.ledgerHow},
		{Method: get, Path: "/ledger/notice", Op: "ledger.state", Handler: f.noticePage},
		{Method: get, Path: "/ledger/notice.pdf", Op: "ledger.state", Handler: f.noticePDF},
		{Method: get, Path: "/ledger/checkpoint.txt", Op: "ledger.state", Handler: f.checkpointFile},
		{Method: get, Path: "/ledger/witness.txt", Op: "ledger.state", Handler: f.witnessProof},
		{Method: get, Path: "/receipts", Op: "receipt.list", Handler: f.receiptList},
		{Method: get, Path: "/receipts/{seq}", Op: "receipt.read", Handler: f.receiptOpen},
		{Method: get, Path: "/receipts/{seq}/text", Op: "receipt.read", Handler: f.receiptText},
		{Method: get, Path: "/receipts/{seq}/pdf", Op: "receipt.read", Handler: f.receiptPDF},
		{Method: get, Path: "/receipts/{seq}/slip", Op: "receipt.slip", Handler: f.slipOpen},
		{Method: post, Path: "/receipts/{seq}/slip", Op: "receipt.slip", Handler: f.slipDownload},

		{Method: get, Path: "/verify", Public: true, Renew: true, Handler: f.verifyOpen},
		{Method: post, Path: "/verify", Public: true, Renew: true, NoToken: true, Body: verifyLimit, Handler: f.verifySent},
		{Method: get, Path: "/verify/page", Public: true, Renew: true, Handler: f.verifySave},
	}
}

// Nav are the lines of the navigation that lead to them.
var Nav = []page.NavRow{
	{Place: 95, Key: "nav.ledger", Href: "/ledger", Icon: "book", Op: "ledger.state"},
	{Place: 98, Key: "nav.receipts", Href: "/receipts", Icon: "certificate", Op: "receipt.list"},
	{Place: 99, Key: "nav.verify", Href: "/verify", Icon: "shield-check"},
}
