package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"plumbline/internal/ledger"
)

// Source is what a feeder needs of the site.
type Source struct {
	// Trust gives the log's own keys, in its Log.
	Trust func(ctx context.Context) (ledger.Trust, error)
	// Newest gives the size of the newest signed checkpoint, -1 when there is
	// none.
	Newest func(ctx context.Context) (size int64, err error)
	// Request gives the add-checkpoint request that leads from the old size to
	// the newest signed checkpoint; it fails when old is larger than that.
	Request func(ctx context.Context, old int64) (*Request, error)
	// Known gives the largest size that the witness cosigned and when it last
	// did so; size 0 when it never did.
	Known func(ctx context.Context, witness string) (size int64, at time.Time, err error)
	// Save stores a verified cosignature. It is called again for a later time.
	Save func(ctx context.Context, size int64, c ledger.Cosignature) error
}

// Pace says how often a feeder sends; the zero value takes the defaults.
type Pace struct {
	Every     time.Duration // between two looks for a newer checkpoint; 3 s
	Heartbeat time.Duration // until the same checkpoint is sent again; 5 min
}

func (p Pace) withDefaults() Pace {
	if p.Every <= 0 {
		p.Every = 3 * time.Second
	}
	if p.Heartbeat <= 0 {
		p.Heartbeat = 5 * time.Minute
	}
	return p
}

const backoffMax = time.Minute

// Trouble says what is wrong between the site and a witness.
type Trouble string

// The troubles. Only Diverged is an alarm: the witness remembers a tree that
// this ledger does not extend.
const (
	Fine     Trouble = ""
	Down     Trouble = "down"     // cannot be reached, or fails
	Local    Trouble = "local"    // the site itself could not read or store
	Refused  Trouble = "refused"  // does not follow this log, or not this key
	Strange  Trouble = "strange"  // its cosignature is not by the key that was given
	Diverged Trouble = "diverged" // its memory is not our history
)

// Standing is how a site stands with one witness.
type Standing struct {
	Target
	Size    int64     // largest size cosigned
	At      time.Time // of the last cosignature; zero before the first
	Trouble Trouble
	Since   time.Time // of the trouble
	Detail  string    // what the witness or the network said
	Told    int64     // Diverged: the size that the witness remembers
	Proof   []byte    // Diverged: a note of ours that the witness holds and our ledger does not extend; nil when it only says so
}

// Feeder sends the newest checkpoint of a site to one witness.
type Feeder struct {
	client *Client
	source Source
	pace   Pace
	trust  ledger.Trust // the witness, and the log once a step began
	clock  func() time.Time
	log    *slog.Logger

	mu    sync.Mutex
	state Standing

	begun bool  // Known was asked
	heard bool  // the witness cosigned for this process
	size  int64 // what the witness is thought to stand at
	fails int
}

// NewFeeder makes a feeder; nothing is sent before Run or Step.
func NewFeeder(t Target, s Source, p Pace, clock func() time.Time, log *slog.Logger) (*Feeder, error) {
	v, err := ledger.NewVerifier(t.Key)
	if err != nil {
		return nil, err
	}
	f := &Feeder{client: NewClient(t), source: s, pace: p.withDefaults(), clock: clock, log: log}
	f.trust.Quorum = 1
	f.trust.Witnesses = append(f.trust.Witnesses, v)
	f.state.Target = t
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	return f, nil
}

// Standing is how things stand now.
func (f *Feeder) Standing() Standing {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// Run sends until ctx ends.
func (f *Feeder) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			f.client.http.CloseIdleConnections()
			return
		case <-timer.C:
			timer.Reset(f.Step(ctx))
		}
	}
}

// Step does what is due and says when to come again.
func (f *Feeder) Step(ctx context.Context) time.Duration {
	err := f.step(ctx)
	if ctx.Err() != nil {
		return f.pace.Every
	}
	if err == nil {
		f.fails = 0
		return f.pace.Every
	}
	var t *trouble
	if !errors.As(err, &t) {
		t = &trouble{kind: Down, err: err}
	}
	f.note(t)
	f.fails++
	wait := f.pace.Every << min(f.fails-1, 10)
	return min(wait, max(backoffMax, f.pace.Every))
}

// trouble is an error with its name.
type trouble struct {
	kind  Trouble
	err   error
	told  int64
	proof []byte
}

func (t *trouble) Error() string { return t.err.Error() }

func local(doing string, err error) error {
	return &trouble{kind: Local, err: fmt.Errorf("%s: %w", doing, err)}
}

