"""A replacement from the same decisions: labels outlive every vendor."""

from typing import Any

from finetuning.backends import backend_named
from finetuning.errors import NotPossible
from finetuning.lifecycle.training import submit_new
from finetuning.models import DeduplicationModel


def train_replacement(
    model: DeduplicationModel,
    *,
    backend: str = "local",
    base_model: str | None = None,
    created_by: Any = None,
) -> DeduplicationModel:
    """A new version on the old one's own training file, held-out part included.

    Raises NotPossible for a model that was trained elsewhere, FineTuningError for a backend that
    does not exist.
    """
    if model.training_file is None:
        raise NotPossible(f"{model} was trained elsewhere; there are no decisions to train on.")
    return submit_new(
        f"A replacement of {model} from the same decisions was asked for.",
        backend=backend,
        base_model=base_model or backend_named(backend).default_base_model,
        training_file=model.training_file,
        training_stats={
            name: value for name, value in model.training_stats.items() if name != "training"
        },
        created_by=created_by,
    )
