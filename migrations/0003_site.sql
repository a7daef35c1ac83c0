-- Facts about this installation: origin of the log, demo marker.
CREATE TABLE sites (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) $CLUSTERED;
--append-only: sites name

-- Numbers that move when cached knowledge becomes stale: 'tree', 'authority'.
CREATE TABLE generations (
  name TEXT PRIMARY KEY,
  n $INT NOT NULL
) $CLUSTERED;

-- Remembered positions of readers of the ledger.
CREATE TABLE positions (
  name TEXT PRIMARY KEY,
  seq $INT NOT NULL
) $CLUSTERED;

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

-- Long work: resumable jobs. A job writes entries in the name of its account, so
-- what it is to do carries a mark of the site's key, which is not in the
-- database.
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
  changed_at $TIME NOT NULL,
  proof $BYTES NOT NULL
) $STRICT;
CREATE INDEX jobs_state ON jobs (state, created_at);
CREATE INDEX jobs_object ON jobs (object_id, created_at);
