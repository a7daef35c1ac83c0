package witness

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
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
	Zone   *time.Location // in which the page tells times; nil is UTC
	Log    *slog.Logger   // nil discards
	Settle time.Duration  // how long a checkpoint known from before may be repeated until it counts as a shrink; 0 is DefaultSettle, below 0 not at all
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
	zone   *time.Location
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
	if w.zone = o.Zone; w.zone == nil {
		w.zone = time.UTC
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
