"""Add a week's work to the demo's data, for the pages that are empty on the first day."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from finetuning.evaluation import learning_curve
from finetuning.lifecycle.retraining import retrain
from finetuning.models import RetrainingRun
from insights.audit.answers import answer, waiting
from insights.audit.precision import MeasuredPrecision, exact_interval, merging_version
from insights.audit.sampling import draw
from insights.models import AuditItem, AutoMergeStop

ANSWERED = 3  # the rest waits, to have its picture taken


def work(reviewer: Any) -> None:
    """Retrain, draw the learning curve and answer some of the audit; a second call adds nothing."""
    if not RetrainingRun.objects.exists():
        retrain(started_by=reviewer, always=True)
    learning_curve.draw()
    draw()
    if AuditItem.objects.exclude(verdict="").exists():
        return
    for item in waiting().order_by("pk")[:ANSWERED]:
        answer(item.pk, reviewer=reviewer, same=True)


@contextmanager
def stopped() -> Iterator[str]:
    """Provide the page of a stop of automatic merging for a while; its numbers are invented."""
    version, audited, right = merging_version(), 60, 51
    low, high = exact_interval(right, audited)
    numbers = MeasuredPrecision(
        model_version=version,
        since=timezone.now(),
        audited=audited,
        right=right,
        waiting=0,
        precision=right / audited,
        low=low,
        high=high,
    )
    stop = AutoMergeStop.objects.create(
        model_version=version,
        numbers=numbers.as_dict(),
        reason=f"Of {audited} audited merges of {version}, {right} were right: "
        f"{right / audited:.1%}, and with 95% confidence at most {high:.1%}. "
        f"The target is {settings.AUTO_MERGE_PRECISION:.1%}.",
    )
    try:
        yield reverse("admin:insights_automergestop_change", args=[stop.pk])
    finally:
        stop.delete()
