"""Advice after a stop of automatic merging: the threshold that would have avoided it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse
from django.utils.http import urlencode

from finetuning.inference.prediction import differences_of
from finetuning.inference.predictor import TextPair
from finetuning.models import DeduplicationModel, ModelPrediction
from insights.audit.precision import measured_precision
from insights.audit.stop import Advice
from insights.intervals import exact_interval
from insights.models import AutoMergeStop

PAGE = "admin:finetuning_deduplicationmodel_thresholds"
STEPS = 1000
JUDGED = 2000  # the newest; each is read word by word


@dataclass(frozen=True, slots=True)
class SaferThreshold:
    """The lowest threshold that would have been precise enough.

    Of the `judged` pairs that the version would have merged as it stands, `count` score at least
    `threshold`, and `right` of these were right. `is_sure`: the lower end of the exact 95 %
    interval reaches the target; else only the observed precision does. `threshold` is None when
    neither does at any threshold; `surest_wrong` is the highest probability of a wrong merge.
    """

    model: DeduplicationModel
    since: datetime
    judged: int
    surest_wrong: float
    threshold: float | None = None
    count: int = 0
    right: int = 0
    is_sure: bool = False


def safer_threshold(stop: AutoMergeStop) -> SaferThreshold | None:
    """Find the lowest threshold that is precise enough on at least AUDIT_LEAST_A_WEEK pairs.

    Prefers one whose precision is proven to one where it was only observed.

    None if none of its judged pairs is wrong, or if another version is active now, since that one's
    threshold was chosen on later decisions.
    """
    model = DeduplicationModel.objects.active()
    if model is None or str(model) != stop.model_version:
        return None
    since = measured_precision(stop.model_version).since
    judged = _judged(model, since)
    wrong = [probability for probability, right in judged if not right]
    if not wrong:
        return None
    found = SaferThreshold(model, since, len(judged), max(wrong))
    seen: SaferThreshold | None = None
    least = round(model.auto_merge_confidence * STEPS)
    for threshold in (step / STEPS for step in range(least, STEPS)):
        verdicts = [right for probability, right in judged if probability >= threshold]
        count, right = len(verdicts), sum(verdicts)
        if not count or count < settings.AUDIT_LEAST_A_WEEK:
            break
        if right / count < settings.AUTO_MERGE_PRECISION:
            continue
        is_sure = exact_interval(right, count)[0] >= settings.AUTO_MERGE_PRECISION
        point = SaferThreshold(
            model, since, len(judged), max(wrong), threshold, count, right, is_sure
        )
        if is_sure:
            return point
        seen = seen or point
    return seen or found


def _judged(model: DeduplicationModel, since: datetime) -> list[tuple[float, bool]]:
    """Return probability and label of judged pairs that the version would merge.

    These are its audited merges and, while merging is stopped, people's decisions instead. One of
    the two insights is newer than the version, so it has not learned from the pair.
    """
    newer = Q(insight1__created_at__gt=F("model__created_at")) | Q(
        insight2__created_at__gt=F("model__created_at")
    )
    rows = (
        ModelPrediction.objects.filter(
            newer,
            model=model,
            created_at__gt=since,
            actual_label__isnull=False,
            probability__gte=model.auto_merge_confidence,
        )
        .order_by("-created_at", "pk")
        .values_list(
            "probability",
            "actual_label",
            "insight1__statement",
            "insight2__statement",
            "similarity_score",
        )[:JUDGED]
    )
    return [
        (probability, bool(right))
        for probability, right, one, other, similarity in rows
        if not differences_of(TextPair(one, other, similarity))
    ]


def advise(stop: AutoMergeStop) -> Advice | None:
    found = safer_threshold(stop)
    if found is None:
        return None
    if found.threshold is None:
        return Advice(
            f"No higher threshold is known to be enough. Of {found.judged} pairs over "
            f"{found.model.auto_merge_confidence:g} that people have judged since "
            f"{found.since:%Y-%m-%d}, the surest wrong one had a probability of "
            f"{found.surest_wrong:.3f}, and fewer than {settings.AUDIT_LEAST_A_WEEK} are above it. "
            "While merging is stopped, each decided cluster adds more."
        )
    low, _ = exact_interval(found.right, found.count)
    figures = (
        f"From {found.threshold:g}, {found.right} of {found.count} pairs that people have judged "
        f"since {found.since:%Y-%m-%d} were right"
    )
    if found.threshold <= found.model.auto_merge_confidence:
        return Advice(f"{figures}; {found.model} already merges from there.")
    target = f"{settings.AUTO_MERGE_PRECISION:.1%}"
    sure = (
        f", and with 95% confidence at least {low:.1%} (the target is {target})."
        if found.is_sure
        else f": as the target of {target} asks, though so few prove only {low:.1%}."
    )
    query = {"model": str(found.model.pk), "auto_merge_confidence": f"{found.threshold:g}"}
    return Advice(
        f"{figures}{sure} {str(found.model).capitalize()} currently merges from "
        f"{found.model.auto_merge_confidence:g}; a higher threshold is one way to resume.",
        f"{reverse(PAGE)}?{urlencode(query)}",
    )
