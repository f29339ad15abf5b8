"""Serializers of sources, runs, insights, clusters and decisions."""

from typing import Any

from rest_framework import serializers

from insights.models import (
    Cluster,
    ClusteringRun,
    ClusterMember,
    ClusterPair,
    DecisionMember,
    Insight,
    InsightSource,
    MergeDecision,
    ProcessingRun,
    Source,
)


def username(source: str) -> serializers.CharField:
    return serializers.CharField(
        source=f"{source}.username", default=None, allow_null=True, read_only=True
    )


class SourceSerializer(serializers.ModelSerializer[Source]):
    created_by = username("created_by")

    class Meta:
        model = Source
        fields = (
            "id", "name", "title", "format", "encoding", "keep_good_rows", "size", "content_hash",
            "notes", "needs_columns", "removed_at", "created_at", "created_by",
        )  # fmt: skip


class RunSerializer(serializers.ModelSerializer[Any]):
    started_by = username("started_by")
    counts = serializers.DictField(child=serializers.IntegerField())
    timings = serializers.DictField(child=serializers.FloatField(), help_text="Seconds by step.")

    RUN_FIELDS = (
        "id", "status", "counts", "timings", "error", "progress_step", "progress_done",
        "progress_total", "cancel_requested_at", "started_at", "heartbeat_at", "finished_at",
        "started_by",
    )  # fmt: skip


class ProcessingRunSerializer(RunSerializer):
    source = serializers.PrimaryKeyRelatedField[Source](read_only=True)  # type: ignore[assignment]

    class Meta:
        model = ProcessingRun
        fields = (*RunSerializer.RUN_FIELDS, "source")


class ClusteringRunSerializer(RunSerializer):
    parameters = serializers.DictField(child=serializers.FloatField())

    class Meta:
        model = ClusteringRun
        fields = (*RunSerializer.RUN_FIELDS, "parameters", "model_version")


class InsightSerializer(serializers.ModelSerializer[Insight]):
    merged_into = serializers.PrimaryKeyRelatedField[Insight](read_only=True, allow_null=True)

    class Meta:
        model = Insight
        fields = (
            "id", "statement", "status", "origin", "merged_into", "created_at", "updated_at",
        )  # fmt: skip


class FoundInsightSerializer(serializers.Serializer[Any]):
    similarity = serializers.FloatField(help_text="Cosine of the embeddings.")
    insight = InsightSerializer()


class OccurrenceSerializer(serializers.ModelSerializer[InsightSource]):
    source_title = serializers.CharField(source="source.title")

    class Meta:
        model = InsightSource
        fields = (
            "id", "source", "source_title", "run", "locator", "statement", "origin_insight",
            "ordinal", "start", "end", "external_id", "date", "person", "company", "segment",
            "rating", "link", "attributes", "version", "previous", "created_at",
        )  # fmt: skip


class DecisionMemberSerializer(serializers.ModelSerializer[DecisionMember]):
    statement = serializers.CharField(source="insight.statement")

    class Meta:
        model = DecisionMember
        fields = ("insight", "statement", "role", "group", "written")


class DecisionSerializer(serializers.ModelSerializer[MergeDecision]):
    actor = username("actor")
    undone_by = username("undone_by")
    members = DecisionMemberSerializer(many=True, read_only=True)
    evidence = serializers.DictField()

    class Meta:
        model = MergeDecision
        fields = (
            "id", "kind", "cluster", "canonical", "actor", "model_id", "model_version", "evidence",
            "comment", "decided_at", "undone_at", "undone_by", "undo_comment", "members",
        )  # fmt: skip


class ClusterSerializer(serializers.ModelSerializer[Cluster]):
    proposed_statement = serializers.CharField(source="proposed_canonical.statement")

    class Meta:
        model = Cluster
        fields = (
            "id", "status", "version", "size", "source_count", "people_count", "proposed_canonical",
            "proposed_statement", "mean_similarity", "weakest_similarity", "probability",
            "has_near_miss", "run", "created_at", "updated_at", "decided_at",
        )  # fmt: skip


class ClusterMemberSerializer(serializers.ModelSerializer[ClusterMember]):
    statement = serializers.CharField(source="insight.statement")
    insight_status = serializers.CharField(source="insight.status")

    class Meta:
        model = ClusterMember
        fields = ("insight", "statement", "insight_status", "position", "similarity")


class ClusterPairSerializer(serializers.ModelSerializer[ClusterPair]):
    differences = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ClusterPair
        fields = ("insight1", "insight2", "similarity", "probability", "reason", "differences")


class ClusterDetailSerializer(ClusterSerializer):
    members = ClusterMemberSerializer(many=True)
    pairs = ClusterPairSerializer(many=True, help_text="Why it is proposed.")

    class Meta(ClusterSerializer.Meta):
        fields = (*ClusterSerializer.Meta.fields, "members", "pairs")  # type: ignore[assignment]
