package api

import (
	"strings"
	"testing"

	"plumbline/internal/apptest"
)

// The system administrator cannot make a second account for somebody and then
// act as him.
func TestNoSecondAccountForAPerson(t *testing.T) {
	s := apptest.SQLite(t)
	f := face(t, s)
	a := send(f, "system", "POST", Prefix+"/accounts", `{"login":"chief.too","personnel_no":"P0002"}`)
	if a.status != 409 || !strings.Contains(a.body, `"code":"account_held"`) || !strings.Contains(a.body, `"field":"personnel_no"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}
