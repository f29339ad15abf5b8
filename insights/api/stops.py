"""Stops of automatic merging over HTTP: show, undo the doubtful merges, resume."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.decisions import VIEW as VIEW_DECISIONS
from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListView, NoBody, TimedListQuery
from insights.api.http.fields import Comment
from insights.api.http.idempotency import idempotent
from insights.api.http.links import FIRST_ID, OWN_ID, Link, follow
from insights.api.insights import decisions
from insights.api.long_work import accepted, task_url
from insights.api.serializers import DecisionSerializer, username
from insights.api.tasks import run_kind
from insights.audit.precision import measured_precision, merges_since_last_good_audit
from insights.audit.stop import advice_on, resume, undo_doubtful
from insights.models import AutoMergeStop, BulkRun, MergeDecision, Scope
from insights.models.run import UNFINISHED
from insights.permissions import RESUME_AUTO_MERGE
from insights.registry import task_kinds
from insights.review import bulk
from insights.review.actions import UndoDecision

VIEW = Access(Scope.READ, "insights.view_automergestop")


class StopSerializer(serializers.ModelSerializer[AutoMergeStop]):
    resumed_by = username("resumed_by")
    numbers = serializers.DictField(help_text="What the audit had measured when it stopped.")

    class Meta:
        model = AutoMergeStop
        fields = (
            "id", "stopped_at", "model_version", "reason", "numbers", "resumed_at", "resumed_by",
            "comment",
        )  # fmt: skip


class MeasuredNowSerializer(serializers.Serializer[Any]):
    audited = serializers.IntegerField()
    right = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Drawn, and not answered yet.")
    precision = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(help_text="Of the exact 95 % interval.")
    high = serializers.FloatField()
    is_too_low = serializers.BooleanField(
        help_text="False after enough answers were withdrawn or found right: you may resume."
    )


class StopDetailSerializer(StopSerializer):
    measured = MeasuredNowSerializer(allow_null=True, help_text="As of now; null once resumed.")
    doubtful = serializers.IntegerField(
        help_text="Merges since the last good audit that are still in force."
    )
    advice = serializers.ListField(child=serializers.CharField())

    class Meta(StopSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *StopSerializer.Meta.fields, "measured", "doubtful", "advice",
        )  # fmt: skip


class StopQuery(TimedListQuery):
    in_force = serializers.BooleanField(required=False)


def stops() -> QuerySet[AutoMergeStop]:
    return AutoMergeStop.objects.select_related("resumed_by")


class AutoMergeStops(ListView):
    """List the stops of automatic merging and who resumed it; at most one is in force."""

    access = {"GET": VIEW}
    serializer_class = StopSerializer
    query_serializer = StopQuery
    page_ordering = ("-stopped_at", "id")

    def get_queryset(self) -> QuerySet[AutoMergeStop]:
        if (in_force := self.params.get("in_force")) is None:
            return stops()
        return stops().filter(resumed_at__isnull=in_force)


class StopView(ApiView):
    def stop(self, id: UUID) -> AutoMergeStop:
        return self.find(stops(), id, "auto-merge stop")

    def show(self, stop: AutoMergeStop) -> Response:
        in_force = stop.resumed_at is None
        stop.measured = measured_precision(stop.model_version) if in_force else None  # type: ignore[attr-defined]
        stop.doubtful = _doubtful(stop).count()  # type: ignore[attr-defined]
        stop.advice = [one.sentence for one in advice_on(stop)] if in_force else []  # type: ignore[attr-defined]
        return Response(StopDetailSerializer(stop).data)


def _doubtful(stop: AutoMergeStop) -> QuerySet[MergeDecision]:
    found = merges_since_last_good_audit(stop.model_version)
    return found if stop.resumed_at is None else found.none()


class AutoMergeStopDetail(StopView):
    access = {"GET": VIEW}

    @extend_schema(operation_id="get_auto_merge_stop", responses=StopDetailSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get one stop: why, what the audit measures now, and what to do about it."""
        return self.show(self.stop(id))


class AutoMergeStopMerges(ListView):
    """List the merges since the last good audit that are still in force, the latest first."""

    access = {"GET": VIEW_DECISIONS}
    links = [Link("GET", "undo_decision", FIRST_ID)]
    serializer_class = DecisionSerializer
    page_ordering = ("-decided_at", "id")

    def get_queryset(self) -> QuerySet[MergeDecision]:
        stop = self.find(stops(), self.kwargs["id"], "auto-merge stop")
        return decisions().filter(pk__in=_doubtful(stop).order_by().values("pk"))


class ResumeSerializer(serializers.Serializer[Any]):
    comment = Comment(help_text="What was done about it.")


class AutoMergeStopResume(StopView):
    access = {"POST": Access(Scope.ADMIN, RESUME_AUTO_MERGE)}

    @extend_schema(
        operation_id="resume_auto_merging",
        request=ResumeSerializer,
        responses=StopDetailSerializer,
    )
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Resume automatic merging; the audit measures afresh.

        409 while its merges are being undone, or if somebody has already resumed it.
        """
        self.stop(id)
        resume(actor=request.user, comment=self.body(ResumeSerializer)["comment"], stop_id=id)
        return self.show(self.stop(id))


class TakenBackSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Of the task.")
    undone = serializers.IntegerField(help_text="By this request.")
    left = serializers.IntegerField(
        help_text="Still in force; once finished, those that later decisions depend on."
    )
    task = serializers.CharField(help_text="Where to follow it.")


class AutoMergeStopUndo(StopView):
    access = {"POST": Access(Scope.REVIEW, UndoDecision.permission)}
    links = follow(OWN_ID)

    @extend_schema(
        operation_id="undo_merges_since_audit",
        request=None,
        responses={202: TakenBackSerializer, 200: TakenBackSerializer},
    )
    @idempotent(atomic=False)
    def post(self, request: Request, id: UUID) -> Response:
        """Undo all merges since the last good audit as one batch, the latest first.

        A merge that later decisions depend on stays: undo those, and ask again.
        """
        self.body(NoBody)
        run = undo_doubtful(self.stop(id), actor=self.account)
        bulk.start(run)
        is_unfinished = run.status in UNFINISHED
        run.refresh_from_db()
        body = {
            "id": run.pk,
            "undone": run.counts.get("decided", 0),
            "left": _doubtful(self.stop(id)).count(),
            "task": task_url(request, run.pk),
        }
        return accepted(request, run.pk, TakenBackSerializer(body).data, handed_over=is_unfinished)


task_kinds.append(
    run_kind(
        BulkRun.objects.filter(stop__isnull=False),
        "undoing",
        lambda run: f"auto-merge-stops/{run.stop_id}",
        "ingest",
        scope=Scope.REVIEW,
        permissions=(VIEW.permission, UndoDecision.permission),
    )
)
