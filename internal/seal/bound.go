// Package seal is the cryptography of texts that may have to be erased or
// hidden: encryption bound to a place, splitting a key among custodians, and
// the custodians' own keys. It knows no database and no clock.
//
// A text is encrypted with AES-256-GCM under a key of its own record. The
// additional data names table, column and record, so that a ciphertext moved
// elsewhere does not open. A sealed text goes further: its key is split by
// Shamir's scheme over GF(256), so that any two of three shares recover it and
// one reveals nothing, and each share is sealed by HPKE (RFC 9180: X25519,
// HKDF-SHA256, AES-256-GCM) to one custodian. Whoever has only the public keys
// can write and cannot read.
//
// No function here puts a key or a plain text into an error.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
)

// KeySize is the length of a record key in bytes.
const KeySize = 32

// Overhead is how many bytes a ciphertext is longer than its text.
const Overhead = 12 + 16

// ErrOpen means that a ciphertext does not open: wrong key, wrong place, or
// altered. It deliberately says no more.
var ErrOpen = errors.New("the sealed text does not open here with this key")

// Place is where a ciphertext belongs.
type Place struct {
	Table, Column, Record string
}

// bytes returns the additional data: a label, then each part length-prefixed.
func (p Place) bytes(label string) []byte {
	out := make([]byte, 0, len(label)+1+3*8+len(p.Table)+len(p.Column)+len(p.Record))
	out = append(append(out, label...), 0)
	for _, part := range [...]string{p.Table, p.Column, p.Record} {
		out = binary.BigEndian.AppendUint64(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}

const textLabel = "plumbline text v1"

func gcm(key *[KeySize]byte) cipher.AEAD {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the type guarantees the length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// Encrypt encrypts a text for its place. The random nonce comes first.
func Encrypt(key *[KeySize]byte, at Place, text []byte) []byte {
	return gcm(key).Seal(nil, nil, text, at.bytes(textLabel))
}

// Decrypt decrypts what Encrypt wrote for the same place.
func Decrypt(key *[KeySize]byte, at Place, sealed []byte) ([]byte, error) {
	if len(sealed) < Overhead {
		return nil, ErrOpen
	}
	text, err := gcm(key).Open(nil, nil, sealed, at.bytes(textLabel))
	if err != nil {
		return nil, ErrOpen
	}
	return text, nil
}
