"""Random pairs that were never proposed, judged blind: what the clustering misses."""

import uuid

from django.db import models
from django.utils import timezone

from insights.models.insight import Insight
from insights.models.light import person


class RecallSample(models.Model):
    """A draw: the bands of similarity below the threshold, and how many pairs each holds.

    `bands`: [{"least": float, "below": float, "pairs": int}], the pairs of all active insights.
    `merged`: insights that had been merged by then.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    drawn_at = models.DateTimeField(default=timezone.now)
    bands = models.JSONField()
    merged = models.PositiveIntegerField()

    class Meta:
        db_table = "recall_samples"
        default_permissions = ()
        ordering = ["-drawn_at", "id"]

    def __str__(self) -> str:
        return f"sample of {self.drawn_at:%Y-%m-%d}"


class RecallPair(models.Model):
    """A drawn pair of insights, and a person's answer; `is_same` is None until then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sample = models.ForeignKey(RecallSample, models.CASCADE, related_name="pairs")
    band = models.PositiveSmallIntegerField()
    insight1 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    insight2 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    is_same = models.BooleanField(null=True)
    reviewer = person()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "recall_pairs"
        default_permissions = ()
        verbose_name = "pair that was not proposed"
        verbose_name_plural = "pairs that were not proposed"
        ordering = ["id"]  # random, so that the order does not reveal the band

    def __str__(self) -> str:
        return f"pair of {self.sample}"
