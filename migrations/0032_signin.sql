-- A session stands in the ledger: the entry of the sign-in names it with a
-- digest, and another one its end. Sessions from before this step have no entry
-- and end. scope lists what a token may do ("" for all that its holder may),
-- idle_s after how many seconds unused it ends.
DROP TABLE sessions;
--;;
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
  proved_at $TIME
) $STRICT;
--;;
CREATE INDEX sessions_account ON sessions (account_id);
--;;
-- Secrets are committed to by the entry that wrote them; the salt keeps a short
-- code from being guessed from the digest. Secrets from before this step have
-- no salt until the program has written the entry that takes them over.
ALTER TABLE credentials ADD COLUMN salt $BYTES;
