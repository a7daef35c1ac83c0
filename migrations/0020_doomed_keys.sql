-- Numbers of keys whose texts are deleted and that are still to be destroyed:
-- written with the deletion, removed when the key is gone, so that a crash
-- between the two leaves no key behind.
CREATE TABLE doomed_keys (
  key_id $INT NOT NULL PRIMARY KEY
) $STRICT;
