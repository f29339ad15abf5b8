"""Changes since the previous clustering run, as noted by PostgreSQL's triggers."""

from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from insights.clustering.corpus import Corpus
from insights.clustering.similarity import neighbours_of
from insights.embedding.service import load_vectors
from insights.models import ClusteringChange, Insight

BATCH = 5000


@dataclass
class Changes:
    """The changes to cluster, read first: later changes get rows of their own for the next run."""

    rows: list[int] = field(default_factory=list)
    insights: set[UUID] = field(default_factory=set)
    deleted: dict[UUID, np.ndarray] = field(default_factory=dict)

    def seeds(self, corpus: Corpus, threshold: float) -> np.ndarray:
        """Return the changed rows of the corpus and the old neighbours of deleted ones, int64."""
        there = [corpus.row_of[pk] for pk in self.insights if pk in corpus.row_of]
        gone = self.insights - corpus.row_of.keys()
        _, vectors = load_vectors(Insight.objects.filter(pk__in=gone).order_by("pk"))
        deleted = [self.deleted[pk] for pk in gone if pk in self.deleted]
        if deleted:
            unit = np.array(deleted, dtype=np.float32)
            unit /= np.linalg.norm(unit, axis=1, keepdims=True)
            vectors = np.concatenate([vectors, unit])
        missed = neighbours_of(vectors, corpus.vectors, threshold, max_neighbours=None).right
        return np.unique(np.concatenate([np.array(there, dtype=np.int64), missed]))

    def done(self) -> None:
        for start in range(0, len(self.rows), BATCH):
            ClusteringChange.objects.filter(pk__in=self.rows[start : start + BATCH]).delete()


def any_changes() -> bool:
    return ClusteringChange.objects.exists()


def read_changes() -> Changes:
    changes = Changes()
    noted = ClusteringChange.objects.values_list("pk", "insight_id", "embedding")
    for row, insight, embedding in noted.iterator(chunk_size=BATCH):
        changes.rows.append(row)
        changes.insights.add(insight)
        if embedding is not None:
            changes.deleted[insight] = np.array(embedding, dtype=np.float32)
    return changes
