-- Declared relatives and interested persons.
CREATE TABLE relations (
  $STAMP,
  person_id TEXT NOT NULL,
  other_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL
) $STRICT;
CREATE INDEX relations_person ON relations (person_id);
CREATE INDEX relations_other ON relations (other_id);

CREATE TABLE parties (
  $STAMP,
  object_kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  interest TEXT NOT NULL,
  recorded_by TEXT NOT NULL,
  recorded_on TEXT NOT NULL,
  UNIQUE (object_id, person_id, interest)
) $STRICT;
CREATE INDEX parties_person ON parties (person_id, object_kind);

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
CREATE INDEX voids_record ON voids (record_id) WHERE lifted_on = '';

-- A challenge asks that somebody be barred on another's word. It bars nobody
-- until a third person one tier above has upheld it.
CREATE TABLE challenges (
  $STAMP,
  cause TEXT NOT NULL,
  relation_id TEXT NOT NULL,
  object_kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  person_id TEXT NOT NULL,
  official_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  state TEXT NOT NULL,
  filed_by TEXT NOT NULL,
  filed_on TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_on TEXT NOT NULL,
  grounds_c $BYTES NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX challenges_state ON challenges (state, id);
CREATE INDEX challenges_relation ON challenges (relation_id, official_id);
CREATE INDEX challenges_object ON challenges (object_id, official_id);
CREATE INDEX challenges_filed ON challenges (filed_by, filed_on);

-- An alarm says that a matter lies where nobody may handle it any more, or too few
-- to decide it. One stands for each matter and duty at a time. It may be about two
-- people, both barred from it; about a review, which lies at one unit alone; and
-- about a body with fewer members than it needs.
CREATE TABLE alarms (
  $STAMP,
  object_kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  duty TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  other_id TEXT NOT NULL,
  review_unit_id TEXT NOT NULL,
  members $INT NOT NULL,
  quorum $INT NOT NULL,
  event_on TEXT NOT NULL,
  blank $BOOL NOT NULL,
  state TEXT NOT NULL,
  raised_on TEXT NOT NULL,
  ended_on TEXT NOT NULL
) $STRICT;
CREATE UNIQUE INDEX alarms_standing ON alarms (object_id, duty) WHERE state = 'raised';
CREATE INDEX alarms_state ON alarms (state, id);
