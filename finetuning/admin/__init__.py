"""The admin of model versions, their predictions and their training data."""

from finetuning.admin import (
    dashboard,
    deduplication_models,
    hosted,
    predictions,
    records,
    retraining_runs,
)
