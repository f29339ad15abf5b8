from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0011_undo_of_doubtful_merges_as_bulk_run"),
    ]

    operations = [
        # As in sql/clustering_changes.sql, which new databases have from 0001.
        migrations.RunSQL(
            """
            CREATE OR REPLACE FUNCTION clustering_change_of_insight()
            RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO clustering_changes (insight_id)
                SELECT id FROM unnest(ARRAY[OLD.id, OLD.merged_into_id, NEW.merged_into_id]) AS id
                WHERE id IS NOT NULL;
                RETURN NULL;
            END $$;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(
            model_name="clusteringchange",
            name="embedding",
        ),
    ]
