package api

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"plumbline/internal/fault"
	"plumbline/internal/sheet"
)

// admit authorizes the operation by role and reserves room for the body before a
// byte of it is read: somebody without the right to send a file must not fill the
// memory with it.
func (f *Face) admit(c *Call, o *huma.Operation, public bool) (done func(), err error) {
	if !public {
		if err := f.App.Admit(c.Actor, o.OperationID); err != nil {
			return nil, err
		}
	}
	size := c.R.ContentLength
	if size > o.MaxBodyBytes {
		return nil, tooLarge(o.MaxBodyBytes)
	}
	if size < 0 {
		size = o.MaxBodyBytes
	}
	return f.App.Receive(c.R.Context(), c.Actor, size)
}

// knownQuery refuses unknown query parameters: a misspelt filter would silently
// return all rows.
func knownQuery(r *http.Request, o *huma.Operation) error {
	for name := range r.URL.Query() {
		if !slices.ContainsFunc(o.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
			return fault.Shape("unknown_field", name)
		}
	}
	return nil
}

// tooLarge states the size limit for files.
func tooLarge(limit int64) *fault.Error {
	if limit == UploadLimit {
		return fault.TooLarge("sheet_size", "Limit", sheet.MaxSize>>20).WithField("file")
	}
	return fault.TooLarge("too_large")
}
