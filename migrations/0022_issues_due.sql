-- What retention has made due is counted at every sight of the records officer's
-- page: by class of its period, without going through what is not settled yet.
CREATE INDEX issues_due ON issues (finding, state, settled_at) WHERE settled_at IS NOT NULL;
