"""Model versions and their events."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from finetuning.models.training_data import TrainingFile
from insights.models.light import LightManager, LightQuerySet, person


class ModelStatus(models.TextChoices):
    """The guide's five statuses and OpenAI's sixth. Only the last three are terminal."""

    VALIDATING_FILES = "validating_files", "Validating files"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL = {ModelStatus.SUCCEEDED, ModelStatus.FAILED, ModelStatus.CANCELLED}


class Backend(models.TextChoices):
    LOCAL = "local", "local"
    OPENAI = "openai", "OpenAI"
    ZERO_SHOT = "zero_shot", "OpenAI, prompt only"


HOSTED_BACKENDS = (Backend.OPENAI, Backend.ZERO_SHOT)


class AutoMergeProof(models.TextChoices):
    """The evidence that an automatic merge needs, beside the threshold."""

    EARNED = "earned", "20 judged decisions for its kind without an error"
    PROVEN = "proven", "the target precision, proven for its kind"
    THRESHOLD = "threshold", "none: the threshold alone"


def default_auto_merge_proof() -> str:
    return str(settings.AUTO_MERGE_PROOF)


def default_auto_merge_confidence() -> float:
    return float(settings.AUTO_MERGE_CONFIDENCE)


def default_cluster_out_confidence() -> float:
    return float(settings.CLUSTER_OUT_CONFIDENCE)


class DeduplicationModelManager(LightManager["DeduplicationModel"]):
    def get_queryset(self) -> LightQuerySet["DeduplicationModel"]:
        return super().get_queryset().defer(None)  # a version that decides needs its parameters

    def hosted(self) -> models.QuerySet["DeduplicationModel"]:
        return self.filter(backend__in=HOSTED_BACKENDS)

    def active(self) -> "DeduplicationModel | None":
        # A process keeps what it read of the parameters, and asks who is active all the time.
        return self.filter(is_active=True).defer("parameters").first()


class DeduplicationModel(models.Model):
    """One trained model version: hosted at a provider, or local."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(help_text="Increases over all backends.")
    backend = models.CharField(max_length=16, choices=Backend)
    base_model = models.CharField(max_length=128)
    fine_tune_job_id = models.CharField(max_length=128, blank=True)
    training_file = models.ForeignKey(
        TrainingFile,
        models.PROTECT,
        null=True,  # a hosted model may have been trained elsewhere
        blank=True,
        related_name="models",
        help_text="The examples it was trained on, and the held-out ones.",
    )
    fine_tuned_model_id = models.CharField(
        max_length=255,
        blank=True,
        help_text="The provider's name for it; a digest for a local model.",
    )
    status = models.CharField(
        max_length=32, choices=ModelStatus, default=ModelStatus.VALIDATING_FILES
    )
    is_active = models.BooleanField(default=False)
    auto_merge_confidence = models.FloatField(
        default=default_auto_merge_confidence,
        help_text="Auto-merge threshold: merge automatically from this probability up.",
    )
    auto_merge_proof = models.CharField(
        max_length=16,
        choices=AutoMergeProof,
        default=default_auto_merge_proof,
        help_text="Evidence that an automatic merge needs beside the threshold.",
    )
    cluster_out_confidence = models.FloatField(
        default=default_cluster_out_confidence,
        help_text="Cluster threshold: keep less probable pairs out of clusters.",
    )
    parameters = models.JSONField(
        null=True, blank=True, help_text="A local model's weights and calibration, as JSON."
    )
    training_stats = models.JSONField(default=dict, blank=True)
    metrics = models.JSONField(default=dict, blank=True, help_text="On the held-out decisions.")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    created_by = person()

    objects = DeduplicationModelManager()
    heavy = ("parameters",)  # left out where a row is joined

    class Meta:
        db_table = "deduplication_models"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["version"], name="model_version_once"),
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="model_one_active"
            ),
            models.CheckConstraint(
                condition=Q(is_active=False) | Q(status="succeeded"),
                name="model_active_has_succeeded",
            ),
            models.CheckConstraint(
                condition=Q(auto_merge_confidence__gte=0.5, auto_merge_confidence__lte=1),
                name="model_auto_merge_confidence_range",
            ),
            models.CheckConstraint(
                condition=Q(cluster_out_confidence__gte=0, cluster_out_confidence__lte=1),
                name="model_cluster_out_confidence_range",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version} ({self.get_backend_display()})"

    @property
    def is_finished(self) -> bool:
        return self.status in TERMINAL

    @property
    def lacks_evaluation(self) -> bool:
        return self.status == ModelStatus.SUCCEEDED and not self.metrics

    @property
    def job_status(self) -> str:
        """Return the status of the training job, which runs until the version is evaluated."""
        return ModelStatus.RUNNING if self.lacks_evaluation else self.status

    @property
    def is_hosted(self) -> bool:
        """Return whether predictions ask a provider instead of running in this process."""
        return self.backend in HOSTED_BACKENDS


class ModelEvent(models.Model):
    """An event of a model version: a training step, its loss curve, an activation."""

    model = models.ForeignKey(DeduplicationModel, models.CASCADE, related_name="events")
    created_at = models.DateTimeField(default=timezone.now)
    level = models.CharField(max_length=16, default="info")
    message = models.TextField()
    data = models.JSONField(default=dict, blank=True)
    actor = person()

    objects = LightManager()

    class Meta:
        db_table = "model_events"
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.message
