package people

import (
	"bytes"
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/sheet"
	"plumbline/internal/words"
)

// RosterTable is one of the four tables from which the roster is imported.
type RosterTable string

// The tables, in the order in which a new site imports them.
const (
	UnitTable    RosterTable = "units"
	PeopleTable  RosterTable = "people"
	PostingTable RosterTable = "postings"
	LinkTable    RosterTable = "links"
)

// RosterTables lists the tables in the order in which they are imported.
var RosterTables = []RosterTable{UnitTable, PeopleTable, PostingTable, LinkTable}

// rosterOps are the operations that import each table.
var rosterOps = map[RosterTable]string{UnitTable: "unit.import", PeopleTable: "person.import", PostingTable: "posting.import",
	LinkTable: "command_link.import"}

// ImportOp is the operation that imports the table.
func (t RosterTable) ImportOp() string { return rosterOps[t] }

// rosterColumns are the fields of each table; those with a star must be there. The
// headers of the templates are the texts of "roster.column.<field>". A person's name
// is given whole or in parts.
var rosterColumns = map[RosterTable][]string{
	UnitTable: {"code*", "name*", "name_en", "tier*", "parent_code", "state", "successor_code", "from"},
	PeopleTable: {"personnel_no*", "name", "family_name", "given_name", "middle_name", "name_suffix", "kind", "sex", "born_on", "rank",
		"national_id", "police_no", "badge_no", "numbers_from", "numbers_to", "former_name", "nickname", "other_name", "pinyin",
		"appointed_on", "departed_on", "state"},
	PostingTable: {"personnel_no*", "unit_code*", "post", "rank", "team", "main", "from", "to"},
	LinkTable:    {"personnel_no*", "link*", "unit_code", "over_personnel_no", "from", "to"},
}

// Columns lists the fields of the table.
func (t RosterTable) Columns() []string {
	out := make([]string, 0, len(rosterColumns[t]))
	for _, c := range rosterColumns[t] {
		out = append(out, strings.TrimSuffix(c, "*"))
	}
	return out
}

// ColumnKey is the catalogue key of a field's header.
func (t RosterTable) ColumnKey(field string) string {
	if key := "roster.column." + string(t) + "." + field; words.Has(key) {
		return key
	}
	return "roster.column." + field
}

// headerKey normalizes headers for comparison.
func headerKey(s string) string {
	key := strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' || r == '*' || r == '\n' || r == '（' || r == '）' || r == '(' || r == ')' {
			return -1
		}
		return r
	}, strings.ToLower(sheet.Fold(s)))
	for _, lang := range words.Langs { // two words for one thing
		if also, means, ok := strings.Cut(words.T(lang, "roster.header.synonym"), " "); ok {
			key = strings.ReplaceAll(key, also, means)
		}
	}
	return key
}

// fieldOf finds the field of a header, by the field's name or by its text in any
// language.
func (t RosterTable) fieldOf(header string) string {
	key := headerKey(header)
	if key == "" {
		return ""
	}
	for _, field := range t.Columns() {
		if key == headerKey(field) {
			return field
		}
		for _, lang := range words.Langs {
			if key == headerKey(words.T(lang, t.ColumnKey(field))) {
				return field
			}
		}
	}
	return ""
}

// RowError is a rejected row and the reason.
type RowError struct {
	Row    int          // as in the file, from 1
	Column string       // field, "" if the row as a whole
	Value  string       // the cell as it stands, cut short
	Fault  *fault.Error // the reason
}

// rosterRow is a row with its cells by field, folded.
type rosterRow struct {
	number int
	cells  map[string]string
	bad    *RowError
	flags  []RowError // what is odd about it, though it is taken
}

func (r *rosterRow) get(field string) string { return r.cells[field] }

// named reports whether the row has a value for the field, even an empty one. Fields
// that a row does not name stay as they are.
func (r *rosterRow) named(field string) bool {
	_, ok := r.cells[field]
	return ok
}

