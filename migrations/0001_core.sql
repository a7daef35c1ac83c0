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
--;;
CREATE INDEX ledger_entries_at ON ledger_entries (at, seq);
--;;
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

-- Erasable text and raw cells, apart from the rows that commit to them. A row
-- here is inserted once; erasing it is an act of its own.
CREATE TABLE contents (
  record_id TEXT NOT NULL,
  field TEXT NOT NULL,
  salt $BYTES NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (record_id, field)
) $CLUSTERED;
--;;
-- What the report counts, summed under the writer's lock, for each unit and
-- again for every unit above it. Each section is a narrow range of the key.
CREATE TABLE counters (
  section TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  month TEXT NOT NULL,
  key TEXT NOT NULL,
  n $INT NOT NULL,
  PRIMARY KEY (section, unit_id, month, key)
) $CLUSTERED;
--;;
-- Numbers that move when cached knowledge becomes stale: 'tree', 'authority'.
CREATE TABLE generations (
  name TEXT PRIMARY KEY,
  n $INT NOT NULL
) $CLUSTERED;
--;;
-- Facts about this installation: origin of the log, demo marker.
CREATE TABLE sites (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) $CLUSTERED;
--;;
-- Long work: resumable jobs.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  unique_key TEXT NOT NULL,
  account TEXT NOT NULL,
  object_id TEXT NOT NULL,
  position $INT NOT NULL,
  total $INT NOT NULL,
  counts TEXT NOT NULL,
  params TEXT NOT NULL,
  error_code TEXT NOT NULL,
  attempts $INT NOT NULL,
  lease_until $TIME NOT NULL,
  created_at $TIME NOT NULL,
  changed_at $TIME NOT NULL
) $STRICT;
--;;
CREATE INDEX jobs_state ON jobs (state, created_at);
--;;
CREATE INDEX jobs_object ON jobs (object_id, created_at);
--;;
-- Openings of other people's files, folded into ledger entries per person and
-- minute. A row is written before the page is sent.
CREATE TABLE read_logs (
  id TEXT PRIMARY KEY,
  at $TIME NOT NULL,
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  entry_seq $INT NOT NULL
) $STRICT;
--;;
CREATE INDEX read_logs_open ON read_logs (entry_seq, at);
--;;
CREATE INDEX read_logs_person ON read_logs (person_id, at);
--;;
-- Remembered positions of readers of the ledger.
CREATE TABLE positions (
  name TEXT PRIMARY KEY,
  seq $INT NOT NULL
) $CLUSTERED;
