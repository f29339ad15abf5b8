"""Start, queue and end clustering runs; pipeline.py has their steps.

An automatic run (after an upload, or by a schedule) gives way to one that a person starts: it is
cancelled, and the other one starts when it has stopped.
"""

import json
import logging
import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils.text import slugify

from insights.clustering.changes import any_changes
from insights.clustering.evidence import rules
from insights.clustering.join.known import Known
from insights.clustering.pipeline import Clustering
from insights.clustering.similarity import Cancelled
from insights.decider import DuplicateDecider, duplicate_decider
from insights.embedding.service import embedder
from insights.jobs.locks import advisory_lock, is_connection_lost, wait_for_turn
from insights.jobs.progress import Progress, recorded, silent
from insights.models import ClusteringChange, ClusteringRun, RunStatus
from insights.models.run import UNFINISHED
from insights.permissions import Actor, account
from insights.types import JSONObject

logger = logging.getLogger(__name__)

_FEW, _SHARE = 1000, 0.1  # changes, and their share of the rows, up to which only they are compared

ALREADY_RUNNING = (
    "Clustering is already running. Wait for it to end, or cancel it in the admin under "
    "“Clustering runs”."
)


class AlreadyRunning(Exception):
    """Another process is clustering right now."""


def run_clustering(
    *,
    started_by: Actor = None,
    threshold: float | None = None,
    max_size: int | None = None,
    only_new: bool = False,
    is_automatic: bool = False,
    queued: ClusteringRun | None = None,
    progress: Progress = silent,
) -> ClusteringRun:
    """Propose clusters of near-duplicates among all active insights.

    `only_new`: look only where something has changed since the last run, with the same result. It
    becomes a full run if the last one had another model or other parameters, or if its outcome,
    a folder under VAR, is not here. `queued` is a row of `queue_clustering`, with its own
    parameters. Raises AlreadyRunning. A cancelled run is returned
    and a failure raised, each recorded in the row.
    """
    with advisory_lock(ClusteringRun.lock_name) as free:
        if not free:
            raise AlreadyRunning(ALREADY_RUNNING)
        ClusteringRun.fail_abandoned(
            except_=queued, error="The process died before the run ended. Nothing was written."
        )
        decider = duplicate_decider()
        run = queued or ClusteringRun(
            started_by=account(started_by),
            parameters=_parameters(threshold, max_size),
            only_new=only_new,
            is_automatic=is_automatic,
        )
        # Of the version active now, not when the run was queued.
        run.parameters = _as_of_now(run.parameters, decider)
        if queued is None:
            run.model_version = decider.model_version
            run.save(force_insert=True)
        elif not run.begin(model_version=decider.model_version, parameters=run.parameters):
            return run
        run.basis = _basis(run.parameters, decider)
        last = _last_succeeded()
        known = Known.load(_kept(last)) if last is not None and run.basis == last.basis else None
        run.only_new = run.only_new and known is not None and not _much_has_changed(known)
        run.save(update_fields=["basis", "only_new"])
        work = Clustering(
            run,
            decider,
            recorded(run, progress),
            known if run.only_new else None,
            lists=known.lists if known is not None else None,
            same_rules=_has_rules_of_now(last),
        )
        try:
            work.execute()
        except Cancelled:
            run.finish(
                RunStatus.CANCELLED, error="Cancelled. Nothing was written.", **work.so_far()
            )
        except BaseException as error:
            if is_connection_lost(error):
                raise  # left `running` without its lock: the sweep queues it again
            run.finish(RunStatus.FAILED, error=f"{type(error).__name__}: {error}", **work.so_far())
            raise
        else:
            # A stand-in for the active model may have answered: then the next run asks anew.
            if work.all_answered and run.basis == _basis(run.parameters, decider):
                _keep(run, work.known, last)
                if not ClusteringRun.objects.filter(pk=run.pk, basis=run.basis).exists():
                    shutil.rmtree(_kept(run), ignore_errors=True)  # somebody was erased meanwhile
        return run


