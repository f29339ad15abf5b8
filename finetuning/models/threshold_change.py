"""Who moved a version's thresholds or let it decide, from what to what; undoing is a row, too."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from finetuning.models.deduplication_model import DeduplicationModel


class ThresholdChange(models.Model):
    """A change of thresholds by a person; a choice made by retraining is an event of its model
    version.

    `active_before` and `active_after` say which version decided; None means plain similarity.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    model = models.ForeignKey(DeduplicationModel, models.PROTECT, related_name="threshold_changes")
    auto_merge_before = models.FloatField()
    auto_merge_after = models.FloatField()
    cluster_out_before = models.FloatField()
    cluster_out_after = models.FloatField()
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

    class Meta:
        db_table = "threshold_changes"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["-created_at", "id"], name="threshold_change_newest")]

    def __str__(self) -> str:
        return f"{'undoing: ' if self.undoes_id else ''}{'; '.join(self.sentences())}"

    def sentences(self) -> list[str]:
        """What was changed, each as a phrase with the value before and after."""
        found = []
        if self.active_before_id != self.active_after_id:
            found.append(f"{self.active_after or 'plain similarity'} decides")
        for name, before, after in (
            ("auto-merge from", self.auto_merge_before, self.auto_merge_after),
            ("clusters from", self.cluster_out_before, self.cluster_out_after),
        ):
            if before != after:
                found.append(f"version {self.model.version}: {name} {before:g} → {after:g}")
        return found
