-- Openings of other people's files, folded into ledger entries per person and
-- minute. A row is written before the page is sent. The log is a chain: each line
-- has a number and a digest over itself and the chain of the line before it, so
-- that a line changed or taken away shows.
CREATE TABLE read_logs (
  id TEXT PRIMARY KEY,
  at $TIME NOT NULL,
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  entry_seq $INT NOT NULL,
  no $INT NOT NULL,
  chain $BYTES NOT NULL
) $STRICT;
CREATE INDEX read_logs_open ON read_logs (entry_seq, at);
CREATE INDEX read_logs_person ON read_logs (person_id, at);
CREATE UNIQUE INDEX read_logs_no ON read_logs (no);
-- What an account opened today is counted before it opens more.
CREATE INDEX read_logs_account ON read_logs (account, at);
