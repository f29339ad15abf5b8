"""5 mW and 5 MW were one statement to the content hash; what is stored gets the hash of today."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from insights.text.normalise import content_hash


def hash_again(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Insight = apps.get_model("insights", "Insight")
    touched = Insight.objects.filter(statement__regex=r"[0-9] ?(Kb|Mb|Gb|mW|MBps|GBps)")
    for insight in touched.only("statement", "content_hash").iterator():
        digest = content_hash(insight.statement)
        if not Insight.objects.filter(content_hash=digest).exists():
            Insight.objects.filter(pk=insight.pk).update(content_hash=digest)


class Migration(migrations.Migration):
    dependencies = [("insights", "0013_second_opinions")]
    operations = [migrations.RunPython(hash_again, migrations.RunPython.noop)]
