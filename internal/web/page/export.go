package page

import (
	"fmt"
	"slices"
	"strconv"

	"plumbline/internal/app/desk"
	"plumbline/internal/web/ui"
)

// ExportActions are the export buttons, one per format.
func ExportActions(c *Call, href string, fields ...ui.Pair) []ui.Action {
	var out []ui.Action
	for _, format := range []string{desk.FormatXLSX, desk.FormatCSV} {
		out = append(out, ui.Action{Text: c.T("report.export." + format), Href: href, Icon: "download", Post: true,
			Fields: append(slices.Clone(fields), ui.Pair{Name: "format", Value: format})})
	}
	return out
}

// SendExport sends a finished file with its exact row count.
func (c *Call) SendExport(e *desk.Export) error {
	h := c.W.Header()
	h.Set("Content-Type", e.Type)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", e.Name))
	h.Set("X-Row-Count", strconv.Itoa(e.Rows))
	_, err := e.WriteTo(c.W)
	if closeErr := e.Close(); closeErr != nil {
		c.frame.Log.Error("remove export", "request", c.requestID(), "err", closeErr)
	}
	if err != nil {
		c.frame.Log.Warn("download broke off", "request", c.requestID(), "err", err)
	}
	return nil
}
