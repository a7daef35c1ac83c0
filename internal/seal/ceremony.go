package seal

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Bundle is what custodians take to a ceremony: every wrapped key of a set, and
// the public keys of the next set. It holds no content, and opens only with two
// of the keys.
type Bundle struct {
	Version   int             `json:"version"`
	Origin    string          `json:"origin"`
	From      string          `json:"from"`
	To        string          `json:"to"` // "" for a drill, which has no next set
	Threshold int             `json:"threshold"`
	Custodian []BundleHolder  `json:"custodians"` // of To
	Records   []BundledRecord `json:"records"`
}

// BundleHolder is one custodian of the next set.
type BundleHolder struct {
	ID        string `json:"id"`
	PublicKey string `json:"public_key"`
}

// BundledRecord is the wrapped key of one record.
type BundledRecord struct {
	ID       string    `json:"id"` // of the sealed field
	Place    Place     `json:"place"`
	Wrapping *Wrapping `json:"wrapping"`
}

const bundleVersion = 1

// NewBundle returns an empty bundle.
func NewBundle(origin, from string) *Bundle {
	return &Bundle{Version: bundleVersion, Origin: origin, From: from}
}

// JSON encodes the bundle as a file.
func (b *Bundle) JSON() []byte {
	raw, _ := json.Marshal(b) // plain data never fails
	return raw
}

// ParseBundle parses a bundle, or the result of a ceremony, which has the same
// form.
func ParseBundle(raw []byte) (*Bundle, error) {
	b := new(Bundle)
	if err := json.Unmarshal(raw, b); err != nil || b.Version != bundleVersion || b.From == "" {
		return nil, errors.New("this is not a bundle of wrapped keys")
	}
	for _, r := range b.Records {
		if r.Wrapping == nil || r.Wrapping.Threshold < 2 || len(r.Wrapping.Shares) < r.Wrapping.Threshold {
			return nil, errors.New("a record of the bundle cannot be read")
		}
	}
	return b, nil
}

// Recover opens the bundle's record keys with the given private keys and
// returns how many it could open. It calls use, unless nil, with each.
func (b *Bundle) Recover(keys []*PrivateKey, use func(r *BundledRecord, key *[KeySize]byte) error) (opened int, err error) {
	for i := range b.Records {
		r := &b.Records[i]
		key, err := r.open(keys)
		if errors.Is(err, ErrOpen) {
			continue
		} else if err != nil {
			return opened, err
		}
		opened++
		if use != nil {
			err = use(r, key)
		}
		clear(key[:])
		if err != nil {
			return opened, err
		}
	}
	return opened, nil
}

func (r *BundledRecord) open(keys []*PrivateKey) (*[KeySize]byte, error) {
	var shares []Share
	defer func() {
		for _, s := range shares {
			clear(s.Y)
		}
	}()
	for _, k := range keys {
		for i := range r.Wrapping.Shares {
			if s, err := OpenPart(r.Place, r.Wrapping.Set, &r.Wrapping.Shares[i], k); err == nil {
				shares = append(shares, s)
				break
			}
		}
	}
	if len(shares) < r.Wrapping.Threshold {
		return nil, ErrOpen
	}
	return Unwrap(r.Place, r.Wrapping, shares)
}

// Rewrap performs the ceremony: with two of the old keys it opens every record
// key and wraps it for the next custodians. If any record does not open the
// whole ceremony fails, so that none is silently left behind.
func (b *Bundle) Rewrap(keys []*PrivateKey) (*Bundle, error) {
	if b.To == "" || len(b.Custodian) == 0 {
		return nil, errors.New("the bundle names no custodians to wrap to")
	}
	to := make([]Recipient, len(b.Custodian))
	for i, c := range b.Custodian {
		key, err := ParsePublic(c.PublicKey)
		if err != nil {
			return nil, err
		}
		to[i] = Recipient{c.ID, key}
	}
	out := *b
	out.Records = make([]BundledRecord, 0, len(b.Records))
	n, err := b.Recover(keys, func(r *BundledRecord, key *[KeySize]byte) error {
		w, err := Wrap(r.Place, key, b.To, b.Threshold, to)
		out.Records = append(out.Records, BundledRecord{r.ID, r.Place, w})
		return err
	})
	if err != nil {
		return nil, err
	}
	if n != len(b.Records) {
		return nil, fmt.Errorf("these keys open %d of %d records; %d different keys of the old custodians are needed", n,
			len(b.Records), b.Threshold)
	}
	return &out, nil
}

// Follows reports whether a new wrapping may replace the old one: its check
// says that it wraps the same key, and it is for exactly the given custodians.
func (w *Wrapping) Follows(old *Wrapping, set string, threshold int, custodians []string) bool {
	if w.Set != set || w.Threshold != threshold || len(w.Shares) != len(custodians) || !slices.Equal(w.Check, old.Check) {
		return false
	}
	seen := map[byte]bool{}
	for _, p := range w.Shares {
		if !slices.Contains(custodians, p.Custodian) || w.Part(p.Custodian).X != p.X || p.X == 0 || seen[p.X] || len(p.Sealed) == 0 {
			return false
		}
		seen[p.X] = true
	}
	return true
}
