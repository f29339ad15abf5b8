"""Answer the pipeline and the clustering with the model that is active now."""

from collections.abc import Sequence

from django.conf import settings

from finetuning.inference.duplicates import check_for_duplicates
from finetuning.inference.predictor import Predictor, text_pair
from finetuning.models import PredictionOrigin
from finetuning.trust.quality import quality
from insights.decider import DuplicateCheck, InsightPair, PairVerdict
from insights.models import Insight


class ActiveModelDecider:
    """Implement insights.decider.DuplicateDecider.

    A clustering run is judged by one version throughout; at ingestion, where it merges, each batch
    is checked by the model that is active then."""

    def __init__(self) -> None:
        self._predictor = Predictor()

    @property
    def model_version(self) -> str:
        return self._predictor.model_version

    @property
    def out_below(self) -> float:
        model = self._predictor.stands_in_for or self._predictor.model
        return model.cluster_out_confidence if model else settings.CLUSTER_OUT_CONFIDENCE

    @property
    def to_prove(self) -> tuple[float, int]:
        if self._predictor.model is None:
            return 1.0, 0
        found = quality(self._predictor.model)
        return found.threshold, found.needed

    def check(self, insights: Sequence[Insight]) -> list[DuplicateCheck]:
        # Kept while nothing changed: after a failure the fallback model keeps answering.
        if not self._predictor.is_current():
            self._predictor = Predictor()
        if self._predictor.model is None:
            return [
                DuplicateCheck(should_merge=False, reason="No model is active.") for _ in insights
            ]
        return check_for_duplicates(insights, self._predictor)

    def judge(self, pairs: Sequence[InsightPair]) -> list[PairVerdict | None]:
        probabilities = self._predictor.probabilities(pairs, PredictionOrigin.CLUSTERING)
        if probabilities is None:
            return [None] * len(pairs)
        return [
            PairVerdict(prediction=p >= 0.5, probability=p, confidence=max(p, 1 - p))
            for p in probabilities
        ]

    def explain(self, pairs: Sequence[InsightPair]) -> list[tuple[str, ...]]:
        return self._predictor.explain([text_pair(pair) for pair in pairs])
