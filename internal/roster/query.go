package roster

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"plumbline/internal/fault"
)

// Query parses the filter of a list from query values: codes, months and flags.
// Invalid values are reported by field, so that a typing error cannot show a
// longer list than requested.
type Query struct {
	values url.Values
	wrong  []*fault.Error
}

// NewQuery returns a Query over the values.
func NewQuery(values url.Values) *Query { return &Query{values: values} }

// Err reports every value that could not be parsed.
func (q *Query) Err() error { return fault.Join(q.wrong...) }

func (q *Query) bad(field string) { q.wrong = append(q.wrong, fault.Invalid("filter_value", field)) }

// Code parses an id or code: letters, digits, hyphen and underscore, at most
// 64.
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

// OneOf parses one of the codes, or "".
func (q *Query) OneOf(field string, codes ...string) string {
	v := q.values.Get(field)
	if v != "" && !slices.Contains(codes, v) {
		q.bad(field)
		return ""
	}
	return v
}

// Month parses a month such as "2026-01", or "".
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

// Flag parses "1" or nothing.
func (q *Query) Flag(field string) bool {
	v := q.values.Get(field)
	if v != "" && v != "1" {
		q.bad(field)
	}
	return v == "1"
}

// QueryValues builds query values from alternating names and values, skipping
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
