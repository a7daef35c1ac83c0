package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// EntryVersion is the version of the canonical form used for new entries.
const EntryVersion = 1

// timeLayout is RFC 3339 in UTC with exactly six decimals.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// Fact is what a write closure returns: what was done, to which object. It has
// no number and no time; the writer assigns those when it appends.
type Fact struct {
	Verb string  // "submission.submit"
	Kind string  // kind of the object
	ID   string  // id of the object
	Unit string  // unit concerned, "" if none
	Rows []After // rows written; nil means those journaled since the last fact
}

// After names one row as a write left it.
type After struct {
	Kind     string
	ID       string
	Encoding int // version of the row encoding
	Digest   Hash
}

// Entry is one fact in the ledger. Marshal returns its canonical bytes, which
// are stored and hashed; nothing is ever re-encoded.
type Entry struct {
	Version int
	Origin  string // name of the log
	Seq     int64  // 0-based position, equal to the leaf index
	Time    time.Time
	Actor   string // account id, a pseudonym
	Role    string
	Unit    string
	Verb    string
	Kind    string
	Object  string
	Prev    int64  // seq of the object's previous entry; -1 for none
	Policy  []byte // hash of policy and rule pack
	Request []byte // hash of the request id
	After   []After
}

// Marshal returns the canonical bytes: UTF-8 lines "key: value" in fixed order,
// LF, no control characters, RFC 3339 UTC with microseconds, base64 for bytes.
// It fails on a value that would break a line.
func (e *Entry) Marshal() ([]byte, error) {
	var b bytes.Buffer
	b.Grow(400 + len(e.After)*120)
	line := func(key, value string) error {
		if i := strings.IndexFunc(value, func(r rune) bool { return r < 0x20 || r == 0x7f || r == 0xfffd }); i >= 0 {
			return fmt.Errorf("ledger entry: control character in %s", key)
		}
		b.WriteString(key)
		b.WriteString(": ")
		b.WriteString(value)
		b.WriteByte('\n')
		return nil
	}
	for _, kv := range [...][2]string{
		{"version", strconv.Itoa(e.Version)},
		{"origin", e.Origin},
		{"seq", strconv.FormatInt(e.Seq, 10)},
		{"time", e.Time.UTC().Format(timeLayout)},
		{"actor", e.Actor},
		{"role", e.Role},
		{"unit", e.Unit},
		{"verb", e.Verb},
		{"kind", e.Kind},
		{"object", e.Object},
		{"prev", strconv.FormatInt(e.Prev, 10)},
		{"policy", base64.StdEncoding.EncodeToString(e.Policy)},
		{"request", base64.StdEncoding.EncodeToString(e.Request)},
	} {
		if err := line(kv[0], kv[1]); err != nil {
			return nil, err
		}
	}
	for _, a := range e.After {
		if strings.ContainsAny(a.Kind, " \n") || strings.ContainsAny(a.ID, " \n") {
			return nil, fmt.Errorf("ledger entry: a row's kind or id holds a space")
		}
		if err := line("after", a.Kind+" "+a.ID+" "+strconv.Itoa(a.Encoding)+" "+base64.StdEncoding.EncodeToString(a.Digest[:])); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

var entryKeys = [...]string{"version", "origin", "seq", "time", "actor", "role", "unit", "verb", "kind", "object", "prev",
	"policy", "request"}

// ParseEntry parses canonical bytes. It accepts only what Marshal writes, so a
// parsed entry marshals to the same bytes.
func ParseEntry(data []byte) (*Entry, error) {
	e, r := &Entry{}, &entryReader{rest: string(data)}
	for _, key := range entryKeys {
		e.set(key, r.value(key), r)
	}
	for r.err == nil && r.rest != "" {
		e.After = append(e.After, r.after())
	}
	if r.err != nil {
		return nil, fmt.Errorf("ledger entry: %w", r.err)
	}
	if e.Version != EntryVersion {
		return nil, fmt.Errorf("ledger entry: version %d is unknown", e.Version)
	}
	again, err := e.Marshal()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) {
		return nil, fmt.Errorf("ledger entry: not in canonical form")
	}
	return e, nil
}

// set parses one header value into its field.
func (e *Entry) set(key, value string, r *entryReader) {
	switch key {
	case "version":
		e.Version = int(r.number(value))
	case "origin":
		e.Origin = value
	case "seq":
		e.Seq = r.number(value)
	case "time":
		e.Time = r.time(value)
	case "actor":
		e.Actor = value
	case "role":
		e.Role = value
	case "unit":
		e.Unit = value
	case "verb":
		e.Verb = value
	case "kind":
		e.Kind = value
	case "object":
		e.Object = value
	case "prev":
		e.Prev = r.number(value)
	case "policy":
		e.Policy = r.blob(value)
	case "request":
		e.Request = r.blob(value)
	}
}

// entryReader parses an entry line by line. The first error stays in err, and
// nothing is read after it.
type entryReader struct {
	rest string
	err  error
}

func (r *entryReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// value reads the next line, which must have this key.
func (r *entryReader) value(key string) string {
	if r.err != nil {
		return ""
	}
	line, tail, whole := strings.Cut(r.rest, "\n")
	found, value, pair := strings.Cut(line, ": ")
	switch {
	case !whole:
		r.fail(errors.New("unterminated line"))
	case !pair:
		r.fail(errors.New("not a key and a value"))
	case found != key:
		r.fail(fmt.Errorf("expected %s, found %q", key, found))
	}
	r.rest = tail
	return value
}

// after reads a line that names a row as the entry left it.
func (r *entryReader) after() (a After) {
	f := strings.Split(r.value("after"), " ")
	if len(f) != 4 {
		r.fail(errors.New("malformed after line"))
		return a
	}
	a = After{Kind: f[0], ID: f[1], Encoding: int(r.number(f[2]))}
	digest := r.blob(f[3])
	if len(digest) != len(a.Digest) {
		r.fail(fmt.Errorf("a digest is not %d bytes", len(a.Digest)))
	}
	copy(a.Digest[:], digest)
	return a
}

func (r *entryReader) number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		r.fail(err)
	}
	return n
}

func (r *entryReader) blob(s string) []byte {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		r.fail(err)
	}
	return raw
}

func (r *entryReader) time(s string) time.Time {
	t, err := time.Parse(timeLayout, s)
	if err != nil {
		r.fail(err)
	}
	return t
}
