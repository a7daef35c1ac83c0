package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/demo"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/words"
)

func init() { makers = append(makers, demoCommand) }

func demoCommand(e *env) *cobra.Command {
	size, noServe := string(demo.Small), false
	c := &cobra.Command{
		Use:   "demo",
		Short: "Create a fictional bureau if there is none, and serve it",
		Long: "Create a fictional bureau if there is none, print its accounts, and serve it.\n" +
			"A database that is not a demonstration is refused and left as it is.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if size != string(demo.Small) && size != string(demo.Full) {
				return fmt.Errorf("--size is small or full, not %q", shorten(size, 20))
			}
			s, err := e.openDemo(c.Context(), demo.Size(size))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			e.printAccounts()
			if noServe {
				return nil
			}
			return e.serve(c.Context(), s, true)
		},
	}
	c.Flags().StringVar(&size, "size", size, "small (a few hundred people) or full (14,000)")
	c.Flags().BoolVar(&noServe, "no-serve", noServe, "create it and exit")
	e.addrFlag(c)
	return c
}

// openDemo opens a demonstration, creating it first if the database is new.
func (e *env) openDemo(ctx context.Context, size demo.Size) (*site, error) {
	if err := errors.Join(e.mustBeWhole(), e.mustBeDatabase(ctx)); err != nil {
		return nil, err
	}
	if err := e.isDemo(ctx); err != nil {
		return nil, err
	}
	secret, err := e.secret(true)
	if err != nil {
		return nil, err
	}
	clock := demo.NewClock(time.Now, demo.Days)
	st, err := store.Open(ctx, e.DB, store.Options{Clock: clock.Now, Keys: e.keyStorePath()})
	if err != nil {
		return nil, err
	}
	s := &site{store: st}
	fail := func(err error) (*site, error) { return nil, errors.Join(err, s.Close()) }
	if _, err := st.Migrate(ctx); err != nil {
		return fail(err)
	}
	if s.app, err = e.wire(ctx, st, secret, true); err != nil {
		return fail(err)
	}
	marked, err := s.app.SiteFact(ctx, demo.Fact)
	if err != nil {
		return fail(err)
	}
	m := &demo.Maker{App: s.app, Clock: clock, Size: size, Progress: e.bar()}
	if marked != "" {
		m.Clock.Release()
		return s, nil
	}
	began := time.Now()
	if err := m.Make(ctx); err != nil {
		return fail(fmt.Errorf("%w; remove %s and try again", err, e.shownDB()))
	}
	fmt.Fprintf(e.err, "\r%-60s\rmade in %.1f s\n", "", time.Since(began).Seconds())
	return s, nil
}

// isDemo rejects an existing database that is not a demonstration, before
// writing anything to it.
func (e *env) isDemo(ctx context.Context) (err error) {
	if store.DialectOf(e.DB) == store.SQLite {
		if _, err := os.Stat(e.DB); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	st, err := store.Open(ctx, e.DB, store.Options{Clock: time.Now, Keys: e.keyStorePath()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	empty, err := st.Empty(ctx)
	if err != nil || empty {
		return err
	}
	return st.View(ctx, func(ctx context.Context, v *store.View) error {
		if value, err := v.SiteFact(ctx, demo.Fact); err != nil || value == "" {
			return errors.Join(err, fmt.Errorf("%s is not a demonstration; nothing was changed. Name another file with --db", e.shownDB()))
		}
		return nil
	})
}

// bar draws progress on the error stream.
func (e *env) bar() func(step string, done, total int) {
	last := time.Time{}
	return func(step string, done, total int) {
		if now := time.Now(); done == total || now.Sub(last) > 100*time.Millisecond {
			last = now
			filled := 30 * done / max(total, 1)
			fmt.Fprintf(e.err, "\r%-9s [%s%s] %d/%d   ", step, strings.Repeat("#", filled), strings.Repeat(".", 30-filled), done, total)
		}
	}
}

// printAccounts prints who can sign in.
func (e *env) printAccounts() {
	fmt.Fprintln(e.out,
		"Everything here is invented. All of these accounts have the password "+demo.Password+":\n数据均为虚构。下列账号的口令均为 "+demo.Password+"：")
	seen := map[roster.Role]bool{}
	for _, a := range demo.Accounts() {
		note := ""
		switch {
		case a.Above():
			note = " (superior authority · 上级机关)"
		case seen[a.Role]:
			note = " (another person · 另一人)"
		}
		seen[a.Role] = true
		fmt.Fprintf(e.out, "  %-20s %s · %s%s\n", a.Login, words.T(words.EN, "role."+string(a.Role)),
			words.T(words.ZH, "role."+string(a.Role)), note)
	}
}
