package seal

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
)

// Request asks a custodian to release one record. It carries the custodian's
// own share as stored, and the key of the request, to which the custodian seals
// the share again. It holds no content and no name.
type Request struct {
	Reveal    string     `json:"reveal"`
	Ref       string     `json:"ref"`
	Origin    string     `json:"origin"`
	Place     Place      `json:"place"`
	Set       string     `json:"set"`
	Part      SealedPart `json:"part"`
	PublicKey string     `json:"public_key"`
}

// Response is a released share, sealed to the key of the request: it opens only
// for that reveal, and only on the server that asked.
type Response struct {
	Reveal    string `json:"reveal"`
	Custodian string `json:"custodian"`
	X         byte   `json:"x"`
	Sealed    []byte `json:"sealed"`
}

func responseInfo(reveal, custodian string, x byte) []byte {
	info := append([]byte(responseLabel), 0)
	for _, part := range []string{reveal, custodian} {
		info = binary.BigEndian.AppendUint64(info, uint64(len(part)))
		info = append(info, part...)
	}
	return append(info, x)
}

// Release opens the custodian's share and seals it to the request.
func (q *Request) Release(k *PrivateKey) (*Response, error) {
	to, err := ParsePublic(q.PublicKey)
	if err != nil {
		return nil, err
	}
	share, err := OpenPart(q.Place, q.Set, &q.Part, k)
	if err != nil {
		return nil, err
	}
	defer clear(share.Y)
	sealed, err := sealTo(to, responseInfo(q.Reveal, q.Part.Custodian, share.X), share.Y)
	if err != nil {
		return nil, err
	}
	return &Response{Reveal: q.Reveal, Custodian: q.Part.Custodian, X: share.X, Sealed: sealed}, nil
}

// Open opens a response with the private key of the request.
func (r *Response) Open(k *PrivateKey) (Share, error) {
	y, err := openWith(k, responseInfo(r.Reveal, r.Custodian, r.X), r.Sealed)
	if err != nil || len(y) != KeySize {
		return Share{}, ErrOpen
	}
	return Share{X: r.X, Y: y}, nil
}

const (
	requestTitle  = "PLUMBLINE REVEAL REQUEST"
	responseTitle = "PLUMBLINE REVEAL RESPONSE"
)

var errMessage = errors.New("this is not such a message, or part of it is missing: copy it from its first dashes to its last")

// Text encodes the request as text to paste or carry on a stick.
func (q *Request) Text() string { return armored(requestTitle, q) }

// ParseRequest parses what Text wrote.
func ParseRequest(text string) (*Request, error) {
	q := new(Request)
	return q, unarmored(requestTitle, text, q)
}

// Text encodes the response as text.
func (r *Response) Text() string { return armored(responseTitle, r) }

// ParseResponse parses what Text wrote.
func ParseResponse(text string) (*Response, error) {
	r := new(Response)
	return r, unarmored(responseTitle, text, r)
}

func armored(title string, v any) string {
	raw, _ := json.Marshal(v) // plain data never fails
	text := base64.StdEncoding.EncodeToString(raw)
	var b strings.Builder
	b.WriteString("-----BEGIN " + title + "-----\n")
	for ; len(text) > 64; text = text[64:] {
		b.WriteString(text[:64] + "\n")
	}
	b.WriteString(text + "\n-----END " + title + "-----\n")
	return b.String()
}

func unarmored(title, text string, v any) error {
	if len(text) > 1<<16 {
		return errMessage
	}
	_, rest, ok := strings.Cut(text, "-----BEGIN "+title+"-----")
	body, _, end := strings.Cut(rest, "-----END "+title+"-----")
	if !ok || !end {
		return errMessage
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	if err != nil || json.Unmarshal(raw, v) != nil {
		return errMessage
	}
	return nil
}
