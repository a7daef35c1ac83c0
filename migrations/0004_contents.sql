-- Erasable texts and raw cells, apart from the rows that commit to them, each
-- encrypted under a key of its record that the key store holds outside this
-- database. A row is inserted once; erasing it is an act of its own.
CREATE TABLE contents (
  record_id TEXT NOT NULL,
  field TEXT NOT NULL,
  key_id $INT NOT NULL,
  sealed $BYTES NOT NULL,
  PRIMARY KEY (record_id, field)
) $CLUSTERED;

-- Numbers of keys whose texts are deleted and that are still to be destroyed:
-- written with the deletion, removed when the key is gone, so that a crash
-- between the two leaves no key behind.
CREATE TABLE doomed_keys (
  key_id $INT NOT NULL PRIMARY KEY
) $STRICT;
