"""Where an insight was found. Merging moves the row to the canonical insight; undo, back."""

import uuid

from django.db import models
from django.utils import timezone

from insights.models.insight import Insight
from insights.models.processing_run import ProcessingRun
from insights.models.source import Source


class InsightSource(models.Model):
    """One occurrence of a statement in a source.

    `insight` is who holds it now (always an active insight); `origin_insight` is the insight that
    it was extracted as and never changes, which is what lets an undo restore exactly.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    insight = models.ForeignKey(Insight, models.PROTECT, related_name="sources")
    # Half of a composite foreign key, (insight_id, this) -> insights (id, status), which makes
    # PostgreSQL itself refuse an occurrence that hangs on a merged or retired insight.
    insight_status = models.GeneratedField(
        expression=models.Value("active"),
        output_field=models.CharField(max_length=16),
        db_persist=True,
    )
    origin_insight = models.ForeignKey(Insight, models.PROTECT, related_name="own_sources")
    source = models.ForeignKey(Source, models.CASCADE, related_name="insight_sources")
    run = models.ForeignKey(ProcessingRun, models.CASCADE, related_name="insight_sources")
    ordinal = models.PositiveIntegerField(help_text="The statement's place in its source, from 0.")
    locator = models.CharField(max_length=255)
    statement = models.TextField(help_text="As it was extracted.")
    start = models.PositiveIntegerField(
        null=True, blank=True, help_text="Offset in the document's text."
    )
    end = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "insight_sources"
        ordering = ["source", "ordinal"]
        constraints = [
            # A run that was killed and goes on never links a statement twice.
            models.UniqueConstraint(fields=["source", "ordinal"], name="insight_source_once"),
        ]

    def __str__(self) -> str:
        return self.locator
