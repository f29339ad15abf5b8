"""Rows behind clusters, decisions and labels, to inspect the evidence."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString

from insights.admin.kit import display
from insights.admin.kit.base import Names, RecordAdmin
from insights.models import (
    ClusterMember,
    ClusterPair,
    ConflictVerdict,
    DecisionMember,
    InsightEmbedding,
    InsightSource,
    PairLabel,
    ReviewerSettings,
    ReviewEvent,
)


class InsightCells(RecordAdmin):
    ordering: ClassVar[Names] = ("-pk",)

    @admin.display(description="Insight")
    def insight_cell(self, row: Any) -> SafeString | str:
        return display.statement(row.insight.statement)

    @admin.display(description="First insight")
    def first_cell(self, row: Any) -> SafeString | str:
        return display.statement(row.insight1.statement)

    @admin.display(description="Second insight")
    def second_cell(self, row: Any) -> SafeString | str:
        return display.link(row.insight2)

    @admin.display(description="Cluster")
    def cluster_cell(self, row: Any) -> SafeString | str:
        return display.link(row.cluster)

    @admin.display(description="Decision")
    def decision_cell(self, row: Any) -> SafeString | str:
        return display.link(row.decision)

    @admin.display(description="Similarity")
    def similarity_cell(self, row: Any) -> str:
        return display.ratio(row.similarity)


@admin.register(PairLabel)
class PairLabelAdmin(InsightCells):
    index_order = 40
    related = ("insight1", "insight2", "decision")
    deferred = ("insight1__embedding", "insight2__embedding")
    list_display = ("first_cell", "same_cell", "second_cell", "decision_cell")
    list_filter = ("is_same",)
    search_fields = ("insight1__statement", "insight2__statement")
    search_help_text = "Words of either statement"
    fields = ("insight1", "is_same", "insight2", "decision")

    @admin.display(description="Label")
    def same_cell(self, label: PairLabel) -> str:
        return "= same" if label.is_same else "≠ not the same"


@admin.register(ClusterMember)
class ClusterMemberAdmin(InsightCells):
    index_order = 120
    related = ("cluster", "insight")
    deferred = ("insight__embedding",)
    list_display = ("insight_cell", "cluster_cell", "position", "similarity_cell")
    search_fields = ("insight__statement",)
    search_help_text = "Words of the statement"
    fields = ("cluster", "insight", "position", "similarity_cell")


@admin.register(ClusterPair)
class ClusterPairAdmin(InsightCells):
    index_order = 121
    related = ("cluster", "insight1", "insight2")
    deferred = ("insight1__embedding", "insight2__embedding")
    list_display = (
        "first_cell",
        "second_cell",
        "similarity_cell",
        "probability_cell",
        "reason",
        "cluster_cell",
    )
    list_filter = ("reason",)
    search_fields = ("insight1__statement", "insight2__statement")
    search_help_text = "Words of either statement"
    fields = (
        "cluster",
        "insight1",
        "insight2",
        "similarity_cell",
        "probability_cell",
        "reason",
        "differences",
    )

    @admin.display(description="Probability")
    def probability_cell(self, pair: ClusterPair) -> str:
        return display.ratio(pair.probability)


@admin.register(DecisionMember)
class DecisionMemberAdmin(InsightCells):
    index_order = 122
    related = ("decision", "insight")
    deferred = ("insight__embedding",)
    list_display = ("insight_cell", "role", "group", "decision_cell")
    list_filter = ("role",)
    search_fields = ("insight__statement",)
    search_help_text = "Words of the statement"
    fields = ("decision", "insight", "role", "group", "written")


@admin.register(InsightSource)
class InsightSourceAdmin(InsightCells):
    index_order = 110
    related = ("insight", "origin_insight", "source", "run")
    deferred = ("insight__embedding", "origin_insight__embedding", "source__content")
    list_display = ("statement_cell", "source_cell", "locator", "insight_cell", "created_at")
    search_fields = ("insight__statement",)
    search_help_text = "Words of the insight"
    ordering = ("source_id", "ordinal")
    fields = (
        "statement",
        "locator",
        "source",
        "insight",
        "origin_insight",
        "run",
        "ordinal",
        "start",
        "end",
        "created_at",
    )

    @admin.display(description="Original wording")
    def statement_cell(self, found: InsightSource) -> SafeString:
        return display.statement(found.statement)

    @admin.display(description="Source")
    def source_cell(self, found: InsightSource) -> SafeString | str:
        return display.link(found.source)

    @admin.display(description="Insight")
    def insight_cell(self, found: InsightSource) -> SafeString | str:
        return display.link(found.insight)


@admin.register(ReviewEvent)
class ReviewEventAdmin(InsightCells):
    index_order = 45
    ordering = ("-created_at", "pk")
    related = ("actor", "cluster", "decision", "audit")
    list_display = ("created_at", "actor", "kind", "cluster_cell", "decision_cell", "comment_cell")
    list_filter = ("kind", "created_at")
    search_fields = ("comment",)
    sortable_by = ("created_at",)
    fields = (
        "created_at",
        "actor",
        "kind",
        "cluster",
        "decision",
        "audit",
        "answer",
        "batch",
        "comment",
        "reasons",
    )

    @admin.display(description="Comment")
    def comment_cell(self, event: ReviewEvent) -> SafeString:
        return display.statement(event.comment, chars=80)


@admin.register(ConflictVerdict)
class ConflictVerdictAdmin(InsightCells):
    index_order = 46
    related = ("decision", "insight1", "insight2", "holds")
    deferred = ("insight1__embedding", "insight2__embedding", "holds__embedding")
    list_display = ("first_cell", "second_cell", "verdict", "decision_cell")
    list_filter = ("verdict",)
    search_fields = ("insight1__statement", "insight2__statement")
    search_help_text = "Words of either statement"
    fields = ("decision", "insight1", "insight2", "verdict", "holds", "differences")


@admin.register(ReviewerSettings)
class ReviewerSettingsAdmin(RecordAdmin[ReviewerSettings]):
    index_order = 190
    related = ("user",)
    list_display = ("user", "is_blind")
    list_filter = ("is_blind",)
    ordering = ("pk",)
    fields = ("user", "is_blind", "keys")


@admin.register(InsightEmbedding)
class InsightEmbeddingAdmin(InsightCells):
    index_order = 240
    related = ("insight",)
    deferred = ("embedding", "insight__embedding")
    list_display = ("insight_cell", "embedding_model")
    search_fields = ("insight__statement",)
    search_help_text = "Words of the statement"
    fields = ("insight", "embedding_model")
