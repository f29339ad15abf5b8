"""The admin of what is learned: model versions, their predictions and what they were trained on."""

from finetuning.admin import (
    dashboard,
    deduplication_models,
    evaluations,
    hosted,
    predictions,
    records,
    retraining_runs,
)

__all__ = [
    "dashboard",
    "deduplication_models",
    "evaluations",
    "hosted",
    "predictions",
    "records",
    "retraining_runs",
]