// reject records the first reason against the row.
func (r *rosterRow) reject(f *fault.Error) {
	if r.bad == nil {
		r.bad = &RowError{Row: r.number, Column: f.Field, Value: clip(r.cells[f.Field], 60), Fault: f}
	}
}

// flag notes something odd about a row that is taken all the same.
func (r *rosterRow) flag(f *fault.Error) {
	if !slices.ContainsFunc(r.flags, func(e RowError) bool { return e.Column == f.Field && e.Fault.Code == f.Code }) {
		r.flags = append(r.flags, RowError{Row: r.number, Column: f.Field, Value: clip(r.cells[f.Field], 60), Fault: f})
	}
}

// listFields hold several things in one cell.
var listFields = []string{"police_no", "badge_no", "former_name", "nickname", "other_name"}

// put stores a cell as the row's value of a field, or rejects the row.
func (r *rosterRow) put(field, cell string) {
	most := 100
	if slices.Contains(listFields, field) {
		most, cell = 300, strings.ReplaceAll(cell, "\n", ";")
	}
	r.cells[field] = sheet.Fold(cell)
	if f := sheet.Check(cell); f != nil {
		r.reject(f.WithField(field))
	} else if len(r.cells[field]) > 3*most {
		r.reject(fault.Invalid("too_long", field, "Max", most))
	}
}

// missing returns the first thing without which a row of the table says nothing.
func (r *rosterRow) missing(t RosterTable) *fault.Error {
	for _, field := range t.Must() {
		switch {
		case r.get(field) != "":
		case t == PostingTable && field == "unit_code":
			return fault.Invalid("posting_no_unit", field)
		default:
			return fault.Invalid("required", field)
		}
	}
	return nil
}

func clip(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n]) + "…"
	}
	return s
}

// date reads a date; an invalid one rejects the row.
func (r *rosterRow) date(field string) roster.Date {
	text, err := sheet.Date(r.get(field))
	if err != nil {
		r.reject(fault.As(err).WithField(field))
		return ""
	}
	return roster.Date(text)
}

// partDate reads a date, a month or a year.
func (r *rosterRow) partDate(field string) roster.Date {
	text, err := sheet.DateOrYear(r.get(field))
	if err != nil {
		r.reject(fault.As(err).WithField(field))
		return ""
	}
	return roster.Date(text)
}

// identifier reads a cell that identifies a person or thing.
func (r *rosterRow) identifier(field string) string {
	text, err := sheet.Identifier(r.get(field))
	if err != nil {
		r.reject(fault.As(err).WithField(field))
	}
	return text
}

// word reads a cell with one of a few values: a code, or its text in any language.
func (r *rosterRow) word(field string, codes map[string]string) string {
	text := headerKey(r.get(field))
	if text == "" {
		return ""
	}
	for code, keys := range codes {
		if text == headerKey(code) {
			return code
		}
		for _, key := range strings.Fields(keys) {
			if text == headerKey(key) {
				return code
			}
			for _, lang := range words.Langs {
				if words.Has(key) && text == headerKey(words.T(lang, key)) {
					return code
				}
			}
		}
	}
	r.reject(fault.Invalid("roster_word", field, "Words", allowedWords(codes)))
	return ""
}

// allowedWords lists the values of a column in both languages, in a fixed order.
func allowedWords(codes map[string]string) string {
	var out []string
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		key, _, _ := strings.Cut(codes[code], " ")
		out = append(out, words.T(words.ZH, key)+" / "+words.T(words.EN, key))
	}
	return strings.Join(out, "; ")
}

// yes reads a yes-or-no cell.
func (r *rosterRow) yes(field string, otherwise bool) bool {
	switch r.word(field, map[string]string{"yes": "page.yes y true 1 ✓ √", "no": "page.no n false 0 × ✗"}) {
	case "yes":
		return true
	case "no":
		return false
	}
	return otherwise
}

