package witness

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"plumbline/internal/ledger"
)

// Answer is what add-checkpoint says.
type Answer struct {
	Status int    // of HTTP
	Type   string // content type
	Body   string
}

func plain(status int, text string) Answer {
	return Answer{status, "text/plain; charset=utf-8", text + "\n"}
}

func conflict(size int64) Answer {
	return Answer{409, "text/x.tlog.size", strconv.FormatInt(size, 10) + "\n"}
}

// Add answers one add-checkpoint request (C2SP tlog-witness). An error is the
// witness's own: nothing was cosigned, though a checkpoint may be on record.
func (w *Witness) Add(ctx context.Context, body []byte) (Answer, error) {
	return w.add(ctx, body, false)
}

// add with live set takes the checkpoint for what the log shows just now, and
// not for a message that may have been delayed or replayed.
func (w *Witness) add(ctx context.Context, body []byte, live bool) (Answer, error) {
	req, err := ParseRequest(body)
	if err != nil {
		return plain(400, err.Error()), nil
	}
	f := w.find(req.Checkpoint.Origin)
	if f == nil {
		return plain(404, "this witness does not follow that log"), nil
	}
	if _, err := ledger.OpenCheckpoint(req.Note, f.trust); err != nil {
		w.log.Warn("not signed by a trusted key: another site under this name, or a new key", "log", f.Origin, "size", req.Checkpoint.Size)
		return plain(403, "not signed by a key that this witness trusts for the log"), nil
	}
	if req.Old > req.Checkpoint.Size {
		return plain(400, "the old size is larger than the checkpoint"), nil
	}
	var a Answer
	err = f.locked(func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		a, err = w.judge(f, req, live)
		return err
	})
	return a, err
}

// judge holds the lock: the last size is compared and the new one stored with
// nothing in between, or an older request could roll a newer one back.
func (w *Witness) judge(f *follower, req *Request, live bool) (Answer, error) {
	now, c := w.clock().UTC(), req.Checkpoint
	if err := w.compare(f, req, now, live); err != nil {
		return Answer{}, err
	}
	if req.Old != f.last.Size {
		return conflict(f.last.Size), nil
	}
	known := f.last.Checkpoint
	if f.last.Note == nil {
		known = ledger.Checkpoint{Origin: f.Origin, Size: 0, Root: emptyRoot}
	}
	if f.last.Note != nil && c.Size == known.Size && c.Root != known.Root {
		return conflict(known.Size), nil // compare has raised the fork
	}
	if err := ledger.CheckConsistency(req.Proof, known, c); err != nil {
		if known.Size > 0 && c.Size > known.Size {
			if err := w.raise(f, Inconsistent, req, &f.last, now); err != nil {
				return Answer{}, err
			}
		}
		return plain(422, "the consistency proof does not hold"), nil
	}
	line, err := w.key.cosign(c, now)
	if err != nil {
		return Answer{}, err
	}
	if err := w.accept(f, req, now, line); err != nil {
		return Answer{}, err
	}
	w.saved()
	return Answer{200, "text/plain; charset=utf-8", line}, nil
}

var emptyRoot = func() ledger.Hash {
	e, _ := ledger.NewEdge(0, nil) // needs no nodes
	h, _ := e.Root()
	return h
}()

// accept puts the checkpoint on record. A heartbeat, the same tree once more,
// is only noted as heard.
func (w *Witness) accept(f *follower, req *Request, now time.Time, line string) error {
	h, err := readHeard(f.dir)
	if err != nil {
		return err
	}
	if f.last.Note == nil || req.Checkpoint != f.last.Checkpoint {
		_, lines, err := splitNote(req.Note)
		if err != nil {
			return err
		}
		r := record{At: now, Note: append(own(req.Checkpoint, lines), line...), Checkpoint: req.Checkpoint}
		raw := r.marshal()
		if err := appendAt(filepath.Join(f.dir, acceptedFile), f.read, raw); err != nil {
			return fmt.Errorf("record the checkpoint: %w", err)
		}
		f.read += int64(len(raw))
		f.last = r
	}
	h.At, h.Stale = now, time.Time{}
	if err := writeHeard(f.dir, h); err != nil {
		return err
	}
	return w.heal(f, req.Checkpoint, now)
}

// compare looks whether a properly signed checkpoint contradicts what is on
// record, whatever else is wrong with the request.
func (w *Witness) compare(f *follower, req *Request, now time.Time, live bool) error {
	c := req.Checkpoint
	if f.last.Note == nil || c.Size > f.last.Size {
		return nil
	}
	same := f.last
	if c.Size < f.last.Size {
		var err error
		if same, err = recordOf(filepath.Join(f.dir, acceptedFile), f.read, c.Size); err != nil {
			return err
		}
	}
	switch {
	case same.Note != nil && same.Root != c.Root:
		return w.raise(f, Fork, req, &same, now)
	case c.Size == f.last.Size:
		return nil
	case same.Note == nil || live:
		return w.raise(f, Shrink, req, &f.last, now)
	}
	// One that was accepted long ago: a late or replayed message, or a site put
	// back from an old backup. The latter goes on saying so.
	h, err := readHeard(f.dir)
	if err != nil {
		return err
	}
	if h.Stale.IsZero() && w.settle > 0 {
		h.Stale = now
		return writeHeard(f.dir, h)
	}
	if now.Sub(h.Stale) < w.settle {
		return nil
	}
	return w.raise(f, Shrink, req, &f.last, now)
}

// raise opens an alarm, unless the same one stands open.
func (w *Witness) raise(f *follower, kind Kind, req *Request, known *record, now time.Time) error {
	a := Alarm{Kind: kind, Since: now, Known: f.last.Size}
	if req != nil {
		a.Size = req.Checkpoint.Size
		a.ID = alarmID(kind, a.Size, req.Checkpoint.Root)
	} else {
		a.Size = f.last.Size
		a.ID = alarmID(kind, a.Size, f.last.Root)
	}
	list, err := readAlarms(f.dir)
	if err != nil {
		return err
	}
	for _, old := range list {
		if old.ID == a.ID && old.Open() {
			return nil
		}
	}
	if req != nil {
		if a.Evidence, err = keepEvidence(f.dir, a.ID, now, known, req); err != nil {
			return fmt.Errorf("keep the evidence: %w", err)
		}
	}
	w.log.Error("alarm", "log", f.Origin, "kind", string(kind), "size", a.Size, "known", a.Known, "evidence", a.Evidence)
	return appendAlarm(f.dir, alarmLine{At: now, Event: "raised", Alarm: a})
}

// heal closes what the accepted checkpoint answers.
func (w *Witness) heal(f *follower, c ledger.Checkpoint, now time.Time) error {
	list, err := readAlarms(f.dir)
	if err != nil {
		return err
	}
	for _, a := range list {
		if !a.Open() || a.Kind == Fork || a.Kind == Inconsistent && a.ID != alarmID(Inconsistent, c.Size, c.Root) {
			continue
		}
		w.log.Warn("alarm closed by the log itself", "log", f.Origin, "kind", string(a.Kind), "size", a.Size)
		if err := appendAlarm(f.dir, alarmLine{At: now, Event: "closed", Alarm: Alarm{ID: a.ID, Kind: a.Kind, Size: a.Size, Known: a.Known,
			Since: a.Since}}); err != nil {
			return err
		}
	}
	return nil
}
