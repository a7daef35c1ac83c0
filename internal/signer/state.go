package signer

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"plumbline/internal/ledger"
)

// The state is the text of the last checkpoint, beside the key.
func statePath(key string) string { return key + ".state" }

func readState(key string) (ledger.Checkpoint, error) {
	raw, err := os.ReadFile(statePath(key))
	if err != nil {
		return ledger.Checkpoint{}, fmt.Errorf("the signer's memory is missing, so it signs nothing: %w", err)
	}
	c, err := ledger.ParseCheckpoint(string(raw))
	if err != nil {
		return c, fmt.Errorf("the signer's memory %s is damaged, so it signs nothing: %w", statePath(key), err)
	}
	return c, nil
}

// writeState brings the state to the disk. A crash leaves the old or the new
// one; the signature leaves only after this has returned.
func writeState(key string, c ledger.Checkpoint) error {
	path := statePath(key)
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeFresh(part, []byte(c.Marshal())); err != nil {
		return fmt.Errorf("write the signer's memory: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncDir(path)
}

// replaceState keeps the present state under a name of its own and writes
// another one.
func replaceState(key string, to ledger.Checkpoint) (kept string, err error) {
	was, err := os.ReadFile(statePath(key))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err == nil {
		if kept, err = keep(statePath(key), was); err != nil {
			return "", err
		}
	}
	return kept, writeState(key, to)
}

// keep writes evidence to the first free name beside path.
func keep(path string, raw []byte) (string, error) {
	for n := 1; ; n++ {
		name := path + ".was-" + strconv.Itoa(n)
		err := writeFresh(name, raw)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		return name, err
	}
}

// writeFresh writes and syncs a file that must not exist yet.
func writeFresh(path string, raw []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lockFile keeps other processes from the same key until it is unlocked.
func lockFile(path string) (unlock func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return f.Close, nil // closing lets go of the lock
}

// publicKey derives the verifier key from the coded part of a private one.
func publicKey(name, coded string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(coded)
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != 0x01 {
		return "", errors.New("no Ed25519 key")
	}
	key := ed25519.NewKeyFromSeed(raw[1:])
	return ledger.LogKey(name, key.Public().(ed25519.PublicKey)), nil
}
