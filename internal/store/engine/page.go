package engine

import (
	"strings"

	"github.com/uptrace/bun"
)

// PageMax is the most rows on one page of a list.
const PageMax = 200

// Page requests one page of a list in keyset order.
type Page struct {
	Limit int      // 1 to PageMax; 0 means 50
	After []string // order-column values of the last row seen; nil for the first page
}

// Size is the number of rows to read: one more than is shown, to detect a next
// page.
func (p Page) Size() int {
	switch {
	case p.Limit <= 0:
		return 50
	case p.Limit > PageMax:
		return PageMax
	}
	return p.Limit
}

// Keyset orders by the columns (all in one direction, the last one unique) and
// continues after the page's cursor. Column names come from code, never from
// input.
func Keyset(q *bun.SelectQuery, p Page, desc bool, columns ...string) *bun.SelectQuery {
	direction, sign := " ASC", ">"
	if desc {
		direction, sign = " DESC", "<"
	}
	for _, c := range columns {
		q = q.OrderExpr(c + direction)
	}
	if len(p.After) == len(columns) {
		args := make([]any, len(columns))
		for i, a := range p.After {
			args[i] = a
		}
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
		q = q.Where("("+strings.Join(columns, ", ")+") "+sign+" ("+marks+")", args...)
	}
	return q.Limit(int64(p.Size() + 1))
}
