-- Models by which records were matched, kept as they were, and the one of each batch.
CREATE TABLE linkage_models (
  $STAMP,
  no $INT NOT NULL,
  batch_id TEXT NOT NULL,
  records $INT NOT NULL,
  parameters TEXT NOT NULL
) $STRICT;
--append-only: linkage_models
CREATE UNIQUE INDEX linkage_models_no ON linkage_models (no);

ALTER TABLE audit_batches ADD COLUMN model_id TEXT NOT NULL DEFAULT '';
