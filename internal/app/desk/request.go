package desk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"reflect"

	"plumbline/internal/store"
)

type contextKey int

const requestIDKey contextKey = iota

// WithRequestID puts the request id into the context.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey, id)
}

// RequestID returns the id of the current request, or a fresh one if there is none.
func RequestID(ctx context.Context) string {
	if id, ok := ctx.Value(requestIDKey).(string); ok {
		return id
	}
	return store.NewID()
}

// RequestOf gives the two keyed hashes by which a repeated request is known:
// of its idempotency key and of all that it says. They are keyed because a
// short text of the input could be guessed from a bare hash, which stays when
// the text is expunged.
//
// What a request says is its body and the ids of its path. Those are the fields
// that JSON leaves out, so every exported field counts unless it is marked
// `request:"-"`: a key that was used on one object is a conflict on another, and
// no operation can forget to say so.
func (d *Desk) RequestOf(w Write) (key, body []byte, err error) {
	if w.Body == nil && d.routes[w.Op].One() {
		return nil, nil, fmt.Errorf("app: %s has a request key but does not say on what", w.Op)
	}
	k := hmac.New(sha256.New, d.requestKey)
	k.Write([]byte(w.Key))
	text, err := json.Marshal(w.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("hash input of %s: %w", w.Op, err)
	}
	b := hmac.New(sha256.New, d.requestKey)
	b.Write(text)
	if err := hashUnsaid(b, "", reflect.ValueOf(w.Body)); err != nil {
		return nil, nil, fmt.Errorf("hash input of %s: %w", w.Op, err)
	}
	return k.Sum(nil), b.Sum(nil), nil
}

// hashUnsaid hashes the exported fields that are absent from the JSON of v, each
// with its name, at any depth.
func hashUnsaid(h hash.Hash, at string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return hashUnsaid(h, at, v.Elem())
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil // bytes: JSON has them
		}
		for i := range v.Len() {
			if err := hashUnsaid(h, fmt.Sprintf("%s[%d]", at, i), v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() && !f.Anonymous || f.Tag.Get("request") == "-" || f.Name == "Key" {
				continue
			}
			name := at + "." + f.Name
			if f.Tag.Get("json") != "-" {
				if err := hashUnsaid(h, name, v.Field(i)); err != nil {
					return err
				}
				continue
			}
			value, err := json.Marshal(v.Field(i).Interface())
			if err != nil {
				return fmt.Errorf("field %s: %w", name, err)
			}
			for _, part := range []string{name, string(value)} {
				h.Write(binary.AppendUvarint(nil, uint64(len(part))))
				h.Write([]byte(part))
			}
		}
	}
	return nil
}
