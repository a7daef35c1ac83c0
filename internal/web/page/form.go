package page

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"plumbline/internal/fault"
	"plumbline/internal/sheet"
)

// parse reads the form and refuses control characters, invalid UTF-8 and repeated
// fields.
func (c *Call) parse() error {
	var err error
	if strings.HasPrefix(c.R.Header.Get("Content-Type"), "multipart/form-data") {
		err = c.parseParts()
	} else {
		err = c.R.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return c.tooLarge(err)
	case fault.Is(err, fault.TooLargeKind):
		return err
	case err != nil:
		return fault.Shape("shape", "").WithCause(err)
	}
	for name, values := range c.R.PostForm {
		if len(values) > 1 && !boxes[name] {
			return fault.Shape("field_twice", "")
		}
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsFunc(v, control) {
				return fault.Shape("control_character", name)
			}
		}
	}
	return nil
}

// Limits of a form with a file.
const (
	maxParts = 2000
	maxTexts = formLimit // bytes of all its texts together
)

// parseParts reads a form with a file as it arrives. Unlike net/http it never writes
// the file to disk, where it would be readable.
func (c *Call) parseParts() error {
	r, err := c.R.MultipartReader()
	if err != nil {
		return err
	}
	c.R.PostForm = url.Values{}
	left := int64(maxTexts)
	for range maxParts {
		p, err := r.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if p.FileName() != "" || p.Header.Get("Content-Type") == "application/octet-stream" {
			f := &File{Field: p.FormName(), Name: p.FileName()}
			if f.Data, err = sheet.ReadFile(p, c.R.ContentLength); err != nil {
				return err
			}
			if len(f.Data) > 0 {
				if c.file != nil {
					return errors.New("a form has one file")
				}
				c.file = f
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(p, left+1))
		if err != nil {
			return err
		}
		if left -= int64(len(text)); left < 0 {
			return fault.TooLarge("too_large")
		}
		c.R.PostForm.Add(p.FormName(), string(text))
	}
	return errors.New("the form has too many parts")
}

// tooLarge states the size limit if a file was sent.
func (c *Call) tooLarge(cause error) error {
	if c.route.Body == UploadLimit {
		return fault.TooLarge("sheet_size", "Limit", sheet.MaxSize>>20).WithCause(cause)
	}
	return fault.TooLarge("too_large").WithCause(cause)
}

func control(r rune) bool { return r < 0x20 && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }

// FormToken is the token that the forms of a session carry, for tests that send one.
func FormToken(session string) string { return (&Call{seed: session}).token() }

// token is the form token: derived from the session, or before sign-in from a
// cookie of the visitor, so that it need not be stored and ends with it. Each
// answer carries it under a fresh mask, so that the length of a compressed page
// tells nothing of it.
func (c *Call) token() string {
	own := c.formKey()
	masked := make([]byte, 2*len(own))
	if !c.unmasked {
		_, _ = rand.Read(masked[:len(own)]) // never fails
	}
	subtle.XORBytes(masked[len(own):], masked[:len(own)], own)
	return base64.RawURLEncoding.EncodeToString(masked)
}

func (c *Call) formKey() []byte {
	if c.seed == "" {
		c.seed = random(18)
		c.setCookie(visitorCookie, c.seed, 12*time.Hour)
	}
	m := hmac.New(sha256.New, []byte(c.seed))
	_, _ = io.WriteString(m, "plumbline form token") // a hash takes everything
	return m.Sum(nil)[:18]
}

func (c *Call) tokenFits() bool {
	sent := c.R.PostForm.Get("form_token")
	if sent == "" {
		sent = c.R.Header.Get("X-Form-Token")
	}
	masked, err := base64.RawURLEncoding.DecodeString(sent)
	if c.seed == "" || err != nil || len(masked) != 36 {
		return false
	}
	own := make([]byte, 18)
	subtle.XORBytes(own, masked[:18], masked[18:])
	return hmac.Equal(own, c.formKey())
}

// boxes are the names that a form may send more than once. Any other repeated name
// is refused, or one of its values would be used unseen.
var boxes = map[string]bool{"list": true}

// newKey makes a request key for one form.
func newKey() string { return random(15) }

// random is n random bytes as text.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
