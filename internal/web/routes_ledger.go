package web

import "net/http"

func init() {
	area(func(f *Face) []Route {
		return []Route{
			{Method: http.MethodGet, Path: "/ledger", Op: "ledger.state", Handler: f.ledgerPage},
			{Method: http.MethodGet, Path: "/ledger/how", Op: "ledger.history", Public: true, Renew: true, Handler: f.ledgerHow},
			{Method: http.MethodGet, Path: "/ledger/notice", Op: "ledger.state", Handler: f.noticePage},
			{Method: http.MethodGet, Path: "/ledger/notice.pdf", Op: "ledger.state", Handler: f.noticePDF},
			{Method: http.MethodGet, Path: "/ledger/checkpoint.txt", Op: "ledger.state", Handler: f.checkpointFile},
			{Method: http.MethodGet, Path: "/ledger/witness.txt", Op: "ledger.state", Handler: f.witnessProof},
		}
	}, NavRow{Place: 95, Key: "nav.ledger", Href: "/ledger", Icon: "book", Op: "ledger.state"})
}
