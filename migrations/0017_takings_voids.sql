-- One person's file that was taken out with its proofs: by whom, for what, and a
-- salted digest of what was handed over. The salt leaves with the file.
CREATE TABLE takings (
  $STAMP,
  person_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  taken_by TEXT NOT NULL,
  own $BOOL NOT NULL,
  stated $BYTES NOT NULL
) $STRICT;
--;;
--append-only: takings
--;;
CREATE INDEX takings_person ON takings (person_id, id);
--;;
-- A relation or a party that was recorded by mistake. The record stays; while
-- the void stands it bars nobody. Recorded again, the void is lifted.
CREATE TABLE voids (
  $STAMP,
  record_kind TEXT NOT NULL,
  record_id TEXT NOT NULL,
  voided_by TEXT NOT NULL,
  voided_on TEXT NOT NULL,
  lifted_on TEXT NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
--;;
CREATE INDEX voids_record ON voids (record_id) WHERE lifted_on = '';
