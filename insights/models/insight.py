"""Insights, their occurrences, and their embeddings under other models."""

import uuid

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.text import Truncator
from pgvector.django import HalfVectorField, HnswIndex

from insights.models.light import LightManager
from insights.models.run import ProcessingRun
from insights.models.source import Occurring, Source

EMBEDDING_DIMENSIONS = 384


class InsightStatus(models.TextChoices):
    ACTIVE = "active"
    MERGED = "merged"
    RETIRED = "retired", "retired (written for a decision that was undone)"


class InsightOrigin(models.TextChoices):
    EXTRACTED = "extracted"
    EDITED = "edited", "written by a reviewer as a canonical statement"


class Insight(models.Model):
    """One statement: active, or merged into a canonical insight."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    statement = models.TextField()
    content_hash = models.CharField(
        max_length=64, help_text="SHA-256 of the normalised statement (insights.text.normalise)."
    )
    embedding = HalfVectorField(dimensions=EMBEDDING_DIMENSIONS, null=True, blank=True)
    embedding_model = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16, choices=InsightStatus, default=InsightStatus.ACTIVE)
    origin = models.CharField(max_length=16, choices=InsightOrigin, default=InsightOrigin.EXTRACTED)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_insights"
    )
    # Half of the composite foreign key in migration 0001 that makes PostgreSQL itself refuse a
    # merged_into which is not an active insight: (merged_into_id, this) -> (id, status).
    merged_into_status = models.GeneratedField(
        expression=models.Case(
            models.When(merged_into__isnull=False, then=models.Value("active")),
        ),
        output_field=models.CharField(max_length=16, null=True),
        db_persist=True,
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LightManager()
    heavy = ("embedding",)  # 768 bytes a row, which no page shows

    class Meta:
        db_table = "insights"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="insight_newest"),
            models.Index(fields=["status", "-created_at"], name="insight_status_newest"),
            # Exact repeats are looked up among all but retired insights.
            models.Index(fields=["content_hash"], name="insight_content_hash"),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="insight_merged",
            ),
            # Only active insights are candidates, so the filter never starves a search.
            HnswIndex(
                fields=["embedding"],
                name="insight_embedding_hnsw",
                m=16,
                ef_construction=64,
                opclasses=["halfvec_cosine_ops"],
                condition=Q(status="active"),
            ),
            # The admin searches with UPPER(statement) LIKE UPPER('%...%').
            GinIndex(OpClass(Upper("statement"), name="gin_trgm_ops"), name="insight_search"),
        ]
        constraints = [
            # Two concurrent ingestions of a statement give one row (pipeline.py relies on it).
            models.UniqueConstraint(
                fields=["content_hash"],
                condition=Q(origin="extracted"),
                name="insight_extracted_once",
            ),
            models.UniqueConstraint(
                fields=["content_hash"], condition=Q(status="active"), name="insight_active_once"
            ),
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into__isnull=True)),
                name="insight_merged_has_root",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="insight_not_merged_into_itself",
            ),
            # The target of the composite foreign key.
            models.UniqueConstraint(fields=["id", "status"], name="insight_id_status"),
        ]

    def __str__(self) -> str:
        return Truncator(self.statement).chars(90)


class InsightEmbedding(models.Model):
    """A vector under an embedding model that is not in use: the next one or the previous one."""

    insight = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    embedding_model = models.CharField(max_length=64)
    embedding = HalfVectorField(dimensions=EMBEDDING_DIMENSIONS)

    objects = LightManager()

    class Meta:
        db_table = "insight_embeddings"
        constraints = [
            models.UniqueConstraint(
                fields=["insight", "embedding_model"], name="insight_embedding_once"
            ),
        ]

    def __str__(self) -> str:
        return self.embedding_model


class InsightSource(Occurring):
    """One occurrence of a statement in a source.

    `insight` is who holds it now (always an active insight); `origin_insight` is the insight that
    it was extracted as, which is what lets an undo restore exactly. It changes only when an exact
    repeat is taken out.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    insight = models.ForeignKey(Insight, models.PROTECT, related_name="sources")
    # Half of a composite foreign key, (insight_id, this) -> insights (id, status), which makes
    # PostgreSQL itself refuse an occurrence of a merged or retired insight.
    insight_status = models.GeneratedField(
        expression=models.Value("active"),
        output_field=models.CharField(max_length=16),
        db_persist=True,
    )
    origin_insight = models.ForeignKey(Insight, models.PROTECT, related_name="own_sources")
    source = models.ForeignKey(Source, models.CASCADE, related_name="insight_sources")
    run = models.ForeignKey(ProcessingRun, models.CASCADE, related_name="insight_sources")
    ordinal = models.PositiveIntegerField(
        help_text="Position of the statement in its source, from 0."
    )
    locator = models.CharField(max_length=255)
    statement = models.TextField(help_text="Original wording.")
    start = models.PositiveIntegerField(
        null=True, blank=True, help_text="Offset in the document's text."
    )
    end = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(
        default=1, help_text="Counts the texts that this record has had in its exports."
    )
    previous = models.JSONField(default=list, blank=True, help_text="Its earlier texts.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = LightManager()

    class Meta:
        db_table = "insight_sources"
        ordering = ["source", "ordinal"]
        indexes = [
            models.Index(fields=["record_key"], name="occurrence_record"),
            # The filters ask for a beginning, in any letter case: UPPER(person) LIKE 'ANNA%'.
            *(
                models.Index(
                    OpClass(Upper(name), name="text_pattern_ops"), name=f"occurrence_{name}"
                )
                for name in ("person", "company", "segment")
            ),
            models.Index(fields=["said_on"], name="occurrence_said_on"),
            GinIndex(
                fields=["attributes"], opclasses=["jsonb_path_ops"], name="occurrence_attributes"
            ),
        ]
        constraints = [
            # A run that resumes after a kill never links a statement twice.
            models.UniqueConstraint(fields=["source", "ordinal"], name="insight_source_once"),
        ]

    def __str__(self) -> str:
        return self.locator
