package insider

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// reported is a report as a reader got it.
type reported struct {
	Unit, From, To string
	Campaign       string
	Sections       []struct {
		Key     string
		Columns []string
		Lines   []line
		Total   line
	}
}

type line struct {
	Code   string
	Values []struct {
		N      *float64
		Hidden bool
	}
}

// cellOf names a cell of the published grid.
type cellOf struct{ section, line, column string }

type cellValue struct {
	n      float64
	hidden bool
}

// grid lists the cells of a report.
func (r *reported) grid() map[cellOf]cellValue {
	out := map[cellOf]cellValue{}
	for _, s := range r.Sections {
		for _, l := range append(slices.Clone(s.Lines), s.Total) {
			for i, v := range l.Values {
				c := cellOf{s.Key, l.Code, ""}
				if i < len(s.Columns) {
					c.column = s.Columns[i]
				}
				if v.N != nil || v.Hidden {
					x := cellValue{hidden: v.Hidden}
					if v.N != nil {
						x.n = *v.N
					}
					out[c] = x
				}
			}
		}
	}
	return out
}

// cells looks whether two reports of a reader, one period within the other, fix
// what the report of the rest hides. The searching attack is elsewhere; this
// one asks only whether the plain subtraction works.
func (j *judge) cells() (out []string) {
	var got []reported
	for _, s := range j.w.steps {
		me := j.w.selves[min(s.self, len(j.w.selves)-1)]
		var r reported
		if s.op == "report.read" && s.status == 200 && me.has("leadership_reader") && json.Unmarshal(s.answer, &r) == nil {
			got = append(got, r)
		}
	}
	reader := slices.IndexFunc(j.w.selves, func(s *self) bool { return s.has("leadership_reader") })
	asked := map[string]bool{}
	for _, a := range got {
		for _, b := range got {
			if a.Unit != b.Unit || a.Campaign != b.Campaign || a.From != b.From || a.To >= b.To {
				continue
			}
			q := url.Values{"unit": {a.Unit}, "from": {monthAfter(a.To)}, "to": {b.To}}.Encode()
			if asked[q] || len(asked) > 20 {
				continue
			}
			asked[q] = true
			rest := j.w.s.send(j.w.selves[reader].token, "GET", "/report?"+q, nil)
			var r reported
			if rest.status != 200 || json.Unmarshal(rest.body, &r) != nil {
				continue
			}
			short, long, n := a.grid(), b.grid(), 0
			for c, v := range r.grid() {
				x, y := short[c], long[c]
				if v.hidden && !x.hidden && !y.hidden && y.n-x.n > 0 && y.n-x.n < 5 {
					n++
				}
			}
			if n > 0 {
				out = append(out, fmt.Sprintf("%d hidden cells of %s to %s are the difference of two reports", n, monthAfter(a.To), b.To))
			}
		}
	}
	return out
}

func monthAfter(m string) string {
	t, err := time.Parse("2006-01", m)
	if err != nil {
		return m
	}
	return t.AddDate(0, 1, 0).Format("2006-01")
}
