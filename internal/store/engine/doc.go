// Package engine owns the database: opening and migrating it, the one writer, the
// ledger's rows, the texts and their keys. Package dialect holds what differs
// between SQLite and PostgreSQL.
//
// Update's rows, entries, tree nodes, counters and request record commit together, in
// one group with other waiting writers. Nothing outside Scratch's closed list of tables
// is ever deleted, apart from erased texts.
//
// Only the packages around it may import it: store puts the queries on top, and the
// application sees the engine through store alone.
package engine
