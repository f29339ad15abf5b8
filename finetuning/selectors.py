"""Shared queries of the admin, the API and the commands: the state of the models."""

from dataclasses import dataclass

from finetuning.errors import FineTuningError
from finetuning.evaluation.held_out import ReviewedAccuracy, reviewed_accuracy
from finetuning.models import DeduplicationModel
from finetuning.training_data.statistics import DecisionCounts, decision_counts
from insights.models import PairLabel


@dataclass(frozen=True)
class ModelsReport:
    """The guide's model-status: the active model, all models, accuracy, training data.

    `accuracy` is the active model's on reviewed predictions, None without one. `positive_pairs` and
    `negative_pairs` count all labels in force, before the cap and the split.
    """

    active: DeduplicationModel | None
    models: list[DeduplicationModel]
    accuracy: ReviewedAccuracy | None
    decisions: DecisionCounts
    positive_pairs: int
    negative_pairs: int


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


def model_status() -> ModelsReport:
    models = list(DeduplicationModel.objects.defer("parameters").select_related("created_by"))
    active = next((model for model in models if model.is_active), None)
    return ModelsReport(
        active=active,
        models=models,
        accuracy=reviewed_accuracy(active) if active else None,
        decisions=decision_counts(),
        positive_pairs=PairLabel.objects.filter(is_same=True).count(),
        negative_pairs=PairLabel.objects.filter(is_same=False).count(),
    )
