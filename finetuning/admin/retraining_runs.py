"""Retrainings: the outcome of each and why; start, cancel, roll back to the version before."""

from typing import ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from finetuning.admin.gate import gate_report
from finetuning.errors import FineTuningError
from finetuning.lifecycle.activation import roll_back
from finetuning.models import RetrainingRun
from finetuning.permissions import ADD_MODEL, CHANGE_MODEL
from insights.admin.kit import display
from insights.admin.kit.base import Names, View, posting
from insights.admin.runs import RunAdmin
from insights.jobs.enqueue import enqueue


@admin.register(RetrainingRun)
class RetrainingRunAdmin(RunAdmin[RetrainingRun]):
    index_order = 15
    nothing_yet = (
        "No retraining yet. It starts on schedule once there are enough decisions, or "
        "when you start it."
    )
    page_template = "admin/finetuning/retraining_run.html"
    cancel_permission = CHANGE_MODEL
    change_list_template = "admin/finetuning/retraining_list.html"
    related: ClassVar[Names] = ("started_by", "model")
    deferred: ClassVar[Names] = ("model__parameters", "model__training_stats", "model__metrics")
    list_display = ("started_at", "status", "outcome", "model", "reason")
    list_filter: ClassVar[Names] = ("status", "started_at", "outcome")

    def views(self) -> dict[str, View]:
        return {
            "start/": self.start,
            "roll-back/": self.roll_back,
            **super().views(),
        }

    def page(self, request: HttpRequest, record: RetrainingRun) -> dict[str, object]:
        started = f"{record.started_at:%Y-%m-%d %H:%M}"
        # A hosted job is looked at once a minute: its silence says nothing.
        return {
            **super().page(request, record),
            "is_silent": False,
            "gate": gate_report(record.model) if record.model else None,
            "title": f"Retraining of {started} UTC",
        }

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        return {
            "can_start": request.user.has_perm(ADD_MODEL),
            "can_roll_back": request.user.has_perm(CHANGE_MODEL),
        }

    @posting(ADD_MODEL, "start a retraining")
    def start(self, request: HttpRequest) -> HttpResponse:
        if enqueue("finetuning.tasks.retrain"):
            messages.success(request, "Retraining started in the background.")
        else:
            messages.error(
                request,
                "No worker can be reached. Ask an administrator to start one (make worker).",
            )
        return redirect(display.list_url(RetrainingRun))

    @posting(CHANGE_MODEL, "roll back to the previous version")
    def roll_back(self, request: HttpRequest) -> HttpResponse:
        try:
            model = roll_back(actor=request.user)
        except FineTuningError as error:
            messages.warning(request, str(error))
            return redirect(display.list_url(RetrainingRun))
        messages.success(request, f"{model} is active again.")
        return redirect(display.url_of(model))
