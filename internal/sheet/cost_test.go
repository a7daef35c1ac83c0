package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// crafted makes a workbook of the parts given, by name; what every workbook has
// is put in.
func crafted(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	whole := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"_rels/.rels":         `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":     `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + office + `"><sheets><sheet name="a" sheetId="1" r:id="s"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="s" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="t" Type="` + office + `/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="u" Type="` + office + `/styles" Target="styles.xml"/></Relationships>`,
	}
	for name, text := range parts {
		whole[name] = text
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range whole {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(text)) // a buffer takes everything
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// table is a worksheet of rows × columns of the cell, of which %s is the place.
func table(rows, columns int, cell string) string {
	var b strings.Builder
	b.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	for n := range rows {
		fmt.Fprintf(&b, `<row r="%d">`, n+1)
		for c := range columns {
			b.WriteString(strings.ReplaceAll(cell, "%s", fmt.Sprintf("%c%d", 'A'+c, n+1)))
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return b.String()
}

// styles has one cell style, of the number format given, after a plain one.
func styles(code string) string {
	return `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="` + code + `"/></numFmts>` +
		`<cellStyleXfs count="1"><xf numFmtId="164"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`
}

// Small files whose cells would keep the reader for longer than 2 s, each by
// another way. What costs is counted, so that nothing here depends on the clock.
func TestAWorkbookThatCostsTooMuch(t *testing.T) {
	const main = "xl/worksheets/sheet1.xml"
	long := `"` + strings.Repeat("0", 250) + `"`
	for name, parts := range map[string]map[string]string{
		"one long text in many cells": {
			"xl/sharedStrings.xml": `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>` + strings.Repeat("x", 30_000) + `</t></si></sst>`,
			main:                   table(1000, 10, `<c r="%s" t="s"><v>0</v></c>`),
		},
		"a number format in every cell": {"xl/styles.xml": styles(strings.ReplaceAll(long, `"`, "&quot;")), main: table(20_000, 10, `<c r="%s" s="1"><v>1</v></c>`)},
		"a number format without end":   {"xl/styles.xml": styles(strings.Repeat("0", 30_000)), main: table(1, 1, `<c r="%s" s="1"><v>1</v></c>`)},
		"cells without end":             {main: table(130_000, 10, `<c r="%s"><v/></c>`)},
		"a second table without end":    {main: table(1, 1, `<c r="%s"><v>1</v></c>`), "xl/worksheets/sheet2.xml": table(130_000, 10, `<c r="%s"><v/></c>`)},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := Open("a.xlsx", crafted(t, parts))
			if err == nil {
				defer b.Close()
				_, err = b.All(t.Context(), "")
			}
			if code(err) != "sheet_costly" {
				t.Errorf("%v", err)
			}
		})
	}
}

// What people send is read: 22,000 rows in styles of their own.
func TestAnHonestWorkbookIsRead(t *testing.T) {
	book := crafted(t, map[string]string{"xl/styles.xml": styles("yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"),
		"xl/worksheets/sheet1.xml": table(22_000, 5, `<c r="%s" s="1"><v>44090</v></c>`)})
	b, err := Open("a.xlsx", book)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	rows, err := b.All(t.Context(), "")
	if err != nil || len(rows) != 22_000 || rows[0].Cells[0] != "2020年9月16日" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
}

// Who goes away ends the reading.
func TestReadingEndsWithItsContext(t *testing.T) {
	b, err := Open("a.xlsx", crafted(t, map[string]string{"xl/worksheets/sheet1.xml": table(100, 1, `<c r="%s"><v>1</v></c>`)}))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, leave := context.WithCancel(t.Context())
	n := 0
	err = b.Rows(ctx, "", func(Row) error {
		if n++; n == 3 {
			leave()
		}
		return nil
	})
	if n != 3 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d rows, %v", n, err)
	}
}
