package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"plumbline/internal/store"
)

func init() { makers = append(makers, migrateCommand) }

func migrateCommand(e *env) *cobra.Command {
	role := ""
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Create the database, or bring its schema up to date",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if err := errors.Join(e.mustBeWhole(), e.mustBeDatabase(c.Context())); err != nil {
				return err
			}
			st, err := store.Open(c.Context(), e.DB, store.Options{Clock: time.Now, Keys: e.keyStorePath()})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, st.Close()) }()
			names, err := st.Migrate(c.Context())
			if err != nil {
				return err
			}
			if _, err := e.secret(true); err != nil { // not earlier: a rejected database gets no key beside it
				return err
			}
			for _, n := range names {
				fmt.Fprintln(e.out, n)
			}
			if len(names) == 0 {
				fmt.Fprintln(e.out, "up to date")
			}
			fmt.Fprintf(e.out, "log     %s\n", st.Origin())
			if role == "" {
				return nil
			}
			return st.GrantTo(c.Context(), role)
		},
	}
	c.Flags().StringVar(&role, "app-role", "", "PostgreSQL: role that serve runs as; it is granted only what it needs")
	return c
}
