package people_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/app/desk"
	"plumbline/internal/app/people"
	"plumbline/internal/apptest"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// A records officer who could date his own command back would take away the
// question that a case puts to whoever led at the time.
func TestNobodyWritesHisOwnCommand(t *testing.T) {
	s := apptest.Empty(t, filepath.Join(t.TempDir(), "site.db"))
	setup := desk.Program("setup")
	bring(t, s, setup, people.UnitTable, unitsCSV, "")
	bring(t, s, setup, people.PeopleTable, peopleCSV, "")
	bring(t, s, setup, people.PostingTable, postingsCSV, "")
	bring(t, s, setup, people.LinkTable, linksCSV, "")
	self := *setup
	self.Person = personNumbered(t, s, "P2")
	link := strings.Replace(linksCSV[:strings.Index(linksCSV, "\n")+1], "from", "from,to", 1)
	for name, try := range map[string]struct {
		table people.RosterTable
		text  string
	}{
		"own link ended":        {people.LinkTable, link + "P2,主要负责人,C01,2019-05-01,2019-06-01\n"},
		"own link left out":     {people.LinkTable, "personnel_no,link,unit_code,from\nP5,head,C01,2026-01-01\n"},
		"own posting ended":     {people.PostingTable, "personnel_no,unit_code,post,team,from,to\nP2,C01,局长,是,2019-05-01,2019-06-01\n"},
		"own posting elsewhere": {people.PostingTable, "personnel_no,unit_code,post,team,from\nP2,C02,局长,是,2019-06-01\n"},
	} {
		r := bring(t, s, &self, try.table, try.text, "")
		if !r.Nothing() || r.Rejected != 1 || len(r.Errors) != 1 || r.Errors[0].Fault.Code != "roster_own" {
			t.Errorf("%s: %s", name, said(r))
		}
	}
	counts(t, bring(t, s, &self, people.LinkTable, linksCSV, ""), "3 rows: 0 created, 0 updated, 0 ended, 3 unchanged, 0 rejected")
	other := *setup
	other.Person = personNumbered(t, s, "P4")
	counts(t, bring(t, s, &other, people.LinkTable, link+"P2,主要负责人,C01,2019-05-01,2026-06-01\n", ""),
		"1 rows: 0 created, 1 updated, 0 ended, 0 unchanged, 0 rejected")
}

func personNumbered(t *testing.T, s *apptest.Site, number string) string {
	t.Helper()
	var id string
	if err := s.Store.View(t.Context(), func(ctx context.Context, v *store.View) error {
		p, err := v.PersonByNumber(ctx, roster.FoldNumber(number))
		if err == nil {
			id = p.ID
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}
