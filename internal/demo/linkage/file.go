package linkage

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"

	"plumbline/internal/intake"
)

// column is a field and the header that lists of this kind use for it.
type column struct {
	field  intake.Field
	header string
}

var hanColumns = []column{
	{intake.Number, "受理编号"}, {intake.ReceivedOn, "受理日期"}, {intake.Name, "被反映人姓名"}, {intake.FamilyName, "姓"},
	{intake.GivenName, "名"}, {intake.Sex, "性别"}, {intake.Birth, "出生日期"}, {intake.PoliceNo, "警号"}, {intake.BadgeNo, "工号"},
	{intake.Rank, "警衔"}, {intake.Unit, "所在单位"}, {intake.EventOn, "发生时间"}, {intake.Class, "问题类别"}, {intake.Narrative, "主要问题"},
}

var latinColumns = []column{
	{intake.Number, "Case No."}, {intake.ReceivedOn, "Date Received"}, {intake.Name, "Officer Name"}, {intake.FamilyName, "Last Name"},
	{intake.GivenName, "First Name"}, {intake.MiddleName, "Middle Name"}, {Suffix, "Suffix"}, {intake.BadgeNo, "Badge No."},
	{intake.Birth, "Year of Birth"}, {intake.Sex, "Sex"}, {intake.Rank, "Rank"}, {intake.Unit, "Unit"}, {Appointed, "Appointed Date"},
	{intake.EventOn, "Incident Date"}, {intake.Class, "Category"}, {intake.Narrative, "Summary"},
}

func (w *World) columns() []column {
	if w.Script == Han {
		return hanColumns
	}
	return latinColumns
}

// Headers gives the field of each header of a file, as whoever sends it would
// explain it.
func (w *World) Headers() map[string]intake.Field {
	said := map[string]intake.Field{}
	for _, c := range w.columns() {
		said[c.header] = c.field
	}
	return said
}

// File writes rows as a CSV file with the headers of such lists. The rows stand
// in it in their order, the first below the header.
func (w *World) File(records []Record) []byte {
	columns := w.columns()
	return table(func(row func(cells ...string)) {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = c.header
		}
		row(cells...)
		for i := range records {
			for k, c := range columns {
				cells[k] = records[i].Cells[c.field]
			}
			row(cells...)
		}
	})
}

// table writes a CSV to memory, which cannot fail.
func table(fill func(row func(cells ...string))) []byte {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	fill(func(cells ...string) { _ = out.Write(cells) })
	out.Flush()
	return b.Bytes()
}

// Tables are the files from which a site imports the force.
type Tables struct {
	Units, People, Postings []byte
}

// Tables writes the force as files of the roster import. A person has there the
// number that he holds, and the day since when; those whom the roster gives no
// full date of birth have the year alone.
func (w *World) Tables() Tables {
	return Tables{
		Units: table(func(row func(cells ...string)) {
			row("code", "name", "name_en", "tier", "parent_code", "from")
			for _, u := range w.units {
				parent := ""
				if u.parent >= 0 {
					parent = w.units[u.parent].code
				}
				row(u.code, u.name, u.short, fmt.Sprint(u.tier), parent, "1960-01-01")
			}
		}),
		People:   table(w.peopleTable),
		Postings: table(w.postingTable),
	}
}

func (w *World) peopleTable(row func(cells ...string)) {
	row("personnel_no", "name", "kind", "sex", "born_on", "rank", "police_no", "badge_no", "former_name", "numbers_from", "state")
	for i := range w.people[:w.People] {
		p := &w.people[i]
		kind, state, former, police, badge, from := "officer", "serving", "", "", "", ""
		if p.auxiliary {
			kind = "auxiliary"
		}
		if p.departed != open {
			state = "left"
		}
		if p.former != nil {
			former = p.former.whole()
		}
		if value, isBadge := p.numberOn(w.until); value != "" {
			at := slices.IndexFunc(p.numbers, func(n held) bool { return n.value == value && w.until.in(n.from, n.to) })
			from = string(p.numbers[at].from.date())
			if police = value; isBadge {
				police, badge = "", value
			}
		}
		row(p.personnel, p.name.whole(), kind, p.sex, p.birth, w.rankOn(p, w.until), police, badge, former, from, state)
	}
}

func (w *World) postingTable(row func(cells ...string)) {
	row("personnel_no", "unit_code", "rank", "main", "from", "to")
	for i := range w.people[:w.People] {
		p := &w.people[i]
		for _, v := range p.served {
			main := "no"
			if v.main {
				main = "yes"
			}
			row(p.personnel, w.units[v.unit].code, v.rank, main, string(v.from.date()), string(v.to.date()))
		}
	}
}
