"""Proposed groups of near-duplicates, and the evidence for them."""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Abs, Cast, Floor, Least
from django.utils import timezone

from insights.models.insight import Insight
from insights.models.lease import Leased
from insights.models.light import LightManager
from insights.models.run import ClusteringRun


class ClusterStatus(models.TextChoices):
    OPEN = "open"
    APPROVED = "approved"
    PARTIAL = "partial", "approved in part"
    REJECTED = "rejected"
    SPLIT = "split"
    SUPERSEDED = "superseded", "superseded (replaced by a later run)"


# Order of the queue: nearness to the model's two edges (without a model, the similarity) in twenty
# steps, then the gain of a merge: its people, its members. Near 0.5 the model is uncertain; near
# 0.85 lie the near misses that automatic merging has to tell from duplicates. PostgreSQL computes
# it for every writer.
_NEAREST_EDGE = Least(
    Abs(F("probability") - models.Value(0.5)), Abs(F("probability") - models.Value(0.85))
)
_ASKED_FIRST = (
    Cast(
        Floor(
            Case(
                When(probability__isnull=False, then=1.0 - 2.0 * _NEAREST_EDGE),
                default=F("mean_similarity"),
                output_field=models.FloatField(),
            )
            * 20.0
        ),
        models.IntegerField(),
    )
    * 1_000_000
    + Least(F("people_count"), 999) * 1000
    + Least(F("size"), 999)
)


class Cluster(Leased):
    """A proposed group of near-duplicate insights that waits for a reviewer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=16, choices=ClusterStatus, default=ClusterStatus.OPEN)
    fingerprint = models.CharField(
        max_length=64, help_text="SHA-256 of the sorted member ids; equal for the same cluster."
    )
    version = models.PositiveIntegerField(
        default=1, help_text="Increases with every change; a decision on an older version is stale."
    )
    run = models.ForeignKey(
        ClusteringRun, models.SET_NULL, null=True, blank=True, related_name="clusters"
    )
    proposed_canonical = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    size = models.PositiveSmallIntegerField()
    source_count = models.PositiveIntegerField(default=0)
    people_count = models.PositiveIntegerField(
        default=0, help_text="People known by name or by their row; sources where nobody is."
    )
    mean_similarity = models.FloatField()
    weakest_similarity = models.FloatField(help_text="Similarity of its weakest link.")
    weakest_insight1 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    weakest_insight2 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    probability = models.FloatField(
        null=True, blank=True, help_text="Lowest over its pairs, by the run's model."
    )
    has_near_miss = models.BooleanField(
        default=False,
        help_text="A pair differs in a number, date, unit, version, name or negation.",
    )
    has_contradiction = models.BooleanField(
        default=False, help_text="A pair contradicts in a number, a date or a negation."
    )
    priority = models.GeneratedField(
        expression=_ASKED_FIRST, output_field=models.IntegerField(), db_persist=True
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = LightManager()

    class Meta:
        db_table = "clusters"
        ordering = ["-created_at", "id"]
        permissions = [("decide_cluster", "Can approve, reject and split clusters")]
        indexes = [
            models.Index(fields=["status", "-mean_similarity", "id"], name="cluster_queue"),
            models.Index(fields=["-created_at", "id"], name="cluster_newest"),
            models.Index(
                fields=["-priority", "id"], condition=Q(status="open"), name="cluster_asked_first"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(status="open"), name="cluster_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"cluster of {self.size} ({self.status})"

    @staticmethod
    def fingerprint_of(members: Iterable[uuid.UUID]) -> str:
        """Return the SHA-256 of the sorted member ids: equal for equal sets."""
        return hashlib.sha256(",".join(sorted(map(str, members))).encode()).hexdigest()

    def become(self, status: ClusterStatus, decided_at: datetime | None) -> None:
        """Change the status, end the lease, and count the change in `version`."""
        self.status, self.decided_at = status, decided_at
        self.held_by = self.held_until = None
        self.version += 1
        self.save(
            update_fields=["status", "decided_at", "version", "held_by", "held_until", "updated_at"]
        )


class ClusterMember(models.Model):
    """An insight's position in a cluster."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="members")
    insight = models.ForeignKey(Insight, models.CASCADE, related_name="memberships")
    position = models.PositiveSmallIntegerField(help_text="Order on the page; 0 is the canonical.")
    similarity = models.FloatField(help_text="Similarity to the proposed canonical.")

    objects = LightManager()

    class Meta:
        db_table = "cluster_members"
        ordering = ["cluster", "position"]
        constraints = [
            models.UniqueConstraint(fields=["cluster", "insight"], name="cluster_member_once"),
        ]

    def __str__(self) -> str:
        return f"member {self.position + 1}"


class PairReason(models.TextChoices):
    SIMILARITY = "similarity", "similar enough"
    MODEL = "model", "the model says duplicates"
    MUST_LINK = "must_link", "a reviewer said duplicates"
    INDIRECT = "indirect", "only linked through other members"


class ClusterPair(models.Model):
    """The evidence for one pair of members at the time the cluster was proposed."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="pairs")
    insight1 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    insight2 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    similarity = models.FloatField()
    probability = models.FloatField(null=True, blank=True)
    reason = models.CharField(max_length=16, choices=PairReason)
    differences = models.JSONField(
        default=list, blank=True, help_text="Near-miss differences, each as a sentence."
    )
    is_contradiction = models.BooleanField(
        default=False, help_text="They contradict in a number, a date or a negation."
    )

    objects = LightManager()

    class Meta:
        db_table = "cluster_pairs"
        ordering = ["cluster", "-similarity"]
        indexes = [
            models.Index(
                fields=["-similarity", "id"],
                condition=Q(is_contradiction=True),
                name="cluster_pair_contradiction",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "insight1", "insight2"], name="cluster_pair_once"
            ),
            models.CheckConstraint(
                condition=Q(insight1__lt=F("insight2")), name="cluster_pair_smaller_first"
            ),
        ]

    def __str__(self) -> str:
        return f"similarity {self.similarity:.2f}"


class ClusteringChange(models.Model):
    """A change that clustering has not seen yet, written by triggers.

    The triggers are in `sql/clustering_changes.sql`. Rows are only ever added, so writers never
    wait for each other. A clustering run deletes the rows that it read before it began. There is no
    foreign key, because the insight may be gone.
    """

    insight_id = models.UUIDField()

    class Meta:
        db_table = "clustering_changes"
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.insight_id)
