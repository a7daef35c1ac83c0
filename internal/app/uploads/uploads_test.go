package uploads

import (
	"context"
	"runtime"
	"testing"
	"time"

	"plumbline/internal/fault"
)

// entry is what came of asking for room.
type entry struct {
	done func()
	err  error
}

// later asks for room in the background.
func later(out chan<- entry, take func() (func(), error)) {
	go func() {
		done, err := take()
		out <- entry{done, err}
	}()
}

// lined waits until so many stand in line; the race detector and a busy machine
// only make it turn more often.
func lined(t *testing.T, r *room, n int) {
	t.Helper()
	for {
		r.mu.Lock()
		have := len(r.line)
		r.mu.Unlock()
		if have == n {
			return
		}
		runtime.Gosched()
	}
}

func wantBusy(t *testing.T, err error) {
	t.Helper()
	f := fault.As(err)
	if !fault.Is(err, fault.TooManyKind) || f.Code != "upload_busy" || f.Args["Seconds"] == nil {
		t.Errorf("%v, want to be told when to come again", err)
	}
}

func TestRoomIsNeverGivenTwice(t *testing.T) {
	r := newRoom(64, time.Hour)
	first, err := r.take(t.Context(), "a", 21)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.take(t.Context(), "b", 21)
	if err != nil {
		t.Fatal(err)
	}
	third, err := r.take(t.Context(), "c", 21)
	if err != nil {
		t.Fatal(err)
	}
	fourth := make(chan entry, 1)
	later(fourth, func() (func(), error) { return r.take(t.Context(), "d", 21) })
	lined(t, r, 1)
	if r.free != 1 {
		t.Errorf("%d free, want 1", r.free)
	}
	first()
	first() // giving back twice gives back once
	got := <-fourth
	if got.err != nil || r.free != 1 {
		t.Fatalf("%v, %d free", got.err, r.free)
	}
	for _, done := range []func(){second, third, got.done} {
		done()
	}
	if r.free != 64 || len(r.held) != 0 || len(r.line) != 0 {
		t.Errorf("%d free, held %v, %d in line after all have gone", r.free, r.held, len(r.line))
	}
	_, err = r.take(t.Context(), "a", 65)
	if !fault.Is(err, fault.TooLargeKind) {
		t.Errorf("more than there is: %v", err)
	}
}

// One person who sends file after file has half of the room at most, and does
// not keep the others out.
func TestOneOwnerLeavesRoomForOthers(t *testing.T) {
	r := newRoom(64, time.Hour)
	first, err := r.take(t.Context(), "flood", 21)
	if err != nil {
		t.Fatal(err)
	}
	more := make(chan entry, waitingEach)
	for range waitingEach {
		later(more, func() (func(), error) { return r.take(t.Context(), "flood", 21) })
	}
	lined(t, r, waitingEach)
	_, err = r.take(t.Context(), "flood", 21)
	wantBusy(t, err)
	other, err := r.take(t.Context(), "other", 21)
	if err != nil {
		t.Fatalf("another person waits behind the flood: %v", err)
	}
	other()
	first()
	for range waitingEach { // one at a time, in any order
		got := <-more
		if got.err != nil || r.held["flood"] != 21 {
			t.Fatalf("%v, holds %d", got.err, r.held["flood"])
		}
		got.done()
	}
}

func TestWhoWaitsIsSentAwayInTime(t *testing.T) {
	r := newRoom(1, time.Millisecond)
	done, err := r.take(t.Context(), "a", 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.take(t.Context(), "b", 1)
	wantBusy(t, err)

	r.wait = time.Hour
	gone, leave := context.WithCancel(t.Context())
	waiting := make(chan entry, 1)
	later(waiting, func() (func(), error) { return r.take(gone, "b", 1) })
	lined(t, r, 1)
	leave()
	if got := <-waiting; !fault.Is(got.err, fault.UnavailableKind) {
		t.Errorf("a client that went away: %v", got.err)
	}
	if len(r.line) != 0 {
		t.Error("he still stands in line")
	}

	// The program's own work waits as long as it takes.
	r.wait = time.Nanosecond
	job := make(chan entry, 1)
	later(job, func() (func(), error) { return r.enter(t.Context(), "job") })
	lined(t, r, 1)
	done()
	if got := <-job; got.err != nil {
		t.Error(got.err)
	}
}

func TestTheLineEnds(t *testing.T) {
	r := newRoom(1, time.Hour)
	if _, err := r.take(t.Context(), "a", 1); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan entry, waitingMost)
	for i := range waitingMost {
		later(gone, func() (func(), error) { return r.take(ctx, string(rune('A'+i)), 1) })
	}
	lined(t, r, waitingMost)
	_, err := r.take(t.Context(), "z", 1)
	wantBusy(t, err)
	leave()
	lined(t, r, 0)
}
