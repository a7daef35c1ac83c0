package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"plumbline/internal/app/reports"
	"plumbline/internal/store"
	"plumbline/internal/store/rawbench"
)

// reading times the report that an inspector reads and gives its root.
func (s *site) reading(ctx context.Context) (took time.Duration, unit string, issues int, err error) {
	who, err := s.app.ActorNamed(ctx, s.maker.Reader("demo-inspector"))
	if err != nil {
		return 0, "", 0, err
	}
	took, err = median(50, func() error {
		r, err := s.app.Report(ctx, who, reports.ReportInput{})
		if err == nil {
			unit = r.Unit
		}
		return err
	})
	if err != nil {
		return 0, "", 0, err
	}
	issues, err = countIssues(ctx, s.dsn)
	return took, unit, issues, err
}

func (s *site) report(ctx context.Context) (f Figure, err error) {
	took, unit, n, err := s.reading(ctx)
	if err != nil {
		return f, err
	}
	bare, err := bareReport(ctx, s.dsn, unit)
	if err != nil {
		return f, err
	}
	return Figure{Name: fmt.Sprintf("report over %d issues with the four cells", n), Measured: millis(took), Baseline: millis(bare),
		Ratio: fmt.Sprintf("%.1f x", float64(took)/float64(bare)), Goal: "15 ms", Note: "baseline: the selects on the counters alone"}, nil
}

// large makes the site ten times as large, past the ledger, and times the
// report before and after. The site is of no use afterwards.
func (s *site) large(ctx context.Context, o Options) (f Figure, err error) {
	t, err := reopen(ctx, s)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, t.store.Close()) }()
	small, _, n, err := t.reading(ctx)
	if err != nil {
		return f, err
	}
	began := time.Now()
	if err := rawbench.Issues(ctx, t.store, 10*n, func(done, total int) {
		o.Tell("ten times as large: %d of %d after %.0f s\n", done, total, time.Since(began).Seconds())
	}); err != nil {
		return f, err
	}
	o.Tell("ten times as large: ready after %.0f s\n", time.Since(began).Seconds())
	took, unit, n, err := t.reading(ctx)
	if err != nil {
		return f, err
	}
	bare, err := bareReport(ctx, t.dsn, unit)
	if err != nil {
		return f, err
	}
	return Figure{Name: fmt.Sprintf("the same over %d, over all units and categories", n), Measured: millis(took), Baseline: millis(bare),
		Ratio: fmt.Sprintf("%.2f x", float64(took)/float64(small)), Goal: "15 ms, no growth",
		Note: fmt.Sprintf("ratio to the smaller in the same run, %s; baseline: the selects on the counters alone", millis(small))}, nil
}

// reopen closes a site and opens it anew, with the machine's clock.
func reopen(ctx context.Context, s *site) (*site, error) {
	if err := s.store.Close(); err != nil {
		return nil, err
	}
	t, err := open(ctx, s.dsn, s.maker.Size, false)
	if err != nil {
		return nil, err
	}
	t.maker.Clock.Release()
	t.maker = s.maker // knows who is who
	return t, nil
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func bareReader(dsn string) (*sql.DB, error) {
	if store.DialectOf(dsn) == store.Postgres {
		return sql.Open("pgx", dsn)
	}
	return sql.Open("sqlite", "file:"+dsn+"?_pragma=query_only(1)&_pragma=cache_size(-32000)")
}

func countIssues(ctx context.Context, file string) (n int, err error) {
	db, err := bareReader(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM issues").Scan(&n)
	return n, err
}

// bareReport reads the counters of a report with nothing but database/sql.
func bareReport(ctx context.Context, file, unit string) (took time.Duration, err error) {
	db, err := bareReader(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return median(50, func() error {
		for _, query := range []string{
			"SELECT section, month, key, n FROM counters WHERE section IN ('issue_state', 'issue_source', 'cases', 'tracks', 'questions', 'decisions', 'rectifications') AND unit_id = ?",
			"SELECT unit_id, '', key, SUM(n) FROM counters WHERE section = 'issue_source' AND unit_id IN (SELECT id FROM units WHERE parent_id = ?) GROUP BY unit_id, key",
			"SELECT '', '', key, SUM(n) FROM counters WHERE section = 'issue_cell' AND unit_id = ? GROUP BY key",
		} {
			rows, err := db.QueryContext(ctx, query, unit)
			if err != nil {
				return err
			}
			for rows.Next() {
				var a, b, c string
				var n int64
				if err := rows.Scan(&a, &b, &c, &n); err != nil {
					return errors.Join(err, rows.Close())
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
		return nil
	})
}
