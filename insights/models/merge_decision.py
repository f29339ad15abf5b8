"""What a reviewer or a model did with a cluster or pair. Reversible, never deleted."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from insights.models.cluster import Cluster
from insights.models.insight import Insight


class DecisionKind(models.TextChoices):
    APPROVED = "approved"
    PARTIAL = "partial", "approved in part"
    REJECTED = "rejected"
    SPLIT = "split"
    AUTOMATIC = "automatic", "merged by a model"
    UNMERGED = "unmerged", "taken out of a merge"
    CONFIRMED = "confirmed", "found right in an audit"


MERGING_KINDS = [DecisionKind.APPROVED, DecisionKind.PARTIAL, DecisionKind.AUTOMATIC]
HUMAN_KINDS = [
    DecisionKind.APPROVED,
    DecisionKind.PARTIAL,
    DecisionKind.REJECTED,
    DecisionKind.SPLIT,
    DecisionKind.UNMERGED,
    DecisionKind.CONFIRMED,
]


class MergeDecision(models.Model):
    """A receipt: who, when, on what evidence, and everything an undo needs.

    The state of the insights is always the sum of the decisions that were not undone
    (insights.review.state computes it), which is why a decision can be undone after later ones.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=DecisionKind)
    cluster = models.ForeignKey(
        Cluster, models.PROTECT, null=True, blank=True, related_name="decisions"
    )
    canonical = models.ForeignKey(
        Insight, models.PROTECT, null=True, blank=True, related_name="decisions_as_canonical"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="decisions"
    )
    amends = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="amended_by",
        help_text="The earlier decision that this one changes, or takes an insight out of.",
    )
    # The model lives in another app that this one must not know: its id and version, as they were.
    model_id = models.UUIDField(null=True, blank=True)
    model_version = models.CharField(max_length=128, blank=True)
    evidence = models.JSONField(
        default=dict,
        blank=True,
        help_text="Similarity, probability, threshold and differences at the time.",
    )
    comment = models.TextField(blank=True)
    decided_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    undo_comment = models.TextField(blank=True)

    class Meta:
        db_table = "merge_decisions"
        ordering = ["-decided_at", "id"]
        permissions = [("undo_mergedecision", "Can undo decisions")]
        indexes = [
            models.Index(fields=["-decided_at", "id"], name="decision_newest"),
            models.Index(fields=["kind", "-decided_at"], name="decision_kind_newest"),
        ]
        constraints = [
            # Two reviewers on one cluster: the second one's insert fails, whatever the code does.
            models.UniqueConstraint(
                fields=["cluster"], condition=Q(undone_at__isnull=True), name="decision_once"
            ),
            # The forest of merges hangs on these two; insights.review.state reads them.
            models.CheckConstraint(
                condition=~Q(kind__in=["approved", "partial", "automatic"])
                | Q(canonical__isnull=False),
                name="decision_merges_into_something",
            ),
            models.CheckConstraint(
                condition=~Q(kind="unmerged") | Q(amends__isnull=False),
                name="decision_unmerged_from_something",
            ),
            models.CheckConstraint(
                condition=Q(kind="automatic", actor__isnull=True)
                | (~Q(kind="automatic") & Q(actor__isnull=False)),
                name="decision_has_an_actor",
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="decision_undone_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.decided_at:%Y-%m-%d %H:%M}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None


class MemberRole(models.TextChoices):
    CANONICAL = "canonical"
    MERGED = "merged"
    KEPT = "kept", "left as it is"
    UNMERGED = "unmerged", "taken out"


class DecisionMember(models.Model):
    """One insight's part in a decision. With `group`, it says which pairs were judged same or not.

    Approved and partial: the canonical and the merged are group 0, those left out have group null.
    Rejected: each member is a group of its own. Split: the groups as the reviewer made them.
    Unmerged: those who stay in the merge are group 0, the one taken out is group 1. Confirmed: both
    are group 0; the merge itself stays the automatic decision's.
    """

    decision = models.ForeignKey(MergeDecision, models.CASCADE, related_name="members")
    insight = models.ForeignKey(Insight, models.PROTECT, related_name="decision_members")
    role = models.CharField(max_length=16, choices=MemberRole)
    group = models.PositiveSmallIntegerField(null=True, blank=True)
    written = models.BooleanField(
        default=False, help_text="The canonical's statement was written for this decision."
    )

    class Meta:
        db_table = "merge_decision_members"
        constraints = [
            models.UniqueConstraint(fields=["decision", "insight"], name="decision_member_once"),
        ]

    def __str__(self) -> str:
        return self.get_role_display()
