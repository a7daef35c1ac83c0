-- Expungement: who proposed it, who agreed, and the tombstones of the texts
-- that were destroyed. Tombstones only ever grow.
CREATE TABLE expungements (
  $STAMP,
  ref TEXT NOT NULL,
  record_kind TEXT NOT NULL,
  record_id TEXT NOT NULL,
  record_ref TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  ground TEXT NOT NULL,
  state TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  settled_by TEXT NOT NULL,
  settled_at $TIME,
  records $INT NOT NULL,
  reason_c $BYTES NOT NULL,
  answer_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX expungements_record ON expungements (record_id);
CREATE INDEX expungements_state ON expungements (state, id);

-- Each approval of an expungement by itself: it takes two, and the first one
-- changes nothing yet.
CREATE TABLE expungement_approvals (
  $STAMP,
  expungement_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  UNIQUE (expungement_id, account_id)
) $STRICT;
--append-only: expungement_approvals

CREATE TABLE tombstones (
  $STAMP,
  record_id TEXT NOT NULL,
  expungement_id TEXT NOT NULL,
  texts $INT NOT NULL,
  keys TEXT NOT NULL
) $STRICT;
--append-only: tombstones
CREATE INDEX tombstones_record ON tombstones (record_id);
CREATE INDEX tombstones_expungement ON tombstones (expungement_id);

CREATE TABLE holds (
  $STAMP,
  record_kind TEXT NOT NULL,
  record_id TEXT NOT NULL,
  record_ref TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  state TEXT NOT NULL,
  placed_by TEXT NOT NULL,
  lifted_by TEXT NOT NULL,
  reason_c $BYTES NOT NULL,
  lift_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX holds_record ON holds (record_id, state);
CREATE INDEX holds_state ON holds (state, id);

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
--append-only: takings

-- One case that was taken out with its proofs: by whom, for what, and a salted
-- digest of what was handed over. The salt leaves with the file.
CREATE TABLE case_takings (
  $STAMP,
  case_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  taken_by TEXT NOT NULL,
  stated $BYTES NOT NULL
) $STRICT;
--append-only: case_takings
