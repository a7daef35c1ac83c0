package intake_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	appintake "plumbline/internal/app/intake"
	"plumbline/internal/apptest"
	"plumbline/internal/fault"
)

// workbook is an .xlsx with the named sheets, each with rows of text.
func workbook(t *testing.T, names []string, rows ...[][]string) []byte {
	t.Helper()
	const ns = `"http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	var sheets, links strings.Builder
	parts := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"_rels/.rels":         `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
	}
	for i, name := range names {
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="r%d"/>`, name, i+1, i+1)
		fmt.Fprintf(&links, `<Relationship Id="r%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
		var data strings.Builder
		for n, row := range rows[i] {
			fmt.Fprintf(&data, `<row r="%d">`, n+1)
			for c, cell := range row {
				fmt.Fprintf(&data, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+c, n+1, cell)
			}
			data.WriteString(`</row>`)
		}
		parts[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = `<worksheet xmlns=` + ns + `><sheetData>` + data.String() + `</sheetData></worksheet>`
	}
	parts["xl/workbook.xml"] = `<workbook xmlns=` + ns + ` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>` + sheets.String() + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + links.String() + `</Relationships>`
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A workbook often begins with a sheet of explanations. Whoever did not choose
// is told which sheets there are.
func TestTheSheetWithTheRowsIsAskedFor(t *testing.T) {
	s := apptest.SQLite(t)
	book := workbook(t, []string{"说明", "台账"}, [][]string{{"本表由信访办填写"}}, [][]string{{"信访台账"}, {"姓名", "警号", "类别"}, {"林甲", "100011", "对待群众"}})
	file := appintake.AuditFile{Name: "台账.xlsx", Data: book, Source: "petition"}
	_, err := s.App.PreviewAudit(context.Background(), s.Actor("inspector"), file)
	if f := fault.As(err); f == nil || f.Code != "sheet_header_here" || f.Field != "sheet" || f.Args["Name"] != "说明" ||
		f.Args["Sheets"] != "说明, 台账" {
		t.Errorf("without a choice: %v", err)
	}
	file.Sheet = "台账"
	if p, err := s.App.PreviewAudit(context.Background(), s.Actor("inspector"), file); err != nil || p.Rows != 1 || p.HeaderRow != 2 {
		t.Errorf("the sheet chosen: %+v %v", p, err)
	}
}
