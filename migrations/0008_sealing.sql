-- Texts lie encrypted from here on, each under a key of its record that the
-- key store holds, outside this database. What an earlier version left in the
-- clear is encrypted when the migration ends, and taken from contents_plain.
ALTER TABLE contents RENAME TO contents_plain;
--;;
CREATE TABLE contents (
  record_id TEXT NOT NULL,
  field TEXT NOT NULL,
  key_id $INT NOT NULL,
  sealed $BYTES NOT NULL,
  PRIMARY KEY (record_id, field)
) $CLUSTERED;
--;;
