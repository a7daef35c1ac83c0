package roster

import (
	"time"

	"plumbline/internal/fault"
)

// Date is a civil date in the site's zone as "2006-01-02"; "" means none or an
// open end. Dates compare as text.
type Date string

const dateLayout = "2006-01-02"

// ParseDate parses "2006-01-02" strictly.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return "", nil
	}
	if t, err := time.Parse(dateLayout, s); err != nil || t.Format(dateLayout) != s {
		return "", fault.Invalid("date_unreadable", "")
	}
	return Date(s), nil
}

// DateOf returns the civil date of an instant in the zone.
func DateOf(t time.Time, zone *time.Location) Date { return Date(t.In(zone).Format(dateLayout)) }

// Time returns midnight UTC of the date, or the zero time for "".
func (d Date) Time() time.Time {
	t, err := time.Parse(dateLayout, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// AddDays adds whole days. "" stays "".
func (d Date) AddDays(n int) Date {
	if d == "" {
		return ""
	}
	return Date(d.Time().AddDate(0, 0, n).Format(dateLayout))
}

// AddMonths adds calendar months, clamped to the last day of the month.
func (d Date) AddMonths(n int) Date {
	if d == "" {
		return ""
	}
	t := d.Time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date(first.AddDate(0, 0, min(t.Day(), last)-1).Format(dateLayout))
}

// Days returns the number of days from d to e, negative if e is earlier.
func (d Date) Days(e Date) int { return int(e.Time().Sub(d.Time()).Hours() / 24) }

// Month returns the month as "2006-01".
func (d Date) Month() string {
	if len(d) < 7 {
		return ""
	}
	return string(d[:7])
}

// First returns the first day that a date known in part may mean: of its month, or
// of its year. A whole date is its own.
func (d Date) First() Date {
	switch len(d) {
	case 4:
		return d + "-01-01"
	case 7:
		return d + "-01"
	}
	return d
}

// Last returns the last day that a date known in part may mean.
func (d Date) Last() Date {
	switch len(d) {
	case 4:
		return d + "-12-31"
	case 7:
		return d.First().AddMonths(1).AddDays(-1)
	}
	return d
}

// Within reports whether d lies in [from, to]; an empty bound is open.
func (d Date) Within(from, to Date) bool {
	return (from == "" || d >= from) && (to == "" || d <= to)
}
