package ordeal

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plumbline/internal/apptest/poll"
	"plumbline/internal/demo"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// load is a crowd of clients that write through the API, each one thing after
// the other. A client that got no answer asks again with the same key, in the
// next life of the server if need be.
type load struct {
	http    *http.Client
	token   string
	name    string // begins every key
	clients []*client
	acks    atomic.Int64
	more    chan struct{} // receives when there are more acknowledgements
	mu      sync.Mutex    // what the clients remember, for known
}

// client remembers what it was told.
type client struct {
	n     int               // of the write under way, or the next one
	acked map[string]string // key → id
	keys  []string          // of acked, in their order
}

func newLoad(name string, clients int) *load {
	l := &load{name: name, more: make(chan struct{}, 1), http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		MaxIdleConnsPerHost: clients, DialContext: (&net.Dialer{Timeout: time.Minute}).DialContext,
	}}}
	for range clients {
		l.clients = append(l.clients, &client{acked: map[string]string{}})
	}
	return l
}

// count counts an acknowledgement.
func (l *load) count() {
	l.acks.Add(1)
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// reach waits until that many writes are acknowledged, and reports whether they were
// within the limit. The clients' errors end it too.
func (l *load) reach(t *testing.T, acks int64, limit time.Duration) bool {
	t.Helper()
	over := time.NewTimer(limit)
	defer over.Stop()
	for l.acks.Load() < acks && !t.Failed() {
		select {
		case <-l.more:
		case <-over.C:
			return false
		}
	}
	return true
}

// signIn takes a bearer token, which outlives the server that gave it.
func (l *load) signIn(t *testing.T, base string) {
	t.Helper()
	status, raw, err := l.post(base+"/api/v1/sessions", "", fmt.Sprintf(`{"login":"demo-manager","password":%q}`, demo.Password))
	var session struct{ Token string }
	if err != nil || status >= 300 || json.Unmarshal(raw, &session) != nil || session.Token == "" {
		t.Fatalf("sign in: %d %s %v", status, raw, err)
	}
	l.token = session.Token
}

func (l *load) post(url, key, body string) (int, []byte, error) {
	req, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if l.token != "" {
		req.Header.Set("Authorization", "Bearer "+l.token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := l.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	return res.StatusCode, raw, err
}

// write makes one campaign under the key and gives its id. err is set when
// there was no whole answer.
func (l *load) write(base, key string) (status int, id string, raw []byte, err error) {
	body := `{"title":"演练 ` + key + `","opens_on":"2027-01-01","closes_on":"2027-02-01","period_from":"2026-01-01","period_to":"2026-12-31"}`
	status, raw, err = l.post(base+"/api/v1/campaigns", key, body)
	if err != nil {
		return status, "", raw, err
	}
	var done struct{ ID string }
	if status == http.StatusCreated {
		err = json.Unmarshal(raw, &done)
	}
	return status, done.ID, raw, err
}

// run lets all clients write until the server is gone, or stop is closed. A
// refusal that says "unknown, ask again" is asked again; any other is an error.
func (l *load) run(t *testing.T, base string, stop <-chan struct{}) *sync.WaitGroup {
	var wg sync.WaitGroup
	for i, c := range l.clients {
		wg.Go(func() {
			if len(c.keys) > 0 { // what was acknowledged in an earlier life is answered alike
				key := c.keys[rand.IntN(len(c.keys))]
				if !l.one(t, base, c, key) {
					return
				}
			}
			for {
				select {
				case <-stop:
					return
				default:
				}
				if !l.one(t, base, c, fmt.Sprintf("%s-%d-%d", l.name, i, c.n)) {
					return
				}
			}
		})
	}
	return &wg
}

// one writes under one key; false ends the client's turn.
func (l *load) one(t *testing.T, base string, c *client, key string) bool {
	status, id, raw, err := l.write(base, key)
	switch {
	case err != nil:
		return false // killed: no answer
	case status == http.StatusServiceUnavailable:
		poll.Again()
		return true // the same key again
	case status != http.StatusCreated:
		t.Errorf("%s: %d %s", key, status, raw)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, ok := c.acked[key]; ok {
		if before != id {
			t.Errorf("%s was acknowledged as %s and as %s", key, before, id)
		}
		return true
	}
	c.acked[key] = id
	c.keys = append(c.keys, key)
	c.n++
	l.count()
	return true
}

// known is what the clients have been told up to this moment.
func (l *load) known() *load {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := newLoad(l.name, 0)
	k.token = l.token
	for _, c := range l.clients {
		k.clients = append(k.clients, &client{n: c.n, acked: maps.Clone(c.acked), keys: slices.Clone(c.keys)})
	}
	return k
}

// judge fails the test for each thing that is not as it was acknowledged.
func (l *load) judge(t *testing.T, p place) {
	t.Helper()
	for _, f := range l.faults(t, p) {
		t.Error(f)
	}
}

// faults compares what lies in the database with what was acknowledged: all of
// it, once, under the same id; and of the rest nothing that nobody asked for.
func (l *load) faults(t *testing.T, p place) (found []string) {
	t.Helper()
	note := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	there := campaigns(t, p, l.name)
	for i, c := range l.clients {
		for key, id := range c.acked {
			switch ids := there[key]; {
			case len(ids) == 0:
				note("%s (%s) was acknowledged and is LOST", key, id)
			case len(ids) > 1:
				note("%s is there %d times", key, len(ids))
			case ids[0] != id:
				note("%s was acknowledged as %s and lies there as %s", key, id, ids[0])
			}
			delete(there, key)
		}
		under := fmt.Sprintf("%s-%d-%d", l.name, i, c.n)
		if len(there[under]) > 1 {
			note("%s, never acknowledged, is there %d times", under, len(there[under]))
		}
		delete(there, under)
	}
	for key := range there {
		note("%s is there, and nobody wrote it", key)
	}
	return found
}

// campaigns reads the ids of the load's campaigns by key, past the program.
func campaigns(t *testing.T, p place, name string) map[string][]string {
	t.Helper()
	driver, dsn := "sqlite", "file:"+p.db+"?mode=ro"
	if strings.HasPrefix(p.db, "postgres") {
		driver, dsn = "pgx", p.db
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query("SELECT title, id FROM campaigns WHERE title LIKE '演练 " + name + "-%'")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	there := make(map[string][]string)
	for rows.Next() {
		var title, id string
		if err := rows.Scan(&title, &id); err != nil {
			t.Fatal(err)
		}
		key := strings.TrimPrefix(title, "演练 ")
		there[key] = append(there[key], id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return there
}

// verify runs the program's own verification.
func verify(t *testing.T, p place) {
	t.Helper()
	if status, out, errs := run(t, append([]string{"verify", "--quiet"}, p.flags()...)...); status != 0 {
		t.Fatalf("verify: %s %s", out, errs)
	} else if !bytes.Contains([]byte(out), []byte("ok")) {
		t.Fatalf("verify said nothing: %s", out)
	}
}
