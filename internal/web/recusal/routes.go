// Package recusal has the pages of recusal: declared relations, challenges, and the alarms of
// matters that nobody may handle.
package recusal

import (
	"net/http"

	"plumbline/internal/app"
	"plumbline/internal/web/page"
)

// face handles these pages over the application.
type face struct{ app *app.App }

// Routes are the pages of recusal.
func Routes(a *app.App) []page.Route {
	f := &face{a}
	get, post := http.MethodGet, http.MethodPost
	return []page.Route{
		{Method: get, Path: "/my-relations", Op: "relation.own", Handler: f.myRelations},
		{Method: post, Path: "/my-relations", Op: "relation.declare", Handler: f.declareRelation},
		{Method: get, Path: "/people/{id}/relations", Op: "relation.list", Handler: f.relations},
		{Method: post, Path: "/people/{id}/relations", Op: "relation.create", Handler: f.createRelation},
		{Method: post, Path: "/people/{id}/relations/void", Op: "relation.void", Handler: f.voidRelation},
		{Method: post, Path: "/relations/{id}/end", Op: "relation.end", Handler: f.endRelation},
		{Method: get, Path: "/challenges", Op: "challenge.list", Handler: f.challengeList},
		{Method: get, Path: "/challenges/{id}", Op: "challenge.read", Handler: f.challengePage},
		{Method: post, Path: "/challenges/{id}/decide", Op: "challenge.decide", Handler: f.decideChallenge},
		{Method: post, Path: "/challenges/{id}/withdraw", Op: "challenge.withdraw", Handler: f.withdrawChallenge},
		{Method: get, Path: "/alarms", Op: "alarm.list", Handler: f.alarmList},
	}
}

// Nav are the lines of the navigation that lead to them.
var Nav = []page.NavRow{
	{Place: 14, Key: "relation.title", Href: "/my-relations", Icon: "users", Op: "relation.own"},
	{Place: 36, Key: "challenge.title", Href: "/challenges", Icon: "scale", Op: "challenge.list"},
	{Place: 35, Key: "alarm.title", Href: "/alarms", Icon: "flag", Op: "alarm.list"},
}
