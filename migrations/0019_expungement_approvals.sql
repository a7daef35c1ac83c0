-- Each approval of an expungement by itself: it takes two, and the first one
-- changes nothing yet.
CREATE TABLE expungement_approvals (
  $STAMP,
  expungement_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  UNIQUE (expungement_id, account_id)
) $STRICT;
--append-only: expungement_approvals
