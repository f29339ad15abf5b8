"""The addresses of this app's part of the API."""

from django.urls import path

from finetuning.api import (
    guide,
    guide_export,
    guide_models,
    models,
    predictions,
    threshold_preview,
    thresholds,
)
from finetuning.api import tasks as tasks  # adds fine-tuning to the kinds of tasks

GUIDE = "admin/insights"
MODEL = "v1/models/<uuid:id>"

ROUTES = [
    (f"{GUIDE}/export-training-data", guide_export.ExportTrainingData, "export-training-data"),
    (f"{GUIDE}/fine-tune-model", guide.FineTuneModel, "fine-tune-model"),
    (f"{GUIDE}/model-status", guide_models.ModelStatusView, "model-status"),
    ("v1/models", models.Models, "models"),
    (MODEL, models.ModelDetail, "model"),
    (f"{MODEL}/events", models.ModelEvents, "model-events"),
    (f"{MODEL}/evaluation", models.ModelEvaluation, "model-evaluation"),
    (f"{MODEL}/misclassifications", models.ModelMisclassifications, "model-misclassifications"),
    (f"{MODEL}/thresholds", thresholds.Thresholds, "thresholds"),
    (f"{MODEL}/thresholds/preview", threshold_preview.ThresholdPreview, "thresholds-preview"),
    ("v1/threshold-changes", thresholds.ThresholdChangesList, "threshold-changes"),
    (
        "v1/threshold-changes/<uuid:id>/undo",
        thresholds.ThresholdChangeUndo,
        "threshold-change-undo",
    ),
    ("v1/predictions", predictions.Predictions, "predictions"),
    ("v1/duplicates/check", predictions.DuplicateCheckOne, "duplicate-check"),
    ("v1/duplicates/check-batch", predictions.DuplicateCheckBatch, "duplicate-check-batch"),
]

urlpatterns = [path(address, view.as_view(), name=name) for address, view, name in ROUTES]
