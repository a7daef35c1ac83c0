-- What the signer and the witnesses said of the tree. None of it is proof by
-- standing here: a signature is checked with a key that comes from elsewhere.
CREATE TABLE ledger_checkpoints (
  size $INT PRIMARY KEY,
  at $TIME NOT NULL,
  root $BYTES NOT NULL,
  note TEXT NOT NULL
) $STRICT;
--append-only: ledger_checkpoints size

CREATE TABLE ledger_cosignatures (
  size $INT NOT NULL,
  witness TEXT NOT NULL,
  at $TIME NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (size, witness)
) $CLUSTERED;
--append-only: ledger_cosignatures size witness

-- The verifier keys that signed for this log, in the order of their first use.
CREATE TABLE ledger_keys (
  vkey TEXT PRIMARY KEY,
  at $TIME NOT NULL
) $CLUSTERED;
--append-only: ledger_keys vkey

-- Each time that a person let writing go on although the tree was not the one
-- remembered: what was remembered, what was found, who says why.
CREATE TABLE thaws (
  $STAMP,
  code TEXT NOT NULL,
  source TEXT NOT NULL,
  remembered_size $INT NOT NULL,
  remembered_root $BYTES NOT NULL,
  found_size $INT NOT NULL,
  found_root $BYTES NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
--append-only: thaws id
