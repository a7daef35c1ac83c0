// Package story holds what many tests begin with: an issue that came to be known, a case
// on its way, a list filed, an account opened. Each step must work, or the test ends.
package story

import (
	"context"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/fault"
	"plumbline/internal/store"
	"plumbline/internal/store/verify"
)

// CodeOf is the code of a refusal, "" for none.
func CodeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.As(err).Code
}

// Sweep runs the watch and says how many alarms it raised or ended.
func Sweep(t *testing.T, s *apptest.Site, why string, want int) {
	t.Helper()
	n, err := s.App.WatchMatters(ctx)
	if err != nil || n != want {
		t.Errorf("%s: %d alarms changed, want %d, %v", why, n, want, err)
	}
}

// Verify recomputes the site.
func Verify(t *testing.T, s *apptest.Site) *verify.Verdict {
	t.Helper()
	v, err := s.Store.Verify(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Number is the personnel number of a named person.
func Number(t *testing.T, s *apptest.Site, key string) string {
	t.Helper()
	var no string
	err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
		names, err := v.NamesOf(ctx, []string{s.People[key]})
		no = names[s.People[key]].PersonnelNo
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return no
}

// WantCode ends the test where a step was not refused by the code.
func WantCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || fault.As(err).Code != want {
		t.Fatalf("%s: got %v, want %s", what, err, want)
	}
}

// Story is one on a site.
type Story struct {
	*testing.T
	Site *apptest.Site
}

// New begins one on a site.
func New(t *testing.T, s *apptest.Site) Story { return Story{t, s} }

// Must ends the test where a step did not work.
func (st Story) Must(err error) {
	st.Helper()
	if err != nil {
		st.Fatal(err)
	}
}

// WantFault says that a step should have been refused by a kind and a code.
func WantFault(t *testing.T, what string, err error, kind fault.Kind, code string) {
	t.Helper()
	if !fault.Is(err, kind) || (code != "" && fault.As(err).Code != code) {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

// Sound asks that the whole ledger verifies.
func Sound(t *testing.T, s *apptest.Site) {
	t.Helper()
	if v, err := s.Store.Verify(ctx, nil); err != nil || !v.OK() {
		t.Errorf("%+v %v", v, err)
	}
}

var ctx = context.Background()
