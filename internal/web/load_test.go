package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/web/page"
	"plumbline/internal/web/webtest"
)

// counted is a body that counts what is read of it.
type counted struct {
	io.Reader
	n int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += n
	return n, err
}

// Session and right are judged before a byte of a form is read, on every page.
func TestNoFormIsReadWithoutTheRight(t *testing.T) {
	s := apptest.SQLite(t)
	v := webtest.Visit(t, s, "")
	tried := 0
	for _, route := range v.Face.Routes() {
		if route.Method != http.MethodPost || route.Public || route.Op == "" {
			continue
		}
		for _, key := range []string{"", "anna", "easthead", "inspector", "system", "reader"} {
			if key != "" && s.App.May(s.Actor(key), route.Op) {
				continue
			}
			body := &counted{Reader: strings.NewReader(strings.Repeat("x", 400<<10))}
			r := httptest.NewRequest(http.MethodPost, "http://plumbline.test"+strings.ReplaceAll(route.Path, "{id}", "0"), body)
			r.ContentLength = 400 << 10
			r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
			if key != "" {
				r.AddCookie(&http.Cookie{Name: page.SessionCookie, Value: key})
			}
			w := httptest.NewRecorder()
			v.Face.ServeHTTP(w, r)
			if refused := w.Code == http.StatusForbidden || w.Code == http.StatusNotFound || key == "" &&
				w.Code == http.StatusSeeOther; body.n > 0 || !refused {
				t.Errorf("%s as %q: %d after %d bytes", route.Path, key, w.Code, body.n)
			}
			tried++
		}
	}
	if tried < 100 {
		t.Errorf("only %d forms were tried", tried)
	}
}

// A file that is sent is never laid down where it would be legible.
func TestAnUploadLeavesNothingOnTheDisk(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	v := webtest.Visit(t, apptest.SQLite(t), "inspector")
	table := "姓名,警号,事由\n" + strings.Repeat("林甲,100011,服务差\n", 60_000) // over the 1 MB that net/http keeps in memory
	v.Upload("/audit/preview", map[string][]string{"source": {"petition"}}, "file", "a.csv", []byte(table), http.StatusOK)
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}
