"""Create the four roles as groups. They live here because only the wiring knows both apps."""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

APPS = ["insights", "finetuning", "django_celery_beat", "auth"]

# Each role has the permissions of the one before it.
VIEWER = """
    finetuning: view_deduplicationmodel view_hostedjob view_modelevent view_modelprediction
        view_retrainingrun view_thresholdchange view_trainingfile
    insights: view_audititem view_automergestop view_cluster view_clusteringrun
        view_conflictverdict view_insight view_insightsource view_mergedecision view_pairlabel
        view_processingrun view_reviewevent view_source
"""
REVIEWER = "insights: decide_cluster undo_mergedecision"
LEAD = """
    finetuning: add_deduplicationmodel add_retrainingrun add_trainingfile
        change_deduplicationmodel change_retrainingrun
    insights: add_clusteringrun add_source change_clusteringrun change_processingrun
        resume_automerge view_apicall view_clustermember view_clusterpair view_decisionmember
        view_heartbeat view_insightembedding view_reviewersettings view_webhook
        view_webhookdelivery
"""
# Administrators have every permission of our apps and of the schedules, and manage the accounts.
ACCOUNTS = ["user", "group"]


def make_roles(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for label in APPS:  # Django itself creates permissions only after the last migration.
        config = apps.get_app_config(label)
        config.models_module = True  # type: ignore[assignment]
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    granted: list[object] = []
    for role, table in (("Viewer", VIEWER), ("Reviewer", REVIEWER), ("Lead", LEAD)):
        for app, name in _rows(table):
            granted.append(Permission.objects.get(content_type__app_label=app, codename=name))
        Group.objects.get_or_create(name=role)[0].permissions.add(*granted)
    everything = Permission.objects.filter(content_type__app_label__in=APPS).exclude(
        content_type__in=apps.get_model("contenttypes", "ContentType")
        .objects.filter(app_label="auth")
        .exclude(model__in=ACCOUNTS)
    )
    Group.objects.get_or_create(name="Administrator")[0].permissions.add(
        *everything.exclude(
            content_type__app_label="django_celery_beat",
            content_type__model__in=["clockedschedule", "solarschedule"],
        )
    )


def _rows(table: str) -> list[tuple[str, str]]:
    rows, app = [], ""
    for word in table.split():
        if word.endswith(":"):
            app = word[:-1]
        else:
            rows.append((app, word))
    return rows


def remove_roles(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    names = ["Viewer", "Reviewer", "Lead", "Administrator"]
    apps.get_model("auth", "Group").objects.filter(name__in=names).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("insights", "0001_initial"),
        ("finetuning", "0001_initial"),
        ("django_celery_beat", "0001_initial"),
    ]

    operations = [migrations.RunPython(make_roles, remove_roles)]
