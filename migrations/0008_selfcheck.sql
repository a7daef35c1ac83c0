-- Campaigns, their checklists, and what was filed, returned, reviewed and certified.
CREATE TABLE checklists (
  $STAMP,
  unit_id TEXT NOT NULL,
  audience TEXT NOT NULL,
  edition $INT NOT NULL,
  state TEXT NOT NULL,
  title_zh TEXT NOT NULL,
  title_en TEXT NOT NULL
) $STRICT;
CREATE UNIQUE INDEX checklists_edition ON checklists (unit_id, audience, edition);

CREATE TABLE checklist_items (
  $STAMP,
  checklist_id TEXT NOT NULL,
  no $INT NOT NULL,
  category TEXT NOT NULL,
  severity $INT NOT NULL,
  text_zh TEXT NOT NULL,
  text_en TEXT NOT NULL,
  help_zh TEXT NOT NULL,
  help_en TEXT NOT NULL
) $STRICT;
--append-only: checklist_items
CREATE UNIQUE INDEX checklist_items_no ON checklist_items (checklist_id, no);

-- What a unit adds under an item of a checklist, for itself and those below it.
CREATE TABLE checklist_details (
  $STAMP,
  checklist_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  item_no $INT NOT NULL,
  text_zh TEXT NOT NULL,
  text_en TEXT NOT NULL,
  added_by TEXT NOT NULL,
  added_on TEXT NOT NULL
) $STRICT;
--append-only: checklist_details
CREATE INDEX checklist_details_list ON checklist_details (checklist_id, item_no, id);

CREATE TABLE campaigns (
  $STAMP,
  unit_id TEXT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL,
  opens_on TEXT NOT NULL,
  closes_on TEXT NOT NULL,
  period_from TEXT NOT NULL,
  period_to TEXT NOT NULL,
  officers_id TEXT NOT NULL,
  leaders_id TEXT NOT NULL,
  roster_on TEXT NOT NULL,
  roster_done $BOOL NOT NULL,
  lock_done $BOOL NOT NULL,
  opened_at $TIME,
  locked_at $TIME,
  closed_at $TIME
) $STRICT;

CREATE TABLE submissions (
  $STAMP,
  campaign_id TEXT NOT NULL,
  checklist_id TEXT NOT NULL,
  audience TEXT NOT NULL,
  person_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  review_unit_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  state TEXT NOT NULL,
  round $INT NOT NULL,
  first_filed_at $TIME,
  filed_at $TIME,
  filed_by TEXT NOT NULL,
  reviewed_at $TIME,
  reviewed_by TEXT NOT NULL,
  reason_c $BYTES NOT NULL,
  answers_digest $BYTES NOT NULL,
  nil_items $INT NOT NULL,
  declared_items $INT NOT NULL,
  declared_issues $INT NOT NULL,
  fingerprint $INT NOT NULL
) $STRICT;
CREATE UNIQUE INDEX submissions_person ON submissions (person_id, campaign_id, audience) WHERE person_id <> '';
CREATE UNIQUE INDEX submissions_body ON submissions (unit_id, campaign_id, audience) WHERE person_id = '';
CREATE INDEX submissions_unit ON submissions (unit_id, campaign_id, state, id);
CREATE INDEX submissions_review ON submissions (review_unit_id, campaign_id, state, id);
CREATE INDEX submissions_campaign ON submissions (campaign_id, state, id);
-- Completion by unit is summed from this index alone.
CREATE INDEX submissions_completion ON submissions (campaign_id, unit_id, branch_id, state, nil_items, declared_items, declared_issues);

-- The answers of one round in one row, except those that name a leader.
CREATE TABLE answer_sheets (
  submission_id TEXT NOT NULL,
  round $INT NOT NULL,
  body $BYTES NOT NULL,
  PRIMARY KEY (submission_id, round)
) $CLUSTERED;
--append-only: answer_sheets

-- An answer that names a leader: the tier above that leader looks for it.
CREATE TABLE leader_items (
  submission_id TEXT NOT NULL,
  round $INT NOT NULL,
  item_no $INT NOT NULL,
  is_nil $BOOL NOT NULL,
  declared $INT NOT NULL,
  leader_id TEXT NOT NULL,
  review_unit_id TEXT NOT NULL,
  PRIMARY KEY (submission_id, round, item_no)
) $CLUSTERED;
--append-only: leader_items
CREATE INDEX leader_items_routed ON leader_items (review_unit_id, submission_id);

CREATE TABLE drafts (
  submission_id TEXT NOT NULL,
  item_no $INT NOT NULL,
  round $INT NOT NULL,
  seq $INT NOT NULL,
  body TEXT NOT NULL,
  saved_at $TIME NOT NULL,
  PRIMARY KEY (submission_id, item_no)
) $CLUSTERED;

CREATE TABLE submission_returns (
  $STAMP,
  submission_id TEXT NOT NULL,
  round $INT NOT NULL,
  returned_by TEXT NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
--append-only: submission_returns
CREATE INDEX submission_returns_submission ON submission_returns (submission_id, round);

-- What the tier above decided on an item that names a leader. No row: it waits.
CREATE TABLE named_reviews (
  $STAMP,
  submission_id TEXT NOT NULL,
  round $INT NOT NULL,
  item_no $INT NOT NULL,
  leader_id TEXT NOT NULL,
  review_unit_id TEXT NOT NULL,
  state TEXT NOT NULL,
  turns $INT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at $TIME NOT NULL,
  reason_c $BYTES NOT NULL,
  reply_c $BYTES NOT NULL
) $STRICT;
CREATE UNIQUE INDEX named_reviews_item ON named_reviews (submission_id, round, item_no);

CREATE TABLE supplements (
  $STAMP,
  submission_id TEXT NOT NULL,
  item_no $INT NOT NULL,
  issue_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  added_on TEXT NOT NULL
) $STRICT;
--append-only: supplements
CREATE INDEX supplements_submission ON supplements (submission_id, id);

CREATE TABLE roster_amendments (
  $STAMP,
  campaign_id TEXT NOT NULL,
  submission_id TEXT NOT NULL,
  change TEXT NOT NULL,
  from_unit_id TEXT NOT NULL,
  to_unit_id TEXT NOT NULL,
  effective_on TEXT NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
--append-only: roster_amendments
CREATE INDEX roster_amendments_campaign ON roster_amendments (campaign_id, id);

CREATE TABLE certifications (
  $STAMP,
  campaign_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  owed $INT NOT NULL,
  filed $INT NOT NULL,
  excused $INT NOT NULL,
  certified_by TEXT NOT NULL,
  certified_at $TIME NOT NULL
) $STRICT;
CREATE INDEX certifications_unit ON certifications (campaign_id, unit_id);

-- A certification that was taken back; the unit may then certify again.
CREATE TABLE certification_undos (
  $STAMP,
  certification_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  undone_by TEXT NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
--append-only: certification_undos
CREATE UNIQUE INDEX certification_undos_of ON certification_undos (certification_id);
