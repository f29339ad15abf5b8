"""Same or not the same, for one pair of insights, drawn from an active human decision."""

from django.db import models
from django.db.models import F, Q

from insights.models.insight import Insight
from insights.models.merge_decision import MergeDecision


class PairLabel(models.Model):
    """Must-link and must-not-link for every later clustering run, and the lesson for every model.

    Derived: insights.review.labels computes these rows from the decisions that were not undone, the
    latest one winning where two speak of the same pair.
    """

    insight1 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    insight2 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    is_same = models.BooleanField()
    decision = models.ForeignKey(MergeDecision, models.CASCADE, related_name="labels")

    class Meta:
        db_table = "pair_labels"
        indexes = [models.Index(fields=["insight2"], name="pair_label_second")]
        constraints = [
            models.UniqueConstraint(fields=["insight1", "insight2"], name="pair_label_once"),
            models.CheckConstraint(
                condition=Q(insight1__lt=F("insight2")), name="pair_label_smaller_first"
            ),
        ]

    def __str__(self) -> str:
        return "= same" if self.is_same else "≠ not the same"
