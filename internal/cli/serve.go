package cli

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/app/desk"
	"plumbline/internal/front"
	"plumbline/internal/words"
)

func init() { makers = append(makers, serveCommand) }

func serveCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the pages and the API until stopped",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if err := errors.Join(e.paced(), e.bounded()); err != nil {
				return err
			}
			e.makeSigner = true
			s, err := e.open(c.Context(), false)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			if err := e.upToDate(c.Context(), s.store); err != nil {
				return err
			}
			if s.store.KeysMissing() {
				return fmt.Errorf("the key store %s is missing or not readable; no text could be read. Bring it and its .master file "+
					"back, or name it with --keys", s.store.KeyPath())
			}
			return e.serve(c.Context(), s, false)
		},
	}
	e.addrFlag(c)
	e.paceFlags(c)
	e.loadFlags(c)
	return c
}

// Limits of the server. A request with an upload may take two minutes.
const (
	headerLimit = 64 << 10
	bodyLimit   = 22 << 20
	drainLimit  = 128 << 20 // of a rejected body that is read and discarded
	grace       = 15 * time.Second
)

// errBroken ends serve when the disk failed during a write.
var errBroken = errors.New("the disk failed under a write; the last answers were \"unknown\"; look at the disk, then start " +
	"again: nothing that was acknowledged is lost")

// serve answers requests until ctx ends, then lets running requests finish.
func (e *env) serve(ctx context.Context, s *site, demo bool) error {
	handler, err := e.handler(s, demo)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", e.Addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute,
		WriteTimeout:      3 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    headerLimit,
		ErrorLog:          slog.NewLogLogger(e.log.Handler(), slog.LevelDebug),
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var jobs sync.WaitGroup
	jobs.Go(func() { s.app.RunJobs(work) })
	jobs.Go(func() { s.app.RunCheckpoints(work) })
	jobs.Go(func() { s.app.RunWitnesses(work) })
	if e.KeyBackups != "" {
		hour := time.NewTicker(keyCopyEvery)
		defer hour.Stop()
		jobs.Go(func() { e.copyKeysHourly(work, s, hour.C) })
	}
	defer func() { stop(); jobs.Wait() }()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(e.out, "serving http://%s\n", listener.Addr())
	e.sayProxies(listener.Addr())
	e.saySigner(ctx, s)
	e.sayWitnesses()
	if !demo {
		e.layBallast(s)
	}
	select {
	case err := <-failed:
		return err
	case <-s.app.Broken():
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return errors.Join(errBroken, server.Shutdown(last)) // waiting requests get "unknown"
	case <-ctx.Done():
	}
	fmt.Fprintln(e.out, "stopping")
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return fmt.Errorf("some requests did not finish: %w", err)
	}
	return nil
}

// layBallast reserves space for the day the disk is full.
func (e *env) layBallast(s *site) {
	switch ballast, err := s.store.Ballast(); {
	case err != nil:
		fmt.Fprintf(e.err, "no ballast was laid down: %v\n", err)
	case ballast != "":
		fmt.Fprintf(e.out, "ballast %s: delete it if the disk is full\n", ballast)
	}
}

// handler mounts both faces and the health pages on one mux, behind the
// middleware for every request: an id, a size limit and panic recovery.
func (e *env) handler(s *site, demo bool) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { plainly(w, http.StatusOK, "ok") })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := s.app.Ping(ctx); err != nil {
			e.log.ErrorContext(ctx, "not ready", "request", w.Header().Get("X-Request-Id"), "error", err)
			plainly(w, http.StatusServiceUnavailable, "not ready")
			return
		}
		if s.app.DiskFull() {
			plainly(w, http.StatusServiceUnavailable, "the disk is almost full; reading works, writing does not")
			return
		}
		if f := s.app.Frozen(); f != nil {
			plainly(w, http.StatusServiceUnavailable,
				"frozen: the ledger is not the one remembered ("+f.Code+"); reading works, writing does not")
			return
		}
		plainly(w, http.StatusOK, "ready")
	})
	if err := e.faces(mux, s, demo); err != nil {
		return nil, err
	}
	ours, err := front.ParseProxies(e.TrustedProxies)
	if err != nil {
		return nil, err
	}
	faces := front.Compress(ours.Strangers(e.sayStranger, ours.Trust(mux)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := requestID()
		w.Header().Set("X-Request-Id", id)
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				e.log.ErrorContext(r.Context(), "panic", "request", id, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				plainly(w, http.StatusInternalServerError, words.T(words.Match(r.Header.Get("Accept-Language"), ""),
					"fault.internal")+" "+id)
			}
		}()
		// Use a copy: the server checks the body of its own request to see
		// whether it was read completely. A wrapped body closed early would
		// count as read, and its remainder would be taken for the next request.
		body := r.Body
		r = r.WithContext(desk.WithRequestID(r.Context(), id))
		r.Body = http.MaxBytesReader(w, body, bodyLimit)
		faces.ServeHTTP(w, r)
		drainBody(r, body)
	}), nil
}

// drainBody reads the rest of a rejected body. A browser sends a form
// completely before it reads the response; if the connection is cut meanwhile,
// it shows a connection reset instead of the reason. A body beyond all bounds
// is cut off, and a client that sent Expect: 100-continue already has its
// answer.
func drainBody(r *http.Request, body io.Reader) {
	if r.ContentLength > 0 && r.ContentLength <= drainLimit && r.Header.Get("Expect") == "" {
		_, _ = io.Copy(io.Discard, body) // the client may have disconnected
	}
}

func plainly(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // the client may have disconnected
}

// requestID returns a short random id for page, log and response.
func requestID() string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
