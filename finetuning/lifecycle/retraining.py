"""Learn from what was decided since: train a version, let it through the gate, or say why not.

One retraining at a time. It may be left and gone on with at any step: a hosted job takes hours,
and a process may die. `retrain` starts one or goes on; the schedule and the poll both call it.
"""

import logging
from typing import Any

from django.conf import settings
from django.db import transaction

from finetuning.errors import FineTuningError, NotPossible
from finetuning.evaluation.gate import Verdict, examine
from finetuning.lifecycle import training as lifecycle
from finetuning.lifecycle.transitions import record
from finetuning.models import (
    DeduplicationModel,
    ModelStatus,
    RetrainingOutcome,
    RetrainingRun,
)
from finetuning.thresholds.standing import standing_cluster_out
from finetuning.training_data.dataset import Dataset, build_dataset, require_enough
from finetuning.training_data.files import examples_of
from insights.jobs.locks import advisory_lock
from insights.models import RunStatus
from insights.models.run import UNFINISHED

logger = logging.getLogger(__name__)


class AlreadyRetraining(Exception):
    """Another process has the retraining in hand."""


def retrain(*, started_by: Any = None, always: bool = False) -> RetrainingRun:
    """Go on with the retraining that is under way, or start one; the run, which says how it went.

    `always`: also with few new decisions; the guide's minimum holds all the same, and so does the
    gate. With a hosted backend the run comes back unfinished: call again later. What fails is in
    the run's `error`. Raises AlreadyRetraining.
    """
    with advisory_lock("retraining") as free:
        if not free:
            raise AlreadyRetraining("A retraining is under way. Wait for it to end.")
        run = RetrainingRun.objects.filter(status__in=UNFINISHED).first()
        if run is None:
            run = RetrainingRun.objects.create(started_by=started_by)
            return _recorded(run, lambda: _start(run, always))
        return _recorded(run, lambda: _go_on(run))


def is_under_way() -> bool:
    return RetrainingRun.objects.filter(status__in=UNFINISHED).exists()


def go_on() -> RetrainingRun | None:
    """Only what is under way; None when nothing is, or another process has it in hand."""
    if not is_under_way():
        return None
    with advisory_lock("retraining") as free:
        run = RetrainingRun.objects.filter(status__in=UNFINISHED).first()
        if not free or run is None:
            return None
        return _recorded(run, lambda: _go_on(run))


def roll_back(*, actor: Any = None) -> DeduplicationModel:
    """Activate the version that decided before the active one. Raises NotPossible."""
    with transaction.atomic():
        active = DeduplicationModel.objects.select_for_update().filter(is_active=True).first()
        if active is None:
            raise NotPossible("No version is active, so there is nothing to roll back.")
        before = (
            DeduplicationModel.objects.filter(
                status=ModelStatus.SUCCEEDED,
                activated_at__isnull=False,
                version__lt=active.version,
            )
            .order_by("-version")
            .first()
        )
        if before is None:
            raise NotPossible(
                f"No version before {active} ever decided. Deactivate it to go on by similarity."
            )
        record(active, f"Rolled back to {before}.", level="warning", actor=actor)
        return lifecycle.activate(before, actor=actor)


def _recorded(run: RetrainingRun, work: Any) -> RetrainingRun:
    """What goes wrong ends the run and is told in it; a killed process leaves it as it is."""
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
        lifecycle.cancel(run.model)
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


def _counts(dataset: Dataset) -> dict[str, Any]:
    """How much there is to learn; "new" is what the newest trained version has not seen."""
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


def _not_needed(counts: dict[str, Any]) -> str:
    """Empty when a version is worth training."""
    new, least = counts["new_decisions"], settings.RETRAIN_MIN_NEW_DECISIONS
    if new < least:
        since = counts["since_version"]
        return (
            f"{new} new decisions"
            + (f" since version {since}" if since else "")
            + f"; from {least} on a version is trained (RETRAIN_MIN_NEW_DECISIONS)."
        )
    positive, negative = counts["positive"], counts["negative"]
    share = min(positive, negative) / max(1, positive + negative)
    if share < settings.RETRAIN_MIN_BALANCE:
        rarer = "positive" if positive < negative else "negative"
        return (
            f"Out of balance: {positive} positive and {negative} negative examples. Decide more "
            f"clusters with {rarer} pairs; at least {settings.RETRAIN_MIN_BALANCE:.0%} of the "
            "examples should be such (RETRAIN_MIN_BALANCE)."
        )
    return ""


def _go_on(run: RetrainingRun) -> None:
    if run.model is None:
        run.report("train", 0, 1)
        run.model = _left_by_a_died_process(run) or lifecycle.start_fine_tuning(
            backend=settings.RETRAIN_BACKEND, created_by=run.started_by
        )
        run.save(update_fields=["model"])
    model = lifecycle.advance(run.model.pk)
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


def _left_by_a_died_process(run: RetrainingRun) -> DeduplicationModel | None:
    """The version that was made for this run, when the process died before it could note it."""
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
    """The gate. When another version was activated while it was measured, it is measured again."""
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
    model.cluster_out_confidence = standing_cluster_out()
    model.save(update_fields=["auto_merge_confidence", "cluster_out_confidence"])
    record(
        model,
        f"{'Passed' if passed else 'Failed'} the gate against {verdict.against_name}. {reason}",
        level="info" if passed else "warning",
        data={"gate": verdict.as_dict()},
    )
    if passed:
        run.model = lifecycle.activate(model)
    run.finish(
        RunStatus.SUCCEEDED,
        outcome=RetrainingOutcome.ACTIVATED if passed else RetrainingOutcome.KEPT,
        reason=reason,
    )
