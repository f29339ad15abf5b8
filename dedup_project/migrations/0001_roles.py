"""The four roles as groups. Here, because only the wiring knows both apps."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

APPS = ["insights", "finetuning"]
# Keys to the API and what was answered with them are nobody's to read but the administrators'.
SECRET = ["apitoken", "idempotencykey", "apianswer"]
DECIDE = ["decide_cluster", "undo_mergedecision"]
LEAD = [
    "add_source",
    "add_clusteringrun",
    "change_clusteringrun",
    "change_processingrun",
    "add_deduplicationmodel",
    "change_deduplicationmodel",
    "add_trainingfile",
    "change_retrainingrun",
    "add_retrainingrun",
]


def make_roles(apps: Any, schema_editor: Any) -> None:
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for label in [*APPS, "auth"]:  # Django makes them only after the last migration
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    ours = Permission.objects.filter(content_type__app_label__in=APPS)
    open_to_all = ours.filter(codename__startswith="view_").exclude(content_type__model__in=SECRET)
    roles = {
        "Viewer": open_to_all,
        "Reviewer": open_to_all | ours.filter(codename__in=DECIDE),
        "Lead": open_to_all | ours.filter(codename__in=DECIDE + LEAD),
        "Administrator": ours
        | Permission.objects.filter(
            content_type__app_label="auth", content_type__model__in=["user", "group"]
        ),
    }
    for name, permissions in roles.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*permissions)


def remove_roles(apps: Any, schema_editor: Any) -> None:
    names = ["Viewer", "Reviewer", "Lead", "Administrator"]
    apps.get_model("auth", "Group").objects.filter(name__in=names).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("insights", "0005_review_queue"),
        ("finetuning", "0002_retraining_runs"),
    ]

    operations = [migrations.RunPython(make_roles, remove_roles)]
