"""The labelled pairs that a model may learn from, as PostgreSQL puts them together."""

from django.db import models

from insights.models import Insight, MergeDecision

# A cluster of 12 has 66 pairs that say nearly the same; it should not drown ten clusters of 2.
PAIRS_PER_DECISION = 20


class TrainingPairQuerySet(models.QuerySet["TrainingPair"]):
    def usable(self) -> "TrainingPairQuerySet":
        """Neither across the split nor beyond what one decision may give of a label."""
        return self.filter(bridging=False, place__lte=PAIRS_PER_DECISION)


class TrainingPair(models.Model):
    """A view: one row a pair of statements that people decided, once their sides are assigned.

    Where the same words stand in an edited insight, too, the latest decision's. `place` counts the
    pairs of one label of one decision, in an order by a hash that spreads them over its members.
    Similarities end where the store's half precision does. The order of the pairs depends on the
    statements only.
    """

    pk = models.CompositePrimaryKey("insight1", "insight2")
    insight1 = models.ForeignKey(Insight, models.DO_NOTHING, related_name="+")
    insight2 = models.ForeignKey(Insight, models.DO_NOTHING, related_name="+")
    is_same = models.BooleanField()
    similarity = models.FloatField()
    decision = models.ForeignKey(MergeDecision, models.DO_NOTHING, related_name="+")
    held_out = models.BooleanField()
    anchor = models.ForeignKey(MergeDecision, models.DO_NOTHING, related_name="+")
    bridging = models.BooleanField(help_text="Its statements are on different sides.")
    place = models.PositiveIntegerField()
    low = models.CharField(max_length=64)
    high = models.CharField(max_length=64)

    objects = TrainingPairQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "training_pairs"
        default_permissions = ()
        ordering = ["low", "high"]

    def __str__(self) -> str:
        return f"{self.insight1_id} {'=' if self.is_same else '≠'} {self.insight2_id}"
