"""Whether a model may train on a statement, said once."""

from django.db import models

from finetuning.ml.splits import Assignment
from insights.models import MergeDecision


class StatementSplit(models.Model):
    """One row a statement that took part in a person's decision, undone or not. Never changed: a
    version that is measured on a statement has not been trained on it, nor has any before it.
    """

    content_hash = models.CharField(
        primary_key=True, max_length=64, help_text="Of the statement, as in insights."
    )
    held_out = models.BooleanField(help_text="Measured on; all others are trained on.")
    anchor = models.ForeignKey(
        MergeDecision,
        models.PROTECT,
        related_name="+",
        help_text="The decision that the side was drawn for; later ones hand it on.",
    )
    place = models.PositiveBigIntegerField(
        db_index=True, help_text="Counts the decisions in the order in which they were taken in."
    )

    class Meta:
        db_table = "statement_splits"
        default_permissions = ()
        ordering = ["place", "content_hash"]

    def __str__(self) -> str:
        return f"{self.content_hash[:12]} {self.assignment.split}"

    @property
    def assignment(self) -> Assignment:
        return Assignment("held_out" if self.held_out else "train", self.anchor_id, self.place)
