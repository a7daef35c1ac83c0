// Package store owns the database: opening and migrating it, the View, Update
// and Scratch transactions, and the queries. It is the only importer of bun,
// and dialect.go holds everything that differs between SQLite and PostgreSQL.
//
// Update is for business rows and must return at least one ledger fact. Its
// rows, entries, tree nodes, counters and request record commit together, in
// one group with other waiting writers. Scratch is for data that proves nothing
// (drafts, sessions, attempts, jobs, the read log, positions). View reads
// through a handle on which the database refuses writes.
//
// Nothing outside Scratch's closed list of tables is ever deleted, apart from
// erased texts.
package store
