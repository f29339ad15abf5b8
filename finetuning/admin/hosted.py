"""The provider's side of hosted models: the job, its cost, the shutdown date."""

from datetime import timedelta

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst

from finetuning.backends.openai.shutdown import WARN_DAYS
from finetuning.models import HostedJob
from finetuning.permissions import ADD_MODEL, CHANGE_MODEL
from insights.admin.kit.base import PageAdmin

EVENTS_LISTED = 100


@admin.register(HostedJob)
class HostedJobAdmin(PageAdmin[HostedJob]):
    index_order = 60
    page_template = "admin/finetuning/hosted_job.html"
    related = ("model",)
    ordering = ("-model__version",)
    list_display = (
        "model_cell",
        "upstream_status",
        "trained_tokens",
        "cost_usd",
        "shutdown_date",
        "looked_at",
    )
    search_fields = ("upstream_status", "trouble")

    @admin.display(description="Model")
    def model_cell(self, job: HostedJob) -> str:
        return str(job.model)

    def page(self, request: HttpRequest, record: HostedJob) -> dict[str, object]:
        model = record.model
        return {
            "title": f"{capfirst(str(model))} at the provider",
            "job": record,
            "model": model,
            "ends_soon": ends_soon(record),
            "events": model.events.select_related("actor").order_by("-pk")[:EVENTS_LISTED],
            "can_replace": request.user.has_perm(ADD_MODEL) and model.training_file_id is not None,
            "can_cancel": request.user.has_perm(CHANGE_MODEL) and not model.is_finished,
        }


def ends_soon(job: HostedJob) -> bool:
    """Return True if it shuts down within half a year, or has already."""
    day = job.shutdown_date
    return day is not None and day <= timezone.now().date() + timedelta(days=WARN_DAYS)
