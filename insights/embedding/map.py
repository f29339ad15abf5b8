"""The map of insights: a task computes the positions, the cache keeps them, a page draws them."""

from uuid import UUID

from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from insights.embedding.layout import layout
from insights.embedding.service import load_vectors, serving_model
from insights.models import ClusterMember, ClusterStatus, Insight, InsightStatus
from insights.types import JSONObject

KEY = "insights.map"
SHOWN = 10_000
LETTERS = 90  # of each statement


def active() -> QuerySet[Insight]:
    return Insight.objects.filter(status=InsightStatus.ACTIVE, embedding_model=serving_model())


def draw_map() -> int:
    """Place the members of open clusters and the most mentioned insights; return how many."""
    in_cluster = ClusterMember.objects.filter(
        insight=OuterRef("pk"), cluster__status=ClusterStatus.OPEN
    )
    first = active().order_by(Exists(in_cluster).desc(), "-summary__mentions", "pk")[:SHOWN]
    ids, vectors = load_vectors(
        Insight.objects.filter(pk__in=list(first.values_list("pk", flat=True)))
    )
    at = [(pk.hex, *map(int, place)) for pk, place in zip(ids, layout(vectors) * 1000, strict=True)]
    cache.set(KEY, {"at": at, "drawn": timezone.now()}, timeout=None)
    return len(at)


def drawn_map() -> JSONObject | None:
    """Return `at`, (id, x, y) from 0 to 1000 of each insight, and when it was `drawn`, if ever."""
    found: JSONObject | None = cache.get(KEY)
    return found


def points() -> list[tuple[int, int, int, str, str]]:
    """Return x, y, the number of the open cluster (0 for none), statement and id of each.

    The positions are those of the last drawing, without insights merged since.
    """
    at = {UUID(pk): (x, y) for pk, x, y in (drawn_map() or {"at": []})["at"]}
    members = ClusterMember.objects.filter(insight__in=at, cluster__status=ClusterStatus.OPEN)
    cluster_of = dict(members.values_list("insight", "cluster"))
    numbers = {pk: number for number, pk in enumerate(sorted(set(cluster_of.values())), 1)}
    number_of = {insight: numbers[cluster] for insight, cluster in cluster_of.items()}
    rows = active().filter(pk__in=at).values_list("pk", "statement")
    return [(*at[pk], number_of.get(pk, 0), statement[:LETTERS], str(pk)) for pk, statement in rows]
