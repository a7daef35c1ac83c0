-- A job writes entries in the name of its account: what it is to do is marked
-- with the site's key, which is not in the database. A job from before this step
-- ends unfinished and is asked for again.
ALTER TABLE jobs ADD COLUMN proof $BYTES;
