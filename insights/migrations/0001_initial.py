from pathlib import Path
from django.conf import settings
from django.db import migrations, models
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.math
import django.db.models.functions.text
import django.utils.timezone
import insights.models.webhook
import pgvector.django.halfvec
import pgvector.django.indexes
import uuid

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Kept on the way back: the extensions may be older than these tables and belong to another
        # role.
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS vector", migrations.RunSQL.noop),
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
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
                        help_text="Vector of a deleted insight, to find its former neighbours.",
                        null=True,
                    ),
                ),
            ],
            options={
                "db_table": "clustering_changes",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ColumnChoice",
            fields=[
                ("header_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("header", models.JSONField()),
                ("columns", models.JSONField()),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "column_choices",
            },
        ),
        migrations.CreateModel(
            name="MergeDecision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("approved", "Approved"),
                            ("partial", "approved in part"),
                            ("rejected", "Rejected"),
                            ("split", "Split"),
                            ("automatic", "merged by a model"),
                            ("unmerged", "taken out of a merge"),
                            ("confirmed", "found right in an audit"),
                        ],
                        max_length=16,
                    ),
                ),
                ("model_id", models.UUIDField(blank=True, null=True)),
                ("model_version", models.CharField(blank=True, max_length=128)),
                (
                    "evidence",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Similarity, probability, threshold and differences at the time.",
                    ),
                ),
                ("comment", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undo_comment", models.TextField(blank=True)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "amends",
                    models.ForeignKey(
                        blank=True,
                        help_text="The earlier decision that this one changes or unmerges from.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amended_by",
                        to="insights.mergedecision",
                    ),
                ),
            ],
            options={
                "db_table": "merge_decisions",
                "ordering": ["-decided_at", "id"],
                "permissions": [("undo_mergedecision", "Can undo decisions")],
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("queue", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("completed_at", models.DateTimeField()),
                ("task", models.CharField(help_text="The last completed task.", max_length=128)),
                (
                    "completed",
                    models.PositiveBigIntegerField(default=0, help_text="Completed tasks."),
                ),
            ],
            options={
                "db_table": "heartbeats",
                "ordering": ["queue"],
            },
        ),
        migrations.CreateModel(
            name="Insight",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("statement", models.TextField()),
                (
                    "content_hash",
                    models.CharField(
                        help_text="SHA-256 of the normalised statement (insights.text.normalise).",
                        max_length=64,
                    ),
                ),
                (
                    "embedding",
                    pgvector.django.halfvec.HalfVectorField(blank=True, dimensions=384, null=True),
                ),
                ("embedding_model", models.CharField(blank=True, max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("merged", "Merged"),
                            ("retired", "retired (written for a decision that was undone)"),
                        ],
                        default="active",
                        max_length=16,
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("extracted", "Extracted"),
                            ("edited", "written by a reviewer as a canonical statement"),
                        ],
                        default="extracted",
                        max_length=16,
                    ),
                ),
                (
                    "merged_into_status",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(merged_into__isnull=False, then=models.Value("active"))
                        ),
                        output_field=models.CharField(max_length=16, null=True),
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_insights",
                        to="insights.insight",
                    ),
                ),
            ],
            options={
                "db_table": "insights",
                "ordering": ["-created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ReviewerSettings",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="reviewer_settings",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "keys",
                    models.JSONField(
                        blank=True, default=dict, help_text="Key by action, where changed."
                    ),
                ),
                (
                    "is_blind",
                    models.BooleanField(default=False, help_text="Hide the model's opinion."),
                ),
            ],
            options={
                "verbose_name_plural": "reviewer settings",
                "db_table": "reviewer_settings",
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("url", models.URLField(max_length=500, unique=True)),
                (
                    "secret",
                    models.CharField(
                        default=insights.models.webhook.new_secret,
                        help_text="Signs each delivery.",
                        max_length=64,
                    ),
                ),
                (
                    "notices",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("job.finished", "Job Finished"),
                                ("version.activated", "Version Activated"),
                                ("auto_merge.stopped", "Auto Merge Stopped"),
                                ("cluster.decided", "Cluster Decided"),
                            ],
                            max_length=32,
                        ),
                        default=insights.models.webhook.all_notices,
                        size=None,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "webhooks",
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ApiAnswer",
            fields=[
                (
                    "key",
                    models.CharField(
                        editable=False, max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=32)),
                ("model", models.CharField(max_length=255)),
                ("answer", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "answer of a hosted model",
                "verbose_name_plural": "answers of hosted models",
                "db_table": "api_answers",
                "ordering": ["-created_at", "key"],
                "indexes": [models.Index(fields=["-created_at", "key"], name="api_answer_newest")],
            },
        ),
        migrations.CreateModel(
            name="ApiCall",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "purpose",
                    models.CharField(
                        help_text="embedding, extraction, prediction, ...", max_length=32
                    ),
                ),
                ("model", models.CharField(blank=True, max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sent", "under way, or its process was killed"),
                            ("answered", "Answered"),
                            ("failed", "Failed"),
                        ],
                        default="sent",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("prompt_tokens", models.PositiveIntegerField(default=0)),
                ("completion_tokens", models.PositiveIntegerField(default=0)),
                (
                    "cost_usd",
                    models.DecimalField(blank=True, decimal_places=8, max_digits=14, null=True),
                ),
                (
                    "request_id",
                    models.CharField(blank=True, help_text="The provider's.", max_length=128),
                ),
                ("latency_ms", models.PositiveIntegerField(blank=True, null=True)),
                ("status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "verbose_name": "call of a hosted model",
                "verbose_name_plural": "calls of hosted models",
                "db_table": "api_calls",
                "ordering": ["-created_at", "id"],
                "indexes": [
                    models.Index(fields=["-created_at", "id"], name="api_call_newest"),
                    models.Index(
                        fields=["created_at"],
                        include=("prompt_tokens", "completion_tokens", "cost_usd"),
                        name="api_call_day",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cost_usd__isnull", True), ("cost_usd__gte", 0), _connector="OR"
                        ),
                        name="api_call_cost",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ClusteringRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="running",
                        max_length=16,
                    ),
                ),
                ("counts", models.JSONField(blank=True, default=dict)),
                (
                    "timings",
                    models.JSONField(blank=True, default=dict, help_text="Seconds by step."),
                ),
                ("error", models.TextField(blank=True)),
                ("progress_step", models.CharField(blank=True, max_length=64)),
                ("progress_done", models.PositiveIntegerField(default=0)),
                ("progress_total", models.PositiveIntegerField(default=0)),
                ("cancel_requested_at", models.DateTimeField(blank=True, null=True)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("heartbeat_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="How often a worker has started it."
                    ),
                ),
                ("parameters", models.JSONField(blank=True, default=dict)),
                (
                    "model_version",
                    models.CharField(
                        blank=True,
                        help_text="The model version that judged pairs, if any.",
                        max_length=128,
                    ),
                ),
                (
                    "only_new",
                    models.BooleanField(
                        default=False, help_text="An incremental run; otherwise a full one."
                    ),
                ),
                (
                    "basis",
                    models.TextField(
                        blank=True,
                        help_text="Models and parameters; an incremental run needs those of the previous run.",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "clustering_runs",
                "ordering": ["-started_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Cluster",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("approved", "Approved"),
                            ("partial", "approved in part"),
                            ("rejected", "Rejected"),
                            ("split", "Split"),
                            ("superseded", "superseded (a later run proposes something else)"),
                        ],
                        default="open",
                        max_length=16,
                    ),
                ),
                (
                    "fingerprint",
                    models.CharField(
                        help_text="SHA-256 of the sorted member ids; equal for the same cluster.",
                        max_length=64,
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1,
                        help_text="Increases with every change; a decision on an older version is stale.",
                    ),
                ),
                ("size", models.PositiveSmallIntegerField()),
                ("source_count", models.PositiveIntegerField(default=0)),
                (
                    "people_count",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="People known by name or by their row; sources where nobody is.",
                    ),
                ),
                ("mean_similarity", models.FloatField()),
                (
                    "weakest_similarity",
                    models.FloatField(help_text="Similarity of its weakest link."),
                ),
                (
                    "probability",
                    models.FloatField(
                        blank=True,
                        help_text="Lowest over its pairs, by the run's model.",
                        null=True,
                    ),
                ),
                (
                    "has_near_miss",
                    models.BooleanField(
                        default=False,
                        help_text="A pair differs in a number, date, unit, version, name or negation.",
                    ),
                ),
                (
                    "has_contradiction",
                    models.BooleanField(
                        default=False,
                        help_text="A pair contradicts in a number, a date or a negation.",
                    ),
                ),
                (
                    "priority",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.functions.comparison.Cast(
                                        django.db.models.functions.math.Floor(
                                            django.db.models.expressions.CombinedExpression(
                                                models.Case(
                                                    models.When(
                                                        probability__isnull=False,
                                                        then=django.db.models.expressions.CombinedExpression(
                                                            models.Value(1.0),
                                                            "-",
                                                            django.db.models.expressions.CombinedExpression(
                                                                models.Value(2.0),
                                                                "*",
                                                                django.db.models.functions.math.Abs(
                                                                    django.db.models.expressions.CombinedExpression(
                                                                        models.F("probability"),
                                                                        "-",
                                                                        models.Value(0.5),
                                                                    )
                                                                ),
                                                            ),
                                                        ),
                                                    ),
                                                    default=models.F("mean_similarity"),
                                                    output_field=models.FloatField(),
                                                ),
                                                "*",
                                                models.Value(20.0),
                                            )
                                        ),
                                        models.IntegerField(),
                                    ),
                                    "*",
                                    models.Value(1000000),
                                ),
                                "+",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.functions.comparison.Least(
                                        models.F("people_count"), 999
                                    ),
                                    "*",
                                    models.Value(1000),
                                ),
                            ),
                            "+",
                            django.db.models.functions.comparison.Least(models.F("size"), 999),
                        ),
                        output_field=models.IntegerField(),
                    ),
                ),
                (
                    "held_until",
                    models.DateTimeField(
                        blank=True, help_text="End of the lease of `held_by`.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "held_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "split_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="split_into",
                        to="insights.cluster",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="clusters",
                        to="insights.clusteringrun",
                    ),
                ),
                (
                    "proposed_canonical",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="insights.insight",
                    ),
                ),
                (
                    "weakest_insight1",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="insights.insight",
                    ),
                ),
                (
                    "weakest_insight2",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="insights.insight",
                    ),
                ),
            ],
            options={
                "db_table": "clusters",
                "ordering": ["-created_at", "id"],
                "permissions": [("decide_cluster", "Can approve, reject and split clusters")],
            },
        ),
        migrations.CreateModel(
            name="ConflictVerdict",
            fields=[
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="verdict",
                        serialize=False,
                        to="insights.mergedecision",
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("keep_both", "both hold"),
                            ("one_holds", "one of them holds"),
                            ("conflicting", "linked as conflicting"),
                        ],
                        max_length=16,
                    ),
                ),
                ("differences", models.JSONField(blank=True, default=list)),
            ],
            options={
                "db_table": "conflict_verdicts",
            },
        ),
        migrations.AddField(
            model_name="mergedecision",
            name="cluster",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="insights.cluster",
            ),
        ),
        migrations.AddField(
            model_name="mergedecision",
            name="undone_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="AuditItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("week", models.DateField(help_text="Monday of the week of the decision (UTC).")),
                ("drawn_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("same", "duplicates"),
                            ("not_same", "not duplicates"),
                            ("agrees", "agreed with the decision"),
                            ("differs", "disagreed with the decision"),
                        ],
                        max_length=16,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("comment", models.TextField(blank=True)),
                (
                    "opinion",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="A second opinion: its kind, and each insight's group as in a decision.",
                    ),
                ),
                (
                    "settled_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the decision was kept despite a different second opinion.",
                        null=True,
                    ),
                ),
                (
                    "held_until",
                    models.DateTimeField(
                        blank=True, help_text="End of the lease of `held_by`.", null=True
                    ),
                ),
                (
                    "held_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="audit",
                        to="insights.mergedecision",
                    ),
                ),
                (
                    "taught",
                    models.ForeignKey(
                        blank=True,
                        help_text="The label decision that the answer made; undoing it withdraws the answer.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="insights.mergedecision",
                    ),
                ),
            ],
            options={
                "db_table": "audit_items",
                "ordering": ["-drawn_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                (
                    "fingerprint",
                    models.CharField(
                        help_text="SHA-256 of the method, the address and the body.", max_length=64
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("headers", models.JSONField(blank=True, default=dict)),
                ("body", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "idempotency_keys",
            },
        ),
        migrations.AddField(
            model_name="mergedecision",
            name="canonical",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions_as_canonical",
                to="insights.insight",
            ),
        ),
        migrations.CreateModel(
            name="DecisionMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("canonical", "Canonical"),
                            ("merged", "Merged"),
                            ("kept", "left as it is"),
                            ("unmerged", "taken out"),
                        ],
                        max_length=16,
                    ),
                ),
                ("group", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "written",
                    models.BooleanField(
                        default=False,
                        help_text="The canonical statement was written for this decision.",
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="insights.mergedecision",
                    ),
                ),
                (
                    "insight",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decision_members",
                        to="insights.insight",
                    ),
                ),
            ],
            options={
                "db_table": "merge_decision_members",
            },
        ),
        migrations.CreateModel(
            name="ClusterPair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("similarity", models.FloatField()),
                ("probability", models.FloatField(blank=True, null=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("similarity", "similar enough"),
                            ("model", "the model says same"),
                            ("must_link", "a reviewer said same"),
                            ("indirect", "only linked through other members"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "differences",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Near-miss differences, each as a sentence.",
                    ),
                ),
                (
                    "is_contradiction",
                    models.BooleanField(
                        default=False,
                        help_text="They contradict in a number, a date or a negation.",
                    ),
                ),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairs",
                        to="insights.cluster",
                    ),
                ),
                (
                    "insight1",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="insights.insight",
                    ),
                ),
                (
                    "insight2",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="insights.insight",
                    ),
                ),
            ],
            options={
                "db_table": "cluster_pairs",
                "ordering": ["cluster", "-similarity"],
            },
        ),
        migrations.CreateModel(
            name="ClusterMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="Order on the page; 0 is the canonical."
                    ),
                ),
                (
                    "similarity",
                    models.FloatField(help_text="Similarity to the proposed canonical."),
                ),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="insights.cluster",
                    ),
                ),
                (
                    "insight",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="insights.insight",
                    ),
                ),
            ],
            options={
                "db_table": "cluster_members",
                "ordering": ["cluster", "position"],
            },
        ),
        migrations.CreateModel(
            name="InsightEmbedding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("embedding_model", models.CharField(max_length=64)),
                ("embedding", pgvector.django.halfvec.HalfVectorField(dimensions=384)),
                (
                    "insight",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="insights.insight",
                    ),
                ),
            ],
            options={
                "db_table": "insight_embeddings",
            },
        ),
        migrations.CreateModel(
            name="PairLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_same", models.BooleanField()),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="labels",
                        to="insights.mergedecision",
                    ),
                ),
                (
                    "insight1",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="insights.insight",
                    ),
                ),
                (
                    "insight2",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="insights.insight",
                    ),
                ),
            ],
            options={
                "db_table": "pair_labels",
            },
        ),
        migrations.CreateModel(
            name="ProviderDialect",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "server",
                    models.CharField(blank=True, help_text="Empty: OpenAI itself.", max_length=500),
                ),
                ("model", models.CharField(max_length=255)),
                (
                    "learnt",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Each feature that is not in OpenAI's form.",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "provider dialect",
                "db_table": "provider_dialects",
                "ordering": ["server", "model"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("server", "model"), name="provider_dialect_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("decided", "Decided"),
                            ("undone", "Undone"),
                            ("restored", "Restored"),
                            ("skipped", "Skipped"),
                            ("unsure", "Unsure"),
                            ("withdrawn", "answer withdrawn"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "answer",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="The withdrawn answer, as it was in the audit item.",
                    ),
                ),
                (
                    "batch",
                    models.UUIDField(
                        blank=True,
                        help_text="Shared by decisions that were made as one.",
                        null=True,
                    ),
                ),
                ("comment", models.TextField(blank=True)),
                (
                    "reasons",
                    models.JSONField(
                        blank=True, default=list, help_text="The reasons that were selected."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "audit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="insights.audititem",
                    ),
                ),
                (
                    "cluster",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="insights.cluster",
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="insights.mergedecision",
                    ),
                ),
            ],
            options={
                "db_table": "review_events",
                "ordering": ["-created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(help_text="The file's name.", max_length=255)),
                ("title", models.CharField(max_length=255)),
                (
                    "format",
                    models.CharField(
                        help_text="Its suffix: csv, docx, vtt and so on.", max_length=16
                    ),
                ),
                (
                    "encoding",
                    models.CharField(blank=True, help_text="Of a text file.", max_length=32),
                ),
                (
                    "keep_good_rows",
                    models.BooleanField(
                        default=False,
                        help_text="Skip invalid rows. If off, one bad row rejects the file.",
                    ),
                ),
                ("content", models.BinaryField(help_text="The original file.")),
                (
                    "content_hash",
                    models.CharField(help_text="SHA-256 of the file's bytes.", max_length=64),
                ),
                ("size", models.PositiveIntegerField(help_text="In bytes.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "columns",
                    models.JSONField(
                        blank=True,
                        help_text="Which columns hold what, when a person has chosen them.",
                        null=True,
                    ),
                ),
                (
                    "needs_columns",
                    models.BooleanField(
                        default=False,
                        help_text="Waits until somebody says which columns hold text.",
                    ),
                ),
                (
                    "notes",
                    models.JSONField(
                        blank=True, default=list, help_text="How it was read, in sentences."
                    ),
                ),
                (
                    "removed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Its occurrences are taken out; this can be undone.",
                        null=True,
                    ),
                ),
                (
                    "removed",
                    models.JSONField(blank=True, help_text="What an undo puts back.", null=True),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "sources",
                "ordering": ["-created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ProcessingRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="running",
                        max_length=16,
                    ),
                ),
                ("counts", models.JSONField(blank=True, default=dict)),
                (
                    "timings",
                    models.JSONField(blank=True, default=dict, help_text="Seconds by step."),
                ),
                ("error", models.TextField(blank=True)),
                ("progress_step", models.CharField(blank=True, max_length=64)),
                ("progress_done", models.PositiveIntegerField(default=0)),
                ("progress_total", models.PositiveIntegerField(default=0)),
                ("cancel_requested_at", models.DateTimeField(blank=True, null=True)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("heartbeat_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="How often a worker has started it."
                    ),
                ),
                ("options", models.JSONField(blank=True, default=dict)),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="insights.source",
                    ),
                ),
            ],
            options={
                "db_table": "processing_runs",
                "ordering": ["-started_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="LeftOutText",
            fields=[
                (
                    "external_id",
                    models.CharField(blank=True, help_text="Its id in the export.", max_length=255),
                ),
                (
                    "date",
                    models.CharField(
                        blank=True, help_text="As the source writes it.", max_length=64
                    ),
                ),
                ("person", models.CharField(blank=True, help_text="Who said it.", max_length=255)),
                ("company", models.CharField(blank=True, max_length=255)),
                ("segment", models.CharField(blank=True, max_length=255)),
                ("rating", models.CharField(blank=True, max_length=64)),
                ("link", models.CharField(blank=True, max_length=1000)),
                (
                    "attributes",
                    models.JSONField(blank=True, default=dict, help_text="Further columns."),
                ),
                (
                    "record_key",
                    models.CharField(
                        blank=True,
                        help_text="The same in each export of the same record.",
                        max_length=32,
                    ),
                ),
                (
                    "record_hash",
                    models.CharField(blank=True, help_text="Of the record's text.", max_length=32),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "ordinal",
                    models.PositiveIntegerField(
                        help_text="The text's place in its source, from 0."
                    ),
                ),
                ("locator", models.CharField(max_length=255)),
                ("text", models.TextField()),
                ("reason", models.CharField(max_length=100)),
                ("start", models.PositiveIntegerField(blank=True, null=True)),
                ("end", models.PositiveIntegerField(blank=True, null=True)),
                ("taken_in_at", models.DateTimeField(blank=True, null=True)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="left_out_texts",
                        to="insights.source",
                    ),
                ),
            ],
            options={
                "db_table": "left_out_texts",
                "ordering": ["source", "ordinal"],
            },
        ),
        migrations.CreateModel(
            name="InsightSource",
            fields=[
                (
                    "external_id",
                    models.CharField(blank=True, help_text="Its id in the export.", max_length=255),
                ),
                (
                    "date",
                    models.CharField(
                        blank=True, help_text="As the source writes it.", max_length=64
                    ),
                ),
                ("person", models.CharField(blank=True, help_text="Who said it.", max_length=255)),
                ("company", models.CharField(blank=True, max_length=255)),
                ("segment", models.CharField(blank=True, max_length=255)),
                ("rating", models.CharField(blank=True, max_length=64)),
                ("link", models.CharField(blank=True, max_length=1000)),
                (
                    "attributes",
                    models.JSONField(blank=True, default=dict, help_text="Further columns."),
                ),
                (
                    "record_key",
                    models.CharField(
                        blank=True,
                        help_text="The same in each export of the same record.",
                        max_length=32,
                    ),
                ),
                (
                    "record_hash",
                    models.CharField(blank=True, help_text="Of the record's text.", max_length=32),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "insight_status",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Value("active"),
                        output_field=models.CharField(max_length=16),
                    ),
                ),
                (
                    "ordinal",
                    models.PositiveIntegerField(
                        help_text="Position of the statement in its source, from 0."
                    ),
                ),
                ("locator", models.CharField(max_length=255)),
                ("statement", models.TextField(help_text="Original wording.")),
                (
                    "start",
                    models.PositiveIntegerField(
                        blank=True, help_text="Offset in the document's text.", null=True
                    ),
                ),
                ("end", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1,
                        help_text="Counts the texts that this record has had in its exports.",
                    ),
                ),
                (
                    "previous",
                    models.JSONField(blank=True, default=list, help_text="Its earlier texts."),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "insight",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sources",
                        to="insights.insight",
                    ),
                ),
                (
                    "origin_insight",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="own_sources",
                        to="insights.insight",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="insight_sources",
                        to="insights.processingrun",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="insight_sources",
                        to="insights.source",
                    ),
                ),
            ],
            options={
                "db_table": "insight_sources",
                "ordering": ["source", "ordinal"],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "notice",
                    models.CharField(
                        choices=[
                            ("job.finished", "Job Finished"),
                            ("version.activated", "Version Activated"),
                            ("auto_merge.stopped", "Auto Merge Stopped"),
                            ("cluster.decided", "Cluster Decided"),
                        ],
                        max_length=32,
                    ),
                ),
                ("data", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("delivered", "Delivered"),
                            ("failed", "given up"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("next_attempt_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("response_status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="insights.webhook",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
                "db_table": "webhook_deliveries",
                "ordering": ["-created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(blank=True, help_text="Purpose.", max_length=100)),
                ("prefix", models.CharField(editable=False, max_length=16, unique=True)),
                ("digest", models.CharField(editable=False, max_length=64)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("read", "read everything"),
                                ("review", "decide clusters, undo decisions"),
                                ("ingest", "add sources, start clustering"),
                                ("train", "fine-tune models, ask them about stored pairs"),
                                ("admin", "all of it, and switch models and thresholds"),
                            ],
                            max_length=16,
                        ),
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "db_table": "api_tokens",
                "ordering": ["-created_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scopes", []), _negated=True),
                        name="api_token_has_a_scope",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AutoMergeStop",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stopped_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.TextField()),
                ("model_version", models.CharField(blank=True, max_length=64)),
                (
                    "numbers",
                    models.JSONField(
                        blank=True, default=dict, help_text="The audit's figures at the time."
                    ),
                ),
                ("resumed_at", models.DateTimeField(blank=True, null=True)),
                ("comment", models.TextField(blank=True)),
                (
                    "undo_asked_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When somebody asked to undo the merges since the last good audit.",
                        null=True,
                    ),
                ),
                ("undo_finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "resumed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undo_asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "stop of auto-merging",
                "verbose_name_plural": "stops of auto-merging",
                "db_table": "auto_merge_stops",
                "ordering": ["-stopped_at", "id"],
                "permissions": [("resume_automerge", "Can resume automatic merging after a stop")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resumed_at__isnull", True)),
                        fields=("resumed_at",),
                        name="auto_merge_stop_one_in_force",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="clusteringrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=("status",),
                name="clustering_run_one_running",
            ),
        ),
        migrations.AddField(
            model_name="conflictverdict",
            name="holds",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="verdicts_won",
                to="insights.insight",
            ),
        ),
        migrations.AddField(
            model_name="conflictverdict",
            name="insight1",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="insights.insight"
            ),
        ),
        migrations.AddField(
            model_name="conflictverdict",
            name="insight2",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="insights.insight"
            ),
        ),
        migrations.AddIndex(
            model_name="audititem",
            index=models.Index(fields=["-drawn_at", "id"], name="audit_newest"),
        ),
        migrations.AddConstraint(
            model_name="audititem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at__isnull", True), ("verdict", "")),
                    models.Q(
                        models.Q(("verdict", ""), _negated=True), ("answered_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="audit_answered_with_a_verdict",
            ),
        ),
        migrations.AddIndex(
            model_name="idempotencykey",
            index=models.Index(fields=["created_at"], name="idempotency_key_oldest"),
        ),
        migrations.AddConstraint(
            model_name="idempotencykey",
            constraint=models.UniqueConstraint(fields=("user", "key"), name="idempotency_key_once"),
        ),
        migrations.AddIndex(
            model_name="mergedecision",
            index=models.Index(fields=["-decided_at", "id"], name="decision_newest"),
        ),
        migrations.AddIndex(
            model_name="mergedecision",
            index=models.Index(fields=["kind", "-decided_at"], name="decision_kind_newest"),
        ),
        migrations.AddConstraint(
            model_name="mergedecision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("undone_at__isnull", True)),
                fields=("cluster",),
                name="decision_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="mergedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["approved", "partial", "automatic"]), _negated=True),
                    ("canonical__isnull", False),
                    _connector="OR",
                ),
                name="decision_merges_into_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="mergedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "unmerged"), _negated=True),
                    ("amends__isnull", False),
                    _connector="OR",
                ),
                name="decision_unmerged_from_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="mergedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("actor__isnull", True), ("kind", "automatic")),
                    models.Q(
                        models.Q(("kind", "automatic"), _negated=True), ("actor__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="decision_has_an_actor",
            ),
        ),
        migrations.AddConstraint(
            model_name="mergedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("undone_at__isnull", True), ("undone_by__isnull", True)),
                    models.Q(("undone_at__isnull", False), ("undone_by__isnull", False)),
                    _connector="OR",
                ),
                name="decision_undone_by_someone",
            ),
        ),
        migrations.AddIndex(
            model_name="insight",
            index=models.Index(fields=["-created_at", "id"], name="insight_newest"),
        ),
        migrations.AddIndex(
            model_name="insight",
            index=models.Index(fields=["status", "-created_at"], name="insight_status_newest"),
        ),
        migrations.AddIndex(
            model_name="insight",
            index=models.Index(fields=["content_hash"], name="insight_content_hash"),
        ),
        migrations.AddIndex(
            model_name="insight",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="insight_merged",
            ),
        ),
        migrations.AddIndex(
            model_name="insight",
            index=pgvector.django.indexes.HnswIndex(
                condition=models.Q(("status", "active")),
                ef_construction=64,
                fields=["embedding"],
                m=16,
                name="insight_embedding_hnsw",
                opclasses=["halfvec_cosine_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="insight",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("statement"), name="gin_trgm_ops"
                ),
                name="insight_search",
            ),
        ),
        migrations.AddConstraint(
            model_name="insight",
            constraint=models.UniqueConstraint(
                condition=models.Q(("origin", "extracted")),
                fields=("content_hash",),
                name="insight_extracted_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="insight",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "active")),
                fields=("content_hash",),
                name="insight_active_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="insight",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("merged_into__isnull", False), ("status", "merged")),
                    models.Q(
                        models.Q(("status", "merged"), _negated=True), ("merged_into__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="insight_merged_has_root",
            ),
        ),
        migrations.AddConstraint(
            model_name="insight",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(("merged_into", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="insight_not_merged_into_itself",
            ),
        ),
        migrations.AddConstraint(
            model_name="insight",
            constraint=models.UniqueConstraint(fields=("id", "status"), name="insight_id_status"),
        ),
        migrations.AddConstraint(
            model_name="decisionmember",
            constraint=models.UniqueConstraint(
                fields=("decision", "insight"), name="decision_member_once"
            ),
        ),
        migrations.AddIndex(
            model_name="clusterpair",
            index=models.Index(
                condition=models.Q(("is_contradiction", True)),
                fields=["-similarity", "id"],
                name="cluster_pair_contradiction",
            ),
        ),
        migrations.AddConstraint(
            model_name="clusterpair",
            constraint=models.UniqueConstraint(
                fields=("cluster", "insight1", "insight2"), name="cluster_pair_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="clusterpair",
            constraint=models.CheckConstraint(
                condition=models.Q(("insight1__lt", models.F("insight2"))),
                name="cluster_pair_smaller_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="clustermember",
            constraint=models.UniqueConstraint(
                fields=("cluster", "insight"), name="cluster_member_once"
            ),
        ),
        migrations.AddIndex(
            model_name="cluster",
            index=models.Index(fields=["status", "-mean_similarity", "id"], name="cluster_queue"),
        ),
        migrations.AddIndex(
            model_name="cluster",
            index=models.Index(fields=["-created_at", "id"], name="cluster_newest"),
        ),
        migrations.AddIndex(
            model_name="cluster",
            index=models.Index(
                condition=models.Q(("status", "open")),
                fields=["-priority", "id"],
                name="cluster_asked_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="cluster",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")),
                fields=("fingerprint",),
                name="cluster_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="insightembedding",
            constraint=models.UniqueConstraint(
                fields=("insight", "embedding_model"), name="insight_embedding_once"
            ),
        ),
        migrations.AddIndex(
            model_name="pairlabel",
            index=models.Index(fields=["insight2"], name="pair_label_second"),
        ),
        migrations.AddConstraint(
            model_name="pairlabel",
            constraint=models.UniqueConstraint(
                fields=("insight1", "insight2"), name="pair_label_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="pairlabel",
            constraint=models.CheckConstraint(
                condition=models.Q(("insight1__lt", models.F("insight2"))),
                name="pair_label_smaller_first",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewevent",
            index=models.Index(fields=["-created_at", "id"], name="review_event_newest"),
        ),
        migrations.AddIndex(
            model_name="reviewevent",
            index=models.Index(fields=["actor", "-created_at"], name="review_event_actor"),
        ),
        migrations.AddIndex(
            model_name="reviewevent",
            index=models.Index(
                condition=models.Q(("kind__in", ["skipped", "unsure"])),
                fields=["cluster", "actor"],
                name="review_event_passed",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewevent",
            index=models.Index(
                condition=models.Q(("batch__isnull", False)),
                fields=["batch"],
                name="review_event_batch",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decision__isnull", False), ("kind__in", ["decided", "undone", "restored"])
                    ),
                    models.Q(("cluster__isnull", False), ("kind__in", ["skipped", "unsure"])),
                    models.Q(("audit__isnull", False), ("kind", "withdrawn")),
                    _connector="OR",
                ),
                name="review_event_of_something",
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(fields=["-created_at", "id"], name="source_newest"),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(
                fields=("content_hash",), name="source_content_once"
            ),
        ),
        migrations.AddIndex(
            model_name="processingrun",
            index=models.Index(fields=["-started_at", "id"], name="processing_run_newest"),
        ),
        migrations.AddConstraint(
            model_name="processingrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=("source", "status"),
                name="processing_run_one_running_per_source",
            ),
        ),
        migrations.AddIndex(
            model_name="leftouttext",
            index=models.Index(fields=["record_key"], name="left_out_record"),
        ),
        migrations.AddConstraint(
            model_name="leftouttext",
            constraint=models.UniqueConstraint(
                fields=("source", "ordinal"), name="left_out_text_once"
            ),
        ),
        migrations.AddIndex(
            model_name="insightsource",
            index=models.Index(fields=["record_key"], name="occurrence_record"),
        ),
        migrations.AddIndex(
            model_name="insightsource",
            index=models.Index(fields=["person"], name="occurrence_person"),
        ),
        migrations.AddConstraint(
            model_name="insightsource",
            constraint=models.UniqueConstraint(
                fields=("source", "ordinal"), name="insight_source_once"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["-created_at", "id"], name="delivery_newest"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["next_attempt_at"],
                name="delivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="conflictverdict",
            index=models.Index(fields=["insight1", "insight2"], name="conflict_verdict_pair"),
        ),
        migrations.AddConstraint(
            model_name="conflictverdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("holds__isnull", False), ("verdict", "one_holds")),
                    models.Q(
                        models.Q(("verdict", "one_holds"), _negated=True), ("holds__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="conflict_verdict_names_who_holds",
            ),
        ),
        migrations.AddConstraint(
            model_name="conflictverdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("holds__isnull", True),
                    ("holds", models.F("insight1")),
                    ("holds", models.F("insight2")),
                    _connector="OR",
                ),
                name="conflict_verdict_holds_one_of_the_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="conflictverdict",
            constraint=models.CheckConstraint(
                condition=models.Q(("insight1__lt", models.F("insight2"))),
                name="conflict_verdict_smaller_id_first",
            ),
        ),
        *(
            migrations.RunSQL(
                (SQL / f"{name}.sql").read_text(), (SQL / f"{name}_drop.sql").read_text()
            )
            for name in ("active_roots", "clustering_changes")
        ),
    ]
