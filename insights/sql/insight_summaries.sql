-- Keep the counts of each insight's occurrences, whoever changes them.

CREATE FUNCTION summarise_insights(changed uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Locked in order before anything is counted: the count then sees what the one before committed.
    INSERT INTO insight_summaries
        (insight_id, mentions, sources, people, companies, first_said, last_said)
    SELECT id, 0, 0, 0, 0, CURRENT_DATE, CURRENT_DATE FROM unnest(changed) AS id ORDER BY id
    ON CONFLICT (insight_id) DO NOTHING;
    PERFORM FROM insight_summaries WHERE insight_id = ANY (changed) ORDER BY insight_id FOR UPDATE;
    UPDATE insight_summaries summary
    SET mentions = found.mentions, sources = found.sources, people = found.people,
        companies = found.companies, first_said = found.first_said, last_said = found.last_said
    FROM (
        SELECT insight_id, count(*) AS mentions, count(DISTINCT source_id) AS sources,
               count(DISTINCT upper(person)) FILTER (WHERE person <> '') AS people,
               count(DISTINCT upper(company)) FILTER (WHERE company <> '') AS companies,
               min(said_on) AS first_said, max(said_on) AS last_said
        FROM insight_sources WHERE insight_id = ANY (changed) GROUP BY insight_id
    ) found
    WHERE summary.insight_id = found.insight_id;
    DELETE FROM insight_summaries summary
    WHERE insight_id = ANY (changed)
      AND NOT EXISTS (SELECT FROM insight_sources WHERE insight_id = summary.insight_id);
END $$;

CREATE FUNCTION summarise_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM summarise_insights(ARRAY(SELECT DISTINCT insight_id FROM added));
    RETURN NULL;
END $$;

CREATE FUNCTION summarise_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM summarise_insights(
        ARRAY(SELECT insight_id FROM added UNION SELECT insight_id FROM gone)
    );
    RETURN NULL;
END $$;

CREATE FUNCTION summarise_after_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM summarise_insights(ARRAY(SELECT DISTINCT insight_id FROM gone));
    RETURN NULL;
END $$;

CREATE TRIGGER summary_inserted AFTER INSERT ON insight_sources
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION summarise_after_insert();

CREATE TRIGGER summary_updated AFTER UPDATE ON insight_sources
REFERENCING NEW TABLE AS added OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION summarise_after_update();

CREATE TRIGGER summary_deleted AFTER DELETE ON insight_sources
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION summarise_after_delete();
