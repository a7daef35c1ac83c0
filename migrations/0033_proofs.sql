-- When a session's holder last gave his password is marked with the site's key,
-- which is not in the database: a time that was written past the program proves
-- nothing. Sessions from before this step are asked for the password again.
ALTER TABLE sessions ADD COLUMN proof $BYTES;
