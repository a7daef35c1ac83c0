package ui

import (
	"fmt"
	"strings"
)

func noteIcon(kind string) string {
	switch kind {
	case "ok":
		return "circle-check"
	case "warn":
		return "alert-triangle"
	case "bad":
		return "alert-circle"
	}
	return "info-circle"
}

func emptyText(p Page, t Table) string {
	if t.Empty != "" {
		return t.Empty
	}
	return p.T("page.none")
}

func colText(t Table, i int) string {
	if i < len(t.Cols) {
		return t.Cols[i].Text
	}
	return ""
}

// share is the part of the whole in hundredths, as an SVG width.
func share(done, whole int64) string {
	if whole <= 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f", float64(min(done, whole))*100/float64(whole))
}

func series(i int) string { return fmt.Sprintf("b%d", i%4) }

func barValue(p Page, c Chart, b Bar) string {
	if b.Hidden {
		return p.T("page.hidden_cell")
	}
	return c.value(b)
}

// tableName is what a screen reader calls the table.
func tableName(p Page, t Table) string {
	if t.Caption != "" {
		return t.Caption
	}
	return p.Title
}

// reference reports whether the text is a reference, which is not broken over
// two lines.
func reference(s string) bool {
	if len(s) > 14 || !strings.Contains(s, "-") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') })
}
