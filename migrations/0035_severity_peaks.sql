-- A severity from which an issue was lowered. An issue's highest severity is its
-- own or that of its peaks, and is known for ever.
CREATE TABLE severity_peaks (
  $STAMP,
  issue_id TEXT NOT NULL,
  severity $INT NOT NULL,
  UNIQUE (issue_id, severity)
) $STRICT;
--;;
--append-only: severity_peaks
