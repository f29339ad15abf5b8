-- Record which insights the next incremental clustering run must look at again, whoever changed them.

CREATE FUNCTION clustering_change_of_new_insights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO clustering_changes (insight_id) SELECT id FROM inserted;
    RETURN NULL;
END $$;

-- Where a merge or its undo changes a tree, its root has other labels now.
CREATE FUNCTION clustering_change_of_insight() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO clustering_changes (insight_id)
    SELECT id FROM unnest(ARRAY[OLD.id, OLD.merged_into_id, NEW.merged_into_id]) AS id
    WHERE id IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION clustering_change_of_label() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE label pair_labels := coalesce(NEW, OLD);
BEGIN
    INSERT INTO clustering_changes (insight_id)
    SELECT coalesce(merged_into_id, id) FROM insights
    WHERE id IN (label.insight1_id, label.insight2_id);
    RETURN NULL;
END $$;

CREATE TRIGGER clustering_change_inserted AFTER INSERT ON insights
REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION clustering_change_of_new_insights();

CREATE TRIGGER clustering_change_updated AFTER UPDATE ON insights FOR EACH ROW WHEN (
    OLD.status IS DISTINCT FROM NEW.status
    OR OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id
    OR OLD.embedding_model IS DISTINCT FROM NEW.embedding_model
) EXECUTE FUNCTION clustering_change_of_insight();

CREATE TRIGGER clustering_change_deleted AFTER DELETE ON insights
FOR EACH ROW EXECUTE FUNCTION clustering_change_of_insight();

CREATE TRIGGER clustering_change_labelled AFTER INSERT OR DELETE ON pair_labels
FOR EACH ROW EXECUTE FUNCTION clustering_change_of_label();

CREATE TRIGGER clustering_change_relabelled AFTER UPDATE ON pair_labels
FOR EACH ROW WHEN (OLD.is_same IS DISTINCT FROM NEW.is_same)
EXECUTE FUNCTION clustering_change_of_label();

-- Record the members of a cluster that an undo opens again. The last run did not propose it, and
-- where an older decision said the same about its pairs, no label changes that would speak of them.

CREATE FUNCTION clustering_change_of_reopened_cluster() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO clustering_changes (insight_id)
    SELECT insight_id FROM cluster_members WHERE cluster_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER clustering_change_reopened AFTER UPDATE ON clusters
FOR EACH ROW WHEN (NEW.status = 'open' AND OLD.status IS DISTINCT FROM NEW.status)
EXECUTE FUNCTION clustering_change_of_reopened_cluster();
