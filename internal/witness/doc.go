// Package witness is the other pair of eyes on a ledger: a small server for the
// tier above or the audit office, and the client by which a site asks it.
//
// A Witness follows one or more logs. It cosigns a checkpoint only when the
// checkpoint is signed by the log's key and proven to extend the last one it
// cosigned (C2SP tlog-witness, add-checkpoint). What it accepted it keeps for
// ever in an append-only file, written and synced before the answer goes out.
// It raises an alarm on
//
//	fork          two signed checkpoints of one size with different roots
//	inconsistent  a signed checkpoint whose consistency proof does not hold
//	shrink        a signed checkpoint smaller than one it accepted before
//	silence       nothing heard for longer than the log's limit
//
// and keeps the signed notes as evidence. A fork proves itself and stays open
// until a person closes it. A shrink closes itself when the log shows the full
// tree again (a delayed message looks like one), an inconsistency when the very
// same checkpoint is proven after all (anybody can send a false proof with a
// true checkpoint), silence when the log is heard again.
//
// A Feeder is the site's side: it sends the newest checkpoint to one witness,
// verifies the cosignature and hands it on to be stored. It never blocks a
// write.
//
// The package knows no SQL and reads no clock of its own. It must never see an
// entry: sizes, hashes, signatures and times are all it handles.
package witness