@transaction.atomic
def queue_clustering(
    *, started_by: Actor = None, threshold: float | None = None, max_size: int | None = None
) -> ClusteringRun:
    """Return the row of a run that a worker will take; automatic runs are cancelled.

    A run that is already waiting is returned: it will see the same insights. Raises AlreadyRunning
    if somebody else's run is at work.
    """
    wait_for_turn("queue clustering")
    for run in ClusteringRun.objects.filter(is_automatic=True, status__in=UNFINISHED):
        run.cancel()
    with advisory_lock(ClusteringRun.lock_name) as free:
        asked_for = ClusteringRun.objects.filter(is_automatic=False, status=RunStatus.RUNNING)
        if not free and asked_for.exists():
            raise AlreadyRunning(ALREADY_RUNNING)
    run, _ = ClusteringRun.objects.get_or_create(
        status=RunStatus.QUEUED,
        defaults={
            "started_by": account(started_by),
            "parameters": _parameters(threshold, max_size),
        },
    )
    return run


@transaction.atomic
def queue_automatic() -> ClusteringRun:
    """Return the row of an incremental run, or the one that is already waiting."""
    wait_for_turn("queue clustering")
    run, _ = ClusteringRun.objects.get_or_create(
        status=RunStatus.QUEUED,
        defaults={
            "is_automatic": True,
            "only_new": True,
            "parameters": _parameters(None, None),
        },
    )
    return run


def _parameters(threshold: float | None, max_size: int | None) -> JSONObject:
    return {
        "threshold": settings.CANDIDATE_SIMILARITY if threshold is None else threshold,
        "max_size": settings.CLUSTER_MAX_SIZE if max_size is None else max_size,
        "in": settings.CLUSTER_IN_CONFIDENCE,
    }


def anything_to_do() -> bool:
    """Return whether an incremental run could find something that the last run could not.

    True if there are changes, or the active model or a threshold differs from the last successful
    run. A threshold or size that a person gave that run by hand stays until something changes.
    """
    last = _last_succeeded()
    if last is None or any_changes():
        return True
    decider = duplicate_decider()
    return last.basis != _basis(_as_of_now(last.parameters, decider), decider)


def _as_of_now(parameters: JSONObject, decider: DuplicateDecider) -> JSONObject:
    return {**parameters, "out": decider.out_below}


def _basis(parameters: JSONObject, decider: DuplicateDecider) -> str:
    """Return the models and parameters that the result depends on."""
    models = {
        "embedding": embedder().name,
        "duplicates": decider.model_version,
        "guard": rules(),
    }
    return json.dumps({**models, **parameters}, sort_keys=True)


def _has_rules_of_now(last: ClusteringRun | None) -> bool:
    return last is not None and json.loads(last.basis or "{}").get("guard") == rules()


def kept_files() -> Path:
    """Return the folder of what runs of this database keep for the next one."""
    return Path(settings.VAR) / "candidates" / slugify(connection.settings_dict["NAME"])


def _kept(run: ClusteringRun) -> Path:
    return kept_files() / str(run.pk)


def _much_has_changed(known: Known) -> bool:
    """Return whether a run over everything is quicker, or its lists would not suit any more."""
    changes, rows = ClusteringChange.objects.count(), len(known.ids)
    outgrown = len(known.lists.centres) > 1 and not known.lists.suits(rows + changes)
    return outgrown or changes > max(_FEW, rows * _SHARE)


def _keep(run: ClusteringRun, known: Known | None, last: ClusteringRun | None) -> None:
    """Keep the outcome of the run for the next one, in the place of the last run's."""
    if known is None:
        return
    try:
        known.save(_kept(run), before=_kept(last or run))
        for folder in kept_files().iterdir():
            if folder != _kept(run):
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        logger.warning("The outcome is not kept; the next run compares everything: %s.", error)


def _last_succeeded() -> ClusteringRun | None:
    succeeded = ClusteringRun.objects.filter(status=RunStatus.SUCCEEDED)
    return succeeded.order_by("-finished_at").first()
