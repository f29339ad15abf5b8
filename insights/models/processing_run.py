"""One pass of the pipeline over one source; `run_id` on what it created."""

from django.db import models
from django.db.models import Q

from insights.models.run import UNFINISHED, Run
from insights.models.source import Source


class ProcessingRun(Run):
    source = models.ForeignKey(Source, models.CASCADE, related_name="runs")
    options = models.JSONField(default=dict, blank=True)

    class Meta:
        db_table = "processing_runs"
        ordering = ["-started_at", "id"]
        indexes = [models.Index(fields=["-started_at", "id"], name="processing_run_newest")]
        constraints = [
            # Two workers never process one source at once.
            models.UniqueConstraint(
                fields=["source", "status"],
                condition=Q(status__in=UNFINISHED),
                name="processing_run_one_running_per_source",
            ),
        ]

    def __str__(self) -> str:
        return f"processing of {self.started_at:%Y-%m-%d %H:%M}"
