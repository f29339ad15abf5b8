"""The admin of what is learned: model versions, their predictions and what they were trained on."""

from finetuning.admin import deduplication_models, predictions, records

__all__ = ["deduplication_models", "predictions", "records"]