// readRoster reads a table from a file. It returns unreadable rows with their
// reason, and the names of unknown columns.
func (a *Personnel) readRoster(ctx context.Context, who *roster.Actor, in RosterImport) (rows []*rosterRow, ignored []string, err error) {
	done, err := a.Reading(ctx, who)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	t := in.Table
	book, err := sheet.Open(in.Name, in.Data)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = book.Close() }()
	which, err := book.Sheet(in.Sheet)
	if err != nil {
		return nil, nil, err
	}
	all, err := book.All(which)
	if err != nil {
		return nil, nil, err
	}
	at := sheet.Header(all[:min(len(all), 20)], func(cell string) bool { return t.fieldOf(cell) != "" })
	if at < 0 {
		return nil, nil, fault.Invalid("roster_header", "file")
	}
	fields := make([]string, len(all[at].Cells))
	for i, cell := range all[at].Cells {
		fields[i] = t.fieldOf(cell)
		if fields[i] != "" && slices.Contains(fields[:i], fields[i]) {
			return nil, nil, fault.Invalid("roster_column_twice", "file", "Column", clip(cell, 40))
		}
		if fields[i] == "" && sheet.Fold(cell) != "" {
			ignored = append(ignored, clip(sheet.Fold(cell), 40))
		}
	}
	if field := t.lacks(fields); field != "" {
		return nil, nil, fault.Invalid("roster_column_missing", "file", "Column",
			words.T(words.ZH, t.ColumnKey(field))+" / "+words.T(words.EN, t.ColumnKey(field)))
	}
	for _, line := range all[at+1:] {
		r := &rosterRow{number: line.Number, cells: make(map[string]string, len(fields))}
		for _, field := range fields { // a line may be shorter than the header
			if field != "" {
				r.cells[field] = ""
			}
		}
		for i, cell := range line.Cells {
			if i < len(fields) && fields[i] != "" {
				r.put(fields[i], cell)
			}
		}
		if f := r.missing(t); f != nil {
			r.reject(f)
		}
		rows = append(rows, r)
	}
	return rows, ignored, nil
}

// lacks is the first field that a table cannot do without and these columns lack.
func (t RosterTable) lacks(fields []string) string {
	for _, field := range t.Must() {
		if !slices.Contains(fields, field) {
			return field
		}
	}
	named := func(f string) bool { return f == "name" || f == "family_name" || f == "given_name" }
	if t == PeopleTable && !slices.ContainsFunc(fields, named) {
		return "name"
	}
	return ""
}

// WriteRosterTemplate writes an empty table with the headers of the language,
// as CSV or XLSX by the format's name.
func WriteRosterTemplate(w io.Writer, t RosterTable, lang words.Lang, format string) error {
	if _, ok := rosterColumns[t]; !ok {
		return fault.NotFound()
	}
	var out *sheet.Writer
	var err error
	var buffer bytes.Buffer
	if format == "xlsx" {
		out, err = sheet.NewXLSX(&buffer, words.T(lang, "roster.table."+string(t)))
	} else {
		out = sheet.NewCSV(&buffer)
	}
	if err != nil {
		return err
	}
	var header []string
	for _, field := range t.Columns() {
		header = append(header, words.T(lang, t.ColumnKey(field)))
	}
	if err := out.Header(header...); err != nil {
		return err
	}
	if _, err := out.Close(); err != nil {
		return err
	}
	_, err = w.Write(buffer.Bytes())
	return err
}

// RosterTemplate is an empty table to fill in, for anybody who may see units.
func (a *Personnel) RosterTemplate(who *roster.Actor, t RosterTable, lang words.Lang, format string) ([]byte, error) {
	if _, err := a.Authorize(who, "roster.template"); err != nil {
		return nil, err
	}
	if format != "csv" && format != "xlsx" {
		return nil, fault.Invalid("bad_code", "format")
	}
	var b bytes.Buffer
	err := WriteRosterTemplate(&b, t, lang, format)
	return b.Bytes(), err
}

// SheetType is the media type of a format's files.
func SheetType(format string) string {
	if format == "xlsx" {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}
