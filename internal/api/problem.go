package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/words"
)

// Problem is an error response (RFC 9457).
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail,omitempty"`
	Code      string         `json:"code" doc:"Stable; texts are not"`
	Field     string         `json:"field,omitempty"`
	Args      map[string]any `json:"args,omitempty"`
	RequestID string         `json:"request_id"`
	Errors    []Detail       `json:"errors,omitempty"`
}

// Detail is one further fault of the same input.
type Detail struct {
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"`
	Detail string `json:"detail"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Code }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problemOf(e *fault.Error, lang words.Lang, requestID string) *Problem {
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(e.Kind.Status()), Status: e.Kind.Status(),
		Detail: text(lang, e), Code: e.Code, Field: e.Field, Args: e.Args, RequestID: requestID,
	}
	for _, m := range e.More {
		p.Errors = append(p.Errors, Detail{Code: m.Code, Field: m.Field, Detail: text(lang, m)})
	}
	return p
}

func text(lang words.Lang, e *fault.Error) string {
	kv := make([]any, 0, 2*len(e.Args))
	for k, v := range e.Args {
		kv = append(kv, k, v)
	}
	return words.T(lang, "fault."+e.Code, kv...)
}

// problem answers a failed operation and logs internal errors, once.
func (f *Face) problem(c *Call, err error) error {
	e := fault.As(err)
	if e.Kind == fault.Internal {
		f.Log.Error("request failed", "request", desk.RequestID(c.R.Context()), "err", err)
	}
	retryAfter(c.W, e)
	return problemOf(e, c.Lang, desk.RequestID(c.R.Context()))
}

// retryAfter sends Retry-After where the delay is known.
func retryAfter(w http.ResponseWriter, e *fault.Error) {
	if wait, ok := e.Args["Seconds"]; ok && e.Kind == fault.TooManyKind {
		w.Header().Set("Retry-After", fmt.Sprint(wait))
	}
}

// writeProblem answers outside huma.
func writeProblem(w http.ResponseWriter, r *http.Request, e *fault.Error) {
	p := problemOf(e, words.Match(r.Header.Get("Accept-Language"), ""), desk.RequestID(r.Context()))
	if e.Code == "method_not_allowed" {
		p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	if e.Kind == fault.Unauth {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client may be gone; nothing to do then
}

// problemOfHuma translates huma's validation errors to our codes: an unreadable
// input is 400, never 422.
func problemOfHuma(hc huma.Context, status int, msg string, errs ...error) huma.StatusError {
	lang, id := words.ZH, ""
	if hc != nil {
		lang, id = words.Match(hc.Header("Accept-Language"), ""), desk.RequestID(hc.Context())
	}
	for _, err := range errs {
		var f *fault.Error
		if errors.As(err, &f) {
			return problemOf(f, lang, id)
		}
	}
	var e *fault.Error
	switch {
	case status == http.StatusRequestEntityTooLarge:
		e = fault.TooLarge("too_large")
	case status == http.StatusRequestTimeout:
		e = fault.Shape("body_timeout", "body")
	case status >= 400 && status < 500:
		e = fault.Shape("shape", "")
		for _, err := range errs {
			var d *huma.ErrorDetail
			if !errors.As(err, &d) {
				continue
			}
			m := fault.Shape(shapeCode(d.Message), fieldOf(d))
			if e.Field == "" {
				e.Code, e.Field = m.Code, m.Field
			} else {
				e.More = append(e.More, m)
			}
		}
	default:
		e = fault.New(fault.Internal, "internal", "")
	}
	return problemOf(e, lang, id)
}

// fieldOf names the field. Of a property that is missing huma's place is the
// object, and only its message has the name: "… required property title …".
func fieldOf(d *huma.ErrorDetail) string {
	if _, rest, ok := strings.Cut(d.Message, "required property "); ok {
		name, _, _ := strings.Cut(rest, " ")
		return d.Location + "." + name
	}
	return d.Location
}

// shapeCode maps huma's message, which is English and not stable, to a code.
func shapeCode(message string) string {
	for _, m := range [...]struct{ part, code string }{
		{"unexpected property", "unknown_field"},
		{"required", "field_missing"},
		{"expected string to be", "field_format"},
		{"expected", "field_type"},
	} {
		if containsFold(message, m.part) {
			return m.code
		}
	}
	return "shape"
}
