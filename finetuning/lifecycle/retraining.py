"""Retrain on the decisions made since: train a version and activate it if it passes the gate.

One retraining runs at a time. It can be interrupted and continued at any step, because a hosted job
takes hours and a process may die. The schedule calls `retrain`, the poll `go_on`.
"""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from finetuning.errors import FineTuningError
from finetuning.evaluation.gate import Verdict, examine
from finetuning.lifecycle.activation import activate
from finetuning.lifecycle.polling import advance, cancel
from finetuning.lifecycle.start import start_fine_tuning
from finetuning.models import (
    DeduplicationModel,
    ModelStatus,
    RetrainingOutcome,
    RetrainingRun,
    ThresholdChange,
)
from finetuning.training_data.dataset import Dataset, build_dataset, require_enough
from finetuning.training_data.files import examples_of
from finetuning.transitions import record
from insights.jobs.locks import advisory_lock
from insights.models import RunStatus
from insights.models.run import UNFINISHED
from insights.permissions import Actor, account
from insights.types import JSONObject

logger = logging.getLogger(__name__)


class AlreadyRetraining(Exception):
    """Another process is retraining."""


def retrain(*, started_by: Actor = None, always: bool = False) -> RetrainingRun:
    """Continue the retraining under way or start one, and return its run.

    `always`: even with few new decisions; the guide's minimum and the gate still apply. With a
    hosted backend the run is returned unfinished: call again later. A failure is in the run's
    `error`. Raises AlreadyRetraining.
    """
    with advisory_lock("retraining") as free:
        if not free:
            raise AlreadyRetraining("A retraining is already under way. Wait for it to finish.")
        run = RetrainingRun.objects.filter(status__in=UNFINISHED).first()
        if run is None:
            run = RetrainingRun.objects.create(started_by=account(started_by))
            return _recorded(run, lambda: _start(run, always))
        return _recorded(run, lambda: _go_on(run))


def is_under_way() -> bool:
    return RetrainingRun.objects.filter(status__in=UNFINISHED).exists()


def go_on() -> RetrainingRun | None:
    """Continue a retraining under way; None without one, or when another process has it."""
    if not is_under_way():
        return None
    with advisory_lock("retraining") as free:
        run = RetrainingRun.objects.filter(status__in=UNFINISHED).first()
        if not free or run is None:
            return None
        return _recorded(run, lambda: _go_on(run))


def _recorded(run: RetrainingRun, work: Callable[[], None]) -> RetrainingRun:
    """Do the work; an exception ends the run and is stored in it, a killed process leaves it."""
    try:
        if run.cancel_requested():
            _cancel(run)
        else:
            work()
    except FineTuningError as error:
        run.finish(RunStatus.FAILED, error=str(error))
    except Exception as error:
        logger.exception("The retraining failed.")
        run.finish(RunStatus.FAILED, error=f"{type(error).__name__}: {error}")
    return run


def _cancel(run: RetrainingRun) -> None:
    if run.model is not None and not run.model.is_finished:
        cancel(run.model)
    run.finish(RunStatus.CANCELLED, error="Cancelled. The active version was kept.")


def _start(run: RetrainingRun, always: bool) -> None:
    dataset = build_dataset()
    run.counts = _counts(dataset)
    if (reason := _not_needed(run.counts)) and not always:
        run.finish(
            RunStatus.SUCCEEDED,
            outcome=RetrainingOutcome.NOT_NEEDED,
            reason=reason,
            counts=run.counts,
        )
        return
    run.save(update_fields=["counts"])
    require_enough(dataset)
    _go_on(run)


def _counts(dataset: Dataset) -> JSONObject:
    """Count the decisions to learn from; "new" ones the newest trained version has not seen."""
    newest = (
        DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED, training_file__isnull=False)
        .order_by("-version")
        .first()
    )
    known = set()
    if newest is not None:
        known = {one.decision_id for one in examples_of(newest)}
    decided = dataset.decisions()
    positive, negative = dataset.count("train", True), dataset.count("train", False)
    return {
        "decisions": len(decided),
        "new_decisions": len(decided - known),
        "since_version": newest.version if newest else None,
        "positive": positive,
        "negative": negative,
        "held_out": len(dataset) - positive - negative,
    }


