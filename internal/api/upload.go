package api

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"plumbline/internal/fault"
	"plumbline/internal/sheet"
)

// Form is a parsed upload: text fields, and one file under "file".
type Form struct {
	Values map[string]string
	Name   string // of the file, without a folder
	Data   []byte
}

// maxField is the maximum size of a text field, in bytes.
const maxField = 64 << 10

// readForm parses a multipart/form-data body as it arrives. The body limit applies,
// and its room has been reserved before.
func readForm(c *Call) (*Form, error) {
	kind, params, err := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, fault.Shape("form_unreadable", "body")
	}
	f := &Form{Values: map[string]string{}}
	r := multipart.NewReader(http.MaxBytesReader(c.W, c.R.Body, UploadLimit), params["boundary"])
	for range 50 {
		p, err := r.NextPart()
		if err == io.EOF {
			return f, nil
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if p.FormName() == "file" {
			f.Name = p.FileName()
			if f.Data, err = sheet.ReadFile(p, c.R.ContentLength); err != nil {
				return nil, unreadable(err)
			}
			continue
		}
		data, err := io.ReadAll(io.LimitReader(p, maxField))
		if err != nil {
			return nil, unreadable(err)
		}
		text := string(data)
		if !utf8.ValidString(text) || strings.ContainsFunc(text, control) {
			return nil, fault.Shape("control_character", p.FormName())
		}
		f.Values[p.FormName()] = strings.TrimSpace(text)
	}
	return nil, fault.Shape("form_unreadable", "body")
}

// unreadable is the fault of a truncated or oversized form.
func unreadable(err error) error {
	var large *http.MaxBytesError
	var late net.Error
	switch {
	case fault.Is(err, fault.TooLargeKind):
		return err
	case errors.As(err, &large):
		return tooLarge(UploadLimit).WithCause(err)
	case errors.As(err, &late) && late.Timeout():
		return fault.Shape("body_timeout", "body").WithCause(err)
	}
	return fault.Shape("form_unreadable", "body").WithCause(err)
}

// Only refuses fields that the operation does not know.
func (f *Form) Only(names ...string) error {
	for have := range f.Values {
		known := false
		for _, n := range names {
			known = known || n == have
		}
		if !known {
			return fault.Shape("unknown_field", have)
		}
	}
	return nil
}

// Int reads a whole number; 0 if the field is absent.
func (f *Form) Int(name string) (int, error) {
	if f.Values[name] == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(f.Values[name])
	if err != nil {
		return 0, fault.Shape("shape", name)
	}
	return n, nil
}

// Map reads a field that holds a JSON object of texts; nil if it is absent.
func (f *Form) Map(name string) (map[string]string, error) {
	if f.Values[name] == "" {
		return nil, nil
	}
	var m map[string]string
	if err := json.Unmarshal([]byte(f.Values[name]), &m); err != nil {
		return nil, fault.Shape("shape", name)
	}
	return m, nil
}
