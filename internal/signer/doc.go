// Package signer owns the log's signing key and the memory that goes with it:
// the last size and root that it signed. It signs a tree head only after it
// has checked the consistency proof from that one itself, and refuses
// everything else: a smaller tree, another tree of the same size, a tree that
// does not contain the earlier one, another log. What it remembers is on the
// disk before a signature leaves.
//
// It runs inside the server (a trial site: key and server are then in the same
// hands) or apart from it, as another process and another user of the system,
// behind a unix socket. It knows no database and no entry: size, root and
// hashes are all it ever sees.
package signer
