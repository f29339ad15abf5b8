"""Merge decisions, the pair labels that follow from them, and answers to contradictions."""

import uuid
from string import ascii_lowercase

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from insights.models.cluster import Cluster
from insights.models.insight import Insight
from insights.models.light import LightManager, person


class DecisionKind(models.TextChoices):
    APPROVED = "approved"
    PARTIAL = "partial", "approved in part"
    REJECTED = "rejected"
    SPLIT = "split"
    AUTOMATIC = "automatic", "merged by a model"
    UNMERGED = "unmerged", "removed from a merge"
    CONFIRMED = "confirmed", "confirmed in the audit"


MERGING_KINDS = [
    DecisionKind.APPROVED,
    DecisionKind.PARTIAL,
    DecisionKind.SPLIT,
    DecisionKind.AUTOMATIC,
]
HUMAN_KINDS = [
    DecisionKind.APPROVED,
    DecisionKind.PARTIAL,
    DecisionKind.REJECTED,
    DecisionKind.SPLIT,
    DecisionKind.UNMERGED,
    DecisionKind.CONFIRMED,
]


def group_letter(number: int) -> str:
    """Return how pages name a group: a, b, c; from the 27th on the number."""
    return ascii_lowercase[number] if number < len(ascii_lowercase) else str(number + 1)


class MergeDecision(models.Model):
    """A record of who decided, when and on what evidence, with everything an undo needs.

    The state of the insights is always the sum of the decisions in force (insights.review.state
    computes it), so a decision can be undone after later ones.
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
        help_text="The earlier decision that this one changes or unmerges from.",
    )
    # The model belongs to an app that this one must not import, so its id and version are copied.
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
    undone_by = person(models.PROTECT)
    undo_comment = models.TextField(blank=True)

    objects = LightManager()

    class Meta:
        db_table = "merge_decisions"
        ordering = ["-decided_at", "id"]
        permissions = [("undo_mergedecision", "Can undo decisions")]
        indexes = [
            models.Index(fields=["-decided_at", "id"], name="decision_newest"),
            models.Index(fields=["kind", "-decided_at"], name="decision_kind_newest"),
        ]
        constraints = [
            # If two reviewers decide one cluster, the second insert fails, whatever the code does.
            models.UniqueConstraint(
                fields=["cluster"], condition=Q(undone_at__isnull=True), name="decision_once"
            ),
            # insights.review.state reads the forest of merges through these two.
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

    def canonicals(self) -> dict[int | None, uuid.UUID]:
        """Return the insight that each group was merged into, by its number."""
        heads = self.members.filter(role=MemberRole.CANONICAL)
        return dict(heads.values_list("group", "insight"))


class MemberRole(models.TextChoices):
    CANONICAL = "canonical"
    MERGED = "merged"
    KEPT = "kept", "kept separate"
    UNMERGED = "unmerged", "removed"


class DecisionMember(models.Model):
    """One insight's part in a decision; `group` says which pairs are duplicates.

    Approved and partial: the canonical and merged insights are group 0, those left out have no
    group. Rejected: each member is a group. Split: the reviewer's groups, each merged into a
    canonical insight of its own; the decision's `canonical` is empty. Unmerged: those that stay
    merged are group 0, the one taken out is group 1. Confirmed: both are group 0, and the merge
    remains the automatic decision's.
    """

    decision = models.ForeignKey(MergeDecision, models.CASCADE, related_name="members")
    insight = models.ForeignKey(Insight, models.PROTECT, related_name="decision_members")
    role = models.CharField(max_length=16, choices=MemberRole)
    group = models.PositiveSmallIntegerField(null=True, blank=True)
    written = models.BooleanField(
        default=False, help_text="The canonical statement was written for this decision."
    )

    objects = LightManager()

    class Meta:
        db_table = "merge_decision_members"
        constraints = [
            models.UniqueConstraint(fields=["decision", "insight"], name="decision_member_once"),
        ]

    def __str__(self) -> str:
        return self.get_role_display()

    @property
    def letter(self) -> str:
        return "–" if self.group is None else group_letter(self.group)


class PairLabel(models.Model):
    """Must-link or cannot-link for clustering, and a training example for every model.

    Derived: insights.review.labels computes these rows from the decisions in force; where two
    decide on the same pair, the latest wins.
    """

    insight1 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    insight2 = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    is_same = models.BooleanField()
    decision = models.ForeignKey(MergeDecision, models.CASCADE, related_name="labels")

    objects = LightManager()

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
        return "= duplicates" if self.is_same else "≠ not duplicates"


class Verdict(models.TextChoices):
    KEEP_BOTH = "keep_both", "both are right"
    ONE_HOLDS = "one_holds", "one is right"
    CONFLICTING = "conflicting", "marked as conflicting"


class ConflictVerdict(models.Model):
    """A reviewer's answer to two near-duplicates that contradict each other.

    It belongs to the decision that keeps them apart and is in force as long as that decision.
    """

    decision = models.OneToOneField(
        MergeDecision, models.CASCADE, primary_key=True, related_name="verdict"
    )
    insight1 = models.ForeignKey(Insight, models.PROTECT, related_name="+")
    insight2 = models.ForeignKey(Insight, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=16, choices=Verdict)
    holds = models.ForeignKey(
        Insight, models.PROTECT, null=True, blank=True, related_name="verdicts_won"
    )
    differences = models.JSONField(default=list, blank=True)

    objects = LightManager()

    class Meta:
        db_table = "conflict_verdicts"
        indexes = [models.Index(fields=["insight1", "insight2"], name="conflict_verdict_pair")]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="one_holds", holds__isnull=False)
                | (~Q(verdict="one_holds") & Q(holds__isnull=True)),
                name="conflict_verdict_names_who_holds",
            ),
            models.CheckConstraint(
                condition=Q(holds__isnull=True) | Q(holds=F("insight1")) | Q(holds=F("insight2")),
                name="conflict_verdict_holds_one_of_the_two",
            ),
            models.CheckConstraint(
                condition=Q(insight1__lt=F("insight2")), name="conflict_verdict_smaller_id_first"
            ),
        ]

    def __str__(self) -> str:
        return self.get_verdict_display()
