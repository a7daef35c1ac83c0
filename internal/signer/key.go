package signer

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"plumbline/internal/ledger"
)

// ErrNoKey says that the key file is not there.
var ErrNoKey = errors.New("there is no signing key")

// Open reads the key of a log and what it signed last. The file must be for
// its owner alone. sm2Key names the file of a second key, "" for none.
func Open(path, sm2Key string) (*Signer, error) {
	raw, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoKey, path)
	} else if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(string(raw))
	signer, err := note.NewSigner(text)
	if err != nil {
		return nil, fmt.Errorf("the signing key %s is damaged", path)
	}
	vkey, err := publicOf(text)
	if err != nil {
		return nil, fmt.Errorf("the signing key %s is damaged", path)
	}
	s := &Signer{path: path, origin: signer.Name(), signers: []note.Signer{signer}, keys: []string{vkey}}
	if _, err := readState(path); err != nil {
		return nil, err
	}
	if sm2Key != "" {
		second, err := openSM2(sm2Key, s.origin)
		if err != nil {
			return nil, err
		}
		s.signers = append(s.signers, second)
		s.keys = append(s.keys, second.vkey())
	}
	return s, nil
}

// Make writes a fresh key for the log and the memory of having signed nothing.
// It never overwrites.
func Make(path, origin string) error {
	if err := nameable(origin); err != nil {
		return err
	}
	secret, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(statePath(path)); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists although there is no key %s: a key is missing, and making another would hide it",
			statePath(path), path)
	}
	if err := writeFresh(path, []byte(secret+"\n")); err != nil {
		return fmt.Errorf("write the signing key: %w", err)
	}
	return writeState(path, ledger.Checkpoint{Origin: origin, Root: sha256.Sum256(nil)})
}

// OpenOrMake opens the key, and makes one where there is none.
func OpenOrMake(path, sm2Key, origin string) (s *Signer, made bool, err error) {
	if s, err = Open(path, sm2Key); !errors.Is(err, ErrNoKey) {
		return s, false, err
	}
	if err := Make(path, origin); err != nil {
		return nil, false, err
	}
	s, err = Open(path, sm2Key)
	return s, true, err
}

// Fingerprint is the SHA-256 of a verifier key in groups of four hexadecimal
// digits, to be compared by eye or over the telephone.
func Fingerprint(vkey string) string {
	sum := sha256.Sum256([]byte(vkey))
	digits := strings.ToUpper(hex.EncodeToString(sum[:16]))
	groups := make([]string, 0, 8)
	for ; digits != ""; digits = digits[4:] {
		groups = append(groups, digits[:4])
	}
	return strings.Join(groups, " ")
}

// publicOf gives the verifier key of a private note key.
func publicOf(secret string) (string, error) {
	// PRIVATE+KEY+name+id+base64(type, seed)
	parts := strings.SplitN(secret, "+", 5)
	if len(parts) != 5 {
		return "", errors.New("no note key")
	}
	return publicKey(parts[2], parts[4])
}

func nameable(origin string) error {
	if origin == "" || strings.ContainsAny(origin, "+ \t\r\n") {
		return fmt.Errorf("%.60q is no name for a log: it must hold no space and no plus sign", origin)
	}
	return nil
}

// readPrivate reads a file that nobody but its owner may read.
func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %04o): chmod 600 it, and think about who has read it", path,
			info.Mode().Perm())
	}
	return os.ReadFile(path)
}
