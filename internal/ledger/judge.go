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

// Form says in which form a receipt came.
type Form string

// The forms.
const (
	FormText Form = "text" // C2SP tlog-proof
	FormCode Form = "code" // of a QR code
	FormPDF  Form = "pdf"  // the text as an attachment
)

// findMax is how much FindReceipt looks at: the PDFs of ours have 60 kB.
const findMax = 4 << 20

// around are the bytes that may stand before and after a receipt: white space,
// and the mark that some editors begin a text with.
const around = "\xef\xbb\xbf\r\n\t "

var errStray = errors.New("ledger: there is something before the receipt that is none of it")

// FindReceipt reads the receipt in what somebody hands over: the receipt's
// text, with whichever line ends; its code; or a PDF that carries the text.
// White space around it is no part of it; a line more, a line less or a line
// twice is refused, wherever it stands: who reads a receipt reads every line.
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

// tidy undoes what copying does to lines: other line ends, spaces at their
// ends, empty lines at the end of all.
func tidy(text []byte) []byte {
	lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	return []byte(strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n")
}

// attached finds the receipt's text among the streams of a PDF; nil if there
// is none, or more than one.
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

// ParseTrust reads verifier keys, one a line; empty lines and lines that begin
// with # are passed over. A key of the kind that cosigns is a witness's, any
// other the log's own. Every witness given must have cosigned. A key of an
// algorithm that is not known here cannot be checked and counts for nothing.
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

// unknownAlgorithm reports whether the line is a verifier key, but of neither
// Ed25519 nor cosignatures: a log may sign with more than one.
func unknownAlgorithm(vkey string) bool {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	return err == nil && len(raw) > 1 && raw[0] != typeEd25519 && raw[0] != typeCosignature
}

// Problem says why a receipt proves nothing, as a stable code: what is shown
// for it stands in the catalogue.
type Problem string

// The problems, in the order in which they are looked for.
const (
	Holds       Problem = ""
	Unreadable  Problem = "unreadable" // no receipt, or one that was changed or cut
	NoKey       Problem = "no_key"     // no key was given to check it with
	Unsigned    Problem = "unsigned"   // no key that is trusted signed the checkpoint
	Unwitnessed Problem = "unwitnessed"
	Beyond      Problem = "beyond"   // its number lies outside the signed tree
	Unproven    Problem = "unproven" // the proof does not lead to the signed root
)

// Judgement is what can be said of something that shall be a receipt.
type Judgement struct {
	Problem Problem
	Form    Form
	Receipt *Receipt // nil if unreadable
	Opened  *Opened  // nil unless the checkpoint is signed
	Signers []string // name and id of each key whose line stands on the checkpoint, trusted or not
	Key     string   // name and id of the log's key that signed, "" if none of the trusted did
}

// Judge checks a receipt in whatever form it comes. It needs no server.
func Judge(data []byte, trust Trust) Judgement {
	r, form, err := FindReceipt(data)
	j := Judgement{Form: form, Receipt: r}
	if err != nil {
		j.Problem, j.Receipt = Unreadable, nil
		return j
	}
	var unverified *note.UnverifiedNoteError // what opening without a key comes to, unless the note is malformed
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

// unchecked lists the names of others than the log whose line no key given
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

// Statement is one thing that a judgement says: the key of its text in the
// catalogue, and the text's parameters as names and values in turn.
type Statement struct {
	Proven bool
	Key    string
	Args   []string
}

// Statements lists what is proven and what is not; nothing of a receipt that
// does not hold.
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

// second part of it.
func KeyID(vkey string) string {
	parts := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}
