-- The ledger: entries as the exact bytes that were hashed, the nodes of the
-- tree, and the requests already done. All three only ever grow.
CREATE TABLE ledger_entries (
  seq $INT PRIMARY KEY,
  at $TIME NOT NULL,
  account TEXT NOT NULL,
  verb TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  body $BYTES NOT NULL,
  leaf $BYTES NOT NULL
) $STRICT;
--append-only: ledger_entries
CREATE INDEX ledger_entries_object ON ledger_entries (object_id, seq);
CREATE INDEX ledger_entries_at ON ledger_entries (at, seq);
CREATE INDEX ledger_entries_receipts ON ledger_entries (account, seq) WHERE verb IN ('submission.submit', 'submission.supplement', 'statement.make', 'statement.answer', 'finding.reply', 'finding.confirm', 'decision.propose', 'decision.decide', 'issue.conceal', 'batch.import', 'inspection.record', 'named_item.reply');

CREATE TABLE ledger_hashes (
  idx $INT PRIMARY KEY,
  hash $BYTES NOT NULL
) $STRICT;
--append-only: ledger_hashes

CREATE TABLE requests (
  account TEXT NOT NULL,
  op TEXT NOT NULL,
  key_hash $BYTES NOT NULL,
  body_hash $BYTES NOT NULL,
  result_id TEXT NOT NULL,
  seq $INT NOT NULL,
  PRIMARY KEY (account, op, key_hash)
) $CLUSTERED;
--append-only: requests
--refuse-again: requests account op key_hash

-- What a receipt's holder needs to prove what was filed: the plain columns of
-- the rows as the entry left them, with the salts of their digests. The rows
-- themselves move on; texts stay in contents alone and can be erased there.
CREATE TABLE slips (
  seq $INT PRIMARY KEY,
  body $BYTES NOT NULL
) $STRICT;
--append-only: slips seq
