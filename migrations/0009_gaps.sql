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
--;;
CREATE UNIQUE INDEX named_reviews_item ON named_reviews (submission_id, round, item_no);
