// Package store owns the database: opening, migrating, the doors View, Update
// and Scratch, and the queries. It is the only importer of bun, and dialect.go
// holds all that differs between SQLite and PostgreSQL.
//
// Update is for business rows and must hand back at least one ledger fact; its
// rows, entries, tree nodes, counters and request record commit together, in a
// group with the other writers that wait. Scratch is for things that prove
// nothing (drafts, sessions, attempts, jobs, the read log, positions). View
// reads through a handle that makes the database refuse writes.
//
// Nothing outside Scratch's closed list of tables is ever deleted.
package store
