// Package archive is the format of a backup: one stream of named parts,
// compressed and encrypted with age, independent of any database's own format.
// A SQLite table and a PostgreSQL table give the same bytes, so a site can be
// restored to either. The last part lists every part with its length and
// SHA-256. An archive that ends before it, or disagrees with it, is incomplete,
// and the reader reports that before it reports the end.
//
// The format proves completeness, not truth: anyone with the recipients' public
// keys can encrypt an archive. The ledger proves truth, once the rows are back
// in a database.
//
// The package knows no database, writes no file and never allocates memory
// because of a length found in an archive.
package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"filippo.io/age"
)

// Format is the version of the format.
const Format = 1

// Names of parts. A table is stored in parts tables/NAME/000000 onwards.
const (
	headerPart   = "header.json"
	manifestPart = "manifest.json"
	filesFolder  = "files/"
	tablesFolder = "tables/"
)

const (
	headerLimit   = 1 << 20
	manifestLimit = 64 << 20
	chunkSize     = 1 << 20  // a table's part is closed when it reaches this size
	chunkLimit    = 64 << 20 // and never read beyond this
)

// Header is the first part: it describes the site.
type Header struct {
	Format     int       `json:"format"`
	MadeAt     time.Time `json:"made_at"`
	Origin     string    `json:"origin"`
	Dialect    string    `json:"dialect"` // source database: sqlite or postgres
	Migrations []string  `json:"migrations"`
	Size       int64     `json:"size"` // of the ledger
	Root       []byte    `json:"root"`
	Note       string    `json:"note"` // the last signed checkpoint, with its witnesses
	Tables     []Table   `json:"tables"`
}

// Table names a table and its columns in the order of the rows' values.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

// part is a line of the manifest.
type part struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// ErrSealed means that none of the given identities opens the archive.
var ErrSealed = errors.New("the archive is sealed to somebody else: none of the identities opens it")

// Recipients parses age recipients, one per line.
func Recipients(text string) ([]age.Recipient, error) {
	list, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the recipients: %w", err)
	}
	return list, nil
}

// Identities parses an age identity file.
func Identities(r io.Reader) ([]age.Identity, error) {
	list, err := age.ParseIdentities(r)
	if err != nil {
		return nil, errors.New("the identity file cannot be read (its text is not shown, it holds a secret)")
	}
	return list, nil
}

// Writer writes an archive. It is not safe for concurrent use.
type Writer struct {
	sealed io.WriteCloser // nil for an unencrypted archive
	zip    *gzip.Writer
	tar    *tar.Writer
	parts  []part
	at     time.Time

	table  string
	number int
	chunk  []byte
}

// NewWriter starts an archive encrypted to the recipients, or unencrypted if
// there are none.
func NewWriter(w io.Writer, to []age.Recipient, h Header) (*Writer, error) {
	a := &Writer{at: h.MadeAt}
	if len(to) > 0 {
		sealed, err := age.Encrypt(w, to...)
		if err != nil {
			return nil, fmt.Errorf("seal the archive: %w", err)
		}
		a.sealed, w = sealed, sealed
	}
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	a.zip, a.tar = zip, tar.NewWriter(zip)
	h.Format = Format
	return a, a.json(headerPart, h)
}

func (a *Writer) json(name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return a.add(name, int64(len(raw)), bytes.NewReader(raw))
}

func (a *Writer) add(name string, size int64, r io.Reader) error {
	if err := a.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: a.at, Format: tar.FormatPAX}); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(a.tar, sum), r)
	if err == nil && n != size {
		err = fmt.Errorf("%s has %d bytes, not %d", name, n, size)
	}
	a.parts = append(a.parts, part{name, size, hex.EncodeToString(sum.Sum(nil))})
	return err
}

// File adds a file of the site.
func (a *Writer) File(name string, size int64, r io.Reader) error {
	return a.add(filesFolder+name, size, r)
}

// Begin starts a table of the header. Its rows follow.
func (a *Writer) Begin(table string) { a.table, a.number = table, 0 }

// Row adds a row to the current table.
func (a *Writer) Row(values []any) (err error) {
	if a.chunk, err = appendRow(a.chunk, values); err != nil {
		return fmt.Errorf("table %s: %w", a.table, err)
	}
	if len(a.chunk) < chunkSize {
		return nil
	}
	return a.flush()
}

// End finishes the table.
func (a *Writer) End() error {
	if len(a.chunk) == 0 {
		return nil
	}
	return a.flush()
}

func (a *Writer) flush() error {
	name := fmt.Sprintf("%s%s/%06d", tablesFolder, a.table, a.number)
	err := a.add(name, int64(len(a.chunk)), bytes.NewReader(a.chunk))
	a.number, a.chunk = a.number+1, a.chunk[:0]
	return err
}

// Close adds the manifest, without which the archive counts as incomplete.
func (a *Writer) Close() error {
	if err := a.json(manifestPart, a.parts); err != nil {
		return err
	}
	err := errors.Join(a.tar.Close(), a.zip.Close())
	if a.sealed != nil {
		err = errors.Join(err, a.sealed.Close())
	}
	return err
}

// Reader reads an archive. It is not safe for concurrent use.
type Reader struct {
	Header Header

	tar    *tar.Reader
	under  *bufio.Reader // source of the compressed stream
	parts  []part
	sum    hash.Hash
	size   int64
	name   string
	tables map[string]int // columns by table
	ended  bool
}

const sealedMagic = "age-encryption.org/"

