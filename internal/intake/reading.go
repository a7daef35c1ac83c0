package intake

import (
	"crypto/sha256"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
)

// Facts are what a record says about a person, normalised. All of it may have
// to be erased, so it is stored only among the contents.
type Facts struct {
	Name        string           `json:"name,omitempty"`
	Parts       roster.NameParts `json:"parts,omitzero"`
	Keys        []string         `json:"keys,omitempty"` // NameKey of each reading of the name
	PersonnelNo string           `json:"personnel_no,omitempty"`
	PoliceNo    string           `json:"police_no,omitempty"`
	BadgeNo     string           `json:"badge_no,omitempty"`
	NationalID  string           `json:"national_id,omitempty"`
	Birth       string           `json:"birth,omitempty"` // 2006-01-02, 2006-01 or 2006
	Sex         string           `json:"sex,omitempty"`   // m, f
	Rank        string           `json:"rank,omitempty"`
	Unit        string           `json:"unit,omitempty"`
	FormerUnit  string           `json:"former_unit,omitempty"`
	Appointed   string           `json:"appointed,omitempty"` // 2006-01-02, 2006-01 or 2006
	Departed    string           `json:"departed,omitempty"`
}

// Nobody reports whether the record names no person at all: it is then about
// its unit alone, if that is given by its code.
func (f *Facts) Nobody() bool {
	return len(f.Keys) == 0 && f.PersonnelNo == "" && f.PoliceNo == "" && f.BadgeNo == "" && f.NationalID == ""
}

// Reading is what a row says.
type Reading struct {
	Facts
	EventOn     roster.Date `json:"event_on,omitempty"`
	ReceivedOn  roster.Date `json:"received_on,omitempty"`
	Class       string      `json:"class,omitempty"`
	Category    string      `json:"category,omitempty"`
	Severity    int         `json:"severity"`
	Narrative   string      `json:"narrative,omitempty"`
	Complainant string      `json:"complainant,omitempty"`
	Number      string      `json:"number,omitempty"`
}

// Reader turns rows into readings. It is plain data and has no state.
type Reader struct {
	Columns    Columns
	Headers    []string
	Classes    map[string]string // the source's classes, by HeaderKey, to categories
	Categories map[string]string // codes and labels of categories, by HeaderKey, to codes
	Category   string            // for rows whose class is empty; "" refuses them
	ReceivedOn roster.Date       // for rows that do not say
	Today      roster.Date
}

// DefaultSeverity stands until triage, where the list does not say.
const DefaultSeverity = 1

// Rejection says which cell of a row was refused, and why.
type Rejection struct {
	Column int // index, -1 for the row as a whole
	Fault  *fault.Error
}

// Check refuses a mapping under which no row could be read.
func (r *Reader) Check() error {
	if !r.Columns.Has(Name) && !r.Columns.Has(FamilyName) && !r.Columns.Has(PoliceNo) && !r.Columns.Has(BadgeNo) &&
		!r.Columns.Has(NationalID) {
		return fault.Invalid("intake_no_person_column", "columns")
	}
	if !r.Columns.Has(Class) && r.Category == "" {
		return fault.Invalid("intake_no_class_column", "columns")
	}
	if asked := r.Unanswered(); len(asked) > 0 {
		return fault.Invalid("intake_columns_unanswered", "columns", "Columns", strings.Join(asked, ", "))
	}
	seen := map[Field]bool{}
	for _, f := range r.Columns {
		if f != "" && f != Ignore && seen[f] {
			return fault.Invalid("intake_column_twice", "columns", "Field", string(f))
		}
		seen[f] = true
	}
	return nil
}

// Unanswered lists the headers of the columns that nobody has explained yet.
func (r *Reader) Unanswered() []string {
	asked := []string{}
	for i, f := range r.Columns {
		if f == "" {
			asked = append(asked, r.Headers[i])
		}
	}
	return asked
}

// Read normalises one row, or says what is wrong with its first bad cell.
func (r *Reader) Read(row sheet.Row) (Reading, *Rejection) {
	out := Reading{Severity: DefaultSeverity, Category: r.Category, ReceivedOn: r.ReceivedOn}
	var family, given, middle string
	for i, cell := range row.Cells {
		if f := sheet.Check(cell); f != nil {
			return out, &Rejection{i, f}
		}
		if i >= len(r.Columns) {
			continue
		}
		text := sheet.Fold(cell)
		if text == "" {
			continue
		}
		var err error
		switch r.Columns[i] {
		case Name:
			out.Name = text
		case FamilyName:
			family = text
		case GivenName:
			given = text
		case MiddleName:
			middle = text
		case PoliceNo:
			out.PoliceNo, err = sheet.Identifier(cell)
		case BadgeNo:
			out.BadgeNo, err = sheet.Identifier(cell)
		case NationalID:
			out.NationalID, err = nationalID(cell)
		case Birth:
			out.Birth, err = sheet.DateOrYear(cell)
		case Sex:
			out.Sex, err = sex(text)
		case Rank:
			out.Rank = text
		case Unit:
			out.Unit = text
		case FormerUnit:
			out.FormerUnit = text
		case EventOn:
			out.EventOn, err = r.date(cell)
		case ReceivedOn:
			out.ReceivedOn, err = r.date(cell)
		case Class:
			out.Class = text
			out.Category, err = r.category(text)
		case Severity:
			out.Severity, err = severity(text)
		case Narrative:
			out.Narrative = strings.TrimSpace(strings.ReplaceAll(cell, "\r\n", "\n")) // as it was written; only what is compared is folded
		case Complainant:
			out.Complainant = text
		case Number:
			out.Number = text
		}
		if err != nil {
			return out, &Rejection{i, fault.As(err)}
		}
	}
	return out, r.finish(&out, family, given, middle)
}

