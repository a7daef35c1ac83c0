package witness

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plumbline/internal/ledger"
)

// Key is the witness's name and private key.
type Key struct {
	Name    string
	private ed25519.PrivateKey
}

const keyHead = "plumbline witness key v1"

// OpenKey reads the key in dir. At the first start, when there is none, it
// makes one under the name; made says so. A name that differs from the one the
// key was made under is refused, because the key's id depends on it.
func OpenKey(dir, name string) (k *Key, made bool, err error) {
	path := filepath.Join(dir, "key")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if name == "" {
			return nil, false, fmt.Errorf("there is no witness in %s yet; give it a name with --name, for example audit.example/w1", dir)
		}
		k, err := makeKey(dir, path, name)
		return k, err == nil, err
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the witness's key: %w", err)
	}
	lines := strings.Split(string(raw), "\n")
	if len(lines) != 4 || lines[0] != keyHead || !strings.HasPrefix(lines[1], "name ") || !strings.HasPrefix(lines[2], "seed ") ||
		lines[3] != "" {
		return nil, false, fmt.Errorf("the witness's key %s is damaged", path)
	}
	seed, err := base64.StdEncoding.DecodeString(lines[2][5:])
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, false, fmt.Errorf("the witness's key %s is damaged", path)
	}
	k = &Key{Name: lines[1][5:], private: ed25519.NewKeyFromSeed(seed)}
	if name != "" && name != k.Name {
		return nil, false, fmt.Errorf("the witness in %s is called %s, not %s", dir, k.Name, name)
	}
	return k, false, nil
}

func makeKey(dir, path, name string) (*Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	k := &Key{Name: name, private: private}
	if _, err := ledger.NewVerifier(k.Public()); err != nil { // judges the name
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s\nname %s\nseed %s\n", keyHead, name, base64.StdEncoding.EncodeToString(private.Seed()))
	if err := writeFile(path, []byte(text), 0o600, true); err != nil {
		return nil, fmt.Errorf("write the witness's key: %w", err)
	}
	return k, nil
}

// Public is the key that those hand round who shall trust the witness: name,
// id and public key (C2SP signed-note).
func (k *Key) Public() string {
	return ledger.CosignerKey(k.Name, k.private.Public().(ed25519.PublicKey))
}

// Fingerprint is for comparing a verifier key over the telephone: the first 16
// bytes of its SHA-256, in groups of four hexadecimal digits.
func Fingerprint(verifierKey string) string {
	sum := sha256.Sum256([]byte(verifierKey))
	parts := make([]string, 8)
	for i := range parts {
		parts[i] = fmt.Sprintf("%X", sum[2*i:2*i+2])
	}
	return strings.Join(parts, " ")
}

// cosign gives the witness's signature line over the checkpoint.
func (k *Key) cosign(c ledger.Checkpoint, at time.Time) (string, error) {
	signer, err := ledger.NewCosigner(k.Name, k.private, func() time.Time { return at })
	if err != nil {
		return "", err
	}
	signed, err := ledger.SignCheckpoint(c, signer)
	if err != nil {
		return "", err
	}
	_, line, found := strings.Cut(string(signed), "\n\n")
	if !found {
		return "", errors.New("witness: the cosigned note has no signature")
	}
	return line, nil
}
