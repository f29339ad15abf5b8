"""Start the training of a new version, from the decisions or as a replacement of an older one."""

from collections import Counter
from collections.abc import Iterator, Mapping

from django.db import transaction
from django.db.models import Max

from finetuning.backends import backend_named
from finetuning.errors import NotPossible
from finetuning.lifecycle.polling import submit
from finetuning.models import DeduplicationModel, ModelStatus, ThresholdChange, TrainingFile
from finetuning.models.deduplication_model import HOSTED_BACKENDS, TERMINAL
from finetuning.training_data.dataset import Dataset, TrainingExample, build_dataset, require_enough
from finetuning.training_data.files import to_training_file
from finetuning.training_data.statistics import statistics
from finetuning.transitions import record
from insights.jobs.enqueue import enqueue
from insights.jobs.locks import wait_for_turn
from insights.openai import NotConfigured, client
from insights.permissions import Actor, account

MAX_UNFINISHED = 10


def start_fine_tuning(
    *,
    base_model: str | None = None,
    backend: str = "local",
    created_by: Actor = None,
    same_again: bool = True,
) -> DeduplicationModel:
    """Submit a new version to its backend; `polling.advance` carries it on.

    Without `same_again`, a version of the same decisions, backend and base model that has not
    failed is returned in its place.

    Raises FineTuningError for an unknown backend, one without its key, no training data or too
    little. When the backend refuses, the version exists and has failed, and its error says why.
    """
    trainer = backend_named(backend)
    dataset = build_dataset()
    require_enough(dataset)
    return submit_new(
        "Fine-tuning was requested.",
        backend=backend,
        base_model=base_model or trainer.default_base_model,
        training_file=_store(dataset),
        training_stats=statistics(dataset),
        created_by=created_by,
        same_again=same_again,
    )


def train_replacement(
    model: DeduplicationModel,
    *,
    backend: str = "local",
    base_model: str | None = None,
    created_by: Actor = None,
) -> DeduplicationModel:
    """Train a new version on the old one's own training file: labels outlive every vendor.

    Raises NotPossible for a model that was trained elsewhere, FineTuningError for an unknown
    backend.
    """
    if model.training_file is None:
        raise NotPossible(f"{model} was trained elsewhere; there are no decisions to train on.")
    return submit_new(
        f"Requested as a replacement of {model}, from the same decisions.",
        backend=backend,
        base_model=base_model or backend_named(backend).default_base_model,
        training_file=model.training_file,
        training_stats={
            name: value for name, value in model.training_stats.items() if name != "training"
        },
        created_by=created_by,
    )


def submit_new(
    message: str, *, created_by: Actor, same_again: bool = True, **fields: object
) -> DeduplicationModel:
    """Create the next version, with the thresholds that people set last, and submit it.

    Raises NotPossible while too many versions are in training, and without the backend's key.
    """
    if fields["backend"] in HOSTED_BACKENDS:
        try:
            client()
        except NotConfigured as error:
            raise NotPossible(str(error)) from None
    fields |= {
        "auto_merge_confidence": ThresholdChange.objects.standing_auto_merge(),
        "cluster_out_confidence": ThresholdChange.objects.standing_cluster_out(),
        "auto_merge_proof": ThresholdChange.objects.standing_proof(),
    }
    with transaction.atomic():
        wait_for_turn("fine-tuning")
        if not same_again and (twin := _twin(fields)):
            return twin
        unfinished = DeduplicationModel.objects.exclude(status__in=TERMINAL).count()
        if unfinished >= MAX_UNFINISHED:
            raise NotPossible(
                f"{unfinished} versions are in training already. Wait for them to end, or cancel "
                "some."
            )
        newest = DeduplicationModel.objects.aggregate(newest=Max("version"))["newest"] or 0
        model = DeduplicationModel.objects.create(
            version=newest + 1, created_by=account(created_by), **fields
        )
        record(model, message, actor=created_by)
    submit(model)
    # Without a broker it waits in the database until something advances it.
    transaction.on_commit(
        lambda: enqueue("finetuning.tasks.advance_model", str(model.pk)), robust=True
    )
    return model


def _twin(fields: Mapping[str, object]) -> DeduplicationModel | None:
    """Return the newest version of the same training that has not failed."""
    same = {name: fields[name] for name in ("backend", "base_model", "training_file")}
    failed = (ModelStatus.FAILED, ModelStatus.CANCELLED)
    return DeduplicationModel.objects.filter(**same).exclude(status__in=failed).first()


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