// finish judges the row as a whole.
func (r *Reader) finish(out *Reading, family, given, middle string) *Rejection {
	out.setName(family, given, middle)
	if out.Nobody() && out.Unit == "" {
		return &Rejection{-1, fault.Invalid("intake_nobody_named", "")}
	}
	if out.Category == "" {
		return &Rejection{r.column(Class), fault.Invalid("intake_class_missing", "")}
	}
	if out.ReceivedOn == "" {
		out.ReceivedOn = r.Today
	}
	if out.EventOn == "" {
		out.EventOn = out.ReceivedOn
	} else if out.EventOn > out.ReceivedOn {
		if r.Columns.Has(ReceivedOn) {
			return &Rejection{r.column(EventOn), fault.Invalid("intake_received_before_event", "", "Event", string(out.EventOn), "Received",
				string(out.ReceivedOn))}
		}
		out.ReceivedOn = out.EventOn // the day given for the whole file cannot be right for this row
	}
	return nil
}

func (r *Reader) column(f Field) int {
	for i, have := range r.Columns {
		if have == f {
			return i
		}
	}
	return -1
}

func (r *Reader) date(cell string) (roster.Date, error) {
	s, err := sheet.Date(cell)
	if err == nil && roster.Date(s) > r.Today {
		err = fault.Invalid("intake_date_future", "", "Value", s)
	}
	return roster.Date(s), err
}

func (r *Reader) category(text string) (string, error) {
	key := HeaderKey(text)
	if c := r.Classes[key]; c != "" {
		return c, nil
	}
	if c := r.Categories[key]; c != "" {
		return c, nil
	}
	return "", fault.Invalid("intake_class_unknown", "", "Value", text)
}

// setName takes the name from one column or puts it together: a Chinese name
// is family and given without a blank; another is read in both orders.
func (f *Facts) setName(family, given, middle string) {
	f.Parts = roster.NameParts{Family: family, Given: given, Middle: middle}
	if f.Name == "" {
		switch {
		case roster.Han(family + given):
			f.Name = family + middle + given
		default:
			f.Name = strings.Join(strings.Fields(given+" "+middle+" "+family), " ")
		}
	}
	add := func(s string) {
		if key := NameKey(s); key != "" {
			for _, have := range f.Keys {
				if have == key {
					return
				}
			}
			f.Keys = append(f.Keys, key)
		}
	}
	add(f.Name)
	if family != "" || given != "" {
		add(family + given + middle)
		add(family + middle + given)
		add(family + given)
		add(given + family)
	} else if words := strings.Fields(f.Name); len(words) > 1 && !roster.Han(f.Name) {
		last := len(words) - 1
		add(words[last] + strings.Join(words[:last], ""))
		add(strings.Join(words[1:], "") + words[0])
	}
}

// NameKey folds a name for comparing: no blanks, dots, hyphens or case.
func NameKey(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '·' || r == '•' || r == '．' || unicode.IsSpace(r) || strings.ContainsRune(".-'’,", r) {
			return -1
		}
		return r
	}, strings.ToLower(sheet.Fold(s)))
}

var nationalShape = regexp.MustCompile(`^(\d{17}[\dX]|\d{15})$`)

func nationalID(cell string) (string, error) {
	s, err := sheet.Identifier(cell)
	if err == nil && s != "" && !nationalShape.MatchString(s) {
		err = fault.Invalid("intake_national_id", "")
	}
	return s, err
}

func sex(text string) (string, error) {
	switch strings.ToLower(text) {
	case "男", "男性", "m", "male", "1":
		return "m", nil
	case "女", "女性", "f", "female", "2":
		return "f", nil
	case "不详", "未知", "unknown", "-", "0", "9":
		return "", nil
	}
	return "", fault.Invalid("intake_sex", "", "Value", text)
}

var severities = map[string]int{"瑕疵": 0, "轻微": 1, "一般": 2, "较重": 3, "严重": 4, "涉嫌犯罪": 5}

func severity(text string) (int, error) {
	if n, ok := severities[text]; ok {
		return n, nil
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(strings.ToUpper(text), "S")); err == nil && n >= 0 && n <= 5 {
		return n, nil
	}
	return 0, fault.Invalid("intake_severity", "", "Value", text)
}

// Sum is the same for two rows of a source that say the same: the basis of a
// duplicate. The receipt date is left out, because the earliest one governs.
// It names people, so that it must only be stored under a key.
func (r *Reading) Sum(source string) []byte {
	h := sha256.New()
	for _, s := range []string{source, NameKey(r.Name), r.PoliceNo, r.BadgeNo, r.NationalID, string(r.EventOn), r.Category,
		sheet.Fold(r.Narrative), r.Number} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	if r.Nobody() { // nothing else tells two units apart
		h.Write([]byte(placeKey(r.Unit)))
	}
	return h.Sum(nil)
}
