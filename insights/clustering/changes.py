"""Changes since the previous clustering run, as noted by PostgreSQL's triggers."""

from dataclasses import dataclass, field
from uuid import UUID

from insights.models import ClusteringChange

BATCH = 5000


@dataclass
class Changes:
    """The changes to cluster, read first: later changes get rows of their own for the next run."""

    rows: list[int] = field(default_factory=list)
    insights: set[UUID] = field(default_factory=set)

    def done(self) -> None:
        for start in range(0, len(self.rows), BATCH):
            ClusteringChange.objects.filter(pk__in=self.rows[start : start + BATCH]).delete()


def any_changes() -> bool:
    return ClusteringChange.objects.exists()


def read_changes() -> Changes:
    changes = Changes()
    noted = ClusteringChange.objects.values_list("pk", "insight_id")
    for row, insight in noted.iterator(chunk_size=BATCH):
        changes.rows.append(row)
        changes.insights.add(insight)
    return changes
