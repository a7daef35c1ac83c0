package roster

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"plumbline/internal/fault"
)

// Query reads the filter of a list from query values: codes, months and flags.
// What is no code is refused by name, so that a typing error cannot show a
// longer list than was asked for.
type Query struct {
	values url.Values
	wrong  []*fault.Error
}

// NewQuery reads from the values.
func NewQuery(values url.Values) *Query { return &Query{values: values} }

// Err names everything that could not be read.
func (q *Query) Err() error { return fault.Join(q.wrong...) }

func (q *Query) bad(field string) { q.wrong = append(q.wrong, fault.Invalid("filter_value", field)) }

// Code is an id or code: letters, digits, hyphen and underscore, at most 64.
func (q *Query) Code(field string) string {
	v := q.values.Get(field)
	if len(v) > 64 || strings.ContainsFunc(v, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}) {
		q.bad(field)
		return ""
	}
	return v
}

// OneOf is one of the codes, or "".
func (q *Query) OneOf(field string, codes ...string) string {
	v := q.values.Get(field)
	if v != "" && !slices.Contains(codes, v) {
		q.bad(field)
		return ""
	}
	return v
}

// Month is a month as "2026-01", or "".
func (q *Query) Month(field string) string {
	v := q.values.Get(field)
	if v == "" {
		return ""
	}
	if t, err := time.Parse("2006-01", v); err != nil || t.Format("2006-01") != v {
		q.bad(field)
		return ""
	}
	return v
}

// Flag is "1" or nothing.
func (q *Query) Flag(field string) bool {
	v := q.values.Get(field)
	if v != "" && v != "1" {
		q.bad(field)
	}
	return v == "1"
}

// QueryValues makes query values of names and values in turn, without the
// empty ones.
func QueryValues(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out.Set(pairs[i], pairs[i+1])
		}
	}
	return out
}