// NewReader opens an archive and reads its header.
func NewReader(r io.Reader, ids ...age.Identity) (*Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := in.Peek(len(sealedMagic)); string(magic) == sealedMagic {
		if len(ids) == 0 {
			return nil, errors.New("the archive is sealed: name the file with the age identity by --identity")
		}
		plain, err := age.Decrypt(in, ids...)
		var none *age.NoIdentityMatchError
		if errors.As(err, &none) {
			return nil, ErrSealed
		} else if err != nil {
			return nil, fmt.Errorf("open the archive: %w", err)
		}
		in = bufio.NewReaderSize(plain, 1<<16)
	}
	zip, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("this is no archive of a site: %w", err)
	}
	zip.Multistream(false)
	a := &Reader{tar: tar.NewReader(zip), under: in, tables: map[string]int{}}
	raw, err := a.whole(headerPart, headerLimit)
	if err != nil {
		return nil, fmt.Errorf("this is no archive of a site: %w", err)
	}
	if err := json.Unmarshal(raw, &a.Header); err != nil {
		return nil, fmt.Errorf("read the archive's header: %w", err)
	}
	if a.Header.Format != Format {
		return nil, fmt.Errorf("the archive has format %d; this program reads %d", a.Header.Format, Format)
	}
	for _, t := range a.Header.Tables {
		if _, twice := a.tables[t.Name]; twice || len(t.Columns) == 0 {
			return nil, fmt.Errorf("the archive's header names the table %q wrongly", t.Name)
		}
		a.tables[t.Name] = len(t.Columns)
	}
	return a, nil
}

// whole reads the next part, which must have that name.
func (a *Reader) whole(name string, limit int64) ([]byte, error) {
	h, err := a.tar.Next()
	if err != nil {
		return nil, err
	}
	if h.Name != name || h.Typeflag != tar.TypeReg || h.Size > limit {
		return nil, fmt.Errorf("where %s should be is something else", name)
	}
	return a.rest(name)
}

func (a *Reader) rest(name string) ([]byte, error) {
	a.begin(name)
	raw, err := io.ReadAll(io.TeeReader(a.tar, a.sum))
	a.size = int64(len(raw))
	a.note()
	return raw, err
}

func (a *Reader) begin(name string) { a.name, a.sum, a.size = name, sha256.New(), 0 }

func (a *Reader) note() {
	a.parts = append(a.parts, part{a.name, a.size, hex.EncodeToString(a.sum.Sum(nil))})
	a.name = ""
}

// Read reads the file returned by Next.
func (a *Reader) Read(b []byte) (int, error) {
	n, err := a.tar.Read(b)
	a.sum.Write(b[:n])
	a.size += int64(n)
	return n, err
}

// Part is returned by Next: a file, whose bytes are read from the reader, or
// some rows of a table.
type Part struct {
	File  string
	Size  int64
	Table string
	Rows  []byte // to be decoded by Rows
}

// Next returns the next part. Only io.EOF means that the archive is complete
// and that every part matches the manifest.
func (a *Reader) Next() (p Part, err error) {
	if a.ended {
		return p, io.EOF
	}
	if a.name != "" { // also consumes a file that the caller did not read to its end
		if _, err := io.Copy(io.Discard, a); err != nil {
			return p, err
		}
		a.note()
	}
	h, err := a.tar.Next()
	if errors.Is(err, io.EOF) {
		return p, io.ErrUnexpectedEOF
	} else if err != nil {
		return p, fmt.Errorf("read the archive: %w", err)
	}
	if h.Typeflag != tar.TypeReg {
		return p, fmt.Errorf("the archive holds %q, which is no part", h.Name)
	}
	if file, ok := strings.CutPrefix(h.Name, filesFolder); ok {
		a.begin(h.Name)
		return Part{File: file, Size: h.Size}, nil
	}
	if h.Name == manifestPart {
		return p, a.end(h.Size)
	}
	table, _, _ := strings.Cut(strings.TrimPrefix(h.Name, tablesFolder), "/")
	if !strings.HasPrefix(h.Name, tablesFolder) || a.tables[table] == 0 || h.Size > chunkLimit {
		return p, fmt.Errorf("the archive holds %q, which its header does not name", h.Name)
	}
	p = Part{Table: table, Size: h.Size}
	p.Rows, err = a.rest(h.Name)
	return p, err
}

// end compares what was read with the manifest.
func (a *Reader) end(size int64) error {
	if size > manifestLimit {
		return errors.New("the archive's list of parts is too long")
	}
	raw, err := io.ReadAll(a.tar)
	if err != nil {
		return err
	}
	var listed []part
	if err := json.Unmarshal(raw, &listed); err != nil {
		return fmt.Errorf("read the archive's list of parts: %w", err)
	}
	if len(listed) != len(a.parts) {
		return fmt.Errorf("the archive lists %d parts and holds %d", len(listed), len(a.parts))
	}
	for i, p := range a.parts {
		if listed[i] != p {
			return fmt.Errorf("the part %s is not as the archive lists it: it is damaged", p.Name)
		}
	}
	if _, err := a.tar.Next(); !errors.Is(err, io.EOF) {
		return errors.New("the archive goes on after its end")
	}
	// Read the encryption layer to its end too: only then has it authenticated
	// everything.
	if n, err := io.Copy(io.Discard, a.under); err != nil {
		return fmt.Errorf("read the archive: %w", err)
	} else if n != 0 {
		return errors.New("the archive goes on after its end")
	}
	a.ended = true
	return io.EOF
}

// Columns returns how many values a row of the table has.
func (a *Reader) Columns(table string) int { return a.tables[table] }
