"""Leads may let models merge again after an audit; administrators may change the schedules."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

APPS = ["insights", "finetuning", "django_celery_beat"]


def grant(apps: Any, schema_editor: Any) -> None:
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for label in APPS:  # Django makes them only after the last migration
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    audit = Permission.objects.filter(
        content_type__app_label="insights",
        codename__in=["view_audititem", "view_automergestop", "view_heartbeat"],
    )
    notices = Permission.objects.filter(
        content_type__app_label="insights",
        codename__in=["view_webhook", "view_webhookdelivery"],
    )
    resume = Permission.objects.filter(
        content_type__app_label="insights", codename="resume_automerge"
    )
    schedules = Permission.objects.filter(content_type__app_label="django_celery_beat")
    roles = {
        "Viewer": [audit],
        "Reviewer": [audit],
        "Lead": [audit, notices, resume],
        "Administrator": [audit, notices, resume, schedules],
    }
    for name, granted in roles.items():
        group, _ = Group.objects.get_or_create(name=name)
        for permissions in granted:
            group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("dedup_project", "0001_roles"),
        ("insights", "0008_audit_and_webhooks"),
        ("django_celery_beat", "0001_initial"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