def _not_needed(counts: JSONObject) -> str:
    """Return why no version is worth training; empty when one is."""
    new, least = counts["new_decisions"], settings.RETRAIN_MIN_NEW_DECISIONS
    if new < least:
        since = counts["since_version"]
        return (
            f"{new} new decisions"
            + (f" since version {since}" if since else "")
            + f"; training needs {least} (RETRAIN_MIN_NEW_DECISIONS)."
        )
    positive, negative = counts["positive"], counts["negative"]
    share = min(positive, negative) / max(1, positive + negative)
    if share < settings.RETRAIN_MIN_BALANCE:
        rarer = "positive" if positive < negative else "negative"
        return (
            f"Out of balance: {positive} positive and {negative} negative examples. Decide more "
            f"clusters with {rarer} pairs; at least {settings.RETRAIN_MIN_BALANCE:.0%} of the "
            "examples are needed (RETRAIN_MIN_BALANCE)."
        )
    return ""


def _go_on(run: RetrainingRun) -> None:
    if run.model is None:
        run.report("train", 0, 1)
        run.model = _left_by_dead_process(run) or start_fine_tuning(
            backend=settings.RETRAIN_BACKEND, created_by=run.started_by
        )
        run.save(update_fields=["model"])
    model = advance(run.model.pk)
    run.model = model
    if not model.is_finished or (model.status == ModelStatus.SUCCEEDED and not model.metrics):
        return
    if model.status != ModelStatus.SUCCEEDED:
        run.finish(
            RunStatus.FAILED,
            error=f"{model} has {model.status}: {model.error or 'no reason given'}",
        )
        return
    run.report("compare", 1, 2)
    _decide(run, model)


def _left_by_dead_process(run: RetrainingRun) -> DeduplicationModel | None:
    """Find the version made for this run by a process that died before it could record it."""
    return (
        DeduplicationModel.objects.filter(
            created_at__gte=run.started_at,
            created_by=run.started_by,
            backend=settings.RETRAIN_BACKEND,
            retraining_runs__isnull=True,
        )
        .order_by("version")
        .first()
    )


def _decide(run: RetrainingRun, model: DeduplicationModel) -> None:
    """Apply the gate. Measure again when another version was activated meanwhile."""
    while True:
        if model.is_active:
            reason = "A person had activated it before it was compared."
            run.finish(RunStatus.SUCCEEDED, outcome=RetrainingOutcome.ACTIVATED, reason=reason)
            return
        verdict = examine(model, DeduplicationModel.objects.active())
        with transaction.atomic():
            now = DeduplicationModel.objects.select_for_update().filter(is_active=True).first()
            if (now and now.pk) == verdict.against:
                _settle(run, model, verdict)
                return
        model.refresh_from_db()


def _settle(run: RetrainingRun, model: DeduplicationModel, verdict: Verdict) -> None:
    passed, reason = verdict.result.passed, " ".join(verdict.result.reasons)
    model.auto_merge_confidence = verdict.result.threshold.threshold
    model.cluster_out_confidence = ThresholdChange.objects.standing_cluster_out(
        model.cluster_out_confidence
    )
    model.save(update_fields=["auto_merge_confidence", "cluster_out_confidence"])
    record(
        model,
        f"{'Passed' if passed else 'Failed'} the gate against {verdict.against_name}. {reason}",
        level="info" if passed else "warning",
        data={"gate": verdict.as_dict()},
    )
    if passed:
        run.model = activate(model)
    run.finish(
        RunStatus.SUCCEEDED,
        outcome=RetrainingOutcome.ACTIVATED if passed else RetrainingOutcome.KEPT,
        reason=reason,
    )
