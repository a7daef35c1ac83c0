-- What was done to a case beside its states, with the reason: a member taken
-- off, an allegation reopened, a finding quashed, the ground withdrawn.
CREATE TABLE case_notes (
  $STAMP,
  case_id TEXT NOT NULL,
  track_id TEXT NOT NULL,
  object_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  noted_by TEXT NOT NULL,
  noted_on TEXT NOT NULL,
  text_c $BYTES NOT NULL
) $STRICT;
--;;
--append-only: case_notes
--;;
CREATE INDEX case_notes_case ON case_notes (case_id, id);
