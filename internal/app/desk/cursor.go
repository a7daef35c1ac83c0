package desk

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
)

// sealCursor makes an opaque cursor for the next page of a list. It is bound
// to the operation and the account, and shows nothing of the rows.
func (d *Desk) sealCursor(who *roster.Actor, op string, after []string) string {
	if len(after) == 0 {
		return ""
	}
	plain, err := json.Marshal(after)
	if err != nil {
		return ""
	}
	nonce := make([]byte, d.cursor.NonceSize())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(d.cursor.Seal(nonce, nonce, plain, []byte(op+"\x00"+who.Account)))
}

// openCursor reads a cursor; "" is the first page.
func (d *Desk) openCursor(who *roster.Actor, op, cursor string) ([]string, error) {
	if cursor == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) < d.cursor.NonceSize() {
		return nil, fault.Shape("cursor_unreadable", "cursor")
	}
	n := d.cursor.NonceSize()
	plain, err := d.cursor.Open(nil, raw[:n], raw[n:], []byte(op+"\x00"+who.Account))
	if err != nil {
		return nil, fault.Shape("cursor_unreadable", "cursor")
	}
	var after []string
	if err := json.Unmarshal(plain, &after); err != nil {
		return nil, fault.Shape("cursor_unreadable", "cursor")
	}
	return after, nil
}
