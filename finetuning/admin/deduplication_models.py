"""Model versions: how good each is, and the buttons that start, cancel, activate and deactivate."""

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import capfirst

from finetuning.admin.gate import gate_report
from finetuning.admin.replacement import ReplacementPage
from finetuning.admin.thresholds import ThresholdPages
from finetuning.errors import FineTuningError
from finetuning.evaluation.held_out import misclassifications, reviewed_accuracy
from finetuning.evaluation.report import report_of
from finetuning.lifecycle import activation, polling, start
from finetuning.models import DeduplicationModel, HostedJob, ModelPrediction, ModelStatus
from finetuning.permissions import ADD_MODEL, CHANGE_MODEL, VIEW_TRAINING_FILE
from finetuning.training_data.dataset import Dataset, build_dataset
from finetuning.training_data.export import export_json, export_openai_jsonl
from finetuning.trust.quality import quality
from insights.admin.kit import display
from insights.admin.kit.base import View, posting
from insights.jobs.slots import heavy_work, spooled

EVENTS_LISTED = 100
MISTAKES_LISTED = 100


@admin.register(DeduplicationModel)
class DeduplicationModelAdmin(ThresholdPages, ReplacementPage):
    index_order = 10
    nothing_yet = (
        "No version yet. Decide clusters in the review, then start fine-tuning: it says "
        "what is still missing."
    )
    page_template = "admin/finetuning/model.html"
    change_list_template = "admin/finetuning/model_list.html"
    related = ("training_file", "created_by")
    deferred = ("parameters",)
    list_display = (
        "version_cell",
        "backend",
        "status",
        "active_cell",
        "average_precision",
        "f1",
        "brier",
        "created_at",
    )
    list_filter = ("status",)
    search_fields = ("base_model", "fine_tuned_model_id", "fine_tune_job_id")

    def views(self) -> dict[str, View]:
        return {
            "start/": self.start,
            "deactivate/": self.deactivate,
            "evaluation/": self.evaluation,
            "export/jsonl/": self.export_jsonl,
            "export/json/": self.export_json,
            "<uuid:pk>/activate/": self.activate,
            "<uuid:pk>/cancel/": self.cancel,
            "<uuid:pk>/advance/": self.advance,
            **self.threshold_views(),
            "<uuid:pk>/replace/": self.replace,
        }

    @admin.display(description="Version")
    def version_cell(self, model: DeduplicationModel) -> str:
        return f"version {model.version}"

    @admin.display(description="Active")
    def active_cell(self, model: DeduplicationModel) -> str:
        return "✓ active" if model.is_active else display.NONE

    @admin.display(description="AP vs similarity")
    def average_precision(self, model: DeduplicationModel) -> str:
        return _against_baseline(model, "average_precision")

    @admin.display(description="F1 vs similarity")
    def f1(self, model: DeduplicationModel) -> str:
        return _against_baseline(model, "f1")

    @admin.display(description="Brier vs similarity")
    def brier(self, model: DeduplicationModel) -> str:
        return _against_baseline(model, "brier")

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        return {
            "can_start": request.user.has_perm(ADD_MODEL),
            "can_export": self.has_export_permission(request),
        }

    def page(self, request: HttpRequest, record: DeduplicationModel) -> dict[str, object]:
        may_change = request.user.has_perm(CHANGE_MODEL)
        is_trained = record.status == ModelStatus.SUCCEEDED
        return {
            "title": capfirst(str(record)),
            "model": record,
            "quality": quality(record).sentences() if is_trained else [],
            "report": report_of(record),
            "gate": gate_report(record),
            "curve": [point for point in record.metrics.get("curve", []) if point["selected"]],
            "reliability": [
                each for each in record.metrics.get("reliability", []) if each["count"]
            ],
            "events": record.events.select_related("actor").order_by("-pk")[:EVENTS_LISTED],
            "refresh": not record.is_finished,
            "can_activate": may_change and is_trained and not record.is_active,
            "can_deactivate": may_change and record.is_active,
            "can_roll_back": may_change and record.is_active and record.version > 1,
            "can_cancel": may_change and not record.is_finished,
            "hosted_job": HostedJob.objects.filter(model=record).only("model").first(),
            "predictions_url": display.list_url(ModelPrediction, f"model={record.pk}"),
        }

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(VIEW_TRAINING_FILE))

    @posting(ADD_MODEL, "start fine-tuning")
    def start(self, request: HttpRequest) -> HttpResponse:
        try:
            model = start.start_fine_tuning(created_by=request.user)
        except FineTuningError as error:
            messages.error(request, str(error))
            return redirect(display.list_url(DeduplicationModel))
        messages.success(request, f"Fine-tuning of {model} was started.")
        return redirect(display.url_of(model))

    @posting(CHANGE_MODEL, "continue a model's training")
    def advance(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Do the work in this request, for when no worker takes it."""
        model = polling.advance(self.find(request, pk).pk)
        messages.info(request, f"{model} is {model.get_status_display().lower()}.")
        return redirect(display.url_of(model))

    @posting(CHANGE_MODEL, "cancel a training")
    def cancel(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        return self._change(request, pk, polling.cancel, "Cancelled")

    @posting(CHANGE_MODEL, "activate a model")
    def activate(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Ask first, showing what it will decide from now on; activate on the second POST."""
        model = self.find(request, pk)
        if request.POST.get("confirmed") != "yes":
            return self.render(
                request,
                "admin/finetuning/activate.html",
                title=f"Activate {model}?",
                model=model,
                report=report_of(model),
                quality=quality(model).sentences(),
                doubts=activation.doubts(model),
                active=DeduplicationModel.objects.filter(is_active=True)
                .defer("parameters")
                .first(),
            )
        checked = partial(activation.activate_checked, force=request.POST.get("force") == "yes")
        return self._change(request, pk, checked, "Activated")

    @posting(CHANGE_MODEL, "deactivate a model")
    def deactivate(self, request: HttpRequest) -> HttpResponse:
        model = activation.deactivate(actor=request.user)
        if model is None:
            messages.warning(request, "No model was active.")
            return redirect(display.list_url(DeduplicationModel))
        messages.success(
            request, f"Deactivated: {model}. Nothing is merged automatically from now on."
        )
        return redirect(display.url_of(model))

    def _change(
        self,
        request: HttpRequest,
        pk: UUID,
        change: Callable[..., DeduplicationModel],
        done: str,
    ) -> HttpResponse:
        model = self.find(request, pk)
        try:
            model = change(model, actor=request.user)
        except FineTuningError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{done}: {model}.")
        return redirect(display.url_of(model))

    def evaluation(self, request: HttpRequest) -> HttpResponse:
        """Show how the active or the requested version compares with people's later decisions."""
        if not self.has_view_permission(request):
            raise PermissionDenied("You may not view deduplication models.")
        versions = list(
            DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED)
            .only("version", "backend", "is_active")
            .order_by("-version")[:50]
        )
        asked = request.GET.get("model", "")
        model = next((one for one in versions if str(one.pk) == asked), None) or next(
            (one for one in versions if one.is_active), versions[0] if versions else None
        )
        return self.render(
            request,
            "admin/finetuning/evaluation.html",
            title="Evaluation",
            model=model,
            versions=versions,
            accuracy=reviewed_accuracy(model) if model else None,
            mistakes=misclassifications(model)[: MISTAKES_LISTED + 1] if model else [],
            listed=MISTAKES_LISTED,
            predictions_url=display.list_url(
                ModelPrediction, f"outcome=incorrect&model={model.pk if model else ''}"
            ),
        )

    def export_jsonl(self, request: HttpRequest) -> HttpResponseBase:
        return self._export(request, export_openai_jsonl, "jsonl")

    def export_json(self, request: HttpRequest) -> HttpResponseBase:
        return self._export(request, lambda dataset: export_json(dataset, stats=True), "json")

    def _export(
        self, request: HttpRequest, export: Callable[[Dataset], Iterator[str]], suffix: str
    ) -> HttpResponseBase:
        if not self.has_export_permission(request):
            raise PermissionDenied("You may not export training data.")
        try:
            with heavy_work():
                return _file_of(export(build_dataset()), suffix)
        except FineTuningError as error:
            messages.error(request, str(error))
            return redirect(display.list_url(DeduplicationModel))


def _file_of(pieces: Iterator[str], suffix: str) -> HttpResponseBase:
    kind = {"jsonl": "application/jsonl", "json": "application/json"}[suffix]
    name = f"training-data-{timezone.now():%Y-%m-%d}.{suffix}"
    return spooled(
        StreamingHttpResponse(
            pieces,
            content_type=f"{kind}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    )


def _against_baseline(model: DeduplicationModel, measure: str) -> str:
    """Return the model's own, and similarity's alone, on the held-out pairs."""
    held_out = (model.metrics.get("held_out") or {}).get(measure)
    baseline = (model.metrics.get("baseline") or {}).get(measure)
    if held_out is None:
        return display.NONE
    return f"{held_out:.3f} vs {baseline:.3f}" if baseline is not None else f"{held_out:.3f}"
