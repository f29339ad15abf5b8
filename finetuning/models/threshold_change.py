"""A log of changes to thresholds and to the active version; an undo is a row too."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone

from finetuning.models.deduplication_model import AutoMergeProof, DeduplicationModel
from insights.models.light import LightManager, person


class ThresholdChangeManager(LightManager["ThresholdChange"]):
    def standing_auto_merge(self) -> float:
        """Return the lowest auto-merge threshold that a new version may get.

        It is AUTO_MERGE_CONFIDENCE, or what a person set last if that is higher. A lower value
        applies only to the version it was set on.
        """
        set_last = self._set_last("auto_merge")
        floor: float = settings.AUTO_MERGE_CONFIDENCE
        return floor if set_last is None else max(floor, set_last)

    def standing_cluster_out(self, chosen: float | None = None) -> float:
        """Return the standing cluster threshold.

        A person's last choice, else the one `chosen` for the version by its decisions, else
        CLUSTER_OUT_CONFIDENCE.
        """
        set_last = self._set_last("cluster_out")
        if set_last is not None:
            return set_last
        default: float = settings.CLUSTER_OUT_CONFIDENCE
        return default if chosen is None else chosen

    def standing_proof(self) -> str:
        """Return what a person set last, else AUTO_MERGE_PROOF."""
        return str(self._set_last("proof") or settings.AUTO_MERGE_PROOF)

    def _set_last(self, name: str) -> Any:
        """Return the value of the latest change that was not undone."""
        return (
            self.filter(undoes__isnull=True, undone_by__isnull=True)
            .exclude(**{f"{name}_before": F(f"{name}_after")})
            .order_by("-created_at")
            .values_list(f"{name}_after", flat=True)
            .first()
        )


class ThresholdChange(models.Model):
    """A change of thresholds by a person.

    A choice made by retraining is an event of its model version instead. `active_before` and
    `active_after` say which version was active; None means similarity only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    actor = person()
    model = models.ForeignKey(DeduplicationModel, models.PROTECT, related_name="threshold_changes")
    auto_merge_before = models.FloatField()
    auto_merge_after = models.FloatField()
    cluster_out_before = models.FloatField()
    cluster_out_after = models.FloatField()
    proof_before = models.CharField(
        max_length=16, choices=AutoMergeProof, default=AutoMergeProof.EARNED
    )
    proof_after = models.CharField(
        max_length=16, choices=AutoMergeProof, default=AutoMergeProof.EARNED
    )
    active_before = models.ForeignKey(
        DeduplicationModel, models.PROTECT, null=True, blank=True, related_name="+"
    )
    active_after = models.ForeignKey(
        DeduplicationModel, models.PROTECT, null=True, blank=True, related_name="+"
    )
    comment = models.TextField(blank=True)
    undoes = models.OneToOneField(  # so a change is undone once
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )

    objects = ThresholdChangeManager()

    class Meta:
        db_table = "threshold_changes"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["-created_at", "id"], name="threshold_change_newest")]

    def __str__(self) -> str:
        return f"{'undoing: ' if self.undoes_id else ''}{'; '.join(self.sentences())}"

    def sentences(self) -> list[str]:
        """Return each change as a phrase with the value before and after."""
        found = []
        if self.active_before_id != self.active_after_id:
            found.append(f"{self.active_after or 'plain similarity'} decides")
        if self.proof_before != self.proof_after:
            change = f"{self.proof_before} → {self.proof_after}"
            found.append(f"version {self.model.version}: evidence {change}")
        for name, before, after in (
            ("auto-merge from", self.auto_merge_before, self.auto_merge_after),
            ("clusters from", self.cluster_out_before, self.cluster_out_after),
        ):
            if before != after:
                found.append(f"version {self.model.version}: {name} {before:g} → {after:g}")
        return found
