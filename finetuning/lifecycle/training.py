"""A model's life: start, advance, wait, cancel, activate, deactivate."""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from finetuning.backends import backend_named
from finetuning.errors import NotPossible
from finetuning.evaluation.held_out import evaluate_held_out
from finetuning.lifecycle.transitions import move, record
from finetuning.models import DeduplicationModel, ModelStatus, TrainingFile
from finetuning.models.deduplication_model import TERMINAL
from finetuning.thresholds.standing import standing_auto_merge, standing_cluster_out
from finetuning.training_data.dataset import Dataset, TrainingExample, build_dataset, require_enough
from finetuning.training_data.files import file_of, to_training_file
from finetuning.training_data.statistics import statistics
from insights.jobs.locks import advisory_lock
from insights.models import Notice
from insights.webhooks import notify

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0


def start_fine_tuning(
    *, base_model: str | None = None, backend: str = "local", created_by: Any = None
) -> DeduplicationModel:
    """A new version, submitted to its backend and on its way; `advance` carries it on.

    Raises FineTuningError: no or too little training data, unknown backend. When the backend
    refuses, the version is there and has failed, and its error says why.
    """
    trainer = backend_named(backend)
    dataset = build_dataset()
    require_enough(dataset)
    return submit_new(
        "Fine-tuning was asked for.",
        backend=backend,
        base_model=base_model or trainer.default_base_model,
        training_file=_store(dataset),
        training_stats=statistics(dataset),
        created_by=created_by,
    )


def train_replacement(
    model: DeduplicationModel,
    *,
    backend: str = "local",
    base_model: str | None = None,
    created_by: Any = None,
) -> DeduplicationModel:
    """Train a new version on the training file of `model`, held-out part included.

    Raises NotPossible when `model` was trained elsewhere, FineTuningError for an unknown backend.
    """
    if model.training_file is None:
        raise NotPossible(f"{model} was trained elsewhere; there are no decisions to train on.")
    stats = {name: value for name, value in model.training_stats.items() if name != "training"}
    return submit_new(
        f"Requested as a replacement of {model}, from the same decisions.",
        backend=backend,
        base_model=base_model or backend_named(backend).default_base_model,
        training_file=model.training_file,
        training_stats=stats,
        created_by=created_by,
    )


def submit_new(message: str, *, created_by: Any, **fields: Any) -> DeduplicationModel:
    """The next version with these fields, given to its backend. What people set as thresholds
    goes over to it."""
    fields |= {
        "auto_merge_confidence": standing_auto_merge(),
        "cluster_out_confidence": standing_cluster_out(),
    }
    with transaction.atomic():
        model = _insert(created_by=created_by, **fields)
        record(model, message, actor=created_by)
    _submit(model)
    # Without a broker it stands in the queue of the database: whoever advances it next goes on.
    transaction.on_commit(lambda: _enqueue(model.pk), robust=True)
    return model


def advance(model_id: UUID) -> DeduplicationModel:
    """Take a model one step on; a local one is trained to the end and evaluated.

    Does nothing when it is finished, or when another process has it in hand.
    """
    with advisory_lock(f"model:{model_id}") as free:
        model = DeduplicationModel.objects.get(pk=model_id)
        if not free:
            return model
        if not model.is_finished:
            _attempt(model)
        if _lacks_evaluation(model):
            _evaluate(model)
    return model


def unfinished() -> list[UUID]:
    """The versions that `advance` has something to do for, the oldest first."""
    return list(
        DeduplicationModel.objects.exclude(status__in=TERMINAL)
        .union(DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED, metrics={}))
        .order_by("version")
        .values_list("pk", flat=True)
    )


