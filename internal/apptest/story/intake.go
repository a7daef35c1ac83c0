package story

import (
	"context"
	"testing"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/apptest"
)

// Petitions is a list as an office would send it. The numbers are those of the
// small bureau: 100000 and on in the order of its people.
const Petitions = "2026年信访问题汇总\n\n" +
	"姓名,警号,单位,问题类别,发生时间,受理日期,问题描述\n" +
	"林甲,100011,单位east1,态度生硬,2026.2.1,2026年2月10日,窗口态度生硬\n" + // exact: anna
	"林乙,,单位east1,态度生硬,20260202,2026/2/10,推诿\n" + // probable: ben
	"林丙,100013,单位east2,态度生硬,46055,2026-02-10,与警号不符\n" + // ambiguous: name of cara, number of cara? set below
	"无此人,,单位west1,态度生硬,2026-02-03,2026-02-10,查无此人\n" + // unmatched
	"林丁,3.3E+17,单位west1,态度生硬,2026-02-03,2026-02-10,警号被改\n" + // rejected
	"林甲,100011,单位east1,态度生硬,2026.2.1,2026年2月8日,窗口态度生硬\n" // duplicate of the first, received earlier

// PetitionFile is an upload of complaints.
func PetitionFile(text string) appintake.AuditFile {
	return appintake.AuditFile{Name: "petitions.csv", Data: []byte(text), Source: "petition"}
}

// ImportFile imports it to its end and gives the batch.
func ImportFile(t *testing.T, s *apptest.Site, f appintake.AuditFile) string {
	t.Helper()
	out, _, err := s.App.ImportAudit(context.Background(), s.Actor("inspector"), appintake.ImportInput{AuditFile: f})
	if err != nil || out.Unchanged {
		t.Fatalf("import: %+v %v", out, err)
	}
	s.Jobs()
	return out.BatchID
}

// MatchNamed is the record about a name, as somebody finds it in his queue.
func MatchNamed(t *testing.T, s *apptest.Site, actor, name string) appintake.MatchRow {
	t.Helper()
	rows, _, _, err := s.App.Matches(context.Background(), s.Actor(actor), appintake.MatchFilter{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Named == name && r.State != "duplicate" {
			return r
		}
	}
	t.Fatalf("%s sees no match of %s in %+v", actor, name, rows)
	return appintake.MatchRow{}
}
