package api

import (
	"context"
	"io"
	"net/url"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/readlog"
	"plumbline/internal/app/reports"
	"plumbline/internal/fault"
	"plumbline/internal/issue"
	"plumbline/internal/report"
)

type ReportQuery struct {
	Unit     string `query:"unit" doc:"Unit id; absent takes the highest unit of the reader's reach"`
	From     string `query:"from" doc:"First month of the event, 2006-01"`
	To       string `query:"to" doc:"Last month of the event, 2006-01"`
	Campaign string `query:"campaign" doc:"Whose completion is shown; absent takes the newest"`
	Period   string `query:"period" doc:"Code of a published period, such as 2026-03, 2026-Q1, 2026 or a campaign's id, instead of the months"`
}

type exportBody struct {
	Format string `json:"format" enum:"csv,xlsx"`
}

func fileOf(e *desk.Export) *File {
	return &File{Name: e.Name, Type: e.Type, Rows: e.Rows, Write: func(w io.Writer) error {
		_, err := e.WriteTo(w)
		if closeErr := e.Close(); err == nil {
			err = closeErr
		}
		return err
	}}
}

func registerReport(r *registry) {
	handle(r, "report.read", func(ctx context.Context, c *Call, in *ReportQuery) (*report.Report, error) {
		return r.f.App.Report(ctx, c.Actor, reports.ReportInput(*in))
	}, Summary("Leadership report; every number names the list behind it"))
	handle(r, "budget.read", func(ctx context.Context, c *Call, _ *struct{}) (readlog.Budget, error) {
		return r.f.App.Budget(ctx, c.Actor)
	}, Summary("What the caller may still open and export today"))
	begun(r, "budget.extend", "Ask for the day's budget once more; somebody else has to agree",
		func(in *readlog.ExtendBudgetInput, c *Call) { in.Key = c.Key }, r.f.App.ExtendBudget)
	download(r, "report.export", func(ctx context.Context, c *Call, in *struct {
		ReportQuery
		Body exportBody
	}) (*File, error) {
		e, _, err := r.f.App.ExportReport(ctx, c.Actor, reports.ReportExportInput{ReportInput: reports.ReportInput(in.ReportQuery),
			Format: in.Body.Format, Key: c.Key})
		if err != nil {
			return nil, err
		}
		return fileOf(e), nil
	}, Summary("The report as a file, small cells hidden"))
	download(r, "issue.export", func(ctx context.Context, c *Call, in *struct {
		Body struct {
			Format string `json:"format" enum:"csv,xlsx"`
			Filter string `json:"filter,omitempty" doc:"Filter of the list, as in its URL" maxLength:"2000"`
		}
	}) (*File, error) {
		q, err := url.ParseQuery(in.Body.Filter)
		if err != nil {
			return nil, fault.Shape("shape", "filter")
		}
		f, err := issue.ParseFilter(q)
		if err != nil {
			return nil, err
		}
		e, _, err := r.f.App.ExportIssues(ctx, c.Actor, reports.IssueExportInput{Filter: f, Format: in.Body.Format, Key: c.Key})
		if err != nil {
			return nil, err
		}
		return fileOf(e), nil
	}, Summary("A list of issues as a file"))
}
