-- Cases: leader questions, tracks with their members, what is alleged, found, said
-- in reply and decided.
CREATE TABLE cases (
  $STAMP,
  ref TEXT NOT NULL UNIQUE,
  issue_id TEXT NOT NULL UNIQUE,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  category TEXT NOT NULL,
  severity $INT NOT NULL,
  pack TEXT NOT NULL,
  state TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  opened_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  closed_by TEXT NOT NULL,
  closed_on TEXT NOT NULL
) $STRICT;
CREATE INDEX cases_branch ON cases (branch_id, id);
CREATE INDEX cases_unit ON cases (unit_id, id);
CREATE INDEX cases_person ON cases (person_id);
CREATE INDEX cases_due ON cases (state, due_on);

CREATE TABLE questions (
  $STAMP,
  ref TEXT NOT NULL UNIQUE,
  issue_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  link_kind TEXT NOT NULL,
  link_id TEXT NOT NULL,
  decide_tier $INT NOT NULL,
  triggers TEXT NOT NULL,
  state TEXT NOT NULL,
  raised_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  track_id TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX questions_issue ON questions (issue_id);
CREATE INDEX questions_branch ON questions (branch_id, id);
CREATE INDEX questions_unit ON questions (unit_id, id);
CREATE INDEX questions_due ON questions (state, due_on);

CREATE TABLE tracks (
  $STAMP,
  case_id TEXT NOT NULL,
  side TEXT NOT NULL,
  question_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  decide_tier $INT NOT NULL,
  state TEXT NOT NULL,
  opened_on TEXT NOT NULL,
  duty TEXT NOT NULL,
  knowledge TEXT NOT NULL,
  conduct TEXT NOT NULL,
  link TEXT NOT NULL,
  class TEXT NOT NULL,
  result TEXT NOT NULL,
  proved_by TEXT NOT NULL,
  proof_c $BYTES NOT NULL,
  ended_c $BYTES NOT NULL,
  UNIQUE (case_id, person_id)
) $STRICT;
CREATE INDEX tracks_branch ON tracks (branch_id, id);
CREATE INDEX tracks_unit ON tracks (unit_id, id);
CREATE INDEX tracks_person ON tracks (person_id);

CREATE TABLE track_members (
  $STAMP,
  case_id TEXT NOT NULL,
  track_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  member_unit_id TEXT NOT NULL,
  member_tier $INT NOT NULL,
  duty TEXT NOT NULL,
  assigned_by TEXT NOT NULL,
  assigned_on TEXT NOT NULL,
  ended_on TEXT NOT NULL
) $STRICT;
CREATE INDEX track_members_case ON track_members (case_id);
CREATE INDEX track_members_member ON track_members (member_id, ended_on);

CREATE TABLE allegations (
  $STAMP,
  case_id TEXT NOT NULL,
  track_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  category TEXT NOT NULL,
  rule TEXT NOT NULL,
  state TEXT NOT NULL,
  text_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX allegations_case ON allegations (case_id);

CREATE TABLE findings (
  $STAMP,
  case_id TEXT NOT NULL,
  track_id TEXT NOT NULL,
  allegation_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  state TEXT NOT NULL,
  recommended TEXT NOT NULL,
  final TEXT NOT NULL,
  standard TEXT NOT NULL,
  recommended_by TEXT NOT NULL,
  served_on TEXT NOT NULL,
  reply_due_on TEXT NOT NULL,
  confirmed_by TEXT NOT NULL,
  final_on TEXT NOT NULL,
  reason_c $BYTES NOT NULL,
  final_reason_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX findings_case ON findings (case_id);
CREATE INDEX findings_person ON findings (person_id, state);

CREATE TABLE replies (
  $STAMP,
  case_id TEXT NOT NULL,
  finding_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  waived $BOOL NOT NULL,
  filed_on TEXT NOT NULL,
  answered_by TEXT NOT NULL,
  answered_on TEXT NOT NULL,
  text_c $BYTES NOT NULL,
  answer_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX replies_case ON replies (case_id);
CREATE UNIQUE INDEX replies_finding ON replies (finding_id);

CREATE TABLE decisions (
  $STAMP,
  case_id TEXT NOT NULL,
  track_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  form $INT NOT NULL,
  sanction TEXT NOT NULL,
  months $INT NOT NULL,
  state TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_on TEXT NOT NULL,
  members TEXT NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX decisions_case ON decisions (case_id);
-- What the body still has to decide.
CREATE INDEX decisions_waiting ON decisions (track_id, id) WHERE state = 'proposed';

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
--append-only: case_notes
CREATE INDEX case_notes_case ON case_notes (case_id, id);
