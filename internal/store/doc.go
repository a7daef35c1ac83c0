// Package store is the database as the application knows it: the View, Update and
// Scratch transactions, and the queries, a file per noun. It stands on package engine,
// which owns the connections, the writer and the ledger's rows, and on package verify,
// which recomputes them; the three are the only importers of bun.
//
// Update is for business rows and must return at least one ledger fact. Scratch is for
// data that proves nothing (drafts, sessions, attempts, jobs, the read log, positions).
// View reads through a handle on which the database refuses writes.
package store
