package web

import "net/http"

func init() {
	area(func(f *Face) []Route {
		return []Route{
			{Method: http.MethodGet, Path: "/ledger", Op: "ledger.state", Handler: f.ledgerPage},
		}
	}, NavRow{Place: 95, Key: "nav.ledger", Href: "/ledger", Icon: "book", Op: "ledger.state"})
}
