package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Signature types of C2SP signed-note.
const (
	typeEd25519     = 0x01
	typeCosignature = 0x04
)

// Cosignature is one witness's statement that at the given time this was the
// largest consistent tree of the log it knew.
type Cosignature struct {
	Witness string
	Time    time.Time // seconds, UTC
	Line    string    // the note's signature line with its line feed
}

// NewCosigner returns a signer of cosignatures (C2SP tlog-cosignature, v1,
// Ed25519). It calls now for each signature.
func NewCosigner(name string, key ed25519.PrivateKey, now func() time.Time) (note.Signer, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	return &cosigner{name: name, key: key, now: now}, nil
}

type cosigner struct {
	name string
	key  ed25519.PrivateKey
	now  func() time.Time
}

func (c *cosigner) Name() string { return c.name }
func (c *cosigner) KeyHash() uint32 {
	return keyHash(c.name, typeCosignature, c.key.Public().(ed25519.PublicKey))
}
func (c *cosigner) Sign(msg []byte) ([]byte, error) {
	at := c.now().Unix()
	if at < 0 {
		return nil, errors.New("ledger: a cosignature needs a time after 1970")
	}
	sig := binary.BigEndian.AppendUint64(nil, uint64(at))
	return append(sig, ed25519.Sign(c.key, cosigned(uint64(at), msg))...), nil
}

type cosignatureVerifier struct {
	name string
	key  ed25519.PublicKey
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return keyHash(v.name, typeCosignature, v.key) }
func (v *cosignatureVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return at < 1<<62 && ed25519.Verify(v.key, cosigned(at, msg), sig[8:])
}

func cosigned(at uint64, msg []byte) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatUint(at, 10)+"\n"), msg...)
}

// CosignerKey encodes a witness's public key as a verifier key
// (name+id+base64), to hand to those who should trust it.
func CosignerKey(name string, key ed25519.PublicKey) string {
	return encodeKey(name, typeCosignature, key)
}

// LogKey encodes a log's public key as a verifier key.
func LogKey(name string, key ed25519.PublicKey) string { return encodeKey(name, typeEd25519, key) }

func encodeKey(name string, kind byte, key []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, kind, key), base64.StdEncoding.EncodeToString(append([]byte{kind}, key...)))
}

// NewVerifier parses a verifier key of either type: a log's (0x01) or a
// witness's (0x04).
func NewVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("ledger: a verifier key looks like name+id+key")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) == 0 {
		return nil, errors.New("ledger: the key part of the verifier key is damaged")
	}
	if raw[0] != typeCosignature {
		return note.NewVerifier(strings.TrimSpace(vkey))
	}
	if len(raw) != 1+ed25519.PublicKeySize {
		return nil, errors.New("ledger: the witness's key has a wrong length")
	}
	if err := checkName(parts[0]); err != nil {
		return nil, err
	}
	v := &cosignatureVerifier{name: parts[0], key: raw[1:]}
	if fmt.Sprintf("%08x", v.KeyHash()) != parts[1] {
		return nil, errors.New("ledger: name, id and key of the verifier key do not belong together")
	}
	return v, nil
}

// cosignatureOf parses a verified signature as a cosignature.
func cosignatureOf(s note.Signature) (Cosignature, bool) {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) != 4+8+ed25519.SignatureSize {
		return Cosignature{}, false
	}
	at := binary.BigEndian.Uint64(raw[4:])
	return Cosignature{Witness: s.Name, Time: time.Unix(int64(at), 0).UTC(), Line: "— " + s.Name + " " + s.Base64 + "\n"}, true
}

func keyHash(name string, kind byte, key []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{kind})
	h.Write(key)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

func checkName(name string) error {
	if name == "" || strings.ContainsAny(name, "+ \t\r\n\u0085\u00a0\u2028\u2029\u3000") {
		return fmt.Errorf("ledger: %.50q is no name for a key: it must hold no space and no plus sign", name)
	}
	return nil
}

func sha256Sum(s string) Hash { return sha256.Sum256([]byte(s)) }
