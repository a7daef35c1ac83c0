package demo

import (
	"bytes"
	"context"
	"fmt"
	"time"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/demo/seeded"
	"plumbline/internal/fault"
	"plumbline/internal/sheet"
	"plumbline/seeds"
)

// auditRows is how many audit records the case has.
const auditRows = 22_000

// importAudit brings in one list of each source, and decides on some of the
// matches that need a person.
func (m *Maker) importAudit(ctx context.Context) error {
	m.day(50)
	total := auditRows
	if m.Size != Full {
		total = 8 * 32
	}
	done := 0
	m.tell("audit", 0, total)
	for i, s := range seeds.Sources() {
		n := (i+1)*total/8 - i*total/8
		inspector, err := m.as(ctx, "demo-inspector")
		if err != nil {
			return err
		}
		file := appintake.AuditFile{Name: s.ZH + "问题清单.csv", Data: m.auditFile(s, n), Source: s.Code}
		if _, _, err := m.App.ImportAudit(ctx, inspector, appintake.ImportInput{AuditFile: file}); err != nil {
			return fmt.Errorf("import %s: %w", s.Code, err)
		}
		if err := m.App.DrainJobs(ctx); err != nil {
			return err
		}
		done += n
		m.tell("audit", done, total)
	}
	return m.decideMatches(ctx)
}

// auditFile writes a source's list: most rows name one person by number, some
// by name and unit alone, some a name that two people share, some a person in
// the wrong unit, some nobody, and a few hold what cannot be read.
func (m *Maker) auditFile(s seeds.Source, n int) []byte {
	var b bytes.Buffer
	w := sheet.NewCSV(&b)
	// Writing to memory cannot fail.
	_ = w.Header("姓名", "警号", "单位", "问题类别", "发生时间", "受理日期", "程度", "问题描述")
	before := m.start.AddDate(0, 0, 48)
	for range n {
		r := m.record(s, before)
		_ = w.Row(r[:]...)
	}
	_, _ = w.Close()
	return b.Bytes()
}

var grades = []string{"瑕疵", "轻微", "轻微", "轻微", "一般", "一般", "一般", "较重"}

func (m *Maker) record(s seeds.Source, before time.Time) (row [8]any) {
	p := seeded.Pick(m.Dice, m.people)
	for p.unit.Tier == 0 || p.police == "" {
		p = seeded.Pick(m.Dice, m.people)
	}
	class := seeded.Pick(m.Dice, s.Classes)
	received := before.AddDate(0, 0, -m.Roll(120))
	event := received.AddDate(0, 0, -1-m.Roll(200))
	number := p.police
	if p.former != "" && event.Format("2006-01-02") <= string(formerTo) {
		number = p.former // the number of that time, which somebody else has now
	}
	grade := seeded.Pick(m.Dice, grades)
	if m.One(60) {
		grade = "严重"
	}
	row = [8]any{p.name, number, p.unit.Name, class.Class, event.Format("2006.1.2"), received.Format("2006年1月2日"), grade,
		narrative(m.Dice, class.Category, p.unit.Name)}
	switch m.Roll(100) {
	case 0, 1, 2, 3, 4, 5, 6, 7: // name and unit alone
		row[1] = ""
	case 8, 9, 10: // two alike
		for range 400 {
			if twin := seeded.Pick(m.Dice, m.people); twin.alike {
				row[0], row[1], row[2] = twin.name, "", ""
				break
			}
		}
	case 11, 12: // a wrong unit
		row[1], row[2] = "", seeded.Pick(m.Dice, m.units).Name
	case 13, 14: // nobody
		row[0], row[1] = "查无"+p.name, ""
	case 15: // a number that a spreadsheet spoiled
		row[1] = "3.3E+17"
	case 16: // a date that is none
		row[4] = "去年冬天"
	}
	return row
}

// decideMatches settles some of what waits: one reviewer where one candidate is
// probable, two where there are several.
func (m *Maker) decideMatches(ctx context.Context) error {
	m.day(52)
	one, two, err := m.inspectors(ctx)
	if err != nil {
		return err
	}
	rows, _, _, err := m.App.Matches(ctx, one, appintake.MatchFilter{Open: true}, "", 60)
	if err != nil {
		return err
	}
	for i, r := range rows {
		v, err := m.App.Match(ctx, two, r.ID)
		if err != nil || len(v.Candidates) == 0 || i%3 == 2 {
			if err != nil && !fault.Is(err, fault.NotFoundKind) { // about the second inspector himself
				return err
			}
			continue
		}
		in := appintake.DecideInput{ID: r.ID, Version: r.Version, Person: v.Candidates[0].PersonID, Reason: "核对值班表和执法记录"}
		v, _, err = m.App.DecideMatch(ctx, one, in)
		if err != nil {
			return fmt.Errorf("decide a match: %w", err)
		}
		if v.MayDecide || v.State == "matched" || i%6 == 3 { // the last: one of two has answered
			continue
		}
		in.Version = v.Version
		if _, _, err := m.App.DecideMatch(ctx, two, in); err != nil {
			return fmt.Errorf("decide a match, second reviewer: %w", err)
		}
	}
	return nil
}
