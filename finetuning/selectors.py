"""The model version that a command names."""

from finetuning.errors import FineTuningError
from finetuning.models import DeduplicationModel


def version(number: int) -> DeduplicationModel:
    model = DeduplicationModel.objects.filter(version=number).first()
    if model is None:
        there = ", ".join(
            str(other) for other in DeduplicationModel.objects.values_list("version", flat=True)
        )
        raise FineTuningError(
            f"There is no version {number}. "
            + (f"There are: {there}." if there else "Train one with `manage.py fine_tune`.")
        )
    return model


def active_model() -> DeduplicationModel:
    model = DeduplicationModel.objects.active()
    if model is None:
        raise FineTuningError(
            "No model is active. Name a version, or activate one with "
            "`manage.py activate_model VERSION`."
        )
    return model
