package ledger

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Form is the form of a receipt.
type Form string

// The forms.
const (
	FormText Form = "text" // C2SP tlog-proof
	FormCode Form = "code" // of a QR code
	FormPDF  Form = "pdf"  // the text as an attachment
)

// findMax is the most bytes FindReceipt examines. Our PDFs have 60 kB.
const findMax = 4 << 20

// around lists the bytes allowed before and after a receipt: white space and
// the byte order mark that some editors write.
const around = "\xef\xbb\xbf\r\n\t "

var errStray = errors.New("ledger: there is something before the receipt that is none of it")

// FindReceipt finds the receipt in a file: the receipt's text with any line
// endings, its code, or a PDF with the text attached. Surrounding white space
// is ignored. Any additional, missing or repeated line is an error, because
// every line of a receipt counts.
func FindReceipt(data []byte) (*Receipt, Form, error) {
	if len(data) > findMax {
		return nil, "", errors.New("ledger: this is too large for a receipt")
	}
	if bytes.HasPrefix(bytes.TrimLeft(data, around), []byte("%PDF-")) {
		text := attached(data)
		if text == nil {
			return nil, FormPDF, errors.New("ledger: this PDF carries no receipt")
		}
		r, err := ParseReceipt(text)
		return r, FormPDF, err
	}
	if at := bytes.Index(data, []byte(receiptHead)); at >= 0 {
		if len(bytes.TrimLeft(data[:at], around)) > 0 {
			return nil, FormText, errStray
		}
		r, err := ParseReceipt(tidy(data[at:]))
		return r, FormText, err
	}
	text := string(data[:min(len(data), receiptMax)])
	if at := strings.Index(upper(text), codeHead); at >= 0 {
		if strings.TrimLeft(text[:at], around) != "" {
			return nil, FormCode, errStray
		}
		r, err := ParseCode(text[at:])
		return r, FormCode, err
	}
	return nil, "", errors.New("ledger: there is no receipt in this")
}

// tidy undoes what copying does to text: changed line endings, trailing spaces,
// and empty lines at the end.
func tidy(text []byte) []byte {
	lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	return []byte(strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n")
}

// attached finds the receipt's text among the streams of a PDF. It returns nil
// if there is none or more than one.
func attached(pdf []byte) (only []byte) {
	for {
		_, rest, found := bytes.Cut(pdf, []byte("stream"))
		if !found {
			return only
		}
		pdf = bytes.TrimPrefix(bytes.TrimPrefix(rest, []byte("\r")), []byte("\n"))
		z, err := zlib.NewReader(bytes.NewReader(pdf))
		if err != nil {
			continue
		}
		head := make([]byte, len(receiptHead))
		if _, err := io.ReadFull(z, head); err != nil || string(head) != receiptHead {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(z, receiptMax+1))
		if err != nil {
			continue
		}
		if only != nil {
			return nil
		}
		only = append(head, text...)
	}
}

// ParseTrust parses verifier keys, one per line, skipping empty lines and lines
// that begin with #. A cosigning key is a witness's; any other is the log's
// own. Every given witness must have cosigned. Keys of unknown algorithms
// cannot be checked and are ignored.
func ParseTrust(keys string) (Trust, error) {
	var t Trust
	for line := range strings.Lines(keys) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if unknownAlgorithm(line) {
			continue
		}
		v, err := NewVerifier(line)
		if err != nil {
			return Trust{}, err
		}
		if _, ok := v.(*cosignatureVerifier); ok {
			t.Witnesses = append(t.Witnesses, v)
		} else {
			t.Log = append(t.Log, v)
		}
	}
	t.Quorum = len(t.Witnesses)
	return t, nil
}

// unknownAlgorithm reports whether the line is a verifier key that is neither
// an Ed25519 nor a cosignature key: a log may sign with several kinds.
func unknownAlgorithm(vkey string) bool {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	return err == nil && len(raw) > 1 && raw[0] != typeEd25519 && raw[0] != typeCosignature
}

// Problem says why a receipt proves nothing, as a stable code whose text is in
// the catalogue.
type Problem string

// The problems, in the order in which they are checked.
const (
	Holds       Problem = ""
	Unreadable  Problem = "unreadable" // not a receipt, or altered or truncated
	NoKey       Problem = "no_key"     // no key was given to check it
	Unsigned    Problem = "unsigned"   // no trusted key signed the checkpoint
	Unwitnessed Problem = "unwitnessed"
	Beyond      Problem = "beyond"   // its number is beyond the signed tree
	Unproven    Problem = "unproven" // the proof does not lead to the signed root
)

