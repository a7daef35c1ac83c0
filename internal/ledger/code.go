package ledger

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"time"
)

// A receipt's code is the same receipt in the fewest characters, for QR codes
// and for dictating over the telephone: "PLUMBLINE:1:1/2:…", one line per part.
// The data is base32 (RFC 4648, no padding): upper-case letters and digits are
// a QR code's dense alphabet, and no character is lost or changed when somebody
// copies a line. The hashes are random, so only base45 would be denser; it
// saves 7 % and contains spaces and symbols.
const (
	codeHead = "PLUMBLINE:1:"
	// CodePart is the most characters in one part: a version 20 QR code, 97
	// modules wide, which a telephone's screen still shows sharply.
	CodePart = 1200
	codeMax  = 99 // parts
)

var codeAlphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

// Code encodes the receipt in parts of at most CodePart characters. It fails if
// the receipt's checkpoint is not a plain signed note.
func (r *Receipt) Code() ([]string, error) {
	raw, err := r.pack()
	if err != nil {
		return nil, err
	}
	data := codeAlphabet.EncodeToString(raw)
	room := CodePart - len(codeHead) - len("99/99:")
	n := (len(data) + room - 1) / room
	if n > codeMax {
		return nil, errors.New("ledger: the receipt is too long for a code")
	}
	room = (len(data) + n - 1) / n // parts of similar size give QR codes of similar size
	parts := make([]string, n)
	for i := range parts {
		part := data[i*room : min((i+1)*room, len(data))]
		parts[i] = codeHead + strconv.Itoa(i+1) + "/" + strconv.Itoa(n) + ":" + part
	}
	return parts, nil
}

// ParseCode parses a receipt's code. Parts may come in any order, in upper or
// lower case, and broken across lines; each must be present exactly once.
func ParseCode(text string) (*Receipt, error) {
	if len(text) > receiptMax {
		return nil, errors.New("ledger: the code is too long")
	}
	text = upper(strings.Join(strings.Fields(text), ""))
	pieces := strings.Split(text, codeHead)
	if len(pieces) < 2 || pieces[0] != "" {
		return nil, errors.New("ledger: this is no code of a receipt")
	}
	parts := map[int]string{}
	whole := 0
	for _, p := range pieces[1:] {
		number, data, found := strings.Cut(p, ":")
		at, of, slash := strings.Cut(number, "/")
		i, errI := strconv.Atoi(at)
		n, errN := strconv.Atoi(of)
		if !found || !slash || errI != nil || errN != nil || i < 1 || n < i || n > codeMax || whole != 0 && whole != n {
			return nil, errors.New("ledger: the code's parts do not fit together")
		}
		if _, twice := parts[i]; twice {
			return nil, errors.New("ledger: the code has a part twice")
		}
		parts[i], whole = data, n
	}
	if len(parts) != whole {
		return nil, errors.New("ledger: the code has " + strconv.Itoa(whole) + " parts; some are missing")
	}
	var all strings.Builder
	for i := range whole {
		all.WriteString(parts[i+1])
	}
	raw, err := codeAlphabet.DecodeString(all.String())
	if err != nil {
		return nil, errors.New("ledger: the code is damaged")
	}
	r, err := unpack(raw)
	if err != nil {
		return nil, err
	}
	if again, err := r.pack(); err != nil || string(again) != string(raw) {
		return nil, errors.New("ledger: the code is not in canonical form")
	}
	return r, nil
}

// upper converts ASCII letters to upper case and leaves every other byte alone,
// so that offsets stay the same and no other letter turns into one of a code.
func upper(text string) string {
	b := []byte(text)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// signatureMark starts a signature line of a note.
const signatureMark = "— "

func (r *Receipt) pack() ([]byte, error) {
	text, lines, found := strings.Cut(string(r.Note), "\n\n")
	c, err := ParseCheckpoint(text + "\n")
	if !found || err != nil || r.Seq < 0 {
		return nil, errors.New("ledger: the receipt carries no checkpoint")
	}
	b := binary.AppendUvarint(nil, uint64(r.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Time.UnixMicro()))
	b = append(b, r.Leaf[:]...)
	b = binary.AppendUvarint(b, uint64(len(r.Path)))
	for _, h := range r.Path {
		b = append(b, h[:]...)
	}
	b = appendString(b, c.Origin)
	b = binary.AppendUvarint(b, uint64(c.Size))
	b = append(b, c.Root[:]...)
	for line := range strings.Lines(lines) {
		name, sig, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), signatureMark), " ")
		raw, err := base64.StdEncoding.DecodeString(sig)
		// In the code an empty name stands for the origin, so no line may have
		// one.
		if err != nil || name == "" || len(raw) == 0 || signatureLine(name, raw) != line {
			return nil, errors.New("ledger: the checkpoint has a line that is no signature")
		}
		if name == c.Origin {
			name = ""
		}
		b = appendString(b, name)
		b = appendString(b, string(raw))
	}
	return b, nil
}

func signatureLine(name string, raw []byte) string {
	return signatureMark + name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

func unpack(raw []byte) (*Receipt, error) {
	p := packed{rest: raw}
	r := &Receipt{Seq: p.size(), Time: time.UnixMicro(int64(binary.BigEndian.Uint64(p.take(8)))).UTC(), Leaf: Hash(p.take(32))}
	n := p.size()
	if n > pathMax {
		return nil, errors.New("ledger: the code is damaged")
	}
	for range n {
		r.Path = append(r.Path, Hash(p.take(32)))
	}
	c := Checkpoint{Origin: string(p.text()), Size: p.size(), Root: Hash(p.take(32))}
	note := c.Marshal() + "\n"
	for len(p.rest) > 0 && !p.short {
		name, sig := string(p.text()), p.text()
		if name == "" {
			name = c.Origin
		}
		note += signatureLine(name, sig)
	}
	if p.short {
		return nil, errors.New("ledger: the code is damaged")
	}
	r.Note = []byte(note)
	return ParseReceipt(r.Marshal()) // the rules of the text form apply here too
}

// packed reads the binary form. short is set once data ran out.
type packed struct {
	rest  []byte
	short bool
}

func (p *packed) take(n int) []byte {
	if n > len(p.rest) {
		p.short, p.rest = true, nil
		return make([]byte, n)
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

// size reads a number, 0 to SizeMax.
func (p *packed) size() int64 {
	v, n := binary.Uvarint(p.rest)
	if n <= 0 || v > SizeMax {
		p.short, p.rest = true, nil
		return 0
	}
	p.rest = p.rest[n:]
	return int64(v)
}

func (p *packed) text() []byte {
	n := p.size()
	if n > int64(len(p.rest)) {
		p.short, p.rest = true, nil
		return nil
	}
	return p.take(int(n))
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
