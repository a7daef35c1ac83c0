package signer

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/ledger"
)

// Sites that must sign with the national suite carry a second line: SM2 over
// SM3 (GM/T 0003, GM/T 0009: default user id, DER signature), under the log's
// name. The tree stays SHA-256. C2SP signed-note reserves type 0xff for kinds
// of signatures that it does not number; this identifier tells ours from others.
const (
	typeOther = 0xff
	sm2Kind   = "plumbline/sm2-with-sm3@v1"
)

type sm2Signer struct {
	name string
	key  *sm2.PrivateKey
}

// openSM2 reads the key (PKCS #8 in PEM), making a fresh one where there is
// none.
func openSM2(path, name string) (*sm2Signer, error) {
	raw, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		if raw, err = makeSM2(path); err != nil {
			return nil, fmt.Errorf("write the SM2 key: %w", err)
		}
	} else if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("the SM2 key %s is no PEM", path)
	}
	parsed, err := smx509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the SM2 key %s is damaged", path)
	}
	key, ok := parsed.(*sm2.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a key that is not SM2", path)
	}
	return &sm2Signer{name: name, key: key}, nil
}

func makeSM2(path string) ([]byte, error) {
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := smx509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	raw := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return raw, writeFresh(path, raw)
}

func (s *sm2Signer) Name() string    { return s.name }
func (s *sm2Signer) KeyHash() uint32 { return sm2KeyHash(s.name, sm2Point(&s.key.PublicKey)) }
func (s *sm2Signer) Sign(msg []byte) ([]byte, error) {
	return s.key.SignWithSM2(rand.Reader, nil, msg)
}

// vkey is the verifier key: name, id, and type, kind and point.
func (s *sm2Signer) vkey() string {
	point := sm2Point(&s.key.PublicKey)
	raw := append([]byte{typeOther}, sm2Kind+"\n"...)
	return fmt.Sprintf("%s+%08x+%s", s.name, s.KeyHash(), base64.StdEncoding.EncodeToString(append(raw, point...)))
}

type sm2Verifier struct {
	name string
	id   uint32
	key  *ecdsa.PublicKey
}

func (v *sm2Verifier) Name() string    { return v.name }
func (v *sm2Verifier) KeyHash() uint32 { return v.id }
func (v *sm2Verifier) Verify(msg, sig []byte) bool {
	return sm2.VerifyASN1WithSM2(v.key, nil, msg, sig)
}

// NewVerifier reads a verifier key: a log's, a witness's, or an SM2 one.
func NewVerifier(vkey string) (note.Verifier, error) {
	vkey = strings.TrimSpace(vkey)
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("signer: a verifier key looks like name+id+key")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) == 0 || raw[0] != typeOther {
		return ledger.NewVerifier(vkey)
	}
	point, ok := strings.CutPrefix(string(raw[1:]), sm2Kind+"\n")
	if !ok {
		return nil, errors.New("signer: the verifier key is of a kind that is not known here")
	}
	if err := nameable(parts[0]); err != nil {
		return nil, err
	}
	key, err := sm2.NewPublicKey([]byte(point))
	if err != nil {
		return nil, errors.New("signer: the SM2 key is no point of the curve")
	}
	v := &sm2Verifier{name: parts[0], id: sm2KeyHash(parts[0], []byte(point)), key: key}
	if fmt.Sprintf("%08x", v.id) != parts[1] {
		return nil, errors.New("signer: name, id and key of the verifier key do not belong together")
	}
	return v, nil
}

// SM2Verifiers reads the SM2 keys among verifier keys, one a line; whatever is
// not SM2 of ours is passed over.
func SM2Verifiers(keys string) ([]note.Verifier, error) {
	var out []note.Verifier
	for line := range strings.Lines(keys) {
		parts := strings.SplitN(strings.TrimSpace(line), "+", 3)
		if len(parts) != 3 {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(parts[2])
		if err != nil || !strings.HasPrefix(string(raw), string([]byte{typeOther})+sm2Kind+"\n") {
			continue
		}
		v, err := NewVerifier(line)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// IsSM2 reports whether a verifier is of SM2.
func IsSM2(v note.Verifier) bool {
	_, ok := v.(*sm2Verifier)
	return ok
}

// Algorithm names what a verifier key verifies, for whoever has to tell two
// keys of one log apart.
func Algorithm(vkey string) string {
	if second, err := SM2Verifiers(vkey); err == nil && len(second) > 0 {
		return "SM2"
	}
	return "Ed25519"
}

// sm2Point is the uncompressed point: 0x04, x, y.
func sm2Point(key *ecdsa.PublicKey) []byte {
	point, err := sm2.PublicKeyToECDH(key)
	if err != nil {
		panic(err) // only for a key of another curve, which nothing here makes
	}
	return point.Bytes()
}

func sm2KeyHash(name string, point []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{typeOther})
	h.Write([]byte(sm2Kind + "\n"))
	h.Write(point)
	return binary.BigEndian.Uint32(h.Sum(nil))
}
