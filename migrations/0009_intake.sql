-- Imported files, their rows, and what is made of each row.
CREATE TABLE audit_batches (
  $STAMP,
  ref TEXT NOT NULL,
  source TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file_hash TEXT NOT NULL,
  sheet TEXT NOT NULL,
  header_row $INT NOT NULL,
  headers TEXT NOT NULL,
  mapping TEXT NOT NULL,
  classes TEXT NOT NULL,
  category TEXT NOT NULL,
  received_on TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  account TEXT NOT NULL,
  state TEXT NOT NULL,
  rows_total $INT NOT NULL,
  position $INT NOT NULL,
  exact $INT NOT NULL,
  probable $INT NOT NULL,
  ambiguous $INT NOT NULL,
  unmatched $INT NOT NULL,
  rejected $INT NOT NULL,
  duplicates $INT NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX audit_batches_hash ON audit_batches (file_hash, source);

-- A row as it came: raw cells lie in the contents under raw_c.
CREATE TABLE audit_records (
  $STAMP,
  batch_id TEXT NOT NULL,
  row_no $INT NOT NULL,
  source TEXT NOT NULL,
  row_sum TEXT NOT NULL,
  event_on TEXT NOT NULL,
  received_on TEXT NOT NULL,
  category TEXT NOT NULL,
  severity $INT NOT NULL,
  reject_code TEXT NOT NULL,
  reject_cell $INT NOT NULL,
  raw_c $BYTES NOT NULL
) $STRICT;
--append-only: audit_records
CREATE UNIQUE INDEX audit_records_row ON audit_records (batch_id, row_no);
CREATE INDEX audit_records_sum ON audit_records (row_sum) WHERE row_sum <> '';

CREATE TABLE matches (
  $STAMP,
  record_id TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  row_no $INT NOT NULL,
  source TEXT NOT NULL,
  level TEXT NOT NULL,
  state TEXT NOT NULL,
  candidates TEXT NOT NULL,
  live $INT NOT NULL,
  person_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  category TEXT NOT NULL,
  issue_id TEXT NOT NULL,
  original_id TEXT NOT NULL,
  first_by TEXT NOT NULL,
  first_for TEXT NOT NULL,
  settled_at $TIME
) $STRICT;
CREATE UNIQUE INDEX matches_record ON matches (record_id);
CREATE INDEX matches_batch ON matches (batch_id, row_no);
CREATE INDEX matches_queue ON matches (state, event_on, id);
CREATE INDEX matches_branch ON matches (branch_id, state, event_on, id);
CREATE INDEX matches_original ON matches (original_id) WHERE original_id <> '';

CREATE TABLE match_decisions (
  $STAMP,
  match_id TEXT NOT NULL,
  step TEXT NOT NULL,
  person_id TEXT NOT NULL,
  account TEXT NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
--append-only: match_decisions
CREATE INDEX match_decisions_match ON match_decisions (match_id, id);

-- What headers and class words of a source mean, as users said. Scratch.
CREATE TABLE mappings (
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  word TEXT NOT NULL,
  meaning TEXT NOT NULL,
  account TEXT NOT NULL,
  changed_at $TIME NOT NULL,
  PRIMARY KEY (source, kind, word)
) $STRICT;

-- Files whose import has not ended. Scratch.
CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file_hash TEXT NOT NULL,
  data $BYTES NOT NULL,
  created_at $TIME NOT NULL
) $STRICT;
