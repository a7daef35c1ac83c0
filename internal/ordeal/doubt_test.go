package ordeal

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plumbline/internal/apptest/pgtest"
)

// proxy stands between the program and PostgreSQL. Armed, it passes the next
// COMMIT of a written entry on, waits until PostgreSQL has answered, swallows
// the answer and cuts the connection.
type proxy struct {
	armed, swallowed atomic.Int64
}

func (x *proxy) pass(client net.Conn, server string) {
	up, err := net.Dial("unix", server)
	if err != nil {
		_ = client.Close()
		return
	}
	var wrote, committing atomic.Bool
	go func() {
		defer func() { _, _ = client.Close(), up.Close() }()
		b := make([]byte, 1<<16)
		for {
			n, err := up.Read(b)
			if err != nil {
				return
			}
			if committing.Load() && bytes.Contains(b[:n], []byte("COMMIT\x00")) {
				x.swallowed.Add(1)
				return // it is committed, and nobody is told
			}
			if _, err := client.Write(b[:n]); err != nil {
				return
			}
		}
	}()
	b := make([]byte, 1<<16)
	for {
		n, err := client.Read(b)
		if err != nil {
			_ = up.Close()
			return
		}
		if bytes.Contains(b[:n], []byte(`"campaigns"`)) && bytes.Contains(b[:n], []byte("INSERT")) {
			wrote.Store(true)
		}
		if wrote.Load() && bytes.Contains(bytes.ToUpper(b[:n]), []byte("COMMIT")) {
			wrote.Store(false)
			if x.armed.Add(-1) >= 0 {
				committing.Store(true)
			}
		}
		if _, err := up.Write(b[:n]); err != nil {
			return
		}
	}
}

// The answer to a COMMIT is lost on its way: the client is told that the
// outcome is unknown, asks again with the same key, and there is one entry.
func TestTheAnswerOfACommitIsLost(t *testing.T) {
	pg, dsn := pgtest.Own(t)
	p := newPlace(t, dsn)
	folder := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(folder, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	var x proxy
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go x.pass(c, pg.Socket())
		}
	}()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("host", folder)
	u.RawQuery = q.Encode()
	through := place{dir: p.dir, db: u.String()}
	s := serve(t, through)
	l := newLoad("doubt", 1)
	l.signIn(t, s.base)
	rounds := nightly(10, 500)
	for i := range rounds {
		key := fmt.Sprintf("doubt-0-%d", i)
		lost := x.swallowed.Load()
		x.armed.Store(1)
		status, _, raw, err := l.write(s.base, key)
		if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(string(raw), "outcome_unknown") {
			t.Fatalf("%s: a lost answer is told as %d %s %v", key, status, raw, err)
		}
		if x.swallowed.Load() != lost+1 {
			t.Fatal("the proxy swallowed nothing: the test is blind")
		}
		x.armed.Store(0)
		for limit := time.Now().Add(time.Minute); ; {
			if l.one(t, s.base, l.clients[0], key); l.clients[0].acked[key] != "" {
				break
			}
			if t.Failed() || time.Now().After(limit) {
				t.Fatalf("%s was never answered: %s", key, s.said())
			}
		}
		first := l.clients[0].acked[key]
		if _, id, _, err := l.write(s.base, key); err != nil || id != first {
			t.Errorf("%s: asked a third time: %s and %s %v", key, first, id, err)
		}
	}
	s.kill()
	l.judge(t, p)
	verify(t, p)
	fmt.Printf("%s: %d answers lost after their COMMIT, one entry each\n", t.Name(), rounds)
}
