"""What clustering has not looked at yet: an insight came, went or changed, or its labels did."""

from django.db import models
from pgvector.django import HalfVectorField

from insights.models.insight import EMBEDDING_DIMENSIONS


class ClusteringChange(models.Model):
    """Written by triggers (migration 0015), so by whoever changes something, in its transaction.

    Only ever appended to, so that writers never wait for each other; a clustering run deletes the
    rows that it had read before it began. No foreign key: the insight may be gone.
    """

    insight_id = models.UUIDField()
    embedding = HalfVectorField(
        dimensions=EMBEDDING_DIMENSIONS,
        null=True,
        blank=True,
        help_text="Of a deleted insight: where it was missed.",
    )

    class Meta:
        db_table = "clustering_changes"
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.insight_id)
