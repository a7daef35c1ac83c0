package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/uploads"
	"plumbline/internal/apptest"
)

// unread is a body of a size that must not be read.
type unread struct {
	left int
	read int
}

func (u *unread) Read(b []byte) (int, error) {
	if u.left == 0 {
		return 0, io.EOF
	}
	n := min(len(b), u.left)
	u.left -= n
	u.read += n
	return n, nil
}

func sendUnread(ctx context.Context, f *Face, token, method, path string, size int) (*httptest.ResponseRecorder, int) {
	body := &unread{left: size}
	r := httptest.NewRequestWithContext(ctx, method, path, body)
	r.ContentLength = int64(size)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.Header.Set("Idempotency-Key", "k")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w, body.read
}

// Session and role are judged before a byte of the body is read, on every
// operation: 60 uploads by people without the right took 3.5 GB.
func TestNothingIsReadWithoutTheRight(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	tried := 0
	eachRoute(t, func(t *testing.T, r desk.Route) {
		if r.Public || r.Method == http.MethodGet {
			return
		}
		for _, key := range []string{"", "nobody", "anna", "easthead", "inspector", "system", "reader"} {
			want := []int{http.StatusForbidden, http.StatusNotFound}
			if s.Account[key] == "" {
				want = []int{http.StatusUnauthorized, http.StatusUnauthorized}
			} else if s.App.May(s.Actor(key), r.Op) {
				continue
			}
			w, read := sendUnread(t.Context(), f, key, r.Method, fill(r.Path, unknownID), 900<<10)
			if read > 0 || w.Code != want[0] && w.Code != want[1] {
				t.Errorf("%q: %d after %d bytes: %s", key, w.Code, read, w.Body)
			}
			tried++
		}
	})
	if tried < 300 {
		t.Errorf("only %d requests were tried", tried)
	}
	for size, want := range map[int]int{UploadLimit + 1: http.StatusRequestEntityTooLarge, 20 << 20: http.StatusForbidden} {
		if w, read := sendUnread(t.Context(), f, map[bool]string{true: "inspector", false: "anna"}[size > UploadLimit], "POST",
			Prefix+"/audit/preview", size); w.Code != want || read > 0 {
			t.Errorf("%d bytes: %d after %d", size, w.Code, read)
		}
	}
}

// A body is read only when there is room for it, and who has too many waiting is
// told when to come again.
func TestUploadsBeyondTheBudget(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	full, err := s.App.Receive(t.Context(), s.Actor("inspector2"), uploads.DefaultUploadBudget)
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	const waiting = 20 // more than may wait for one account
	left := make(chan error, waiting)
	for range waiting {
		go func() {
			_, err := s.App.Receive(gone, s.Actor("inspector"), 20<<20)
			left <- err
		}()
	}
	code := 0
	for try := 0; code != http.StatusTooManyRequests && try < 10_000; try++ { // until enough of them have come to wait
		away, cancel := context.WithCancel(t.Context())
		cancel()
		w, read := sendUnread(away, f, "inspector", "POST", Prefix+"/audit/preview", 20<<20)
		if code = w.Code; read > 0 || code != http.StatusServiceUnavailable && code != http.StatusTooManyRequests {
			t.Fatalf("%d after %d bytes: %s", code, read, w.Body)
		}
		if code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			t.Error("it does not say when to come again")
		}
		runtime.Gosched()
	}
	if code != http.StatusTooManyRequests {
		t.Error("however many wait, one more may")
	}
	leave()
	for range waiting {
		<-left
	}
	full()
	if _, read := sendUnread(t.Context(), f, "inspector", "POST", Prefix+"/audit/preview", 1<<20); read == 0 {
		t.Error("with room again nothing is read")
	}
}
