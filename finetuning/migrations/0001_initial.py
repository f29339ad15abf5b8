from pathlib import Path
from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion
import django.utils.timezone
import finetuning.models.deduplication_model
import uuid

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("insights", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TrainingPair",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "insight1",
                        "insight2",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("is_same", models.BooleanField()),
                ("similarity", models.FloatField()),
                ("held_out", models.BooleanField()),
                (
                    "bridging",
                    models.BooleanField(
                        help_text="Its statements are on different sides of the split."
                    ),
                ),
                ("place", models.PositiveIntegerField()),
                ("low", models.CharField(max_length=64)),
                ("high", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "training_pairs",
                "ordering": ["low", "high"],
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="DeduplicationModel",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.PositiveIntegerField(help_text="Increases over all backends.")),
                (
                    "backend",
                    models.CharField(
                        choices=[
                            ("local", "local"),
                            ("openai", "OpenAI"),
                            ("zero_shot", "OpenAI, prompt only"),
                        ],
                        max_length=16,
                    ),
                ),
                ("base_model", models.CharField(max_length=128)),
                ("fine_tune_job_id", models.CharField(blank=True, max_length=128)),
                (
                    "fine_tuned_model_id",
                    models.CharField(
                        blank=True,
                        help_text="The provider's name for it; a digest for a local model.",
                        max_length=255,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("validating_files", "Validating files"),
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="validating_files",
                        max_length=32,
                    ),
                ),
                ("is_active", models.BooleanField(default=False)),
                (
                    "auto_merge_confidence",
                    models.FloatField(
                        default=finetuning.models.deduplication_model.default_auto_merge_confidence,
                        help_text="Auto-merge threshold: merge automatically from this probability up.",
                    ),
                ),
                (
                    "auto_merge_proof",
                    models.CharField(
                        choices=[
                            ("earned", "20 judged decisions for its kind without an error"),
                            ("proven", "the target precision, proven for its kind"),
                            ("threshold", "none: the threshold alone"),
                        ],
                        default=finetuning.models.deduplication_model.default_auto_merge_proof,
                        help_text="Evidence that an automatic merge needs beside the threshold.",
                        max_length=16,
                    ),
                ),
                (
                    "cluster_out_confidence",
                    models.FloatField(
                        default=finetuning.models.deduplication_model.default_cluster_out_confidence,
                        help_text="Cluster threshold: keep less probable pairs out of clusters.",
                    ),
                ),
                (
                    "parameters",
                    models.JSONField(
                        blank=True,
                        help_text="A local model's weights and calibration, as JSON.",
                        null=True,
                    ),
                ),
                ("training_stats", models.JSONField(blank=True, default=dict)),
                (
                    "metrics",
                    models.JSONField(
                        blank=True, default=dict, help_text="On the held-out decisions."
                    ),
                ),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("activated_at", models.DateTimeField(blank=True, null=True)),
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
                "db_table": "deduplication_models",
                "ordering": ["-version"],
            },
        ),
        migrations.CreateModel(
            name="ModelPrediction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("prediction", models.BooleanField()),
                ("probability", models.FloatField()),
                ("confidence", models.FloatField()),
                ("similarity_score", models.FloatField()),
                ("actual_label", models.BooleanField(blank=True, null=True)),
                (
                    "is_correct",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(actual_label__isnull=True, then=models.Value(None)),
                            default=models.Case(
                                models.When(
                                    prediction=models.F("actual_label"), then=models.Value(True)
                                ),
                                default=models.Value(False),
                            ),
                            output_field=models.BooleanField(null=True),
                        ),
                        output_field=models.BooleanField(null=True),
                    ),
                ),
                (
                    "left_over",
                    models.CharField(
                        blank=True,
                        help_text="Class of the guard's findings, once it was asked.",
                        max_length=16,
                    ),
                ),
                (
                    "is_familiar",
                    models.BooleanField(
                        blank=True,
                        help_text="Near what the version was trained on, once it was asked.",
                        null=True,
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("ingestion", "Ingestion"),
                            ("clustering", "Clustering"),
                            ("request", "asked for"),
                        ],
                        max_length=16,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "model_predictions",
                "ordering": ["-created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="RetrainingRun",
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
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_needed", "not enough new decisions"),
                            ("activated", "new version activated"),
                            ("kept", "active version kept"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
            ],
            options={
                "db_table": "retraining_runs",
                "ordering": ["-started_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="StatementSplit",
            fields=[
                (
                    "content_hash",
                    models.CharField(
                        help_text="Content hash of the statement.",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "held_out",
                    models.BooleanField(
                        help_text="Held out for measurement; otherwise trained on."
                    ),
                ),
                (
                    "place",
                    models.PositiveBigIntegerField(
                        db_index=True,
                        help_text="Numbers the decisions in the order in which they were assigned.",
                    ),
                ),
            ],
            options={
                "db_table": "statement_splits",
                "ordering": ["place", "content_hash"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ThresholdChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("auto_merge_before", models.FloatField()),
                ("auto_merge_after", models.FloatField()),
                ("cluster_out_before", models.FloatField()),
                ("cluster_out_after", models.FloatField()),
                (
                    "proof_before",
                    models.CharField(
                        choices=[
                            ("earned", "20 judged decisions for its kind without an error"),
                            ("proven", "the target precision, proven for its kind"),
                            ("threshold", "none: the threshold alone"),
                        ],
                        default="earned",
                        max_length=16,
                    ),
                ),
                (
                    "proof_after",
                    models.CharField(
                        choices=[
                            ("earned", "20 judged decisions for its kind without an error"),
                            ("proven", "the target precision, proven for its kind"),
                            ("threshold", "none: the threshold alone"),
                        ],
                        default="earned",
                        max_length=16,
                    ),
                ),
                ("comment", models.TextField(blank=True)),
            ],
            options={
                "db_table": "threshold_changes",
                "ordering": ["-created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="TrainingFile",
            fields=[
                (
                    "id",
                    models.CharField(
                        editable=False, max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("content", models.TextField()),
                ("positives", models.PositiveIntegerField(help_text="In the training part.")),
                ("negatives", models.PositiveIntegerField(help_text="In the training part.")),
                ("held_out_positives", models.PositiveIntegerField()),
                ("held_out_negatives", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "training_files",
                "ordering": ["-created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="HostedJob",
            fields=[
                (
                    "model",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="hosted",
                        serialize=False,
                        to="finetuning.deduplicationmodel",
                    ),
                ),
                ("training_upload", models.CharField(blank=True, max_length=128)),
                ("validation_upload", models.CharField(blank=True, max_length=128)),
                (
                    "create_asked_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="The job may exist since then; it is looked up before another is requested.",
                        null=True,
                    ),
                ),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "upstream_status",
                    models.CharField(
                        blank=True,
                        help_text="The provider's own word, even an unknown one.",
                        max_length=64,
                    ),
                ),
                (
                    "trouble",
                    models.TextField(blank=True, help_text="The provider's current error, if any."),
                ),
                ("last_event_id", models.CharField(blank=True, max_length=128)),
                ("hyperparameters", models.JSONField(blank=True, default=dict)),
                ("trained_tokens", models.PositiveBigIntegerField(blank=True, null=True)),
                (
                    "estimated_usd",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True),
                ),
                (
                    "cost_usd",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True),
                ),
                (
                    "training_call",
                    models.UUIDField(
                        blank=True,
                        help_text="The ledger's row for the training (api_calls).",
                        null=True,
                    ),
                ),
                (
                    "curve",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="[{step, train_loss, valid_loss, ...}], by step.",
                    ),
                ),
                ("results", models.TextField(blank=True, help_text="The result file, CSV.")),
                (
                    "checkpoints",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="[{name, step, metrics}]: usable models, by step.",
                    ),
                ),
                (
                    "shutdown_date",
                    models.DateField(
                        blank=True,
                        help_text="The day on which the provider shuts it down.",
                        null=True,
                    ),
                ),
            ],
            options={
                "db_table": "hosted_jobs",
            },
        ),
        migrations.CreateModel(
            name="TrustBasis",
            fields=[
                (
                    "model",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="trust_basis",
                        serialize=False,
                        to="finetuning.deduplicationmodel",
                    ),
                ),
                ("decisions", models.JSONField(default=list)),
                ("statements", models.JSONField(default=list)),
            ],
            options={
                "db_table": "trust_bases",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ModelEvaluation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("measured_on", models.DateField()),
                ("measured_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "pairs",
                    models.PositiveIntegerField(help_text="Held-out pairs it was measured on."),
                ),
                (
                    "new_pairs",
                    models.PositiveIntegerField(help_text="Pairs decided since it was trained."),
                ),
                (
                    "metrics",
                    models.JSONField(
                        default=dict,
                        help_text="On all pairs, on the new ones, and on those it would merge.",
                    ),
                ),
                (
                    "drift",
                    models.JSONField(
                        default=list,
                        help_text="One entry per week, compared with the training pairs.",
                    ),
                ),
                (
                    "curve",
                    models.JSONField(default=dict, help_text="Quality by number of decisions."),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evaluations",
                        to="finetuning.deduplicationmodel",
                    ),
                ),
            ],
            options={
                "db_table": "model_evaluations",
                "ordering": ["-measured_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ModelEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("level", models.CharField(default="info", max_length=16)),
                ("message", models.TextField()),
                ("data", models.JSONField(blank=True, default=dict)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="finetuning.deduplicationmodel",
                    ),
                ),
            ],
            options={
                "db_table": "model_events",
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.AddField(
            model_name="modelprediction",
            name="insight1",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="insights.insight"
            ),
        ),
        migrations.AddField(
            model_name="modelprediction",
            name="insight2",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="insights.insight"
            ),
        ),
        migrations.AddField(
            model_name="modelprediction",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="predictions",
                to="finetuning.deduplicationmodel",
            ),
        ),
        migrations.AddField(
            model_name="retrainingrun",
            name="model",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="retraining_runs",
                to="finetuning.deduplicationmodel",
            ),
        ),
        migrations.AddField(
            model_name="retrainingrun",
            name="started_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="statementsplit",
            name="anchor",
            field=models.ForeignKey(
                help_text="The decision for which the side was drawn; later ones pass it on.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="insights.mergedecision",
            ),
        ),
        migrations.AddField(
            model_name="thresholdchange",
            name="active_after",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="finetuning.deduplicationmodel",
            ),
        ),
        migrations.AddField(
            model_name="thresholdchange",
            name="active_before",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="finetuning.deduplicationmodel",
            ),
        ),
        migrations.AddField(
            model_name="thresholdchange",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="thresholdchange",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="threshold_changes",
                to="finetuning.deduplicationmodel",
            ),
        ),
        migrations.AddField(
            model_name="thresholdchange",
            name="undoes",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="finetuning.thresholdchange",
            ),
        ),
        migrations.AddField(
            model_name="deduplicationmodel",
            name="training_file",
            field=models.ForeignKey(
                blank=True,
                help_text="The examples it was trained on, and the held-out ones.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="models",
                to="finetuning.trainingfile",
            ),
        ),
        migrations.AddIndex(
            model_name="modelevaluation",
            index=models.Index(fields=["-measured_at", "id"], name="model_evaluation_newest"),
        ),
        migrations.AddConstraint(
            model_name="modelevaluation",
            constraint=models.UniqueConstraint(
                fields=("model", "measured_on"), name="evaluation_once_a_day"
            ),
        ),
        migrations.AddIndex(
            model_name="modelprediction",
            index=models.Index(fields=["-created_at", "id"], name="prediction_newest"),
        ),
        migrations.AddIndex(
            model_name="modelprediction",
            index=models.Index(fields=["insight1", "insight2"], name="prediction_pair"),
        ),
        migrations.AddIndex(
            model_name="modelprediction",
            index=models.Index(fields=["model", "is_correct"], name="prediction_correct"),
        ),
        migrations.AddIndex(
            model_name="modelprediction",
            index=models.Index(fields=["model", "probability"], name="prediction_probability"),
        ),
        migrations.AddConstraint(
            model_name="modelprediction",
            constraint=models.UniqueConstraint(
                fields=("model", "insight1", "insight2"), name="prediction_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="modelprediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("insight1__lt", models.F("insight2"))),
                name="prediction_smaller_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelprediction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confidence__gte", 0.5),
                    ("confidence__lte", 1),
                    ("probability__gte", 0),
                    ("probability__lte", 1),
                ),
                name="prediction_probability_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelprediction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("prediction", True), ("probability__gte", 0.5)),
                    models.Q(("prediction", False), ("probability__lt", 0.5)),
                    _connector="OR",
                ),
                name="prediction_follows_probability",
            ),
        ),
        migrations.AddConstraint(
            model_name="retrainingrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=("status",),
                name="retraining_run_one_running",
            ),
        ),
        migrations.AddIndex(
            model_name="thresholdchange",
            index=models.Index(fields=["-created_at", "id"], name="threshold_change_newest"),
        ),
        migrations.AddConstraint(
            model_name="deduplicationmodel",
            constraint=models.UniqueConstraint(fields=("version",), name="model_version_once"),
        ),
        migrations.AddConstraint(
            model_name="deduplicationmodel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True)),
                fields=("is_active",),
                name="model_one_active",
            ),
        ),
        migrations.AddConstraint(
            model_name="deduplicationmodel",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_active", False), ("status", "succeeded"), _connector="OR"),
                name="model_active_has_succeeded",
            ),
        ),
        migrations.AddConstraint(
            model_name="deduplicationmodel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("auto_merge_confidence__gte", 0.5), ("auto_merge_confidence__lte", 1)
                ),
                name="model_auto_merge_confidence_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="deduplicationmodel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cluster_out_confidence__gte", 0), ("cluster_out_confidence__lte", 1)
                ),
                name="model_cluster_out_confidence_range",
            ),
        ),
        migrations.RunSQL((SQL / "training_pairs.sql").read_text(), "DROP VIEW training_pairs"),
    ]
