from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parents[1] / "sql"
NAME = "clustering_changes_of_reopened_clusters"


class Migration(migrations.Migration):
    dependencies = [("insights", "0001_initial")]

    operations = [
        migrations.RunSQL(
            (SQL / f"{NAME}.sql").read_text(), (SQL / f"{NAME}_drop.sql").read_text()
        ),
    ]