func (f *Feeder) note(t *trouble) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state.Trouble != t.kind {
		f.state.Since = f.clock().UTC()
		level := slog.LevelWarn
		if t.kind == Diverged {
			level = slog.LevelError
		}
		f.log.Log(context.Background(), level, "witness", "name", f.state.Name, "trouble", string(t.kind), "told", t.told, "error", t.err)
	}
	f.state.Trouble, f.state.Detail, f.state.Told, f.state.Proof = t.kind, firstLine([]byte(t.Error())), t.told, t.proof
}

func (f *Feeder) step(ctx context.Context) error {
	if !f.begun {
		size, at, err := f.source.Known(ctx, f.client.Name)
		if err != nil {
			return local("read the last cosignature", err)
		}
		f.size, f.begun = size, true
		f.mu.Lock()
		f.state.Size, f.state.At = size, at
		f.mu.Unlock()
	}
	newest, err := f.source.Newest(ctx)
	if err != nil {
		return local("read the newest checkpoint", err)
	}
	s := f.Standing()
	// A fresh process asks at once: what it read of its standing may itself come
	// from an old backup.
	if newest < 0 || f.heard && newest == s.Size && s.Trouble == Fine && f.clock().Sub(s.At) < f.pace.Heartbeat {
		return nil
	}
	log, err := f.source.Trust(ctx)
	if err != nil {
		return local("read the log's keys", err)
	}
	if f.trust.Log = log.Log; len(log.Log) == 0 {
		return &trouble{kind: Local, err: errors.New("the log has no key yet")}
	}
	// The witness may say twice that it stands elsewhere: once because we did
	// not know, once because another node of this site was quicker.
	for range 4 {
		req, err := f.source.Request(ctx, min(f.size, newest))
		if err != nil {
			return local("make the request", err)
		}
		done, err := f.try(ctx, req)
		if done || err != nil {
			return err
		}
		if newest, err = f.source.Newest(ctx); err != nil {
			return local("read the newest checkpoint", err)
		}
		if f.size > newest {
			return f.diverged(ctx, newest, fmt.Errorf("the witness stands at size %d, this ledger at %d", f.size, newest))
		}
	}
	return errors.New("the witness goes on saying another size")
}

// try sends one request. Not done and no error means that the witness named
// the size that it stands at.
func (f *Feeder) try(ctx context.Context, req *Request) (done bool, err error) {
	lines, err := f.client.Submit(ctx, req.Marshal())
	var conflict *Conflict
	var refusal *Refusal
	switch {
	case errors.As(err, &conflict):
		if conflict.Size == req.Old {
			return false, f.diverged(ctx, req.Checkpoint.Size, fmt.Errorf("the witness holds another tree of size %d", conflict.Size))
		}
		f.size = conflict.Size
		return false, nil
	case errors.As(err, &refusal) && refusal.Status == 422:
		return false, f.diverged(ctx, req.Checkpoint.Size, refusal)
	case errors.As(err, &refusal):
		return false, &trouble{kind: Refused, err: err}
	case err != nil:
		return false, err
	}
	opened, err := ledger.OpenCheckpoint(append(req.Note, lines...), f.trust)
	if err != nil {
		return false, &trouble{kind: Strange, err: errors.New("its answer is not signed by the key that was given for it")}
	}
	got := opened.Witnesses[0]
	if err := f.source.Save(ctx, req.Checkpoint.Size, got); err != nil {
		return false, local("store the cosignature", err)
	}
	f.size = req.Checkpoint.Size
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state.Trouble != Fine || !f.heard {
		f.log.Info("witness cosigns", "name", f.state.Name, "size", f.size)
	}
	f.heard = true
	f.state = Standing{Target: f.state.Target, Size: f.size, At: got.Time}
	return true, nil
}

// diverged names the alarm and fetches what proves it: a checkpoint that our
// own key signed, in the witness's hands. Without it the word of the witness
// is all there is.
func (f *Feeder) diverged(ctx context.Context, newest int64, cause error) error {
	t := &trouble{kind: Diverged, err: cause, told: f.size}
	held, err := f.client.Newest(ctx, f.trust.Log[0].Name())
	if err != nil || held == nil {
		return t
	}
	opened, err := ledger.OpenCheckpoint(held, ledger.Trust{Log: f.trust.Log})
	if err != nil {
		return t
	}
	t.told = opened.Size
	if opened.Size <= newest {
		// It is smaller or as large: ours must prove that it extends it.
		req, err := f.source.Request(ctx, opened.Size)
		if err != nil || ledger.CheckConsistency(req.Proof, opened.Checkpoint, req.Checkpoint) == nil {
			return t
		}
	}
	t.proof = held
	return t
}
