package signer

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"plumbline/internal/ledger"
)

// The protocol on the socket is HTTP with the messages of C2SP tlog-witness:
// POST /add-checkpoint takes the old size, the proof and the checkpoint's text
// and answers with signature lines. GET /remembered gives the checkpoint signed
// last, GET /keys the verifier keys.

const (
	bodyMax  = 16 << 10
	proofMax = 63
	patience = 5 * time.Second
)

// marshal writes a request's body.
func (r Request) marshal() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", r.Old)
	for _, h := range r.Proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n" + r.Checkpoint.Marshal())
	return b.Bytes()
}

// ParseRequest reads a request's body.
func ParseRequest(body []byte) (r Request, err error) {
	head, text, ok := strings.Cut(string(body), "\n\n")
	if !ok || len(body) > bodyMax {
		return r, errors.New("signer: the request has no blank line, or is too long")
	}
	lines := strings.Split(head, "\n")
	old, ok := strings.CutPrefix(lines[0], "old ")
	if r.Old, err = strconv.ParseInt(old, 10, 64); !ok || err != nil || r.Old < 0 || r.Old > ledger.SizeMax {
		return r, errors.New("signer: the request names no old size")
	}
	if len(lines)-1 > proofMax {
		return r, errors.New("signer: the proof is too long")
	}
	for _, line := range lines[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != len(ledger.Hash{}) {
			return r, errors.New("signer: the proof holds what is no hash")
		}
		r.Proof = append(r.Proof, ledger.Hash(raw))
	}
	if r.Checkpoint, err = ledger.ParseCheckpoint(text); err != nil {
		return r, err
	}
	if !bytes.Equal(r.marshal(), body) {
		return r, errors.New("signer: the request is not in canonical form")
	}
	return r, nil
}

var statusOf = map[string]int{
	Foreign: http.StatusNotFound, Smaller: http.StatusConflict, Forked: http.StatusConflict, Stale: http.StatusConflict,
	Inconsistent: http.StatusUnprocessableEntity,
}

const refusalHeader = "Plumbline-Refusal"

// Handler answers for the signer on a socket. refused, which may be nil, is
// told each refusal that is no mere misunderstanding.
func (s *Signer) Handler(refused func(error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
		if err != nil {
			http.Error(w, "the request is too long", http.StatusRequestEntityTooLarge)
			return
		}
		in, err := ParseRequest(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		lines, err := s.Sign(r.Context(), in)
		var no *Refusal
		switch {
		case errors.As(err, &no):
			if refused != nil && no.Why != Stale {
				refused(no)
			}
			w.Header().Set(refusalHeader, no.Why)
			if statusOf[no.Why] == http.StatusConflict {
				w.Header().Set("Content-Type", "text/x.tlog.size")
				w.WriteHeader(http.StatusConflict)
				fmt.Fprintf(w, "%d\n", no.Remembered.Size)
				return
			}
			http.Error(w, no.Error(), statusOf[no.Why])
		case err != nil:
			if refused != nil {
				refused(err)
			}
			http.Error(w, "the signer cannot sign", http.StatusInternalServerError)
		default:
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, lines) // the server may have gone away; it asks again
		}
	})
	mux.HandleFunc("GET /remembered", func(w http.ResponseWriter, r *http.Request) {
		c, err := s.Remembered(r.Context())
		if err != nil {
			http.Error(w, "the signer's memory cannot be read", http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, c.Marshal()) // as above
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Join(s.keys, "\n")+"\n") // as above
	})
	return mux
}

// Listen makes the socket, for the owner alone or (group) for the owner's
// group. A socket left by a signer that is gone is taken over.
func Listen(path string, group bool) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&fs.ModeSocket == 0 {
			return nil, fmt.Errorf("%s exists and is no socket", path)
		}
		c, err := net.DialTimeout("unix", path, time.Second)
		if err == nil {
			return nil, errors.Join(fmt.Errorf("a signer answers on %s already", path), c.Close())
		}
		if !errors.Is(err, syscall.ECONNREFUSED) { // busy, or not ours to ask: not gone
			return nil, fmt.Errorf("who listens on %s cannot be told: %w", path, err)
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	mode := fs.FileMode(0o600)
	if group {
		mode = 0o660
	}
	before := syscall.Umask(0o177) // nobody else may connect between making and chmod
	l, err := net.Listen("unix", path)
	syscall.Umask(before)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Client asks a signer behind a socket.
type Client struct {
	path string
	http *http.Client
}

// Dial makes the client of a socket. It connects when it is asked something.
func Dial(path string) *Client {
	transport := &http.Transport{MaxIdleConns: 1, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}
	return &Client{path: path, http: &http.Client{Transport: transport, Timeout: patience}}
}

// Apart says that the key is in other hands than the server.
func (c *Client) Apart() bool { return true }

// Close lets go of the connection.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Keys lists the verifier keys, that of the log first.
func (c *Client) Keys(ctx context.Context) ([]string, error) {
	body, _, err := c.ask(ctx, http.MethodGet, "/keys", nil)
	return strings.Fields(string(body)), err
}

// Remembered is the tree head signed last.
func (c *Client) Remembered(ctx context.Context) (ledger.Checkpoint, error) {
	body, _, err := c.ask(ctx, http.MethodGet, "/remembered", nil)
	if err != nil {
		return ledger.Checkpoint{}, err
	}
	return ledger.ParseCheckpoint(string(body))
}

// Sign asks for the signature lines; a *Refusal says why there are none.
func (c *Client) Sign(ctx context.Context, r Request) (string, error) {
	body, why, err := c.ask(ctx, http.MethodPost, "/add-checkpoint", r.marshal())
	if err != nil || why == "" {
		return string(body), err
	}
	remembered, err := c.Remembered(ctx)
	if err != nil {
		return "", err
	}
	return "", &Refusal{Why: why, Remembered: remembered, Asked: r.Checkpoint}
}

func (c *Client) ask(ctx context.Context, method, path string, body []byte) (answer []byte, why string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://signer"+path, bytes.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("the signer at %s does not answer: %w", c.path, err)
	}
	answer, err = io.ReadAll(io.LimitReader(res.Body, bodyMax))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return nil, "", err
	}
	why = res.Header.Get(refusalHeader)
	if _, known := statusOf[why]; res.StatusCode != http.StatusOK && !known {
		return nil, "", fmt.Errorf("the signer at %s answers %d: %.200s", c.path, res.StatusCode, answer)
	}
	return answer, why, nil
}
