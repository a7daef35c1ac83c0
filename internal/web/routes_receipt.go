package web

import "net/http"

func init() {
	area(func(f *Face) []Route {
		get, post := http.MethodGet, http.MethodPost
		return []Route{
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
	},
		NavRow{Place: 98, Key: "nav.receipts", Href: "/receipts", Icon: "certificate", Op: "receipt.list"},
		NavRow{Place: 99, Key: "nav.verify", Href: "/verify", Icon: "shield-check"},
	)
}
