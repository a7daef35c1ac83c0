// Package ledger defines what an entry is: frozen canonical bytes, the digest
// of a row, commitments to erasable text, and the Merkle tree over all entries
// (RFC 6962, through golang.org/x/mod/sumdb/tlog). It knows no SQL.
//
// Every write of the program becomes one or more entries. An entry names each
// row that the write left behind by kind, id and digest, so that Verify can
// recompute any row against the last entry that names it. The exact bytes are
// stored and hashed; nothing is ever re-encoded. Erasable text enters a digest
// only through its salted commitment, so erasing the text breaks nothing.
//
// The package must never hold content: no names, no narratives, no national
// ids. It also defines checkpoints, receipts and cosignatures; the signing keys
// live elsewhere.
package ledger