// Judgement is what can be said about a purported receipt.
type Judgement struct {
	Problem Problem
	Form    Form
	Receipt *Receipt // nil if unreadable
	Opened  *Opened  // nil unless the checkpoint is signed by a trusted key
	Signers []string // name and id of each key that has a line on the checkpoint, trusted or not
	Key     string   // name and id of the trusted log key that signed; "" if none did
}

// Judge checks a receipt in any form. It needs no server.
func Judge(data []byte, trust Trust) Judgement {
	r, form, err := FindReceipt(data)
	j := Judgement{Form: form, Receipt: r}
	if err != nil {
		j.Problem, j.Receipt = Unreadable, nil
		return j
	}
	var unverified *note.UnverifiedNoteError // opening without a key returns this unless the note is malformed
	if _, err := note.Open(r.Note, note.VerifierList()); !errors.As(err, &unverified) {
		j.Problem = Unreadable
		return j
	}
	for _, s := range unverified.Note.UnverifiedSigs {
		j.Signers = append(j.Signers, fmt.Sprintf("%s+%08x", s.Name, s.Hash)) // a log that signs twice has one name
	}
	if len(trust.Log) == 0 {
		j.Problem = NoKey
		return j
	}
	alone := trust
	alone.Quorum = 0
	if j.Opened, err = OpenCheckpoint(r.Note, alone); err != nil {
		j.Problem = Unsigned
		return j
	}
	if n, err := note.Open(r.Note, note.VerifierList(trust.Log...)); err == nil && len(n.Sigs) > 0 {
		j.Key = fmt.Sprintf("%s+%08x", n.Sigs[0].Name, n.Sigs[0].Hash)
	}
	if _, err = OpenCheckpoint(r.Note, trust); err != nil {
		j.Problem = Unwitnessed
		return j
	}
	switch {
	case r.Seq >= j.Opened.Size:
		j.Problem = Beyond
	case CheckInclusion(r.Path, j.Opened.Size, j.Opened.Root, r.Seq, r.Leaf) != nil:
		j.Problem = Unproven
	}
	return j
}

// unchecked lists the names, other than the log's, whose line no given key
// could check.
func (j Judgement) unchecked() (names []string) {
	for _, s := range j.Signers {
		name := s[:strings.LastIndexByte(s, '+')]
		if name != j.Opened.Origin && !slices.ContainsFunc(j.Opened.Witnesses, func(w Cosignature) bool { return w.Witness == name }) {
			names = append(names, s)
		}
	}
	return names
}

// Statement is one statement of a judgement: the key of its text in the
// catalogue, and the text's parameters as alternating names and values.
type Statement struct {
	Proven bool
	Key    string
	Args   []string
}

// Statements lists what is proven and what is not. It is empty for an invalid
// receipt.
func (j Judgement) Statements() []Statement {
	if j.Problem != Holds {
		return nil
	}
	seq := strconv.FormatInt(j.Receipt.Seq, 10)
	list := []Statement{
		{true, "verify.proven.entry", []string{"Log", j.Opened.Origin, "Seq", seq}},
		{true, "verify.proven.signed", []string{"Key", j.Key, "Size", strconv.FormatInt(j.Opened.Size, 10)}},
	}
	for _, w := range j.Opened.Witnesses {
		list = append(list, Statement{true, "verify.proven.witness", []string{"Name", w.Witness, "Time", w.Time.Format(time.RFC3339)}})
	}
	list = append(list,
		Statement{true, "verify.proven.digits", []string{"Digits", j.Opened.Digits()}},
		Statement{false, "verify.unproven.content", nil},
		Statement{false, "verify.unproven.time", []string{"Time", j.Receipt.Time.Format(time.RFC3339)}})
	if len(j.Opened.Witnesses) == 0 {
		list = append(list, Statement{false, "verify.unproven.witness", nil})
	}
	if unknown := j.unchecked(); len(unknown) > 0 {
		list = append(list, Statement{false, "verify.unproven.signer", []string{"Names", strings.Join(unknown, ", ")}})
	}
	return list
}

// KeyID returns the id of a verifier key, the second of its three parts.
func KeyID(vkey string) string {
	parts := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}
