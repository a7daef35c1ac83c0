package app

import (
	"slices"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/heads"
)

// Routes is the table of every operation.
var Routes = slices.Concat(
	heads.Routes, coreRoutes, rosterRoutes, accountRoutes, selfcheckRoutes, intakeRoutes, issueRoutes, inquiryRoutes, rectifyRoutes, reportRoutes,
	custodyRoutes, recusalRoutes, proposalRoutes,
)

var routeByOp = func() map[string]desk.Route {
	m := make(map[string]desk.Route, len(Routes))
	for _, r := range Routes {
		if _, twice := m[r.Op]; twice {
			panic("app: operation " + r.Op + " stands twice in the route table")
		}
		m[r.Op] = r
	}
	return m
}()

// RouteOf finds an operation.
func RouteOf(op string) (desk.Route, bool) {
	r, ok := routeByOp[op]
	return r, ok
}
