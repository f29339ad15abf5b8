"""A preview of other thresholds, before anything changes."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Field

from finetuning.api.models import ModelView
from finetuning.api.thresholds import confidences, proposed
from finetuning.permissions import VIEW_PREDICTION
from finetuning.thresholds.changes import Proposal
from finetuning.thresholds.clusters import ClusterChanges
from finetuning.thresholds.held_out import Measured, Share
from finetuning.thresholds.merges import INSIGHTS, MergeFlips
from finetuning.thresholds.preview import preview
from insights.api.http.access import Access, charge
from insights.api.http.base import Query
from insights.jobs.slots import heavy_work
from insights.models import Scope
from insights.types import JSONObject

LISTED = 200  # rows of each list; its count is complete


class PreviewQuery(Query):
    auto_merge_confidence = confidences(required=False)["auto_merge_confidence"]
    cluster_out_confidence = confidences(required=False)["cluster_out_confidence"]
    auto_merge_proof = confidences(required=False)["auto_merge_proof"]


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
        help_text="Pairs that the near-miss guard holds back count as not merged."
    )


class SideSerializer(serializers.Serializer[Any]):
    model = serializers.UUIDField()
    version = serializers.IntegerField()
    held_out = MeasuredSerializer(allow_null=True)

    def get_fields(self) -> dict[str, Field]:
        return {**confidences(), **super().get_fields()}


class FlipSerializer(serializers.Serializer[Any]):
    newer = serializers.UUIDField()
    older = serializers.UUIDField()
    newer_statement = serializers.CharField()
    older_statement = serializers.CharField()
    similarity = serializers.FloatField()
    before = serializers.FloatField(allow_null=True, help_text="Probability, by today's version.")
    after = serializers.FloatField(allow_null=True)
    person = serializers.BooleanField(allow_null=True, help_text="People's answer: the same?")
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
    gained = serializers.SerializerMethodField(help_text="Would be merged automatically.")
    lost = serializers.SerializerMethodField(help_text="Would no longer be.")

    def get_gained_count(self, found: MergeFlips) -> int:
        return len(found.gained)

    def get_lost_count(self, found: MergeFlips) -> int:
        return len(found.lost)

    @extend_schema_field(FlipSerializer(many=True))
    def get_gained(self, found: MergeFlips) -> object:
        return FlipSerializer(found.gained[:LISTED], many=True).data

    @extend_schema_field(FlipSerializer(many=True))
    def get_lost(self, found: MergeFlips) -> object:
        return FlipSerializer(found.lost[:LISTED], many=True).data


class ClusterChangeSerializer(serializers.Serializer[Any]):
    fate = serializers.CharField(help_text="split, vanishes, joined, grows, opens or stays.")
    cluster = serializers.UUIDField(allow_null=True, help_text="null where one would be opened.")
    pieces = serializers.ListField(
        child=serializers.ListField(child=serializers.UUIDField()),
        help_text="The insights of each resulting group.",
    )


class ClustersSerializer(serializers.Serializer[ClusterChanges]):
    open = serializers.IntegerField()
    looked_at = serializers.IntegerField()
    anyway = serializers.IntegerField(help_text="That the next run changes anyway.")
    count = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    def get_count(self, found: ClusterChanges) -> int:
        return len(found.changes)

    @extend_schema_field(ClusterChangeSerializer(many=True))
    def get_changes(self, found: ClusterChanges) -> object:
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
    access = {"GET": Access(Scope.READ, VIEW_PREDICTION)}
    query_serializer = PreviewQuery
    problems = (409, 422)

    @extend_schema(operation_id="preview_thresholds", responses=PreviewSerializer)
    @heavy_work()
    def get(self, request: Request, id: UUID) -> Response:
        """Preview the effect of this version with these thresholds; change nothing.

        Precision and coverage on the held-out decisions, merges that would flip, open clusters that
        would change. At most 200 of each list.
        """
        charge(request, INSIGHTS)
        found = preview(proposed(self.model(id), self.params))
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


def _side(proposal: Proposal, measured: Measured | None) -> JSONObject:
    return {
        "model": proposal.model.pk,
        "version": proposal.model.version,
        "auto_merge_confidence": proposal.auto_merge_confidence,
        "cluster_out_confidence": proposal.cluster_out_confidence,
        "auto_merge_proof": proposal.auto_merge_proof,
        "held_out": measured,
    }
