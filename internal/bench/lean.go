package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// leanSchema is what a self-check would take at the least: ids of 16 bytes, units as
// numbers, instants as integers, the answers of a round in one row, a small
// slip, and the indexes that the program has. Nothing of the program writes it.
const leanSchema = `
CREATE TABLE issues (id BLOB PRIMARY KEY, version INTEGER, salt BLOB, created_at INTEGER, ref TEXT, source INTEGER, category TEXT, item_no INTEGER,
  severity INTEGER, person_id BLOB, unit_id INTEGER, branch_id INTEGER, tier INTEGER, event_on TEXT, received_on TEXT, state TEXT,
  campaign_id INTEGER, submission_id BLOB, narrative_c BLOB) STRICT;
CREATE INDEX issues_event ON issues (event_on);
CREATE INDEX issues_branch_event ON issues (branch_id, event_on, state);
CREATE INDEX issues_unit_event ON issues (unit_id, event_on);
CREATE INDEX issues_severity ON issues (severity, event_on);
CREATE INDEX issues_ref ON issues (ref);
CREATE INDEX issues_key ON issues (person_id, category, event_on);
CREATE INDEX issues_submission ON issues (submission_id);
CREATE TABLE contents (record_id BLOB, field INTEGER, key_id INTEGER, sealed BLOB, PRIMARY KEY (record_id, field)) STRICT, WITHOUT ROWID;
CREATE TABLE answer_sheets (submission_id BLOB, round INTEGER, body BLOB, PRIMARY KEY (submission_id, round)) STRICT, WITHOUT ROWID;
CREATE TABLE submissions (id BLOB PRIMARY KEY, person_id BLOB, unit_id INTEGER, state TEXT, filed_at INTEGER, answers_digest BLOB) STRICT;
CREATE TABLE ledger_entries (seq INTEGER PRIMARY KEY, at INTEGER, account BLOB, verb TEXT, object_id BLOB, body BLOB, leaf BLOB) STRICT;
CREATE INDEX ledger_entries_object ON ledger_entries (object_id, seq);
CREATE INDEX ledger_entries_at ON ledger_entries (at, seq);
CREATE TABLE ledger_hashes (idx INTEGER PRIMARY KEY, hash BLOB) STRICT;
CREATE TABLE requests (account BLOB, key_hash BLOB, body_hash BLOB, seq INTEGER, PRIMARY KEY (account, key_hash)) STRICT, WITHOUT ROWID;
CREATE TABLE slips (seq INTEGER PRIMARY KEY, body BLOB) STRICT;`

// leanLoop writes the rows of self-checks into leanSchema with nothing but
// database/sql: the list, its sheet of 50 answers, 19 issues with their texts, an
// entry with two tree nodes, a request and a slip, in groups.
func leanLoop(ctx context.Context, file string) (rate float64, err error) {
	db, err := bareWriter(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, leanSchema); err != nil {
		return 0, err
	}
	l := lean{db: db}
	issues, texts := l.insert(ctx, "issues", 19, declared), l.insert(ctx, "contents", 4, declared)
	sheet, list := l.insert(ctx, "answer_sheets", 3, 1), l.insert(ctx, "submissions", 6, 1)
	entry, nodes := l.insert(ctx, "ledger_entries", 7, 1), l.insert(ctx, "ledger_hashes", 2, 2)
	request, slip := l.insert(ctx, "requests", 4, 1), l.insert(ctx, "slips", 2, 1)
	if l.err != nil {
		return 0, l.err
	}
	began := time.Now()
	for g := range bareChecks / group {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		l.tx = tx
		for i := range group {
			n := int64(g*group + i)
			unit, person, submission, hash, at := n%200, someID(), someID(), someBytes(32), time.Now().UnixMicro()
			var said, words []any
			for k := range declared {
				id, on := someID(), fmt.Sprintf("2026-%02d-%02d", (n+int64(k))%12+1, (n*7+int64(k))%28+1)
				said = append(said, id, 1, someBytes(32), at, strings.ToUpper(fmt.Sprintf("%x", id[11:])), 1, "duty_discipline", k, 1,
					person, unit, unit/20, 3,
					on, "2026-11-30", "registered", 1, submission, someBytes(32))
				words = append(words, id, 1, n, someBytes(130))
			}
			l.run(ctx, issues, said...)
			l.run(ctx, texts, words...)
			l.run(ctx, sheet, submission, 1, someBytes(170))
			l.run(ctx, list, submission, person, unit, "submitted", at, hash)
			l.run(ctx, entry, n, at, person, "submission.submit", submission, someBytes(2100), hash)
			l.run(ctx, nodes, 2*n, hash, 2*n+1, hash)
			l.run(ctx, request, person, hash, hash, n)
			l.run(ctx, slip, n, someBytes(1900))
		}
		if err := errors.Join(l.err, tx.Commit()); err != nil {
			return 0, err
		}
	}
	return bareChecks / time.Since(began).Seconds(), nil
}

// lean runs prepared statements until one fails.
type lean struct {
	db  *sql.DB
	tx  *sql.Tx
	err error
}

func (l *lean) insert(ctx context.Context, table string, columns, rows int) *sql.Stmt {
	one := "(" + strings.Repeat("?,", columns-1) + "?)"
	st, err := l.db.PrepareContext(ctx, "INSERT INTO "+table+" VALUES "+strings.Repeat(one+",", rows-1)+one)
	l.err = errors.Join(l.err, err)
	return st
}

func (l *lean) run(ctx context.Context, st *sql.Stmt, args ...any) {
	if l.err == nil {
		_, l.err = l.tx.StmtContext(ctx, st).ExecContext(ctx, args...)
	}
}

func someID() []byte {
	id := uuid.Must(uuid.NewV7())
	return id[:]
}

func someBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// fileBytes is the size of a SQLite database, its log included.
func fileBytes(ctx context.Context, file string) (n int64, err error) {
	db, err := bareReader(file)
	if err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&n)
	return n, errors.Join(err, db.Close())
}
