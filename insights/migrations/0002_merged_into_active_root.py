from django.db import migrations


class Migration(migrations.Migration):
    """merged_into always points at an active insight, by PostgreSQL's own word.

    Deferred to the commit, so that a merge may move a whole tree in any order.
    """

    dependencies = [("insights", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE insights ADD CONSTRAINT insight_merged_into_active
            FOREIGN KEY (merged_into_id, merged_into_status) REFERENCES insights (id, status)
            DEFERRABLE INITIALLY DEFERRED
            """,
            "ALTER TABLE insights DROP CONSTRAINT insight_merged_into_active",
        ),
    ]
