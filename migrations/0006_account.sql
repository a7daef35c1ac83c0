-- Accounts and the roles they hold at units for a time.
CREATE TABLE accounts (
  $STAMP,
  login TEXT NOT NULL,
  login_folded TEXT NOT NULL,
  person_id TEXT NOT NULL,
  state TEXT NOT NULL,
  lang TEXT NOT NULL
) $STRICT;
CREATE UNIQUE INDEX accounts_login ON accounts (login_folded);
CREATE INDEX accounts_person ON accounts (person_id);
-- One person has one account, whatever its state: a second one would let who
-- makes accounts act in the person's name beside him.
CREATE UNIQUE INDEX accounts_one_person ON accounts (person_id) WHERE person_id <> '';

CREATE TABLE grants (
  $STAMP,
  account_id TEXT NOT NULL,
  role TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL,
  state TEXT NOT NULL,
  granted_by TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  revoked_by TEXT NOT NULL,
  deputy_of TEXT NOT NULL
) $STRICT;
CREATE INDEX grants_account ON grants (account_id, state);
CREATE INDEX grants_unit ON grants (unit_id, role);

-- Password hashes and one-time codes lie apart from the ledgered account. The
-- entry that wrote them commits to them; the salt keeps a short code from being
-- guessed from the digest.
CREATE TABLE credentials (
  account_id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  code_until $TIME NOT NULL,
  changed_at $TIME NOT NULL,
  salt $BYTES NOT NULL
) $STRICT;

-- A session stands in the ledger: the entry of the sign-in names it with a
-- digest, and another one its end. scope lists what a token may do ("" for all
-- that its holder may), idle_s after how many seconds unused it ends. proved_at is
-- when the holder last gave his password, proof the mark of the site's key on it:
-- a time that was written past the program proves nothing.
CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  form_seed TEXT NOT NULL,
  label TEXT NOT NULL,
  bearer $BOOL NOT NULL,
  renew $BOOL NOT NULL,
  scope TEXT NOT NULL,
  idle_s $INT NOT NULL,
  created_at $TIME NOT NULL,
  seen_at $TIME NOT NULL,
  until_at $TIME NOT NULL,
  proved_at $TIME,
  proof $BYTES
) $STRICT;
CREATE INDEX sessions_account ON sessions (account_id);

-- Devices that an account has signed in from before: guessing elsewhere does
-- not lock them out.
CREATE TABLE devices (
  device_hash TEXT NOT NULL,
  account_id TEXT NOT NULL,
  failures $INT NOT NULL,
  seen_at $TIME NOT NULL,
  PRIMARY KEY (device_hash, account_id)
) $CLUSTERED;

-- One counter per account (folded spelling, known or not) and per source.
CREATE TABLE sign_in_attempts (
  key TEXT PRIMARY KEY,
  failures $INT NOT NULL,
  first_at $TIME NOT NULL,
  last_at $TIME NOT NULL,
  blocked_until $TIME NOT NULL
) $STRICT;
