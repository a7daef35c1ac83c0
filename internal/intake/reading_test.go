package intake

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/sheet"
)

func reader(cols ...Field) *Reader {
	return &Reader{Columns: cols, Classes: map[string]string{"态度生硬": "public_conduct"},
		Categories: map[string]string{"gifts_business": "gifts_business"}, Today: "2020-12-31"}
}

func TestGuess(t *testing.T) {
	headers := []string{"序号", "姓 名", "警号：", "单位", "问题类别", "发生时间", "问题描述", "Family Name"}
	want := Columns{Ignore, Name, PoliceNo, Unit, Class, EventOn, Narrative, FamilyName}
	if d := cmp.Diff(want, Guess(headers, nil, nil)); d != "" {
		t.Error(d)
	}
	// What a user said for this source goes before the common words, and takes the field.
	want = Columns{Number, Name, PoliceNo, Unit, Class, Ignore, EventOn, FamilyName}
	got := Guess(headers, nil, map[string]Field{"序号": Number, "发生时间": Ignore, "问题描述": EventOn})
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRead(t *testing.T) {
	r := reader(Name, PoliceNo, NationalID, Birth, Sex, EventOn, ReceivedOn, Class, Severity, Narrative)
	got, bad := r.Read(sheet.Row{Number: 5, Cells: []string{"张　伟", "０１２３４５", "33010219850607123x", "1985年6月", "男", "44090", "2020.9.20",
		"态度生硬", "S2", " 摘要 ", "more"}})
	if bad != nil {
		t.Fatal(bad.Fault)
	}
	want := Reading{
		Facts:   Facts{Name: "张 伟", Keys: []string{"张伟"}, PoliceNo: "012345", NationalID: "33010219850607123X", Birth: "1985-06", Sex: "m"},
		EventOn: "2020-09-16", ReceivedOn: "2020-09-20", Class: "态度生硬", Category: "public_conduct", Severity: 2, Narrative: "摘要",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	written := "１．酒后驾车；\r\n２．拒绝　检测 "
	same, bad := r.Read(sheet.Row{Number: 6, Cells: []string{"张伟", "012345", "33010219850607123X", "1985.6", "男", "2020-09-16",
		"2020-09-21", "态度生硬", "2", written}})
	if bad != nil || same.Narrative != "１．酒后驾车；\n２．拒绝　检测" {
		t.Errorf("%q %v", same.Narrative, bad)
	}
	got.Narrative = "1.酒后驾车; 2.拒绝 检测"
	if !bytes.Equal(same.Sum("complaint"), got.Sum("complaint")) {
		t.Error("the same text in other signs is no duplicate")
	}
	for _, c := range []struct {
		what   string
		cells  []string
		column int
		code   string
	}{
		{"rounded number", []string{"张伟", "3.3E+17", "", "", "", "", "", "态度生硬"}, 1, "sheet_rounded"},
		{"control character", []string{"张\x01伟", "1"}, 0, "sheet_control"},
		{"bad id", []string{"张伟", "1", "123"}, 2, "intake_national_id"},
		{"date", []string{"张伟", "1", "", "", "", "09-16-20"}, 5, "sheet_date"},
		{"future", []string{"张伟", "1", "", "", "", "2021-01-01"}, 5, "intake_date_future"},
		{"received before", []string{"张伟", "1", "", "", "", "2020-09-16", "2020-09-15", "态度生硬"}, 5, "intake_received_before_event"},
		{"unknown class", []string{"张伟", "1", "", "", "", "", "", "不明"}, 7, "intake_class_unknown"},
		{"no class", []string{"张伟", "1", "", "", "", "", "", ""}, 7, "intake_class_missing"},
		{"nobody", []string{"", "", "", "", "", "", "", "态度生硬"}, -1, "intake_nobody_named"},
		{"sex", []string{"张伟", "1", "", "", "x"}, 4, "intake_sex"},
		{"severity", []string{"张伟", "1", "", "", "", "", "", "态度生硬", "S9"}, 8, "intake_severity"},
	} {
		_, bad := r.Read(sheet.Row{Number: 1, Cells: c.cells})
		if bad == nil || bad.Column != c.column || bad.Fault.Code != c.code {
			t.Errorf("%s: %+v", c.what, bad)
		}
	}
}

func TestNamesInColumns(t *testing.T) {
	for _, c := range []struct {
		family, given, middle, name string
		keys                        []string
	}{
		{"张", "伟", "", "张伟", []string{"张伟", "伟张"}},
		{"Smith", "Ann", "Marie", "Ann Marie Smith", []string{"annmariesmith", "smithannmarie", "smithmarieann", "smithann", "annsmith"}},
	} {
		got, bad := reader(FamilyName, GivenName, MiddleName, Class).Read(sheet.Row{Cells: []string{c.family, c.given, c.middle, "态度生硬"}})
		if bad != nil {
			t.Fatal(bad.Fault)
		}
		if got.Name != c.name || !cmp.Equal(got.Keys, c.keys) {
			t.Errorf("%q %q", got.Name, got.Keys)
		}
	}
}

func TestReaderCheck(t *testing.T) {
	for want, r := range map[string]*Reader{
		"":                        reader(Name, Class),
		"intake_no_person_column": reader(Unit, Class),
		"intake_no_class_column":  reader(Name),
		"intake_column_twice":     reader(Name, Name, Class),
	} {
		if got := code(r.Check()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCellNames(t *testing.T) {
	for n, want := range map[int]string{0: "7", 1: "A7", 26: "Z7", 27: "AA7", 200: "GR7"} {
		if got := Cell(n, 7); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
