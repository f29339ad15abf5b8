"""The lead after a stop: raises the threshold to one that people's judgements support."""

from datetime import datetime

from django.conf import settings
from django.db.models import F, Q

from finetuning.inference.prediction import differences_of
from finetuning.inference.predictor import TextPair
from finetuning.models import DeduplicationModel, ModelPrediction
from insights.audit.precision import measured_precision
from insights.intervals import exact_interval
from insights.models import AutoMergeStop

STEPS = 1000


def safer_threshold(stop: AutoMergeStop) -> tuple[DeduplicationModel, float] | None:
    """Find the lowest threshold that is precise enough on at least AUDIT_LEAST_A_WEEK pairs.

    Prefers one whose precision is proven, by the exact 95 % interval, to one where it was only
    observed. None if no judged pair is wrong, or if another version is active now.
    """
    model = DeduplicationModel.objects.active()
    if model is None or str(model) != stop.model_version:
        return None
    judged = _judged(model, measured_precision(stop.model_version).since)
    if all(right for _, right in judged):
        return None
    observed = None
    for step in range(round(model.auto_merge_confidence * STEPS), STEPS):
        verdicts = [right for probability, right in judged if probability >= step / STEPS]
        count, right = len(verdicts), sum(verdicts)
        if not count or count < settings.AUDIT_LEAST_A_WEEK:
            break
        if exact_interval(right, count)[0] >= settings.AUTO_MERGE_PRECISION:
            return model, step / STEPS
        if observed is None and right / count >= settings.AUTO_MERGE_PRECISION:
            observed = model, step / STEPS
    return observed


def _judged(model: DeduplicationModel, since: datetime) -> list[tuple[float, bool]]:
    """Return probability and label of judged pairs that the version would merge.

    One of the two insights is newer than the version, so it has not learned from the pair.
    """
    newer = Q(insight1__created_at__gt=F("model__created_at")) | Q(
        insight2__created_at__gt=F("model__created_at")
    )
    rows = ModelPrediction.objects.filter(
        newer,
        model=model,
        created_at__gt=since,
        actual_label__isnull=False,
        probability__gte=model.auto_merge_confidence,
    ).values_list(
        "probability",
        "actual_label",
        "insight1__statement",
        "insight2__statement",
        "similarity_score",
    )
    return [
        (probability, bool(right))
        for probability, right, one, other, similarity in rows
        if not differences_of(TextPair(one, other, similarity))
    ]
