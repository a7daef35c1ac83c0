package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"plumbline/internal/ledger"
)

// Log is one ledger that a witness follows.
type Log struct {
	Origin  string        // name of the log, the first line of its checkpoints
	Keys    []string      // verifier keys; any one of them speaks for the log
	Label   string        // name for people; "" shows the origin
	Silence time.Duration // alarm when nothing is heard for so long; 0 never
	Follow  string        // address of the site to poll; "" waits for it to send
}

// Options of New.
type Options struct {
	Dir    string // state, key and evidence; made if it is not there
	Name   string // needed at the first start only
	Logs   []Log
	Clock  func() time.Time
	Log    *slog.Logger  // nil discards
	Settle time.Duration // how long a checkpoint known from before may be repeated until it counts as a shrink; 0 is DefaultSettle, below 0 not at all
}

// DefaultSettle is longer than two messages of a healthy site can overtake
// each other, and shorter than two heartbeats.
const DefaultSettle = 2 * time.Minute

// Witness cosigns what extends. It is safe for concurrent use, and so are
// several processes over one folder.
type Witness struct {
	key    *Key
	made   bool
	clock  func() time.Time
	log    *slog.Logger
	settle time.Duration
	start  time.Time
	logs   []*follower
	saved  func() // tests: called when a checkpoint is on disk and no answer is out
}

// follower is one log with its folder.
type follower struct {
	Log
	trust ledger.Trust
	dir   string

	mu   sync.Mutex // and the folder's lock, in this order
	read int64      // bytes of the accepted file that were read
	last record     // newest accepted checkpoint; Note is nil when there is none
}

// New opens a witness, making folder and key at the first start.
func New(o Options) (*Witness, error) {
	if o.Clock == nil {
		return nil, errors.New("witness: a clock is needed")
	}
	key, made, err := OpenKey(o.Dir, o.Name)
	if err != nil {
		return nil, err
	}
	w := &Witness{key: key, made: made, clock: o.Clock, log: o.Log, settle: o.Settle, start: o.Clock(), saved: func() {}}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if w.settle == 0 {
		w.settle = DefaultSettle
	}
	for _, l := range o.Logs {
		if w.find(l.Origin) != nil {
			return nil, fmt.Errorf("the log %s is listed twice", l.Origin)
		}
		f, err := w.follow(o.Dir, l)
		if err != nil {
			return nil, fmt.Errorf("log %s: %w", l.Origin, err)
		}
		w.logs = append(w.logs, f)
	}
	return w, nil
}

func (w *Witness) follow(dir string, l Log) (*follower, error) {
	f := &follower{Log: l, dir: filepath.Join(dir, "logs", url.PathEscape(l.Origin))}
	if f.Label == "" {
		f.Label = l.Origin
	}
	if len(l.Keys) == 0 || l.Origin == "" {
		return nil, errors.New("a log needs its origin and at least one key")
	}
	for _, k := range l.Keys {
		v, err := ledger.NewVerifier(k)
		if err != nil {
			return nil, err
		}
		if v.Name() != l.Origin {
			return nil, fmt.Errorf("the key of %s cannot sign for it", v.Name())
		}
		f.trust.Log = append(f.trust.Log, v)
	}
	if name := filepath.Base(f.dir); name[0] == '.' || len(name) > 200 {
		return nil, errors.New("that name of a log cannot be kept as a folder")
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, err
	}
	if err := syncDir(filepath.Dir(f.dir)); err != nil {
		return nil, err
	}
	return f, f.locked(func() error {
		h, err := readHeard(f.dir)
		if err != nil || !h.Since.IsZero() {
			return err
		}
		h.Since = w.clock().UTC()
		return writeHeard(f.dir, h)
	})
}

// Name is the witness's name.
func (w *Witness) Name() string { return w.key.Name }

// Public is the witness's verifier key.
func (w *Witness) Public() string { return w.key.Public() }

// Made reports whether New made the key: the first start.
func (w *Witness) Made() bool { return w.made }

func (w *Witness) find(origin string) *follower {
	for _, f := range w.logs {
		if f.Origin == origin {
			return f
		}
	}
	return nil
}

// locked runs do while no other goroutine or process changes the log's folder,
// with the newest accepted checkpoint read in.
func (f *follower) locked(do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	release, err := lock(f.dir)
	if err != nil {
		return err
	}
	defer release()
	if f.read, err = scan(filepath.Join(f.dir, acceptedFile), f.read, func(r record) { f.last = r }); err != nil {
		return err
	}
	return do()
}

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
		same = record{}
		if _, err := scan(filepath.Join(f.dir, acceptedFile), 0, func(r record) {
			if r.Size == c.Size {
				same = r
			}
		}); err != nil {
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
		if err := appendAlarm(f.dir, alarmLine{At: now, Event: "closed", Alarm: Alarm{ID: a.ID, Kind: a.Kind, Size: a.Size, Known: a.Known, Since: a.Since}}); err != nil {
			return err
		}
	}
	return nil
}

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
