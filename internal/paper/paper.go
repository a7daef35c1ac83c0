// Package paper makes what is printed: PDF documents on A4 and QR codes. It is
// the only importer of fpdf and go-qrcode. Texts come through words; the font
// is Noto Sans SC, cut down to GB 2312 and the catalogue's characters.
//
// It must never be handed content of a record: a paper leaves the house.
package paper

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/skip2/go-qrcode"

	"plumbline/internal/words"
)

//go:embed font/NotoSansSC.ttf.gz
var zipped []byte

// font is the TrueType file, unpacked when the first paper is made.
var font = sync.OnceValues(func() ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
})

// QR draws a QR code as PNG with its quiet zone; a module is that many pixels
// wide. Text of upper case letters, digits, colons and slashes packs closest.
func QR(text string, pixels int) ([]byte, error) {
	q, err := qrcode.New(text, qrcode.Low)
	if err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	return q.PNG(-pixels)
}

// Fact is a term and what it is.
type Fact struct{ Term, Text string }

// Doc is a document in the making. The first error stays and is told by Bytes.
type Doc struct {
	pdf  *fpdf.Fpdf
	lang words.Lang
	err  error
}

// Sizes in millimetres.
const (
	pageWidth = 210
	margin    = 20
	inner     = pageWidth - 2*margin
)

// New begins a document; at is its date of making.
func New(lang words.Lang, title string, at time.Time) *Doc {
	d := &Doc{pdf: fpdf.New("P", "mm", "A4", ""), lang: lang}
	raw, err := font()
	if err != nil {
		d.err = err
		return d
	}
	p := d.pdf
	p.AddUTF8FontFromBytes("noto", "", raw)
	p.SetMargins(margin, 18, margin)
	p.SetAutoPageBreak(true, 18)
	p.SetTitle(title, true)
	p.SetCreator("Plumbline", false)
	p.SetLang(string(lang))
	p.SetCreationDate(at)
	p.SetModificationDate(at)
	p.SetCatalogSort(true)
	p.AddPage()
	d.ink(0x6b)
	d.line(10, 5, words.T(lang, "brand.name"))
	p.Ln(1)
	d.ink(0)
	d.line(22, 11, title)
	p.SetDrawColor(0x1f, 0x4e, 0x79)
	p.SetLineWidth(0.6)
	y := p.GetY() + 2
	p.Line(margin, y, pageWidth-margin, y)
	p.SetY(y + 5)
	return d
}

func (d *Doc) ink(grey int) { d.pdf.SetTextColor(grey, grey, grey) }

// line writes a text of a size in points, lines that many millimetres high.
func (d *Doc) line(size, height float64, text string) {
	d.block(size, height, inner, "L", text)
}

// block writes a text into a column that begins where the pen stands. Lines
// are broken here: fpdf's own breaking drops a character of Chinese text.
func (d *Doc) block(size, height, width float64, align, text string) {
	d.pdf.SetFont("noto", "", size)
	x := d.pdf.GetX()
	for _, line := range wrap(text, width-2*d.pdf.GetCellMargin(), d.pdf.GetStringWidth) {
		d.pdf.SetX(x)
		d.pdf.CellFormat(width, height, line, "", 2, align, false, 0, "")
	}
	d.pdf.SetX(margin)
}

// Heading begins a part.
func (d *Doc) Heading(text string) {
	if d.err != nil {
		return
	}
	d.pdf.Ln(3)
	d.pdf.SetTextColor(0x1f, 0x4e, 0x79)
	d.line(13, 7, text)
	d.ink(0)
	d.pdf.Ln(1)
}

// Text is a paragraph.
func (d *Doc) Text(text string) {
	if d.err != nil {
		return
	}
	d.line(10.5, 5.6, text)
	d.pdf.Ln(1.6)
}

// Large is a line to be read from afar, in the middle.
func (d *Doc) Large(text string) {
	if d.err != nil {
		return
	}
	d.block(19, 10, inner, "C", text)
	d.pdf.Ln(1.6)
}

// Facts lists terms and what they are.
func (d *Doc) Facts(facts []Fact) {
	if d.err != nil {
		return
	}
	const term = 46
	for _, f := range facts {
		y := d.pdf.GetY()
		d.ink(0x55)
		d.block(10.5, 6, term-2, "L", f.Term)
		below := d.pdf.GetY()
		d.ink(0)
		d.pdf.SetXY(margin+term, y)
		d.block(10.5, 6, inner-term, "L", f.Text)
		d.pdf.SetY(max(below, d.pdf.GetY()) + 1)
	}
}

// room is how many millimetres the page has left.
func (d *Doc) room() float64 {
	if d.err != nil {
		return 0
	}
	_, high := d.pdf.GetPageSize()
	return high - 18 - d.pdf.GetY()
}

// Codes draws QR codes side by side, each of that many millimetres.
func (d *Doc) Codes(codes []string, width float64) {
	if d.err != nil {
		return
	}
	_, high := d.pdf.GetPageSize()
	x, y := float64(margin), d.pdf.GetY()
	for i, code := range codes {
		png, err := QR(code, 4)
		if err != nil {
			d.err = err
			return
		}
		if x+width > pageWidth-margin+1 {
			x, y = margin, y+width
		}
		if y+width > high-18 {
			d.pdf.AddPage()
			x, y = margin, d.pdf.GetY()
		}
		name := fmt.Sprintf("qr%d-%d", d.pdf.PageNo(), i)
		options := fpdf.ImageOptions{ImageType: "PNG"}
		d.pdf.RegisterImageOptionsReader(name, options, bytes.NewReader(png))
		d.pdf.ImageOptions(name, x, y, width, width, false, options, 0, "")
		x += width
	}
	d.pdf.SetXY(margin, y+width)
}

// Attach puts a file into the document.
func (d *Doc) Attach(name, description string, content []byte) {
	if d.err == nil {
		d.pdf.SetAttachments([]fpdf.Attachment{{Filename: name, Description: description, Content: content}})
	}
}

// Bytes is the finished document.
func (d *Doc) Bytes() ([]byte, error) {
	if d.err != nil {
		return nil, fmt.Errorf("make PDF: %w", d.err)
	}
	var b bytes.Buffer
	if err := d.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("make PDF: %w", err)
	}
	return b.Bytes(), nil
}
