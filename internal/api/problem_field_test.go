package api

import (
	"net/http"
	"strings"
	"testing"

	"plumbline/internal/apptest"
)

// A missing field is named, each of them, and not only the object that lacks it.
func TestMissingFieldsAreNamed(t *testing.T) {
	f := face(t, apptest.SQLite(t))
	a := send(f, "", http.MethodPost, Prefix+"/sessions", `{"login":"somebody"}`)
	if a.status != http.StatusBadRequest || !strings.Contains(a.body, `"field":"body.password"`) || !strings.Contains(a.body, "field_missing") {
		t.Errorf("%d %s", a.status, a.body)
	}
}
