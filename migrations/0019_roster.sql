-- Names in parts and the dates of service. A date of a person may be a month
-- or a year where no more is known.
ALTER TABLE people ADD COLUMN family_name TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN given_name TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN middle_name TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN name_suffix TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN appointed_on TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN departed_on TEXT NOT NULL DEFAULT '';
