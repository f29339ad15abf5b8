"""Predictions of model versions for pairs of insights."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from finetuning.models.deduplication_model import DeduplicationModel
from insights.models import Insight
from insights.models.light import LightManager


class PredictionOrigin(models.TextChoices):
    INGESTION = "ingestion"
    CLUSTERING = "clustering"
    REQUEST = "request", "on request"


class ModelPrediction(models.Model):
    """One model version's answer for one pair, and a person's later answer.

    `probability` is the calibrated chance that the pair should be merged, `prediction` is
    `probability >= 0.5`, and `confidence` is the chance that the prediction is right.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(DeduplicationModel, models.CASCADE, related_name="predictions")
    insight1 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    insight2 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    prediction = models.BooleanField()
    probability = models.FloatField()
    confidence = models.FloatField()
    similarity_score = models.FloatField()
    actual_label = models.BooleanField(null=True, blank=True)
    is_correct = models.GeneratedField(
        expression=models.Case(
            models.When(actual_label__isnull=True, then=models.Value(None)),
            default=models.Case(
                models.When(prediction=F("actual_label"), then=models.Value(True)),
                default=models.Value(False),
            ),
            output_field=models.BooleanField(null=True),
        ),
        output_field=models.BooleanField(null=True),
        db_persist=True,
    )
    left_over = models.CharField(
        max_length=16, blank=True, help_text="Class of the guard's findings, once it was asked."
    )
    wording = models.TextField(
        blank=True, default="", db_default="", help_text="Words that only one statement has."
    )
    is_familiar = models.BooleanField(
        null=True, blank=True, help_text="Near what the version was trained on, once it was asked."
    )
    origin = models.CharField(max_length=16, choices=PredictionOrigin)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LightManager()

    class Meta:
        db_table = "model_predictions"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="prediction_newest"),
            models.Index(fields=["insight1", "insight2"], name="prediction_pair"),
            models.Index(fields=["model", "is_correct"], name="prediction_correct"),
            models.Index(fields=["model", "probability"], name="prediction_probability"),
        ]
        constraints = [
            # This is also the cache: each model version judges a pair once.
            models.UniqueConstraint(
                fields=["model", "insight1", "insight2"], name="prediction_once"
            ),
            models.CheckConstraint(
                condition=Q(insight1__lt=F("insight2")), name="prediction_smaller_first"
            ),
            models.CheckConstraint(
                condition=Q(
                    probability__gte=0, probability__lte=1, confidence__gte=0.5, confidence__lte=1
                ),
                name="prediction_probability_range",
            ),
            models.CheckConstraint(
                condition=Q(prediction=True, probability__gte=0.5)
                | Q(prediction=False, probability__lt=0.5),
                name="prediction_follows_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"{'duplicates' if self.prediction else 'not duplicates'} ({self.confidence:.2f})"
