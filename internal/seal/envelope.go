package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
)

const (
	sealedLabel   = "plumbline sealed v1"
	shareLabel    = "plumbline share v1"
	checkLabel    = "plumbline record key v1"
	responseLabel = "plumbline response v1"
)

// Recipient is a custodian as known to the server.
type Recipient struct {
	ID  string
	Key *PublicKey
}

// Wrapping is a record key, split and sealed to the custodians of a set. It
// reveals nothing to anyone else: the check is a hash of a random key.
type Wrapping struct {
	Set       string       `json:"set"`
	Threshold int          `json:"threshold"`
	Check     []byte       `json:"check"`
	Shares    []SealedPart `json:"shares"`
}

// SealedPart is one custodian's share.
type SealedPart struct {
	Custodian string `json:"custodian"`
	X         byte   `json:"x"`
	Sealed    []byte `json:"sealed"`
}

// JSON encodes the wrapping for storage.
func (w *Wrapping) JSON() string {
	b, _ := json.Marshal(w) // plain data never fails
	return string(b)
}

// ParseWrapping parses what JSON wrote.
func ParseWrapping(text string) (*Wrapping, error) {
	w := new(Wrapping)
	if err := json.Unmarshal([]byte(text), w); err != nil || w.Threshold < 2 || len(w.Shares) < w.Threshold {
		return nil, errors.New("the wrapped key cannot be read")
	}
	return w, nil
}

// Part returns a custodian's share, or nil if there is none.
func (w *Wrapping) Part(custodian string) *SealedPart {
	i := slices.IndexFunc(w.Shares, func(p SealedPart) bool { return p.Custodian == custodian })
	if i < 0 {
		return nil
	}
	return &w.Shares[i]
}

func (p Place) shareInfo(set, custodian string, x byte) []byte {
	info := p.bytes(shareLabel)
	for _, part := range []string{set, custodian} {
		info = binary.BigEndian.AppendUint64(info, uint64(len(part)))
		info = append(info, part...)
	}
	return append(info, x)
}

func (p Place) check(key *[KeySize]byte) []byte {
	h := sha256.New()
	h.Write(p.bytes(checkLabel))
	h.Write(key[:])
	return h.Sum(nil)
}

// SealText encrypts a text for its place under a new key and wraps the key for
// the recipients. No key is kept: once it returns, nobody can read the text
// without a threshold of custodians.
func SealText(at Place, text []byte, set string, threshold int, to []Recipient) (cipher []byte, w *Wrapping, err error) {
	var key [KeySize]byte
	rand.Read(key[:])
	defer clear(key[:])
	if w, err = Wrap(at, &key, set, threshold, to); err != nil {
		return nil, nil, err
	}
	return gcm(&key).Seal(nil, nil, text, at.bytes(sealedLabel)), w, nil
}

// Wrap splits a record key and seals each share to its custodian.
func Wrap(at Place, key *[KeySize]byte, set string, threshold int, to []Recipient) (*Wrapping, error) {
	shares, err := Split(key[:], threshold, len(to))
	if err != nil {
		return nil, err
	}
	w := &Wrapping{Set: set, Threshold: threshold, Check: at.check(key), Shares: make([]SealedPart, len(to))}
	for i, r := range to {
		sealed, err := sealTo(r.Key, at.shareInfo(set, r.ID, shares[i].X), shares[i].Y)
		clear(shares[i].Y)
		if err != nil {
			return nil, err
		}
		w.Shares[i] = SealedPart{Custodian: r.ID, X: shares[i].X, Sealed: sealed}
	}
	return w, nil
}

// OpenPart opens a custodian's share with the custodian's private key.
func OpenPart(at Place, set string, p *SealedPart, k *PrivateKey) (Share, error) {
	y, err := openWith(k, at.shareInfo(set, p.Custodian, p.X), p.Sealed)
	if err != nil || len(y) != KeySize {
		return Share{}, ErrOpen
	}
	return Share{X: p.X, Y: y}, nil
}

// Unwrap recovers the record key from shares and checks it against the
// wrapping. Too few or wrong shares give ErrOpen.
func Unwrap(at Place, w *Wrapping, shares []Share) (*[KeySize]byte, error) {
	raw, err := Combine(shares)
	if err != nil || len(raw) != KeySize {
		return nil, ErrOpen
	}
	key := [KeySize]byte(raw)
	clear(raw)
	if subtle.ConstantTimeCompare(at.check(&key), w.Check) != 1 {
		clear(key[:])
		return nil, ErrOpen
	}
	return &key, nil
}

// OpenText decrypts a sealed text with its record key.
func OpenText(at Place, key *[KeySize]byte, cipher []byte) ([]byte, error) {
	if len(cipher) < Overhead {
		return nil, ErrOpen
	}
	text, err := gcm(key).Open(nil, nil, cipher, at.bytes(sealedLabel))
	if err != nil {
		return nil, ErrOpen
	}
	return text, nil
}
