"""Counts that the list of insights sorts and filters by, kept by the database; and tags."""

from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone

from insights.models.insight import Insight
from insights.models.light import person


class InsightSummary(models.Model):
    """Counts over the occurrences of an active insight, kept by `sql/insight_summaries.sql`.

    In a table of its own: a new version of an insight's row would enter its vector into the HNSW
    index again.
    """

    insight = models.OneToOneField(
        Insight, models.CASCADE, primary_key=True, related_name="summary"
    )
    mentions = models.PositiveIntegerField()
    sources = models.PositiveIntegerField()
    people = models.PositiveIntegerField(help_text="As far as the sources name them.")
    companies = models.PositiveIntegerField()
    first_said = models.DateField()
    last_said = models.DateField()

    class Meta:
        db_table = "insight_summaries"
        verbose_name_plural = "insight summaries"
        indexes = [
            models.Index(fields=["mentions", "insight"], name="summary_mentions"),
            models.Index(fields=["people", "insight"], name="summary_people"),
            models.Index(fields=["companies", "insight"], name="summary_companies"),
            models.Index(fields=["first_said", "insight"], name="summary_first_said"),
            models.Index(fields=["last_said", "insight"], name="summary_last_said"),
        ]

    def __str__(self) -> str:
        return f"{self.mentions} mentions"


class InsightTag(models.Model):
    """A free word on an insight. After a merge it also shows on the canonical."""

    insight = models.ForeignKey(Insight, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=50)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = person()

    class Meta:
        db_table = "insight_tags"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Upper("name"), "insight", name="insight_tag_once"),
        ]

    def __str__(self) -> str:
        return self.name
