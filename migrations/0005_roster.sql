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
CREATE UNIQUE INDEX units_code ON units (code);

-- Where a unit stood in the tree, dated; units.parent_id is today's answer.
CREATE TABLE unit_links (
  $STAMP,
  unit_id TEXT NOT NULL,
  parent_id TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL
) $STRICT;
CREATE INDEX unit_links_unit ON unit_links (unit_id, from_on);

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
CREATE UNIQUE INDEX people_no ON people (personnel_no);
CREATE INDEX people_unit ON people (unit_id, sort_key, id);
CREATE INDEX people_branch ON people (branch_id, sort_key, id);
CREATE INDEX people_id_hash ON people (id_hash) WHERE id_hash <> '';

CREATE TABLE identifiers (
  $STAMP,
  person_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  folded TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL
) $STRICT;
CREATE INDEX identifiers_value ON identifiers (folded, kind);
CREATE INDEX identifiers_person ON identifiers (person_id, kind);

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
CREATE INDEX postings_person ON postings (person_id, from_on);

CREATE TABLE command_links (
  $STAMP,
  person_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  over_unit_id TEXT NOT NULL,
  over_person_id TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT NOT NULL
) $STRICT;
CREATE INDEX command_links_unit ON command_links (over_unit_id, from_on);
CREATE INDEX command_links_over ON command_links (over_person_id) WHERE over_person_id <> '';
CREATE INDEX command_links_person ON command_links (person_id, from_on);
