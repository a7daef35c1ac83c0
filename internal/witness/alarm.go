package witness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plumbline/internal/ledger"
)

// Kind of an alarm; the package doc says what each means.
type Kind string

// The kinds.
const (
	Fork         Kind = "fork"
	Inconsistent Kind = "inconsistent"
	Shrink       Kind = "shrink"
	Silence      Kind = "silence"
)

// Alarm is one thing that a person should look at.
type Alarm struct {
	ID       string    `json:"id"` // kind, size and the start of the root
	Kind     Kind      `json:"kind"`
	Size     int64     `json:"size"`               // of the checkpoint that was sent
	Known    int64     `json:"known"`              // size that the witness stood by
	Since    time.Time `json:"since"`              // raised
	Evidence string    `json:"evidence,omitempty"` // file beside the log's state
	Closed   time.Time `json:"closed,omitzero"`
	Why      string    `json:"why,omitempty"` // closed by whom: "" is the log itself
}

// Open reports whether the alarm still stands.
func (a Alarm) Open() bool { return a.Closed.IsZero() }

// alarmLine is a line of the append-only file: an alarm raised, or closed.
type alarmLine struct {
	At    time.Time `json:"at"`
	Event string    `json:"event"` // raised or closed
	Alarm
}

// readAlarms folds the file; the newest come last. A torn last line was never
// acted on and is left out.
func readAlarms(dir string) ([]Alarm, error) {
	raw, err := os.ReadFile(filepath.Join(dir, alarmFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Alarm
	for _, line := range bytes.SplitAfter(raw, []byte("\n")) {
		var l alarmLine
		if !bytes.HasSuffix(line, []byte("\n")) {
			continue
		}
		if err := json.Unmarshal(line, &l); err != nil {
			continue // the torn line of a crash, ended by the next one
		}
		if l.Event == "raised" {
			l.Alarm.Closed = time.Time{}
			list = append(list, l.Alarm)
			continue
		}
		for i := range list {
			if list[i].ID == l.ID && list[i].Open() {
				list[i].Closed, list[i].Why = l.At, l.Why
			}
		}
	}
	return list, nil
}

func appendAlarm(dir string, l alarmLine) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, alarmFile)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err = file.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			raw = append([]byte("\n"), raw...) // end the torn line of a crash
		}
	}
	if err == nil {
		if _, err = file.Write(append(raw, '\n')); err == nil {
			err = file.Sync()
		}
	}
	return errors.Join(err, file.Close(), syncDir(dir))
}

func alarmID(kind Kind, size int64, root ledger.Hash) string {
	return fmt.Sprintf("%s-%d-%x", kind, size, root[:6])
}

// evidenceMax bounds what a log, or somebody who replays its notes, can make
// the witness keep.
const evidenceMax = 1000

// keepEvidence writes what was seen, in words and as the notes themselves, so
// that a third person can check it with the public key alone.
func keepEvidence(dir, id string, at time.Time, known *record, req *Request) (string, error) {
	folder := filepath.Join(dir, evidenceDir)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	names, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	if len(names) >= evidenceMax {
		return "", nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "plumbline witness evidence v1\nalarm %s\nreceived %s\n", id, at.UTC().Format(time.RFC3339))
	if known != nil {
		fmt.Fprintf(&b, "\n=== accepted %s ===\n%s", known.At.UTC().Format(time.RFC3339), known.Note)
	}
	fmt.Fprintf(&b, "\n=== request received ===\n%s", req.Marshal())
	name := id + ".txt"
	if err := writeFile(filepath.Join(folder, name), []byte(b.String()), 0o600, true); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return filepath.Join(evidenceDir, name), nil
}
