"""Clusters: the queue, the evidence, and decisions, by the same actions as in the review."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.decisions import decision_response
from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListView, TimedListQuery, missing
from insights.api.http.fields import Choice, Comment, Words
from insights.api.http.idempotency import idempotent
from insights.api.http.links import Link
from insights.api.http.problems import Unprocessable
from insights.api.insights import with_statements
from insights.api.serializers import (
    ClusterDetailSerializer,
    ClusteringRunSerializer,
    ClusterSerializer,
    DecisionSerializer,
)
from insights.models import (
    Cluster,
    ClusteringRun,
    ClusterMember,
    ClusterStatus,
    MergeDecision,
    RunStatus,
    Scope,
)
from insights.permissions import DECIDE_CLUSTER, VIEW_CLUSTER, VIEW_CLUSTERING
from insights.review.actions import ApproveCluster, RejectCluster, SplitCluster
from insights.review.errors import ReviewError
from insights.types import JSONObject

VIEW = Access(Scope.READ, VIEW_CLUSTER)
DECIDE = Access(Scope.REVIEW, DECIDE_CLUSTER)
MAX_MEMBERS = 1000
MAX_DECISIONS = 200  # in one request


def _clusters() -> QuerySet[Cluster]:
    return Cluster.objects.select_related("proposed_canonical")


class ClusterQuery(TimedListQuery):
    status = Choice(choices=ClusterStatus.choices, required=False)
    has_near_miss = serializers.BooleanField(required=False)
    insight = serializers.UUIDField(required=False, help_text="One that is a member.")


class Clusters(ListView):
    """List the clusters, the newest first."""

    access = {"GET": VIEW}
    serializer_class = ClusterSerializer
    query_serializer = ClusterQuery
    queryset = _clusters()
    filters = {
        "status": "status", "has_near_miss": "has_near_miss", "insight": "members__insight",
    }  # fmt: skip


class ClusterQueue(ListView):
    """List the clusters waiting for a decision, the most similar first."""

    access = {"GET": VIEW}
    serializer_class = ClusterSerializer
    page_ordering = ("-mean_similarity", "id")
    queryset = _clusters().filter(status=ClusterStatus.OPEN)


class ClusterDetail(ApiView):
    access = {"GET": VIEW}

    @extend_schema(operation_id="get_cluster", responses=ClusterDetailSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get one cluster with its members and the evidence for each pair.

        Send its ETag as If-Match with a decision to detect a change in between.
        """
        cluster = self.find(
            _clusters().prefetch_related(
                Prefetch("members", with_statements(ClusterMember.objects.all())), "pairs"
            ),
            id,
            "cluster",
        )
        changed = max(m.insight.updated_at.timestamp() for m in cluster.members.all())
        tag = f'"{cluster.version}.{changed:.6f}"'
        return self.conditional(tag, lambda: ClusterDetailSerializer(cluster).data)


class DecideSerializer(serializers.Serializer[Any]):
    comment = Comment()
    expected_version = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="Version of the cluster that you looked at; in place of If-Match.",
    )


class ApproveSerializer(DecideSerializer):
    members = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=2,
        max_length=MAX_MEMBERS,
        help_text="Merge only these; the others stay as they are.",
    )
    canonical = serializers.UUIDField(
        required=False, help_text="The member whose statement is kept. Default: the proposed one."
    )
    canonical_text = Words(required=False, max_length=2000, help_text="Or a statement of your own.")


class SplitSerializer(DecideSerializer):
    groups = serializers.ListField(
        child=serializers.ListField(
            child=serializers.UUIDField(), min_length=1, max_length=MAX_MEMBERS
        ),
        min_length=2,
        max_length=MAX_MEMBERS,
        help_text="Each member in exactly one group.",
    )


class DecideView(ApiView):
    access = {"POST": DECIDE}
    links = [Link("POST", to) for to in ("get_decision", "undo_decision")]
    takes_if_match = True

    def decide(self, action: type, id: UUID, sent: JSONObject, **fields: object) -> Response:
        if not Cluster.objects.filter(pk=id).exists():
            raise missing("cluster", id)
        decision: MergeDecision = action(
            cluster_id=id,
            actor=self.account,
            expected_version=self.expected_version(sent),
            comment=sent["comment"],
            **fields,
        ).execute()
        return decision_response(decision, status.HTTP_201_CREATED)


