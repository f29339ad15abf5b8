"""Training pairs, the split of statements, and stored training files."""

import hashlib

from django.db import models
from django.utils import timezone

from finetuning.ml.splits import Assignment
from insights.models import Insight, MergeDecision
from insights.models.light import LightManager

# A cluster of 12 has 66 similar pairs, which should not outweigh ten clusters of 2.
PAIRS_PER_DECISION = 20


class TrainingPairQuerySet(models.QuerySet["TrainingPair"]):
    def usable(self) -> "TrainingPairQuerySet":
        """Return the pairs within one side of the split and under the cap of their decision."""
        return self.filter(bridging=False, place__lte=PAIRS_PER_DECISION)


class TrainingPair(models.Model):
    """A view with one row per pair of statements that people decided on.

    Statements have a row once their side of the split is assigned. If an edited insight has the
    same words, the latest decision counts. `place` numbers the pairs of one label of one decision,
    in a hashed order that spreads them over its members. Similarities have half precision, as
    stored. The order of the pairs depends on the statements only.
    """

    pk = models.CompositePrimaryKey("insight1", "insight2")
    insight1 = models.ForeignKey(Insight, models.DO_NOTHING, related_name="+")
    insight2 = models.ForeignKey(Insight, models.DO_NOTHING, related_name="+")
    is_same = models.BooleanField()
    similarity = models.FloatField()
    decision = models.ForeignKey(MergeDecision, models.DO_NOTHING, related_name="+")
    held_out = models.BooleanField()
    anchor = models.ForeignKey(MergeDecision, models.DO_NOTHING, related_name="+")
    bridging = models.BooleanField(help_text="Its statements are on different sides of the split.")
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

    There is one row for each statement that took part in a person's decision, even an undone one.
    So no version is measured on a statement that it, or an earlier version, was trained on.
    """

    content_hash = models.CharField(
        primary_key=True, max_length=64, help_text="Content hash of the statement."
    )
    held_out = models.BooleanField(help_text="Held out for measurement; otherwise trained on.")
    anchor = models.ForeignKey(
        MergeDecision,
        models.PROTECT,
        related_name="+",
        help_text="The decision for which the side was drawn; later ones pass it on.",
    )
    place = models.PositiveBigIntegerField(
        db_index=True, help_text="Numbers the decisions in the order in which they were assigned."
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


class TrainingFile(models.Model):
    """A stored training file: JSON Lines, one example a line.

    finetuning.training_data.files writes and reads it. Its id is derived from its content, so the
    same decisions give the same file and, with the same seed, the same model. It never changes.
    """

    id = models.CharField(primary_key=True, max_length=64, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    content = models.TextField()
    positives = models.PositiveIntegerField(help_text="In the training part.")
    negatives = models.PositiveIntegerField(help_text="In the training part.")
    held_out_positives = models.PositiveIntegerField()
    held_out_negatives = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = LightManager()
    heavy = ("content",)  # megabytes, which training and evaluation load

    class Meta:
        db_table = "training_files"
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.id

    @staticmethod
    def digest(content: str) -> tuple[str, str]:
        """Return the id and the SHA-256 of a content."""
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        return f"file-{sha256[:24]}", sha256
