"""What a reviewer made of two near-duplicates that contradict each other."""

from django.db import models
from django.db.models import F, Q

from insights.models.insight import Insight
from insights.models.merge_decision import MergeDecision


class Verdict(models.TextChoices):
    KEEP_BOTH = "keep_both", "both hold"
    ONE_HOLDS = "one_holds", "one of them holds"
    CONFLICTING = "conflicting", "linked as conflicting"


class ConflictVerdict(models.Model):
    """Stands beside the decision that keeps the two apart, and is in force as long as that is."""

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
