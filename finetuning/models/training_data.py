"""Training pairs, the split of statements, and stored training files."""

import hashlib

from django.db import models
from django.utils import timezone

from finetuning.ml.splits import Assignment
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


class StatementSplit(models.Model):
    """The side of the train/held-out split that a statement is on. Written once, never changed.

    There is one row for each statement that took part in a decision by a person, undone or not. So
    no version is measured on a statement that it, or an earlier version, was trained on.
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


class TrainingFileManager(models.Manager["TrainingFile"]):
    def get_queryset(self) -> models.QuerySet["TrainingFile"]:
        # Megabytes that no page shows; whoever trains or evaluates asks for them.
        return super().get_queryset().defer("content")


class TrainingFile(models.Model):
    """JSON Lines, one example a line (finetuning.training_data.files writes and reads them).

    The id is drawn from the content, so the same decisions give the same file, and with the same
    seed the same model. It is never changed.
    """

    id = models.CharField(primary_key=True, max_length=64, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    content = models.TextField()
    positives = models.PositiveIntegerField(help_text="In the train part.")
    negatives = models.PositiveIntegerField(help_text="In the train part.")
    held_out_positives = models.PositiveIntegerField()
    held_out_negatives = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = TrainingFileManager()

    class Meta:
        db_table = "training_files"
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.id

    @staticmethod
    def digest(content: str) -> tuple[str, str]:
        """The id and the SHA-256 of a content."""
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        return f"file-{sha256[:24]}", sha256