def wait(model: DeduplicationModel, timeout: float | None = None) -> DeduplicationModel:
    """Carry a model on until it is finished, whatever the outcome.

    Raises NotPossible when `timeout` seconds pass before; the work then goes on elsewhere.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        model = advance(model.pk)
        if model.is_finished and not _lacks_evaluation(model):
            return model
        if deadline is not None and time.monotonic() >= deadline:
            raise NotPossible(
                f"{model} is still {model.get_status_display().lower()} after {timeout:g} s. "
                "Its status goes on to change; look with `manage.py model_status`."
            )
        time.sleep(POLL_SECONDS)


def cancel(model: DeduplicationModel, *, actor: Any = None) -> DeduplicationModel:
    """Raises NotPossible when it is finished already."""
    model.refresh_from_db()
    while not model.is_finished:
        backend_named(model.backend).cancel(model)
        if move(model, ModelStatus.CANCELLED, "Cancelled.", actor=actor):
            return model
    raise NotPossible(f"{model} has {_outcome(model)} already; there is nothing to cancel.")


@transaction.atomic
def activate(model: DeduplicationModel, actor: Any = None) -> DeduplicationModel:
    """Make it the one that decides; the one before steps back. Raises NotPossible."""
    versions = lock_all()
    model = versions.get(model.pk, model)
    if model.status != ModelStatus.SUCCEEDED:
        raise NotPossible(
            f"{model} cannot be activated: its training has {_outcome(model)}. "
            "Only a model whose training succeeded can decide."
        )
    if model.is_active:
        return model
    for other in versions.values():
        if other.is_active:
            _set_active(other, False, f"Deactivated: {model} takes over.", actor)
    _set_active(model, True, "Activated.", actor)
    return model


@transaction.atomic
def deactivate(actor: Any = None) -> DeduplicationModel | None:
    """Go on without a model. The one that was active, or None."""
    for model in lock_all().values():
        if model.is_active:
            _set_active(model, False, "Deactivated.", actor)
            return model
    return None


def lock_all() -> dict[UUID, DeduplicationModel]:
    """All versions, locked in one order: whoever changes which is active, or from where on one
    merges, waits here."""
    return {
        model.pk: model
        for model in DeduplicationModel.objects.select_for_update(of=("self",)).order_by("version")
    }


def _insert(**fields: Any) -> DeduplicationModel:
    """With the next version. Of two at once, one waits for the other's commit and counts on."""
    while True:
        newest = DeduplicationModel.objects.aggregate(newest=Max("version"))["newest"] or 0
        try:
            with transaction.atomic():
                return DeduplicationModel.objects.create(version=newest + 1, **fields)
        except IntegrityError as error:
            if "model_version_once" not in str(error):
                raise


def _store(dataset: Dataset) -> TrainingFile:
    counts: Counter[tuple[str, bool]] = Counter()

    def counted() -> Iterator[TrainingExample]:
        for one in dataset.examples():
            counts[one.split, one.label] += 1
            yield one

    content = to_training_file(counted())
    pk, sha256 = TrainingFile.digest(content)
    file, _ = TrainingFile.objects.get_or_create(
        pk=pk,
        defaults={
            "sha256": sha256,
            "content": content,
            "positives": counts["train", True],
            "negatives": counts["train", False],
            "held_out_positives": counts["held_out", True],
            "held_out_negatives": counts["held_out", False],
        },
    )
    return file


def _enqueue(model_id: UUID) -> None:
    from finetuning.tasks import advance_model

    advance_model.delay(str(model_id))


def _submit(model: DeduplicationModel) -> None:
    with advisory_lock(f"model:{model.pk}") as free:
        if free:
            _attempt(model)


def _attempt(model: DeduplicationModel) -> None:
    """One step of the backend; what it raises becomes the model's error."""
    backend = backend_named(model.backend)
    try:
        if model.status == ModelStatus.VALIDATING_FILES and not model.fine_tune_job_id:
            backend.start(model, file_of(model))
        else:
            backend.advance(model)
    except Exception as error:
        logger.exception("Fine-tuning of %s failed.", model)
        reason = str(error) or type(error).__name__
        move(model, ModelStatus.FAILED, reason, level="error", error=reason)


def _lacks_evaluation(model: DeduplicationModel) -> bool:
    return model.status == ModelStatus.SUCCEEDED and not model.metrics


def _evaluate(model: DeduplicationModel) -> None:
    try:
        model.metrics = evaluate_held_out(model)
    except Exception as error:
        logger.exception("The evaluation of %s failed.", model)
        model.metrics = {"held_out": None, "reason": f"The evaluation failed: {error}"}
        record(model, model.metrics["reason"], level="error")
    else:
        record(model, "Evaluated on the held-out decisions.")
    model.save(update_fields=["metrics"])


def _set_active(model: DeduplicationModel, active: bool, message: str, actor: Any) -> None:
    model.is_active = active
    model.activated_at = timezone.now() if active else model.activated_at
    model.save(update_fields=["is_active", "activated_at"])
    record(model, message, actor=actor)
    if active:
        notify(Notice.VERSION_ACTIVATED, {"model": str(model.pk), "version": model.version})


def _outcome(model: DeduplicationModel) -> str:
    return {
        ModelStatus.SUCCEEDED: "succeeded",
        ModelStatus.FAILED: "failed",
        ModelStatus.CANCELLED: "been cancelled",
    }.get(ModelStatus(model.status), "not ended")
