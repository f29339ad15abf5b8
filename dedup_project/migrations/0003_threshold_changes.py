"""Who may look at model versions may look at how their thresholds were moved."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations


def grant(apps: Any, schema_editor: Any) -> None:
    config = apps.get_app_config("finetuning")  # Django makes them only after the last migration
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permission = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="finetuning", codename="view_thresholdchange"
    )
    for name in ("Viewer", "Reviewer", "Lead", "Administrator"):
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("dedup_project", "0002_leads_resume"),
        ("finetuning", "0006_thresholds"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
