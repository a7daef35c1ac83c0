package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"plumbline/internal/fault"
	"plumbline/internal/words"
)

// pack makes a workbook out of parts, the bare ones added.
func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>`,
	}
	for name, text := range parts {
		all[name] = text
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for name, text := range all {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func sheetData(rows string) map[string]string {
	return map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`}
}

func ole(stream string) []byte {
	b := append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 504)...)
	return append(b, utf16le(stream)...)
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.As(err).Code
}

// read opens and reads everything, as an import does.
func read(name string, data []byte, sheet string) ([]Row, error) {
	b, err := Open(name, data)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return b.All(sheet)
}

func TestRefusals(t *testing.T) {
	good := pack(t, nil)
	if rows, err := read("a.xlsx", good, ""); err != nil || len(rows) != 1 {
		t.Fatalf("the bare workbook: %v %v", rows, err)
	}
	wide := strings.Repeat("x,", 200) + "x\n"
	var flood bytes.Buffer
	for range 2 << 20 {
		flood.WriteString("<si/>")
	}
	var many bytes.Buffer
	z := zip.NewWriter(&many)
	for i := range maxParts + 10 {
		z.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", i))
	}
	z.Close()
	cases := []struct {
		name string
		data []byte
		want string
	}{
		{"big.csv", make([]byte, MaxSize+1), "sheet_size"},
		{"empty.csv", nil, "sheet_empty"},
		{"old.xls", ole("Workbook"), "sheet_old"},
		{"wps.et", ole("Workbook"), "sheet_old"},
		{"renamed.xlsx", ole("Workbook"), "sheet_old"},
		{"renamed.csv", ole("Workbook"), "sheet_old"},
		{"secret.xlsx", ole("EncryptedPackage"), "sheet_encrypted"},
		{"macro.xlsm", good, "sheet_macro"},
		{"hidden-macro.xlsx", pack(t, map[string]string{"xl/vbaProject.bin": "x"}), "sheet_macro"},
		{"text.xlsx", []byte("name,number\n"), "sheet_mismatch"},
		{"zip.csv", good, "sheet_mismatch"},
		{"binary.csv", []byte("a,b\x00c\n"), "sheet_mismatch"},
		{"paper.csv", []byte("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"), "sheet_mismatch"},
		{"page.csv", []byte("\r\n<HTML><table><tr><td>姓名</td></tr></table>"), "sheet_mismatch"},
		{"letter.txt", []byte(`{\rtf1\ansi`), "sheet_mismatch"},
		{"picture.png", []byte("\x89PNG\r\n"), "sheet_kind"},
		{"docx.xlsx", func() []byte {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			w, _ := z.Create("word/document.xml")
			io.WriteString(w, "<a></a>")
			z.Close()
			return b.Bytes()
		}(), "sheet_mismatch"},
		{"cut.xlsx", good[:len(good)-30], "sheet_damaged"},
		{"truncated-part.xlsx", pack(t, map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c`}), "sheet_damaged"},
		{"doctype.xlsx", pack(t, map[string]string{"xl/worksheets/sheet1.xml": `<!DOCTYPE a [<!ENTITY b "c">]><worksheet></worksheet>`}), "sheet_damaged"},
		{"deep.xlsx", pack(t, map[string]string{"xl/worksheets/sheet1.xml": strings.Repeat("<a>", 1_000_000)}), "sheet_damaged"},
		{"tag.xlsx", pack(t, map[string]string{"xl/worksheets/sheet1.xml": "<a" + strings.Repeat(` b=""`, 1_000_000) + "></a>"}), "sheet_damaged"},
		{"bomb.xlsx", pack(t, map[string]string{"xl/worksheets/sheet1.xml": strings.Repeat(" ", MaxUnpacked+1)}), "sheet_unpacked"},
		{"bombs.xlsx", pack(t, map[string]string{"xl/media/a.png": strings.Repeat("0", MaxUnpacked/2+1),
			"xl/media/b.png": strings.Repeat("0", MaxUnpacked/2+1)}), "sheet_unpacked"},
		{"strings.xlsx", pack(t, map[string]string{"xl/sharedStrings.xml": "<sst>" + flood.String() + "</sst>"}), "sheet_unpacked"},
		{"parts.xlsx", many.Bytes(), "sheet_parts"},
		{"wide.csv", []byte("a,b\n" + wide), "sheet_columns"},
		{"wide.xlsx", pack(t, sheetData(`<row r="1"><c r="GS1"><v>1</v></c></row>`)), "sheet_columns"},
		{"wide2.xlsx", pack(t, sheetData(`<row>`+strings.Repeat(`<c><v>1</v></c>`, 201)+`</row>`)), "sheet_columns"},
		{"long.xlsx", pack(t, sheetData(`<row><c t="inlineStr"><is><t>`+strings.Repeat("x", 1<<20)+`</t></is></c></row>`)), "sheet_cell_long"},
		{"quote.csv", []byte("a,b\n1,\"never closed\n" + strings.Repeat("2,x\n", 20000)), "sheet_quote"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			_, err := read(c.name, c.data, "")
			runtime.ReadMemStats(&after)
			if code(err) != c.want {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if f := fault.As(err); f.Field != "file" || words.T(words.EN, "fault."+f.Code) == "" {
				t.Errorf("field %q", f.Field)
			}
			// Total allocation bounds growth from above.
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
				t.Errorf("refusing took %d MB", grown>>20)
			}
			var took time.Duration
			for range 5 { // a busy machine is slow once, a slow refusal always
				start := time.Now()
				_, _ = read(c.name, c.data, "") // refused as above
				if took = time.Since(start); took <= time.Second {
					return
				}
			}
			t.Errorf("refusing took %v", took)
		})
	}
}

func TestEmptyStyledCellsAreNoColumns(t *testing.T) {
	rows, err := read("a.xlsx", pack(t, sheetData(`<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="0"/></row>`)), "")
	if err != nil || len(rows) != 1 || len(rows[0].Cells) != 1 {
		t.Fatalf("%v %v", rows, err)
	}
}

func TestEncodings(t *testing.T) {
	text := "姓名,单位\n张伟,城东分局\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{{1, []string{"姓名", "单位"}}, {2, []string{"张伟", "城东分局"}}}
	for name, data := range map[string]string{
		"utf-8": text, "bom": "\xEF\xBB\xBF" + text, "gb18030": gb, "crlf": strings.ReplaceAll(text, "\n", "\r\n"),
		"tab": strings.ReplaceAll(text, ",", "\t"), "utf-16": "\xFF\xFE" + string(utf16Text(text)),
	} {
		got, err := read("a.csv", []byte(data), "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func utf16Text(s string) []byte {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return b
}

func TestWorkbookAsPeopleMakeIt(t *testing.T) {
	f := excelize.NewFile()
	f.SetSheetName("Sheet1", "说明")
	f.NewSheet("数据")
	f.SetCellValue("数据", "A1", "2020年核查问题汇总表")
	f.MergeCell("数据", "A1", "D1")
	f.SetSheetRow("数据", "A3", &[]any{"姓名", "警号", "发生日期", "摘要"})
	f.SetSheetRow("数据", "A4", &[]any{"张伟", "012345", time.Date(2020, 9, 16, 0, 0, 0, 0, time.UTC), "迟到"})
	f.SetSheetRow("数据", "A6", &[]any{"李娜", 330102199001011234, 44090, "x"})
	custom := `yyyy"年"m"月"d"日"`
	style, _ := f.NewStyle(&excelize.Style{CustomNumFmt: &custom})
	f.SetCellValue("数据", "C7", 44090)
	f.SetCellStyle("数据", "C7", "C7", style)
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	b, err := Open("a.XLSX", buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if d := cmp.Diff([]string{"说明", "数据"}, b.Sheets()); d != "" {
		t.Fatal(d)
	}
	if _, err := b.All("无此表"); code(err) != "sheet_unknown" {
		t.Errorf("unknown sheet: %v", err)
	}
	rows, err := b.All("2")
	if err != nil {
		t.Fatal(err)
	}
	numbers := []int{}
	for _, r := range rows {
		numbers = append(numbers, r.Number)
	}
	if d := cmp.Diff([]int{1, 3, 4, 6, 7}, numbers); d != "" {
		t.Fatal(d)
	}
	if at := Header(rows, func(s string) bool { return s == "姓名" || s == "警号" }); at != 1 {
		t.Errorf("known header at %d", at)
	}
	if at := Header(rows, func(string) bool { return false }); at != 1 {
		t.Errorf("unknown header at %d", at)
	}
	if rows[2].Cells[1] != "012345" {
		t.Errorf("leading zero lost: %q", rows[2].Cells[1])
	}
	for _, i := range []int{2, 3, 4} {
		if d, err := Date(rows[i].Cells[2]); err != nil || d != "2020-09-16" {
			t.Errorf("row %d: date %q became %q %v", rows[i].Number, rows[i].Cells[2], d, err)
		}
	}
}

func TestDate(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "2020.9.16": "2020-09-16", "20200916": "2020-09-16", "2020年9月16日": "2020-09-16",
		"2020/9/16": "2020-09-16", "2020-09-16": "2020-09-16", "44090": "2020-09-16", "44090.75": "2020-09-16",
		"２０２０．９．１６": "2020-09-16", "2020-09-16 08:30:00": "2020-09-16", " 2020 年 9 月 16 日 ": "2020-09-16",
		"2020-09-16T08:30:00Z": "2020-09-16", `="20200916"`: "2020-09-16", "2020-02-29": "2020-02-29",
		"2019-02-29": "sheet_date", "09-16-20": "sheet_date", "2020.9": "sheet_date_part", "2020年": "sheet_date_part",
		"2020-13-01": "sheet_date", "99999999": "sheet_date", "昨天": "sheet_date", "18200101": "sheet_date",
	} {
		got, err := Date(in)
		if err != nil {
			got = code(err)
		}
		if got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"1985": "1985", "1985年": "1985", "1985.6": "1985-06", "1985-06-07": "1985-06-07",
		"85": "sheet_date"} {
		got, err := DateOrYear(in)
		if err != nil {
			got = code(err)
		}
		if got != want {
			t.Errorf("birth %q became %q, want %q", in, got, want)
		}
	}
}

func TestPeriod(t *testing.T) {
	for text, want := range map[string][2]string{
		"2019-01-01~2020-05-31": {"2019-01-01", "2020-05-31"}, "2019年1月1日至2020.5.31": {"2019-01-01", "2020-05-31"},
		"2019-2020": {"2019", "2020"}, "2019-02 to 2020-02": {"2019-02", "2020-02"}, "2018至": {"2018", ""},
		"-2020-05-31": {"", "2020-05-31"}, "2019-01-01-2019-01-31": {"2019-01-01", "2019-01-31"}, "2021-03-": {"2021-03", ""},
	} {
		from, to, err := Period(text)
		if err != nil || from != want[0] || to != want[1] {
			t.Errorf("Period(%q) = %q, %q, %v", text, from, to, err)
		}
	}
	for _, text := range []string{"", "~", "2019", "2019-01-01", "old", "2019~x", "2019~2020~2021"} {
		if _, _, err := Period(text); code(err) != "sheet_period" {
			t.Errorf("Period(%q): %v", text, err)
		}
	}
}

func TestIdentifier(t *testing.T) {
	for in, want := range map[string]string{
		" ０１２３４５ ": "012345", `="012345"`: "012345", "'012345": "012345", "33010219900101123x": "33010219900101123X",
		"3.3E+17": "sheet_rounded", "3.30102199001011E+17": "sheet_rounded", "３．３Ｅ＋１７": "sheet_rounded",
		// Shown with all places, three of them lost; the last id ends so by right.
		"330102197301131000": "sheet_rounded", "３３０１０２１９７３０１１３１０００": "sheet_rounded", "330102197301138000": "330102197301138000",
		"12345.0": "12345", "330102 19900101 1234": "330102199001011234", "": "", "E12345": "E12345",
	} {
		got, err := Identifier(in)
		if err != nil {
			got = code(err)
		}
		if got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestNeutral(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠a": "'＠a",
		"\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "  =1": "'  =1", "\u3000=1": "'\u3000=1",
		"张伟": "张伟", "": "", "a=1": "a=1", "a\x00b": "a\u2400b",
	} {
		if got := Neutral(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestWriteAndReadBack(t *testing.T) {
	for _, name := range []string{"a.csv", "a.xlsx"} {
		var buf bytes.Buffer
		w := NewCSV(&buf)
		if name == "a.xlsx" {
			var err error
			if w, err = NewXLSX(&buf, "问题[清单]"); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Header("姓名", "数"); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := w.Row("=cmd|'/c'!A1", -i); err != nil {
				t.Fatal(err)
			}
		}
		n, err := w.Close()
		if err != nil || n != 3 {
			t.Fatalf("%s: %d rows, %v", name, n, err)
		}
		rows, err := read(name, buf.Bytes(), "")
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 4 || rows[3].Cells[0] != "'=cmd|'/c'!A1" || rows[3].Cells[1] != "-2" {
			t.Errorf("%s: %v", name, rows)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a.csv", []byte("a,b\n1,\"2\n"))
	f.Add("a.csv", []byte("\xFF\xFEa\x00"))
	f.Add("a.xlsx", pack(f, nil))
	f.Add("a.xlsx", pack(f, sheetData(`<row r="1"><c r="A1" t="s"><v>9</v></c></row>`)))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		rows, err := read(name, data, "")
		if err != nil {
			if fault.As(err).Kind == fault.Internal {
				t.Fatalf("not a fault: %v", err)
			}
			return
		}
		last := 0
		for _, r := range rows {
			if r.Number <= last || len(r.Cells) > MaxColumns {
				t.Fatalf("row %d after %d with %d cells", r.Number, last, len(r.Cells))
			}
			last = r.Number
			for _, c := range r.Cells {
				Date(c)
				DateOrYear(c)
				Identifier(c)
				Fold(Neutral(c))
			}
		}
	})
}
