"""Thresholds: from where on a version merges and clusters, what others would change, and undo."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finetuning.api.models import CHANGE, VIEW, ModelView
from finetuning.api.problems import FineTuningErrors
from finetuning.models import DeduplicationModel, ThresholdChange
from finetuning.thresholds.changes import (
    LEAST_AUTO_MERGE,
    Proposal,
    as_it_is,
    change_thresholds,
    fingerprint,
    undo_change,
)
from finetuning.thresholds.clusters import ClusterChanges
from finetuning.thresholds.held_out import Measured, Share
from finetuning.thresholds.merges import MergeFlips
from finetuning.thresholds.preview import preview
from insights.api.access import Access
from insights.api.base import ApiView, ListView, Query
from insights.api.idempotency import idempotent
from insights.api.links import Link
from insights.api.serializers import username
from insights.api.strict import Text
from insights.models import Scope

VIEW_CHANGES = Access(Scope.READ, "finetuning.view_thresholdchange")
LISTED = 200  # of each list; its count is whole


def confidences(**kwargs: Any) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """The two thresholds as fields, in a query, a body and an answer."""
    return {
        "auto_merge_confidence": serializers.FloatField(
            min_value=LEAST_AUTO_MERGE,
            max_value=1,
            help_text="Merge at ingestion without a person from this confidence on.",
            **kwargs,
        ),
        "cluster_out_confidence": serializers.FloatField(
            min_value=0,
            max_value=1,
            help_text="In clustering, keep pairs that are less probable than this apart.",
            **kwargs,
        ),
    }


class ThresholdChangeSerializer(serializers.ModelSerializer[ThresholdChange]):
    actor = username("actor")
    is_undone = serializers.SerializerMethodField()

    class Meta:
        model = ThresholdChange
        fields = (
            "id", "created_at", "actor", "model", "auto_merge_before", "auto_merge_after",
            "cluster_out_before", "cluster_out_after", "active_before", "active_after", "comment",
            "undoes", "is_undone",
        )  # fmt: skip

    def get_is_undone(self, change: ThresholdChange) -> bool:
        return hasattr(change, "undone_by")


def threshold_changes() -> Any:
    return ThresholdChange.objects.select_related("actor", "undone_by")


class SetSerializer(serializers.Serializer[Any]):
    activate = serializers.BooleanField(
        default=False, help_text="Let this version decide from now on, too."
    )
    below_floor = serializers.BooleanField(
        default=False,
        help_text="Said explicitly: less than AUTO_MERGE_CONFIDENCE (0.90) is meant.",
    )
    seen = serializers.CharField(
        required=False,
        max_length=64,
        help_text="Of the preview or of GET: 409 when somebody has changed it since.",
    )
    comment = Text(default="", allow_blank=True, max_length=2000)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**confidences(required=False), **super().get_fields()}


class ThresholdsSerializer(serializers.Serializer[Any]):
    model = serializers.UUIDField()
    version = serializers.IntegerField()
    is_active = serializers.BooleanField()
    seen = serializers.CharField(help_text="Send it with a change, so that you overwrite nobody.")
    chosen = serializers.DictField(
        allow_null=True, help_text="The lowest one that is surely precise enough, as measured."
    )
    curve = serializers.ListField(
        child=serializers.DictField(), help_text="Precision and recall by threshold, held out."
    )
    change = ThresholdChangeSerializer(
        allow_null=True, help_text="The last one that a person made to this version."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**confidences(), **super().get_fields()}


class Thresholds(ModelView):
    access = {"GET": VIEW, "PATCH": CHANGE}
    links = [Link("PATCH", "threshold_change_undo", "$response.body#/change/id")]

    @extend_schema(operation_id="thresholds", responses=ThresholdsSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """From where on it merges and clusters, and what other thresholds would buy."""
        return self._show(self.model(id))

    @extend_schema(
        operation_id="thresholds_set", request=SetSerializer, responses=ThresholdsSerializer
    )
    @idempotent
    def patch(self, request: Request, id: UUID) -> Response:
        """Set them. They hold for the statements that come in, and the clustering runs that begin,
        from now on; nothing that is merged already is taken back."""
        sent = self.body(SetSerializer)
        model = self.model(id)
        change_thresholds(
            _proposed(model, sent),
            actor=request.user,
            seen=sent.get("seen"),
            activate=sent["activate"],
            may_go_below_floor=sent["below_floor"],
            comment=sent["comment"],
        )
        return self._show(self.model(id))

    def _show(self, model: DeduplicationModel) -> Response:
        active = DeduplicationModel.objects.defer("parameters").filter(is_active=True).first()
        body = {
            "model": model.pk,
            "version": model.version,
            "is_active": model.is_active,
            "auto_merge_confidence": model.auto_merge_confidence,
            "cluster_out_confidence": model.cluster_out_confidence,
            "seen": fingerprint(model, active),
            "chosen": model.metrics.get("chosen_threshold"),
            "curve": model.metrics.get("curve", []),
            "change": threshold_changes().filter(model=model).first(),
        }
        return Response(ThresholdsSerializer(body).data)


def _proposed(model: DeduplicationModel, values: dict[str, Any]) -> Proposal:
    """What is not given stays."""
    held = as_it_is(model)
    return Proposal(
        model,
        values.get("auto_merge_confidence", held.auto_merge_confidence),
        values.get("cluster_out_confidence", held.cluster_out_confidence),
    )


# --- Preview --------------------------------------------------------------------------------------


class PreviewQuery(Query):
    auto_merge_confidence = confidences(required=False)["auto_merge_confidence"]
    cluster_out_confidence = confidences(required=False)["cluster_out_confidence"]


class ShareSerializer(serializers.Serializer[Share]):
    value = serializers.FloatField(allow_null=True)
    count = serializers.IntegerField()
    of = serializers.IntegerField()
    low = serializers.FloatField(help_text="Of Wilson's 95 % interval.")
    high = serializers.FloatField()


class MeasuredSerializer(serializers.Serializer[Measured]):
    threshold = serializers.FloatField()
    precision = ShareSerializer()
    coverage = ShareSerializer()
    recall = ShareSerializer()
    is_guarded = serializers.BooleanField(
        help_text="What the near-miss guard holds back counts as not merged."
    )


class SideSerializer(serializers.Serializer[Any]):
    model = serializers.UUIDField()
    version = serializers.IntegerField()
    held_out = MeasuredSerializer(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**confidences(), **super().get_fields()}


class FlipSerializer(serializers.Serializer[Any]):
    newer = serializers.UUIDField()
    older = serializers.UUIDField()
    newer_statement = serializers.CharField()
    older_statement = serializers.CharField()
    similarity = serializers.FloatField()
    before = serializers.FloatField(allow_null=True, help_text="Probability, by today's version.")
    after = serializers.FloatField(allow_null=True)
    person = serializers.BooleanField(allow_null=True, help_text="What people said: the same?")
    decision = serializers.UUIDField(allow_null=True, help_text="The automatic merge in force.")
    cluster = serializers.UUIDField(allow_null=True, help_text="The open cluster of the two.")


class MergesSerializer(serializers.Serializer[MergeFlips]):
    insights = serializers.IntegerField(help_text="The newest ones, which were looked at.")
    pairs = serializers.IntegerField()
    held_back = serializers.IntegerField(
        help_text="Insights with a pair that is sure enough, but differs in a fact."
    )
    gained_count = serializers.SerializerMethodField()
    lost_count = serializers.SerializerMethodField()
    gained = serializers.SerializerMethodField(help_text="Would be merged by themselves.")
    lost = serializers.SerializerMethodField(help_text="Would not be any more.")

    def get_gained_count(self, found: MergeFlips) -> int:
        return len(found.gained)

    def get_lost_count(self, found: MergeFlips) -> int:
        return len(found.lost)

    @extend_schema_field(FlipSerializer(many=True))
    def get_gained(self, found: MergeFlips) -> Any:
        return FlipSerializer(found.gained[:LISTED], many=True).data

    @extend_schema_field(FlipSerializer(many=True))
    def get_lost(self, found: MergeFlips) -> Any:
        return FlipSerializer(found.lost[:LISTED], many=True).data


class ClusterChangeSerializer(serializers.Serializer[Any]):
    fate = serializers.CharField(help_text="split, vanishes, joined, grows, opens or stays.")
    cluster = serializers.UUIDField(allow_null=True, help_text="null where one would be opened.")
    pieces = serializers.ListField(
        child=serializers.ListField(child=serializers.UUIDField()),
        help_text="The insights of each group that comes of it.",
    )


class ClustersSerializer(serializers.Serializer[ClusterChanges]):
    open = serializers.IntegerField()
    looked_at = serializers.IntegerField()
    anyway = serializers.IntegerField(help_text="That the next run changes in any case.")
    count = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    def get_count(self, found: ClusterChanges) -> int:
        return len(found.changes)

    @extend_schema_field(ClusterChangeSerializer(many=True))
    def get_changes(self, found: ClusterChanges) -> Any:
        return ClusterChangeSerializer(found.changes[:LISTED], many=True).data


class PreviewSerializer(serializers.Serializer[Any]):
    today = SideSerializer(allow_null=True)
    proposed = SideSerializer()
    seen = serializers.CharField(help_text="Send it with PATCH to apply exactly this.")
    sentences = serializers.ListField(child=serializers.CharField())
    merges = MergesSerializer()
    clusters = ClustersSerializer()
    limits = serializers.ListField(
        child=serializers.CharField(), help_text="What was left out, and why."
    )


class ThresholdPreview(ModelView):
    access = {"GET": Access(Scope.READ, "finetuning.view_modelprediction")}
    query_serializer = PreviewQuery
    problems = (409, 422)

    @extend_schema(operation_id="thresholds_preview", responses=PreviewSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """What would change if this version decided with these thresholds: precision and coverage
        on the held-out decisions, merges that flip, open clusters that would be others. At most 200
        of each list. Changes nothing."""
        found = preview(_proposed(self.model(id), self.params))
        body = {
            "today": found.today and _side(found.today, found.measured_today),
            "proposed": _side(found.proposed, found.measured),
            "seen": found.seen,
            "sentences": found.sentences(),
            "merges": found.merges,
            "clusters": found.clusters,
            "limits": found.limits,
        }
        return Response(PreviewSerializer(body).data)


def _side(proposal: Proposal, measured: Measured | None) -> dict[str, Any]:
    return {
        "model": proposal.model.pk,
        "version": proposal.model.version,
        "auto_merge_confidence": proposal.auto_merge_confidence,
        "cluster_out_confidence": proposal.cluster_out_confidence,
        "held_out": measured,
    }


# --- Changes --------------------------------------------------------------------------------------


class ThresholdChangesList(ListView):
    """Who moved which threshold, or let which version decide; the newest first."""

    access = {"GET": VIEW_CHANGES}
    serializer_class = ThresholdChangeSerializer

    def get_queryset(self) -> Any:
        return threshold_changes()


class ThresholdChangeUndo(FineTuningErrors, ApiView):
    access = {"POST": CHANGE}

    @extend_schema(
        operation_id="threshold_change_undo", request=None, responses=ThresholdChangeSerializer
    )
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Bring back the thresholds and the version that it had replaced. 409 says what newer one
        stands on it."""
        self.find(ThresholdChange.objects.all(), id, "threshold change")
        undone = undo_change(id, actor=request.user)
        return Response(ThresholdChangeSerializer(threshold_changes().get(pk=undone.pk)).data)
