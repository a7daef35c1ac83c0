-- Indexes without the tie-breaking id at their end. The id made each entry
-- three times as wide and put it on a page of its own; without it, equal dates
-- lie together in the order of writing, a self-check's nineteen issues touch a
-- third of the pages, and a page of a list sorts only the ties of its dates.
DROP INDEX issues_event;
--;;
CREATE INDEX issues_event ON issues (event_on);
--;;
-- The state rides along, so that a list by state filters inside the index
-- instead of needing one of its own.
DROP INDEX issues_branch_event;
--;;
DROP INDEX issues_branch_state;
--;;
CREATE INDEX issues_branch_event ON issues (branch_id, event_on, state);
--;;
DROP INDEX issues_unit_event;
--;;
CREATE INDEX issues_unit_event ON issues (unit_id, event_on);
--;;
DROP INDEX issues_severity;
--;;
CREATE INDEX issues_severity ON issues (severity, event_on);
