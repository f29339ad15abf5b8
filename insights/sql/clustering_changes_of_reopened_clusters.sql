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
