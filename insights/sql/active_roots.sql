-- merged_into and the insight of an occurrence always point at an active insight. The pairs of columns
-- (.., status) make PostgreSQL check it; deferred to the commit, so that a merge may move a whole
-- tree in any order.

ALTER TABLE insights ADD CONSTRAINT insight_merged_into_active
FOREIGN KEY (merged_into_id, merged_into_status) REFERENCES insights (id, status)
DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE insight_sources ADD CONSTRAINT insight_source_of_active
FOREIGN KEY (insight_id, insight_status) REFERENCES insights (id, status)
DEFERRABLE INITIALLY DEFERRED;
