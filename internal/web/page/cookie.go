package page

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

// Names of the cookies.
const (
	SessionCookie  = "plumbline"         // of the session, which the API takes too
	visitorCookie  = "plumbline_visitor" // seeds the form token before sign-in
	deviceCookie   = "plumbline_device"  // distinguishes a device that its owner has used before from a stranger's who is guessing
	languageCookie = "plumbline_lang"
	flashCookie    = "plumbline_flash"
)

// setCookie stores a value in the browser for a time, or until the browser is closed
// if that is zero. Scripts cannot read it.
func (c *Call) setCookie(name, value string, keep time.Duration) {
	http.SetCookie(c.W, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(keep.Seconds()), HttpOnly: true,
		Secure: c.frame.Secure, SameSite: http.SameSiteLaxMode})
}

// SetSession stores the session in the browser; "" removes it.
func (c *Call) SetSession(session string) {
	if session == "" {
		c.clearCookie(SessionCookie)
		return
	}
	c.setCookie(SessionCookie, session, 0)
}

// Device is the value by which the browser is known to have been used before, or "".
func (c *Call) Device() string { return c.cookie(deviceCookie) }

// SetDevice stores that value in the browser for a year.
func (c *Call) SetDevice(value string) { c.setCookie(deviceCookie, value, 365*24*time.Hour) }

func (c *Call) clearCookie(name string) {
	http.SetCookie(c.W, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: c.frame.Secure,
		SameSite: http.SameSiteLaxMode})
}

func (c *Call) cookie(name string) string {
	k, err := c.R.Cookie(name)
	if err != nil || len(k.Value) > 2000 {
		return ""
	}
	return k.Value
}

// takeFlash reads and clears the message left by the previous page.
func (c *Call) takeFlash() {
	v := c.cookie(flashCookie)
	if v == "" || c.R.Method != http.MethodGet || c.R.Header.Get("HX-Request") != "" {
		return
	}
	parts := strings.Split(v, ":")
	plain := make([]string, 4)
	plain[0] = parts[0]
	for i := 1; i < len(parts) && i < len(plain); i++ {
		if raw, err := base64.RawURLEncoding.DecodeString(parts[i]); err == nil && utf8.Valid(raw) {
			plain[i] = string(raw)
		}
	}
	if kind := plain[0]; plain[1] != "" && (kind == "ok" || kind == "warn" || kind == "bad" || kind == "info") {
		c.flash = &ui.Flash{Kind: kind, Text: plain[1]}
		if plain[2] != "" && plain[3] != "" {
			c.flash.Link = ui.Link{Text: plain[3], Href: Local(plain[2])}
		}
	}
	c.clearCookie(flashCookie)
}

// SetLanguage stores the language that the form names and returns to the page before.
func (c *Call) SetLanguage() error {
	c.setCookie(languageCookie, string(words.Match("", c.Form("lang"))), 365*24*time.Hour)
	return c.Redirect(Local(c.Form("back")))
}

// Say keeps a message for the next page; kind is ok, warn, bad or info.
func (c *Call) Say(kind, text string) { c.sayWith(kind, text, "", "") }

// sayWith keeps a message with a link to one of our pages.
func (c *Call) sayWith(kind, text, href, linkText string) {
	parts := []string{kind}
	for _, part := range []string{text, href, linkText} {
		if len(part) > 900 {
			part = strings.ToValidUTF8(part[:900], "") + "…"
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString([]byte(part)))
	}
	if href == "" {
		parts = parts[:2]
	}
	c.setCookie(flashCookie, strings.Join(parts, ":"), time.Minute)
}