class ClusterApprove(DecideView):
    @extend_schema(
        operation_id="approve_cluster",
        request=ApproveSerializer,
        responses={201: DecisionSerializer},
    )
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Merge all members, or a part of them, into one canonical insight."""
        sent = self.body(ApproveSerializer)
        if "canonical" in sent and "canonical_text" in sent:
            raise Unprocessable("Send canonical or canonical_text, not both.", field="canonical")
        members = sent.get("members")
        return self.decide(
            ApproveCluster,
            id,
            sent,
            members=None if members is None else frozenset(members),
            canonical_id=sent.get("canonical"),
            canonical_text=sent.get("canonical_text", ""),
        )


class ClusterReject(DecideView):
    @extend_schema(
        operation_id="reject_cluster",
        request=DecideSerializer,
        responses={201: DecisionSerializer},
    )
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Keep all members apart: none of these pairs is proposed again."""
        return self.decide(RejectCluster, id, self.body(DecideSerializer))


class ClusterSplit(DecideView):
    @extend_schema(
        operation_id="split_cluster", request=SplitSerializer, responses={201: DecisionSerializer}
    )
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Merge each group of two or more, and keep the groups apart."""
        sent = self.body(SplitSerializer)
        return self.decide(SplitCluster, id, sent, groups=sent["groups"])


class BulkDecisionSerializer(DecideSerializer):
    cluster = serializers.UUIDField()
    verdict = Choice(choices=("approve", "reject"))


class BulkSerializer(serializers.Serializer[Any]):
    decisions = serializers.ListField(
        child=BulkDecisionSerializer(), min_length=1, max_length=MAX_DECISIONS
    )


class BulkResultSerializer(serializers.Serializer[Any]):
    cluster = serializers.UUIDField()
    decision = serializers.UUIDField(allow_null=True, help_text="Null if it was refused.")
    code = serializers.CharField(allow_blank=True, help_text="Of the refusal, such as stale.")
    detail = serializers.CharField(allow_blank=True, help_text="The refusal in words.")


class BulkResultsSerializer(serializers.Serializer[Any]):
    results = BulkResultSerializer(many=True, help_text="In the order of the decisions.")


class ClustersDecide(ApiView):
    access = {"POST": DECIDE}

    @extend_schema(
        operation_id="decide_clusters",
        request=BulkSerializer,
        responses=BulkResultsSerializer,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Approve or reject up to 200 clusters; each stands for itself.

        What is refused changes nothing and does not hold up the others.
        """
        sent = self.body(BulkSerializer)["decisions"]
        return Response({"results": [self._one(one) for one in sent]})

    def _one(self, sent: JSONObject) -> JSONObject:
        action = ApproveCluster if sent["verdict"] == "approve" else RejectCluster
        said: JSONObject = {"cluster": sent["cluster"], "decision": None, "code": "", "detail": ""}
        if not Cluster.objects.filter(pk=sent["cluster"]).exists():
            return {**said, "code": "not_found", "detail": "There is no such cluster."}
        try:
            with transaction.atomic():
                decision = action(
                    cluster_id=sent["cluster"],
                    actor=self.account,
                    expected_version=sent.get("expected_version"),
                    comment=sent["comment"],
                ).execute()
        except ReviewError as error:
            return {**said, "code": error.code, "detail": str(error)}
        return {**said, "decision": decision.pk}


class ClusteringRunQuery(TimedListQuery):
    status = Choice(choices=RunStatus.choices, required=False)


class ClusteringRuns(ListView):
    """List the clustering runs, the newest first."""

    access = {"GET": Access(Scope.READ, VIEW_CLUSTERING)}
    serializer_class = ClusteringRunSerializer
    query_serializer = ClusteringRunQuery
    page_ordering = ("-started_at", "id")
    queryset = ClusteringRun.objects.select_related("started_by")
    filters = {"status": "status"}


class ClusteringRunDetail(ApiView):
    access = {"GET": Access(Scope.READ, VIEW_CLUSTERING)}

    @extend_schema(operation_id="get_clustering_run", responses=ClusteringRunSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get one run with its parameters, counts and timings."""
        runs = ClusteringRun.objects.select_related("started_by")
        return Response(ClusteringRunSerializer(self.find(runs, id, "clustering run")).data)
