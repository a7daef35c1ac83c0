package witness

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Resolve closes an open alarm by hand; why says who looked at it and what was
// found. It stays on record.
func (w *Witness) Resolve(origin, id, why string) error {
	f := w.find(origin)
	if f == nil {
		return fmt.Errorf("this witness does not follow %s", origin)
	}
	if strings.TrimSpace(why) == "" {
		return errors.New("say who looked at the alarm and what was found")
	}
	return f.locked(func() error {
		list, err := readAlarms(f.dir)
		if err != nil {
			return err
		}
		for _, a := range list {
			if a.ID == id && a.Open() {
				a.Why = why
				return appendAlarm(f.dir, alarmLine{At: w.clock().UTC(), Event: "closed", Alarm: a})
			}
		}
		return fmt.Errorf("there is no open alarm %s", id)
	})
}

// Tick raises the alarm of silence where it is due. A witness that was itself
// away gives each log its limit anew.
func (w *Witness) Tick() error {
	var errs []error
	for _, f := range w.logs {
		errs = append(errs, f.locked(func() error {
			h, err := readHeard(f.dir)
			if err != nil {
				return err
			}
			from := h.At
			if from.Before(h.Since) {
				from = h.Since
			}
			if from.Before(w.start) {
				from = w.start
			}
			now := w.clock().UTC()
			if f.Silence <= 0 || now.Sub(from) <= f.Silence {
				return nil
			}
			return w.raise(f, Silence, nil, nil, now)
		}))
	}
	return errors.Join(errs...)
}

// Status is what the witness knows of one log.
type Status struct {
	Log
	Size   int64     // -1 before the first checkpoint
	At     time.Time // of the newest accepted checkpoint
	Heard  time.Time // of the last checkpoint or heartbeat
	Digits string    // of the newest accepted checkpoint, "" before
	Note   []byte    // signed by the log and this witness
	Silent bool      // nothing heard for longer than the limit
	Alarms []Alarm   // the newest first
}

// Open counts the alarms that stand.
func (s Status) Open() (n int) {
	for _, a := range s.Alarms {
		if a.Open() {
			n++
		}
	}
	return n
}

// Status tells of every log, in the order of the options.
func (w *Witness) Status() ([]Status, error) {
	var out []Status
	for _, f := range w.logs {
		s := Status{Log: f.Log, Size: -1}
		s.Label = f.Label
		err := f.locked(func() error {
			h, err := readHeard(f.dir)
			if err != nil {
				return err
			}
			list, err := readAlarms(f.dir)
			if err != nil {
				return err
			}
			for i := len(list) - 1; i >= 0; i-- {
				s.Alarms = append(s.Alarms, list[i])
			}
			if f.last.Note != nil {
				s.Size, s.At, s.Digits, s.Note = f.last.Size, f.last.At, f.last.Digits(), f.last.Note
			}
			s.Heard = h.At
			from := h.At
			if from.Before(h.Since) {
				from = h.Since
			}
			s.Silent = f.Silence > 0 && w.clock().Sub(from) > f.Silence
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("log %s: %w", f.Origin, err)
		}
		out = append(out, s)
	}
	return out, nil
}
