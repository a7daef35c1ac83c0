package witness

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"plumbline/internal/ledger"
)

// What lies in the folder of one log. The accepted checkpoints are the state:
// the last whole record is the tree that the witness stands by. One append and
// one fsync is all that must be done before an answer, and a crash in between
// leaves either the record or a torn tail that nobody was told of.
const (
	acceptedFile = "accepted.notes"
	alarmFile    = "alarms.jsonl"
	heardFile    = "heard.json"
	lockFile     = "lock"
	evidenceDir  = "evidence"
)

// record is one accepted checkpoint.
type record struct {
	At   time.Time
	Note []byte // signed by the log and by this witness
	ledger.Checkpoint
}

// marshal writes a header line with length and checksum, and the note.
func (r *record) marshal() []byte {
	sum := sha256.Sum256(r.Note)
	return append(fmt.Appendf(nil, "accepted %s %d %x\n", r.At.UTC().Format(time.RFC3339), len(r.Note), sum[:8]), r.Note...)
}

// parseRecord reads the record at the start of b; n is its length, 0 if there
// is no whole and sound record.
func parseRecord(b []byte) (r record, n int) {
	head, _, found := bytes.Cut(b, []byte("\n"))
	parts := strings.Split(string(head), " ")
	if !found || len(parts) != 4 || parts[0] != "accepted" {
		return r, 0
	}
	at, err := time.Parse(time.RFC3339, parts[1])
	size, err2 := strconv.Atoi(parts[2])
	if err != nil || err2 != nil || size < 0 || size > BodyMax+1024 || len(head)+1+size > len(b) {
		return r, 0
	}
	noted := b[len(head)+1 : len(head)+1+size]
	if sum := sha256.Sum256(noted); fmt.Sprintf("%x", sum[:8]) != parts[3] {
		return r, 0
	}
	c, _, err := splitNote(noted)
	if err != nil {
		return r, 0
	}
	return record{At: at, Note: bytes.Clone(noted), Checkpoint: c}, len(head) + 1 + size
}

// scan reads the records of the file from the offset on and gives the offset
// behind the last whole one. A torn tail is left out: it was never answered
// for. A damaged record with sound ones behind it is an error: a disk or a
// hand changed what must not change.
func scan(path string, from int64, see func(record)) (int64, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if from > 0 {
			return 0, fmt.Errorf("the record of accepted checkpoints %s is gone", path)
		}
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() < from {
		return 0, fmt.Errorf("the record of accepted checkpoints %s was cut", path)
	}
	const chunk = 1 << 20 // many records; each is below BodyMax and its header
	buf := make([]byte, 0, chunk)
	at, end := from, false
	for !end {
		room := make([]byte, chunk)
		n, err := file.ReadAt(room, at+int64(len(buf)))
		if err != nil && err != io.EOF { // unread is not torn
			return 0, err
		}
		end = err != nil
		buf = append(buf, room[:n]...)
		used := 0
		for end && used < len(buf) || len(buf)-used > 2*BodyMax {
			r, n := parseRecord(buf[used:])
			if n == 0 {
				if i := bytes.Index(buf[used:], []byte("\naccepted ")); i >= 0 {
					if _, n := parseRecord(buf[used+i+1:]); n > 0 {
						return 0, fmt.Errorf("the record of accepted checkpoints %s is damaged at byte %d", path, at+int64(used))
					}
				}
				return at + int64(used), nil
			}
			see(r)
			used += n
		}
		at += int64(used)
		buf = append(buf[:0], buf[used:]...)
	}
	return at, nil
}

// recordOf finds the record of that size among the first end bytes. Records
// grow in size from one to the next, so the file is halved until a stretch of
// it is left: a replayed old note must not cost the reading of years.
func recordOf(path string, end, size int64) (found record, err error) {
	file, err := os.Open(path)
	if err != nil {
		return found, err
	}
	defer func() { _ = file.Close() }()
	read := func(from, to int64) ([]byte, error) {
		buf := make([]byte, to-from)
		n, err := file.ReadAt(buf, from)
		if err != nil && (err != io.EOF || int64(n) < to-from) {
			return nil, err
		}
		return buf, nil
	}
	lo, hi := int64(0), end
	for hi-lo > 8*BodyMax {
		mid := lo + (hi-lo)/2
		buf, err := read(mid, min(mid+4*BodyMax, end))
		if err != nil {
			return found, err
		}
		at, r := firstRecord(buf)
		if at < 0 || mid+at >= hi {
			break
		}
		switch {
		case r.Size == size:
			return r, nil
		case r.Size < size:
			lo = mid + at
		default:
			hi = mid + at
		}
	}
	buf, err := read(lo, hi)
	if err != nil {
		return found, err
	}
	for len(buf) > 0 {
		r, n := parseRecord(buf)
		if n == 0 || r.Size == size { // n is 0 only for a damaged file, and r then empty
			return r, nil
		}
		buf = buf[n:]
	}
	return found, nil
}

// firstRecord finds the first sound record that begins behind a line feed.
func firstRecord(buf []byte) (at int64, r record) {
	for from := 0; ; {
		i := bytes.Index(buf[from:], []byte("\naccepted "))
		if i < 0 {
			return -1, r
		}
		from += i + 1
		if r, n := parseRecord(buf[from:]); n > 0 {
			return int64(from), r
		}
	}
}

// appendAt writes the bytes at the offset, over whatever torn tail lies there,
// and syncs them.
func appendAt(path string, at int64, b []byte) error {
	_, err := os.Stat(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err = file.Truncate(at); err == nil {
		if _, err = file.WriteAt(b, at); err == nil {
			err = file.Sync()
		}
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if fresh {
		return syncDir(filepath.Dir(path))
	}
	return nil
}

// writeFile writes a file whole: beside its place, synced, then renamed, and
// the folder synced. only refuses to replace one.
func writeFile(path string, b []byte, mode fs.FileMode, only bool) error {
	next := path + ".new"
	if only {
		if _, err := os.Lstat(path); err == nil {
			return fs.ErrExist
		}
	}
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lock takes the folder for this process: the server and the commands beside
// it change one log one after the other.
func lock(dir string) (release func(), err error) {
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil // closing lets go of the lock
}

// heard is when the log was heard of; a hint for silence, no proof.
type heard struct {
	Since time.Time `json:"since"` // followed from
	At    time.Time `json:"at"`    // last accepted checkpoint or heartbeat
	Stale time.Time `json:"stale"` // first known smaller checkpoint after that
}

func readHeard(dir string) (h heard, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, heardFile))
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &h)
	}
	return h, err
}

func writeHeard(dir string, h heard) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, heardFile), append(raw, '\n'), 0o600, false)
}
