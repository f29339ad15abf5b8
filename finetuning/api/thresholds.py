"""Thresholds of merging and clustering: values, evidence, changes and their undo."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Field

from finetuning.api.models import CHANGE, VIEW, ModelView
from finetuning.api.problems import FineTuningErrors
from finetuning.models import AutoMergeProof, DeduplicationModel, ThresholdChange
from finetuning.thresholds.changes import (
    LEAST_AUTO_MERGE,
    Proposal,
    as_it_is,
    change_thresholds,
    fingerprint,
    undo_change,
)
from finetuning.trust.rules import Trust
from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListView, NoBody
from insights.api.http.fields import Comment, Text
from insights.api.http.idempotency import idempotent
from insights.api.http.links import Link
from insights.api.serializers import username
from insights.models import Scope
from insights.types import JSONObject

VIEW_CHANGES = Access(Scope.READ, "finetuning.view_thresholdchange")


def confidences(**kwargs: Any) -> dict[str, Field]:
    """Return the two thresholds as fields of a query, a body and an answer."""
    return {
        "auto_merge_confidence": serializers.FloatField(
            min_value=LEAST_AUTO_MERGE,
            max_value=1,
            help_text="Merge automatically at ingestion from this confidence up.",
            **kwargs,
        ),
        "cluster_out_confidence": serializers.FloatField(
            min_value=0,
            max_value=1,
            help_text="In clustering, keep pairs below this probability apart.",
            **kwargs,
        ),
        "auto_merge_proof": serializers.ChoiceField(
            AutoMergeProof.choices,
            help_text="Evidence that an automatic merge needs beside the threshold.",
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
            "cluster_out_before", "cluster_out_after", "proof_before", "proof_after",
            "active_before", "active_after", "comment", "undoes", "is_undone",
        )  # fmt: skip

    def get_is_undone(self, change: ThresholdChange) -> bool:
        return hasattr(change, "undone_by")


def threshold_changes() -> QuerySet[ThresholdChange]:
    return ThresholdChange.objects.select_related("actor", "undone_by")


class SetSerializer(serializers.Serializer[Any]):
    activate = serializers.BooleanField(default=False, help_text="Also activate this version.")
    below_floor = serializers.BooleanField(
        default=False,
        help_text="Confirms that less than AUTO_MERGE_CONFIDENCE (0.90) is intended.",
    )
    seen = Text(
        required=False,
        max_length=64,
        help_text="From the preview or from GET; 409 if somebody has changed it since.",
    )
    comment = Comment()

    def get_fields(self) -> dict[str, Field]:
        return {**confidences(required=False), **super().get_fields()}


class TrustSerializer(serializers.Serializer[Any]):
    left_over = serializers.CharField(help_text="The difference between the two statements.")
    threshold = serializers.FloatField(help_text="Lowest probability at which it merges.")
    state = serializers.CharField(help_text="shadow, automatic or proven")
    judged = serializers.IntegerField()
    precision_seen = serializers.FloatField(allow_null=True)
    precision_proven = serializers.FloatField(help_text="Exact lower bound, one-sided, 95 %.")
    needed_to_merge = serializers.IntegerField(help_text="Decisions without an error.")
    needed_to_prove = serializers.IntegerField(help_text="Decisions without an error.")


class ThresholdsSerializer(serializers.Serializer[Any]):
    model = serializers.UUIDField()
    version = serializers.IntegerField()
    is_active = serializers.BooleanField()
    seen = serializers.CharField(help_text="Send it with a change, so that you overwrite nobody.")
    chosen = serializers.DictField(
        allow_null=True, help_text="The lowest threshold whose measured precision is surely enough."
    )
    curve = serializers.ListField(
        child=serializers.DictField(), help_text="Precision and recall by threshold, held out."
    )
    trust = TrustSerializer(
        many=True, help_text="Each class of pairs: precision seen, proven, decisions still needed."
    )
    change = ThresholdChangeSerializer(
        allow_null=True, help_text="The last one that a person made to this version."
    )

    def get_fields(self) -> dict[str, Field]:
        return {**confidences(), **super().get_fields()}


class Thresholds(ModelView):
    access = {"GET": VIEW, "PATCH": CHANGE}
    links = [Link("PATCH", "undo_threshold_change", "$response.body#/change/id")]

    @extend_schema(operation_id="get_thresholds", responses=ThresholdsSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get its thresholds for merging and clustering, and the effect of others."""
        return self._show(self.model(id))

    @extend_schema(
        operation_id="set_thresholds", request=SetSerializer, responses=ThresholdsSerializer
    )
    @idempotent
    def patch(self, request: Request, id: UUID) -> Response:
        """Set the thresholds for new statements and future clustering runs.

        Existing merges stay.
        """
        sent = self.body(SetSerializer)
        model = self.model(id)
        change_thresholds(
            proposed(model, sent),
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
            "auto_merge_proof": model.auto_merge_proof,
            "trust": [
                {
                    "left_over": left_over,
                    "threshold": bar.threshold,
                    "state": bar.standing.state,
                    "judged": bar.standing.judged,
                    "precision_seen": bar.standing.seen,
                    "precision_proven": bar.standing.proven,
                    "needed_to_merge": bar.standing.needed_to_merge,
                    "needed_to_prove": bar.standing.needed_to_prove,
                }
                for left_over, bar in Trust(model).bars.items()
            ],
            "seen": fingerprint(model, active),
            "chosen": model.metrics.get("chosen_threshold"),
            "curve": model.metrics.get("curve", []),
            "change": threshold_changes().filter(model=model).first(),
        }
        return Response(ThresholdsSerializer(body).data)


def proposed(model: DeduplicationModel, values: JSONObject) -> Proposal:
    """Return the proposal; a value that is not given stays."""
    held = as_it_is(model)
    return Proposal(
        model,
        values.get("auto_merge_confidence", held.auto_merge_confidence),
        values.get("cluster_out_confidence", held.cluster_out_confidence),
        values.get("auto_merge_proof", held.auto_merge_proof),
    )


class ThresholdChangesList(ListView):
    """List the changes of thresholds and of the active version, the newest first."""

    access = {"GET": VIEW_CHANGES}
    serializer_class = ThresholdChangeSerializer

    def get_queryset(self) -> QuerySet[ThresholdChange]:
        return threshold_changes()


class ThresholdChangeUndo(FineTuningErrors, ApiView):
    access = {"POST": CHANGE}

    @extend_schema(
        operation_id="undo_threshold_change", request=None, responses=ThresholdChangeSerializer
    )
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Restore the thresholds and the version that the change had replaced.

        409 names a newer change that depends on it.
        """
        self.body(NoBody)
        self.find(ThresholdChange.objects.all(), id, "threshold change")
        undone = undo_change(id, actor=request.user)
        return Response(ThresholdChangeSerializer(threshold_changes().get(pk=undone.pk)).data)
