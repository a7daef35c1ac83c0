package sheet

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"plumbline/internal/fault"
)

// Fold makes what people typed comparable without changing what it says:
// full-width letters, digits and signs become half-width, every kind of blank
// becomes one space, invisible marks go, the ends are trimmed.
func Fold(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c < ' ' || (c == ' ' && (i == 0 || i == len(s)-1 || s[i+1] == ' ')) {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range s {
		switch {
		case r >= '！' && r <= '～':
			r -= 0xFEE0
		case r >= 0x200B && r <= 0x200F, r == 0xFEFF, r == 0x2060, r == 0x202A, r == 0x202C:
			continue
		case unicode.IsSpace(r):
			blank = b.Len() > 0
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Check refuses a cell that no text holds: control characters (line breaks and
// tabs are allowed), characters that could not be decoded, and more than
// MaxCell characters. The fault's field is for the caller to name.
func Check(s string) *fault.Error {
	if len(s) > MaxCell && utf8.RuneCountInString(s) > MaxCell {
		return fault.Invalid("sheet_cell_long", "", "Limit", MaxCell)
	}
	for _, r := range s {
		switch {
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r >= 0x7F && r < 0xA0 && r != 0x85:
			return fault.Invalid("sheet_control", "")
		case r == utf8.RuneError:
			return fault.Invalid("sheet_undecodable", "")
		}
	}
	return nil
}

var (
	rounded  = regexp.MustCompile(`^[+-]?\d(\.\d+)?[eE]\+?\d{1,3}$`)
	excelKey = regexp.MustCompile(`^="(.*)"$`)
)

// Identifier reads a number that names somebody or something: folded, without
// blanks, in capitals. What a spreadsheet has rounded, to 3.3E+17 or with
// noughts at the end, is refused, because its last digits are gone.
func Identifier(s string) (string, error) {
	s = Fold(s)
	if m := excelKey.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	s = strings.ToUpper(strings.ReplaceAll(strings.TrimLeft(s, "'`"), " ", ""))
	if rounded.MatchString(s) {
		return "", fault.Invalid("sheet_rounded", "", "Value", s)
	}
	if head, ok := strings.CutSuffix(s, ".0"); ok && digits(head) {
		s = head
	}
	if cutID(s) {
		return "", fault.Invalid("sheet_rounded", "", "Value", s)
	}
	return s, nil
}

// cutID tells a national id that a spreadsheet kept as a number and then showed
// with all its places: 15 digits are true, the last three are noughts. One id in
// a thousand ends so by right, and then its check digit (GB 11643) agrees.
func cutID(s string) bool {
	if len(s) != 18 || !digits(s) || !strings.HasSuffix(s, "000") {
		return false
	}
	sum, weight := 0, 1
	for i := len(s) - 1; i >= 0; i-- {
		sum += int(s[i]-'0') * weight
		weight = weight * 2 % 11
	}
	return sum%11 != 1
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

var (
	dotted  = regexp.MustCompile(`^(\d{4})\s?[.\-/年、]\s?(\d{1,2})\s?[.\-/月、]\s?(\d{1,2})\s?[日号]?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?$`)
	compact = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`)
	serial  = regexp.MustCompile(`^\d{5}(\.\d+)?$`)
	monthly = regexp.MustCompile(`^(\d{4})\s?[.\-/年]\s?(\d{1,2})\s?月?$`)
	yearly  = regexp.MustCompile(`^(\d{4})\s?年?$`)
)

// Date reads a civil date as people and spreadsheets write it: 2020-09-16,
// 2020.9.16, 2020/9/16, 20200916, 2020年9月16日, each with or without a time of
// day, and Excel's day numbers (44090). It gives 2006-01-02, "" for "". What
// leaves a doubt (09-16-20, 2020.9) is refused. Years run from 1900 to 2099.
func Date(s string) (string, error) {
	s = Fold(s)
	if s == "" {
		return "", nil
	}
	if m := excelKey.FindStringSubmatch(s); m != nil {
		s = Fold(m[1])
	}
	if serial.MatchString(s) {
		n, _ := strconv.ParseFloat(s, 64)
		return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n)).Format(time.DateOnly), nil
	}
	m := dotted.FindStringSubmatch(s)
	if m == nil {
		m = compact.FindStringSubmatch(s)
	}
	if m == nil {
		if monthly.MatchString(s) || yearly.MatchString(s) {
			return "", fault.Invalid("sheet_date_part", "", "Value", s)
		}
		return "", fault.Invalid("sheet_date", "", "Value", s)
	}
	y, _ := strconv.Atoi(m[1])
	mo, _ := strconv.Atoi(m[2])
	d, _ := strconv.Atoi(m[3])
	at := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
	if y < 1900 || y > 2099 || at.Day() != d || int(at.Month()) != mo {
		return "", fault.Invalid("sheet_date", "", "Value", s)
	}
	return at.Format(time.DateOnly), nil
}

// DateOrYear reads a date, a month (2006-01) or a year alone (2006): what a
// list gives of a person's birth.
func DateOrYear(s string) (string, error) {
	f := Fold(s)
	if m := yearly.FindStringSubmatch(f); m != nil && m[1] >= "1900" && m[1] <= "2099" {
		return m[1], nil
	}
	if m := monthly.FindStringSubmatch(f); m != nil && m[1] >= "1900" && m[1] <= "2099" {
		if mo, _ := strconv.Atoi(m[2]); mo >= 1 && mo <= 12 {
			return m[1] + "-" + twoDigits(mo), nil
		}
	}
	return Date(s)
}

var (
	until    = regexp.MustCompile(`\s*(?:~|至|到|—+|–|\.\.|\s-\s|\sto\s)\s*`)
	hyphened = regexp.MustCompile(`^(\d{4}(?:\D\d\d){0,2})?-(\d{4}(?:\D\d\d){0,2})?$`)
)

// Period reads from when to when something holds: 2019-01-01~2020-05-31. Either end
// may be left out ("" for an open end), and is a date, a month or a year.
func Period(s string) (from, to string, err error) {
	s = Fold(s)
	ends := until.Split(s, -1)
	if m := hyphened.FindStringSubmatch(s); m != nil {
		ends = m[1:]
	}
	if len(ends) != 2 || ends[0] == ends[1] && ends[0] == "" {
		return "", "", fault.Invalid("sheet_period", "", "Value", s)
	}
	from, err = DateOrYear(ends[0])
	to, err2 := DateOrYear(ends[1])
	if err != nil || err2 != nil {
		return "", "", fault.Invalid("sheet_period", "", "Value", s)
	}
	return from, to, nil
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
