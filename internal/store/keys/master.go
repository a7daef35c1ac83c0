package keys

import (
	"bufio"
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The master file has one line per master key: its number and 64 hexadecimal
// digits. The last one encrypts new pages.
const masterHeader = "plumbline master keys v1"

func newMaster(path string) error {
	file := MasterPath(path)
	if _, err := os.Lstat(file); !notThere(err) {
		return err // nil means the file exists, left by an interrupted start
	}
	return writeDurably(file, []byte(masterHeader+"\n"+masterLine(1)))
}

func masterLine(number int64) string {
	var key [Size]byte
	rand.Read(key[:])
	return strconv.FormatInt(number, 10) + " " + hex.EncodeToString(key[:]) + "\n"
}

// masters are the master keys from one reading of the file. Each page names the
// one it uses.
type masters struct {
	aead   map[int64]cipher.AEAD
	newest int64    // encrypts new pages
	lines  []string // of the file, without the header
}

func readMasters(path string) (*masters, error) {
	file := MasterPath(path)
	raw, err := os.ReadFile(file)
	if notThere(err) {
		return nil, fmt.Errorf("%w: its master key %s is not there", ErrMissing, file)
	} else if err != nil {
		return nil, fmt.Errorf("read the master key: %w", err)
	}
	damaged := fmt.Errorf("the master key %s is damaged", file)
	lines := bufio.NewScanner(bytes.NewReader(raw))
	if !lines.Scan() || lines.Text() != masterHeader {
		return nil, damaged
	}
	m := &masters{aead: map[int64]cipher.AEAD{}}
	for lines.Scan() {
		n, digits, _ := strings.Cut(lines.Text(), " ")
		number, err := strconv.ParseInt(n, 10, 64)
		key, hexErr := hex.DecodeString(digits)
		if err != nil || hexErr != nil || len(key) != Size || number <= m.newest {
			return nil, damaged
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, damaged
		}
		if m.aead[number], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, damaged
		}
		m.newest, m.lines = number, append(m.lines, lines.Text()+"\n")
	}
	if m.newest == 0 {
		return nil, damaged
	}
	return m, nil
}

// sealing returns the master keys for writing in a transaction. Another process
// may have begun a rotation since the file was read. The store records the
// oldest number still allowed, so that nothing is written under a key about to
// be removed.
func (s *Store) sealing(ctx context.Context, tx queryer) (*masters, error) {
	m := s.masters.Load()
	var least int64
	err := tx.QueryRowContext(ctx, "SELECT n FROM counters WHERE name = 'master'").Scan(&least)
	switch {
	case errors.Is(err, sql.ErrNoRows): // never rotated
		return m, nil
	case err != nil || least <= m.newest:
		return m, err
	}
	if m, err = readMasters(s.path); err != nil {
		return nil, err
	}
	if m.newest < least {
		return nil, fmt.Errorf("%w: master key %d is not in %s", ErrMissing, least, MasterPath(s.path))
	}
	s.masters.Store(m)
	return m, nil
}

// writeDurably atomically writes a file readable only by its owner.
func writeDurably(file string, data []byte) error {
	part, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	defer func() { _ = os.Remove(part.Name()) }() // already gone on success
	_, err = part.Write(data)
	if err = errors.Join(err, part.Chmod(0o600), part.Sync(), part.Close()); err == nil {
		err = os.Rename(part.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return syncFolder(filepath.Dir(file))
}

// syncFolder makes a new name in a folder durable.
func syncFolder(folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
