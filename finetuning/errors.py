"""Errors of fine-tuning in the guide's words; each message says how to fix it."""

from finetuning.ml.data.training_pairs import MINIMUM_PER_LABEL


class FineTuningError(Exception):
    """An error that the user can fix; the message is for them."""


class NoTrainingData(FineTuningError):
    def __init__(self) -> None:
        super().__init__(
            "No training data available. Create manual merge decisions first: "
            "run clustering, review and approve or reject clusters, then try again."
        )


class InsufficientTrainingData(FineTuningError):
    def __init__(self, positive: int, negative: int, held_out: int) -> None:
        beside = f" ({held_out} more are held out for evaluation)" if held_out else ""
        super().__init__(
            f"Insufficient training data. Need at least {MINIMUM_PER_LABEL} positive and "
            f"{MINIMUM_PER_LABEL} negative examples, have {positive} and {negative}{beside}. "
            "Create more manual decisions."
        )


class NotPossible(FineTuningError):
    """Raised when the model's status does not allow it."""


class NotFit(NotPossible):
    """The version measures badly; activating it has to be confirmed."""


class StaleThresholds(NotPossible):
    """Raised when somebody changed the thresholds or the active version since they were shown."""
