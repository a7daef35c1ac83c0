-- Receipts are offered for two acts more: an inspection's finding, and a reply
-- about an item that names a leader.
DROP INDEX ledger_entries_receipts;
--;;
CREATE INDEX ledger_entries_receipts ON ledger_entries (account, seq) WHERE verb IN ('submission.submit', 'submission.supplement', 'statement.make', 'statement.answer', 'finding.reply', 'finding.confirm', 'decision.propose', 'decision.decide', 'issue.conceal', 'batch.import', 'inspection.record', 'named_item.reply');
