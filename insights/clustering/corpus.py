"""The input of a clustering run: all active insights, and people's decisions about them."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from django.db import connection

from insights import ids
from insights.embedding.service import load_rows
from insights.ids import Pair, ordered
from insights.models import Insight, InsightStatus, PairLabel

_AMONG = """
WITH tree AS MATERIALIZED (
    SELECT id, id AS root FROM unnest(%(among)s::uuid[]) AS id
    UNION ALL
    SELECT id, merged_into_id FROM insights WHERE merged_into_id = ANY(%(among)s::uuid[])
)
SELECT one.root, NULL, other.root, NULL, is_same
FROM pair_labels
JOIN tree AS one ON one.id = insight1_id JOIN tree AS other ON other.id = insight2_id
"""


@dataclass
class Corpus:
    """Active insights: row i of `vectors` (n, 384) float32 is `ids[i]`, of `created`[i], in us."""

    ids: list[UUID]
    created: np.ndarray
    vectors: np.ndarray
    row_of: dict[UUID, int] = field(init=False)

    def __post_init__(self) -> None:
        self.row_of = {pk: row for row, pk in enumerate(self.ids)}

    def pairs(self, left: np.ndarray, right: np.ndarray) -> Iterator[Pair]:
        """Return the insights of candidate pairs, given by rows."""
        for i, j in zip(left.tolist(), right.tolist(), strict=True):
            yield ordered(self.ids[i], self.ids[j])


@dataclass
class Constraints:
    """People's decisions, carried over from the insights they saw to today's active ones."""

    must_link: set[Pair]
    must_not_link: set[Pair]

    def rows(self, pairs: Iterable[Pair], row_of: dict[UUID, int]) -> list[tuple[int, int]]:
        return [(row_of[a], row_of[b]) for a, b in sorted(pairs) if a in row_of and b in row_of]


def load_corpus(among: Set[UUID] | None = None) -> Corpus:
    """Load the active insights; `among`: only these of them."""
    active = Insight.objects.filter(status=InsightStatus.ACTIVE)
    if among is not None:
        active = active.filter(pk__in=ids.among(among))
    return Corpus(*load_rows(active.order_by("created_at", "pk")))


def load_constraints(among: Set[UUID] | None = None) -> Constraints:
    """Load the labels; insights merged since pass theirs on to their canonical.

    If labels contradict each other, "not duplicates" wins: a smaller group can always be proposed,
    and a person has the last word. `among`: only between these active insights.
    """
    found = Constraints(set(), set())
    rows: Iterable[tuple[UUID, UUID | None, UUID, UUID | None, bool]]
    if among is None:
        rows = PairLabel.objects.values_list(
            "insight1_id",
            "insight1__merged_into_id",
            "insight2_id",
            "insight2__merged_into_id",
            "is_same",
        ).iterator(chunk_size=5000)
    else:
        with connection.cursor() as cursor:
            cursor.execute(_AMONG, {"among": list(among)})
            rows = cursor.fetchall()
    for first, first_root, second, second_root, is_same in rows:
        one, other = first_root or first, second_root or second
        if one != other:
            (found.must_link if is_same else found.must_not_link).add(ordered(one, other))
    found.must_link -= found.must_not_link
    return found
