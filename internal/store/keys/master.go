package keys

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The master file holds one line per master key, number and 64 hexadecimal
// digits; the last one encrypts new pages.
const masterHeader = "plumbline master keys v1"

func newMaster(path string) error {
	file := MasterPath(path)
	if _, err := os.Lstat(file); !notThere(err) {
		return err // nil: it is there, left by a start that ended early
	}
	return writeDurably(file, []byte(masterHeader+"\n"+masterLine(1)))
}

func masterLine(number int64) string {
	var key [Size]byte
	rand.Read(key[:])
	return strconv.FormatInt(number, 10) + " " + hex.EncodeToString(key[:]) + "\n"
}

func (s *Store) readMasters() error {
	file := MasterPath(s.path)
	raw, err := os.ReadFile(file)
	if notThere(err) {
		return fmt.Errorf("%w: its master key %s is not there", ErrMissing, file)
	} else if err != nil {
		return fmt.Errorf("read the master key: %w", err)
	}
	damaged := fmt.Errorf("the master key %s is damaged", file)
	lines := bufio.NewScanner(bytes.NewReader(raw))
	if !lines.Scan() || lines.Text() != masterHeader {
		return damaged
	}
	s.master = map[int64]cipher.AEAD{}
	for lines.Scan() {
		n, digits, _ := strings.Cut(lines.Text(), " ")
		number, err := strconv.ParseInt(n, 10, 64)
		key, hexErr := hex.DecodeString(digits)
		if err != nil || hexErr != nil || len(key) != Size || number <= s.newest {
			return damaged
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return damaged
		}
		if s.master[number], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return damaged
		}
		s.newest = number
	}
	if s.newest == 0 {
		return damaged
	}
	return nil
}

// writeDurably writes a file that only its owner may read, whole or not at all.
func writeDurably(file string, data []byte) error {
	part, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	defer func() { _ = os.Remove(part.Name()) }() // gone already when all went well
	_, err = part.Write(data)
	if err = errors.Join(err, part.Chmod(0o600), part.Sync(), part.Close()); err == nil {
		err = os.Rename(part.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
