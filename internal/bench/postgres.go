package bench

import (
	"context"
	"errors"

	"plumbline/internal/apptest/pgtest"
)

// postgres gives the parts that run on PostgreSQL empty databases: the one that
// was named, or as many as they like on a server of the bench's own.
type postgres struct {
	named  string // --postgres, until a part took it
	taken  bool
	server *pgtest.Server
}

// errNoPostgres means that a part is left out, and says why.
type errNoPostgres struct{ why string }

func (e *errNoPostgres) Error() string { return e.why }

// databases gives empty ones. Where one was named the first part has it for
// all that it needs, and the later parts have none.
func (p *postgres) databases(names ...string) (dsns []string, err error) {
	if p.named != "" {
		if p.taken {
			return nil, &errNoPostgres{"the database of --postgres is no longer empty: measure this part by itself, with --only"}
		}
		p.taken = true
		for range names {
			dsns = append(dsns, p.named)
		}
		return dsns, nil
	}
	if p.server == nil {
		if p.server, err = pgtest.Start(); errors.Is(err, pgtest.ErrNone) {
			return nil, &errNoPostgres{err.Error() + ", or name an empty database with --postgres"}
		} else if err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		dsn, err := p.server.Database(name, "template0")
		if err != nil {
			return nil, err
		}
		dsns = append(dsns, dsn)
	}
	return dsns, nil
}

func (p *postgres) stop() error {
	if p.server == nil {
		return nil
	}
	return p.server.Stop()
}

// onPostgres runs those parts that are wanted and have a database.
func onPostgres(ctx context.Context, o Options, want func(string) bool) (figures []Figure, err error) {
	p := &postgres{named: o.Postgres}
	defer func() { err = errors.Join(err, p.stop()) }()
	for _, part := range []struct {
		name, goal string
		wanted     bool
		databases  []string
		run        func(dsns []string) ([]Figure, error)
	}{
		{"selfcheck-postgres", postgresGoal, want("selfcheck-postgres"), []string{"filing", "bare"}, func(dsns []string) ([]Figure, error) {
			return selfChecks(ctx, o, dsns[0], dsns[1])
		}},
		{"signing-postgres", "0.8 of the rate without", want("signing-postgres"), []string{"signing"},
			func(dsns []string) ([]Figure, error) { return signing(ctx, o, dsns[0]) }},
		{"proof-postgres, verify-postgres", "under 5 ms; under 60 s for 1,000,000", want("proof-postgres") || want("verify-postgres"), []string{"proving"}, func(dsns []string) ([]Figure, error) {
			return proving(ctx, o, dsns[0], func(part string) bool { return want(part + "-postgres") })
		}},
	} {
		if !part.wanted {
			continue
		}
		dsns, err := p.databases(part.databases...)
		var none *errNoPostgres
		if errors.As(err, &none) {
			o.Tell("*** LEFT OUT: %s: %v ***\n", part.name, none)
			figures = append(figures, Figure{Name: part.name, Measured: "LEFT OUT", Goal: part.goal, Note: none.why})
			continue
		} else if err != nil {
			return figures, err
		}
		f, err := part.run(dsns)
		if err != nil {
			return figures, err
		}
		figures = append(figures, f...)
	}
	return figures, nil
}
