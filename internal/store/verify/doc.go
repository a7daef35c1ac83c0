// Package verify recomputes a site from its stored bytes: the tree, every row against
// the last entry that names it, the texts against their commitments, the counters, the
// read log, the sessions, and the schema against the one that the migrations make. What
// it finds is a list of Findings, each with a reason that the catalogue has a sentence
// for.
package verify
