package heads_test

import (
	"strings"
	"testing"

	"plumbline/internal/apptest"
	"plumbline/internal/web/webtest"
)

func TestLedgerPage(t *testing.T) {
	v := webtest.Visit(t, apptest.SQLite(t), "audit")
	page := v.Get("/ledger", 200)
	for _, want := range []string{"test.people", "test.units", "plumbline/test"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if page = v.Get("/ledger?before=1", 200); strings.Contains(page, "test.people") || !strings.Contains(page, "test.units") {
		t.Error("before=1 does not show the first entry alone")
	}
	if page = v.As("anna").Get("/ledger", 200); strings.Contains(page, "test.people") || !strings.Contains(page, "plumbline/test") {
		t.Error("an officer sees the entries, or not the name of the ledger")
	}
}
