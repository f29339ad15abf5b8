"""One pass of clustering: over all active insights, or around those that changed."""

from django.db import models
from django.db.models import Q

from insights.models.run import UNFINISHED, Run


class ClusteringRun(Run):
    parameters = models.JSONField(default=dict, blank=True)
    model_version = models.CharField(
        max_length=128, blank=True, help_text="Which model's verdicts were used, if any."
    )

    only_new = models.BooleanField(
        default=False, help_text="Only what has changed since the last run, else everything."
    )
    basis = models.TextField(
        blank=True,
        help_text="Models and parameters. A run of what is new needs those of the run before.",
    )

    class Meta:
        db_table = "clustering_runs"
        ordering = ["-started_at", "id"]
        constraints = [
            # "Run now" during a run says so and leaves.
            models.UniqueConstraint(
                fields=["status"],
                condition=Q(status__in=UNFINISHED),
                name="clustering_run_one_running",
            ),
        ]

    def __str__(self) -> str:
        return f"clustering of {self.started_at:%Y-%m-%d %H:%M}"
