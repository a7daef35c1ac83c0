-- An alarm may be about two people, both barred from it; about a review, which
-- lies at one unit alone; and about a body with fewer members than it needs.
ALTER TABLE alarms ADD COLUMN other_id TEXT NOT NULL DEFAULT '';
--;;
ALTER TABLE alarms ADD COLUMN review_unit_id TEXT NOT NULL DEFAULT '';
--;;
ALTER TABLE alarms ADD COLUMN members $INT NOT NULL DEFAULT 0;
--;;
ALTER TABLE alarms ADD COLUMN quorum $INT NOT NULL DEFAULT 0;
--;;
-- What names a leader, where its reviewer is barred from that leader.
CREATE INDEX answers_leader ON answers (leader_id, review_unit_id) WHERE leader_id <> '';
--;;
-- What the body still has to decide.
CREATE INDEX decisions_waiting ON decisions (track_id, id) WHERE state = 'proposed';
