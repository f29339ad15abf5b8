"""Versions of all backends on the same held-out decisions: quality, calibration, time, cost."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Avg, Sum

from finetuning.backends import backend_named
from finetuning.errors import FineTuningError
from finetuning.ml.metrics import Evaluation, evaluate
from finetuning.models import DeduplicationModel, TrainingFile
from finetuning.training_data.dataset import TrainingExample
from finetuning.training_data.files import from_training_file
from insights.models import ApiCall, ApiCallState

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """One version's results. For one that cannot answer, `evaluation` is None and `error` says why.

    `ms_per_pair` and `usd_per_1000` of a hosted version are those of its calls in the ledger, one
    pair a call; of a local one, the time measured here and no cost.
    """

    model: DeduplicationModel
    evaluation: Evaluation | None
    error: str
    ms_per_pair: float | None
    usd_per_1000: float | None
    unasked: int = 0  # held-out pairs whose answer is not kept yet


@dataclass(frozen=True, slots=True)
class Comparison:
    positives: int
    negatives: int
    rows: list[Row]

    @property
    def count(self) -> int:
        return self.positives + self.negatives


def side_by_side(models: Sequence[DeduplicationModel], *, ask: bool = True) -> Comparison:
    """Compare versions on the held-out decisions.

    Stored answers cost nothing; unless `ask`, a version that lacks some is left out, and no
    provider is asked. Raises FineTuningError if there is nothing to compare on.
    """
    examples = held_out(models)
    label = np.array([one.label for one in examples], dtype=bool)
    return Comparison(
        positives=int(label.sum()),
        negatives=int((~label).sum()),
        rows=[_row(model, examples, label, ask=ask) for model in models],
    )


def held_out(models: Sequence[DeduplicationModel]) -> list[TrainingExample]:
    """Return the held-out part of the newest version's training file.

    No version was trained on it, because a statement's split never changes. Raises FineTuningError
    if there is none.
    """
    files = [model.training_file_id for model in models if model.training_file_id]
    if not files:
        raise FineTuningError("There is no version with training data to compare.")
    newest = TrainingFile.objects.defer(None).filter(pk__in=files).order_by("-created_at")[0]
    found = [one for one in from_training_file(newest.content) if one.split == "held_out"]
    if not found:
        raise FineTuningError("No example is held out yet: decide more clusters, then train again.")
    return found


def _row(
    model: DeduplicationModel,
    examples: Sequence[TrainingExample],
    label: np.ndarray,
    *,
    ask: bool,
) -> Row:
    started = time.perf_counter()
    try:
        if not ask and model.is_hosted and (unasked := _unasked(model, examples)):
            why = f"It has not been asked about {unasked} of the {len(examples)} pairs yet."
            return Row(model, None, why, None, None, unasked)
        probability = backend_named(model.backend).scorer(model).probabilities(examples)
    except Exception as error:
        logger.warning("%s cannot be compared: %s", model, error)
        return Row(model, None, str(error), None, None)
    measured = 1000 * (time.perf_counter() - started) / len(examples)
    if not model.is_hosted:
        return Row(model, evaluate(probability, label), "", measured, 0.0)
    calls = ApiCall.objects.filter(
        model=model.fine_tuned_model_id, purpose="prediction", state=ApiCallState.ANSWERED
    )
    said = calls.aggregate(ms=Avg("latency_ms"), usd=Sum("cost_usd"))
    cost = None if said["usd"] is None else 1000 * float(said["usd"]) / calls.count()
    return Row(model, evaluate(probability, label), "", said["ms"], cost)


def _unasked(model: DeduplicationModel, examples: Sequence[TrainingExample]) -> int:
    from finetuning.backends.openai.scorer import HostedScorer

    return HostedScorer(model.fine_tuned_model_id, model.parameters).unasked(examples)
