package ordeal

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"plumbline/internal/apptest/pgtest"
	"plumbline/internal/apptest/poll"
)

// readyLimit is how soon the server must answer after a kill. At night it has
// the machine for itself and is never late; beside other tests one start in
// twenty may be, for a busy neighbour says nothing of the program.
const readyLimit = 2 * time.Second

// Every acknowledged write is there after any kill, none of them twice although
// the clients repeat what they got no answer to, and the server is soon back.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { killServer(t, newPlace(t, ""), nightly(200, 5000)) })
	t.Run("postgres", func(t *testing.T) { killServer(t, newPlace(t, pgtest.DSN(t)), nightly(20, 500)) })
}

func killServer(t *testing.T, p place, cycles int) {
	l := newLoad("kill", 64)
	var slowest, sum time.Duration
	late, mayBeLate := 0, nightly(cycles/20, 0)
	for cycle := range cycles {
		if cycle%20 == 19 { // once in a while it dies while it starts
			s, address := launch(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, p.flags()...)...)
			select {
			case <-address:
			case <-time.After(time.Duration(rand.IntN(400)) * time.Millisecond):
			}
			s.kill()
		}
		s := serve(t, p)
		slowest, sum = max(slowest, s.ready), sum+s.ready
		if s.ready > readyLimit {
			late++
		}
		if l.token == "" {
			l.signIn(t, s.base)
		}
		before, enough := l.acks.Load(), int64(1+rand.IntN(160))
		wg := l.run(t, s.base, nil)
		if !l.reach(t, before+enough, time.Minute) {
			t.Errorf("nothing is written any more: %s", s.said())
		}
		poll.Moment(time.Millisecond)
		s.kill()
		wg.Wait()
		l.http.CloseIdleConnections()
		if t.Failed() {
			t.Fatalf("in cycle %d: %s", cycle, s.said())
		}
		if cycle%100 == 99 {
			l.judge(t, p)
			verify(t, p)
		}
	}
	l.judge(t, p)
	verify(t, p)
	if n := l.acks.Load(); n < int64(cycles) {
		t.Errorf("only %d writes were acknowledged in %d cycles", n, cycles)
	}
	mean := sum / time.Duration(cycles)
	if late > mayBeLate {
		t.Errorf("%d starts took more than %v, the slowest %v, %v on average", late, readyLimit, slowest, mean)
	}
	fmt.Printf("%s: %d kills, %d writes acknowledged, none lost, none doubled; ready again in %v on average, %v at most\n",
		t.Name(), cycles, l.acks.Load(), mean.Round(time.Millisecond), slowest.Round(time.Millisecond))
}

// The server goes on when its PostgreSQL is killed with -9 and comes back: what
// it acknowledged before is there, what was in doubt it calls unknown.
func TestPostgresKilled(t *testing.T) {
	pg, dsn := pgtest.Own(t)
	p := newPlace(t, dsn)
	s := serve(t, p)
	l := newLoad("pgkill", 64)
	l.signIn(t, s.base)
	stop := make(chan struct{})
	wg := l.run(t, s.base, stop)
	cycles := nightly(10, 300)
	for range cycles {
		if t.Failed() {
			break
		}
		if !l.reach(t, l.acks.Load()+int64(20+rand.IntN(200)), time.Minute) {
			t.Fatalf("nothing is written any more: %s", s.said())
		}
		if err := pg.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	l.reach(t, l.acks.Load()+64, time.Minute)
	close(stop)
	wg.Wait()
	s.kill()
	if t.Failed() {
		t.Fatal(s.said())
	}
	l.judge(t, p)
	verify(t, p)
	fmt.Printf("%s: PostgreSQL killed %d times, %d writes acknowledged, none lost, none doubled\n", t.Name(), cycles, l.acks.Load())
}
