"""What fine-tuning refuses, in the guide's words, each message saying how to mend it."""

MINIMUM_PER_LABEL = 10  # the guide's, and OpenAI's least number of examples


class FineTuningError(Exception):
    """Something that the user can mend; the message is for them."""


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
    """The model's status does not allow it."""


class StaleThresholds(NotPossible):
    """Somebody changed the thresholds, or which version decides, since they were looked at."""
