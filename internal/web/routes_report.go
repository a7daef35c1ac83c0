package web

import "net/http"

func init() {
	area(func(f *Face) []Route {
		return []Route{
			{Method: http.MethodGet, Path: "/report", Op: "report.read", Handler: f.reportPage},
			{Method: http.MethodPost, Path: "/report/export", Op: "report.export", Handler: f.reportExport},
			{Method: http.MethodPost, Path: "/issues/export", Op: "issue.export", Handler: f.issueExport},
		}
	}, NavRow{Place: 60, Key: "nav.report", Href: "/report", Icon: "report-analytics", Op: "report.read"})
}
