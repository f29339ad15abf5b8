"""The local trainer: logistic regression on features of the pair, in this process, in seconds."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from finetuning.backends import StatementPair
from finetuning.errors import FineTuningError
from finetuning.ml.features import TokenReader
from finetuning.ml.local_model import Contribution, LocalModel, ModelFileError
from finetuning.ml.thresholds import link_threshold
from finetuning.ml.training import TrainingCancelled, TrainingPairs, train
from finetuning.models import (
    Backend,
    DeduplicationModel,
    ModelStatus,
    ThresholdChange,
    TrainingFile,
)
from finetuning.training_data.dataset import TrainingExample
from finetuning.training_data.files import examples_of
from finetuning.transitions import move, record
from finetuning.trust.basis import record_decisions
from finetuning.trust.evidence import vectors_of
from insights.embedding.service import embedder
from insights.models import Insight, InsightStatus
from insights.models.run import MAX_ATTEMPTS

SEED = 42
CORPUS = 20_000  # statements
KEPT = 4  # loaded versions a process
DIED = "The process that trained it ended early; training starts again."


class LocalBackend:
    name: str = Backend.LOCAL
    default_base_model = "local-logistic-v1"

    def start(self, model: DeduplicationModel, training_file: TrainingFile) -> None:
        if model.base_model != self.default_base_model:
            raise FineTuningError(
                f"Invalid base model “{model.base_model}”: the local backend has "
                f"“{self.default_base_model}” only."
            )
        move(
            model,
            ModelStatus.QUEUED,
            f"Training file {training_file.pk} is valid: {training_file.positives} positive and "
            f"{training_file.negatives} negative examples.",
            fine_tune_job_id=f"local-{model.pk.hex[:24]}",
        )

    def advance(self, model: DeduplicationModel) -> None:
        """Train to the end. A model found running was left by a process that died: start again."""
        if model.status == ModelStatus.RUNNING:
            if model.events.filter(message=DIED).count() >= MAX_ATTEMPTS - 1:
                raise FineTuningError(
                    f"Its process ended {MAX_ATTEMPTS} times while it was trained. Look for the "
                    "cause in the worker's log (is there enough memory?), then start another one."
                )
            record(model, DIED)
        elif not move(model, ModelStatus.RUNNING, "Training has started."):
            return
        examples = examples_of(model, "train")

        def progress(step: int, message: str, metrics: dict[str, float]) -> None:
            record(model, message, data={"step": step, **metrics})

        def cancelled() -> bool:
            return not DeduplicationModel.objects.filter(
                pk=model.pk, status=ModelStatus.RUNNING
            ).exists()

        try:
            trained = train(
                training_pairs(examples),
                corpus=_corpus(),
                vectors=_vectors(examples),
                reader=token_reader(),
                seed=SEED,
                progress=progress,
                cancelled=cancelled,
            )
        except TrainingCancelled:
            model.refresh_from_db()
            return
        record_decisions(model, examples, trained.out_of_fold.probability)
        move(
            model,
            ModelStatus.SUCCEEDED,
            f"Trained on {len(examples)} examples.",
            parameters={
                "model": trained.model.to_json(),
                "out_of_fold": trained.out_of_fold.to_json(),
            },
            cluster_out_confidence=ThresholdChange.objects.standing_cluster_out(
                link_threshold(trained.out_of_fold.probability)
            ),
            fine_tuned_model_id=trained.model.digest,
            training_stats={**model.training_stats, "training": trained.report.as_dict()},
        )

    def cancel(self, model: DeduplicationModel) -> None:
        """Do nothing: the training looks at the model's status between its steps."""

    def scorer(self, model: DeduplicationModel) -> "LocalScorer":
        return LocalScorer(_loaded(model))


class LocalScorer:
    def __init__(self, model: LocalModel) -> None:
        self._model = model

    def probabilities(self, pairs: Sequence[StatementPair]) -> NDArray[np.float64]:
        return self._model.predict_probability(*_columns(pairs))

    def explain(self, pairs: Sequence[StatementPair]) -> list[list[Contribution]]:
        return self._model.explain(*_columns(pairs))


def _columns(pairs: Sequence[StatementPair]) -> tuple[list[str], list[str], list[float]]:
    return (
        [pair.statement1 for pair in pairs],
        [pair.statement2 for pair in pairs],
        [pair.similarity for pair in pairs],
    )


# A version never changes once trained; its JSON takes some 10 ms to read and check.
_kept: dict[tuple[UUID, str, str], LocalModel] = {}


def _loaded(model: DeduplicationModel) -> LocalModel:
    """Return the stored model, parsed once a process. Raises ModelFileError."""
    key = model.pk, model.fine_tuned_model_id, settings.EMBEDDER
    found = _kept.get(key)
    if found is None:
        found = LocalModel.from_json(_part(model, "model"), token_reader())
        while len(_kept) >= KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = found
    return found


def token_reader() -> TokenReader | None:
    """Return the embedder if it gives token states, as the local one does."""
    found: Any = embedder()
    return found if hasattr(found, "token_states") else None


def _corpus() -> list[str]:
    """Return statements that the version will meet, for the document frequencies; no labels."""
    active = Insight.objects.filter(status=InsightStatus.ACTIVE).order_by("content_hash")
    return list(active.values_list("statement", flat=True)[:CORPUS])


def _vectors(examples: Sequence[TrainingExample]) -> dict[str, NDArray[np.float32]]:
    """Return the stored embedding of each statement that has one of the serving embedder."""
    statement = {one.insight1_id: one.statement1 for one in examples}
    statement |= {one.insight2_id: one.statement2 for one in examples}
    stored = vectors_of(statement)
    return {statement[pk]: vector for pk, vector in stored.items()}


def _part(model: DeduplicationModel, name: str) -> Any:
    stored = model.parameters
    if not isinstance(stored, dict) or name not in stored:
        raise ModelFileError(f"{model} has no {name.replace('_', '-')} stored: train it again.")
    return stored[name]


def training_pairs(examples: Sequence[TrainingExample]) -> TrainingPairs:
    """Return the examples as `train` takes them; pairs of one decision share a fold."""
    return TrainingPairs(
        left=[one.statement1 for one in examples],
        right=[one.statement2 for one in examples],
        similarity=np.array([one.similarity for one in examples]),
        label=np.array([one.label for one in examples]),
        group=[one.group for one in examples],
    )
