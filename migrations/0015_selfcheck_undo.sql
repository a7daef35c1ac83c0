-- A certification that was taken back; the unit may then certify again, so its
-- place is no longer unique.
CREATE TABLE certification_undos (
  $STAMP,
  certification_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  undone_by TEXT NOT NULL,
  reason_c $BYTES NOT NULL
) $STRICT;
--;;
--append-only: certification_undos
--;;
CREATE UNIQUE INDEX certification_undos_of ON certification_undos (certification_id);
--;;
DROP INDEX certifications_unit;
--;;
CREATE INDEX certifications_unit ON certifications (campaign_id, unit_id);
--;;
-- What a unit adds under an item of a checklist, for itself and those below it.
CREATE TABLE checklist_details (
  $STAMP,
  checklist_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  item_no $INT NOT NULL,
  text_zh TEXT NOT NULL,
  text_en TEXT NOT NULL,
  added_by TEXT NOT NULL,
  added_on TEXT NOT NULL
) $STRICT;
--;;
--append-only: checklist_details
--;;
CREATE INDEX checklist_details_list ON checklist_details (checklist_id, item_no, id);
