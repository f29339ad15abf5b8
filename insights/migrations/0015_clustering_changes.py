import pgvector.django.halfvec
from django.db import migrations, models

TRIGGERS = """
CREATE FUNCTION clustering_change_of_new_insights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO clustering_changes (insight_id) SELECT id FROM inserted;
    RETURN NULL;
END $$;

-- Where a merge or its undo changes a tree, its root has other labels now.
CREATE FUNCTION clustering_change_of_insight() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO clustering_changes (insight_id, embedding) VALUES (OLD.id, OLD.embedding);
    ELSE
        INSERT INTO clustering_changes (insight_id)
        SELECT id FROM unnest(ARRAY[NEW.id, OLD.merged_into_id, NEW.merged_into_id]) AS id
        WHERE id IS NOT NULL;
    END IF;
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
"""

NO_TRIGGERS = """
DROP TRIGGER clustering_change_inserted ON insights;
DROP TRIGGER clustering_change_updated ON insights;
DROP TRIGGER clustering_change_deleted ON insights;
DROP TRIGGER clustering_change_labelled ON pair_labels;
DROP TRIGGER clustering_change_relabelled ON pair_labels;
DROP FUNCTION clustering_change_of_new_insights;
DROP FUNCTION clustering_change_of_insight;
DROP FUNCTION clustering_change_of_label;
"""


class Migration(migrations.Migration):
    """What clustering has to look at again is noted by PostgreSQL, whoever changes it."""

    dependencies = [("insights", "0014_case_of_units")]

    operations = [
        migrations.CreateModel(
            name="ClusteringChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("insight_id", models.UUIDField()),
                (
                    "embedding",
                    pgvector.django.halfvec.HalfVectorField(
                        blank=True,
                        dimensions=384,
                        help_text="Of a deleted insight: where it was missed.",
                        null=True,
                    ),
                ),
            ],
            options={"db_table": "clustering_changes", "ordering": ["id"]},
        ),
        migrations.AddField(
            model_name="clusteringrun",
            name="basis",
            field=models.TextField(
                blank=True,
                help_text="Models and parameters. "
                "A run of what is new needs those of the run before.",
            ),
        ),
        migrations.AddField(
            model_name="clusteringrun",
            name="only_new",
            field=models.BooleanField(
                default=False,
                help_text="Only what has changed since the last run, else everything.",
            ),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
