"""A decider for real workers that merges “Once more: X” into “X”."""

from insights.decider import DuplicateCheck, SimilarityDecider
from insights.models import Insight

AGAIN = "Once more: "


class MergesTwins(SimilarityDecider):
    model_version = "twins"

    def check(self, insights):
        checks = []
        for insight in insights:
            first = Insight.objects.filter(
                statement=insight.statement.removeprefix(AGAIN), status="active"
            ).first()
            is_twin = first is not None and first != insight
            checks.append(
                DuplicateCheck(
                    should_merge=is_twin,
                    reason="A twin." if is_twin else "None.",
                    existing_insight_id=first.pk if is_twin else None,
                    confidence=1.0,
                )
            )
        return checks
