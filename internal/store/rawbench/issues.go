package rawbench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"plumbline/internal/issue"
	"plumbline/internal/store"
	"plumbline/internal/store/dialect"
	"plumbline/internal/store/engine"
)

// benchBatch is the number of rows per transaction of Issues.
const benchBatch = 260_000

// Issues is for benchmarks only: it bypasses the ledger. It fills a SQLite
// site up to total issues, spread over all units and categories in the shapes
// (month, source, state, severity …) of the existing issues, and updates the
// counters through the same Deltas as every write. The new rows have no
// entries, so the site no longer verifies.
func Issues(ctx context.Context, site *store.Store, total int, progress func(done, total int)) (err error) {
	s := site.Store
	if s.Dialect() != dialect.SQLite {
		return errors.New("bench: Issues knows SQLite only")
	}
	tree, err := s.Placement(ctx, engine.Reader(s))
	if err != nil {
		return err
	}
	n, err := engine.Reader(s).NewSelect().TableExpr("issues").Count(ctx)
	have := int(n)
	if err != nil {
		return err
	}
	if have == 0 {
		return errors.New("bench: Issues needs issues to follow")
	}
	var categories []string
	if err := engine.Reader(s).NewSelect().TableExpr("issues").ColumnExpr("DISTINCT category").Scan(ctx, &categories); err != nil {
		return err
	}
	conn, err := engine.Writer(s).Conn(ctx) // temporary tables belong to one connection
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	pairs := 0
	run := func(text string, args ...any) error {
		if err == nil {
			_, err = conn.ExecContext(ctx, text, args...)
		}
		return err
	}
	_ = run("CREATE TEMP TABLE bench_pairs (i INTEGER PRIMARY KEY, unit_id TEXT, branch_id TEXT, tier INTEGER, category TEXT)")
	for _, unit := range slices.Sorted(maps.Keys(tree.Tier)) {
		for _, c := range categories {
			if tier := tree.Tier[unit]; tier > 0 {
				_ = run("INSERT INTO bench_pairs VALUES (?, ?, ?, ?, ?)", pairs, unit, tree.Branch(unit), tier, c)
				pairs++
			}
		}
	}
	_ = run("CREATE TEMP TABLE bench_people (i INTEGER PRIMARY KEY, id TEXT)")
	_ = run("INSERT INTO bench_people SELECT row_number() OVER (ORDER BY id) - 1, id FROM people")
	_ = run("CREATE TEMP TABLE bench_shapes (i INTEGER PRIMARY KEY, month TEXT, source TEXT, source_code TEXT, severity " +
		"INTEGER, state TEXT, disclosure TEXT, paired INTEGER)")
	_ = run(`INSERT INTO bench_shapes SELECT row_number() OVER (ORDER BY MIN(ref)) - 1, month, source, source_code, severity,
	    state, disclosure, paired
FROM issues GROUP BY month, source, source_code, severity, state, disclosure, paired`)
	if err != nil {
		return err
	}
	// Rebuilding the indexes afterwards is many times cheaper than updating
	// them row by row.
	var indexes []struct {
		Name string `bun:"name"`
		SQL  string `bun:"sql"`
	}
	if err := conn.NewSelect().TableExpr("sqlite_master").Column("name", "sql").
		Where("type = 'index' AND tbl_name = 'issues' AND sql IS NOT NULL").Scan(ctx, &indexes); err != nil {
		return err
	}
	for _, x := range indexes {
		_ = run("DROP INDEX " + x.Name)
	}
	sums := make(map[engine.CounterKey]int64)
	for from := 0; from < total-have && err == nil; from += benchBatch {
		err = benchRows(ctx, conn, tree, sums, from, min(from+benchBatch, total-have), pairs)
		progress(min(from+benchBatch, total-have), total-have)
	}
	for _, x := range indexes {
		_ = run(x.SQL)
	}
	if err != nil {
		return err
	}
	return conn.RunInTx(ctx, &sql.TxOptions{}, func(ctx context.Context, tx bun.Tx) error { return s.UpsertCounters(ctx, tx, sums) })
}

// benchRows writes the rows from to to. Each run of ten rows shares unit,
// category and shape, so that one of them is counted for all ten.
func benchRows(ctx context.Context, conn bun.Conn, tree *engine.Placement, sums map[engine.CounterKey]int64, from, to, pairs int) error {
	const id = "printf('ffffffff-ffff-7fff-8fff-%012d', n)"
	text := "INSERT INTO issues (" + benchColumns + `) WITH RECURSIVE series(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM series
  WHERE n + 1 < ?) SELECT ` + id + ", " + benchValues + `
FROM series CROSS JOIN bench_pairs p ON p.i = (n / 10) % ?
CROSS JOIN bench_shapes s ON s.i = (n / 10 / ?) % (SELECT COUNT(*) FROM bench_shapes)
CROSS JOIN bench_people e ON e.i = n % (SELECT COUNT(*) FROM bench_people)`
	res, err := conn.ExecContext(ctx, text, from, to, pairs, pairs)
	if err != nil {
		return fmt.Errorf("bench issues: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n != int64(to-from) {
		return fmt.Errorf("bench issues: %d rows of %d", n, to-from)
	}
	var groups []struct {
		issue.Issue
		N int64 `bun:"n"`
	}
	err = conn.NewSelect().TableExpr("issues").Column("unit_id", "month", "state", "severity", "source", "source_code", "tier",
		"category", "disclosure", "paired", "first_event", "concealment").
		ColumnExpr("COUNT(*) AS n").Where("id >= printf('ffffffff-ffff-7fff-8fff-%012d', ?)", from).
		GroupExpr("unit_id, month, state, severity, source, source_code, tier, category, disclosure, paired, first_event, concealment").Scan(ctx, &groups)
	if err != nil {
		return fmt.Errorf("count bench issues: %w", err)
	}
	for i := range groups {
		g := &groups[i]
		one := engine.Journal{}
		g.Deltas(func(section, unit, month, key string, n int64) {
			one.Deltas = append(one.Deltas, engine.Delta{CounterKey: engine.CounterKey{Section: section, Unit: unit, Month: month,
				Key: key}, N: n * g.N})
		})
		one.AddTo(sums, tree)
	}
	return nil
}

// benchColumns are the columns that Issues fills, and benchValues their
// values except the id.
const benchColumns = `id, version, salt, created_at, changed_at, ref, source, source_code, category, item_no, severity,
    person_id, unit_id, branch_id, tier, event_on, month, received_on, raised_at, state, disclosure, paired, first_event,
    concealment, conceal_as, conceal_by, reject_by, campaign_id, submission_id, record_id, case_id, bulk_id, duplicate_of,
    recurrence_of, finding, form, narrative_c`

const benchValues = `1, x'00', 1767225600000000, 1767225600000000, printf('BENCH-%d', n), s.source, s.source_code,
    p.category, 0, s.severity, e.id, p.unit_id, p.branch_id, p.tier, s.month || '-15', s.month, s.month || '-15',
    1767225600000000, s.state, s.disclosure, s.paired, n / 10 % 3 = 0, '', '', '', '', '', '', '', '', '', '', '', '', 0, x''`
