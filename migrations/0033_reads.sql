-- The read log is a chain: each line has a number and a digest over itself and
-- the chain of the line before it, so that a line changed or taken away shows.
-- Lines from before this step are numbered here as they are found; the program
-- computes their chain in the same transaction.
ALTER TABLE read_logs ADD COLUMN no $INT;
--;;
ALTER TABLE read_logs ADD COLUMN chain $BYTES;
--;;
UPDATE read_logs SET no = n.no FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY at, id) AS no FROM read_logs) AS n WHERE n.id = read_logs.id;
--;;
CREATE UNIQUE INDEX read_logs_no ON read_logs (no);
