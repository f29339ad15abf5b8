ALTER TABLE insight_sources DROP CONSTRAINT insight_source_of_active;
ALTER TABLE insights DROP CONSTRAINT insight_merged_into_active;
