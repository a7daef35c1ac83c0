package seal

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// A custodian's public key is printed as one line: PLUMBLINE-CUSTODIAN-1 and
// the key in base64. The private key is kept in a file that age protects with a
// passphrase, and never leaves the custodian's machine.
const publicPrefix = "PLUMBLINE-CUSTODIAN-1 "

var (
	errKey        = errors.New("this is not a custodian's key")
	errPassphrase = errors.New("the passphrase is wrong, or the file is not a custodian's key file")
)

func kem() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }

// PrivateKey is a custodian's private key.
type PrivateKey struct{ key hpke.PrivateKey }

// NewPrivateKey generates a key.
func NewPrivateKey() (*PrivateKey, error) {
	k, err := kem().GenerateKey()
	if err != nil {
		return nil, err
	}
	return &PrivateKey{k}, nil
}

// Public returns the public key.
func (k *PrivateKey) Public() *PublicKey { return &PublicKey{k.key.PublicKey()} }

// Bytes returns the raw private key. ParsePrivate reads it.
func (k *PrivateKey) Bytes() ([]byte, error) { return k.key.Bytes() }

// ParsePrivate parses what Bytes returned.
func ParsePrivate(raw []byte) (*PrivateKey, error) {
	k, err := kem().NewPrivateKey(raw)
	if err != nil {
		return nil, errKey
	}
	return &PrivateKey{k}, nil
}

// PublicKey is a custodian's public key.
type PublicKey struct{ key hpke.PublicKey }

// String returns the line to register.
func (k *PublicKey) String() string {
	return publicPrefix + base64.StdEncoding.EncodeToString(k.key.Bytes())
}

// Fingerprint is the start of the key's SHA-256 in groups of four, to compare
// by eye or over the telephone.
func (k *PublicKey) Fingerprint() string {
	sum := sha256.Sum256(k.key.Bytes())
	digits := hex.EncodeToString(sum[:16])
	var groups []string
	for ; digits != ""; digits = digits[4:] {
		groups = append(groups, digits[:4])
	}
	return strings.Join(groups, " ")
}

// ParsePublic parses the line. Surrounding and inner white space is ignored.
func ParsePublic(line string) (*PublicKey, error) {
	rest, ok := strings.CutPrefix(strings.Join(strings.Fields(line), " "), publicPrefix)
	if !ok {
		return nil, errKey
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(rest, " ", ""))
	if err != nil {
		return nil, errKey
	}
	k, err := kem().NewPublicKey(raw)
	if err != nil {
		return nil, errKey
	}
	return &PublicKey{k}, nil
}

// WriteKeyFile writes the private key, protected by a passphrase. work is the
// scrypt cost of one attempt as a power of two; 18 takes about a second.
func WriteKeyFile(w io.Writer, k *PrivateKey, passphrase string, work int) error {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	recipient.SetWorkFactor(work)
	raw, err := k.Bytes()
	if err != nil {
		return err
	}
	defer clear(raw)
	a := armor.NewWriter(w)
	body, err := age.Encrypt(a, recipient)
	if err != nil {
		return err
	}
	if _, err := body.Write(raw); err != nil {
		return err
	}
	return errors.Join(body.Close(), a.Close())
}

// ReadKeyFile decrypts a key file with its passphrase.
func ReadKeyFile(data []byte, passphrase string) (*PrivateKey, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, errPassphrase
	}
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(data)), identity)
	if err != nil {
		return nil, errPassphrase
	}
	raw, err := io.ReadAll(io.LimitReader(r, 1<<12))
	if err != nil {
		return nil, errPassphrase
	}
	defer clear(raw)
	return ParsePrivate(raw)
}

// sealTo seals to a public key. info binds the purpose.
func sealTo(k *PublicKey, info, plain []byte) ([]byte, error) {
	return hpke.Seal(k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), info, plain)
}

func openWith(k *PrivateKey, info, sealed []byte) ([]byte, error) {
	plain, err := hpke.Open(k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), info, sealed)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}
