package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the baselines' drivers
	_ "modernc.org/sqlite"

	"plumbline/internal/demo"
	"plumbline/internal/demo/seeded"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/internal/verbs"
	"plumbline/seeds"
)

const (
	clients  = 64
	filings  = 4000
	declared = 19
	group    = 32 // self-checks of one commit of the baseline

	bareChecks = 2048 // self-checks of the baseline

	entryBody = 2300 // bytes of a self-check's entry
)

// numbersFrom keeps the numbers of prepared baseline rows apart, beyond what a
// site has.
var numbersFrom atomic.Int64

const postgresGoal = "0.4 of the bare loop, p99 under 250 ms"

// selfChecks files whole self-checks over HTTP and writes the same rows in a
// bare loop.
func selfChecks(ctx context.Context, o Options, dsn, bare string) (figures []Figure, err error) {
	o.Tell("a bureau of 14,000 for filing\n")
	s, err := open(ctx, dsn, demo.Full, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	if err := s.maker.Make(ctx); err != nil {
		return nil, err
	}
	filers := s.maker.Filers()[:filings]
	tokens, err := s.sessions(ctx, filers)
	if err != nil {
		return nil, err
	}
	handler, err := o.Handler(s.app)
	if err != nil {
		return nil, err
	}
	lite := s.store.Dialect() == store.SQLite
	var before, after int64
	if lite {
		if before, err = fileBytes(ctx, dsn); err != nil {
			return nil, err
		}
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	o.Tell("filing %d self-checks with %d clients\n", filings, clients)
	used := cpuTime()
	rate, p99, err := file(ctx, server.URL, filers, tokens)
	if err != nil {
		return nil, err
	}
	used = (cpuTime() - used) / filings
	f := Figure{Name: "whole self-checks over HTTP, 64 clients, " + s.store.Dialect().String(),
		Measured: fmt.Sprintf("%.0f/s, p99 %d ms", rate, p99.Milliseconds()),
		Goal:     postgresGoal, Note: fmt.Sprintf("%s of processor time each, client included", millis3(used))}
	if !lite {
		base, err := bareLoop(ctx, bare)
		f.Baseline, f.Ratio = fmt.Sprintf("%.0f/s", base), fmt.Sprintf("%.2f", rate/base)
		return []Figure{f}, err
	}
	if after, err = fileBytes(ctx, dsn); err != nil {
		return nil, err
	}
	leanUsed := cpuTime()
	base, err := leanLoop(ctx, bare)
	if err != nil {
		return nil, err
	}
	leanUsed = (cpuTime() - leanUsed) / bareChecks
	leanBytes, err := fileBytes(ctx, bare)
	f.Goal, f.Note = "0.6 of the bare loop, p99 under 150 ms", "baseline: a bare loop over a schema of ids of 16 bytes and small units"
	f.Baseline, f.Ratio = fmt.Sprintf("%.0f/s", base), fmt.Sprintf("%.2f", rate/base)
	each := (after - before) / filings
	return []Figure{f,
		{Name: "processor time of one, client included", Measured: millis3(used), Baseline: millis3(leanUsed),
			Ratio: fmt.Sprintf("%.1f x", float64(used)/float64(leanUsed)), Goal: "2.5 ms"},
		{Name: "bytes on disk of one, all tables and indexes", Measured: fmt.Sprintf("%.1f kB", float64(each)/1000),
			Baseline: fmt.Sprintf("%.1f kB", float64(leanBytes)/bareChecks/1000),
			Ratio:    fmt.Sprintf("%.2f x", float64(each)*bareChecks/float64(leanBytes)), Goal: "24 kB"},
	}, err
}

// sessions gives each filer a script's session, as signing in would.
func (s *site) sessions(ctx context.Context, filers []demo.Filer) ([]string, error) {
	now := s.store.Now()
	tokens, rows := make([]string, len(filers)), make([]*roster.Session, len(filers))
	for i, f := range filers {
		tokens[i] = fmt.Sprintf("bench-token-%d", i)
		sum := sha256.Sum256([]byte(tokens[i]))
		rows[i] = &roster.Session{TokenHash: hex.EncodeToString(sum[:]), AccountID: f.Account, FormSeed: "x", Label: "bench", Bearer: true,
			IdleSeconds: 3600,
			CreatedAt:   now, SeenAt: now, UntilAt: now.Add(time.Hour)}
		s.app.Proven(rows[i], now)
	}
	for part := range slices.Chunk(rows, 200) {
		if _, err := s.store.Update(ctx, store.Call{Account: "program:bench", Role: "program", Op: "session.create"}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
			return []ledger.Fact{{Verb: verbs.AccountToken, Kind: kinds.Account, ID: part[0].AccountID}}, "", tx.OpenSession(ctx, part...)
		}); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

func file(ctx context.Context, url string, filers []demo.Filer, tokens []string) (rate float64, p99 time.Duration, err error) {
	bodies, err := filingBodies(filers)
	if err != nil {
		return 0, 0, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	times, failures := make([]time.Duration, len(filers)), make([]error, clients)
	var next atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for c := range clients {
		wg.Go(func() {
			for failures[c] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(filers) {
					return
				}
				from := time.Now()
				failures[c] = post(ctx, client, url+"/api/v1/submissions/"+filers[i].List+"/submit", tokens[i],
					fmt.Sprint("bench-", i), bodies[i])
				times[i] = time.Since(from)
			}
		})
	}
	wg.Wait()
	rate = float64(len(filers)) / time.Since(began).Seconds()
	slices.Sort(times)
	return rate, times[len(times)*99/100], errors.Join(failures...)
}

// filingBodies makes what each filer sends.
func filingBodies(filers []demo.Filer) (bodies [][]byte, err error) {
	items, before := seeds.Officers().Items, time.Now().AddDate(0, 0, -demo.Days)
	bodies = make([][]byte, len(filers))
	for i, f := range filers {
		answers := demo.Answers(seeded.New(uint64(i)), items, declared, before, "某派出所")
		if bodies[i], err = json.Marshal(map[string]any{"version": f.Version, "answers": answers}); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

func post(ctx context.Context, client *http.Client, url, token, key string, body []byte) error {
	_, err := send(ctx, client, url, token, key, body)
	return err
}

func send(ctx context.Context, client *http.Client, url, token, key string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("status %d: %.300s", res.StatusCode, answer)
	}
	return answer, err
}

// bareLoop writes the rows of self-checks with nothing but database/sql: a sheet of
// answers, 19 issues with their texts, the list, an entry and its tree nodes,
// in groups, on the program's own schema.
func bareLoop(ctx context.Context, file string) (rate float64, err error) {
	db, err := bareSchema(ctx, file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	parts := []struct {
		table string
		rows  int
	}{{"answer_sheets", 1}, {"issues", declared}, {"contents", declared}, {"submissions", 1}, {"ledger_entries", 1}, {"ledger_hashes", 2}}
	statements, fills := make([]*sql.Stmt, len(parts)), make([]func() []any, len(parts))
	for i, p := range parts {
		if statements[i], fills[i], err = insertOf(ctx, db, store.DialectOf(file), p.table, p.rows, entryBody); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	for range bareChecks / group {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		for range group {
			for i := range parts {
				if _, err := tx.StmtContext(ctx, statements[i]).ExecContext(ctx, fills[i]()...); err != nil {
					return 0, errors.Join(err, tx.Rollback())
				}
			}
		}
		if err := tx.Commit(); err != nil {
			return 0, err
		}
	}
	return bareChecks / time.Since(began).Seconds(), nil
}

// bareWriter is one connection that writes as durably as the program does.
func bareWriter(dsn string) (*sql.DB, error) {
	driver, address := "pgx", dsn
	if store.DialectOf(dsn) == store.SQLite {
		driver, address = "sqlite", "file:"+dsn+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=recursive_triggers(1)&_pragma=wal_autocheckpoint(10000)&_pragma=cache_size(-32000)"
	}
	db, err := sql.Open(driver, address)
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// columnsOf lists the columns of a table as the database tells them.
func columnsOf(ctx context.Context, db *sql.DB, d store.Dialect, table string) (names, types []string, err error) {
	query := "SELECT name, type FROM pragma_table_info(?)"
	if d == store.Postgres {
		query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
	}
	rows, err := db.QueryContext(ctx, query, table)
	if err != nil {
		return nil, nil, err
	}
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			return nil, nil, errors.Join(err, rows.Close())
		}
		names, types = append(names, name), append(types, typ)
	}
	return names, types, errors.Join(rows.Err(), rows.Close())
}

// insertText is an INSERT of n rows. Names of columns come from the schema.
func insertText(d store.Dialect, table string, names []string, n int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + strings.Join(names, ",") + ") VALUES ")
	for i := range n * len(names) {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%len(names) == 0:
			b.WriteString("),(")
		default:
			b.WriteString(",")
		}
		if d == store.Postgres {
			fmt.Fprintf(&b, "$%d", i+1)
		} else {
			b.WriteString("?")
		}
	}
	return b.String() + ")"
}

// insertOf prepares an INSERT of n rows and makes their values: fresh keys,
// few units, constants elsewhere.
func insertOf(ctx context.Context, db *sql.DB, d store.Dialect, table string, n, bodySize int) (*sql.Stmt, func() []any, error) {
	names, types, err := columnsOf(ctx, db, d, table)
	if err != nil {
		return nil, nil, err
	}
	st, err := db.PrepareContext(ctx, insertText(d, table, names, n))
	count, body := numbersFrom.Add(1<<32), bytes.Repeat([]byte("plumbline after line with digest "), bodySize/33+1)
	return st, func() []any {
		args := make([]any, 0, n*len(names))
		id := store.NewID()
		for range n {
			count++
			for i, name := range names {
				switch {
				case isBytes(types[i]) && name == "body":
					args = append(args, body)
				case isBytes(types[i]):
					args = append(args, body[:32])
				case isNumber(types[i]) && (name == "seq" || name == "idx" || name == "item_no"):
					args = append(args, count)
				case isNumber(types[i]):
					args = append(args, int64(1))
				case types[i] == "boolean":
					args = append(args, true)
				case name == "unit_id" || name == "branch_id" || name == "review_unit_id":
					args = append(args, fmt.Sprintf("01a20000-0000-7000-8000-%012d", count%200))
				case name == "submission_id" || name == "campaign_id":
					args = append(args, id)
				case name == "id" || strings.HasSuffix(name, "_id") || name == "ref":
					args = append(args, store.NewID())
				case name == "value":
					args = append(args, "青雀巷派出所：值班时离岗二十分钟，已当面说明并改正。")
				default:
					args = append(args, "2026-01-01")
				}
			}
		}
		return args
	}, err
}

func isBytes(typ string) bool { return typ == "BLOB" || typ == "bytea" }

func isNumber(typ string) bool { return typ == "INTEGER" || typ == "bigint" }

// bareList reads the same page with one query over database/sql.
func bareList(ctx context.Context, file, branch, category string) (took time.Duration, err error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=query_only(1)&_pragma=cache_size(-32000)")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return median(200, func() error {
		rows, err := db.QueryContext(ctx, `SELECT id, version, ref, source, source_code, category, item_no, severity, person_id, unit_id, branch_id, event_on,
received_on, state, disclosure, paired, concealment, finding, form, case_id FROM issues WHERE branch_id = ? AND category = ?
AND state NOT IN ('merged', 'rejected', 'withdrawn') ORDER BY event_on DESC, id DESC LIMIT 51`, branch, category)
		if err != nil {
			return err
		}
		cells := make([]any, 20)
		for i := range cells {
			cells[i] = new(any)
		}
		for rows.Next() {
			if err := rows.Scan(cells...); err != nil {
				return errors.Join(err, rows.Close())
			}
		}
		return errors.Join(rows.Err(), rows.Close())
	})
}
