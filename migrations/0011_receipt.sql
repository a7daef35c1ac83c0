-- What a receipt's holder needs to prove what was filed: the plain columns of
-- the rows as the entry left them, with the salts of their digests. The rows
-- themselves move on; texts stay in contents alone and can be erased there.
CREATE TABLE slips (
  seq $INT PRIMARY KEY,
  body $BYTES NOT NULL
) $STRICT;
--append-only: slips seq
-- Finds the entries of one account that a receipt is offered for.
CREATE INDEX ledger_entries_receipts ON ledger_entries (account, seq) WHERE verb IN ('submission.submit', 'submission.supplement', 'statement.make', 'statement.answer', 'finding.reply', 'finding.confirm', 'decision.propose', 'decision.decide', 'issue.conceal', 'batch.import');
