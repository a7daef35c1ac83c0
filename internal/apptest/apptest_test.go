package apptest

import (
	"context"
	"slices"
	"testing"

	"plumbline/internal/roster"
	"plumbline/internal/store"
)

func TestTheSmallBureauKnowsItsActors(t *testing.T) {
	Each(t, func(t *testing.T, s *Site) {
		anna := s.Actor("anna")
		if !anna.HoldsAt(roster.RoleOfficer, s.Units["east1"]) {
			t.Errorf("anna holds %v", anna.Held)
		}
		for _, boss := range []string{"chief", "deputy", "easthead", "east1head"} {
			if !slices.Contains(anna.Superiors, s.People[boss]) {
				t.Errorf("%s is not above anna", boss)
			}
		}
		for _, other := range []string{"point", "westhead", "ben"} {
			if slices.Contains(anna.Superiors, s.People[other]) {
				t.Errorf("%s is above anna", other)
			}
		}
		if head := s.Actor("east1head"); slices.Contains(head.Superiors, s.People["east1head"]) {
			t.Error("a head is his own superior")
		}
		if err := s.Store.View(context.Background(), func(ctx context.Context, v *store.View) error {
			size, _, err := v.Head(ctx)
			if size != 2 {
				t.Errorf("%d entries", size)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}
