"""Turn errors of fine-tuning into the API's problems, in the guide's words."""

from rest_framework.response import Response

from finetuning.errors import (
    FineTuningError,
    InsufficientTrainingData,
    NotFit,
    NotPossible,
    NoTrainingData,
    StaleThresholds,
)
from insights.api.http.base import ApiView
from insights.api.http.problems import Conflict, Problem, Unprocessable


def as_problem(error: FineTuningError) -> Problem:
    if isinstance(error, NoTrainingData):
        return Conflict(str(error), code="no_training_data", error="No training data available")
    if isinstance(error, InsufficientTrainingData):
        return Conflict(
            str(error), code="insufficient_training_data", error="Insufficient training data"
        )
    if isinstance(error, StaleThresholds):
        return Conflict(str(error), code="stale")
    if isinstance(error, NotFit):
        return Conflict(f"{error} Send “force”: true to confirm.", code="not_fit")
    if isinstance(error, NotPossible):
        return Conflict(str(error), code="not_possible")
    return Unprocessable(str(error), code="fine_tuning_refused")


class FineTuningErrors(ApiView):
    """Answers refusals of services as problems. Mix in before ApiView or a subclass."""

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(
            as_problem(exc) if isinstance(exc, FineTuningError) else exc
        )
