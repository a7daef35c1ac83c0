package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Limits of the server. A healthy site asks every few seconds.
const (
	rateBurst  = 30 // requests at once from one source
	ratePerSec = 5  // and then so many a second
	rateKeep   = 4096
	tickEvery  = 10 * time.Second
)

// Handler answers add-checkpoint, and shows the page, the public key and the
// newest cosigned checkpoint of each log.
func (w *Witness) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", w.serveAdd)
	mux.HandleFunc("GET /{$}", w.servePage)
	mux.HandleFunc("GET /style.css", serveStyle)
	mux.HandleFunc("GET /key", func(rw http.ResponseWriter, _ *http.Request) {
		answer(rw, plain(http.StatusOK, w.Public()))
	})
	mux.HandleFunc("GET /note", w.serveNote)
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) { answer(rw, plain(http.StatusOK, "ok")) })
	limit := newLimiter(w.clock)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Content-Type-Options", "nosniff")
		rw.Header().Set("Cache-Control", "no-store")
		if !limit.allow(r.RemoteAddr) {
			rw.Header().Set("Retry-After", "2")
			answer(rw, plain(http.StatusTooManyRequests, "too many requests from this address"))
			return
		}
		mux.ServeHTTP(rw, r)
	})
}

// Server is a server with the limits that the handler counts on.
func (w *Witness) Server() *http.Server {
	return &http.Server{
		Handler: w.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 20 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 8 << 10,
	}
}

// Run watches for silence and polls the sites to be followed, until ctx ends.
func (w *Witness) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, f := range w.logs {
		if f.Follow != "" {
			all.Go(func() { w.poll(ctx, f) })
		}
	}
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		if err := w.Tick(); err != nil {
			w.log.Error("the watch for silence failed", "error", err)
		}
		select {
		case <-ctx.Done():
			all.Wait()
			return
		case <-ticker.C:
		}
	}
}

func answer(rw http.ResponseWriter, a Answer) {
	rw.Header().Set("Content-Type", a.Type)
	rw.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	rw.WriteHeader(a.Status)
	_, _ = io.WriteString(rw, a.Body) // the client may have gone away
}

func (w *Witness) serveAdd(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, BodyMax))
	if err != nil {
		status := http.StatusBadRequest
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			status = http.StatusRequestEntityTooLarge
		}
		answer(rw, plain(status, "the request could not be read"))
		return
	}
	a, err := w.Add(r.Context(), body)
	if err != nil {
		w.log.Error("add-checkpoint failed", "error", err)
		a = plain(http.StatusInternalServerError, "the witness could not record the checkpoint; nothing was cosigned")
	}
	answer(rw, a)
}

// serveNote gives the newest checkpoint that the witness accepted of a log,
// with the log's signatures and its own: whoever doubts its memory can check.
func (w *Witness) serveNote(rw http.ResponseWriter, r *http.Request) {
	f := w.find(r.URL.Query().Get("origin"))
	if f == nil {
		answer(rw, plain(http.StatusNotFound, "this witness does not follow that log"))
		return
	}
	var noted []byte
	if err := f.locked(func() error { noted = f.last.Note; return nil }); err != nil {
		w.log.Error("the newest note cannot be read", "log", f.Origin, "error", err)
		answer(rw, plain(http.StatusInternalServerError, "the witness cannot read its record"))
		return
	}
	if noted == nil {
		answer(rw, plain(http.StatusNotFound, "nothing was accepted yet"))
		return
	}
	rw.Header().Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", "checkpoint.txt"))
	answer(rw, Answer{http.StatusOK, "text/plain; charset=utf-8", string(noted)})
}

// limiter counts requests by source: a bucket that fills again with time.
type limiter struct {
	clock func() time.Time
	mu    sync.Mutex
	seen  map[netip.Prefix]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

func newLimiter(clock func() time.Time) *limiter {
	return &limiter{clock: clock, seen: make(map[netip.Prefix]bucket)}
}

func (l *limiter) allow(remote string) bool {
	source := sourceOf(remote)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	b, ok := l.seen[source]
	if !ok {
		if len(l.seen) >= rateKeep {
			for k, old := range l.seen { // those that are full again say nothing
				if now.Sub(old.at) > rateBurst/ratePerSec*time.Second {
					delete(l.seen, k)
				}
			}
			if len(l.seen) >= rateKeep {
				return false
			}
		}
		b = bucket{rateBurst, now}
	}
	b.left = min(rateBurst, b.left+now.Sub(b.at).Seconds()*ratePerSec)
	b.at = now
	allowed := b.left >= 1
	if allowed {
		b.left--
	}
	l.seen[source] = b
	return allowed
}

// sourceOf is the address, or the /64 that one sender of IPv6 has to himself.
func sourceOf(remote string) netip.Prefix {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // bits fit
	return p
}
