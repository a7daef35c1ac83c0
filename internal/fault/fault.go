// Package fault owns the kinds of failure and their safe messages.
//
// A fault is what a user is told: a kind (which decides the HTTP status), a
// stable code (the catalogue key "fault.<code>"), the field it concerns, and
// parameters that are safe to show. The cause, if any, is for the log only and
// never reaches a face. An error that is not a fault is "internal".
package fault

import (
	"errors"
	"fmt"
)

// Kind is the class of a failure.
type Kind int

// The kinds, with the HTTP status that each face gives them.
const (
	Internal        Kind = iota // 500: ours; logged, never explained
	ShapeKind                   // 400: the input cannot be read at all
	Unauth                      // 401
	ForbiddenKind               // 403: may see it, may not do this
	NotFoundKind                // 404: not there, or not yours to see
	ConflictKind                // 409: stale version, second submit, same key with another body
	TooLargeKind                // 413
	InvalidKind                 // 422: a named field or a named rule
	PreconditionReq             // 428: a version is required
	TooManyKind                 // 429
	UnavailableKind             // 503: outcome unknown or not now; retry with the same key
)

var statuses = [...]int{500, 400, 401, 403, 404, 409, 413, 422, 428, 429, 503}

// Status is the HTTP status of the kind.
func (k Kind) Status() int { return statuses[k] }

// Error is a failure with a safe message.
type Error struct {
	Kind  Kind
	Code  string         // catalogue key without "fault."
	Field string         // the input field or item concerned, "" if none
	Args  map[string]any // parameters of the message; safe to show
	Cause error          // for the log, never shown
	More  []*Error       // further faults of the same input
}

// Error implements error with code and field only: safe for a log.
func (e *Error) Error() string {
	s := e.Code
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports equality by kind and code, so that errors.Is works on sentinels.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Kind == e.Kind && t.Code == e.Code
}

// WithCause keeps err for the log.
func (e *Error) WithCause(err error) *Error {
	c := *e
	c.Cause = err
	return &c
}

// WithField names the field.
func (e *Error) WithField(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// New makes a fault; kv are parameter names and values in turn.
func New(kind Kind, code, field string, kv ...any) *Error {
	e := &Error{Kind: kind, Code: code, Field: field}
	if len(kv) > 0 {
		e.Args = make(map[string]any, len(kv)/2)
		for i := 0; i+1 < len(kv); i += 2 {
			e.Args[fmt.Sprint(kv[i])] = kv[i+1]
		}
	}
	return e
}

// Invalid says that a field or rule is not satisfied (422).
func Invalid(code, field string, kv ...any) *Error { return New(InvalidKind, code, field, kv...) }

// Shape says that the input cannot be read (400).
func Shape(code, field string, kv ...any) *Error { return New(ShapeKind, code, field, kv...) }

// NotFound says that a thing is not there, or not there for this actor (404).
func NotFound() *Error { return New(NotFoundKind, "not_found", "") }

// Forbidden says that the actor may see but not do this (403).
func Forbidden(code string, kv ...any) *Error { return New(ForbiddenKind, code, "", kv...) }

// Conflict says that the thing has moved on (409).
func Conflict(code string, kv ...any) *Error { return New(ConflictKind, code, "", kv...) }

// TooLarge says that the input exceeds a limit (413).
func TooLarge(code string, kv ...any) *Error { return New(TooLargeKind, code, "", kv...) }

// TooMany says to slow down (429).
func TooMany(code string, kv ...any) *Error { return New(TooManyKind, code, "", kv...) }

// Unauthenticated says that nobody is signed in (401).
func Unauthenticated() *Error { return New(Unauth, "unauthenticated", "") }

// VersionRequired says that an edit must name the version it edits (428).
func VersionRequired() *Error { return New(PreconditionReq, "version_required", "version") }

// Unavailable says that the outcome is unknown or the service not ready (503).
func Unavailable(code string, kv ...any) *Error { return New(UnavailableKind, code, "", kv...) }

// Join gathers faults of one input into the first; nil if there are none.
func Join(faults ...*Error) error {
	var first *Error
	for _, f := range faults {
		switch {
		case f == nil:
		case first == nil:
			c := *f
			first = &c
		default:
			first.More = append(first.More, f)
		}
	}
	if first == nil {
		return nil
	}
	return first
}

// As finds the fault in err; an error that holds none becomes Internal.
func As(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Code: "internal", Cause: err}
}

// KindOf is the kind of err; Internal for an error that is no fault.
func KindOf(err error) Kind { return As(err).Kind }

// Is reports whether err is a fault of the kind.
func Is(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}
