-- One case that was taken out with its proofs: by whom, for what, and a salted
-- digest of what was handed over. The salt leaves with the file.
CREATE TABLE case_takings (
  $STAMP,
  case_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  taken_by TEXT NOT NULL,
  stated $BYTES NOT NULL
) $STRICT;
--;;
--append-only: case_takings
--;;
CREATE INDEX case_takings_case ON case_takings (case_id, id);
