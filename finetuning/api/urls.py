"""The addresses of this app's part of the API."""

from django.urls import path

from finetuning.api import guide
from finetuning.api import tasks as tasks  # adds fine-tuning to the kinds of tasks

GUIDE = "admin/insights"

urlpatterns = [
    path(
        f"{GUIDE}/export-training-data",
        guide.ExportTrainingData.as_view(),
        name="export-training-data",
    ),
    path(f"{GUIDE}/fine-tune-model", guide.FineTuneModel.as_view(), name="fine-tune-model"),
    path(f"{GUIDE}/model-status", guide.ModelStatusView.as_view(), name="model-status"),
]
