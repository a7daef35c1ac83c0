-- Issues, what was said about them, and the requests to correct them.
CREATE TABLE issues (
  $STAMP,
  ref TEXT NOT NULL,
  source TEXT NOT NULL,
  source_code TEXT NOT NULL,
  category TEXT NOT NULL,
  item_no $INT NOT NULL,
  severity $INT NOT NULL,
  person_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  tier $INT NOT NULL,
  event_on TEXT NOT NULL,
  month TEXT NOT NULL,
  received_on TEXT NOT NULL,
  raised_at $TIME NOT NULL,
  state TEXT NOT NULL,
  disclosure TEXT NOT NULL,
  paired $BOOL NOT NULL,
  first_event $BOOL NOT NULL,
  concealment TEXT NOT NULL,
  conceal_as TEXT NOT NULL,
  conceal_by TEXT NOT NULL,
  reject_by TEXT NOT NULL,
  campaign_id TEXT NOT NULL,
  submission_id TEXT NOT NULL,
  record_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  bulk_id TEXT NOT NULL,
  duplicate_of TEXT NOT NULL,
  recurrence_of TEXT NOT NULL,
  finding TEXT NOT NULL,
  form $INT NOT NULL,
  narrative_c $BYTES NOT NULL,
  triaged_at $TIME,
  noticed_at $TIME,
  settled_at $TIME
) $STRICT;
-- Lists go through these in their own order. They lack the tie-breaking id, which
-- made each entry three times as wide and put it on a page of its own: equal dates
-- lie together in the order of writing, and a page of a list sorts the ties of its
-- dates. The state rides along, so that a list by state filters inside the index.
CREATE INDEX issues_event ON issues (event_on);
CREATE INDEX issues_branch_event ON issues (branch_id, event_on, state);
CREATE INDEX issues_unit_event ON issues (unit_id, event_on);
CREATE INDEX issues_severity ON issues (severity, event_on);
-- What retention has made due is counted at every sight of the records officer's
-- page: by class of its period, without going through what is not settled yet.
CREATE INDEX issues_due ON issues (finding, state, settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX issues_ref ON issues (ref);
CREATE INDEX issues_key ON issues (person_id, category, event_on);
-- Few rows each: open questions, and links to other things.
CREATE INDEX issues_found ON issues (severity, event_on, id) WHERE source <> 'self';
CREATE INDEX issues_branch_found ON issues (branch_id, severity, event_on, id) WHERE source <> 'self';
CREATE INDEX issues_state ON issues (state, event_on, id) WHERE state <> 'registered';
CREATE INDEX issues_concealment ON issues (concealment, event_on, id) WHERE concealment <> '';
CREATE INDEX issues_submission ON issues (submission_id) WHERE submission_id <> '';
CREATE INDEX issues_record ON issues (record_id) WHERE record_id <> '';
CREATE INDEX issues_case ON issues (case_id) WHERE case_id <> '';
CREATE INDEX issues_duplicate ON issues (duplicate_of) WHERE duplicate_of <> '';
CREATE INDEX issues_recurrence ON issues (recurrence_of) WHERE recurrence_of <> '';

-- A severity from which an issue was lowered. An issue's highest severity is its
-- own or that of its peaks, and is known for ever.
CREATE TABLE severity_peaks (
  $STAMP,
  issue_id TEXT NOT NULL,
  severity $INT NOT NULL,
  UNIQUE (issue_id, severity)
) $STRICT;
--append-only: severity_peaks

CREATE TABLE statements (
  $STAMP,
  issue_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  kind TEXT NOT NULL,
  act TEXT NOT NULL,
  state TEXT NOT NULL,
  said_by TEXT NOT NULL,
  answer_by TEXT NOT NULL,
  text_c $BYTES NOT NULL,
  answer_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX statements_issue ON statements (issue_id, created_at);
CREATE INDEX statements_state ON statements (state, created_at, id);
