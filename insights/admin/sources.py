"""Sources: uploads, their progress, and their results."""

import logging
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from insights.admin.columns import CHOICES, groups_of, settle
from insights.admin.kit import display, run_labels
from insights.admin.kit.base import COUNT_AT_MOST, PageAdmin, View, posting
from insights.admin.runs import is_moving
from insights.admin.upload import Taken, UploadForm, hand_over, take
from insights.ids import as_uuid
from insights.ingest.pipeline import AlreadyProcessing, process
from insights.ingest.readers import FORMATS
from insights.ingest.removal.source import (
    UNDO_DAYS,
    CannotRestore,
    preview_removal,
    remove,
    restore,
)
from insights.ingest.sources import queue_processing
from insights.ingest.take_in import take_in
from insights.jobs.slots import heavy_work
from insights.models import (
    Insight,
    InsightSource,
    LeftOutText,
    ProcessingRun,
    RunStatus,
    Source,
)
from insights.permissions import ADD_SOURCE, StaffRequest

logger = logging.getLogger(__name__)

LISTED = 20


def _counted(name: str, title: str) -> Callable[["SourceAdmin", Source], str]:
    """Return a column with a count of the last run."""

    @admin.display(description=title)
    def cell(self: "SourceAdmin", source: Source) -> str:
        number = sum(run.counts.get(name, 0) for run in vars(source)["last_runs"])
        return f"{number:,}" if number else display.NONE

    return cell


