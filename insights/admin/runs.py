"""Processing runs and clustering runs: progress while they run, counts and timings afterwards."""

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from insights.admin.kit import display, run_labels
from insights.admin.kit.base import Names, PageAdmin, View, posting
from insights.clustering.run import AlreadyRunning, queue_clustering, run_clustering
from insights.jobs.enqueue import enqueue_run
from insights.jobs.waiting import waits_for
from insights.models import ClusteringRun, ProcessingRun, RunStatus
from insights.models.run import UNFINISHED, AnyRun, Run
from insights.permissions import ADD_CLUSTERING, CHANGE_CLUSTERING, CHANGE_PROCESSING

# A run reports twice a second; one that is silent for this long was killed or is stuck.
SILENT_AFTER = timedelta(minutes=2)


def is_silent(run: Run) -> bool:
    return run.status == RunStatus.RUNNING and timezone.now() - run.heartbeat_at > SILENT_AFTER


def is_moving(run: Run) -> bool:
    """Return True if the page should refresh: the run works, or was queued just now."""
    if run.status == RunStatus.QUEUED:
        return timezone.now() - run.started_at < SILENT_AFTER
    return run.status == RunStatus.RUNNING and not is_silent(run)


class RunAdmin(PageAdmin[AnyRun]):
    page_template = "admin/insights/run.html"
    cancel_permission: ClassVar[str]
    related: ClassVar[Names] = ("started_by",)
    sortable_by = ("started_at",)
    list_filter: ClassVar[Names] = ("status", "started_at")

    def page(self, request: HttpRequest, record: AnyRun) -> dict[str, object]:
        return {
            "run": record,
            "is_silent": is_silent(record),
            "waits_for": waits_for(record) if record.status == RunStatus.QUEUED else "",
            "counts": run_labels.count_rows(record.counts),
            "steps": run_labels.step_rows(record.timings),
            "parameters": run_labels.parameter_rows(getattr(record, "parameters", {})),
            "refresh": is_moving(record),
            "can_cancel": record.status in UNFINISHED
            and request.user.has_perm(self.cancel_permission),
        }

    @admin.display(description="Progress")
    def progress(self, run: Run) -> SafeString | str:
        if run.status != RunStatus.RUNNING or not run.progress_total:
            return display.NONE
        return format_html(
            '{} <progress value="{}" max="{}"></progress> {} of {}',
            run.progress_step,
            run.progress_done,
            run.progress_total,
            run.progress_done,
            run.progress_total,
        )

    @admin.display(description="Outcome")
    def outcome(self, run: Run) -> str:
        return run.error[:160] or run_labels.count_line(run.counts)

    @admin.display(description="Took")
    def took(self, run: Run) -> str:
        return run_labels.seconds_line(run.timings)

    def views(self) -> dict[str, View]:
        return {"<uuid:pk>/cancel/": self.cancel}

    def cancel(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        return posting(self.cancel_permission, "cancel this run")(RunAdmin._cancel)(
            self, request, pk
        )

    def _cancel(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        run = self.find(request, pk)
        if run.cancel():
            messages.success(request, "The run is stopping.")
        else:
            messages.warning(request, "The run has already ended.")
        return redirect(display.url_of(run))


@admin.register(ProcessingRun)
class ProcessingRunAdmin(RunAdmin[ProcessingRun]):
    index_order = 60
    nothing_yet = "Nothing processed yet. Each source that you add has a run here."
    cancel_permission = CHANGE_PROCESSING
    related = ("source", "started_by")
    list_display = ("started_at", "source_link", "status", "progress", "outcome", "took")

    @admin.display(description="Source")
    def source_link(self, run: ProcessingRun) -> SafeString | str:
        return display.link(run.source)

    def page(self, request: HttpRequest, record: ProcessingRun) -> dict[str, object]:
        return {**super().page(request, record), "title": f"Processing of “{record.source}”"}


@admin.register(ClusteringRun)
class ClusteringRunAdmin(RunAdmin[ClusteringRun]):
    index_order = 50
    nothing_yet = (
        "No clustering yet. It runs after each upload and every hour, or when you start it."
    )
    list_display = ("started_at", "status", "model_version", "progress", "outcome", "took")
    cancel_permission = CHANGE_CLUSTERING
    change_list_template = "admin/insights/cluster_list.html"

    def views(self) -> dict[str, View]:
        return {"start/": self.start, **super().views()}

    def page(self, request: HttpRequest, record: ClusteringRun) -> dict[str, object]:
        started = f"{record.started_at:%Y-%m-%d %H:%M}"
        return {**super().page(request, record), "title": f"Clustering of {started} UTC"}

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        unfinished = ClusteringRun.objects.filter(status__in=UNFINISHED)
        return {
            "refresh": any(is_moving(run) for run in unfinished),
            "can_start": request.user.has_perm(ADD_CLUSTERING),
        }

    @posting(ADD_CLUSTERING, "start a clustering run")
    def start(self, request: HttpRequest) -> HttpResponse:
        """Start a run in a worker, or in the request itself if there is no broker."""
        run = None
        try:
            run = queue_clustering(started_by=request.user)
            if enqueue_run(run):
                messages.success(request, "Clustering started.")
            else:
                run = run_clustering(started_by=request.user, queued=run)
                messages.success(
                    request, "No background worker was available, so clustering ran right away."
                )
        except AlreadyRunning as error:
            if run is None:
                messages.warning(request, str(error))
                return redirect(display.list_url(ClusteringRun))
        return redirect(display.url_of(run))
