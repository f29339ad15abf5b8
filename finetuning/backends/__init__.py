"""The TrainerBackend protocol, and the backends by name."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from django.utils.module_loading import import_string
from numpy.typing import NDArray

from finetuning.errors import FineTuningError
from finetuning.ml.local_model import Contribution
from finetuning.models import DeduplicationModel, TrainingFile


class StatementPair(Protocol):
    """Two statements in a fixed order (stored insights: the smaller id first), and their cosine."""

    @property
    def statement1(self) -> str: ...
    @property
    def statement2(self) -> str: ...
    @property
    def similarity(self) -> float: ...


class PairScorer(Protocol):
    def probabilities(self, pairs: Sequence[StatementPair]) -> NDArray[np.float64]:
        """Return (n,) float64: the calibrated chance that each pair should be merged."""
        ...

    def explain(self, pairs: Sequence[StatementPair]) -> list[list[Contribution]]:
        """Return each pair's reasons, the strongest first; empty if the backend cannot tell."""
        ...


class TrainerBackend(Protocol):
    """Moves a model through its statuses with `lifecycle.transitions.move` and records events.

    Each call is made under the model's lock. What it raises fails the model, with the exception's
    message as its error.
    """

    name: str

    @property
    def default_base_model(self) -> str: ...

    def start(self, model: DeduplicationModel, training_file: TrainingFile) -> None:
        """Submit: sets the job id and moves the status on. `training_file` has its content."""
        ...

    def advance(self, model: DeduplicationModel) -> None:
        """Check the job once and move the status on."""
        ...

    def cancel(self, model: DeduplicationModel) -> None:
        """Tell the job to stop. The status is the caller's."""
        ...

    def scorer(self, model: DeduplicationModel) -> PairScorer:
        """Return a scorer of the stored model. Raises if the model cannot be used."""
        ...


BACKENDS = {
    "local": "finetuning.backends.local.LocalBackend",
    "openai": "finetuning.backends.openai.trainer.HostedBackend",
    "zero_shot": "finetuning.backends.openai.zero_shot.ZeroShotBackend",
}


def backend_named(name: str) -> TrainerBackend:
    if name not in BACKENDS:
        raise FineTuningError(
            f"There is no fine-tuning backend “{name}”. Choose one of: {', '.join(BACKENDS)}."
        )
    backend: TrainerBackend = import_string(BACKENDS[name])()
    return backend