@admin.register(Source)
class SourceAdmin(PageAdmin[Source]):
    index_order = 10
    nothing_yet = "No source yet. Add one: notes, a transcript, an article or a table."
    page_template = "admin/insights/source.html"
    related = ("created_by",)
    list_display = (
        "title", "format", "state", "statements", "new_insights", "merged", "created_at",
        "created_by",
    )  # fmt: skip
    list_filter = ("format", "created_at")
    search_fields = ("title", "name")
    sortable_by = ("created_at",)

    def views(self) -> dict[str, View]:
        return {
            "columns/": self.columns,
            "<uuid:pk>/process/": self.process,
            "<uuid:pk>/take-in/": self.take_in,
            "<uuid:pk>/removal/": self.removal,
            "<uuid:pk>/remove/": self.remove,
            "<uuid:pk>/restore/": self.restore,
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        last = ProcessingRun.objects.order_by("source_id", "-started_at").distinct("source_id")
        found = super().get_queryset(request)
        return found.prefetch_related(Prefetch("runs", last, to_attr="last_runs"))

    @admin.display(description="State")
    def state(self, source: Source) -> str:
        if source.removed_at:
            return "Removed"
        if source.needs_columns:
            return "Choose its columns"
        (run,) = vars(source)["last_runs"] or [None]
        return run.get_status_display() if run else "Not read yet"

    statements = _counted("statements", "Statements")
    new_insights = _counted("created", "New insights")
    merged = _counted("merged", "Merged by the model")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def add_view(  # type: ignore[override]
        self,
        request: StaffRequest,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Return the upload page.

        Answers a POST with the outcome for each file; sending it again is harmless, because a known
        file creates nothing.
        """
        if not self.has_add_permission(request):
            raise PermissionDenied("You may not add sources. Ask an administrator.")
        taken: list[Taken] = []
        is_sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
        if is_sent and form.is_valid():
            with heavy_work(sum(file.size for file in form.cleaned_data["file"])):
                taken = take(form, request.user)
            asking = [str(one.source.pk) for one in taken if one.source and one.asks]
            if asking and len(asking) == len(taken):
                return redirect(f"{reverse('admin:insights_source_columns')}?{_ids(asking)}")
            if all(one.source for one in taken):
                form = UploadForm()
        return self.render(
            request,
            "admin/insights/upload.html",
            title="Add sources",
            form=form,
            taken=[one for one in taken if one.source],
            refused=[one for one in taken if not one.source],
            asking=_ids([str(one.source.pk) for one in taken if one.source and one.asks]),
            formats=FORMATS,
        )

    def page(self, request: HttpRequest, record: Source) -> dict[str, object]:
        left_out = LeftOutText.objects.filter(source=record, taken_in_at__isnull=True)
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
            "can_process": not (is_done or is_working or record.needs_columns)
            and not record.removed_at
            and request.user.has_perm(ADD_SOURCE),
            "may_change": request.user.has_perm(ADD_SOURCE),
            "left_out": left_out[: LISTED + 1],
            "left_out_count": left_out[:COUNT_AT_MOST].count(),
            "last_counts": runs[0].counts if runs else {},
            "can_remove": is_done and not record.removed_at,
            "undo_days": UNDO_DAYS,
            "found": InsightSource.objects.filter(source=record)
            .select_related("insight")
            .order_by("ordinal")[: LISTED + 1],
            "listed": LISTED,
            "insights_url": display.list_url(Insight, f"source={record.pk}"),
        }

    @posting(ADD_SOURCE, "process a source")
    @heavy_work()
    def process(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Do the work in this request, for when no worker takes it."""
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
                f"Processing failed: {error}. What was done so far is kept. Process it again to "
                "continue.",
            )
        else:
            messages.success(request, f"Processed: {run_labels.count_line(run.counts)}.")
        return redirect(display.url_of(source))

    def columns(self, request: StaffRequest) -> HttpResponse:
        """Ask which columns hold what, once a header, and show what would come in."""
        if not self.has_add_permission(request):
            raise PermissionDenied("You may not add sources. Ask an administrator.")
        asked = filter(None, map(as_uuid, request.GET.getlist("id")))
        sources = list(Source.objects.filter(pk__in=list(asked), needs_columns=True))
        sent = request.POST if request.method == "POST" else None
        with heavy_work(sum(source.size for source in sources)):
            groups = groups_of(sources, sent)
        if sent is not None and "start" in sent and not any(group.error for group in groups):
            started = [source for group in groups for source in settle(group)]
            waiting = [source for source in started if not hand_over(source, request.user)]
            for source in waiting:
                messages.warning(request, f"{source} is stored, but no worker could be reached.")
            messages.success(request, f"Started: {', '.join(map(str, started))}.")
            if len(started) == 1:
                return redirect(display.url_of(started[0]))
            return redirect("admin:insights_source_changelist")
        return self.render(
            request,
            "admin/insights/columns.html",
            title="Choose the columns",
            groups=groups,
            choices=CHOICES,
        )

    @posting(ADD_SOURCE, "take texts in")
    def take_in(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Take in the left-out texts as they are: all, or those that were ticked."""
        source = self.find(request, pk)
        ticked = [pk for pk in map(as_uuid, request.POST.getlist("text")) if pk]
        taken = take_in(source, only=ticked or None, by=request.user)
        messages.success(request, f"Texts imported as they are: {taken}.")
        return redirect(display.url_of(source))

    def removal(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Show what a removal would change, and the button for it."""
        source = self.find(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied("You may not remove sources. Ask an administrator.")
        return self.render(
            request,
            "admin/insights/removal.html",
            title=f"Remove {source}?",
            original=source,
            removal=preview_removal(source),
            undo_days=UNDO_DAYS,
        )

    @posting(ADD_SOURCE, "remove a source")
    def remove(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        source = self.find(request, pk)
        if source.removed_at is None:
            gone = remove(source)
            messages.success(
                request,
                f"Removed: {gone.occurrences} occurrences, {gone.insights_that_go} insights. It "
                f"can be undone for {UNDO_DAYS} days.",
            )
        return redirect(display.url_of(source))

    @posting(ADD_SOURCE, "restore a source")
    def restore(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        source = self.find(request, pk)
        try:
            messages.success(request, f"Restored: {restore(source)} occurrences.")
        except CannotRestore as error:
            messages.warning(request, str(error))
        return redirect(display.url_of(source))


def _ids(ids: list[str]) -> str:
    return urlencode([("id", pk) for pk in ids])
