"""Viewers and reviewers see what they work with; leads also what keeps it running.

A cluster's members and pairs, a decision's members and a reviewer's own keys stand on pages of
their own; heartbeats, webhooks, embeddings and what providers were asked say nothing about insights.
"""

from typing import Any

from django.db import migrations

NOT_THEIRS = [
    "view_apicall",
    "view_clustermember",
    "view_clusterpair",
    "view_decisionmember",
    "view_heartbeat",
    "view_hostedbatch",
    "view_insightembedding",
    "view_reviewersettings",
    "view_webhook",
    "view_webhookdelivery",
]


def withdraw(apps: Any, schema_editor: Any) -> None:
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label__in=["insights", "finetuning"], codename__in=NOT_THEIRS
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=["Viewer", "Reviewer"]):
        group.permissions.remove(*permissions)


class Migration(migrations.Migration):
    dependencies = [("dedup_project", "0003_threshold_changes")]

    operations = [migrations.RunPython(withdraw, migrations.RunPython.noop)]
