DROP TRIGGER summary_inserted ON insight_sources;
DROP TRIGGER summary_updated ON insight_sources;
DROP TRIGGER summary_deleted ON insight_sources;
DROP FUNCTION summarise_after_insert();
DROP FUNCTION summarise_after_update();
DROP FUNCTION summarise_after_delete();
DROP FUNCTION summarise_insights(uuid[]);
