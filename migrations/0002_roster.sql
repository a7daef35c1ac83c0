-- Units in tiers, people, dated identifiers, postings and command links.
CREATE TABLE units (
  $STAMP,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  tier $INT NOT NULL,
  parent_id TEXT NOT NULL,
  state TEXT NOT NULL,
  successor_id TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL
) $STRICT;
--;;
CREATE UNIQUE INDEX units_code ON units (code);
--;;
-- Where a unit stood in the tree, dated; units.parent_id is today's answer.
CREATE TABLE unit_links (
  $STAMP,
  unit_id TEXT NOT NULL,
  parent_id TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL
) $STRICT;
--;;
CREATE INDEX unit_links_unit ON unit_links (unit_id, from_on);
--;;
CREATE TABLE people (
  $STAMP,
  personnel_no TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  pinyin TEXT NOT NULL,
  initials TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  sex TEXT NOT NULL,
  born_on TEXT NOT NULL,
  rank TEXT NOT NULL,
  id_hash TEXT NOT NULL,
  id_tail TEXT NOT NULL,
  state TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL
) $STRICT;
--;;
CREATE UNIQUE INDEX people_no ON people (personnel_no);
--;;
CREATE INDEX people_name ON people (name_folded);
--;;
CREATE INDEX people_pinyin ON people (pinyin);
--;;
CREATE INDEX people_initials ON people (initials);
--;;
CREATE INDEX people_unit ON people (unit_id, sort_key, id);
--;;
CREATE INDEX people_branch ON people (branch_id, sort_key, id);
--;;
CREATE INDEX people_id_hash ON people (id_hash) WHERE id_hash <> '';
--;;
CREATE TABLE identifiers (
  $STAMP,
  person_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  folded TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL
) $STRICT;
--;;
CREATE INDEX identifiers_value ON identifiers (folded, kind);
--;;
CREATE INDEX identifiers_person ON identifiers (person_id, kind);
--;;
CREATE TABLE postings (
  $STAMP,
  person_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  post TEXT NOT NULL,
  rank TEXT NOT NULL,
  team $BOOL NOT NULL,
  main $BOOL NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL
) $STRICT;
--;;
CREATE INDEX postings_person ON postings (person_id, from_on);
--;;
CREATE INDEX postings_unit ON postings (unit_id, to_on, from_on);
--;;
CREATE TABLE command_links (
  $STAMP,
  person_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  over_unit_id TEXT NOT NULL,
  over_person_id TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL
) $STRICT;
--;;
CREATE INDEX command_links_unit ON command_links (over_unit_id, from_on);
--;;
CREATE INDEX command_links_over ON command_links (over_person_id) WHERE over_person_id <> '';
--;;
CREATE INDEX command_links_person ON command_links (person_id, from_on);
--;;
-- Declared relatives and interested persons.
CREATE TABLE relations (
  $STAMP,
  person_id TEXT NOT NULL,
  other_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL
) $STRICT;
--;;
CREATE INDEX relations_person ON relations (person_id);
--;;
CREATE INDEX relations_other ON relations (other_id);
--;;
-- Accounts and the roles they hold at units for a time.
CREATE TABLE accounts (
  $STAMP,
  login TEXT NOT NULL,
  login_folded TEXT NOT NULL,
  person_id TEXT NOT NULL,
  state TEXT NOT NULL,
  lang TEXT NOT NULL
) $STRICT;
--;;
CREATE UNIQUE INDEX accounts_login ON accounts (login_folded);
--;;
CREATE INDEX accounts_person ON accounts (person_id);
--;;
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
--;;
CREATE INDEX grants_account ON grants (account_id, state);
--;;
CREATE INDEX grants_unit ON grants (unit_id, role);
--;;
-- Password hashes and one-time codes lie apart from the ledgered account: they
-- are secrets, and prove nothing.
CREATE TABLE credentials (
  account_id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  code_until $TIME NOT NULL,
  changed_at $TIME NOT NULL
) $STRICT;
--;;
CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  form_seed TEXT NOT NULL,
  label TEXT NOT NULL,
  bearer $BOOL NOT NULL,
  renew $BOOL NOT NULL,
  created_at $TIME NOT NULL,
  seen_at $TIME NOT NULL,
  until_at $TIME NOT NULL
) $STRICT;
--;;
CREATE INDEX sessions_account ON sessions (account_id);
--;;
-- Devices that an account has signed in from before: guessing elsewhere does
-- not lock them out.
CREATE TABLE devices (
  device_hash TEXT NOT NULL,
  account_id TEXT NOT NULL,
  failures $INT NOT NULL,
  seen_at $TIME NOT NULL,
  PRIMARY KEY (device_hash, account_id)
) $CLUSTERED;
--;;
-- One counter per account (folded spelling, known or not) and per source.
CREATE TABLE sign_in_attempts (
  key TEXT PRIMARY KEY,
  failures $INT NOT NULL,
  first_at $TIME NOT NULL,
  last_at $TIME NOT NULL,
  blocked_until $TIME NOT NULL
) $STRICT;
