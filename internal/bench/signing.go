package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"plumbline/internal/demo"
	"plumbline/internal/store"
)

const (
	signRounds = 8   // in turn without and with the signer
	signEach   = 400 // filings of a round
	waitMost   = 5 * time.Second
)

// signing files self-checks in turns without and with the signer. In a turn
// with it each one's receipt is waited for and fetched, beside the filing.
func signing(ctx context.Context, o Options, dsn string) (figures []Figure, err error) {
	o.Tell("a bureau of 14,000 for filing with and without the signer\n")
	s, err := open(ctx, dsn, demo.Full, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	if err := s.maker.Make(ctx); err != nil {
		return nil, err
	}
	filers := s.maker.Filers()[:signRounds*signEach]
	tokens, err := s.sessions(ctx, filers)
	if err != nil {
		return nil, err
	}
	handler, err := o.Handler(s.app)
	if err != nil {
		return nil, err
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	var took [2]time.Duration
	var waits []time.Duration
	for round := range signRounds {
		signed := round % 2
		part := filers[round*signEach : (round+1)*signEach]
		r := &signRound{site: s, url: server.URL, filers: part, tokens: tokens[round*signEach:], signed: signed == 1}
		if err := r.run(ctx); err != nil {
			return nil, err
		}
		took[signed] += r.took
		waits = append(waits, r.waits...)
	}
	slices.Sort(waits)
	without, with := rateOf(took[0]), rateOf(took[1])
	points, err := s.checkpoints(ctx)
	if err != nil {
		return nil, err
	}
	on := s.store.Dialect().String()
	return []Figure{
		{Name: "self-checks with signer and receipt, 64 clients, " + on, Measured: fmt.Sprintf("%.0f/s", with),
			Baseline: fmt.Sprintf("%.0f/s", without),
			Ratio:    fmt.Sprintf("%.2f", with/without), Goal: "0.8 of the rate without", Note: fmt.Sprintf("%d checkpoints over %d entries",
				points, signRounds/2*signEach)},
		{Name: "from the answer to a signed receipt, 64 clients, " + on, Measured: fmt.Sprintf("p50 %d ms, p99 %d ms, most %d ms",
			waits[len(waits)/2].Milliseconds(),
			waits[len(waits)*99/100].Milliseconds(), waits[len(waits)-1].Milliseconds()), Goal: "within 150 ms"},
	}, nil
}

func rateOf(took time.Duration) float64 { return float64(signRounds/2*signEach) / took.Seconds() }

func (s *site) checkpoints(ctx context.Context) (n int, err error) {
	err = s.store.View(ctx, func(ctx context.Context, v *store.View) error {
		rows, err := v.Checkpoints(ctx, 0, 100_000)
		n = len(rows)
		return err
	})
	return n, err
}

// signRound is one turn.
type signRound struct {
	site   *site
	url    string
	filers []demo.Filer
	tokens []string
	signed bool

	took  time.Duration
	mu    sync.Mutex
	waits []time.Duration // from the answer to the checkpoint over it
	fails []error
}

func (r *signRound) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = append(r.fails, err)
}

func (r *signRound) run(ctx context.Context) error {
	bodies, err := filingBodies(r.filers)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var signer, filing, receipts sync.WaitGroup
	if r.signed {
		signer.Go(func() { r.site.app.RunCheckpoints(ctx) })
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * clients}}
	began := time.Now()
	var next atomic.Int64
	for range clients {
		filing.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(r.filers); i = int(next.Add(1)) - 1 {
				seq, err := submit(ctx, client, r.url, r.filers[i], r.tokens[i], bodies[i])
				if err != nil {
					r.fail(err)
					return
				}
				if r.signed {
					answered := time.Now()
					receipts.Go(func() { r.receipt(ctx, client, seq, r.tokens[i], answered) })
				}
			}
		})
	}
	filing.Wait()
	receipts.Wait()
	r.took = time.Since(began)
	stop()
	signer.Wait()
	return errors.Join(r.fails...)
}

// receipt waits until the entry is signed and fetches its receipt.
func (r *signRound) receipt(ctx context.Context, client *http.Client, seq int64, token string, answered time.Time) {
	patience, cancel := context.WithTimeout(ctx, waitMost)
	defer cancel()
	if err := r.site.app.WaitCheckpoint(patience, seq); err != nil {
		r.fail(err)
		return
	}
	waited := time.Since(answered)
	if err := get(ctx, client, fmt.Sprintf("%s/api/v1/receipts/%d", r.url, seq), token); err != nil {
		r.fail(err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits = append(r.waits, waited)
}

// submit files one self-check and gives the number of its entry.
func submit(ctx context.Context, client *http.Client, url string, f demo.Filer, token string, body []byte) (int64, error) {
	answer, err := send(ctx, client, url+"/api/v1/submissions/"+f.List+"/submit", token, "sign-"+f.List, body)
	if err != nil {
		return 0, err
	}
	var out struct {
		Receipt struct {
			Seq int64 `json:"seq"`
		} `json:"receipt"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return 0, err
	}
	if out.Receipt.Seq == 0 {
		return 0, errors.New("the answer names no entry")
	}
	return out.Receipt.Seq, nil
}
