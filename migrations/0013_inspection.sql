-- What an inspector found item by item, beside what the unit said of itself. A
-- discrepancy is an issue; agreement is only recorded.
CREATE TABLE inspection_items (
  $STAMP,
  unit_id TEXT NOT NULL,
  branch_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  event_on TEXT NOT NULL,
  result TEXT NOT NULL,
  category TEXT NOT NULL,
  item_no $INT NOT NULL,
  about_id TEXT NOT NULL,
  issue_id TEXT NOT NULL,
  inspected_by TEXT NOT NULL,
  inspected_on TEXT NOT NULL,
  text_c $BYTES NOT NULL
) $STRICT;
--append-only: inspection_items
CREATE INDEX inspection_items_unit ON inspection_items (unit_id, id);
CREATE INDEX inspection_items_branch ON inspection_items (branch_id, id);
