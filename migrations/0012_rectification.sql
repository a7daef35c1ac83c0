CREATE TABLE rectifications (
  $STAMP,
  ref TEXT NOT NULL UNIQUE,
  issue_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  category TEXT NOT NULL,
  lead_unit_id TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  state TEXT NOT NULL,
  dispatched_by TEXT NOT NULL,
  dispatched_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  accepted_by TEXT NOT NULL,
  submitted_by TEXT NOT NULL,
  submitted_on TEXT NOT NULL,
  verified_by TEXT NOT NULL,
  verified_on TEXT NOT NULL,
  struck_by TEXT NOT NULL,
  struck_on TEXT NOT NULL,
  round $INT NOT NULL,
  task_c $BYTES NOT NULL,
  evidence_c $BYTES NOT NULL,
  note_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX rectifications_branch ON rectifications (branch_id, state, due_on, id);
CREATE INDEX rectifications_unit ON rectifications (unit_id, due_on, id);
CREATE INDEX rectifications_lead ON rectifications (lead_unit_id, due_on, id);
CREATE INDEX rectifications_issue ON rectifications (issue_id);
CREATE INDEX rectifications_due ON rectifications (state, due_on, id);
CREATE INDEX rectifications_all ON rectifications (due_on, id);
