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

urlpatterns = [
    path(
        f"{GUIDE}/export-training-data",
        guide_export.ExportTrainingData.as_view(),
        name="export-training-data",
    ),
    path(f"{GUIDE}/fine-tune-model", guide.FineTuneModel.as_view(), name="fine-tune-model"),
    path(f"{GUIDE}/model-status", guide_models.ModelStatusView.as_view(), name="model-status"),
    path("v1/models", models.Models.as_view(), name="models"),
    path(MODEL, models.ModelDetail.as_view(), name="model"),
    path(f"{MODEL}/events", models.ModelEvents.as_view(), name="model-events"),
    path(f"{MODEL}/evaluation", models.ModelEvaluation.as_view(), name="model-evaluation"),
    path(
        f"{MODEL}/misclassifications",
        models.ModelMisclassifications.as_view(),
        name="model-misclassifications",
    ),
    path(f"{MODEL}/thresholds", thresholds.Thresholds.as_view(), name="thresholds"),
    path(
        f"{MODEL}/thresholds/preview",
        threshold_preview.ThresholdPreview.as_view(),
        name="thresholds-preview",
    ),
    path(
        "v1/threshold-changes",
        thresholds.ThresholdChangesList.as_view(),
        name="threshold-changes",
    ),
    path(
        "v1/threshold-changes/<uuid:id>/undo",
        thresholds.ThresholdChangeUndo.as_view(),
        name="threshold-change-undo",
    ),
    path("v1/predictions", predictions.Predictions.as_view(), name="predictions"),
    path("v1/duplicates/check", predictions.DuplicateCheckOne.as_view(), name="duplicate-check"),
    path(
        "v1/duplicates/check-batch",
        predictions.DuplicateCheckBatch.as_view(),
        name="duplicate-check-batch",
    ),
]
