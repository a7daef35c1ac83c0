-- One person has one account, whatever its state: a second one would let who
-- makes accounts act in the person's name beside him.
CREATE UNIQUE INDEX accounts_one_person ON accounts (person_id) WHERE person_id <> '';
--;;
-- When the holder of a session last proved who he is by his password. Sessions
-- from before this step have proved nothing since.
ALTER TABLE sessions ADD COLUMN proved_at $TIME;
