-- Grave acts that wait for somebody else, and what each person said to them.
CREATE TABLE proposals (
  $STAMP,
  ref TEXT NOT NULL UNIQUE,
  op TEXT NOT NULL,
  object_kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  matter_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  ground TEXT NOT NULL,
  approver TEXT NOT NULL,
  decide_tier $INT NOT NULL,
  quorum $INT NOT NULL,
  members TEXT NOT NULL,
  excluded TEXT NOT NULL,
  outside TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  state TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  settled_by TEXT NOT NULL,
  settled_at $TIME,
  input_c $BYTES NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX proposals_object ON proposals (object_id, state);
CREATE INDEX proposals_queue ON proposals (state, id);

CREATE TABLE votes (
  $STAMP,
  proposal_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  choice TEXT NOT NULL,
  note_c $BYTES NOT NULL,
  UNIQUE (proposal_id, person_id)
) $STRICT;
--append-only: votes
