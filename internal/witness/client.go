package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/ledger"
)

// Target is a witness as a site knows it: verifier key and address.
type Target struct {
	Name string
	Key  string
	URL  string // without add-checkpoint; "" for one that is reached by stick only
}

// ParseTarget reads NAME+ID+KEY@URL. Without @URL the witness is trusted but
// never called: its cosignatures come by stick.
func ParseTarget(s string) (Target, error) {
	key, address, called := strings.Cut(strings.TrimSpace(s), "@http")
	if called {
		address = "http" + address
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" ||
			u.User != nil {
			return Target{}, fmt.Errorf("%q is no address of a witness: it looks like https://audit.example:8090", address)
		}
	}
	v, err := ledger.NewVerifier(key)
	if err != nil {
		return Target{}, fmt.Errorf("a witness is given as its key, an @ and its address: %w", err)
	}
	return Target{Name: v.Name(), Key: key, URL: strings.TrimSuffix(address, "/")}, nil
}

// Conflict is the witness's answer that its last size is another one.
type Conflict struct{ Size int64 }

func (c *Conflict) Error() string { return fmt.Sprintf("the witness stands at size %d", c.Size) }

// Refusal is an answer that asking again will not change.
type Refusal struct {
	Status int
	Text   string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the witness refuses (%d): %s", r.Status, r.Text)
}

// Client speaks to one witness.
type Client struct {
	Target
	http *http.Client
}

// NewClient makes the client. It follows no redirects: a witness has one place.
func NewClient(t Target) *Client {
	return &Client{Target: t, http: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

const responseMax = 16 << 10

// Submit sends an add-checkpoint body and gives the signature lines, which are
// not verified yet. It fails with a Conflict, a Refusal, or what the network
// says.
func (c *Client) Submit(ctx context.Context, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	status, kind, text, err := c.do(r)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusOK:
		return text, nil
	case status == http.StatusConflict && strings.HasPrefix(kind, "text/x.tlog.size"):
		line := strings.TrimSuffix(string(text), "\n")
		size, err := strconv.ParseInt(line, 10, 64)
		if err != nil || size < 0 || size > ledger.SizeMax {
			return nil, &Refusal{status, "its size cannot be read"}
		}
		return nil, &Conflict{size}
	case status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout:
		return nil, &Refusal{status, firstLine(text)}
	}
	return nil, fmt.Errorf("the witness answers %d", status)
}

// Newest asks for the newest checkpoint that the witness has of a log; nil
// when it does not tell.
func (c *Client) Newest(ctx context.Context, origin string) ([]byte, error) {
	return get(ctx, c.http, c.URL+"/note?origin="+url.QueryEscape(origin))
}

// get gives the body of a page that is there, nil for one that is not.
func get(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	c := Client{http: client}
	status, _, text, err := c.do(r)
	if err != nil || status == http.StatusNotFound {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d", r.URL.Host, status)
	}
	return text, nil
}

func (c *Client) do(r *http.Request) (status int, kind string, text []byte, err error) {
	answer, err := c.http.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, which stands beside it anyway
		}
		return 0, "", nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err = io.ReadAll(io.LimitReader(answer.Body, responseMax+1))
	if err == nil && len(text) > responseMax {
		err = errors.New("the answer is too long")
	}
	return answer.StatusCode, answer.Header.Get("Content-Type"), text, err
}

// firstLine is what of a stranger's text may stand in a log or on a page.
func firstLine(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\ufffd' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(line, ""))
	if r := []rune(line); len(r) > 120 {
		line = string(r[:120]) + "…"
	}
	return line
}
