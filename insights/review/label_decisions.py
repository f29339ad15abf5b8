"""Label decisions: a person's judgement of some insights that merges nothing."""

from collections.abc import Iterable

from django.contrib.auth.models import User

from insights.models import DecisionKind, DecisionMember, Insight, MemberRole, MergeDecision
from insights.review.labels import refresh_labels


def label_insights(
    insights: Iterable[Insight],
    *,
    same: bool,
    actor: User,
    comment: str = "",
    amends: MergeDecision | None = None,
) -> MergeDecision:
    """Record that all these insights are duplicates, or that no two are.

    Works in the caller's transaction, with them locked.

    `amends`: the decision that it contradicts.
    """
    decision = MergeDecision.objects.create(
        kind=DecisionKind.CONFIRMED if same else DecisionKind.REJECTED,
        actor=actor,
        comment=comment,
        amends=amends,
    )
    DecisionMember.objects.bulk_create(
        DecisionMember(
            decision=decision,
            insight=insight,
            role=MemberRole.KEPT,
            group=0 if same else number,
        )
        for number, insight in enumerate(insights)
    )
    refresh_labels(decision)
    return decision
