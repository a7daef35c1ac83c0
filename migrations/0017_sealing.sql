-- Sealed fields, the custodians who can open them together, and the reveals
-- that they release.
CREATE TABLE sets (
  $STAMP,
  threshold $INT NOT NULL,
  state TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  settled_by TEXT NOT NULL
) $STRICT;
CREATE INDEX sets_state ON sets (state, id);

CREATE TABLE custodians (
  $STAMP,
  set_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  public_key TEXT NOT NULL,
  print TEXT NOT NULL
) $STRICT;
--append-only: custodians
CREATE INDEX custodians_set ON custodians (set_id, id);
CREATE INDEX custodians_account ON custodians (account_id);

CREATE TABLE sealed_fields (
  $STAMP,
  record_table TEXT NOT NULL,
  field TEXT NOT NULL,
  record_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  set_id TEXT NOT NULL,
  wraps $INT NOT NULL,
  text_c $BYTES NOT NULL,
  shares_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX sealed_fields_record ON sealed_fields (record_id);
CREATE INDEX sealed_fields_set ON sealed_fields (set_id, id);

CREATE TABLE reveals (
  $STAMP,
  ref TEXT NOT NULL,
  sealed_id TEXT NOT NULL,
  record_id TEXT NOT NULL,
  match_id TEXT NOT NULL,
  set_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  noted_by TEXT NOT NULL,
  released $INT NOT NULL,
  threshold $INT NOT NULL,
  expires_at $TIME NOT NULL,
  shown_at $TIME,
  public_key TEXT NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
CREATE INDEX reveals_state ON reveals (state, expires_at);

CREATE TABLE releases (
  $STAMP,
  reveal_id TEXT NOT NULL,
  custodian_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  UNIQUE (reveal_id, custodian_id)
) $STRICT;
--append-only: releases
