package demo

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app"
	"plumbline/internal/demo/seeded"
	"plumbline/internal/roster"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store"
	"plumbline/internal/store/verify"
	"plumbline/seeds"
)

var today = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// TestAnswersAreAWholeList: whatever the dice say, every item is answered, with
// as many issues as were asked for, within the period, and the same again for
// the same seed.
func TestAnswersAreAWholeList(t *testing.T) {
	items := seeds.Officers().Items
	campaign := &selfcheck.Campaign{
		PeriodFrom: roster.Date(today.AddDate(0, 0, -541).Format(time.DateOnly)), PeriodTo: roster.Date(today.Format(time.DateOnly)),
	}
	for seed, n := range []int{0, 1, 19, 200, len(items) * selfcheck.MaxIssuesPerItem} {
		answers := Answers(seeded.New(uint64(seed)), items, n, today, "某派出所")
		if len(answers) != len(items) {
			t.Fatalf("%d answers to %d items", len(answers), len(items))
		}
		declared := 0
		for i := range answers {
			a := &answers[i]
			declared += len(a.Issues)
			if a.ItemNo != int64(items[i].No) {
				t.Errorf("answer %d is to item %d", i, a.ItemNo)
			}
			if err := a.Check(campaign, campaign.PeriodTo); err != nil {
				t.Errorf("%d issues: item %d: %v", n, a.ItemNo, err)
			}
			for _, d := range a.Issues {
				if !strings.HasPrefix(d.Text, "某派出所：") || strings.Contains(d.Text, "：，") {
					t.Errorf("item %d tells %q", a.ItemNo, d.Text)
				}
			}
		}
		if declared != n {
			t.Errorf("%d issues were asked for, and %d declared", n, declared)
		}
		if diff := cmp.Diff(answers, Answers(seeded.New(uint64(seed)), items, n, today, "某派出所")); diff != "" {
			t.Errorf("the same seed gives other answers (-first +second):\n%s", diff)
		}
	}
}

// TestEveryCategoryHasItsTales: a narrative of a category without any would be a
// comma.
func TestEveryCategoryHasItsTales(t *testing.T) {
	for _, c := range seeds.Categories() {
		if len(tales[c.Code]) == 0 {
			t.Errorf("there is no tale of %s", c.Code)
		}
	}
}

// TestEveryRoleCanBeTried: a demo without an account for a role would leave its
// pages unseen.
func TestEveryRoleCanBeTried(t *testing.T) {
	logins := make(map[string]bool)
	var held []roster.Role
	for _, a := range Accounts() {
		if logins[a.Login] || !strings.HasPrefix(a.Login, "demo-") {
			t.Errorf("login %q stands twice, or does not say that it is a demo's", a.Login)
		}
		logins[a.Login], held = true, append(held, a.Role)
	}
	for _, r := range roster.Roles {
		if !slices.Contains(held, r) {
			t.Errorf("no account of the demo holds %s", r)
		}
	}
}

// TestTheClockStandsWhereTheDemoPutsIt: never earlier than before, never later than
// the machine's, and the machine's once it is released.
func TestTheClockStandsWhereTheDemoPutsIt(t *testing.T) {
	real := today
	c := NewClock(func() time.Time { return real }, Days)
	began := today.AddDate(0, 0, -Days)
	for _, step := range []struct{ to, want time.Time }{
		{began.AddDate(0, 0, 3), began.AddDate(0, 0, 3)},
		{began, began.AddDate(0, 0, 3)},
		{today.AddDate(1, 0, 0), today},
	} {
		if c.to(step.to); !c.Now().Equal(step.want) {
			t.Errorf("put to %v it says %v, want %v", step.to, c.Now(), step.want)
		}
	}
	c.Release()
	if real = real.Add(time.Hour); !c.Now().Equal(real) {
		t.Errorf("released, it says %v", c.Now())
	}
	if c.to(began); !c.Now().Equal(real) {
		t.Errorf("released, it can be put to %v", c.Now())
	}
}

// TestWhoActsTogetherStopsTogether: every turn is taken once; an error ends the
// work and is the one returned; a cancelled context ends it too.
func TestWhoActsTogetherStopsTogether(t *testing.T) {
	var taken [200]atomic.Int32
	if err := atOnce(t.Context(), together, len(taken), func(_ context.Context, i int) error { taken[i].Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	for i := range taken {
		if n := taken[i].Load(); n != 1 {
			t.Errorf("turn %d was taken %d times", i, n)
		}
	}
	broken := errors.New("broken")
	var after atomic.Int32
	err := atOnce(t.Context(), 1, len(taken), func(_ context.Context, i int) error {
		if i == 7 {
			return broken
		}
		if i > 7 {
			after.Add(1)
		}
		return nil
	})
	if !errors.Is(err, broken) || after.Load() > 0 {
		t.Errorf("the work ends with %v, and %d turns are taken after it", err, after.Load())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := atOnce(gone, 2, 3, func(context.Context, int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled work ends with %v", err)
	}
}

// TestTheBareBureauOwesEverything: its lists are open and nothing is filed, and the
// site verifies.
func TestTheBareBureauOwesEverything(t *testing.T) {
	clock := NewClock(func() time.Time { return today }, Days)
	folder := t.TempDir()
	st, err := store.Open(t.Context(), filepath.Join(folder, "bare.db"),
		store.Options{Clock: clock.Now, Keys: filepath.Join(folder, "keys")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(app.Config{Store: st, Secret: []byte("the secret of a demo, 32 bytes!!")})
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	m := &Maker{App: a, Clock: clock, Size: Small, Bare: true, Progress: func(step string, _, _ int) {
		if len(steps) == 0 || steps[len(steps)-1] != step {
			steps = append(steps, step)
		}
	}}
	if err := m.Make(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(steps) == 0 || slices.Contains(steps, "lists") {
		t.Errorf("a bare bureau tells of the steps %v", steps)
	}
	filers, units := m.Filers(), m.UnitCodes()
	if len(filers) == 0 || len(units) == 0 || m.UnitID(units[0]) == "" || m.UnitID("nowhere") != "" {
		t.Errorf("%d filers, units %v", len(filers), units)
	}
	err = st.View(t.Context(), func(ctx context.Context, v *store.View) error {
		for _, f := range filers {
			list, err := v.Submission(ctx, f.List)
			if err != nil {
				return err
			}
			if list.State != selfcheck.Assigned || list.Version != f.Version {
				t.Errorf("list %s is %s, version %d", f.List, list.State, list.Version)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := verify.Run(t.Context(), st.Store, verify.Evidence{}, nil); err != nil || !v.OK() {
		t.Errorf("the bare bureau does not verify: %v %v", v, err)
	}
}
