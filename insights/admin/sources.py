"""Sources: what was uploaded, how far it has come, what came out of it."""

import logging
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat

from insights.admin.kit import display, run_labels
from insights.admin.kit.base import PageAdmin, posting
from insights.admin.runs import is_moving
from insights.admin.upload import Taken, UploadForm, take
from insights.ingest.pipeline import AlreadyProcessing, process
from insights.ingest.readers import SUPPORTED_SUFFIXES
from insights.ingest.sources import queue_processing
from insights.models import Insight, InsightSource, RunStatus, Source

logger = logging.getLogger(__name__)

LISTED = 20


@admin.register(Source)
class SourceAdmin(PageAdmin):
    index_order = 10
    nothing_yet = "No source yet. Add one: notes, a transcript, an article or a table."
    page_template = "admin/insights/source.html"
    related = ("created_by",)
    list_display = ("title", "name", "format", "size_cell", "created_at", "created_by")
    list_filter = ("format", "created_at")
    search_fields = ("title", "name")
    sortable_by = ("created_at",)

    def views(self) -> dict[str, Any]:
        return {"<uuid:pk>/process/": self.process}

    @admin.display(description="Size")
    def size_cell(self, source: Source) -> str:
        return filesizeformat(source.size)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The upload page. Answers a POST with what became of each file; sending it again is
        harmless, because the same file again creates nothing.
        """
        if not self.has_add_permission(request):
            raise PermissionDenied("You may not add sources. Ask an administrator for it.")
        taken: list[Taken] = []
        is_sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
        if is_sent and form.is_valid():
            taken = take(form, request.user)
            if all(one.source for one in taken):
                form = UploadForm()
        return self.render(
            request,
            "admin/insights/upload.html",
            title="Add sources",
            form=form,
            taken=[one for one in taken if one.source],
            refused=[one for one in taken if not one.source],
            suffixes=sorted(SUPPORTED_SUFFIXES),
        )

    def page(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        runs = list(record.runs.select_related("started_by")[:LISTED])
        is_done = any(run.status == RunStatus.SUCCEEDED for run in runs)
        is_working = any(run.status == RunStatus.RUNNING and is_moving(run) for run in runs)
        return {
            "title": record.title,
            "runs": [
                (run, run_labels.count_line(run.counts), run_labels.seconds_line(run.timings))
                for run in runs
            ],
            "refresh": not is_done and any(is_moving(run) for run in runs),
            "can_process": not (is_done or is_working)
            and request.user.has_perm("insights.add_source"),
            "found": InsightSource.objects.filter(source=record)
            .select_related("insight")
            .defer("insight__embedding")
            .order_by("ordinal")[: LISTED + 1],
            "listed": LISTED,
            "insights_url": display.list_url(Insight, f"source={record.pk}"),
        }

    @posting("insights.add_source", "process a source")
    def process(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """In the request itself, for when no worker takes it."""
        source = self.find(request, pk)
        try:
            run = process(
                source,
                started_by=request.user,
                queued=queue_processing(source, started_by=request.user),
            )
        except AlreadyProcessing as error:
            messages.warning(request, str(error))
        except Exception as error:
            logger.exception("Processing of %s failed.", source.pk)
            messages.error(
                request,
                f"Processing failed: {error}. What was done until then is kept; processing again "
                "goes on from there.",
            )
        else:
            messages.success(request, f"Processed: {run_labels.count_line(run.counts)}.")
        return redirect(display.url_of(source))
